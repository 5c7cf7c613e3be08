/* SPDX-License-Identifier: Apache-2.0 */
#include "purpose-fixture.h"

#include "cmocka-all.h"

#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <stdlib.h>

struct purpose_keys purpose_keys;

static struct certs_node leaf(void)
{
	struct certs_spec spec = certs_idevid_spec();

	return certs_sign(&spec, certs_key("P-256"), &purpose_keys.ca);
}

int purpose_group_setup(void **state)
{
	struct certs_spec spec = certs_ca_spec("Test CA");
	uint8_t *p = purpose_keys.spki;

	(void)state;
	purpose_keys.ca = certs_sign(&spec, certs_key("P-256"), NULL);
	purpose_keys.own = leaf();
	purpose_keys.other = leaf();
	purpose_keys.spki_len = (size_t)i2d_PUBKEY(purpose_keys.own.key, &p);
	return 0;
}

int purpose_group_teardown(void **state)
{
	(void)state;
	certs_done(&purpose_keys.own);
	certs_done(&purpose_keys.other);
	certs_done(&purpose_keys.ca);
	return 0;
}

enum devid_err purpose_judge(const void *data, size_t len,
	struct purpose_verdict *ret, struct devid_error *err)
{
	uint8_t *exact = malloc(len ? len : 1);
	enum devid_err rc;

	if (len > 0)
		memcpy(exact, data, len);
	rc = purpose_check((struct der_view) { exact, len },
		(struct der_view) { purpose_keys.spki, purpose_keys.spki_len },
		ret, err);
	free(exact);
	return rc;
}

void assert_accepts(const struct bytes *b, enum purpose purpose, unsigned tls)
{
	struct purpose_verdict v = { 0, 0 };
	struct devid_error err = { DEVID_OK, "" };

	if (purpose_judge(b->data, b->len, &v, &err) != DEVID_OK)
		fail_msg("refused: %s", err.text);
	assert_int_equal(v.purpose, purpose);
	assert_int_equal(v.tls_version, tls);
}

void assert_refuses(const struct bytes *b, const char *cause)
{
	struct purpose_verdict v = { 0, 77 };
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(purpose_judge(b->data, b->len, &v, &err), DEVID_ERR_PURPOSE);
	assert_cause(&err, cause);
	assert_int_equal(v.tls_version, 77); /* untouched */
}

/* A point of the named curve, if @group is one with points to check. */
static void make_point(unsigned group, uint8_t *ret, size_t len)
{
	int nid = group == 23   ? NID_X9_62_prime256v1
		  : group == 24 ? NID_secp384r1
		  : group == 25 ? NID_secp521r1
				: NID_undef;
	EC_GROUP *curve = EC_GROUP_new_by_curve_name(nid);
	uint8_t point[133];
	BIGNUM *k = BN_new();
	EC_POINT *p;

	if (curve) {
		p = EC_POINT_new(curve);
		assert_true(BN_rand(k, 200, BN_RAND_TOP_ONE, 0) &&
			    EC_POINT_mul(curve, p, k, NULL, NULL, NULL));
		assert_true(EC_POINT_point2oct(curve, p,
				    POINT_CONVERSION_UNCOMPRESSED, point,
				    sizeof(point), NULL) > 0);
		memcpy(ret, point, len < sizeof(point) ? len : sizeof(point));
		EC_POINT_free(p);
	}
	BN_free(k);
	EC_GROUP_free(curve);
}

struct bytes make_key_exchange(unsigned group, uint8_t point_len)
{
	struct bytes b = { .len = 0 };
	uint8_t params[4] = { 3, (uint8_t)(group >> 8), (uint8_t)group,
		point_len };
	uint8_t random[255];

	assert_int_equal(RAND_bytes(random, sizeof(random)), 1);
	random[0] = 0x77; /* no other form begins so */
	bytes_put(&b, random, 64);
	bytes_put(&b, params, 4);
	random[0] = 4;
	make_point(group, random, point_len);
	bytes_put(&b, random, point_len);
	return b;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a certificate that a registrar issued is this device's to use. */
#include "cmocka-all.h"

#include <string.h>
#include <time.h>

#include "certs.h"
#include "issued.h"

#define BC_CA "30030101ff"

static struct certs_node root, middle, leaf, stray, identity;
static struct key_blob spki;
static X509 *identity_cert;

static void take_spki(EVP_PKEY *key)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(key, &der);

	assert_true(len > 0 && (size_t)len <= sizeof(spki.data));
	memcpy(spki.data, der, (size_t)len);
	spki.len = (size_t)len;
	OPENSSL_free(der);
}

static int setup(void **state)
{
	struct certs_spec ca = certs_ca_spec("Site Root");
	struct certs_spec mid = certs_ca_spec("Site Issuer");
	struct certs_spec unit = certs_idevid_spec();

	(void)state;
	root = certs_sign(&ca, certs_key("P-256"), NULL);
	middle = certs_sign(&mid, certs_key("P-256"), &root);
	leaf = certs_sign(&unit, certs_key("P-256"), &middle);
	stray = certs_sign(&ca, certs_key("P-256"), NULL);
	identity = certs_sign(&unit, certs_key("P-256"), &stray);
	identity_cert = certs_x509(&identity);
	take_spki(leaf.key);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	X509_free(identity_cert);
	certs_done(&root);
	certs_done(&middle);
	certs_done(&leaf);
	certs_done(&stray);
	certs_done(&identity);
	return 0;
}

static STACK_OF(X509) * stack(const struct certs_node *const *nodes)
{
	STACK_OF(X509) *out = sk_X509_new_null();

	for (; *nodes; nodes++)
		assert_true(sk_X509_push(out, certs_x509(*nodes)) > 0);
	return out;
}

/* Lists end with NULL. */
struct given {
	const struct certs_node *answer[4], *cacerts[4];
	time_t now;
	bool clock_is_wrong;
};

static void judge(const struct given *given, enum devid_err want,
	const char *cause, struct blob *ret)
{
	struct issued_ask ask = { .answer = stack(given->answer),
		.cacerts = stack(given->cacerts),
		.spki = &spki,
		.identity = identity_cert,
		.now = given->now ? given->now : time(NULL),
		.clock_is_wrong = given->clock_is_wrong };
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(issued_check(&ask, ret, &err), want);
	if (want != DEVID_OK)
		assert_cause(&err, cause);
	sk_X509_pop_free(ask.answer, X509_free);
	sk_X509_pop_free(ask.cacerts, X509_free);
}

static void refused(
	const struct given *given, enum devid_err want, const char *cause)
{
	struct blob chain = { NULL, 0 };

	judge(given, want, cause, &chain);
	assert_null(chain.data);
}

/* The leaf, then the issuer, and no root, wherever they were found. */
static void good_gives_the_chain_without_its_root(void **state)
{
	const struct given places[] = {
		{ .answer = { &leaf }, .cacerts = { &root, &middle } },
		{ .answer = { &leaf, &middle }, .cacerts = { &root } },
		{ .answer = { &root, &middle, &leaf },
			.cacerts = { &stray, &root } },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(places); i++) {
		struct blob chain = { NULL, 0 };

		judge(&places[i], DEVID_OK, "", &chain);
		assert_int_equal(chain.len, leaf.der.len + middle.der.len);
		assert_memory_equal(chain.data, leaf.der.data, leaf.der.len);
		assert_memory_equal(chain.data + leaf.der.len, middle.der.data,
			middle.der.len);
		blob_done(&chain);
	}
}

static void another_key_is_refused(void **state)
{
	const struct given given = { .answer = { &identity, &middle },
		.cacerts = { &root, &stray } };

	(void)state;
	refused(&given, DEVID_ERR_MISMATCH, "none in the answer");
}

/* The leaf as it is, but for what @spec says. */
static struct certs_node reissue(const struct certs_spec *spec)
{
	assert_int_equal(EVP_PKEY_up_ref(leaf.key), 1);
	return certs_sign(spec, leaf.key, &middle);
}

static void another_unit_is_refused(void **state)
{
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node other;
	struct given given = { .cacerts = { &root, &middle } };

	(void)state;
	spec.sn = "ACCC8E000002";
	other = reissue(&spec);
	given.answer[0] = &other;
	refused(&given, DEVID_ERR_MISMATCH, "serialNumber");
	certs_done(&other);
	spec.sn = NULL;
	other = reissue(&spec);
	refused(&given, DEVID_ERR_MISMATCH, "serialNumber");
	certs_done(&other);
}

static void a_ca_is_refused(void **state)
{
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node other;
	struct given given = { .cacerts = { &root, &middle } };

	(void)state;
	certs_set_ext(&spec, CERTS_OID_BC, "ff", BC_CA);
	other = reissue(&spec);
	given.answer[0] = &other;
	refused(&given, DEVID_ERR_INVALID, "is a CA's");
	certs_done(&other);
}

static void a_chain_to_nowhere_is_refused(void **state)
{
	const struct given no_issuer = { .answer = { &leaf },
		.cacerts = { &root } };
	const struct given other_root = { .answer = { &leaf, &middle },
		.cacerts = { &stray } };
	const struct given own_root = { .answer = { &leaf, &middle, &root },
		.cacerts = { &stray } };
	const struct given no_root = { .answer = { &leaf, &root },
		.cacerts = { &middle } };

	(void)state;
	refused(&no_issuer, DEVID_ERR_NOT_GENUINE, "no path to a root");
	refused(&other_root, DEVID_ERR_NOT_GENUINE, "no path to a root");
	/* what is in the answer is no anchor */
	refused(&own_root, DEVID_ERR_NOT_GENUINE, "no path to a root");
	refused(&no_root, DEVID_ERR_NOT_GENUINE, "no root in cacerts");
}

static void time_counts_unless_the_clock_is_wrong(void **state)
{
	struct given given = {
		.answer = { &leaf }, .cacerts = { &root, &middle }, .now = 86400
	};
	struct blob chain = { NULL, 0 };

	(void)state;
	refused(&given, DEVID_ERR_NOT_GENUINE, "not yet valid");
	given.clock_is_wrong = true;
	judge(&given, DEVID_OK, "", &chain);
	blob_done(&chain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_gives_the_chain_without_its_root),
		cmocka_unit_test(another_key_is_refused),
		cmocka_unit_test(another_unit_is_refused),
		cmocka_unit_test(a_ca_is_refused),
		cmocka_unit_test(a_chain_to_nowhere_is_refused),
		cmocka_unit_test(time_counts_unless_the_clock_is_wrong),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

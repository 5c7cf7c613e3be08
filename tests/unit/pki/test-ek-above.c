/* SPDX-License-Identifier: Apache-2.0 */
/* EK certificates that were issued inside the chip: the path goes through what
 * the device sends along, and trust does not. */
#include "cmocka-all.h"

#include "ek-above.h"
#include "ek-fixture.h"
#include "ek-load.h"
#include "ek-trust.h"
#include "tempdir.h"

#define NOW ((time_t)1700000000) /* 2023-11-14 */

static EVP_PKEY *ek_key;                /* owned by the group */
static struct certs_node root, other;   /* the vendor's, and nobody's */
static struct certs_node product, chip; /* of the vendor's, below each other */
static struct tempdir dir;

static struct certs_node make_ca(
	const char *cn, const struct certs_node *issuer)
{
	struct certs_spec spec = certs_ca_spec(cn);

	return certs_sign(&spec, certs_key("P-256"), issuer);
}

static int set_up(void **state)
{
	(void)state;
	ek_key = certs_key("P-256");
	root = make_ca("Vendor Root", NULL);
	product = make_ca("Product CA", &root);
	chip = make_ca("Chip CA", &product);
	other = make_ca("Other Root", NULL);
	return 0;
}

static int tear_down(void **state)
{
	struct certs_node *nodes[] = { &root, &product, &chip, &other };

	(void)state;
	for (size_t i = 0; i < N_OF(nodes); i++)
		certs_done(nodes[i]);
	EVP_PKEY_free(ek_key);
	return 0;
}

static int new_folder(void **state)
{
	(void)state;
	dir = tempdir_new();
	ek_fixture_write(&dir, "root.crt", &root.der);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	tempdir_remove(&dir);
	return 0;
}

static struct ek_trust *load(void)
{
	struct devid_error err = { 0 };
	struct ek_trust *trust = NULL;

	if (ek_trust_new(dir.path, &trust, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	return trust;
}

static struct certs_buf ek_below(const struct certs_node *issuer)
{
	struct certs_spec spec = ek_fixture_spec();

	return certs_sign(&spec, ek_key, issuer).der;
}

static struct certs_buf join(
	const struct certs_node *a, const struct certs_node *b)
{
	struct certs_buf all = a->der;

	if (b)
		certs_append(&all, b->der.data, b->der.len);
	return all;
}

/* The verdict on @der that came with @above; "" accepts. */
static void assert_verdict(struct ek_trust *trust, const struct certs_buf *der,
	const struct certs_buf *above, const char *cause)
{
	struct ek_cert cert = ek_fixture_parse(der);
	struct devid_error err = { 0 };
	enum devid_err rc;

	if (above)
		cert.above = (struct view) { above->data, above->len };
	rc = ek_trust_check(trust, &cert, NOW, &err);
	if (rc != (cause[0] ? DEVID_ERR_NOT_GENUINE : DEVID_OK))
		fail_msg("%s: %s", cause, err.text);
	assert_cause(&err, cause);
	ek_cert_done(&cert);
}

static void chain_of_the_chip_in_any_order_accepted(void **state)
{
	struct certs_buf der = ek_below(&chip);
	struct certs_buf up = join(&chip, &product);
	struct certs_buf down = join(&product, &chip);
	struct ek_trust *trust = load();

	(void)state;
	assert_verdict(trust, &der, NULL, "unknown vendor");
	assert_verdict(trust, &der, &up, "");
	assert_verdict(trust, &der, &down, "");
	ek_trust_free(trust);
}

static void chip_below_a_ca_of_the_folder_accepted(void **state)
{
	struct certs_buf der = ek_below(&chip);
	struct certs_buf above = join(&chip, NULL);
	struct ek_trust *trust;

	(void)state;
	ek_fixture_write(&dir, "product.crt", &product.der);
	trust = load();
	assert_verdict(trust, &der, &above, "");
	ek_trust_free(trust);
}

static void part_of_the_chain_missing_refused(void **state)
{
	struct certs_buf der = ek_below(&chip);
	struct certs_buf above = join(&chip, NULL);
	struct ek_trust *trust = load();

	(void)state;
	assert_verdict(trust, &der, &above, "unknown vendor");
	ek_trust_free(trust);
}

/* A root that came along is no anchor. */
static void root_that_came_along_not_trusted(void **state)
{
	struct certs_node theirs = make_ca("Their CA", &other);
	struct certs_buf der = ek_below(&theirs);
	struct certs_buf above = join(&theirs, &other);
	struct ek_trust *trust = load();

	(void)state;
	assert_verdict(trust, &der, &above, "unknown vendor");
	certs_done(&theirs);
	ek_trust_free(trust);
}

/* Another device's EK does not make one a CA. */
static void what_is_no_ca_issues_nothing(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_node leaf = certs_sign(&spec, certs_key("P-256"), &root);
	struct certs_buf der = ek_below(&leaf);
	struct certs_buf above = join(&leaf, NULL);
	struct ek_trust *trust = load();

	(void)state;
	assert_verdict(trust, &der, &above, "EK certificate: ");
	certs_done(&leaf);
	ek_trust_free(trust);
}

static void chip_revoked_by_its_issuer_refused(void **state)
{
	struct certs_spec spec = certs_ca_spec("Bad Chip CA");
	struct certs_node bad;
	struct certs_buf der, above, crl;
	struct ek_trust *trust;

	(void)state;
	spec.serial = "0bad";
	bad = certs_sign(&spec, certs_key("P-256"), &root);
	der = ek_below(&bad);
	above = join(&bad, NULL);
	crl = ek_fixture_crl(&root, "0bad", NULL);
	ek_fixture_write(&dir, "root.crl", &crl);
	trust = load();
	assert_verdict(trust, &der, &above, "revoked by its issuer");
	certs_done(&bad);
	ek_trust_free(trust);
}

static bool is_remembered(struct ek_trust *trust, const struct certs_buf *der)
{
	struct ek_cert cert = ek_fixture_parse(der);
	bool quick = ek_trust_remembers(trust, &cert, NOW);

	ek_cert_done(&cert);
	return quick;
}

/* Each chip has its own: they would push out those that serve many. */
static void issuer_in_a_chip_not_remembered(void **state)
{
	struct certs_buf der = ek_below(&chip), plain = ek_below(&product);
	struct certs_buf above = join(&chip, &product);
	struct ek_trust *trust;

	(void)state;
	ek_fixture_write(&dir, "product.crt", &product.der);
	trust = load();
	assert_verdict(trust, &der, &above, "");
	assert_false(is_remembered(trust, &der));
	/* One of the folder is, whether it came along or not. */
	assert_verdict(trust, &plain, &above, "");
	assert_true(is_remembered(trust, &plain));
	ek_trust_free(trust);
}

/* What other CAs have there neither helps nor hurts. */
static void data_that_is_no_certificates_told_only_on_refusal(void **state)
{
	struct certs_buf data = certs_hex("3003020100");
	struct certs_buf good, bad = ek_below(&chip);
	struct ek_trust *trust = load();

	(void)state;
	good = ek_below(&root);
	assert_verdict(trust, &good, &data, "");
	assert_verdict(trust, &bad, &data,
		"trust folder; prodCaData: not DER certificates");
	ek_trust_free(trust);
}

static void too_many_not_looked_at(void **state)
{
	STACK_OF(X509) *read = sk_X509_new_null();
	static uint8_t many[(EK_ABOVE_MAX + 1) * CERTS_MAX];
	size_t one = other.der.len;

	(void)state;
	for (size_t i = 0; i <= EK_ABOVE_MAX; i++)
		memcpy(many + i * one, other.der.data, one);
	assert_true(ek_above_read(
		(struct view) { many, EK_ABOVE_MAX * one }, read));
	assert_int_equal(sk_X509_num(read), EK_ABOVE_MAX);
	sk_X509_pop_free(read, X509_free);
	read = sk_X509_new_null();
	assert_false(ek_above_read(
		(struct view) { many, (EK_ABOVE_MAX + 1) * one }, read));
	sk_X509_pop_free(read, X509_free);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, new_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(chain_of_the_chip_in_any_order_accepted),
		CASE(chip_below_a_ca_of_the_folder_accepted),
		CASE(part_of_the_chain_missing_refused),
		CASE(root_that_came_along_not_trusted),
		CASE(what_is_no_ca_issues_nothing),
		CASE(chip_revoked_by_its_issuer_refused),
		CASE(issuer_in_a_chip_not_remembered),
		CASE(data_that_is_no_certificates_told_only_on_refusal),
		cmocka_unit_test(too_many_not_looked_at),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

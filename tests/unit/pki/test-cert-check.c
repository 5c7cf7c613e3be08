/* SPDX-License-Identifier: Apache-2.0 */
/* One block of PEM; the certificate of an OCSP signer. */
#include "cmocka-all.h"

#include <stdlib.h>

#include "cert-check.h"
#include "certs.h"

#define EKU_OCSP   "300a 0608 2b06010505070309"
#define EKU_CLIENT "300a 0608 2b06010505070302"

struct cas {
	struct certs_node ca, same_name, same_key;
};

static struct certs_node make_ca(const char *cn, EVP_PKEY *key)
{
	struct certs_spec spec = certs_ca_spec(cn);

	return certs_sign(&spec, key, NULL);
}

static int setup(void **state)
{
	struct cas *c = malloc(sizeof(*c));
	EVP_PKEY *key = certs_key("P-256");

	assert_non_null(c);
	assert_int_equal(EVP_PKEY_up_ref(key), 1);
	c->ca = make_ca("CA", key);
	c->same_name = make_ca("CA", certs_key("P-256"));
	c->same_key = make_ca("Other", key);
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct cas *c = *state;

	certs_done(&c->ca);
	certs_done(&c->same_name);
	certs_done(&c->same_key);
	free(c);
	return 0;
}

static struct certs_spec good(void)
{
	struct certs_spec spec = certs_idevid_spec();

	certs_set_ext(&spec, CERTS_OID_EKU, "", EKU_OCSP);
	return spec;
}

static enum devid_err check(const struct cas *c, const struct certs_spec *spec,
	const struct certs_node *issuer, struct devid_error *err)
{
	struct certs_node node = certs_sign(spec, certs_key("P-256"), issuer);
	X509 *cert = certs_x509(&node), *ca = certs_x509(&c->ca);
	enum devid_err rc;

	devid_error_clear(err);
	rc = cert_check_ocsp("ocsp.pem", cert, ca, err);
	X509_free(cert);
	X509_free(ca);
	certs_done(&node);
	return rc;
}

static void ocsp_good_passes(void **state)
{
	struct cas *c = *state;
	struct certs_spec spec = good();
	struct devid_error err;

	assert_rc(check(c, &spec, &c->ca, &err), DEVID_OK);
}

static void ocsp_of_another_ca_refused(void **state)
{
	struct cas *c = *state;
	struct certs_spec spec = good();
	struct devid_error err;

	assert_rc(check(c, &spec, &c->same_name, &err), DEVID_ERR_MISMATCH);
	assert_string_equal(err.text, "ocsp.pem: not issued by this CA");
	assert_rc(check(c, &spec, &c->same_key, &err), DEVID_ERR_MISMATCH);
	assert_string_equal(err.text, "ocsp.pem: not issued by this CA");
}

static void ocsp_of_another_purpose_refused(void **state)
{
	static const char *const ekus[] = { EKU_CLIENT, NULL };
	struct cas *c = *state;
	struct devid_error err;

	for (size_t i = 0; i < N_OF(ekus); i++) {
		struct certs_spec spec = good();

		certs_set_ext(&spec, CERTS_OID_EKU, "", ekus[i]);
		assert_rc(check(c, &spec, &c->ca, &err), DEVID_ERR_INVALID);
		assert_cause(&err, "ocsp.pem: not for OCSP");
	}
}

static void ocsp_outside_its_validity_refused(void **state)
{
	struct cas *c = *state;
	struct certs_spec spec = good();
	struct devid_error err;

	spec.not_before = "G20980101000000Z";
	spec.not_after = "G20990101000000Z";
	assert_rc(check(c, &spec, &c->ca, &err), DEVID_ERR_INVALID);
	assert_string_equal(err.text, "ocsp.pem: not yet valid");
	spec.not_before = "U150101000000Z";
	spec.not_after = "U160101000000Z";
	assert_rc(check(c, &spec, &c->ca, &err), DEVID_ERR_INVALID);
	assert_cause(&err, "ocsp.pem: expired");
}

static enum devid_err one(const char *pem, struct devid_error *err)
{
	devid_error_clear(err);
	return cert_check_one("f.pem", "certificate", pem, strlen(pem), err);
}

static void one_counts_blocks_of_any_kind(void **state)
{
	struct devid_error err;

	(void)state;
	assert_rc(one("", &err), DEVID_OK);
	assert_rc(one("text\n-----BEGIN CERTIFICATE-----\n", &err), DEVID_OK);
	assert_rc(one("-----BEGIN CERTIFICATE-----\nMA==\n"
		      "-----END CERTIFICATE-----\n"
		      "-----BEGIN X509 CRL-----\n",
			  &err),
		DEVID_ERR_SYNTAX);
	assert_string_equal(err.text, "f.pem: holds more than one certificate");
	/* A zero octet hides nothing. */
	devid_error_clear(&err);
	assert_rc(cert_check_one("f.pem", "certificate",
			  "-----BEGIN A\0-----BEGIN B", 24, &err),
		DEVID_ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ocsp_good_passes),
		cmocka_unit_test(ocsp_of_another_ca_refused),
		cmocka_unit_test(ocsp_of_another_purpose_refused),
		cmocka_unit_test(ocsp_outside_its_validity_refused),
		cmocka_unit_test(one_counts_blocks_of_any_kind),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

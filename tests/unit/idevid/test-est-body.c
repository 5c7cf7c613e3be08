/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 and certs-only messages of EST. */
#include "cmocka-all.h"

#include <openssl/pem.h>
#include <openssl/pkcs7.h>
#include <stdlib.h>
#include <string.h>

#include "certs.h"
#include "est-body.h"

static struct certs_node ca, leaf;

static int setup(void **state)
{
	struct certs_spec ca_spec = certs_ca_spec("EST CA");
	struct certs_spec leaf_spec = certs_idevid_spec();

	(void)state;
	ca = certs_sign(&ca_spec, certs_key("P-256"), NULL);
	leaf = certs_sign(&leaf_spec, certs_key("P-256"), &ca);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	certs_done(&ca);
	certs_done(&leaf);
	return 0;
}

static struct view view_of(const struct certs_node *node)
{
	return (struct view) { node->der.data, node->der.len };
}

static struct view text_view(const char *text)
{
	return (struct view) { (const uint8_t *)text, strlen(text) };
}

static void base64_read_as(const char *text, const char *want)
{
	struct blob out = { NULL, 0 };

	assert_rc(est_base64_read(text_view(text), &out, NULL), DEVID_OK);
	assert_int_equal(out.len, strlen(want));
	assert_memory_equal(out.data, want, out.len);
	blob_done(&out);
}

/* covers: RFC8951-3.1-base64 */
static void base64_read_with_any_line_ends(void **state)
{
	(void)state;
	base64_read_as("QUJD", "ABC");
	base64_read_as("QUJDRA==", "ABCD");
	base64_read_as("QUJDREU=\n", "ABCDE");
	base64_read_as("QU\r\nJD\r\n", "ABC");
	base64_read_as(" Q\tUJD\n\n", "ABC");
	base64_read_as("QUJDRA=\n=\n", "ABCD");
}

static void base64_read_anything_else_is_refused(void **state)
{
	static const char *const texts[] = { "", "\n", "QUJ", "QQ==QUJD",
		"QUJD=REV", "Q===", "====", "QUJD!", "-_-_", "QUJD\x80",
		"QUJD\v" };
	struct blob out = { NULL, 0 };

	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++) {
		if (est_base64_read(text_view(texts[i]), &out, NULL) !=
			DEVID_ERR_SYNTAX)
			fail_msg("taken: %s", texts[i]);
	}
	assert_null(out.data);
}

static void base64_read_longest_and_one_more(void **state)
{
	struct blob out = { NULL, 0 };
	char *text = malloc(EST_BODY_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'A', EST_BODY_MAX + 1);
	assert_rc(
		est_base64_read((struct view) { (uint8_t *)text, EST_BODY_MAX },
			&out, NULL),
		DEVID_OK);
	assert_int_equal(out.len, EST_BODY_MAX / 4 * 3);
	blob_done(&out);
	assert_rc(est_base64_read(
			  (struct view) { (uint8_t *)text, EST_BODY_MAX + 1 },
			  &out, NULL),
		DEVID_ERR_TOO_LARGE);
	free(text);
}

static void base64_write_is_one_line(void **state)
{
	uint8_t data[100] = { 1, 2, 3 };
	struct blob text = { NULL, 0 }, again = { NULL, 0 };

	(void)state;
	for (size_t len = 1; len <= sizeof(data); len++) {
		assert_rc(est_base64_write(
				  (struct view) { data, len }, &text, NULL),
			DEVID_OK);
		assert_null(memchr(text.data, '\n', text.len));
		assert_int_equal(strlen((char *)text.data), text.len);
		assert_rc(est_base64_read(blob_view(&text), &again, NULL),
			DEVID_OK);
		assert_int_equal(again.len, len);
		assert_memory_equal(again.data, data, len);
		blob_done(&text);
		blob_done(&again);
	}
	assert_rc(est_base64_write((struct view) { data, 0 }, &text, NULL),
		DEVID_ERR_INVALID);
}

/* What `openssl crl2pkcs7 -nocrl` does. */
static int pkcs7_of(struct certs_node *const *nodes, size_t n, uint8_t **ret)
{
	PKCS7 *p = PKCS7_new();
	int len;

	assert_int_equal(PKCS7_set_type(p, NID_pkcs7_signed), 1);
	assert_int_equal(PKCS7_content_new(p, NID_pkcs7_data), 1);
	ASN1_OCTET_STRING_free(p->d.sign->contents->d.data);
	p->d.sign->contents->d.data = NULL;
	for (size_t i = 0; i < n; i++) {
		const uint8_t *der = nodes[i]->der.data;
		X509 *cert = d2i_X509(NULL, &der, (long)nodes[i]->der.len);

		assert_non_null(cert);
		assert_int_equal(PKCS7_add_certificate(p, cert), 1);
		X509_free(cert);
	}
	len = i2d_PKCS7(p, ret);
	PKCS7_free(p);
	return len;
}

static void certs_write_is_what_openssl_writes(void **state)
{
	struct certs_node *const nodes[] = { &leaf, &ca };
	const struct view certs[] = { view_of(&leaf), view_of(&ca) };

	(void)state;
	for (size_t n = 1; n <= 2; n++) {
		struct blob cms = { NULL, 0 };
		uint8_t *want = NULL;
		int len = pkcs7_of(nodes, n, &want);

		assert_rc(est_certs_write(certs, n, &cms, NULL), DEVID_OK);
		assert_int_equal(cms.len, len);
		assert_memory_equal(cms.data, want, cms.len);
		blob_done(&cms);
		OPENSSL_free(want);
	}
}

static void certs_read_are_those_written(void **state)
{
	const struct view certs[] = { view_of(&leaf), view_of(&ca) };
	struct blob cms = { NULL, 0 };
	STACK_OF(X509) *out = NULL;
	uint8_t *der = NULL;

	(void)state;
	assert_rc(est_certs_write(certs, 2, &cms, NULL), DEVID_OK);
	assert_rc(est_certs_read(blob_view(&cms), &out, NULL), DEVID_OK);
	assert_int_equal(sk_X509_num(out), 2);
	assert_int_equal(i2d_X509(sk_X509_value(out, 1), &der), ca.der.len);
	assert_memory_equal(der, ca.der.data, ca.der.len);
	OPENSSL_free(der);
	sk_X509_pop_free(out, X509_free);
	blob_done(&cms);
}

/* Reads the good message of one certificate that @spoil changed. */
static void certs_refused(
	void (*spoil)(struct blob *), enum devid_err want, const char *cause)
{
	const struct view cert = view_of(&leaf);
	struct blob cms = { NULL, 0 };
	STACK_OF(X509) *out = NULL;
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(est_certs_write(&cert, 1, &cms, NULL), DEVID_OK);
	spoil(&cms);
	assert_rc(est_certs_read(blob_view(&cms), &out, &err), want);
	assert_cause(&err, cause);
	assert_null(out);
	blob_done(&cms);
}

static void cut(struct blob *cms)
{
	cms->len--;
}

static void one_more(struct blob *cms)
{
	cms->data = realloc(cms->data, cms->len + 1);
	assert_non_null(cms->data);
	cms->data[cms->len++] = 0;
}

static void replace(struct blob *cms, const char *hex)
{
	struct certs_buf other = certs_hex(hex);

	assert_true(other.len <= cms->len);
	memcpy(cms->data, other.data, other.len);
	cms->len = other.len;
}

static void other_type(struct blob *cms)
{
	replace(cms, "300f 06092a864886f70d010701 a002 0400");
}

static void no_certs(struct blob *cms)
{
	replace(cms, "3023 06092a864886f70d010702 a016 3014 020101 3100"
		     "300b 06092a864886f70d010701 3100");
}

static void certs_read_each_fault_by_its_name(void **state)
{
	(void)state;
	certs_refused(cut, DEVID_ERR_SYNTAX, "is no CMS message");
	certs_refused(one_more, DEVID_ERR_SYNTAX, "bytes behind");
	certs_refused(other_type, DEVID_ERR_SYNTAX, "another type");
	certs_refused(no_certs, DEVID_ERR_SYNTAX, "no certificate");
}

static void certs_read_with_a_signer_is_refused(void **state)
{
	const uint8_t *p = leaf.der.data;
	X509 *cert = d2i_X509(NULL, &p, (long)leaf.der.len);
	BIO *data = BIO_new_mem_buf("x", 1);
	PKCS7 *signed_by = PKCS7_sign(cert, leaf.key, NULL, data, PKCS7_BINARY);
	STACK_OF(X509) *out = NULL;
	struct devid_error err = { DEVID_OK, "" };
	uint8_t *der = NULL;
	int len = i2d_PKCS7(signed_by, &der);

	(void)state;
	assert_true(len > 0);
	assert_rc(
		est_certs_read((struct view) { der, (size_t)len }, &out, &err),
		DEVID_ERR_SYNTAX);
	assert_cause(&err, "has a signer");
	OPENSSL_free(der);
	PKCS7_free(signed_by);
	BIO_free(data);
	X509_free(cert);
}

static void certs_too_many_are_refused(void **state)
{
	struct certs_node *nodes[EST_CERTS_MAX + 1];
	struct view certs[EST_CERTS_MAX + 1];
	struct blob cms = { NULL, 0 };
	STACK_OF(X509) *out = NULL;
	uint8_t *der = NULL;
	int len;

	(void)state;
	for (size_t i = 0; i < N_OF(certs); i++) {
		nodes[i] = &leaf;
		certs[i] = view_of(&leaf);
	}
	assert_rc(est_certs_write(certs, N_OF(certs), &cms, NULL),
		DEVID_ERR_INVALID);
	assert_rc(est_certs_write(certs, 0, &cms, NULL), DEVID_ERR_INVALID);
	certs[0].len--;
	assert_rc(est_certs_write(certs, 1, &cms, NULL), DEVID_ERR_INVALID);
	len = pkcs7_of(nodes, N_OF(nodes), &der);
	assert_rc(
		est_certs_read((struct view) { der, (size_t)len }, &out, NULL),
		DEVID_ERR_TOO_LARGE);
	OPENSSL_free(der);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_read_with_any_line_ends),
		cmocka_unit_test(base64_read_anything_else_is_refused),
		cmocka_unit_test(base64_read_longest_and_one_more),
		cmocka_unit_test(base64_write_is_one_line),
		cmocka_unit_test(certs_write_is_what_openssl_writes),
		cmocka_unit_test(certs_read_are_those_written),
		cmocka_unit_test(certs_read_each_fault_by_its_name),
		cmocka_unit_test(certs_read_with_a_signer_is_refused),
		cmocka_unit_test(certs_too_many_are_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* CSR attributes in the list of RFC 7030 and the template of RFC 9908. */
#include "cmocka-all.h"

#include <string.h>

#include "certs.h"
#include "csrattrs.h"

/* P-256, a template with keyUsage given and a name to be said, attestation. */
#define P256_ATTRIBUTE "3015 06072a8648ce3d0201 310a 06082a8648ce3d030107"
#define TEMPLATE                                                               \
	"3057 060b2a864886f70d010910023d 3148 3046 020100"                     \
	"a015 3013 06072a8648ce3d0201 06082a8648ce3d030107"                    \
	"a12a 3028 060b2a864886f70d010910023e 3119 3017"                       \
	"300e 0603551d0f 0101ff 0404 03020780 3005 0603551d11"
#define ATTESTATION "060b2a864886f70d010910023b"
#define KEY_USAGE                                                              \
	"301d 06092a864886f70d01090e 3110 300e 300c 0603551d0f 0405 0403020780"

static struct certs_buf bytes; /* what the views of the last one point into */

static enum devid_err read_hex(
	const char *hex, struct csrattrs *ret, struct devid_error *err)
{
	bytes = certs_hex(hex);
	return csrattrs_read((struct view) { bytes.data, bytes.len }, ret, err);
}

/* The same of what is in the outer SEQUENCE. */
static enum devid_err read_list(
	const char *hex, struct csrattrs *ret, struct devid_error *err)
{
	struct certs_buf content = certs_hex(hex);

	bytes = certs_tlv(0x30, &content);
	return csrattrs_read((struct view) { bytes.data, bytes.len }, ret, err);
}

/* covers: RFC9908-template */
static void read_template_alone_counts(void **state)
{
	struct csrattrs a;

	(void)state;
	assert_rc(
		read_hex("307d" P256_ATTRIBUTE TEMPLATE ATTESTATION, &a, NULL),
		DEVID_OK);
	assert_int_equal(a.key, KEY_ALG_P256);
	assert_true(a.attestation);
	assert_int_equal(a.n_ext, 2);
	assert_memory_equal(a.ext[0].oid.data, "\x55\x1d\x0f", 3);
	assert_true(a.ext[0].critical && a.ext[0].has_value);
	assert_memory_equal(a.ext[0].value.data, "\x03\x02\x07\x80", 4);
	assert_memory_equal(a.ext[1].oid.data, "\x55\x1d\x11", 3);
	assert_false(a.ext[1].has_value || a.ext[1].critical);
	/* what stands beside the template is another client's */
	assert_rc(read_list("3012 06072a8648ce3d0201 3107 06052b81040022"
			    "06092a864886f70d010907 0603551d13" TEMPLATE,
			  &a, NULL),
		DEVID_OK);
	assert_int_equal(a.key, KEY_ALG_P256);
	assert_int_equal(a.n_ext, 2);
	assert_false(a.challenge_password || a.attestation);
}

/* covers: RFC7030-4.5-csrattrs */
static void read_list_of_rfc7030(void **state)
{
	struct csrattrs a;

	(void)state;
	/* the example of RFC 7030 4.5.2: challengePassword, ecPublicKey with
	 * P-384, an extension request of something unknown, ecdsa-SHA384 */
	assert_rc(read_list("06092a864886f70d010907"
			    "3012 06072a8648ce3d0201 3107 06052b81040022"
			    "3016 06092a864886f70d01090e 3109"
			    "3007 3005 06012b 0400"
			    "06082a8648ce3d040303",
			  &a, NULL),
		DEVID_OK);
	assert_int_equal(a.key, KEY_ALG_P384);
	assert_true(a.challenge_password);
	assert_false(a.attestation);
	assert_int_equal(a.n_ext, 1);
	assert_true(a.ext[0].has_value);
	assert_rc(read_hex("3000", &a, NULL), DEVID_OK);
	assert_int_equal(a.key, KEY_ALG_NONE);
	assert_false(a.other_key);
}

static void read_key_types(void **state)
{
	struct csrattrs a;

	(void)state;
	assert_rc(read_list("3011 06092a864886f70d010101 3104 02020c00", &a,
			  NULL),
		DEVID_OK);
	assert_int_equal(a.key, KEY_ALG_RSA3072);
	assert_rc(read_list("300d 06092a864886f70d010101 3100", &a, NULL),
		DEVID_OK);
	assert_int_equal(a.key, KEY_ALG_RSA2048);
	/* RSA-1024 and P-521 are none of ours */
	assert_rc(read_list("3011 06092a864886f70d010101 3104 02020400"
			    "3012 06072a8648ce3d0201 3107 06052b81040023",
			  &a, NULL),
		DEVID_OK);
	assert_int_equal(a.key, KEY_ALG_NONE);
	assert_true(a.other_key);
	/* the first that can be had */
	assert_rc(read_list("3012 06072a8648ce3d0201 3107 06052b81040023"
			    "3012 06072a8648ce3d0201 3107 06052b81040022",
			  &a, NULL),
		DEVID_OK);
	assert_int_equal(a.key, KEY_ALG_P384);
	assert_false(a.other_key);
}

static void read_attestation_in_any_place(void **state)
{
	struct csrattrs a;

	(void)state;
	assert_rc(read_list(ATTESTATION, &a, NULL), DEVID_OK);
	assert_true(a.attestation);
	assert_rc(read_list("300f" ATTESTATION "3100", &a, NULL), DEVID_OK);
	assert_true(a.attestation);
	assert_rc(read_list("3027 060b2a864886f70d010910023d 3118 3016 020100"
			    "a111 300f" ATTESTATION "3100",
			  &a, NULL),
		DEVID_OK);
	assert_true(a.attestation);
}

static void read_subject_of_template(void **state)
{
	struct csrattrs a;

	(void)state;
	/* serialNumber to be said, O = "x" given */
	assert_rc(read_list("302f 060b2a864886f70d010910023d 3120 301e 020100"
			    "3017 3107 3005 0603550405"
			    "310c 300a 0603 55040a 0c03 787878 a100",
			  &a, NULL),
		DEVID_OK);
	assert_int_equal(a.n_names, 2);
	assert_int_equal(a.names[0].value.len, 0);
	assert_int_equal(a.names[1].value.len, 5);
}

static void read_each_fault_is_refused(void **state)
{
	static const char *const lists[] = {
		"0500",                  /* neither of both */
		"3000",                  /* no type */
		"3003 06012b",           /* no values */
		"3007 06012b 3100 0500", /* something behind them */
		"0600",                  /* empty identifier */
		"3007 06012b 3080 0000", /* indefinite length */
		"0603551d11 0603551d11", /* twice */
		"300f 06072a8648ce3d0201 3104 02020100", /* a number */
		KEY_USAGE KEY_USAGE,                     /* twice */
		TEMPLATE TEMPLATE,                       /* two templates */
		/* extension without a value outside the template */
		"3016 06092a864886f70d01090e 3109 3007 3005 0603551d11",
		/* critical FALSE written out */
		"301b 06092a864886f70d01090e 310e 300c 300a 0603551d11 010100"
		"0400",
		/* two lists of extensions */
		"3011 06092a864886f70d01090e 3104 3000 3000",
		/* template: version 1; no [1]; bytes behind [1] */
		"3016 060b2a864886f70d010910023d 3107 3005 020101 a100",
		"3014 060b2a864886f70d010910023d 3105 3003 020100",
		"3018 060b2a864886f70d010910023d 3109 3007 020100 a100 0500",
		/* template: a key that is no AlgorithmIdentifier */
		"301a 060b2a864886f70d010910023d 310b 3009 020100 a002 0500"
		"a100",
		/* template: an empty part of the subject */
		"301a 060b2a864886f70d010910023d 310b 3009 020100 3002 3100"
		"a100",
	};
	struct csrattrs a;

	(void)state;
	for (size_t i = 0; i < N_OF(lists); i++) {
		struct devid_error err = { DEVID_OK, "" };

		if (read_list(lists[i], &a, &err) != DEVID_ERR_SYNTAX)
			fail_msg("taken: %s", lists[i]);
		assert_cause(&err, "CSR attributes: ");
	}
	assert_rc(read_hex("3000 00", &a, NULL), DEVID_ERR_SYNTAX);
	assert_rc(read_hex("3100", &a, NULL), DEVID_ERR_SYNTAX);
}

static void read_bounds(void **state)
{
	uint8_t der[CSRATTRS_MAX + 1] = { 0x30, 0x82 };
	struct view all = { der, sizeof(der) };
	struct csrattrs a;
	size_t n = CSRATTRS_ITEMS_MAX + 1;

	(void)state;
	assert_rc(csrattrs_read(all, &a, NULL), DEVID_ERR_TOO_LARGE);
	der[2] = (uint8_t)(n * 3 >> 8);
	der[3] = (uint8_t)(n * 3);
	for (size_t i = 0; i < n; i++)
		memcpy(der + 4 + 3 * i, "\x06\x01\x2b", 3);
	all.len = 4 + 3 * n;
	der[1] = 0x81;
	der[2] = (uint8_t)(n * 3);
	memmove(der + 3, der + 4, 3 * n);
	all.len--;
	assert_true(n * 3 > 127 && n * 3 < 256);
	assert_rc(csrattrs_read(all, &a, NULL), DEVID_ERR_TOO_LARGE);
	der[2] = (uint8_t)(n * 3 - 3);
	all.len -= 3;
	assert_rc(csrattrs_read(all, &a, NULL), DEVID_OK);
}

static void check_written(const struct csrattrs *in)
{
	struct blob der = { NULL, 0 };
	struct csrattrs out;

	assert_rc(csrattrs_write(in, &der, NULL), DEVID_OK);
	assert_rc(csrattrs_read(blob_view(&der), &out, NULL), DEVID_OK);
	assert_int_equal(out.key, in->key);
	assert_int_equal(out.attestation, in->attestation);
	assert_int_equal(out.n_ext, in->n_ext);
	for (size_t i = 0; i < in->n_ext; i++) {
		assert_true(view_equal(out.ext[i].oid, in->ext[i].oid));
		assert_int_equal(out.ext[i].critical, in->ext[i].critical);
		assert_int_equal(out.ext[i].has_value, in->ext[i].has_value);
	}
	assert_int_equal(out.n_names, in->n_names);
	blob_done(&der);
}

static void write_then_read_is_the_same(void **state)
{
	static const uint8_t usage[] = { 0x55, 0x1d, 0x0f },
			     san[] = { 0x55, 0x1d, 0x11 },
			     bits[] = { 3, 2, 7, 0x80 },
			     serial[] = { 0x55, 4, 5 };
	struct csrattrs a = { .attestation = true, .n_ext = 2, .n_names = 1 };

	(void)state;
	a.ext[0] = (struct csrattrs_ext) { { usage, 3 }, true, true,
		{ bits, sizeof(bits) } };
	a.ext[1] = (struct csrattrs_ext) { .oid = { san, 3 } };
	a.names[0].oid = (struct view) { serial, 3 };
	for (unsigned alg = 0; alg <= KEY_ALG_LAST; alg++) {
		a.key = (enum key_alg)alg;
		check_written(&a);
	}
	a = (struct csrattrs) { .key = KEY_ALG_NONE };
	check_written(&a);
}

/* The measured bytes, with the attestation in the template as well and the
 * extension that has a value for clients of RFC 7030. */
static void write_both_forms(void **state)
{
	const struct certs_buf key = certs_hex(P256_ATTRIBUTE);
	static const uint8_t template[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		1, 9, 16, 2, 61 };
	struct csrattrs a = { .key = KEY_ALG_P256, .attestation = true };
	struct blob der = { NULL, 0 };

	(void)state;
	assert_rc(csrattrs_write(&a, &der, NULL), DEVID_OK);
	assert_memory_equal(der.data + 2, key.data, key.len);
	assert_non_null(memmem(der.data, der.len, template, sizeof(template)));
	blob_done(&der);
}

static void write_what_is_no_form_is_refused(void **state)
{
	struct csrattrs a = { .key = (enum key_alg)(KEY_ALG_LAST + 1) };
	struct blob der = { NULL, 0 };

	(void)state;
	assert_rc(csrattrs_write(&a, &der, NULL), DEVID_ERR_INVALID);
	a = (struct csrattrs) { .n_ext = 1 };
	assert_rc(csrattrs_write(&a, &der, NULL), DEVID_ERR_INVALID);
	a = (struct csrattrs) { .n_names = 1 };
	assert_rc(csrattrs_write(&a, &der, NULL), DEVID_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(read_template_alone_counts),
		cmocka_unit_test(read_list_of_rfc7030),
		cmocka_unit_test(read_key_types),
		cmocka_unit_test(read_attestation_in_any_place),
		cmocka_unit_test(read_subject_of_template),
		cmocka_unit_test(read_each_fault_is_refused),
		cmocka_unit_test(read_bounds),
		cmocka_unit_test(write_then_read_is_the_same),
		cmocka_unit_test(write_both_forms),
		cmocka_unit_test(write_what_is_no_form_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The site's onboarding document. */
#include "cmocka-all.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "certs.h"
#include "site-document.h"

static char pem[8192]; /* of one certificate */

static int setup(void **state)
{
	struct certs_spec spec = certs_ca_spec("Site RADIUS");
	struct certs_node ca = certs_sign(&spec, certs_key("P-256"), NULL);
	const struct certs_node *const nodes[] = { &ca };
	char *text = certs_pem(nodes, 1);

	(void)state;
	assert_true(strlen(text) < sizeof(pem));
	(void)strcpy(pem, text);
	free(text);
	certs_done(&ca);
	return 0;
}

/* A good one, to be changed; the caller's. */
static json_t *good(void)
{
	json_t *root = json_pack(
		"{s:i, s:s, s:{s:[s], s:[s,s]}, s:{s:s}, s:{s:s,s:s}, s:n}",
		"version", 1, "site", "Plant 7", "radius", "anchors", pem,
		"names", "radius.site.example", "*.site.example", "firmware",
		"lowest", "1.2.0", "values", "ntp", "10.0.0.1", "room_2",
		"K\xc3\xbc"
		"che",
		"later");

	assert_non_null(root);
	return root;
}

/* Takes @root. */
static enum devid_err parse(
	json_t *root, struct site_document **ret, struct devid_error *err)
{
	char *text = json_dumps(root, 0);
	enum devid_err rc;

	assert_non_null(text);
	rc = site_document_parse(
		(struct view) { (uint8_t *)text, strlen(text) }, ret, err);
	free(text);
	json_decref(root);
	return rc;
}

static void parse_good_is_all_there(void **state)
{
	struct site_document *doc = NULL;
	struct blob anchors = { NULL, 0 };

	(void)state;
	assert_rc(parse(good(), &doc, NULL), DEVID_OK);
	assert_string_equal(doc->site, "Plant 7");
	assert_int_equal(doc->n_anchors, 1);
	assert_string_equal(doc->anchors[0], pem);
	assert_int_equal(doc->n_names, 2);
	assert_string_equal(doc->names[1], "*.site.example");
	assert_string_equal(doc->lowest, "1.2.0");
	assert_int_equal(doc->n_values, 2);
	assert_string_equal(doc->values[0].key, "ntp");
	assert_string_equal(doc->values[1].text, "K\xc3\xbc"
						 "che");
	assert_rc(site_document_anchors(doc, &anchors, NULL), DEVID_OK);
	assert_string_equal((char *)anchors.data, pem);
	blob_done(&anchors);
	site_document_free(doc);
}

static void parse_without_what_may_be_missing(void **state)
{
	struct site_document *doc = NULL;
	json_t *root = good();

	(void)state;
	assert_int_equal(json_object_del(root, "firmware"), 0);
	assert_int_equal(json_object_del(root, "values"), 0);
	assert_rc(parse(root, &doc, NULL), DEVID_OK);
	assert_null(doc->lowest);
	assert_int_equal(doc->n_values, 0);
	site_document_free(doc);
}

/* Puts @value at @path ("a.b") of a good one, or takes it away when NULL. */
static void refused(
	const char *path, json_t *value, enum devid_err want, const char *cause)
{
	json_t *root = good(), *at = root;
	const char *dot = strchr(path, '.');
	struct site_document *doc = NULL;
	struct devid_error err = { DEVID_OK, "" };

	if (dot) {
		char head[16] = "";

		memcpy(head, path, (size_t)(dot - path));
		at = json_object_get(root, head);
		path = dot + 1;
	}
	if (value)
		assert_int_equal(json_object_set_new(at, path, value), 0);
	else
		assert_int_equal(json_object_del(at, path), 0);
	if (parse(root, &doc, &err) != want)
		fail_msg("not as it should be: %s", cause);
	assert_cause(&err, cause);
	assert_null(doc);
}

static void parse_each_head_fault_is_refused(void **state)
{
	(void)state;
	refused("version", NULL, DEVID_ERR_SYNTAX, "version");
	refused("version", json_string("1"), DEVID_ERR_SYNTAX, "version");
	refused("version", json_integer(2), DEVID_ERR_UNSUPPORTED, "version");
	refused("site", NULL, DEVID_ERR_SYNTAX, "site");
	refused("site", json_string(""), DEVID_ERR_SYNTAX, "site");
	refused("site", json_string("a\nb"), DEVID_ERR_SYNTAX, "site");
	refused("site",
		json_string("0123456789012345678901234567890123456789"
			    "0123456789012345678901234"),
		DEVID_ERR_SYNTAX, "site");
	refused("radius", NULL, DEVID_ERR_SYNTAX, "radius");
	refused("radius", json_integer(1), DEVID_ERR_SYNTAX, "radius");
	refused("firmware", json_integer(1), DEVID_ERR_SYNTAX, "firmware");
	refused("values", json_array(), DEVID_ERR_SYNTAX, "values");
}

static json_t *many(size_t n, const char *text)
{
	json_t *list = json_array();

	while (n-- > 0)
		assert_int_equal(
			json_array_append_new(list, json_string(text)), 0);
	return list;
}

static void parse_each_anchor_fault_is_refused(void **state)
{
	char two[2 * sizeof(pem)];

	(void)state;
	refused("radius.anchors", NULL, DEVID_ERR_SYNTAX, "radius.anchors");
	refused("radius.anchors", json_array(), DEVID_ERR_SYNTAX,
		"something in it");
	refused("radius.anchors", json_pack("[i]", 1), DEVID_ERR_SYNTAX,
		"no text");
	refused("radius.anchors", json_pack("[s]", "no PEM"), DEVID_ERR_SYNTAX,
		"no certificate in PEM");
	(void)stpcpy(stpcpy(two, pem), pem);
	refused("radius.anchors", json_pack("[s]", two), DEVID_ERR_SYNTAX,
		"more than one certificate");
	refused("radius.anchors", many(SITE_ANCHORS_MAX + 1, pem),
		DEVID_ERR_TOO_LARGE, "radius.anchors");
}

static void parse_each_name_fault_is_refused(void **state)
{
	static const char *const names[] = { "", "radius", "radius.",
		".example", "a..example", "-a.example", "a-.example",
		"a_b.example", "*.", "*", "a.*.example", "10.0.0.1",
		"a b.example", "a.example\n",
		"x.\xc3\xbc"
		"er.example" };

	(void)state;
	refused("radius.names", NULL, DEVID_ERR_SYNTAX, "radius.names");
	for (size_t i = 0; i < N_OF(names); i++)
		refused("radius.names", json_pack("[s]", names[i]),
			DEVID_ERR_SYNTAX, "host name");
	refused("radius.names", many(SITE_NAMES_MAX + 1, "a.example"),
		DEVID_ERR_TOO_LARGE, "radius.names");
}

static void parse_each_value_fault_is_refused(void **state)
{
	static const char *const keys[] = { "", "A", "1a", "_a", "a-b", "a.b",
		"abcdefghijklmnopqrstuvwxyz0123456" };
	static const char *const texts[] = { "a\nb", "\x1b[2J", "\x7f",
		"\xc2\x85",
		"a\xe2\x80\xa8"
		"b" };
	char long_text[SITE_VALUE_MAX + 2];
	json_t *values = json_object();

	(void)state;
	for (size_t i = 0; i < N_OF(keys); i++)
		refused("values", json_pack("{s:s}", keys[i], "x"),
			DEVID_ERR_SYNTAX, "a key that");
	for (size_t i = 0; i < N_OF(texts); i++)
		refused("values", json_pack("{s:s}", "a", texts[i]),
			DEVID_ERR_SYNTAX, "no text");
	refused("values", json_pack("{s:i}", "a", 1), DEVID_ERR_SYNTAX,
		"no text");
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	refused("values", json_pack("{s:s}", "a", long_text), DEVID_ERR_SYNTAX,
		"no text");
	for (int i = 0; i <= SITE_VALUES_MAX; i++) {
		char key[] = { 'a', (char)('a' + i / 10), (char)('0' + i % 10),
			'\0' };

		assert_int_equal(
			json_object_set_new(values, key, json_string("")), 0);
	}
	refused("values", values, DEVID_ERR_TOO_LARGE, "values");
}

static void parse_what_is_no_json_is_refused(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "1",
		"{\"version\":1,\"version\":1}", "{} x", "{\"a\":\"\xff\"}",
		"{\"a\":\"\\u0000\"}" };
	uint8_t *big = calloc(1, SITE_DOCUMENT_MAX + 1);
	struct site_document *doc = NULL;

	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++)
		assert_rc(site_document_parse(
				  (struct view) { (const uint8_t *)texts[i],
					  strlen(texts[i]) },
				  &doc, NULL),
			DEVID_ERR_SYNTAX);
	assert_non_null(big);
	memset(big, ' ', SITE_DOCUMENT_MAX + 1);
	assert_rc(site_document_parse(
			  (struct view) { big, SITE_DOCUMENT_MAX + 1 }, &doc,
			  NULL),
		DEVID_ERR_TOO_LARGE);
	free(big);
}

static void versions_are_judged(void **state)
{
	static const char *const wrong[] = { "", ".", "1.", ".1", "1..2", "v1",
		"1.2-rc", "-1", "1234567890", "1.2.3.4.5.6.7.8.9", " 1",
		"1,2" };

	(void)state;
	for (size_t i = 0; i < N_OF(wrong); i++) {
		if (site_version_ok(wrong[i]))
			fail_msg("taken: %s", wrong[i]);
		refused("firmware.lowest", json_string(wrong[i]),
			DEVID_ERR_SYNTAX, "firmware.lowest");
	}
	assert_true(site_version_ok("999999999"));
	assert_true(site_version_ok("1.2.3.4.5.6.7.8"));
	assert_int_equal(site_version_compare("1.2", "1.2.0"), 0);
	assert_int_equal(site_version_compare("1.02", "1.2"), 0);
	assert_true(site_version_compare("1.9", "1.10") < 0);
	assert_true(site_version_compare("2", "1.99.99") > 0);
	assert_true(site_version_compare("1.2.0.1", "1.2") > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_good_is_all_there),
		cmocka_unit_test(parse_without_what_may_be_missing),
		cmocka_unit_test(parse_each_head_fault_is_refused),
		cmocka_unit_test(parse_each_anchor_fault_is_refused),
		cmocka_unit_test(parse_each_name_fault_is_refused),
		cmocka_unit_test(parse_each_value_fault_is_refused),
		cmocka_unit_test(parse_what_is_no_json_is_refused),
		cmocka_unit_test(versions_are_judged),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that a bundle is made of; the whole is in tests/e2e/doctor.bats. */
#include "cmocka-all.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "certs.h"
#include "known.h"
#include "logs.h"
#include "pick.h"
#include "ustar.h"

/* What @text, JSON, becomes by @list, in one line with sorted names. */
static void assert_picked(
	const char *text, const struct pick *list, const char *want)
{
	json_t *from = json_loads(text, JSON_DECODE_ANY, NULL);
	json_t *to = pick_copy(from, list);
	char *got = to ? json_dumps(to, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	assert_non_null(from);
	if (!want)
		assert_null(got);
	else if (!got || strcmp(got, want) != 0)
		fail_msg("%s, not %s", got ? got : "nothing", want);
	free(got);
	json_decref(to);
	json_decref(from);
}

static void pick_takes_what_the_list_names(void **state)
{
	(void)state;
	assert_picked("{\"pid\": 7, \"psk\": \"x\", \"keyd\": true}",
		pick_agent, "{\"keyd\":true,\"pid\":7}");
	assert_picked("[{\"class\": \"NONE\", \"x\": 1}, 7, null, [1]]",
		pick_history, "[{\"class\":\"NONE\"}]");
	assert_picked("{\"ports\": [{\"port\": \"eth0\", \"x\": 1,"
		      " \"history\": [{\"verdict\": \"key\", \"x\": 1}]}]}",
		pick_agent,
		"{\"ports\":[{\"history\":[{\"verdict\":\"key\"}],"
		"\"port\":\"eth0\"}]}");
}

/* Something could lie below a name that is on the list. */
static void pick_takes_no_object_for_a_plain_member(void **state)
{
	(void)state;
	assert_picked("{\"trust\": {\"x\": 1}, \"clock\": [\"x\"]}", pick_agent,
		"{}");
	assert_picked("{\"ports\": \"x\"}", pick_agent, "{}");
	assert_picked("7", pick_trust, NULL);
	assert_null(pick_copy(NULL, pick_trust));
}

static unsigned octal(const unsigned char *field)
{
	return (unsigned)strtoul((const char *)field, NULL, 8);
}

static void header_has_the_fields_of_the_standard(void **state)
{
	unsigned char h[USTAR_BLOCK];
	unsigned sum = 0;

	(void)state;
	assert_rc(ustar_header("a/b", 1000, 1769817600, h, NULL), DEVID_OK);
	assert_string_equal((char *)h, "a/b");
	assert_int_equal(octal(h + 100), 0644);
	assert_int_equal(octal(h + 124), 1000);
	assert_int_equal(octal(h + 136), 1769817600);
	assert_int_equal(h[156], '0');
	assert_memory_equal(h + 257, "ustar\00000", 8);
	for (int i = 0; i < USTAR_BLOCK; i++)
		sum += i >= 148 && i < 156 ? ' ' : h[i];
	assert_int_equal(octal(h + 148), sum);
	assert_int_equal(h[154], 0);
	assert_int_equal(h[155], ' ');
}

static void header_takes_no_more_than_fits(void **state)
{
	char name[USTAR_NAME_MAX + 2];
	unsigned char h[USTAR_BLOCK];

	(void)state;
	memset(name, 'x', sizeof(name));
	name[USTAR_NAME_MAX] = '\0';
	assert_rc(ustar_header(name, 0, -1, h, NULL), DEVID_OK);
	assert_int_equal(octal(h + 136), 0);
	name[USTAR_NAME_MAX] = 'x';
	name[USTAR_NAME_MAX + 1] = '\0';
	assert_rc(ustar_header(name, 0, 0, h, NULL), DEVID_ERR_TOO_LARGE);
	if (sizeof(size_t) > 4)
		assert_rc(ustar_header("a", 0100000000000ull, 0, h, NULL),
			DEVID_ERR_TOO_LARGE);
}

static void line_of_the_log_is_one_line(void **state)
{
	const char message[] = "signed: \x1b[2Jidevid\nnext";
	const struct logs_line line = { 1769817600000007ull,
		"devid-keyd.service", "7", "6", message, sizeof(message) - 1 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	logs_print_line(out, &line);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text,
		"2026-01-31T00:00:00.000007Z devid-keyd.service[7] <6> "
		"signed: ?[2Jidevid?next\n");
	free(text);
}

/* Both are what a person could have pasted. */
static void known_finds_nothing_in_a_private_key(void **state)
{
	static const char key[] =
		"-----BEGIN PRIVATE KEY-----\n"
		"MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhsc"
		"HR4f\n"
		"-----END PRIVATE KEY-----\n";
	const struct view pem = { (const uint8_t *)key, sizeof(key) - 1 };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_non_null(out);
	assert_rc(known_certificates("f", pem, out, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "f: no certificate");
	devid_error_clear(&err);
	assert_rc(known_reference("f", pem, out, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "f: no key reference");
	assert_rc(known_chain(pem, out, NULL), DEVID_ERR_SYNTAX);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(len, 0);
	free(text);
}

/* As wpa_supplicant takes a CA. */
static void known_certificate_in_der_becomes_pem(void **state)
{
	struct certs_spec spec = certs_ca_spec("CA");
	struct certs_node ca = certs_sign(&spec, certs_key("P-256"), NULL);
	const struct view der = { ca.der.data, ca.der.len };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	assert_rc(known_certificates("f", der, out, NULL), DEVID_OK);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(strncmp(text, "-----BEGIN CERTIFICATE-----\n", 28), 0);
	free(text);
	certs_done(&ca);
}

static void known_settings_are_shown_others_are_not(void **state)
{
	static const char conf[] =
		"[keyd]\n"
		"tcti = a\tb ; remark\n"
		"password = secret\n"
		"[eap]\n"
		"trust = first-use\n"
		"[enroll]\n"
		"proxy = http://me:p@ss@proxy.example:3128\n";
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	assert_rc(known_settings("f", conf, out, NULL), DEVID_OK);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text,
		"keyd.tcti = a?b\n"
		"eap.trust = first-use\n"
		"enroll.proxy = http://(hidden)@proxy.example:3128\n");
	free(text);
}

static void known_names_are_those_of_the_manual(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_rc(known_names("f", "[keyd]\ntcti = x\n[eap]\nca = /z\n", &err),
		DEVID_OK);
	assert_rc(known_names("f", "[keyd]\ntcti = x\n[other]\ny = z\n", &err),
		DEVID_ERR_INVALID);
	assert_cause(&err, "f:4: [other]: no such section");
	devid_error_clear(&err);
	assert_rc(known_names("f", "[keyd]\n\ntcit = x\n", &err),
		DEVID_ERR_INVALID);
	assert_cause(&err, "f:3: keyd.tcit: no such setting");
	/* Each in its section. */
	assert_rc(known_names("f", "[agent]\ntcti = x\n", NULL),
		DEVID_ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pick_takes_what_the_list_names),
		cmocka_unit_test(pick_takes_no_object_for_a_plain_member),
		cmocka_unit_test(header_has_the_fields_of_the_standard),
		cmocka_unit_test(header_takes_no_more_than_fits),
		cmocka_unit_test(line_of_the_log_is_one_line),
		cmocka_unit_test(known_finds_nothing_in_a_private_key),
		cmocka_unit_test(known_certificate_in_der_becomes_pem),
		cmocka_unit_test(known_settings_are_shown_others_are_not),
		cmocka_unit_test(known_names_are_those_of_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The nonce of a registrar. What else it answers is in e2e/enroll. */
#include "cmocka-all.h"

#include <string.h>

#include "est-ops.h"

static enum devid_err parse(const char *json, struct est_nonce *ret)
{
	return est_nonce_parse(
		(struct view) { (const uint8_t *)json, strlen(json) }, ret,
		NULL);
}

static void nonce_is_base64url(void **state)
{
	struct est_nonce nonce = { .len = 0 };

	(void)state;
	assert_rc(parse("{\"nonce\": \"ABEiM0RVZneImaq7zN3u_wARIjNEVWZ3iJmqu8z"
			"d7v8\", \"expiry\": 300}\n",
			  &nonce),
		DEVID_OK);
	assert_int_equal(nonce.len, 32);
	assert_memory_equal(nonce.data + 14, "\xee\xff\x00\x11", 4);
	assert_rc(parse("{\"nonce\":\"-_-_-_-_-_8\"}", &nonce), DEVID_OK);
	assert_int_equal(nonce.len, 8);
	assert_memory_equal(nonce.data, "\xfb\xff\xbf\xfb\xff\xbf\xfb\xff", 8);
}

static void nonce_of_another_form_is_refused(void **state)
{
	static const char *const wrong[] = { "", "[]", "{}", "{\"nonce\":1}",
		"{\"nonce\":\"\"}", "{\"nonce\":\"AAAAAAAAA\"}", /* 6 bytes */
		"{\"nonce\":\"AAAAAAAAAA==\"}",                  /* 7 */
		"{\"nonce\":\"+/+/+/+/+/+/\"}",                  /* not url */
		"{\"nonce\":\"AAAAAAAAAAA=\"}x",
		"{\"nonce\":\"AAAAAAAAAAAAA\"}", /* 13 characters are none */
		"{\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		"{\"nonce\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
		"{\"nonce\":\"AAAAAAAAAAA\",\"nonce\":\"AAAAAAAAAAA\"}" };
	struct est_nonce nonce = { .len = 0 };

	(void)state;
	for (size_t i = 0; i < N_OF(wrong); i++) {
		if (parse(wrong[i], &nonce) != DEVID_ERR_SYNTAX)
			fail_msg("taken: %s", wrong[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nonce_is_base64url),
		cmocka_unit_test(nonce_of_another_form_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <stdio.h>

#include "values.h"

/* What devid-agent takes of [agent] identity, and what it refuses. */
static void check_identity_is_of_a_tls_client(void **state)
{
	static const struct {
		const char *value;
		const char *cause; /* NULL: none */
	} cases[] = {
		{ "idevid", NULL },
		{ "ldevid-0, eap-3\tidevid-1", NULL },
		{ ",", "no key named" },
		{ "idevid ldevid-9",
			"agent.identity: 'ldevid-9': there is no key of that" },
		{ "iak", "iak keys do not sign for tls-client" },
		{ "tls-0", "tls keys do not sign for tls-client" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct devid_error err = { DEVID_OK, "" };
		char text[128];

		(void)snprintf(text, sizeof(text), "[agent]\nidentity=%s\n",
			cases[i].value);
		if (!cases[i].cause) {
			assert_rc(values_check("t", text, &err), DEVID_OK);
			continue;
		}
		assert_rc(values_check("t", text, &err), DEVID_ERR_INVALID);
		assert_cause(&err, cases[i].cause);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_identity_is_of_a_tls_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

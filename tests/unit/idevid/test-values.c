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

/* Where devid-agent would say it, at the line of the later one. */
static void check_settings_against_each_other_are_told(void **state)
{
	static const struct {
		const char *text, *cause;
	} cases[] = {
		{ "[agent]\nidentity=idevid\nkey=/k\n",
			"t:3: agent.key: not beside identity" },
		{ "[agent]\nidentity=idevid\ncert=/c\n",
			"t:3: agent.cert: not beside identity" },
		{ "[agent]\nkey=/k\nidentity=idevid\n",
			"t:3: agent.identity: not beside key or cert" },
		{ "[agent]\ncert=/k\n\nidentity=idevid\n",
			"t:4: agent.identity: not beside key or cert" },
		{ "[eap]\ntls_min=1.3\ntls_max=1.2\n",
			"t:3: eap.tls_max: below tls_min" },
		{ "[eap]\ntls_max=1.2\ntls_min=1.3\n",
			"t:3: eap.tls_min: above tls_max" },
		{ "[eap]\nca=/c\ntrust=first-use\n",
			"t:2: eap.ca: trust = first-use takes neither" },
		{ "[eap]\nserver_name=n\ntrust=first-use\n",
			"t:2: eap.server_name: trust = first-use takes" },
	};
	struct devid_error none = { DEVID_OK, "" };

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(values_check("t", cases[i].text, &err),
			DEVID_ERR_INVALID);
		assert_cause(&err, cases[i].cause);
	}
	assert_rc(values_check("t",
			  "[agent]\nkey=/k\ncert=/c\n[eap]\ntrust=pinned\n"
			  "ca=/c\nserver_name=n\ntls_min=1.3\ntls_max=1.3\n",
			  &none),
		DEVID_OK);
	assert_rc(
		values_check("t", "[eap]\ntrust=first-use\n", &none), DEVID_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_identity_is_of_a_tls_client),
		cmocka_unit_test(check_settings_against_each_other_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

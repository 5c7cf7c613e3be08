/* SPDX-License-Identifier: Apache-2.0 */
/* The registrar's settings: what they become, and what is wrong with them. */
#include "registrar-conf.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmocka-all.h"
#include "key.h"
#include "tempdir.h"

#define GOOD                                                                   \
	"[registrar]\ndatabase = sqlite:/tmp/site.db\n"                        \
	"[ca]\ncertificate = /ca.pem\norganization = Site\n"                   \
	"module = /m.so\ntoken = t\nkey = k\naudit_key = a\n"

static enum devid_err load(const struct tempdir *dir, const char *text,
	struct registrar_conf *ret, struct devid_error *err)
{
	tempdir_write(dir, "conf", text, strlen(text), 0644);
	return registrar_conf_load(tempdir_file(dir, "conf"), ret, err);
}

static void load_least_has_defaults(void **state)
{
	const struct registrar_profile *p;
	struct registrar_conf conf;

	assert_rc(load(*state, GOOD, &conf, NULL), DEVID_OK);
	assert_string_equal(conf.instance, "registrar");
	assert_int_equal(conf.crl_hours, 168);
	assert_int_equal(conf.n_makers, 0);
	p = registrar_conf_profile(&conf, NULL);
	assert_non_null(p);
	assert_int_equal(p->days, 365);
	assert_int_equal(p->live_max, 4);
	assert_int_equal(p->retry_after, 300);
	assert_int_equal(p->residency, REGISTRAR_RESIDENCY_WANTED);
	assert_false(p->manual || p->server);
	assert_true(p->key_types & 1u << KEY_ALG_P256);
	assert_false(p->key_types & 1u << KEY_ALG_RSA4096);
	assert_null(registrar_conf_profile(&conf, "other"));
	registrar_conf_done(&conf);
}

static void load_everything(void **state)
{
	const struct registrar_profile *p;
	struct registrar_conf conf;

	assert_rc(
		load(*state,
			GOOD "crl_url = http://site.example/site-ca.crl\n"
			     "[maker one]\nroots = /one.pem\ncrls = /one.crl\n"
			     "[maker two]\nroots = /two.pem\n"
			     "epoch_nv = 0x01804950\n"
			     "[profile web]\ndays = 30\n"
			     "key_types = p256, rsa4096\n"
			     "residency = required\napproval = manual\n"
			     "server_auth = yes\nlive_max = 2\n"
			     "retry_after = 5\n",
			&conf, NULL),
		DEVID_OK);
	assert_int_equal(conf.n_makers, 2);
	assert_string_equal(conf.makers[0].crls, "/one.crl");
	assert_null(conf.makers[1].crls);
	assert_int_equal(conf.makers[0].epoch_nv, 0);
	assert_int_equal(conf.makers[1].epoch_nv, 0x01804950);
	p = registrar_conf_profile(&conf, "web");
	assert_non_null(p);
	assert_int_equal(p->days, 30);
	assert_int_equal(
		p->key_types, 1u << KEY_ALG_P256 | 1u << KEY_ALG_RSA4096);
	assert_int_equal(p->residency, REGISTRAR_RESIDENCY_REQUIRED);
	assert_true(p->manual && p->server);
	assert_int_equal(p->live_max, 2);
	assert_int_equal(p->retry_after, 5);
	assert_non_null(registrar_conf_profile(&conf, NULL));
	registrar_conf_done(&conf);
}

static void load_wrong_names_the_line(void **state)
{
	static const struct {
		const char *text, *cause;
	} cases[] = {
		{ "[profile a/b]\ndays = 1\n", ":11: profile a/b.days: 'a/b'" },
		{ "[profile a]\ndays = 0\n", ":11: profile a.days: " },
		{ "[profile a]\nkey_types = p521\n",
			":11: profile a.key_types: 'p521' is not" },
		{ "[profile a]\nresidency = maybe\n",
			":11: profile a.residency: 'maybe' is not" },
		{ "[profile a]\napproval = both\n",
			":11: profile a.approval: 'both' is neither" },
		{ "[profile a]\nserver_auth = 2\n",
			":11: profile a.server_auth: " },
		{ "[profile a]\nlive_max = 65\n", ":11: profile a.live_max: " },
		{ "[profile a]\nretry_after = 0\n",
			":11: profile a.retry_after: " },
		{ "[maker a]\ncrls = /a.crl\n", "maker a.roots: not set" },
		{ "[maker a]\nroots = a.pem\n", ":11: maker a.roots: " },
		{ "[maker a]\nepoch_nv = 0x81040000\n",
			":11: maker a.epoch_nv: '0x81040000': not an NV" },
		{ "[maker a]\nepoch_nv = 25184580\n",
			":11: maker a.epoch_nv: '25184580': not an NV" },
		{ "[maker a]\nepoch_nv = 0x01804944z\n",
			":11: maker a.epoch_nv: '0x01804944z': not an NV" },
		{ "crl_url = ldap://site/\n", ":10: ca.crl_url: 'ldap:" },
		{ "ocsp_url = http://site/\n", ":10: ca.ocsp_url: " },
		{ "organization = Other\n", ":10: ca.organization: " },
		{ "[other]\na = b\n", "other" },
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct registrar_conf conf;
		char text[512];

		(void)snprintf(text, sizeof(text), GOOD "%s", cases[i].text);
		assert_int_not_equal(load(*state, text, &conf, &err), DEVID_OK);
		assert_cause(&err, cases[i].cause);
	}
}

static void load_registrar_section_wrong(void **state)
{
	static const struct {
		const char *text, *cause;
	} cases[] = {
		{ "database = site.db\n",
			":2: registrar.database: neither sqlite:" },
		{ "database = sqlite:site.db\n",
			":2: registrar.database: the path behind" },
		{ "instance = a_b\n", ":2: registrar.instance: 'a_b'" },
		{ "listen = https://a:1\n", ":2: registrar.listen: " },
		{ "listen = a:70000\n", ":2: registrar.listen: " },
		{ "listen = ::1:443\n", ":2: registrar.listen: " },
		{ "connections_max = 1\n", ":2: registrar.connections_max: " },
		{ "database = sqlite:/a\nlisten = a:1\npublic = a:1\n[ca]\n"
		  "certificate = /c\norganization = O\nmodule = /m\n"
		  "token = t\nkey = k\naudit_key = a\n",
			":4: registrar.public: the same as" },
		{ "database = sqlite:/a\n[ca]\n"
		  "certificate = /c\norganization = O\nmodule = /m\n"
		  "token = t\nkey = k\naudit_key = k\n",
			":9: ca.audit_key: the CA's own key" },
		{ "database = sqlite:/a\n[ca]\n"
		  "certificate = /c\norganization = O\nmodule = /m\n"
		  "token = t\nkey = k\n",
			"ca.audit_key: not set" },
	};

	for (size_t i = 0; i < N_OF(cases); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct registrar_conf conf;
		char text[512];

		(void)snprintf(
			text, sizeof(text), "[registrar]\n%s", cases[i].text);
		assert_int_not_equal(load(*state, text, &conf, &err), DEVID_OK);
		assert_cause(&err, cases[i].cause);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(load_least_has_defaults,
			tempdir_setup, tempdir_teardown),
		cmocka_unit_test_setup_teardown(
			load_everything, tempdir_setup, tempdir_teardown),
		cmocka_unit_test_setup_teardown(load_wrong_names_the_line,
			tempdir_setup, tempdir_teardown),
		cmocka_unit_test_setup_teardown(load_registrar_section_wrong,
			tempdir_setup, tempdir_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

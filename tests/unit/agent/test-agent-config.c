/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <stdio.h>

#include "config.h"
#include "tempdir.h"

#define PINNED "[eap]\nca=/ca.pem\nserver_name=radius.example\n"
#define USER   "[agent]\nsupplicant_user=64001\n"

static struct config *parse(const char *text)
{
	struct devid_error err = { DEVID_OK, "" };
	struct config *c = NULL;

	if (config_parse("t", text, &c, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	return c;
}

static void assert_identity(const struct config *c, size_t i, const char *name,
	const char *key, const char *cert)
{
	const struct identity *id = &c->identities.of[i];

	assert_true(i < c->identities.n);
	assert_string_equal(id->name, name);
	assert_string_equal(id->path[IDENTITY_KEY], key);
	assert_string_equal(id->path[IDENTITY_CERT], cert);
}

/* covers: RFC9190-2.1.8-identity */
static void parse_defaults_are_those_of_the_manual(void **state)
{
	struct config *c = parse(USER PINNED);

	(void)state;
	assert_string_equal(c->state_dir, "/var/lib/devid");
	assert_string_equal(c->run_dir, "/run/devid");
	assert_string_equal(c->supplicant, "/sbin/wpa_supplicant");
	assert_string_equal(c->hooks_dir, DEVID_SYSCONFDIR "/devid/hooks.d");
	assert_string_equal(c->keyd_socket, "/run/devid/keyd.sock");
	assert_identity(c, 0, "idevid", "/var/lib/devid/idevid.key",
		"/var/lib/devid/idevid.pem");
	assert_int_equal(c->identities.n, 1);
	assert_string_equal(c->identity, "anonymous@devid.invalid");
	assert_int_equal(c->tls_min, WPACONF_TLS_1_2);
	assert_int_equal(c->tls_max, WPACONF_TLS_1_3);
	assert_null(c->provider_dir);
	assert_false(c->first_use);
	assert_int_equal(c->supplicant_uid, 64001);
	assert_int_equal(c->supplicant_gid, 64001);
	assert_int_equal(c->start_wait, 5);
	assert_int_equal(c->auth_wait, 20);
	assert_false(c->open_port);
	assert_string_equal(c->owner_identity, "anonymous@ldevid.invalid");
	assert_true(c->onboard);
	assert_null(c->registrar);
	assert_null(c->firmware);
	assert_string_equal(c->enroll_user, "devid-enroll");
	assert_string_equal(
		c->onboard_hooks, DEVID_SYSCONFDIR "/devid/onboard.d");
	assert_true(config_wants(c, "eth0"));
	assert_false(config_wants(c, "eth1"));
	config_free(c);
}

static void parse_every_setting_is_taken(void **state)
{
	struct config *c = parse(
		"[agent]\nports=lan0 eth*, enp?s0\nstate_dir=/s\nrun_dir=/r\n"
		"supplicant=/w\nsupplicant_user=64001:64002\n"
		"provider_dir=/p\nhooks_dir=/h\nkeyd_socket=/k\nkey=/key\n"
		"cert=/cert\nclock_floor=2026-01-31\nstart_wait=2\n"
		"auth_wait=9\nopen_port=use\n"
		"[eap]\nidentity=a@b\ntls_min=1.3\ntls_max=1.3\n"
		"trust=pinned\nca=/c\nserver_name=n, *.a.b\tc.d\n"
		"[keyd]\nanything=goes\n");

	(void)state;
	assert_string_equal(c->state_dir, "/s");
	assert_string_equal(c->run_dir, "/r");
	assert_string_equal(c->supplicant, "/w");
	assert_int_equal(c->supplicant_gid, 64002);
	assert_string_equal(c->provider_dir, "/p");
	assert_string_equal(c->hooks_dir, "/h");
	assert_string_equal(c->keyd_socket, "/k");
	assert_identity(c, 0, "file", "/key", "/cert");
	assert_int_equal(c->identities.n, 1);
	assert_int_equal(c->clock_floor, 1769817600);
	assert_int_equal(c->start_wait, 2);
	assert_int_equal(c->auth_wait, 9);
	assert_true(c->open_port);
	assert_string_equal(c->identity, "a@b");
	assert_int_equal(c->tls_min, WPACONF_TLS_1_3);
	assert_string_equal(c->ca, "/c");
	assert_int_equal(c->server_names.n, 3);
	assert_string_equal(c->server_names.of[0], "n");
	assert_string_equal(c->server_names.of[1], "*.a.b");
	assert_string_equal(c->server_names.of[2], "c.d");
	assert_true(config_wants(c, "lan0"));
	assert_true(config_wants(c, "eth17"));
	assert_true(config_wants(c, "enp3s0"));
	assert_false(config_wants(c, "lan1"));
	config_free(c);
}

static void parse_identities_are_taken_in_order(void **state)
{
	struct config *c = parse(USER "identity=ldevid-0, eap-3\tidevid-0 "
				      "idevid-1\nstate_dir=/s\n" PINNED);

	(void)state;
	assert_int_equal(c->identities.n, 4);
	assert_identity(c, 0, "ldevid-0", "/s/ldevid-0.key", "/s/ldevid-0.pem");
	assert_identity(c, 1, "eap-3", "/s/eap-3.key", "/s/eap-3.pem");
	assert_identity(c, 2, "idevid", "/s/idevid.key", "/s/idevid.pem");
	assert_identity(c, 3, "idevid-1", "/s/idevid-1.key", "/s/idevid-1.pem");
	assert_string_equal(
		c->identities.of[0].path[IDENTITY_MARK], "/s/ldevid-0.enabled");
	assert_string_equal(c->identities.of[0].path[IDENTITY_CERT_MARK],
		"/s/ldevid-0.cert-enabled");
	assert_string_equal(
		c->identities.of[1].path[IDENTITY_MARK], "/s/eap-3.disabled");
	assert_string_equal(c->identities.of[1].path[IDENTITY_CERT_MARK],
		"/s/eap-3.cert-disabled");
	config_free(c);
}

static void parse_first_use_needs_nothing_else(void **state)
{
	struct config *c = parse(USER "[eap]\ntrust=first-use\n");

	(void)state;
	assert_true(c->first_use);
	config_free(c);
}

static void parse_state_dir_moves_key_and_cert(void **state)
{
	struct config *c = parse(USER "state_dir=/x\n" PINNED);

	(void)state;
	assert_identity(c, 0, "idevid", "/x/idevid.key", "/x/idevid.pem");
	config_free(c);
}

/* What devid-enroll reads in the same section is left to it. */
static void parse_onboarding_is_taken(void **state)
{
	struct config *c = parse(USER "owner_identity=a@ldevid.site\n" PINNED
				      "[enroll]\nregistrar=est.example:8443\n"
				      "hooks=/h\nlabel=cameras\n"
				      "est_trust=/r.pem\nproxy=http://p:1\n"
				      "key_type=p384\nprogram=/e\nuser=64002\n"
				      "[device]\nfirmware_version=1.2.3\n");

	(void)state;
	assert_true(c->onboard);
	assert_string_equal(c->owner_identity, "a@ldevid.site");
	assert_string_equal(c->registrar, "est.example:8443");
	assert_string_equal(c->onboard_hooks, "/h");
	assert_string_equal(c->enroll_program, "/e");
	assert_string_equal(c->enroll_user, "64002");
	assert_string_equal(c->firmware, "1.2.3");
	config_free(c);
}

/* Who says by hand what is shown, or says no. */
static void parse_onboarding_is_switched_off(void **state)
{
	static const char *const texts[] = {
		USER PINNED "[enroll]\nonboard=no\n",
		USER "identity=ldevid-0 idevid\n" PINNED,
		USER "identity=idevid\n" PINNED "[enroll]\nonboard=yes\n",
		USER "key=/k\n" PINNED,
		USER "cert=/c\n" PINNED,
	};

	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++) {
		struct config *c = parse(texts[i]);

		assert_false(c->onboard);
		config_free(c);
	}
}

/* What is refused, and what is said of it. */
static const struct {
	const char *text;
	const char *cause;
} bad[] = {
	{ USER "nonsense=1\n" PINNED, "agent.nonsense" },
	{ USER "ports=\n" PINNED, "agent.ports" },
	{ USER "ports=a/b\n" PINNED, "agent.ports" },
	{ USER "ports=sixteencharacter\n" PINNED, "agent.ports" },
	{ USER "ports=a b c d e f g h i j k l m n o p q\n" PINNED,
		"more than 16" },
	{ USER "run_dir=run\n" PINNED, "agent.run_dir" },
	{ USER "run_dir=/0123456789012345678901234567890123456789"
	       "0123456789012345678901234567890123456789\n" PINNED,
		"agent.run_dir" },
	{ "[agent]\nsupplicant_user=0\n" PINNED, "root" },
	{ "[agent]\nsupplicant_user=1:0\n" PINNED, "root" },
	{ "[agent]\nsupplicant_user=1:x\n" PINNED, "number" },
	{ "[agent]\nsupplicant_user=12345678901234567890\n" PINNED,
		"uid[:gid]" },
	{ "[agent]\nsupplicant_user=no-such-user-here\n" PINNED, "no user" },
	{ USER "clock_floor=tomorrow\n" PINNED, "YYYY-MM-DD" },
	{ USER "start_wait=0\n" PINNED, "agent.start_wait" },
	{ USER "auth_wait=301\n" PINNED, "agent.auth_wait" },
	{ USER "open_port=yes\n" PINNED, "neither refuse nor use" },
	{ USER "identity=\n" PINNED, "agent.identity" },
	{ USER "identity=,\n" PINNED, "no key named" },
	{ USER "ports=eth0\nidentity=idevid ldevid-9\n" PINNED,
		"t:4: agent.identity: 'ldevid-9': there is no key" },
	{ USER "identity=iak\n" PINNED, "'iak': iak keys do not sign" },
	{ USER "identity=eap-0 tls-0\n" PINNED,
		"'tls-0': tls keys do not sign for tls-client" },
	{ USER "identity=idevid ldevid-0 idevid-0\n" PINNED,
		"'idevid-0' stands there twice" },
	{ USER "identity=idevid\nkey=/k\n" PINNED,
		"t:4: agent.key: not beside identity" },
	{ USER "identity=idevid\ncert=/c\n" PINNED,
		"t:4: agent.cert: not beside identity" },
	{ USER "key=/k\nidentity=idevid\n" PINNED,
		"t:4: agent.identity: not beside key or cert" },
	{ USER "cert=/c\nidentity=idevid\n" PINNED,
		"t:4: agent.identity: not beside key or cert" },
	{ USER PINNED "tls_min=1.1\n", "eap.tls_min" },
	{ USER PINNED "tls_max=1.0\n", "eap.tls_max" },
	{ USER PINNED "tls_min=1.3\ntls_max=1.2\n",
		":7: eap.tls_max: below tls_min" },
	{ USER PINNED "tls_max=1.2\ntls_min=1.3\n", "above tls_max" },
	{ USER PINNED "identity=a b\n", "blank or a control" },
	{ USER PINNED "identity=a\x7f\n", "blank or a control" },
	{ USER PINNED "trust=all\n", "eap.trust" },
	{ USER PINNED "trust=first-use\n",
		"t:4: eap.ca: trust = first-use takes neither" },
	{ USER "[eap]\ntrust=first-use\n\nserver_name=n\n",
		"t:6: eap.server_name: trust = first-use takes neither" },
	{ USER "[eap]\nca=/c\n", "t:4: eap.ca: trust = pinned needs" },
	{ USER "[eap]\nca=/c\ntrust=pinned\n",
		"t:5: eap.trust: trust = pinned needs" },
	{ USER "[eap]\nca=/c\nserver_name=a; b\n",
		"t:5: eap.server_name: 'a;' is neither" },
	{ USER "[eap]\nca=/c\nserver_name=*.com\n", "too wide" },
	{ USER "[eap]\nca=/c\nserver_name=,\n", "no name" },
	{ USER "[eap]\nca=/c\n"
	       "server_name=a b c d e f g h i j k\n",
		"more than 10" },
	{ USER "[eap]\nserver_name=n\n",
		"t:4: eap.server_name: trust = pinned needs" },
	{ USER "[eap]\nca=/c\nserver_name=10.0.0.1\n",
		"t:5: eap.server_name: '10.0.0.1' is no DNS name" },
	{ USER, "t: eap.trust: trust = pinned needs" },
	{ USER PINNED "[enroll]\nonboard=maybe\n", "t:7: enroll.onboard" },
	{ USER PINNED "[enroll]\nregistrar=\n", "t:7: enroll.registrar" },
	{ USER PINNED "[enroll]\n\nhooks=h\n", "t:8: enroll.hooks" },
	{ USER PINNED "[enroll]\nlabels=x\n", "t:7: enroll.labels" },
	{ USER PINNED "[device]\nfirmware_version=1.x\n",
		"t:7: device.firmware_version: '1.x' is not numbers" },
	{ USER PINNED "[device]\nmodel=x\n", "t:7: device.model" },
	{ USER "owner_identity=a b\n" PINNED, "t:3: agent.owner_identity" },
};

static void parse_bad_setting_is_refused_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct config *c = NULL;

		assert_int_not_equal(
			config_parse("t", bad[i].text, &c, &err), DEVID_OK);
		assert_null(c);
		assert_cause(&err, bad[i].cause);
	}
}

/* What config_load() says of a pinned CA with @text; "" where it takes it. */
static void expect_ca(
	const struct tempdir *dir, const char *text, const char *cause)
{
	struct devid_error err = { DEVID_OK, "" };
	struct config *c = NULL;
	char conf[256];
	enum devid_err rc;

	tempdir_write(dir, "ca.pem", text, strlen(text), 0644);
	(void)snprintf(conf, sizeof(conf),
		USER "[eap]\nca=%s\nserver_name=radius.example\n",
		tempdir_file(dir, "ca.pem"));
	tempdir_write(dir, "devid.conf", conf, strlen(conf), 0644);
	rc = config_load(tempdir_file(dir, "devid.conf"), &c, &err);
	assert_int_equal(rc == DEVID_OK, cause[0] == '\0');
	assert_cause(&err, cause);
	config_free(c);
}

static void load_ca_that_is_something_else_is_refused(void **state)
{
	struct tempdir dir = tempdir_new();

	(void)state;
	expect_ca(&dir, "-----BEGIN CERTIFICATE-----\nMAA=\n", "");
	expect_ca(&dir, "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n",
		"devid.conf:4: eap.ca: ");
	expect_ca(&dir, "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n",
		"ca.pem: not a certificate: it is a PKCS#10 request in PEM");
	expect_ca(&dir, "", "ca.pem: not a certificate: it is empty");
	tempdir_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_defaults_are_those_of_the_manual),
		cmocka_unit_test(parse_every_setting_is_taken),
		cmocka_unit_test(parse_identities_are_taken_in_order),
		cmocka_unit_test(parse_first_use_needs_nothing_else),
		cmocka_unit_test(parse_state_dir_moves_key_and_cert),
		cmocka_unit_test(parse_onboarding_is_taken),
		cmocka_unit_test(parse_onboarding_is_switched_off),
		cmocka_unit_test(parse_bad_setting_is_refused_with_its_place),
		cmocka_unit_test(load_ca_that_is_something_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* What devid-enroll reads of devid.conf, and whom it asks. */
#include "cmocka-all.h"

#include <stdio.h>
#include <string.h>

#include "enroll-server.h"
#include "enroll-settings.h"
#include "wire.h"

static void parse_nothing_is_the_defaults(void **state)
{
	struct enroll_settings *s = NULL;

	(void)state;
	assert_rc(enroll_settings_parse("f", "", &s, NULL), DEVID_OK);
	assert_null(s->host);
	assert_null(s->label);
	assert_null(s->trust_file);
	assert_null(s->proxy);
	assert_int_equal(s->port, 443);
	assert_int_equal(s->key_type, KEY_ALG_P256);
	assert_string_equal(s->socket, WIRE_SOCKET_DEFAULT);
	assert_non_null(s->modules);
	enroll_settings_free(s);
}

static void parse_all_of_them(void **state)
{
	static const char text[] = "[keyd]\nsocket = /run/x.sock\ntcti = auto\n"
				   "[agent]\nprovider_dir = /lib/modules\n"
				   "ports = eth0\n[eap]\ntrust = first-use\n"
				   "[enroll]\nonboard = yes\n"
				   "registrar = est.site.example:8443\n"
				   "label = cam-1\nest_trust = /etc/root.pem\n"
				   "proxy = http://10.0.0.1:3128\n"
				   "key_type = rsa3072\nhooks = /etc/x\n";
	struct enroll_settings *s = NULL;

	(void)state;
	assert_rc(enroll_settings_parse("f", text, &s, NULL), DEVID_OK);
	assert_string_equal(s->host, "est.site.example");
	assert_int_equal(s->port, 8443);
	assert_string_equal(s->label, "cam-1");
	assert_string_equal(s->trust_file, "/etc/root.pem");
	assert_string_equal(s->proxy, "http://10.0.0.1:3128");
	assert_int_equal(s->key_type, KEY_ALG_RSA3072);
	assert_string_equal(s->socket, "/run/x.sock");
	assert_string_equal(s->modules, "/lib/modules");
	enroll_settings_free(s);
	assert_rc(enroll_settings_parse("f",
			  "[enroll]\nest_trust = radius\nproxy = none\n"
			  "registrar = 192.0.2.1\n",
			  &s, NULL),
		DEVID_OK);
	assert_null(s->trust_file);
	assert_null(s->proxy);
	assert_string_equal(s->host, "192.0.2.1");
	enroll_settings_free(s);
}

static void parse_each_wrong_value_is_refused(void **state)
{
	static const struct {
		const char *line, *cause;
	} wrong[] = {
		{ "registrar = a b", "is no host name" },
		{ "registrar = -a.example", "is no host name" },
		{ "registrar = a..example", "is no host name" },
		{ "registrar = user@a.example", "is no host name" },
		{ "registrar = a.example/x", "is no host name" },
		{ "registrar = a.example:0", "registrar" },
		{ "registrar = a.example:65536", "registrar" },
		{ "label = a/b", "is no part of a path" },
		{ "label = ..", "is no part of a path" },
		{ "label = a?b", "is no part of a path" },
		{ "est_trust = root.pem", "est_trust" },
		{ "proxy = socks5://a", "neither none nor" },
		{ "key_type = rsa4096", "none of" },
		{ "key_type = ed25519", "none of" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(wrong); i++) {
		struct enroll_settings *s = NULL;
		struct devid_error err = { DEVID_OK, "" };
		char text[128];

		(void)snprintf(text, sizeof(text), "[enroll]\n%s\n",
			wrong[i].line); /* fits */
		if (enroll_settings_parse("f", text, &s, &err) !=
			DEVID_ERR_INVALID)
			fail_msg("taken: %s", wrong[i].line);
		assert_cause(&err, "f:2: enroll.");
		assert_cause(&err, wrong[i].cause);
		assert_null(s);
	}
}

/* ---- whom to ask ---- */

static struct enroll_settings settings;
static struct enroll_call call;

static int setup(void **state)
{
	(void)state;
	settings = (struct enroll_settings) { .port = 443 };
	call = (struct enroll_call) { .settings = &settings,
		.anchors = { (const uint8_t *)"PEM", 3 },
		.domain = "site.example",
		.server_names = { "radius.site.example" },
		.n_server_names = 1 };
	return 0;
}

static void finds(enum enroll_class want, const char *text)
{
	char host[ENROLL_HOST_MAX + 1] = "";
	struct devid_error err = { DEVID_OK, "" };

	assert_int_equal(enroll_server_find(&call, host, &err), want);
	if (want == ENROLL_CLASS_NONE)
		assert_string_equal(host, text);
	else
		assert_cause(&err, text);
}

static void server_of_the_domain(void **state)
{
	(void)state;
	finds(ENROLL_CLASS_NONE, "devid-registrar.site.example");
	call.server_names[0] = "*.site.example";
	finds(ENROLL_CLASS_NONE, "devid-registrar.site.example");
	call.domain = "bad";
	finds(ENROLL_NO_REGISTRAR, "no domain to look for it in");
	call.domain = "a.example;x";
	finds(ENROLL_NO_REGISTRAR, "no domain to look for it in");
	call.domain = NULL;
	finds(ENROLL_NO_REGISTRAR, "DHCP gave no domain");
}

static void server_configured_goes_first(void **state)
{
	char host[] = "est.site.example";

	(void)state;
	settings.host = host;
	call.domain = NULL;
	finds(ENROLL_CLASS_NONE, host);
}

static void server_without_an_anchor(void **state)
{
	(void)state;
	call.anchors.len = 0;
	finds(ENROLL_NO_ANCHOR, "no anchor");
	call.anchors.len = 3;
	call.n_server_names = 0;
	finds(ENROLL_NO_ANCHOR, "no name of a RADIUS server");
	call.server_names[0] = "not a name";
	call.n_server_names = 1;
	finds(ENROLL_NO_ANCHOR, "no name of a RADIUS server");
}

static void server_of_another_domain(void **state)
{
	char address[] = "192.0.2.1", file[] = "/etc/root.pem";

	(void)state;
	call.domain = "evil.example";
	finds(ENROLL_EST_UNTRUSTED, "not of the RADIUS server's domain");
	call.domain = "site.example.evil.example";
	finds(ENROLL_EST_UNTRUSTED, "not of the RADIUS server's domain");
	settings.host = address;
	finds(ENROLL_EST_UNTRUSTED, "not of the RADIUS server's domain");
	/* a root that the owner named does not care */
	settings.trust_file = file;
	finds(ENROLL_CLASS_NONE, address);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_nothing_is_the_defaults),
		cmocka_unit_test(parse_all_of_them),
		cmocka_unit_test(parse_each_wrong_value_is_refused),
		cmocka_unit_test_setup(server_of_the_domain, setup),
		cmocka_unit_test_setup(server_configured_goes_first, setup),
		cmocka_unit_test_setup(server_without_an_anchor, setup),
		cmocka_unit_test_setup(server_of_another_domain, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

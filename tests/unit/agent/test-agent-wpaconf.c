/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <stdbool.h>
#include <stdio.h>

#include "wpaconf.h"

static const struct names radius = { 1, { "radius.example" } };

static const struct wpaconf_network base = {
	.identity = "anonymous@devid.invalid",
	.client_cert = "/s/idevid.pem",
	.private_key = "/s/idevid.key",
	.trust = WPACONF_TRUST_CA,
	.ca = "/etc/ca.pem",
	.names = &radius,
	.tls_min = WPACONF_TLS_1_2,
	.tls_max = WPACONF_TLS_1_3,
};

/* The setting called @name, decoded when it is hexadecimal. */
static void get(const struct wpaconf_network *net, const char *name,
	char out[WPACONF_COMMAND_MAX])
{
	char line[WPACONF_COMMAND_MAX];
	size_t len = strlen(name);

	for (size_t n = 0; wpaconf_setting(net, n, line); n++) {
		if (strncmp(line, name, len) == 0 && line[len] == ' ') {
			(void)strcpy(out, line + len + 1);
			return;
		}
	}
	fail_msg("no %s", name);
}

static void assert_hex(
	const struct wpaconf_network *net, const char *name, const char *want)
{
	char value[WPACONF_COMMAND_MAX], hex[WPACONF_COMMAND_MAX];

	get(net, name, value);
	assert_rc(wpaconf_hex(want, hex, sizeof(hex)), DEVID_OK);
	assert_string_equal(value, hex);
}

static void hex_any_byte_is_encoded(void **state)
{
	char out[64];

	(void)state;
	assert_rc(wpaconf_hex("a\n\"\\;\xff", out, sizeof(out)), DEVID_OK);
	assert_string_equal(out, "610a225c3bff");
	assert_rc(wpaconf_hex("", out, sizeof(out)), DEVID_OK);
	assert_string_equal(out, "");
	assert_rc(wpaconf_hex("abc", out, 6), DEVID_ERR_TOO_LARGE);
	assert_rc(wpaconf_hex("abc", out, 7), DEVID_OK);
}

static void phase1_never_allows_old_tls(void **state)
{
	static const struct {
		enum wpaconf_tls min, max;
		bool ignore;
		const char *want;
	} cases[] = {
		{ WPACONF_TLS_1_2, WPACONF_TLS_1_3, false,
			"tls_disable_tlsv1_0=1 tls_disable_tlsv1_1=1 "
			"tls_disable_tlsv1_2=0 tls_disable_tlsv1_3=0 "
			"tls_ext_cert_check=1" },
		{ WPACONF_TLS_1_2, WPACONF_TLS_1_2, false,
			"tls_disable_tlsv1_0=1 tls_disable_tlsv1_1=1 "
			"tls_disable_tlsv1_2=0 tls_disable_tlsv1_3=1 "
			"tls_ext_cert_check=1" },
		{ WPACONF_TLS_1_3, WPACONF_TLS_1_3, true,
			"tls_disable_tlsv1_0=1 tls_disable_tlsv1_1=1 "
			"tls_disable_tlsv1_2=1 tls_disable_tlsv1_3=0 "
			"tls_disable_time_checks=1 tls_ext_cert_check=1" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct wpaconf_network net = base;
		char out[256];

		net.tls_min = cases[i].min;
		net.tls_max = cases[i].max;
		net.ignore_time = cases[i].ignore;
		wpaconf_phase1(&net, out, sizeof(out));
		assert_string_equal(out, cases[i].want);
		assert_hex(&net, "phase1", cases[i].want);
	}
}

/* covers: RFC9190-2.1.8-identity */
static void setting_text_is_never_plain(void **state)
{
	struct wpaconf_network net = base;
	char line[WPACONF_COMMAND_MAX];

	(void)state;
	net.identity = "x\nopensc_engine_path=/evil";
	net.ca = "a\" b";
	for (size_t n = 0; wpaconf_setting(&net, n, line); n++) {
		assert_null(strchr(line, '\n'));
		assert_null(strchr(line, '"'));
		assert_null(strchr(line, '/'));
	}
	assert_hex(&net, "identity", net.identity);
	assert_hex(&net, "domain_match", "radius.example");
	assert_hex(&net, "ca_cert", net.ca);
	assert_hex(&net, "client_cert", base.client_cert);
	assert_hex(&net, "private_key", base.private_key);
}

static void setting_no_trust_clears_all(void **state)
{
	static const char *const names[] = { "ca_cert", "domain_match",
		"domain_suffix_match" };
	struct wpaconf_network net = base;
	char value[WPACONF_COMMAND_MAX];

	(void)state;
	net.trust = WPACONF_TRUST_NONE;
	net.names = NULL;
	for (size_t i = 0; i < N_OF(names); i++) {
		get(&net, names[i], value);
		assert_string_equal(value, "NULL");
	}
}

/* covers: RFC9190-2.2-server */
static void setting_names_are_whole_or_all_suffixes(void **state)
{
	static const struct names whole = { 2, { "r1.example", "r2.example" } };
	static const struct names wild = { 2,
		{ "r1.example", "*.site.example" } };
	struct wpaconf_network net = base;
	char value[WPACONF_COMMAND_MAX];

	(void)state;
	net.names = &whole;
	assert_hex(&net, "domain_match", "r1.example;r2.example");
	get(&net, "domain_suffix_match", value);
	assert_string_equal(value, "NULL");
	net.names = &wild;
	assert_hex(&net, "domain_suffix_match", "r1.example;site.example");
	get(&net, "domain_match", value);
	assert_string_equal(value, "NULL");
}

/* As many and as long ones as there can be. */
static void setting_longest_names_fit(void **state)
{
	char value[WPACONF_COMMAND_MAX];
	struct wpaconf_network net = base;
	struct names names;

	(void)state;
	memset(&names, 'a', sizeof(names));
	for (int i = 0; i < NAMES_MAX; i++)
		names.of[i][NAMES_LEN - 1] = '\0';
	names.n = NAMES_MAX;
	net.names = &names;
	get(&net, "domain_match", value);
	assert_int_equal(strlen(value), 2 * (NAMES_MAX * NAMES_LEN - 1));
}

/* covers: RFC5216-eap-tls */
static void setting_only_eap_tls_is_offered(void **state)
{
	char value[WPACONF_COMMAND_MAX];

	(void)state;
	get(&base, "eap", value);
	assert_string_equal(value, "TLS");
	get(&base, "key_mgmt", value);
	assert_string_equal(value, "IEEE8021X");
}

static void setting_value_too_long_fails_closed(void **state)
{
	struct wpaconf_network net = base;
	char value[WPACONF_COMMAND_MAX];
	static char big[4096];

	(void)state;
	memset(big, 'a', sizeof(big) - 1);
	net.ca = big;
	get(&net, "ca_cert", value);
	assert_string_equal(value, "");
}

static void openssl_file_has_floor_and_provider(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	char text[WPACONF_FILE_MAX];

	(void)state;
	assert_rc(wpaconf_openssl_file("/opt/m", text, &err), DEVID_OK);
	assert_non_null(strstr(text, "\nmodule = /opt/m/devid.so\n"));
	assert_non_null(strstr(text, "\ndevid = devid_module\n"));
	assert_non_null(strstr(text, "\nMinProtocol = TLSv1.2\n"));
	assert_non_null(strstr(text, "SECLEVEL=2"));
	assert_non_null(strstr(text, "\nGroups = P-256:"));
	assert_null(strstr(text, "default_properties"));
	assert_rc(wpaconf_openssl_file(NULL, text, &err), DEVID_OK);
	assert_null(strstr(text, "devid = devid_module"));
	assert_null(strstr(text, "module ="));
}

static void openssl_file_odd_path_is_refused(void **state)
{
	static const char *const paths[] = { "/a\nb", "/a$b", "/a#b", "/a b",
		"/a\"", "/a\\b" };
	char text[WPACONF_FILE_MAX];

	(void)state;
	for (size_t i = 0; i < N_OF(paths); i++) {
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(wpaconf_openssl_file(paths[i], text, &err),
			DEVID_ERR_INVALID);
		assert_cause(&err, "provider_dir");
	}
}

static void interface_file_saves_nothing(void **state)
{
	const char *text = wpaconf_interface_file();

	(void)state;
	assert_non_null(strstr(text, "\nupdate_config=0\n"));
	assert_non_null(strstr(text, "\nap_scan=0\n"));
	assert_non_null(strstr(text, "\nfast_reauth=1\n"));
	assert_null(strstr(text, "ctrl_interface"));
	assert_non_null(strstr(text, "SECLEVEL=2"));
}

/* The interface drops an EAPOL frame that is longer than its MTU. */
static void setting_fragment_fits_the_mtu(void **state)
{
	static const struct {
		unsigned mtu;
		const char *want;
	} cases[] = { { 0, "1266" }, { 9000, "1266" }, { 1500, "1266" },
		{ 1280, "1266" }, { 1279, "1265" }, { 1024, "1010" },
		{ 78, "64" }, { 77, "64" }, { 13, "64" } };
	char value[WPACONF_COMMAND_MAX];

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct wpaconf_network net = base;

		net.mtu = cases[i].mtu;
		get(&net, "fragment_size", value);
		assert_string_equal(value, cases[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_any_byte_is_encoded),
		cmocka_unit_test(phase1_never_allows_old_tls),
		cmocka_unit_test(setting_text_is_never_plain),
		cmocka_unit_test(setting_no_trust_clears_all),
		cmocka_unit_test(setting_names_are_whole_or_all_suffixes),
		cmocka_unit_test(setting_longest_names_fit),
		cmocka_unit_test(setting_only_eap_tls_is_offered),
		cmocka_unit_test(setting_value_too_long_fails_closed),
		cmocka_unit_test(openssl_file_has_floor_and_provider),
		cmocka_unit_test(openssl_file_odd_path_is_refused),
		cmocka_unit_test(interface_file_saves_nothing),
		cmocka_unit_test(setting_fragment_fits_the_mtu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

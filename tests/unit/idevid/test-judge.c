/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <jansson.h>

#include "judge.h"
#include "report.h"

/* The IDevID of one, and where others stand beside it. */
#define IDEVID                                                                 \
	"{'name': 'idevid', 'place': '0x81020000', 'present': true,"           \
	"'enabled': true, 'tls13': true, 'certificate': {'validity': 'ok'},"   \
	"'certificates': 2}"
#define BESIDE(key) "[" IDEVID ", " key "]"

/* A device that is well in every respect. */
static const char well[] =
	"{'time': '2026-01-31T12:00:00Z', 'config': {'state': 'ok'},"
	"'settings': {'ports': 'eth0', 'trust': 'pinned'},"
	"'tpm': {'path': '/dev/tpmrm0', 'state': 'ok', 'detail': 'crw'},"
	"'keystore': {'state': 'ok', 'detail': '', 'tries': null},"
	"'identities': [" IDEVID "],"
	"'files': [{'key': 'idevid', 'state': 'ok', 'detail': ''}],"
	"'folders': [{'path': '/var/lib/devid', 'state': 'ok'}],"
	"'agent_state': 'alive',"
	"'agent': {'pid': 7, 'keyd': true, 'supplicant': 8, 'clock': 'ok',"
	"  'onboarding': {'state': 'production', 'class': null,"
	"    'cause': 'why', 'active': 'ldevid-0', 'registrar': 'r.example',"
	"    'address': true, 'since': 'noon', 'next': null},"
	"  'ports': [{'port': 'eth0', 'carrier': true,"
	"    'state': 'authorized', 'class': 'NONE', 'reason': ''}]},"
	"'server_trust': {'path': '/ca.pem', 'state': 'ok'},"
	"'links': [{'name': 'eth0', 'exists': true, 'up': true,"
	"  'carrier': true, 'mtu': 1500, 'addresses': ['192.0.2.7']}]}";

static struct findings found;
static const struct finding *first;

static json_t *parse(const char *text)
{
	json_error_t error;
	char copy[4096];
	json_t *json;

	assert_true(strlen(text) < sizeof(copy));
	(void)strcpy(copy, text);
	for (char *p = copy; *p; p++) {
		if (*p == '\'')
			*p = '"';
	}
	json = json_loads(copy, JSON_DECODE_ANY, &error);
	if (!json)
		fail_msg("%s: %s", error.text, copy);
	return json;
}

/* The well device with the member of each @path, "a.b.0.c", set to what is
 * behind it; what that makes of it. NULL ends. */
static enum judge_word judge(const char *path, ...)
{
	json_t *facts = parse(well);
	enum judge_word word;
	va_list ap;

	va_start(ap, path);
	for (; path; path = va_arg(ap, const char *)) {
		json_t *value = parse(va_arg(ap, const char *));
		json_t *at = facts;
		char copy[64], *save = NULL, *name, *next;

		(void)strcpy(copy, path);
		name = strtok_r(copy, ".", &save);
		for (; (next = strtok_r(NULL, ".", &save)); name = next)
			at = json_is_array(at)
				     ? json_array_get(at, (size_t)atoi(name))
				     : json_object_get(at, name);
		assert_non_null(at);
		assert_rc(json_object_set_new(at, name, value), 0);
	}
	va_end(ap);
	judge_facts(facts, &found);
	word = judge_word(&found, &first);
	json_decref(facts);
	return word;
}

/* Exactly this one was found, with @evidence in what was seen. */
static void assert_only(const char *id, const char *evidence)
{
	for (size_t i = 0; i < found.n; i++) {
		if (strcmp(found.list[i].is->id, id) != 0)
			fail_msg("also: %s", found.list[i].is->id);
	}
	assert_int_equal(found.n, 1);
	if (!strstr(found.list[0].evidence, evidence))
		fail_msg("'%s' lacks '%s'", found.list[0].evidence, evidence);
}

/* One that its owner has not enabled yet, and an IAK whatever it is. */
static void judge_other_keys_that_may_be_so_are_well(void **state)
{
	(void)state;
	assert_int_equal(judge("identities",
				 BESIDE("{'name': 'ldevid-0', 'present': true, "
					"'enabled': false}"),
				 NULL),
		JUDGE_USABLE);
	assert_int_equal(judge("identities",
				 BESIDE("{'name': 'iak', 'present': false, "
					"'why': 'gone'}"),
				 NULL),
		JUDGE_USABLE);
	assert_int_equal(found.n, 0);
}

static void judge_well_device_is_usable(void **state)
{
	(void)state;
	assert_int_equal(judge(NULL), JUDGE_USABLE);
	assert_int_equal(found.n, 0);
	assert_null(first);
	for (int a = 0; a < COMPLAINT_N_AREAS; a++)
		assert_int_equal(
			judge_area(&found, (enum complaint_area)a), JUDGE_WELL);
}

/* One fact that is not well, and what is to come of it. */
struct row {
	const char *path, *value, *id, *evidence;
	enum judge_word word;
};

/* A file that devid.conf names in place of devid-keyd's. */
#define CHOSEN(state)                                                            \
	"[{'key': 'idevid', 'chosen': true, 'detail': '/k: x', 'state': '" state \
	"'}]"

static const struct row rows[] = {
	{ "agent.onboarding.class", "'NO_REGISTRAR'", "no-registrar",
		"NO_REGISTRAR: why; now production", JUDGE_USABLE },
	{ "agent.onboarding.class", "'EST_UNREACHABLE'", "no-registrar",
		"EST_UNREACHABLE", JUDGE_USABLE },
	{ "agent.onboarding.class", "'NO_ANCHOR'", "no-anchor", "why",
		JUDGE_DEGRADED },
	{ "agent.onboarding.class", "'EST_UNTRUSTED'", "est-untrusted", "why",
		JUDGE_DEGRADED },
	{ "agent.onboarding.class", "'EST_REFUSED'", "est-refused", "why",
		JUDGE_DEGRADED },
	{ "agent.onboarding.class", "'DOCUMENT'", "document-bad", "why",
		JUDGE_DEGRADED },
	{ "agent.onboarding.class", "'HOOK_FAILED'", "hook-failed", "why",
		JUDGE_DEGRADED },
	{ "agent.onboarding.class", "'FIRMWARE_TOO_LOW'", "firmware-too-low",
		"why", JUDGE_DEGRADED },
	{ "agent.onboarding.class", "'CANDIDATE_FAILED'", "candidate-failed",
		"why", JUDGE_DEGRADED },
	{ "agent.onboarding.class", "'LDEVID_REFUSED'", "ldevid-refused", "why",
		JUDGE_DEGRADED },
	{ "agent.onboarding.class", "'SERVER_CHANGED'", "server-changed", "why",
		JUDGE_DEGRADED },
	{ "agent.onboarding.class", "'EST_TIMEOUT'", "onboarding-failed",
		"EST_TIMEOUT: why", JUDGE_DEGRADED },
	{ "agent.onboarding.state", "'pending'", "pending",
		"r.example, asked again at another time", JUDGE_DEGRADED },
	{ "config", "{'state': 'wrong', 'detail': 'f:3: x'}", "settings-wrong",
		"f:3", JUDGE_UNUSABLE },
	{ "config", "{'state': 'unseen', 'detail': 'denied'}",
		"settings-unseen", "denied", JUDGE_UNSURE },
	{ "config", "{'state': 'unknown', 'detail': 'f:3: x'}",
		"settings-unknown", "f:3", JUDGE_DEGRADED },
	{ "config", "{'state': 'value', 'detail': 'f:3: x'}", "settings-value",
		"f:3", JUDGE_DEGRADED },
	{ "keystore.state", "'absent'", "tpm-absent", "/dev/tpmrm0: crw",
		JUDGE_UNUSABLE },
	{ "keystore.state", "'lockout'", "tpm-lockout", "", JUDGE_UNUSABLE },
	{ "keystore.state", "'failure'", "tpm-failure", "", JUDGE_UNUSABLE },
	{ "keystore.state", "'error'", "tpm-error", "", JUDGE_UNUSABLE },
	{ "keystore.tries", "{'left': 2, 'max': 3, 'few': true}",
		"tpm-few-tries", "2 of 3", JUDGE_DEGRADED },
	{ "keystore", "{'state': 'keyd-absent', 'detail': 'sock'}",
		"keyd-absent", "sock", JUDGE_UNUSABLE },
	{ "keystore", "{'state': 'keyd-other', 'detail': 'x'}", "keyd-other",
		"x", JUDGE_UNUSABLE },
	{ "keystore", "{'state': 'keyd-busy', 'detail': 'x'}", "keyd-busy", "x",
		JUDGE_UNSURE },
	{ "keystore", "{'state': 'unseen', 'detail': 'x'}", "keyd-unseen", "x",
		JUDGE_UNSURE },
	{ "identities", "[]", "key-none", "", JUDGE_UNUSABLE },
	{ "identities.0.present", "false", "key-lost", "0x81020000",
		JUDGE_UNUSABLE },
	{ "identities.0.why", "'derived at each start: no room'", "key-limited",
		"no room", JUDGE_DEGRADED },
	{ "identities",
		BESIDE("{'name': 'tls-1', 'algorithm': null, 'place': 'x', "
		       "'present': false, 'why': 'damaged'}"),
		"key-file", "damaged", JUDGE_DEGRADED },
	{ "keystore.erasure", "{'pending': true, 'why': 'no TPM'}",
		"erasure-pending", "no TPM", JUDGE_DEGRADED },
	{ "identities",
		BESIDE("{'name': 'tls-0', 'place': 'parent:0x81040000', "
		       "'present': false, 'why': 'erased'}"),
		"key-other", "parent:0x81040000: erased", JUDGE_DEGRADED },
	{ "identities",
		BESIDE("{'name': 'eap-1', 'place': '0x81040131', "
		       "'present': true, 'why': 'no room'}"),
		"key-other", "it serves, but: no room", JUDGE_DEGRADED },
	{ "identities.0.enabled", "false", "key-disabled", "idevid.disabled",
		JUDGE_UNUSABLE },
	{ "identities.0.tls13", "false", "key-no-tls13", "salt",
		JUDGE_DEGRADED },
	{ "identities.0.tls13", "null", "key-no-tls13", "not known yet",
		JUDGE_DEGRADED },
	{ "identities.0.certificates", "0", "cert-none", "", JUDGE_UNUSABLE },
	{ "identities.0.certificate",
		"{'validity': 'not yet', 'not_before': '2031'}", "cert-not-yet",
		"2031", JUDGE_DEGRADED },
	{ "identities.0.certificate",
		"{'validity': 'expired', 'not_after': '2001'}", "cert-expired",
		"2001", JUDGE_UNUSABLE },
	{ "files.0.state", "'missing'", "file-missing", "", JUDGE_UNUSABLE },
	{ "files.0.state", "'foreign'", "file-foreign", "", JUDGE_UNUSABLE },
	{ "files.0.state", "'damaged'", "file-damaged", "", JUDGE_UNUSABLE },
	{ "files.0.state", "'differs'", "file-differs", "", JUDGE_DEGRADED },
	{ "files.0.state", "'unseen'", "file-unseen", "", JUDGE_UNSURE },
	{ "files", CHOSEN("missing"), "agent-file", "/k: x", JUDGE_DEGRADED },
	{ "files", CHOSEN("foreign"), "agent-file", "/k: x", JUDGE_DEGRADED },
	{ "files", CHOSEN("damaged"), "agent-file", "/k: x", JUDGE_DEGRADED },
	{ "files", CHOSEN("differs"), "agent-file", "/k: x", JUDGE_DEGRADED },
	{ "folders.0.state", "'missing'", "folder-missing", "/var/lib/devid",
		JUDGE_UNUSABLE },
	{ "folders.0.state", "'full'", "folder-full", "", JUDGE_DEGRADED },
	{ "folders.0.state", "'read-only'", "folder-read-only", "",
		JUDGE_DEGRADED },
	{ "folders.0.state", "'unseen'", "folder-unseen", "", JUDGE_UNSURE },
	{ "agent.clock", "'before floor'", "clock-behind",
		"2026-01-31T12:00:00Z", JUDGE_DEGRADED },
	{ "agent_state", "'dead'", "agent-dead", "process 7", JUDGE_DEGRADED },
	{ "agent_state", "'absent'", "agent-absent", "ports = eth0",
		JUDGE_USABLE },
	{ "agent_state", "'damaged'", "agent-damaged", "", JUDGE_DEGRADED },
	{ "agent_state", "'unseen'", "agent-unseen", "", JUDGE_USABLE },
	{ "agent.keyd", "false", "agent-no-keyd", "agent.keyd_socket",
		JUDGE_DEGRADED },
	{ "agent.supplicant", "null", "supplicant-absent", "", JUDGE_DEGRADED },
	{ "links.0.carrier", "false", "port-no-carrier", "without carrier",
		JUDGE_DEGRADED },
	{ "links.0.mtu", "1023", "port-mtu", "1023", JUDGE_DEGRADED },
	{ "links.0.addresses", "[]", "no-address", "authorized",
		JUDGE_DEGRADED },
	{ "server_trust.state", "'damaged'", "trust-broken", "/ca.pem",
		JUDGE_DEGRADED },
	{ "server_trust.state", "'missing'", "trust-missing", "",
		JUDGE_DEGRADED },
	{ "server_trust.state", "'expired'", "trust-expired", "",
		JUDGE_DEGRADED },
	{ "server_trust.state", "'not yet'", "trust-expired", "",
		JUDGE_DEGRADED },
	{ "server_trust.state", "'unseen'", "trust-unseen", "", JUDGE_USABLE },
};

static void judge_each_fact_makes_its_complaint(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		if (judge(rows[i].path, rows[i].value, NULL) != rows[i].word)
			fail_msg("%s: %s", rows[i].id,
				judge_word_name(judge_word(&found, &first)));
		assert_only(rows[i].id, rows[i].evidence);
	}
}

static void judge_port_that_failed_says_why(void **state)
{
	static const char *const classes[][2] = {
		{ "NO_AUTHENTICATOR", "no-authenticator" },
		{ "KEY_UNAVAILABLE", "key-unavailable" },
		{ "SERVER_UNTRUSTED", "server-untrusted" },
		{ "CERT_REJECTED", "cert-rejected" },
		{ "AUTHZ_DENIED", "authz-denied" },
		{ "TLS_FAILED", "tls-failed" },
		{ "TIMEOUT", "timeout" },
		{ "NO_EAP_TLS", "no-eap-tls" },
		{ "OPEN_PORT", "open-port" },
		{ "OF_ANOTHER_YEAR", "port-failed" },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(classes); i++) {
		char value[64];

		(void)snprintf(value, sizeof(value), "'%s'", classes[i][0]);
		assert_int_equal(judge("agent.ports.0.state", "'backoff'",
					 "agent.ports.0.class", value,
					 "agent.ports.0.reason", "'so'", NULL),
			JUDGE_DEGRADED);
		assert_only(classes[i][1], "so; now backoff");
		assert_non_null(strstr(found.list[0].evidence, classes[i][0]));
		assert_string_equal(found.list[0].subject, "eth0");
	}
}

/* The reason of before is none of now. */
static void judge_failure_is_over_with_its_cable(void **state)
{
	(void)state;
	assert_int_equal(
		judge("agent.ports.0.state", "'down'", "agent.ports.0.carrier",
			"false", "agent.ports.0.class", "'TIMEOUT'", NULL),
		JUDGE_USABLE);
	assert_int_equal(
		judge("agent.ports.0.class", "'TIMEOUT'", NULL), JUDGE_USABLE);
	assert_int_equal(found.n, 0);
}

static void judge_missing_interface_is_named(void **state)
{
	(void)state;
	assert_int_equal(judge("links.0.exists", "false", "agent.ports", "[]",
				 "links.0.carrier", "true", NULL),
		JUDGE_DEGRADED);
	assert_only("port-missing", "the kernel does not");
}

static void judge_one_cable_is_enough(void **state)
{
	(void)state;
	assert_int_equal(
		judge("links",
			"[{'name': 'eth1', 'exists': true, 'carrier': false},"
			" {'name': 'eth0', 'exists': true, 'carrier': true,"
			"  'addresses': ['192.0.2.7']}]",
			NULL),
		JUDGE_USABLE);
	assert_int_equal(found.n, 0);
}

/* Without devid-keyd nobody knows of TPM and key; a TPM that is not there is
 * told all the same, and first. */
static void judge_causes_come_first(void **state)
{
	(void)state;
	assert_int_equal(
		judge("keystore", "{'state': 'keyd-absent', 'detail': 'x'}",
			"tpm.state", "'missing'", "identities", "[]",
			"files.0.state", "'missing'", "agent.ports.0.class",
			"'KEY_UNAVAILABLE'", "agent.ports.0.state", "'backoff'",
			NULL),
		JUDGE_UNUSABLE);
	assert_int_equal(found.n, 3);
	assert_string_equal(found.list[0].is->id, "tpm-missing");
	assert_string_equal(found.list[1].is->id, "keyd-absent");
	assert_string_equal(found.list[2].is->id, "key-unavailable");
	assert_ptr_equal(first, &found.list[0]);
	assert_int_equal(judge_area(&found, COMPLAINT_AREA_KEY), JUDGE_UNKNOWN);
	assert_int_equal(
		judge_area(&found, COMPLAINT_AREA_CERTIFICATE), JUDGE_UNKNOWN);
}

static void judge_folder_comes_before_its_files(void **state)
{
	(void)state;
	assert_int_equal(judge("files.0.state", "'missing'", "folders.0.state",
				 "'missing'", NULL),
		JUDGE_UNUSABLE);
	assert_int_equal(found.n, 2);
	assert_string_equal(found.list[0].is->id, "folder-missing");
	assert_string_equal(found.list[1].is->id, "file-missing");
}

/* What devid-keyd reaches is there, whatever the name of its device. */
static void judge_answering_tpm_is_not_missing(void **state)
{
	(void)state;
	assert_int_equal(judge("tpm.state", "'missing'", NULL), JUDGE_USABLE);
	assert_int_equal(found.n, 0);
	assert_int_equal(judge("tpm.state", "'missing'", "keystore.state",
				 "'absent'", NULL),
		JUDGE_UNUSABLE);
	assert_only("tpm-missing", "devid-keyd: ");
}

static void judge_without_agent_its_areas_are_not_used(void **state)
{
	(void)state;
	assert_int_equal(judge("agent_state", "'absent'", "settings.ports",
				 "null", NULL),
		JUDGE_USABLE);
	assert_int_equal(found.n, 0);
	assert_int_equal(judge_area(&found, COMPLAINT_AREA_PORT), JUDGE_UNUSED);
	assert_int_equal(judge_area(&found, COMPLAINT_AREA_KEY), JUDGE_WELL);
}

static void judge_device_that_does_not_onboard_has_no_such_area(void **state)
{
	(void)state;
	assert_int_equal(judge("agent.onboarding", "null", NULL), JUDGE_USABLE);
	assert_int_equal(found.n, 0);
	assert_int_equal(
		judge_area(&found, COMPLAINT_AREA_ONBOARDING), JUDGE_UNUSED);
}

static void judge_registrar_that_was_set_should_be_there(void **state)
{
	(void)state;
	assert_int_equal(
		judge("settings.registrar", "'r.example'",
			"agent.onboarding.class", "'EST_UNREACHABLE'", NULL),
		JUDGE_DEGRADED);
	assert_only("onboarding-failed", "EST_UNREACHABLE");
}

static void judge_address_that_nobody_noted_is_missed_for_a_registrar(
	void **state)
{
	static const char step[] = "agent.onboarding.state";
	static const char has[] = "agent.onboarding.address";

	(void)state;
	(void)judge(step, "'provisioning'", has, "false", NULL);
	assert_only("no-address", "no program of hooks.d");
	(void)judge(step, "'provisioning'", has, "true", NULL);
	assert_int_equal(found.n, 0);
	(void)judge(step, "'provisioning'", has, "false",
		"agent.onboarding.registrar", "null", NULL);
	assert_int_equal(found.n, 0);
	/* told once, of the port */
	(void)judge(step, "'provisioning'", has, "false", "links.0.addresses",
		"[]", NULL);
	assert_only("no-address", "authorized since");
}

static void judge_server_that_changed_is_told_once(void **state)
{
	(void)state;
	assert_int_equal(
		judge("agent.ports.0.state", "'backoff'", "agent.ports.0.class",
			"'SERVER_CHANGED'", "agent.onboarding.class",
			"'SERVER_CHANGED'", NULL),
		JUDGE_DEGRADED);
	assert_only("server-changed", "now backoff");
}

static void judge_expired_ldevid_is_found_while_it_is_active(void **state)
{
	static const char keys[] = BESIDE(
		"{'name': 'ldevid-0', 'present': true, 'enabled': true,"
		"'certificate': {'validity': 'expired', 'not_after': 'May'}}");

	(void)state;
	assert_int_equal(judge("identities", keys, NULL), JUDGE_DEGRADED);
	assert_only("ldevid-expired", "valid until May");
	assert_int_equal(judge("identities", keys, "agent.onboarding.active",
				 "'ldevid-1'", NULL),
		JUDGE_USABLE);
}

static void judge_known_bad_counts_before_unknown(void **state)
{
	(void)state;
	assert_int_equal(judge("files.0.state", "'unseen'",
				 "identities.0.enabled", "false", NULL),
		JUDGE_UNUSABLE);
	assert_string_equal(first->is->id, "key-disabled");
	assert_int_equal(
		judge("files.0.state", "'unseen'", "links.0.mtu", "600", NULL),
		JUDGE_UNSURE);
}

static void judge_first_use_remembers_nothing_yet(void **state)
{
	(void)state;
	assert_int_equal(judge("server_trust.state", "'missing'",
				 "settings.trust", "'first-use'", NULL),
		JUDGE_USABLE);
	assert_int_equal(found.n, 0);
}

/* An attacker's text must not move the cursor of who reads it. */
static void judge_evidence_has_no_control_characters(void **state)
{
	(void)state;
	(void)judge("keystore",
		"{'state': 'keyd-absent', 'detail': 'a\\u001b[2Jb\\nc'}", NULL);
	assert_only("keyd-absent", "a?[2Jb?c");
}

/* Cut in the middle of a character it would be no text for JSON. */
static void judge_evidence_that_is_cut_is_still_text(void **state)
{
	char detail[2 * JUDGE_EVIDENCE_MAX] = "";
	json_t *report;

	(void)state;
	for (size_t n = 0; n < JUDGE_EVIDENCE_MAX; n += 2)
		(void)strcat(detail, "\xc3\xa4");
	for (int odd = 0; odd < 2; odd++) {
		char value[2 * JUDGE_EVIDENCE_MAX + 64];

		(void)snprintf(value, sizeof(value),
			"{'state': 'keyd-absent', 'detail': '%s%s'}",
			odd ? "x" : "", detail);
		(void)judge("keystore", value, NULL);
		report = report_json(&found);
		assert_non_null(report);
		json_decref(report);
	}
}

static void judge_more_than_fits_is_cut(void **state)
{
	json_t *facts = parse("{}"), *files = json_array();

	(void)state;
	for (int i = 0; i < 2 * JUDGE_MAX; i++)
		assert_rc(
			json_array_append_new(files,
				parse("{'key': 'idevid', 'state': 'foreign'}")),
			0);
	assert_rc(json_object_set_new(facts, "files", files), 0);
	judge_facts(facts, &found);
	assert_int_equal(found.n, JUDGE_MAX);
	json_decref(facts);
}

static void judge_odd_facts_do_no_harm(void **state)
{
	static const char *const odd[] = { "{}", "[]", "7",
		"{'identities': {'x': 1}, 'files': 3, 'agent': [],"
		" 'agent_state': 'alive', 'links': [1, null, {}],"
		" 'keystore': 'ok'}",
		"{'agent_state': 'alive', 'agent': {'ports': [7, {}, null]}}" };

	(void)state;
	for (size_t i = 0; i < N_OF(odd); i++) {
		json_t *facts = parse(odd[i]);

		judge_facts(facts, &found);
		(void)judge_word(&found, &first);
		json_decref(facts);
	}
}

static void complaint_each_says_what_to_do(void **state)
{
	const struct complaint *c, *before = NULL;

	(void)state;
	for (size_t n = 0; (c = complaint_at(n)); n++, before = c) {
		assert_ptr_equal(complaint_find(c->id), c);
		assert_true(strlen(c->what) > 0 && strlen(c->cure) > 0);
		assert_true(!before || c->area >= before->area);
	}
	assert_null(complaint_find("none"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judge_other_keys_that_may_be_so_are_well),
		cmocka_unit_test(judge_well_device_is_usable),
		cmocka_unit_test(judge_each_fact_makes_its_complaint),
		cmocka_unit_test(judge_port_that_failed_says_why),
		cmocka_unit_test(judge_failure_is_over_with_its_cable),
		cmocka_unit_test(judge_missing_interface_is_named),
		cmocka_unit_test(judge_one_cable_is_enough),
		cmocka_unit_test(judge_causes_come_first),
		cmocka_unit_test(judge_folder_comes_before_its_files),
		cmocka_unit_test(judge_answering_tpm_is_not_missing),
		cmocka_unit_test(judge_without_agent_its_areas_are_not_used),
		cmocka_unit_test(
			judge_device_that_does_not_onboard_has_no_such_area),
		cmocka_unit_test(judge_registrar_that_was_set_should_be_there),
		cmocka_unit_test(
			judge_address_that_nobody_noted_is_missed_for_a_registrar),
		cmocka_unit_test(judge_server_that_changed_is_told_once),
		cmocka_unit_test(
			judge_expired_ldevid_is_found_while_it_is_active),
		cmocka_unit_test(judge_known_bad_counts_before_unknown),
		cmocka_unit_test(judge_first_use_remembers_nothing_yet),
		cmocka_unit_test(judge_evidence_has_no_control_characters),
		cmocka_unit_test(judge_evidence_that_is_cut_is_still_text),
		cmocka_unit_test(judge_more_than_fits_is_cut),
		cmocka_unit_test(judge_odd_facts_do_no_harm),
		cmocka_unit_test(complaint_each_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

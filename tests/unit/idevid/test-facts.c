/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor makes of the answers of a devid-keyd, of any kind. */
#include "cmocka-all.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certs.h"
#include "fact.h"
#include "facts-agent.h"
#include "facts.h"
#include "judge.h"
#include "places.h"
#include "tempdir.h"
#include "wire.h"

static struct tempdir dir;
static struct findings found;

static int setup(void **state)
{
	(void)state;
	dir = tempdir_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tempdir_remove(&dir);
	return 0;
}

/* Answers each connection with @answer, until it is killed. */
static pid_t serve(const char *path, struct view answer)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char in[WIRE_REQUEST_HEADER + 64];
	pid_t pid;

	assert_true(strlen(path) < sizeof(addr.sun_path));
	(void)strcpy(addr.sun_path, path);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 8), 0);
	pid = fork();
	while (pid == 0) {
		int peer = accept(fd, NULL, NULL);

		if (peer < 0 || recv(peer, in, sizeof(in), 0) < 0 ||
			send(peer, answer.data, answer.len, MSG_NOSIGNAL) < 0)
			_exit(1);
		(void)close(peer);
	}
	assert_true(pid > 0);
	(void)close(fd);
	return pid;
}

/* What is found when devid-keyd answers so. */
static json_t *facts_of(struct view answer)
{
	const char *socket = tempdir_file(&dir, "s");
	pid_t server = serve(socket, answer);
	struct places places;
	json_t *facts;
	int status;

	assert_int_equal(setenv("DEVID_KEYD_SOCKET", socket, 1), 0);
	tempdir_write(&dir, "conf", "", 0, 0644);
	assert_rc(places_load(tempdir_file(&dir, "conf"), &places, NULL),
		DEVID_OK);
	facts = facts_gather(&places);
	assert_non_null(facts);
	places_done(&places);
	assert_int_equal(kill(server, SIGKILL), 0);
	assert_int_equal(waitpid(server, &status, 0), server);
	assert_int_equal(unlink(socket), 0);
	judge_facts(facts, &found);
	return facts;
}

/* Its id is among them; the keystore's state is @state. */
static void assert_found(json_t *facts, const char *id, const char *state)
{
	bool there = false;

	for (size_t i = 0; i < found.n; i++)
		there = there || strcmp(found.list[i].is->id, id) == 0;
	if (!there)
		fail_msg("%s: not found", id);
	assert_string_equal(
		fact_text(json_object_get(facts, "keystore"), "state"), state);
	json_decref(facts);
}

static void assert_not_found(const char *id)
{
	for (size_t i = 0; i < found.n; i++)
		assert_string_not_equal(found.list[i].is->id, id);
}

/* An answer of the status with @code and @data. */
static struct view answer(
	enum devid_err code, struct view data, struct room *out)
{
	const struct wire_answer ans = { WIRE_STATUS, code, data.data,
		data.len };

	assert_rc(wire_encode_answer(&ans, out, NULL), DEVID_OK);
	return (struct view) { out->data, out->len };
}

static void answer_of_another_protocol_is_told(void **state)
{
	static const uint8_t other[] = "HTTP/1.1 400 Bad Request\r\n\r\n";

	(void)state;
	assert_found(facts_of((struct view) { other, sizeof(other) - 1 }),
		"keyd-other", "keyd-other");
}

static void answer_that_is_late_is_unknown(void **state)
{
	static const uint8_t text[] = "tpm: later";
	uint8_t buf[WIRE_ANSWER_MAX];
	struct room out = { buf, sizeof(buf), 0 };

	(void)state;
	assert_found(facts_of(answer(DEVID_ERR_TIMEOUT,
			     (struct view) { text, sizeof(text) - 1 }, &out)),
		"keyd-busy", "keyd-busy");
}

/* What is found of an RSA key of which this is known. */
static json_t *facts_of_rsa(enum wire_tls13 tls13, bool present)
{
	static struct wire_status status;
	uint8_t buf[WIRE_ANSWER_MAX], data[WIRE_CHAIN_MAX];
	struct room out = { buf, sizeof(buf), 0 };
	struct room in = { data, sizeof(data), 0 };
	struct wire_key *key = &status.keys[0];

	status.n_keys = 1;
	(void)strcpy(key->name, "idevid");
	(void)strcpy(key->place, "0x81020000");
	key->alg = KEY_ALG_RSA2048;
	key->present = present;
	key->enabled = 1;
	key->tls13 = tls13;
	assert_rc(wire_encode_status(&status, &in, NULL), DEVID_OK);
	return facts_of(
		answer(DEVID_OK, (struct view) { in.data, in.len }, &out));
}

/* The status has @want of it; null is no false. */
static void assert_tls13(json_t *facts, json_type want)
{
	const json_t *key =
		json_array_get(json_object_get(facts, "identities"), 0);

	assert_int_equal(json_typeof(json_object_get(key, "tls13")), want);
	json_decref(facts);
}

static void key_that_is_not_for_tls13_is_told(void **state)
{
	(void)state;
	assert_found(facts_of_rsa(WIRE_TLS13_NO, true), "key-no-tls13", "ok");
	assert_tls13(facts_of_rsa(WIRE_TLS13_NO, true), JSON_FALSE);
	assert_found(
		facts_of_rsa(WIRE_TLS13_UNKNOWN, true), "key-no-tls13", "ok");
	assert_tls13(facts_of_rsa(WIRE_TLS13_UNKNOWN, true), JSON_NULL);
	assert_tls13(facts_of_rsa(WIRE_TLS13_YES, true), JSON_TRUE);
	assert_not_found("key-no-tls13");
}

static void key_that_is_not_there_was_not_asked(void **state)
{
	(void)state;
	json_decref(facts_of_rsa(WIRE_TLS13_UNKNOWN, false));
	assert_not_found("key-no-tls13");
}

static const char *file_state(const json_t *facts, const char *path)
{
	const json_t *file;
	size_t i;

	json_array_foreach(json_object_get(facts, "files"), i, file)
	{
		if (fact_is(file, "path", path))
			return fact_text(file, "state");
	}
	return "not looked at";
}

/* devid.conf(5) lets wpa_supplicant have a private key of its own; nobody shall
 * be told to remove that. */
static void private_key_for_the_agent_is_its_owners(void **state)
{
	static const char key[] = "-----BEGIN EC PRIVATE KEY-----\n"
				  "MAMCAQE=\n"
				  "-----END EC PRIVATE KEY-----\n";
	static const char *const words[] = { "software", "damaged" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct places places = { 0 };
		json_t *facts;

		tempdir_write(&dir, "conf", "", 0, 0644);
		tempdir_write(
			&dir, "k", key + 3 * i, sizeof(key) - 1 - 3 * i, 0600);
		assert_rc(
			places_load(tempdir_file(&dir, "conf"), &places, NULL),
			DEVID_OK);
		places.key = strdup(tempdir_file(&dir, "k"));
		places.cert = strdup("/nonexistent");
		facts = facts_gather(&places);
		assert_string_equal(file_state(facts, places.key), words[i]);
		assert_string_equal(file_state(facts, "/nonexistent"),
			i ? "missing" : "not looked at");
		json_decref(facts);
		places_done(&places);
	}
}

/* wpa_supplicant takes it, and so does devid-agent. */
static void ca_in_der_is_judged_like_one_in_pem(void **state)
{
	struct certs_spec spec = certs_ca_spec("CA");
	struct certs_node ca = certs_sign(&spec, certs_key("P-256"), NULL);
	struct view der = { ca.der.data, ca.der.len };

	(void)state;
	assert_string_equal(facts_agent_judge_ca(der), "ok");
	der.len--;
	assert_string_equal(facts_agent_judge_ca(der), "damaged");
	certs_done(&ca);
}

/* As many keys as there can be, all with certificates: each has its place, and
 * what the answers hold of a chain is none. */
static void all_keys_there_can_be_are_taken(void **state)
{
	static struct wire_status status;
	uint8_t buf[WIRE_ANSWER_MAX], data[WIRE_ANSWER_DATA_MAX];
	struct room out = { buf, sizeof(buf), 0 };
	struct room in = { data, sizeof(data), 0 };
	json_t *facts, *last;

	(void)state;
	status.n_keys = N_KEYS;
	status.erasure.erased = 1;
	for (int i = 0; i < N_KEYS; i++) {
		struct wire_key *key = &status.keys[i];

		(void)strcpy(key->name, key_id_name((enum key_id)i));
		(void)strcpy(key->place, "0x81020000");
		key->alg = KEY_ALG_P256;
		key->certified = 1;
	}
	assert_rc(wire_encode_status(&status, &in, NULL), DEVID_OK);
	facts = facts_of(
		answer(DEVID_OK, (struct view) { in.data, in.len }, &out));
	last = json_object_get(facts, "identities");
	assert_int_equal(json_array_size(last), N_KEYS);
	last = json_array_get(last, N_KEYS - 1);
	assert_string_equal(fact_text(last, "name"), "tls-7");
	assert_string_equal(fact_text(last, "role"), "tls");
	assert_int_equal(fact_number(last, "number"), 7);
	assert_string_equal(fact_text(last, "suite"), "ECDSA P-256/SHA-256");
	assert_true(fact_false(
		json_object_get(json_object_get(facts, "keystore"), "erasure"),
		"complete"));
	json_decref(facts);
}

/* What its EK certificate asserts, and no more than that.
 * covers: OWN-facts-asserted */
static void what_is_asserted_is_told(void **state)
{
	static struct wire_status status;
	uint8_t buf[WIRE_ANSWER_MAX], data[WIRE_CHAIN_MAX];
	struct room out = { buf, sizeof(buf), 0 };
	struct room in = { data, sizeof(data), 0 };
	json_t *facts, *keystore, *asserted;

	(void)state;
	(void)strcpy(status.about.maker, "IFX");
	(void)strcpy(status.about.fips_version, "140-2");
	status.about.fips_level = 2;
	status.about.fips_mode = WIRE_YES;
	status.about.cc_eal = 4;
	status.about.cc_plus = 1;
	status.erasure = (struct wire_erasure) { .resets = 8,
		.erased_at = 7,
		.erased = 1,
		.where = WIRE_ERASED_HERE };
	assert_rc(wire_encode_status(&status, &in, NULL), DEVID_OK);
	facts = facts_of(
		answer(DEVID_OK, (struct view) { in.data, in.len }, &out));
	keystore = json_object_get(facts, "keystore");
	asserted = json_object_get(keystore, "asserted");
	assert_string_equal(fact_text(keystore, "manufacturer"), "IFX");
	assert_string_equal(fact_text(keystore, "fips_mode"), "yes");
	assert_string_equal(fact_text(asserted, "common_criteria"), "CC EAL4+");
	assert_string_equal(fact_text(asserted, "fips"), "FIPS 140-2 level 2");
	assert_true(
		fact_true(json_object_get(keystore, "erasure"), "complete"));
	json_decref(facts);
}

/* Of a keystore that was erased @resets ago, in what place. */
static void erasure_is(enum wire_erased_in where, uint32_t resets,
	bool complete, const char *text)
{
	static struct wire_status status;
	uint8_t buf[WIRE_ANSWER_MAX], data[WIRE_CHAIN_MAX];
	struct room out = { buf, sizeof(buf), 0 };
	struct room in = { data, sizeof(data), 0 };
	json_t *facts, *erasure;

	status.erasure = (struct wire_erasure) { .resets = 7 + resets,
		.erased_at = 7,
		.erased = 1,
		.where = (uint8_t)where };
	assert_rc(wire_encode_status(&status, &in, NULL), DEVID_OK);
	facts = facts_of(
		answer(DEVID_OK, (struct view) { in.data, in.len }, &out));
	erasure =
		json_object_get(json_object_get(facts, "keystore"), "erasure");
	assert_int_equal(fact_true(erasure, "complete"), complete);
	assert_int_equal(fact_false(erasure, "complete"), !complete);
	if (!strstr(fact_text(erasure, "text"), text))
		fail_msg("%s: not %s", fact_text(erasure, "text"), text);
	json_decref(facts);
}

/* covers: OWN-erase-proof */
static void erasure_is_judged_by_the_tpm_that_made_it(void **state)
{
	(void)state;
	erasure_is(WIRE_ERASED_HERE, 0, false, "from the next TPM reset");
	erasure_is(WIRE_ERASED_HERE, 1, true, "was reset since then");
	erasure_is(WIRE_ERASED_CLEARED, 0, true, "was cleared since then");
	erasure_is(WIRE_ERASED_ELSEWHERE, 1, false, "in another TPM");
	erasure_is(WIRE_ERASED_NOT_HERE, 1, false, "or this one was cleared");
	erasure_is(WIRE_ERASED_UNKNOWN, 1, false, "not known");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(answer_of_another_protocol_is_told),
		TEST(answer_that_is_late_is_unknown),
		TEST(key_that_is_not_for_tls13_is_told),
		TEST(all_keys_there_can_be_are_taken),
		TEST(what_is_asserted_is_told),
		TEST(erasure_is_judged_by_the_tpm_that_made_it),
		TEST(key_that_is_not_there_was_not_asked),
		TEST(private_key_for_the_agent_is_its_owners),
		TEST(ca_in_der_is_judged_like_one_in_pem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* How doctor looks at a machine: files, places, the way to the TPM. */
#include "cmocka-all.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fact.h"
#include "facts-agent.h"
#include "facts-host.h"
#include "look.h"
#include "places.h"
#include "tempdir.h"

static struct tempdir dir;

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

static void file_read_whole_or_told_why_not(void **state)
{
	const char *path = tempdir_file(&dir, "a");
	struct devid_error err = { DEVID_OK, "" };
	struct blob text = { NULL, 0 };

	(void)state;
	tempdir_write(&dir, "a", "hello", 5, 0666); /* whoever can write it */
	assert_int_equal(look_file(path, 5, &text, &err), LOOK_SEEN);
	assert_int_equal(text.len, 5);
	assert_string_equal((char *)text.data, "hello");
	blob_done(&text);
	assert_int_equal(look_file(path, 4, &text, &err), LOOK_WRONG);
	assert_cause(&err, "larger than 4 bytes");
	devid_error_clear(&err);
	assert_int_equal(look_file(tempdir_file(&dir, "b"), 5, &text, &err),
		LOOK_MISSING);
	assert_cause(&err, "No such file");
	devid_error_clear(&err);
	assert_int_equal(look_file(dir.path, 5, &text, &err), LOOK_WRONG);
	assert_cause(&err, "no regular file");
	assert_null(text.data);
}

static void fifo_is_not_waited_for(void **state)
{
	const char *path = tempdir_file(&dir, "fifo");
	struct blob text = { NULL, 0 };

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)alarm(5);
	assert_int_equal(look_file(path, 5, &text, NULL), LOOK_WRONG);
	(void)alarm(0);
}

static void node_shown_as_ls_has_it(void **state)
{
	char text[LOOK_TEXT_MAX];

	(void)state;
	assert_int_equal(look_node("/dev/null", text), LOOK_SEEN);
	assert_string_equal(text, "crw-rw-rw- root root");
	assert_int_equal(
		look_node(tempdir_file(&dir, "none"), text), LOOK_MISSING);
	assert_string_equal(text, "No such file or directory");
}

static void tcti_leads_to_a_file_or_nobody_knows(void **state)
{
	static const char *const rows[][2] = {
		{ "device:/dev/tpmrm0", "/dev/tpmrm0" },
		{ "swtpm:path=/run/t.sock", "/run/t.sock" },
		{ "swtpm:path=/run/t.sock,x=y", "/run/t.sock" },
		{ "swtpm:host=localhost,port=2321", "" },
		{ "device:", "" },
		{ "device", "" },
		{ "tabrmd:bus_name=x", "" },
		{ "swtpm:path=relative", "" },
		{ "", "" },
	};
	char path[FACTS_TPM_PATH_MAX];
	char longer[FACTS_TPM_PATH_MAX + 16];

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		facts_host_tpm_path(rows[i][0], path);
		assert_string_equal(path, rows[i][1]);
	}
	(void)snprintf(longer, sizeof(longer), "device:/%0*d",
		FACTS_TPM_PATH_MAX - 1, 0);
	facts_host_tpm_path(longer, path);
	assert_string_equal(path, "");
}

static void places_have_the_programs_defaults(void **state)
{
	const char *conf = tempdir_file(&dir, "none.conf");
	struct places p;

	(void)state;
	assert_rc(places_load(conf, &p, NULL), DEVID_OK);
	assert_int_equal(p.read, DEVID_ERR_NOT_FOUND);
	assert_false(p.unseen);
	assert_string_equal(p.tcti, "auto");
	assert_string_equal(p.state_dir, "/var/lib/devid");
	assert_null(p.ports);
	places_done(&p);
}

static void places_of_a_wrong_file_are_usable(void **state)
{
	static const char text[] = "[keyd]\nstate_dir = /a\nsocket = b\n";
	const char *conf = tempdir_file(&dir, "devid.conf");
	struct places p;

	(void)state;
	tempdir_write(&dir, "devid.conf", text, sizeof(text) - 1, 0644);
	assert_rc(places_load(conf, &p, NULL), DEVID_OK);
	assert_int_equal(p.read, DEVID_ERR_INVALID);
	assert_non_null(strstr(p.read_text, "devid.conf:3: keyd.socket"));
	assert_non_null(p.socket);
	assert_non_null(p.run_dir);
	places_done(&p);
}

static void trust_read_or_nothing_of_it(void **state)
{
	static const char good[] =
		"{\"server_sha256\": \"00112233445566778899aabbccddeeff0011223"
		"3445566778899aabbccddeeff\", \"server_name\": \"r.example\"}";
	static const char *const bad[] = { "", "7", "[]", "{}",
		"{\"server_sha256\": 7}", "{\"server_sha256\": \"00\"}" };
	json_t *known = facts_agent_read_trust(
		(struct view) { (const uint8_t *)good, sizeof(good) - 1 });

	(void)state;
	assert_string_equal(
		json_string_value(json_object_get(known, "server_name")),
		"r.example");
	assert_true(json_is_null(json_object_get(known, "ca_sha256")));
	json_decref(known);
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_null(facts_agent_read_trust((struct view) {
			(const uint8_t *)bad[i], strlen(bad[i]) }));
}

/* What a file of the agent's may hold, and a path of devid.conf. */
static void text_of_others_becomes_one_line(void **state)
{
	json_t *json =
		json_loads("{\"a\": [\"x\\u001b[2J\", {\"b\": \"\\u00e4\"}],"
			   " \"n\": 7}",
			0, NULL);
	json_t *latin = fact_new("/caf\xe9/\n");
	json_t *control = fact_new("\xc2\x9b[2J\xc2\xa0");
	char *text;

	(void)state;
	fact_tame_all(json);
	text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(
		text, "{\"a\":[\"x?[2J\",{\"b\":\"\xc3\xa4\"}],\"n\":7}");
	assert_string_equal(json_string_value(latin), "/caf?/?");
	assert_string_equal(json_string_value(control), "??[2J\xc2\xa0");
	json_decref(control);
	free(text);
	json_decref(latin);
	json_decref(json);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(file_read_whole_or_told_why_not),
		TEST(fifo_is_not_waited_for),
		TEST(node_shown_as_ls_has_it),
		TEST(tcti_leads_to_a_file_or_nobody_knows),
		TEST(places_have_the_programs_defaults),
		TEST(places_of_a_wrong_file_are_usable),
		TEST(trust_read_or_nothing_of_it),
		TEST(text_of_others_becomes_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

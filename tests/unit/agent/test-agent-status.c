/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <jansson.h>
#include <stdio.h>
#include <unistd.h>

#include "status.h"
#include "tempdir.h"

static struct tempdir dir;
static struct port port;
static struct trust trust;
static struct identities identities;

static int setup(void **state)
{
	struct attach a;

	(void)state;
	dir = tempdir_new();
	memset(&trust, 0, sizeof(trust));
	assert_rc(identities_add(&identities, "ldevid-0", NULL), DEVID_OK);
	assert_rc(identities_add(&identities, "idevid", NULL), DEVID_OK);
	assert_rc(identities_add(&identities, "eap-0", NULL), DEVID_OK);
	port_init(&port, "eth0", NULL, NULL);
	attach_begin(&a, 1000, 1769817600);
	a.start_ms = 0;
	a.eap_ms = 3;
	a.end = ATTACH_END_FAILURE;
	a.class = ATTACH_CLASS_CERT_REJECTED;
	a.done_ms = 9;
	(void)strcpy(a.reason, "server rejected our certificate: unknown CA");
	(void)strcpy(a.key, "ldevid-0");
	port_add_history(&port, &a);
	a.end = ATTACH_END_SUCCESS;
	a.class = ATTACH_CLASS_NONE;
	a.reason[0] = '\0';
	(void)strcpy(a.key, "idevid");
	a.server_ms = 7;
	a.has_server = true;
	memset(a.server, 0xab, sizeof(a.server));
	(void)strcpy(a.server_name, "radius.example");
	(void)strcpy(a.tls_version, "TLSv1.3");
	a.resumed = true;
	port_add_history(&port, &a);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	identities_done(&identities);
	tempdir_remove(&dir);
	return 0;
}

static json_t *write_and_read(const struct status *st)
{
	const char *path = tempdir_file(&dir, "agent.json");
	struct devid_error err = { DEVID_OK, "" };
	json_t *root;

	if (status_write(path, st, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	root = json_load_file(path, 0, NULL);
	assert_non_null(root);
	/* nothing temporary is left */
	assert_int_equal(tempdir_count(&dir), 1);
	return root;
}

static const char *text(json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	if (!s)
		fail_msg("%s is no string", name);
	return s;
}

static void write_open_port_shows_its_server(void **state)
{
	const struct port *ports[] = { &port };
	struct status st = { 42, true, true, false, &trust, &identities, ports,
		1, NULL };
	json_t *root, *p, *h;

	(void)state;
	port.state = PORT_STATE_AUTHORIZED;
	port.carrier = true;
	port.admitted = true;
	root = write_and_read(&st);
	assert_int_equal(
		json_integer_value(json_object_get(root, "pid")), getpid());
	assert_int_equal(
		json_integer_value(json_object_get(root, "supplicant")), 42);
	assert_true(json_is_true(json_object_get(root, "keyd")));
	assert_string_equal(text(root, "clock"), "ok");
	assert_string_equal(text(root, "trust"), "pinned");
	p = json_array_get(json_object_get(root, "ports"), 0);
	assert_string_equal(text(p, "port"), "eth0");
	assert_string_equal(text(p, "state"), "authorized");
	assert_string_equal(text(p, "class"), "NONE");
	assert_true(json_is_null(json_object_get(p, "key")));
	assert_string_equal(text(p, "server_name"), "radius.example");
	assert_string_equal(text(p, "tls_version"), "TLSv1.3");
	assert_true(json_is_true(json_object_get(p, "resumed")));
	assert_true(json_is_null(json_object_get(p, "next_retry")));
	h = json_object_get(p, "history");
	assert_int_equal(json_array_size(h), 2);
	h = json_array_get(h, 0);
	assert_string_equal(text(h, "start"), "2026-01-31T00:00:00Z");
	assert_string_equal(text(h, "verdict"), "success");
	assert_string_equal(text(h, "key"), "idevid");
	assert_int_equal(
		json_integer_value(json_object_get(h, "success_ms")), 9);
	h = json_array_get(json_object_get(p, "history"), 1);
	assert_string_equal(text(h, "class"), "CERT_REJECTED");
	assert_string_equal(text(h, "key"), "ldevid-0");
	assert_true(json_is_null(json_object_get(h, "success_ms")));
	assert_true(json_is_null(json_object_get(h, "server_verified_ms")));
	json_decref(root);
}

/* One was refused, one is in use, one has not had its turn. */
static void write_port_tells_who_was_passed_over(void **state)
{
	const struct port *ports[] = { &port };
	struct status st = { 0, true, true, false, &trust, &identities, ports,
		1, NULL };
	json_t *root, *p, *passed;

	(void)state;
	port.state = PORT_STATE_AUTHORIZED;
	(void)strcpy(port.key, "idevid");
	port.choice.passed[0].class = ATTACH_CLASS_CERT_REJECTED;
	(void)strcpy(port.choice.passed[0].reason, "unknown CA");
	port.choice.passed[1].class = ATTACH_CLASS_AUTHZ_DENIED;
	root = write_and_read(&st);
	p = json_array_get(json_object_get(root, "ports"), 0);
	assert_string_equal(text(p, "key"), "idevid");
	passed = json_object_get(p, "passed_over");
	assert_int_equal(json_array_size(passed), 1);
	p = json_array_get(passed, 0);
	assert_string_equal(text(p, "key"), "ldevid-0");
	assert_string_equal(text(p, "class"), "CERT_REJECTED");
	assert_string_equal(text(p, "reason"), "unknown CA");
	json_decref(root);
}

static void write_shut_port_shows_no_server(void **state)
{
	const struct port *ports[] = { &port };
	struct status st = { 0, false, false, true, &trust, &identities, ports,
		1, NULL };
	json_t *root, *p;

	(void)state;
	port.state = PORT_STATE_BACKOFF;
	port.class = ATTACH_CLASS_SERVER_UNTRUSTED;
	trust.pinned = true;
	root = write_and_read(&st);
	assert_true(json_is_null(json_object_get(root, "supplicant")));
	assert_string_equal(text(root, "clock"), "before floor");
	assert_string_equal(text(root, "trust"), "remembered");
	p = json_array_get(json_object_get(root, "ports"), 0);
	assert_true(json_is_null(json_object_get(p, "server")));
	assert_string_equal(text(p, "class"), "SERVER_UNTRUSTED");
	assert_true(json_is_false(json_object_get(p, "open")));
	json_decref(root);
}

static void write_port_that_let_us_in_is_open(void **state)
{
	const struct port *ports[] = { &port };
	struct status st = { 0, true, true, true, &trust, &identities, ports, 1,
		NULL };
	json_t *root, *p;

	(void)state;
	port.state = PORT_STATE_AUTHORIZED;
	port.class = ATTACH_CLASS_OPEN_PORT;
	port.let_in = true;
	root = write_and_read(&st);
	p = json_array_get(json_object_get(root, "ports"), 0);
	assert_string_equal(text(p, "class"), "OPEN_PORT");
	assert_true(json_is_true(json_object_get(p, "open")));
	json_decref(root);
}

/* Its attaches are in the history still. */
static void write_gone_port_is_left_out(void **state)
{
	static struct port other;
	const struct port *ports[] = { &port, &other };
	struct status st = { 42, true, true, false, &trust, &identities, ports,
		2, NULL };
	json_t *root, *list;

	(void)state;
	port_init(&other, "eth1", NULL, NULL);
	other.state = PORT_STATE_DOWN;
	port.state = PORT_STATE_ABSENT;
	root = write_and_read(&st);
	list = json_object_get(root, "ports");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(text(json_array_get(list, 0), "port"), "eth1");
	json_decref(root);
}

static void write_trust_says_what_survives(void **state)
{
	struct status st = { 0, true, true, true, &trust, &identities, NULL, 0,
		NULL };
	json_t *root = write_and_read(&st);

	(void)state;
	assert_true(json_is_null(json_object_get(root, "survives")));
	assert_true(json_is_null(json_object_get(root, "remembered_issuer")));
	json_decref(root);
	trust.pinned = true;
	(void)strcpy(trust.name, "r1.site.example");
	root = write_and_read(&st);
	assert_string_equal(text(root, "survives"),
		"this certificate alone, because the server does not send its "
		"issuer");
	json_decref(root);
	trust.has_ca = true;
	memset(trust.ca, 0xcd, sizeof(trust.ca));
	root = write_and_read(&st);
	assert_non_null(strstr(text(root, "survives"), "*.site.example"));
	assert_int_equal(strlen(text(root, "remembered_issuer")), 64);
	assert_int_equal(text(root, "remembered_issuer")[0], 'c');
	json_decref(root);
	/* pinned by settings: nothing of it counts */
	st.first_use = false;
	root = write_and_read(&st);
	assert_true(json_is_null(json_object_get(root, "survives")));
	json_decref(root);
}

static void write_trust_has_four_words(void **state)
{
	struct status st = { 0, false, true, true, &trust, &identities, NULL, 0,
		NULL };
	json_t *root = write_and_read(&st);

	(void)state;
	assert_string_equal(text(root, "trust"), "first-use");
	json_decref(root);
	trust.broken = true;
	root = write_and_read(&st);
	assert_string_equal(text(root, "trust"), "broken");
	json_decref(root);
}

static void write_no_folder_is_an_error(void **state)
{
	struct status st = { 0, false, true, false, &trust, &identities, NULL,
		0, NULL };
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_rc(status_write("/nonexistent/x/agent.json", &st, &err),
		DEVID_ERR_IO);
	assert_cause(&err, "agent.json");
}

static struct port loaded;

static void add(void *user, const char *name, const struct attach *a)
{
	(void)user;
	assert_string_equal(name, "eth0");
	port_add_history(&loaded, a);
}

static void history_survives_a_restart(void **state)
{
	const char *path = tempdir_file(&dir, "history.json");
	const struct port *ports[] = { &port };
	struct devid_error err = { DEVID_OK, "" };
	const struct attach *a;

	(void)state;
	assert_rc(status_store_history(path, ports, 1, &err), DEVID_OK);
	port_init(&loaded, "eth0", NULL, NULL);
	assert_rc(status_load_history(path, add, NULL, &err), DEVID_OK);
	a = port_history(&loaded, 0);
	assert_non_null(a);
	assert_int_equal(a->start, 1769817600);
	assert_int_equal(a->end, ATTACH_END_SUCCESS);
	assert_int_equal(a->done_ms, 9);
	assert_true(a->has_server);
	assert_int_equal(a->server[31], 0xab);
	assert_string_equal(a->key, "idevid");
	assert_true(a->resumed);
	a = port_history(&loaded, 1);
	assert_int_equal(a->class, ATTACH_CLASS_CERT_REJECTED);
	assert_int_equal(a->server_ms, -1);
	assert_non_null(strstr(a->reason, "unknown CA"));
	assert_null(port_history(&loaded, 2));
}

static void history_odd_records_do_no_harm(void **state)
{
	static const char json[] =
		"[1, {}, {\"port\": \"\"}, {\"port\": \"sixteencharacter\"},"
		" {\"port\": \"eth0\", \"done_ms\": -5, \"server\": \"zz\","
		" \"verdict\": 7, \"class\": \"?\", \"eap_started_ms\": 1e9}]";
	struct devid_error err = { DEVID_OK, "" };
	const struct attach *a;

	(void)state;
	tempdir_write(&dir, "h.json", json, sizeof(json) - 1, 0644);
	port_init(&loaded, "eth0", NULL, NULL);
	assert_rc(status_load_history(
			  tempdir_file(&dir, "h.json"), add, NULL, &err),
		DEVID_OK);
	a = port_history(&loaded, 0);
	assert_int_equal(a->done_ms, -1);
	assert_false(a->has_server);
	assert_int_equal(a->class, ATTACH_CLASS_NONE);
	assert_null(port_history(&loaded, 1));
}

static void history_no_array_is_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	tempdir_write(&dir, "h.json", "{}", 2, 0644);
	assert_rc(status_load_history(
			  tempdir_file(&dir, "h.json"), add, NULL, &err),
		DEVID_ERR_SYNTAX);
	assert_rc(status_load_history(
			  tempdir_file(&dir, "none"), add, NULL, NULL),
		DEVID_ERR_NOT_FOUND);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(write_open_port_shows_its_server),
		TEST(write_port_tells_who_was_passed_over),
		TEST(write_shut_port_shows_no_server),
		TEST(write_gone_port_is_left_out),
		TEST(write_port_that_let_us_in_is_open),
		TEST(write_trust_says_what_survives),
		TEST(write_trust_has_four_words),
		TEST(write_no_folder_is_an_error),
		TEST(history_survives_a_restart),
		TEST(history_odd_records_do_no_harm),
		TEST(history_no_array_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

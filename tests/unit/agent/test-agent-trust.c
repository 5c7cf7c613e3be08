/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <stdbool.h>
#include <stdio.h>

#include "files.h"
#include "cleanup.h"
#include "tempdir.h"
#include "trust.h"

static struct event cert(int depth, uint8_t fill, const char *der)
{
	struct event ev = { .type = EVENT_PEER_CERT, .depth = depth };

	if (der) {
		ev.cert_hex = der;
		ev.cert_hex_len = strlen(der);
		return ev;
	}
	ev.has_hash = true;
	memset(ev.hash, fill, sizeof(ev.hash));
	return ev;
}

/* A server with certificate @leaf, name @name and, if not 0, issuer @ca. */
static struct trust_candidate server(uint8_t leaf, const char *name, uint8_t ca)
{
	struct trust_candidate s = { 0 };
	struct event ev;

	if (ca) {
		ev = cert(1, ca, NULL);
		trust_note(&s, &ev, true);
		ev = cert(1, 0, "3003020101");
		trust_note(&s, &ev, true);
	}
	ev = cert(0, leaf, NULL);
	trust_note(&s, &ev, true);
	ev = (struct event) { .type = EVENT_PEER_NAME };
	(void)snprintf(ev.text, sizeof(ev.text), "%s", name);
	trust_note(&s, &ev, true);
	return s;
}

static struct tempdir dir;
static struct trust trust;

static int setup(void **state)
{
	(void)state;
	dir = tempdir_new();
	return trust_load(&trust, tempdir_file(&dir, "trust.json"), NULL);
}

static int teardown(void **state)
{
	(void)state;
	trust_done(&trust);
	tempdir_remove(&dir);
	return 0;
}

static void remember(struct trust_candidate s)
{
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(trust_remember(&trust, &s, 1000, &err), DEVID_OK);
	trust_candidate_clear(&s);
}

static bool allows(struct trust_candidate s, bool verified)
{
	bool ok = trust_allows(&trust, &s, verified);

	trust_candidate_clear(&s);
	return ok;
}

static void reload(void)
{
	trust_done(&trust);
	assert_rc(trust_load(&trust, tempdir_file(&dir, "trust.json"), NULL),
		DEVID_OK);
}

static void allows_first_server_with_certificate(void **state)
{
	struct trust_candidate none = { 0 };

	(void)state;
	assert_true(allows(server(1, "a", 2), false));
	assert_false(trust_allows(&trust, &none, false));
	assert_false(trust_allows(&trust, &none, true));
	/* to ask is not to remember */
	assert_false(trust.pinned);
	assert_int_equal(tempdir_count(&dir), 0);
}

static void remembered_leaf_is_the_only_one_without_verification(void **state)
{
	(void)state;
	remember(server(1, "a", 2));
	for (int i = 0; i < 2; i++) {
		assert_true(allows(server(1, "a", 2), false));
		assert_true(allows(server(1, "other", 9), false));
		assert_false(allows(server(3, "a", 2), false));
		assert_true(allows(server(3, "a", 2), true));
		reload();
	}
	assert_string_equal(trust.name, "a");
	assert_int_equal(trust.der_len, 5);
	assert_int_equal(trust.since, 1000);
}

static void remembered_without_issuer_or_name_is_leaf_only(void **state)
{
	(void)state;
	remember(server(1, "a", 0));
	assert_false(trust.has_ca);
	assert_false(allows(server(3, "a", 0), true));
	reload();
	assert_false(trust.has_ca);
	assert_true(allows(server(1, "", 0), false));
	assert_false(allows(server(3, "a", 0), true));
}

static void remembered_without_name_is_leaf_only(void **state)
{
	(void)state;
	remember(server(1, "", 2));
	assert_false(trust.has_ca);
}

static void remember_second_server_is_refused(void **state)
{
	struct trust_candidate s = server(3, "b", 4);
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	remember(server(1, "a", 2));
	assert_rc(trust_remember(&trust, &s, 1, &err), DEVID_ERR_STATE);
	assert_int_equal(trust.leaf[0], 1);
	trust_candidate_clear(&s);
}

static void remember_nothing_is_refused(void **state)
{
	struct trust_candidate s = { 0 };
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_rc(trust_remember(&trust, &s, 1, &err), DEVID_ERR_STATE);
	assert_false(trust.pinned);
}

static void load_damaged_store_allows_nobody(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{}",
		"{\"server_sha256\": 1}", "{\"server_sha256\": \"00\"}",
		"{\"server_sha256\": \""
		"0101010101010101010101010101010101010101010101010101010101010"
		"101\", \"ca\": \"zz\", \"server_name\": \"a\"}",
		"{\"server_sha256\": \""
		"0101010101010101010101010101010101010101010101010101010101010"
		"101\", \"ca\": \"3000\"}" };

	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++) {
		struct devid_error err = { DEVID_OK, "" };

		trust_done(&trust);
		tempdir_write(
			&dir, "trust.json", texts[i], strlen(texts[i]), 0644);
		assert_int_not_equal(
			trust_load(
				&trust, tempdir_file(&dir, "trust.json"), &err),
			DEVID_OK);
		assert_true(trust.broken);
		assert_false(allows(server(1, "a", 2), false));
		assert_false(allows(server(1, "a", 2), true));
	}
}

static void load_store_others_can_write_allows_nobody(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	trust_done(&trust);
	tempdir_write(&dir, "trust.json", "{}", 2, 0666);
	assert_rc(trust_load(&trust, tempdir_file(&dir, "trust.json"), &err),
		DEVID_ERR_DENIED);
	assert_false(allows(server(1, "a", 2), false));
}

static void note_new_eap_forgets_the_old_server(void **state)
{
	struct trust_candidate s = server(1, "a", 2);
	struct event ev = { .type = EVENT_EAP_STARTED };

	(void)state;
	trust_note(&s, &ev, true);
	assert_false(s.has_leaf);
	assert_false(s.has_issuer);
	assert_null(s.der);
	assert_string_equal(s.name, "");
}

static void note_topmost_certificate_is_the_issuer(void **state)
{
	struct trust_candidate s = { 0 };
	struct event ev;

	(void)state;
	ev = cert(2, 7, NULL);
	trust_note(&s, &ev, true);
	ev = cert(2, 0, "3000");
	trust_note(&s, &ev, true);
	ev = cert(1, 8, NULL);
	trust_note(&s, &ev, true);
	ev = cert(1, 0, "3003020101");
	trust_note(&s, &ev, true);
	assert_int_equal(s.issuer[0], 7);
	assert_int_equal(s.der_len, 2);
	/* bytes of another depth than the hash never join it */
	ev = cert(3, 9, NULL);
	trust_note(&s, &ev, true);
	assert_null(s.der);
	trust_candidate_clear(&s);
}

static void note_name_only_of_the_server_itself(void **state)
{
	struct trust_candidate s = { 0 };
	struct event ev = {
		.type = EVENT_PEER_NAME, .depth = 1, .text = "ca.example"
	};

	(void)state;
	trust_note(&s, &ev, true);
	assert_string_equal(s.name, "");
	ev.depth = 0;
	trust_note(&s, &ev, true);
	(void)strcpy(ev.text, "second.example");
	trust_note(&s, &ev, true);
	assert_string_equal(s.name, "ca.example");
}

static void write_ca_is_trusted_certificate_pem(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	const char *path = tempdir_file(&dir, "ca.pem");
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	size_t len;

	(void)state;
	assert_rc(trust_write_ca(&trust, path, &err), DEVID_ERR_STATE);
	remember(server(1, "a", 2));
	devid_error_clear(&err);
	assert_rc(trust_write_ca(&trust, path, &err), DEVID_OK);
	assert_rc(files_read(path, 4096, &text, &len, &err), DEVID_OK);
	/* 30 03 02 01 01, then SEQUENCE { SEQUENCE { serverAuth } } */
	assert_string_equal((char *)text,
		"-----BEGIN TRUSTED CERTIFICATE-----\n"
		"MAMCAQEwDDAKBggrBgEFBQcDAQ==\n"
		"-----END TRUSTED CERTIFICATE-----\n");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(allows_first_server_with_certificate),
		TEST(remembered_leaf_is_the_only_one_without_verification),
		TEST(remembered_without_issuer_or_name_is_leaf_only),
		TEST(remembered_without_name_is_leaf_only),
		TEST(remember_second_server_is_refused),
		TEST(remember_nothing_is_refused),
		TEST(load_damaged_store_allows_nobody),
		TEST(load_store_others_can_write_allows_nobody),
		TEST(note_new_eap_forgets_the_old_server),
		TEST(note_topmost_certificate_is_the_issuer),
		TEST(note_name_only_of_the_server_itself),
		TEST(write_ca_is_trusted_certificate_pem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <stdbool.h>
#include <stdio.h>

#include "files.h"
#include "cleanup.h"
#include "tempdir.h"
#include "trust.h"

#define HEX_MAX 256

/* A certificate of @issuer for @subject and @key, as far as one is read here:
 * names of one letter, a key of one byte, no extension. */
static void put_cert(char hex[HEX_MAX], char issuer, char subject, uint8_t key)
{
	(void)snprintf(hex, HEX_MAX,
		"30743062a003020102020101300a06082a8648ce3d040302300c310a300806"
		"035504030c01%02x301e170d3236303130313030303030305a170d32363031"
		"30313030303030305a300c310a300806035504030c01%02x3010300a06082a"
		"8648ce3d0403020302"
		"00%02x300a06082a8648ce3d04030203020000",
		issuer, subject, key);
}

static void note_cert(
	struct trust_candidate *s, int depth, uint8_t fill, const char *der)
{
	struct event ev = { .type = EVENT_PEER_CERT, .depth = depth };

	ev.has_hash = true;
	memset(ev.hash, fill, sizeof(ev.hash));
	trust_note(s, &ev);
	ev.has_hash = false;
	ev.cert_hex = der;
	ev.cert_hex_len = strlen(der);
	trust_note(s, &ev);
}

static void note_name(struct trust_candidate *s, int depth, const char *name)
{
	struct event ev = { .type = EVENT_PEER_NAME, .depth = depth };

	(void)snprintf(ev.text, sizeof(ev.text), "%s", name);
	trust_note(s, &ev);
}

/* Who is below whom: 'I' is an intermediate, 'R' a root. */
enum shows {
	NO_ISSUER,
	INTERMEDIATE,
	ROOT
};

/* A server with certificate @leaf for the key @key, the name @name or "", and
 * in its chain, if not 0, the certificate @ca. */
static struct trust_candidate server(uint8_t leaf, uint8_t key,
	const char *name, enum shows shows, uint8_t ca)
{
	struct trust_candidate s = { 0 };
	char hex[HEX_MAX];

	put_cert(hex, shows == ROOT ? 'R' : 'Q', shows == ROOT ? 'R' : 'I', 9);
	if (shows != NO_ISSUER)
		note_cert(&s, 1, ca, hex);
	put_cert(hex, 'I', 'S', key);
	note_cert(&s, 0, leaf, hex);
	if (name[0])
		note_name(&s, 0, name);
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

static enum trust_change learn(struct trust_candidate s, bool verified)
{
	struct devid_error err = { DEVID_OK, "" };
	enum trust_change change = TRUST_KEPT;

	assert_rc(trust_learn(&trust, &s, verified, &change, &err), DEVID_OK);
	trust_candidate_clear(&s);
	return change;
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

static void assert_survives(const char *want)
{
	char text[TRUST_TEXT_MAX];

	trust_survives(&trust, text);
	if (!strstr(text, want))
		fail_msg("%s: not in: %s", want, text);
}

static void allows_first_server_with_certificate(void **state)
{
	struct trust_candidate none = { 0 };
	char text[TRUST_TEXT_MAX] = "-";

	(void)state;
	assert_true(allows(server(1, 1, "a", INTERMEDIATE, 2), false));
	assert_false(trust_allows(&trust, &none, false));
	assert_false(trust_allows(&trust, &none, true));
	/* to ask is not to remember */
	assert_false(trust.pinned);
	assert_int_equal(tempdir_count(&dir), 0);
	trust_survives(&trust, text);
	assert_string_equal(text, "");
}

static void remembered_server_needs_key_or_verification(void **state)
{
	(void)state;
	assert_int_equal(
		learn(server(1, 1, "a", INTERMEDIATE, 2), false), TRUST_FIRST);
	for (int i = 0; i < 2; i++) {
		/* the same certificate, then another one for the same key */
		assert_true(allows(server(1, 5, "x", NO_ISSUER, 0), false));
		assert_true(allows(server(3, 1, "x", NO_ISSUER, 0), false));
		assert_false(allows(server(3, 3, "a", INTERMEDIATE, 2), false));
		assert_true(allows(server(3, 3, "a", INTERMEDIATE, 2), true));
		assert_false(allows(server(3, 3, "b", INTERMEDIATE, 2), true));
		assert_false(allows(server(3, 3, "", INTERMEDIATE, 2), true));
		reload();
	}
	assert_string_equal(trust.name, "a");
	assert_true(trust.since > 1700000000);
}

/* What its server sends alone would lock the device out at a renewal. */
static void remembered_without_issuer_is_held_by_its_key(void **state)
{
	(void)state;
	assert_int_equal(
		learn(server(1, 1, "a", NO_ISSUER, 0), false), TRUST_FIRST);
	assert_survives("this key alone, because the server does not send its "
			"issuer");
	for (int i = 0; i < 2; i++) {
		assert_false(trust.has_ca);
		assert_true(allows(server(3, 1, "a", NO_ISSUER, 0), false));
		assert_false(allows(server(3, 3, "a", INTERMEDIATE, 2), true));
		reload();
	}
}

static void remembered_without_name_is_held_by_its_key(void **state)
{
	(void)state;
	(void)learn(server(1, 1, "", ROOT, 2), false);
	assert_false(trust.has_ca);
	assert_survives("this key alone, because the server has no DNS name");
	reload();
	assert_true(allows(server(3, 1, "", ROOT, 2), false));
	assert_false(allows(server(3, 3, "", ROOT, 2), true));
}

static void key_that_begins_the_same_is_another(void **state)
{
	struct trust_candidate s = server(3, 1, "", NO_ISSUER, 0);

	(void)state;
	(void)learn(server(1, 1, "", NO_ISSUER, 0), false);
	s.key_len--;
	assert_false(trust_allows(&trust, &s, false));
	s.key_len++;
	assert_true(allows(s, false));
}

/* A certificate that is not read: only this one, and it is said. */
static void remembered_without_key_is_held_by_its_certificate(void **state)
{
	struct trust_candidate s = { 0 };

	(void)state;
	note_cert(&s, 0, 1, "3000");
	assert_null(s.key);
	(void)learn(s, false);
	assert_survives("this certificate alone");
	reload();
	assert_null(trust.key);
	assert_true(allows(server(1, 1, "a", NO_ISSUER, 0), false));
	assert_false(allows(server(3, 1, "a", NO_ISSUER, 0), false));
}

static void trust_grows_when_the_server_sends_its_issuer(void **state)
{
	(void)state;
	(void)learn(server(1, 1, "a", NO_ISSUER, 0), false);
	assert_int_equal(
		learn(server(1, 1, "a", INTERMEDIATE, 2), false), TRUST_GREW);
	for (int i = 0; i < 2; i++) {
		assert_true(trust.has_ca);
		assert_true(allows(server(3, 3, "a", INTERMEDIATE, 2), true));
		reload();
	}
	/* and with a root where an intermediate was */
	assert_int_equal(learn(server(1, 1, "a", ROOT, 4), false), TRUST_GREW);
	assert_int_equal(trust.ca[0], 4);
	assert_true(trust.is_root);
	reload();
	assert_true(trust.is_root);
	assert_int_equal(learn(server(1, 1, "a", ROOT, 4), true), TRUST_KEPT);
}

static void trust_does_not_shrink_from_root_to_intermediate(void **state)
{
	(void)state;
	(void)learn(server(1, 1, "a", ROOT, 4), false);
	assert_int_equal(
		learn(server(1, 1, "a", INTERMEDIATE, 2), false), TRUST_KEPT);
	assert_int_equal(trust.ca[0], 4);
	assert_int_equal(learn(server(1, 1, "a", ROOT, 5), false), TRUST_GREW);
}

/* Nobody but who has the key may say who its issuer is. */
static void issuer_of_another_key_is_not_learnt(void **state)
{
	(void)state;
	(void)learn(server(1, 1, "a", INTERMEDIATE, 2), false);
	assert_int_equal(
		learn(server(3, 3, "a", ROOT, 4), true), TRUST_RENEWED);
	assert_int_equal(trust.ca[0], 2);
}

static void renewal_with_the_same_key_is_learnt(void **state)
{
	(void)state;
	(void)learn(server(1, 1, "a", INTERMEDIATE, 2), false);
	/* by a sibling of the intermediate: refused for its issuer, but the
	 * key is the same */
	assert_int_equal(
		learn(server(3, 1, "a", INTERMEDIATE, 6), false), TRUST_GREW);
	assert_int_equal(trust.ca[0], 6);
	assert_int_equal(trust.leaf[0], 3);
	assert_int_equal(
		learn(server(4, 1, "a", NO_ISSUER, 0), false), TRUST_RENEWED);
	reload();
	assert_int_equal(trust.leaf[0], 4);
	assert_true(trust.has_ca);
}

static void renewal_with_another_key_becomes_the_key(void **state)
{
	(void)state;
	(void)learn(server(1, 1, "a", INTERMEDIATE, 2), false);
	assert_int_equal(
		learn(server(3, 3, "a", INTERMEDIATE, 2), true), TRUST_RENEWED);
	reload();
	assert_true(allows(server(4, 3, "a", NO_ISSUER, 0), false));
	assert_false(allows(server(4, 1, "a", NO_ISSUER, 0), false));
}

static void second_server_of_the_domain_is_accepted_and_not_learnt(void **state)
{
	(void)state;
	(void)learn(server(1, 1, "r1.site.example", ROOT, 2), false);
	assert_true(allows(server(3, 3, "r2.site.example", ROOT, 2), true));
	assert_false(allows(server(3, 3, "r2.site.example", ROOT, 2), false));
	assert_false(allows(server(3, 3, "r2.other.example", ROOT, 2), true));
	assert_int_equal(learn(server(3, 3, "r2.site.example", ROOT, 2), true),
		TRUST_KEPT);
	assert_int_equal(trust.leaf[0], 1);
	assert_survives(
		"r1.site.example or *.site.example below the root 0202");
}

/* Everybody has a name in such a domain. */
static void second_server_below_a_single_label_is_refused(void **state)
{
	(void)state;
	(void)learn(server(1, 1, "r1.example", INTERMEDIATE, 2), false);
	assert_false(allows(server(3, 3, "r2.example", INTERMEDIATE, 2), true));
	assert_survives("r1.example below the intermediate 0202");
	assert_survives("does not send its root");
}

static void learn_other_server_is_refused(void **state)
{
	struct trust_candidate s = server(3, 3, "b", INTERMEDIATE, 4);
	struct devid_error err = { DEVID_OK, "" };
	enum trust_change change = TRUST_KEPT;

	(void)state;
	(void)learn(server(1, 1, "a", INTERMEDIATE, 2), false);
	assert_rc(
		trust_learn(&trust, &s, true, &change, &err), DEVID_ERR_STATE);
	assert_int_equal(trust.leaf[0], 1);
	trust_candidate_clear(&s);
}

static void learn_nothing_is_refused(void **state)
{
	struct trust_candidate s = { 0 };
	struct devid_error err = { DEVID_OK, "" };
	enum trust_change change = TRUST_KEPT;

	(void)state;
	assert_rc(
		trust_learn(&trust, &s, false, &change, &err), DEVID_ERR_STATE);
	assert_false(trust.pinned);
}

#define LEAF                                                                   \
	"{\"server_sha256\": \""                                               \
	"0101010101010101010101010101010101010101010101010101010101010101\""

static void load_damaged_store_allows_nobody(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{}",
		"{\"server_sha256\": 1}", "{\"server_sha256\": \"00\"}",
		LEAF ", \"ca\": \"zz\", \"server_name\": \"a\"}",
		LEAF ", \"ca\": \"3000\"}", LEAF ", \"server_key\": \"3\"}",
		LEAF ", \"server_key\": 7}",
		LEAF ", \"server_name\": \"*.a.b\"}",
		LEAF ", \"server_name\": \"a b\"}",
		LEAF ", \"server_name\": 3}",
		LEAF ", \"ca\": \"3000\", \"server_name\": \"a\"}" };

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
		assert_false(allows(server(1, 1, "a", ROOT, 2), false));
		assert_false(allows(server(1, 1, "a", ROOT, 2), true));
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
	assert_false(allows(server(1, 1, "a", ROOT, 2), false));
}

static void note_new_eap_forgets_the_old_server(void **state)
{
	struct trust_candidate s = server(1, 1, "a", ROOT, 2);
	struct event ev = { .type = EVENT_EAP_STARTED };

	(void)state;
	trust_note(&s, &ev);
	assert_false(s.has_leaf);
	assert_false(s.has_issuer);
	assert_null(s.der);
	assert_null(s.key);
	assert_int_equal(s.names.n, 0);
}

/* A server may begin TLS anew without asking for an identity first. */
static void note_new_method_forgets_the_old_server(void **state)
{
	struct trust_candidate s = server(1, 1, "a", ROOT, 2);
	struct event ev = { .type = EVENT_METHOD_PROPOSED, .method = 13 };

	(void)state;
	trust_note(&s, &ev);
	assert_false(s.has_leaf);
	assert_false(s.has_issuer);
	assert_null(s.key);
	assert_int_equal(s.names.n, 0);
}

/* Of a certificate that is too long comes the hash alone; the key of the one
 * before it must not stand for it. */
static void note_certificate_without_bytes_has_no_key(void **state)
{
	struct trust_candidate s = server(1, 1, "a", ROOT, 2);
	struct event ev = { .type = EVENT_PEER_CERT, .has_hash = true };

	(void)state;
	(void)learn(server(1, 1, "a", ROOT, 2), false);
	memset(ev.hash, 9, sizeof(ev.hash));
	trust_note(&s, &ev);
	assert_null(s.key);
	assert_false(allows(s, false));
}

static void note_topmost_certificate_is_the_issuer(void **state)
{
	struct trust_candidate s = { 0 };
	struct event ev = { .type = EVENT_PEER_CERT, .depth = 3 };

	(void)state;
	note_cert(&s, 2, 7, "3000");
	note_cert(&s, 1, 8, "3003020101");
	assert_int_equal(s.issuer[0], 7);
	assert_int_equal(s.der_len, 2);
	/* bytes of another depth than the hash never join it */
	ev.has_hash = true;
	trust_note(&s, &ev);
	assert_null(s.der);
	trust_candidate_clear(&s);
}

static void note_names_only_of_the_server_itself(void **state)
{
	struct trust_candidate s = { 0 };

	(void)state;
	note_name(&s, 1, "ca.example");
	assert_int_equal(s.names.n, 0);
	note_name(&s, 0, "r1.example");
	note_name(&s, 0, "r2.example");
	note_name(&s, 0, "r1.example");
	note_name(&s, 0, "-no-name");
	assert_int_equal(s.names.n, 2);
	assert_string_equal(s.names.of[0], "r1.example");
	trust_candidate_clear(&s);
}

static void write_ca_is_trusted_certificate_pem(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	const char *path = tempdir_file(&dir, "ca.pem");
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	struct trust_candidate s = { 0 };
	size_t len;

	(void)state;
	assert_rc(trust_write_ca(&trust, path, &err), DEVID_ERR_STATE);
	note_cert(&s, 1, 2, "3003020101");
	note_cert(&s, 0, 1, "3000");
	note_name(&s, 0, "a");
	(void)learn(s, false);
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
		TEST(remembered_server_needs_key_or_verification),
		TEST(remembered_without_issuer_is_held_by_its_key),
		TEST(remembered_without_name_is_held_by_its_key),
		TEST(key_that_begins_the_same_is_another),
		TEST(remembered_without_key_is_held_by_its_certificate),
		TEST(trust_grows_when_the_server_sends_its_issuer),
		TEST(trust_does_not_shrink_from_root_to_intermediate),
		TEST(issuer_of_another_key_is_not_learnt),
		TEST(renewal_with_the_same_key_is_learnt),
		TEST(renewal_with_another_key_becomes_the_key),
		TEST(second_server_of_the_domain_is_accepted_and_not_learnt),
		TEST(second_server_below_a_single_label_is_refused),
		TEST(learn_other_server_is_refused),
		TEST(learn_nothing_is_refused),
		TEST(load_damaged_store_allows_nobody),
		TEST(load_store_others_can_write_allows_nobody),
		TEST(note_new_eap_forgets_the_old_server),
		TEST(note_new_method_forgets_the_old_server),
		TEST(note_certificate_without_bytes_has_no_key),
		TEST(note_topmost_certificate_is_the_issuer),
		TEST(note_names_only_of_the_server_itself),
		TEST(write_ca_is_trusted_certificate_pem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

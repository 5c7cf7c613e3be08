/* SPDX-License-Identifier: Apache-2.0 */
/* Persistent copies of the owner's keys in the DevID module, on a real TPM:
 * none outlives its file, wherever devid.conf had its place. */
#include "cmocka-all.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "module-fixture.h"
#include "tpm-handle.h"

#define FIRST   0x81040140u /* of tls-0, by default */
#define SECOND  0x81040141u /* of tls-1 */
#define ELSE    0x81050000u
#define PARENT  0x81040000u
#define DELETED "tls-0.gone"

static struct tpm_places places;

static enum key_id id_of(const char *name)
{
	enum key_id id = (enum key_id)N_KEYS;

	assert_true(key_id_by_name(name, &id));
	return id;
}

static void make_persistent(struct fixture *f, const char *name)
{
	struct devid_error err = { DEVID_OK, "" };

	if (module_create(f->m, name, KEY_ALG_P256, true, &err) != DEVID_OK)
		fail_msg("create: %s", err.text);
}

/* Whether @at is taken; the module is stopped. */
static bool is_taken(struct fixture *f, uint32_t at)
{
	struct tpm *conn = NULL;
	bool found = false;

	assert_rc(tpm_open(f->tpm.tcti, &conn, NULL), DEVID_OK);
	assert_rc(tpm_handle_find(conn, at, &found, NULL), DEVID_OK);
	tpm_close(conn);
	return found;
}

/* What was made at @first and @second before is there, or is not. */
static void assert_taken(struct fixture *f, bool first, bool second)
{
	fixture_stop(f);
	assert_int_equal(is_taken(f, FIRST), first);
	assert_int_equal(is_taken(f, SECOND), second);
	fixture_start(f, false);
}

/* tls-0 and tls-1 at their places; then the one of tls-0 is another. The module
 * is stopped. */
static void move_place(struct fixture *f)
{
	make_persistent(f, "tls-0");
	make_persistent(f, "tls-1");
	fixture_stop(f);
	tpm_places_default(&places);
	places.handle[id_of("tls-0")] = ELSE;
	f->places = &places;
}

static bool is_persistent(struct fixture *f, const char *name)
{
	struct wire_status *st = fixture_status(f);

	for (size_t i = 0; i < st->n_keys; i++) {
		if (strcmp(st->keys[i].name, name) == 0)
			return st->keys[i].persistent;
	}
	fail_msg("%s: not there", name);
	return false;
}

/* covers: 802.1AR-7.2-key-delete OWN-copy-goes */
static void place_changed_delete_takes_the_copy(void **state)
{
	struct fixture *f = *state;

	move_place(f);
	fixture_start(f, false);
	assert_false(is_persistent(f, "tls-0"));
	assert_rc(module_delete(f->m, "tls-0", NULL), DEVID_OK);
	assert_taken(f, false, true);
	assert_true(is_persistent(f, "tls-1"));
}

/* covers: OWN-pin */
static void place_changed_unpin_takes_the_copy(void **state)
{
	struct fixture *f = *state;

	move_place(f);
	fixture_start(f, false);
	assert_rc(module_persist(f->m, "tls-0", false, NULL), DEVID_OK);
	assert_taken(f, false, true);
}

/* covers: OWN-pin */
static void place_changed_pin_moves_the_copy(void **state)
{
	struct fixture *f = *state;

	move_place(f);
	fixture_start(f, false);
	assert_rc(module_persist(f->m, "tls-0", true, NULL), DEVID_OK);
	assert_true(is_persistent(f, "tls-0"));
	assert_taken(f, false, true);
	assert_true(is_persistent(f, "tls-0"));
	fixture_stop(f);
	assert_true(is_taken(f, ELSE));
}

/* As a deletion leaves it that is interrupted right after its first step. */
static void begin_deletion(struct fixture *f)
{
	char from[PATH_MAX];

	(void)snprintf(from, sizeof(from), "%s",
		tempdir_file(&f->state, "tls-0.sealed")); /* fits */
	assert_rc(files_rename(from, tempdir_file(&f->state, DELETED), NULL),
		DEVID_OK);
}

static void assert_deleted(struct fixture *f)
{
	static const char *const left[] = { DELETED, "tls-0.sealed",
		"tls-0.key", "tls-0.pem" };

	assert_string_equal(fixture_warnings, "");
	for (size_t i = 0; i < N_OF(left); i++)
		assert_false(fixture_file_exists(f, left[i]));
	assert_taken(f, false, true);
	assert_true(is_persistent(f, "tls-1"));
}

/* covers: OWN-copy-goes */
static void place_changed_deletion_gone_on_with_takes_the_copy(void **state)
{
	struct fixture *f = *state;

	move_place(f);
	begin_deletion(f);
	fixture_start(f, false);
	assert_deleted(f);
}

static void spoil(struct fixture *f, const char *name)
{
	tempdir_write(&f->state, name, "rubbish", 7, 0600);
}

/* By the reference, which has the public key.
 * covers: OWN-copy-goes */
static void record_damaged_deletion_takes_the_copy(void **state)
{
	struct fixture *f = *state;

	move_place(f);
	spoil(f, "tls-0.sealed");
	begin_deletion(f);
	fixture_start(f, false);
	assert_deleted(f);
}

/* By the certificate.
 * covers: OWN-copy-goes */
static void reference_lost_deletion_takes_the_copy(void **state)
{
	struct fixture *f = *state;
	struct wire_status *st;
	struct certs_node cert;

	make_persistent(f, "tls-0");
	st = fixture_status(f);
	assert_string_equal(st->keys[0].name, "tls-0");
	cert = fixture_certify(f, &st->keys[0].spki, 0);
	assert_rc(module_install(f->m, "tls-0",
			  (struct view) { cert.der.data, cert.der.len }, false,
			  NULL),
		DEVID_OK);
	assert_rc(module_delete(f->m, "tls-1", NULL), DEVID_ERR_NOT_FOUND);
	make_persistent(f, "tls-1");
	fixture_stop(f);
	tpm_places_default(&places);
	places.handle[id_of("tls-0")] = ELSE;
	f->places = &places;
	spoil(f, "tls-0.sealed");
	spoil(f, "tls-0.key");
	begin_deletion(f);
	fixture_start(f, false);
	assert_deleted(f);
	certs_done(&cert);
}

/* Nothing of it can be read: what is at its place goes.
 * covers: OWN-copy-goes */
static void nothing_readable_deletion_clears_the_place(void **state)
{
	struct fixture *f = *state;

	make_persistent(f, "tls-0");
	make_persistent(f, "tls-1");
	fixture_stop(f);
	spoil(f, "tls-0.sealed");
	assert_int_equal(unlink(tempdir_file(&f->state, "tls-0.key")), 0);
	begin_deletion(f);
	fixture_start(f, false);
	assert_deleted(f);
}

/* Of a reference with another name nothing is taken. */
static void reference_of_another_key_not_followed(void **state)
{
	struct fixture *f = *state;
	uint8_t *ref = NULL;
	size_t len = 0;

	move_place(f);
	assert_rc(files_read(tempdir_file(&f->state, "tls-1.key"), 4096, &ref,
			  &len, NULL),
		DEVID_OK);
	tempdir_write(&f->state, "tls-0.key", ref, len, 0644);
	free(ref);
	spoil(f, "tls-0.sealed");
	begin_deletion(f);
	fixture_start(f, false);
	assert_taken(f, true, true);
	assert_true(is_persistent(f, "tls-1"));
}

/* covers: OWN-copy-goes */
static void record_damaged_delete_takes_the_copy(void **state)
{
	struct fixture *f = *state;

	move_place(f);
	spoil(f, "tls-0.sealed");
	fixture_start(f, false);
	assert_non_null(strstr(fixture_warnings, "tls-0: sealed key not used"));
	assert_rc(module_delete(f->m, "tls-0", NULL), DEVID_OK);
	fixture_restart(f);
	assert_deleted(f);
}

/* covers: OWN-copy-goes */
static void deletion_waits_for_the_tpm(void **state)
{
	struct fixture *f = *state;

	move_place(f);
	begin_deletion(f);
	swtpm_stop(&f->tpm);
	fixture_start(f, false);
	assert_non_null(
		strstr(fixture_warnings, "tls-0: not taken out wholly yet"));
	assert_true(fixture_file_exists(f, DELETED));
	swtpm_start(&f->tpm);
	assert_rc(module_init(f->m, NULL), DEVID_OK);
	assert_false(fixture_file_exists(f, DELETED));
	assert_taken(f, false, true);
}

/* covers: OWN-erase-persistent */
static void places_changed_erasure_takes_keys_and_parent(void **state)
{
	struct fixture *f = *state;

	move_place(f);
	places.parent = ELSE + 1;
	fixture_start(f, false);
	assert_rc(module_erase(f->m, NULL), DEVID_OK);
	fixture_stop(f);
	assert_false(is_taken(f, FIRST));
	assert_false(is_taken(f, SECOND));
	assert_false(is_taken(f, PARENT));
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(place_changed_delete_takes_the_copy),
		CASE(place_changed_unpin_takes_the_copy),
		CASE(place_changed_pin_moves_the_copy),
		CASE(place_changed_deletion_gone_on_with_takes_the_copy),
		CASE(record_damaged_deletion_takes_the_copy),
		CASE(reference_lost_deletion_takes_the_copy),
		CASE(nothing_readable_deletion_clears_the_place),
		CASE(reference_of_another_key_not_followed),
		CASE(record_damaged_delete_takes_the_copy),
		CASE(deletion_waits_for_the_tpm),
		CASE(places_changed_erasure_takes_keys_and_parent),
	};

	return cmocka_run_group_tests_name("module-copies", tests, NULL, NULL);
}

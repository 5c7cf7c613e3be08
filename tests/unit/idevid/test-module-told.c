/* SPDX-License-Identifier: Apache-2.0 */
/* What the status tells of the owner's keys that a log alone would know: files
 * that are of no use, and what was begun and is not done. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module-fixture.h"
#include "tempdir.h"
#include "tpm-owner.h"

static const struct wire_key *told(struct fixture *f, const char *name)
{
	const struct wire_status *st = fixture_status(f);

	for (size_t i = 0; i < st->n_keys; i++) {
		if (strcmp(st->keys[i].name, name) == 0)
			return &st->keys[i];
	}
	return NULL;
}

static void make(struct fixture *f, const char *name, bool persistent)
{
	struct devid_error err = { DEVID_OK, "" };

	if (module_create(f->m, name, KEY_ALG_P256, persistent, &err) !=
		DEVID_OK)
		fail_msg("create: %s", err.text);
}

/* A key that is none, with why: it can be taken out, and made anew. */
static void told_as_none(struct fixture *f, const char *name, const char *why)
{
	const struct wire_key *key = told(f, name);

	assert_non_null(key);
	assert_int_equal(key->alg, KEY_ALG_NONE);
	assert_false(key->present || key->certified || key->persistent);
	if (!strstr(key->why, why))
		fail_msg("'%s' is not in: %s", why, key->why);
	assert_rc(module_delete(f->m, name, NULL), DEVID_OK);
	assert_null(told(f, name));
	make(f, name, false);
	assert_string_equal(told(f, name)->why, "");
}

/* covers: OWN-state-newer */
static void sealed_file_of_a_newer_release_told(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	fixture_stop(f);
	tempdir_write(
		&f->state, "tls-0.sealed", "\377 as it will be", 16, 0600);
	fixture_start(f, false);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	told_as_none(f, "tls-0", "version 255; this devid knows version ");
	certs_done(&leaf);
}

/* covers: OWN-state-corrupted */
static void sealed_file_that_is_empty_told(void **state)
{
	struct fixture *f = *state;

	fixture_stop(f);
	tempdir_write(&f->state, "tls-0.sealed", "", 0, 0600);
	fixture_start(f, false);
	told_as_none(f, "tls-0", "empty");
}

/* covers: OWN-state-corrupted */
static void sealed_file_with_a_byte_changed_told(void **state)
{
	struct fixture *f = *state;
	FILE *file;
	int byte;

	make(f, "tls-0", false);
	fixture_stop(f);
	file = fopen(tempdir_file(&f->state, "tls-0.sealed"), "r+e");
	assert_non_null(file);
	assert_int_equal(fseek(file, -40, SEEK_END), 0);
	byte = fgetc(file);
	assert_int_equal(fseek(file, -40, SEEK_END), 0);
	assert_int_equal(fputc(byte ^ 1, file), byte ^ 1);
	assert_int_equal(fclose(file), 0);
	fixture_start(f, false);
	told_as_none(f, "tls-0", "damaged");
}

/* covers: OWN-state-half */
static void certificate_without_its_key_told(void **state)
{
	struct fixture *f = *state;
	struct certs_node cert;
	struct key_blob spki;

	make(f, "tls-0", false);
	spki = told(f, "tls-0")->spki;
	cert = fixture_certify(f, &spki, 0);
	assert_rc(module_install(f->m, "tls-0",
			  (struct view) { cert.der.data, cert.der.len }, false,
			  NULL),
		DEVID_OK);
	fixture_stop(f);
	assert_int_equal(unlink(tempdir_file(&f->state, "tls-0.sealed")), 0);
	fixture_start(f, false);
	told_as_none(f, "tls-0", "restored in part");
	certs_done(&cert);
}

/* While it waits no key is told of; the cause is, and that it is over.
 * covers: OWN-erase-told */
static void erasure_that_waits_told_with_its_cause(void **state)
{
	struct fixture *f = *state;
	struct wire_erasure was;

	make(f, "tls-0", false);
	assert_int_equal(fixture_status(f)->erasure.pending, 0);
	fixture_stop(f);
	tempdir_write(&f->state, "erasing", "", 0, 0644);
	swtpm_stop(&f->tpm);
	fixture_start(f, false);
	was = fixture_status(f)->erasure;
	assert_int_equal(was.pending, 1);
	assert_int_equal(was.erased, 0);
	assert_non_null(strstr(was.why, "absent"));
	assert_null(told(f, "tls-0"));
	swtpm_start(&f->tpm);
	assert_rc(module_init(f->m, NULL), DEVID_OK);
	was = fixture_status(f)->erasure;
	assert_int_equal(was.pending, 0);
	assert_int_equal(was.erased, 1);
	assert_string_equal(was.why, "");
}

/* As a cut between file and persistent object leaves it.
 * covers: OWN-pin */
static void key_made_to_be_persistent_is_so_after_a_start(void **state)
{
	struct fixture *f = *state;

	make(f, "tls-0", false);
	assert_false(told(f, "tls-0")->persistent);
	fixture_stop(f);
	tempdir_write(&f->state, "tls-0.pin", "", 0, 0644);
	fixture_start(f, false);
	assert_true(told(f, "tls-0")->persistent);
	assert_string_equal(told(f, "tls-0")->why, "");
	assert_false(fixture_file_exists(f, "tls-0.pin"));
	/* Once: what is asked for later counts. */
	assert_rc(module_persist(f->m, "tls-0", false, NULL), DEVID_OK);
	fixture_restart(f);
	assert_false(told(f, "tls-0")->persistent);
}

/* Something else is at its place: it serves, says why not, and is so when the
 * place is free; or no longer, when that is not wanted any more. */
static void key_that_cannot_be_persistent_yet_told(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	make(f, "tls-0", true);
	fixture_stop(f);
	assert_int_equal(unlink(tempdir_file(&f->state, "tls-0.sealed")), 0);
	fixture_start(f, false);
	make(f, "tls-0", false);
	fixture_stop(f);
	tempdir_write(&f->state, "tls-0.pin", "", 0, 0644);
	fixture_start(f, false);
	assert_true(told(f, "tls-0")->present);
	assert_false(told(f, "tls-0")->persistent);
	if (!strstr(told(f, "tls-0")->why, "not persistent yet"))
		fail_msg("%s; warned: %s", told(f, "tls-0")->why,
			fixture_warnings);
	assert_true(fixture_file_exists(f, "tls-0.pin"));
	assert_rc(module_persist(f->m, "tls-0", false, &err), DEVID_OK);
	assert_false(fixture_file_exists(f, "tls-0.pin"));
	assert_string_equal(told(f, "tls-0")->why, "");
}

/* What is at the place of tls-0, by somebody else. */
static void clear_place(struct fixture *f)
{
	struct tpm *conn = NULL;
	enum key_id id;

	assert_true(key_id_by_name("tls-0", &id));
	assert_rc(tpm_open(f->tpm.tcti, &conn, NULL), DEVID_OK);
	tpm_places_default(&conn->places);
	assert_rc(tpm_owner_evict_lost(conn, id, NULL, NULL), DEVID_OK);
	tpm_close(conn);
}

/* Until it is mended, and no longer. */
static void place_that_was_taken_told_until_it_is_free(void **state)
{
	struct fixture *f = *state;

	make(f, "tls-0", true);
	fixture_stop(f);
	assert_int_equal(unlink(tempdir_file(&f->state, "tls-0.sealed")), 0);
	fixture_start(f, false);
	make(f, "tls-0", false);
	if (!strstr(told(f, "tls-0")->why, "loaded for each use: tpm: the"))
		fail_msg("%s", told(f, "tls-0")->why);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	clear_place(f);
	assert_rc(module_persist(f->m, "tls-0", true, NULL), DEVID_OK);
	assert_true(told(f, "tls-0")->persistent);
	assert_string_equal(told(f, "tls-0")->why, "");
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sealed_file_of_a_newer_release_told),
		CASE(sealed_file_that_is_empty_told),
		CASE(sealed_file_with_a_byte_changed_told),
		CASE(certificate_without_its_key_told),
		CASE(erasure_that_waits_told_with_its_cause),
		CASE(key_made_to_be_persistent_is_so_after_a_start),
		CASE(key_that_cannot_be_persistent_yet_told),
		CASE(place_that_was_taken_told_until_it_is_free),
	};

	return cmocka_run_group_tests_name("module-told", tests, NULL, NULL);
}

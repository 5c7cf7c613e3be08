/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A state folder that is full, cannot be written, was restored in part, or is
 * of a newer release: each is told in a sentence of its own, what was there
 * stays as it was, and the IDevID signs meanwhile. The folder is a tmpfs
 * (small-disk.h).
 */
#include "cmocka-all.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "files.h"
#include "module-fixture.h"
#include "pkcs8.h"
#include "small-disk.h"

#define DISK_LEN "size=1m,nr_inodes=100,mode=0700"

struct disk {
	struct fixture *f;
	struct certs_node leaf;    /* of the IDevID */
	struct certs_node ldevid;  /* of ldevid-0, not installed */
	struct certs_node another; /* of tls-0, not installed */
};

static struct view der_of(const struct certs_node *cert)
{
	return (struct view) { cert->der.data, cert->der.len };
}

static void make(struct fixture *f, const char *name)
{
	assert_rc(
		module_create(f->m, name, KEY_ALG_P256, false, NULL), DEVID_OK);
}

/* A TLS 1.3 CertificateVerify of the IDevID as client. */
static void idevid_signs(struct fixture *f)
{
	struct devid_error err = { DEVID_OK, "" };

	if (fixture_sign(f, KEY_ALG_P256, &err) != DEVID_OK)
		fail_msg("idevid: %s", err.text);
	assert_true(fixture_idevid(f).certified);
}

/* No byte and no name is left on the disk. */
static void fill(struct fixture *f)
{
	small_disk_fill(f->state.path);
	small_disk_fill_names(f->state.path);
}

/* IDevID with certificate; ldevid-0, disabled; tls-0 with a certificate; on a
 * small disk that has room yet. */
static int disk_setup(void **state)
{
	static struct disk d;
	struct wire_key key;

	(void)fixture_setup((void **)&d.f);
	fixture_stop(d.f);
	small_disk_mount(d.f->state.path, DISK_LEN);
	fixture_start(d.f, false);
	d.leaf = fixture_provision(d.f, KEY_ALG_P256);
	make(d.f, "ldevid-0");
	make(d.f, "tls-0");
	key = fixture_key(d.f, "ldevid-0");
	d.ldevid = fixture_certify(d.f, &key.spki, 0);
	key = fixture_key(d.f, "tls-0");
	d.another = fixture_certify(d.f, &key.spki, 0);
	assert_string_equal(fixture_warnings, "");
	*state = &d;
	return 0;
}

static int disk_teardown(void **state)
{
	struct disk *d = *state;

	fixture_stop(d->f);
	small_disk_unmount(d->f->state.path);
	certs_done(&d->leaf);
	certs_done(&d->ldevid);
	certs_done(&d->another);
	return fixture_teardown((void **)&d->f);
}

/* ---- full, and read-only ---- */

/* An operation that has to write; what it is of is named in the sentence. */
struct change {
	const char *file; /* that cannot be written */
	enum devid_err (*make)(struct disk *d, struct devid_error *err);
};

static enum devid_err create(struct disk *d, struct devid_error *err)
{
	return module_create(d->f->m, "tls-1", KEY_ALG_P256, false, err);
}

static enum devid_err create_pinned(struct disk *d, struct devid_error *err)
{
	return module_create(d->f->m, "eap-0", KEY_ALG_P256, true, err);
}

static enum devid_err create_disabled(struct disk *d, struct devid_error *err)
{
	return module_create(d->f->m, "ldevid-1", KEY_ALG_P256, false, err);
}

static enum devid_err import(struct disk *d, struct devid_error *err)
{
	EVP_PKEY *key = certs_key("P-256");
	struct certs_buf p8 = pkcs8_of(key);
	const struct wire_import what = { { p8.data, p8.len }, { NULL, 0 } };
	enum devid_err rc = module_import(d->f->m, "tls-1", &what, false, err);

	EVP_PKEY_free(key);
	return rc;
}

static enum devid_err enable(struct disk *d, struct devid_error *err)
{
	return module_enable(d->f->m, "tls-0", false, err);
}

static enum devid_err enable_ldevid(struct disk *d, struct devid_error *err)
{
	return module_enable(d->f->m, "ldevid-0", true, err);
}

static enum devid_err disable_idevid(struct disk *d, struct devid_error *err)
{
	return module_enable(d->f->m, "idevid", false, err);
}

static enum devid_err install(struct disk *d, struct devid_error *err)
{
	return module_install(
		d->f->m, "tls-0", der_of(&d->another), false, err);
}

static enum devid_err install_disabled(struct disk *d, struct devid_error *err)
{
	return module_install(
		d->f->m, "ldevid-0", der_of(&d->ldevid), false, err);
}

static enum devid_err erase(struct disk *d, struct devid_error *err)
{
	return module_erase(d->f->m, err);
}

static const struct change changes[] = {
	{ "tls-1.sealed", create },
	{ "eap-0.pin", create_pinned },
	{ "ldevid-1.sealed", create_disabled },
	{ "ldevid-0.enabled", enable_ldevid },
	{ "tls-1.sealed", import },
	{ "tls-0.disabled", enable },
	{ "idevid.disabled", disable_idevid },
	{ "tls-0.pem", install },
	{ "ldevid-0.pem", install_disabled },
	{ "erasing", erase },
};

/* As disk_setup() left it. */
static void nothing_changed(struct disk *d)
{
	static const char *const none[] = { "tls-1", "eap-0", "ldevid-1" };
	struct wire_key tls;

	for (size_t i = 0; i < N_OF(none); i++)
		assert_false(fixture_has_key(d->f, none[i]));
	tls = fixture_key(d->f, "tls-0");
	assert_true(tls.present && tls.enabled && !tls.certified);
	assert_true(fixture_has_key(d->f, "ldevid-0"));
	assert_false(fixture_key(d->f, "ldevid-0").enabled);
	assert_false(fixture_key(d->f, "ldevid-0").certified);
	assert_true(fixture_idevid(d->f).enabled);
	assert_int_equal(fixture_status(d->f)->erasure.erased, 0);
	idevid_signs(d->f);
}

/* Each change is refused with the file and @cause, and nothing is else than it
 * was, then and after a start. */
static void changes_are_refused(struct disk *d, const char *cause)
{
	char text[64];

	for (size_t i = 0; i < N_OF(changes); i++) {
		struct devid_error err = { DEVID_OK, "" };

		(void)snprintf(text, sizeof(text), "/%s: %s", changes[i].file,
			cause); /* fits */
		assert_rc(changes[i].make(d, &err), DEVID_ERR_IO);
		assert_cause(&err, text);
		nothing_changed(d);
	}
	fixture_restart(d->f);
	assert_string_equal(fixture_warnings, "");
	nothing_changed(d);
	fixture_stop(d->f);
	assert_int_equal(swtpm_leftovers(&d->f->tpm), 0);
	fixture_start(d->f, false);
}

static void changes_are_made(struct disk *d)
{
	for (size_t i = 0; i < N_OF(changes); i++) {
		struct devid_error err = { DEVID_OK, "" };

		if (changes[i].make == import) /* in the place of create() */
			continue;
		if (changes[i].make(d, &err) != DEVID_OK)
			fail_msg("%s: %s", changes[i].file, err.text);
	}
}

/* covers: OWN-state-full */
static void full_each_change_told_and_nothing_changes(void **state)
{
	struct disk *d = *state;

	fill(d->f);
	changes_are_refused(d, "No space left on device");
	/* What needs no room is done. */
	assert_rc(module_persist(d->f->m, "tls-0", true, NULL), DEVID_OK);
	assert_rc(module_delete(d->f->m, "tls-0", NULL), DEVID_OK);
	assert_false(fixture_has_key(d->f, "tls-0"));
	small_disk_options(d->f->state.path, DISK_LEN);
	make(d->f, "tls-0");
	assert_rc(module_delete(d->f->m, "tls-0", NULL), DEVID_OK);
}

/* covers: OWN-state-read-only */
static void read_only_each_change_told_and_nothing_changes(void **state)
{
	struct disk *d = *state;
	struct devid_error err = { DEVID_OK, "" };

	small_disk_read_only(d->f->state.path, true);
	changes_are_refused(d, "Read-only file system");
	assert_rc(module_persist(d->f->m, "tls-0", true, NULL), DEVID_OK);
	assert_rc(module_delete(d->f->m, "tls-0", &err), DEVID_ERR_IO);
	assert_cause(&err, "/tls-0.sealed: Read-only file system");
	nothing_changed(d);
	assert_true(fixture_key(d->f, "tls-0").persistent);
	small_disk_read_only(d->f->state.path, false);
	assert_rc(module_persist(d->f->m, "tls-0", false, NULL), DEVID_OK);
	changes_are_made(d);
}

/* Its mark is a name alone; what else it writes has the room of the keys.
 * covers: OWN-state-full */
static void full_erasure_makes_its_own_room(void **state)
{
	struct disk *d = *state;
	struct devid_error err = { DEVID_OK, "" };

	small_disk_fill(d->f->state.path);
	if (module_erase(d->f->m, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	assert_false(fixture_has_key(d->f, "tls-0"));
	assert_int_equal(fixture_status(d->f)->erasure.erased, 1);
	assert_int_equal(fixture_status(d->f)->erasure.pending, 0);
	fixture_restart(d->f);
	assert_int_equal(fixture_status(d->f)->erasure.erased, 1);
	idevid_signs(d->f);
}

/* The certificate that a CA has issued by now: it is in the TPM, and a start
 * writes its copy, which is told.
 * covers: OWN-state-full */
static void full_idevid_certificate_is_in_the_tpm(void **state)
{
	struct disk *d = *state;
	struct fixture *f = d->f;
	struct wire_key iak = fixture_status(f)->keys[KEY_IAK];
	struct certs_node cert = fixture_certify(f, &iak.spki, 0);
	struct devid_error err = { DEVID_OK, "" };

	fill(f);
	assert_rc(module_install(f->m, "iak", der_of(&cert), false, &err),
		DEVID_ERR_IO);
	assert_cause(&err, "/iak.pem: No space left on device");
	assert_true(fixture_key(f, "iak").certified);
	assert_false(fixture_file_exists(f, "iak.pem"));
	small_disk_options(f->state.path, DISK_LEN);
	fixture_restart(f);
	assert_true(fixture_key(f, "iak").certified);
	assert_true(fixture_file_exists(f, "iak.pem"));
	certs_done(&cert);
}

/* Without a copy in the TPM, it is in use when it is on the disk. */
static void full_idevid_certificate_on_the_disk_alone_is_refused(void **state)
{
	struct disk *d = *state;
	struct fixture *f = d->f;
	struct wire_key iak = fixture_status(f)->keys[KEY_IAK];
	struct certs_node cert = fixture_certify(f, &iak.spki, 0);
	struct devid_error err = { DEVID_OK, "" };

	f->in_nv = false;
	fixture_restart(f);
	fill(f);
	assert_rc(module_install(f->m, "iak", der_of(&cert), false, &err),
		DEVID_ERR_IO);
	assert_cause(&err, "/iak.pem: No space left on device");
	assert_false(fixture_key(f, "iak").certified);
	idevid_signs(f);
	small_disk_options(f->state.path, DISK_LEN);
	assert_rc(module_install(f->m, "iak", der_of(&cert), false, NULL),
		DEVID_OK);
	fixture_restart(f);
	assert_true(fixture_key(f, "iak").certified);
	certs_done(&cert);
}

/* ---- restored in part, and of a newer release ---- */

/* Copies what the folder has as @from; nothing for NULL. */
static void put(struct fixture *f, const char *name, const char *from)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	size_t len = 0;

	if (from)
		assert_rc(files_read(tempdir_file(&f->state, from), 8192, &data,
				  &len, NULL),
			DEVID_OK);
	tempdir_write(&f->state, name, data, len, 0600);
}

static void remove_file(struct fixture *f, const char *name)
{
	assert_int_equal(unlink(tempdir_file(&f->state, name)), 0);
}

/* covers: OWN-state-newer */
static void sealed_key_of_a_newer_release_told_and_stays(void **state)
{
	struct disk *d = *state;
	struct fixture *f = d->f;
	struct devid_error err = { DEVID_OK, "" };
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	size_t len = 0;

	fixture_stop(f);
	assert_rc(files_read(tempdir_file(&f->state, "tls-0.sealed"), 8192,
			  &data, &len, NULL),
		DEVID_OK);
	data[0]++;
	tempdir_write(&f->state, "tls-0.sealed", data, len, 0600);
	fixture_start(f, false);
	assert_non_null(strstr(fixture_warnings,
		"tls-0: sealed key not used: sealed key: version "));
	assert_non_null(
		strstr(fixture_warnings, "; this devid knows version "));
	assert_rc(module_create(f->m, "tls-0", KEY_ALG_P256, false, &err),
		DEVID_ERR_KEY_EXISTS);
	idevid_signs(f);
	assert_true(fixture_has_key(f, "ldevid-0"));
	fixture_stop(f);
	data[0]--; /* the newer release again: nothing was lost */
	assert_true(fixture_file_exists(f, "tls-0.sealed"));
	tempdir_write(&f->state, "tls-0.sealed", data, len, 0600);
	fixture_start(f, false);
	assert_string_equal(fixture_warnings, "");
	assert_true(fixture_has_key(f, "tls-0"));
}

/* covers: OWN-state-half */
static void certificate_without_its_sealed_key_told(void **state)
{
	static const char *const left[] = { "tls-0.pem", "tls-0.key" };
	struct disk *d = *state;
	struct fixture *f = d->f;
	char text[96];

	assert_rc(
		module_install(f->m, "tls-0", der_of(&d->another), false, NULL),
		DEVID_OK);
	fixture_stop(f);
	remove_file(f, "tls-0.sealed");
	for (size_t i = 0; i < N_OF(left); i++) {
		fixture_start(f, false);
		(void)snprintf(text, sizeof(text),
			"%s is there without .sealed: the state folder was "
			"restored in part",
			left[i]); /* fits */
		assert_non_null(strstr(fixture_warnings, text));
		assert_false(fixture_has_key(f, "tls-0"));
		idevid_signs(f);
		fixture_stop(f);
		remove_file(f, left[i]);
	}
	fixture_start(f, false);
	assert_string_equal(fixture_warnings, "");
}

/* A key without its certificate is one that has none yet, in the state that
 * its marks say.
 * covers: OWN-state-half */
static void sealed_key_without_its_certificate_is_not_certified(void **state)
{
	struct disk *d = *state;
	struct fixture *f = d->f;

	assert_rc(install(d, NULL), DEVID_OK);
	fixture_stop(f);
	remove_file(f, "tls-0.pem");
	remove_file(f, "tls-0.key"); /* made again */
	fixture_start(f, false);
	assert_true(fixture_key(f, "tls-0").present);
	assert_false(fixture_key(f, "tls-0").certified);
	assert_true(fixture_file_exists(f, "tls-0.key"));
	idevid_signs(f);
	assert_rc(install(d, NULL), DEVID_OK);
}

/* Restored without the marks: that an LDevID was enabled nobody knows.
 * covers: OWN-state-half */
static void ldevid_without_its_marks_is_disabled(void **state)
{
	struct disk *d = *state;
	struct fixture *f = d->f;

	assert_rc(install_disabled(d, NULL), DEVID_OK);
	assert_rc(module_enable(f->m, "ldevid-0", true, NULL), DEVID_OK);
	assert_rc(module_cert_enable(f->m, "ldevid-0", true, NULL), DEVID_OK);
	fixture_restart(f);
	assert_true(fixture_key(f, "ldevid-0").enabled);
	assert_true(fixture_key(f, "ldevid-0").cert_enabled);
	fixture_stop(f);
	remove_file(f, "ldevid-0.enabled");
	remove_file(f, "ldevid-0.cert-enabled");
	fixture_start(f, false);
	assert_true(fixture_key(f, "ldevid-0").present);
	assert_false(fixture_key(f, "ldevid-0").enabled);
	assert_false(fixture_key(f, "ldevid-0").cert_enabled);
}

/* What cannot be taken out is told on, and can be taken out later. */
static void read_only_what_is_left_of_a_key_stays_told(void **state)
{
	static const char *const names[] = { "tls-0", "ldevid-0" };
	struct disk *d = *state;
	struct fixture *f = d->f;

	assert_rc(install(d, NULL), DEVID_OK);
	fixture_stop(f);
	remove_file(f, "tls-0.sealed");
	tempdir_write(&f->state, "ldevid-0.sealed", "rubbish", 7, 0600);
	fixture_start(f, false);
	small_disk_read_only(f->state.path, true);
	for (size_t i = 0; i < N_OF(names); i++) {
		assert_rc(module_delete(f->m, names[i], NULL), DEVID_ERR_IO);
		assert_string_not_equal(fixture_key(f, names[i]).why, "");
	}
	small_disk_read_only(f->state.path, false);
	for (size_t i = 0; i < N_OF(names); i++)
		assert_rc(module_delete(f->m, names[i], NULL), DEVID_OK);
	fixture_restart(f);
	assert_string_equal(fixture_warnings, "");
}

/* Deleted, and a copy of before put back beside what the deletion left: which
 * of both is meant, nobody knows.
 * covers: OWN-state-half */
static void sealed_key_beside_its_deletion_told_and_not_used(void **state)
{
	struct disk *d = *state;
	struct fixture *f = d->f;

	assert_rc(module_enable(f->m, "ldevid-0", true, NULL), DEVID_OK);
	fixture_stop(f);
	put(f, "ldevid-0.gone", "ldevid-0.sealed");
	for (int start = 0; start < 2; start++) {
		fixture_start(f, false);
		assert_non_null(strstr(fixture_warnings,
			"ldevid-0.gone is there beside .sealed: the state "
			"folder was restored in part"));
		assert_false(fixture_has_key(f, "ldevid-0"));
		assert_true(fixture_file_exists(f, "ldevid-0.enabled"));
		idevid_signs(f);
		fixture_stop(f);
	}
	/* Taking the order to delete away brings it back as it was. */
	remove_file(f, "ldevid-0.gone");
	fixture_start(f, false);
	assert_string_equal(fixture_warnings, "");
	assert_true(fixture_key(f, "ldevid-0").enabled);
	fixture_stop(f);
	put(f, "ldevid-0.gone", NULL);
	fixture_start(f, false);
	assert_rc(module_delete(f->m, "ldevid-0", NULL), DEVID_OK);
	assert_false(fixture_file_exists(f, "ldevid-0.gone"));
	assert_false(fixture_file_exists(f, "ldevid-0.sealed"));
	fixture_restart(f);
	assert_string_equal(fixture_warnings, "");
	make(f, "ldevid-0");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, disk_setup, disk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(full_each_change_told_and_nothing_changes),
		CASE(read_only_each_change_told_and_nothing_changes),
		CASE(full_erasure_makes_its_own_room),
		CASE(full_idevid_certificate_is_in_the_tpm),
		CASE(full_idevid_certificate_on_the_disk_alone_is_refused),
		CASE(sealed_key_of_a_newer_release_told_and_stays),
		CASE(certificate_without_its_sealed_key_told),
		CASE(sealed_key_without_its_certificate_is_not_certified),
		CASE(ldevid_without_its_marks_is_disabled),
		CASE(read_only_what_is_left_of_a_key_stays_told),
		CASE(sealed_key_beside_its_deletion_told_and_not_used),
	};

	if (!small_disk_begin())
		return 1;
	return cmocka_run_group_tests_name("module-disk", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* One key has one name in the DevID module, on a real TPM: under a second one
 * it would sign while the first is disabled, and for the purposes of both. */
#include "cmocka-all.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "module-fixture.h"
#include "tpm-handle.h"
#include "tpm-sealed.h"

static void make(struct fixture *f, const char *name, enum key_alg alg)
{
	struct devid_error err = { DEVID_OK, "" };

	if (module_create(f->m, name, alg, false, &err) != DEVID_OK)
		fail_msg("create: %s", err.text);
}

struct file {
	uint8_t *data; /* owned */
	size_t len;
};

static struct file read_file(struct fixture *f, const char *name)
{
	struct file ret = { NULL, 0 };

	assert_rc(files_read(tempdir_file(&f->state, name), 8192, &ret.data,
			  &ret.len, NULL),
		DEVID_OK);
	return ret;
}

static void copy_file(struct fixture *f, const char *from, const char *to)
{
	struct file file = read_file(f, from);

	tempdir_write(&f->state, to, file.data, file.len, 0600);
	free(file.data);
}

static void warned(const char *what)
{
	if (!strstr(fixture_warnings, what))
		fail_msg("%s: not in: %s", what, fixture_warnings);
}

/* covers: OWN-one-name OWN-role-purpose */
static void sealed_key_copied_under_another_name_not_used(void **state)
{
	struct fixture *f = *state;
	struct certs_node cert;
	struct key_blob spki;

	make(f, "tls-0", KEY_ALG_P256);
	spki = fixture_key(f, "tls-0").spki;
	cert = fixture_certify(f, &spki, 0);
	assert_rc(module_install(f->m, "tls-0",
			  (struct view) { cert.der.data, cert.der.len }, false,
			  NULL),
		DEVID_OK);
	certs_done(&cert);
	assert_rc(module_persist(f->m, "tls-0", true, NULL), DEVID_OK);
	fixture_stop(f);
	copy_file(f, "tls-0.sealed", "eap-0.sealed");
	copy_file(f, "tls-0.pem", "eap-0.pem");
	fixture_start(f, false);
	warned("eap-0: sealed key not used: sealed key: is the key tls-0, not "
	       "eap-0");
	assert_int_equal(fixture_key(f, "eap-0").alg, KEY_ALG_NONE);
	assert_true(fixture_key(f, "tls-0").present);
	/* The copies go; the key stays as it is, also in the TPM. */
	assert_rc(module_delete(f->m, "eap-0", NULL), DEVID_OK);
	fixture_restart(f);
	assert_string_equal(fixture_warnings, "");
	assert_true(fixture_key(f, "tls-0").persistent);
}

/* By somebody who knows the form of the record. */
static void rename_record(
	struct fixture *f, const char *from, const char *to, enum key_id id)
{
	struct file file = read_file(f, from);
	uint8_t buf[KEY_SEALED_MAX];
	struct room out = { buf, sizeof(buf), 0 };
	struct tpm_sealed key;

	assert_rc(tpm_sealed_parse(
			  (struct view) { file.data, file.len }, &key, NULL),
		DEVID_OK);
	key.id = id;
	assert_rc(tpm_sealed_encode(&key, &out, NULL), DEVID_OK);
	tempdir_write(&f->state, to, buf, out.len, 0600);
	free(file.data);
}

/* covers: OWN-one-name */
static void sealed_key_renamed_serves_under_one_name(void **state)
{
	struct fixture *f = *state;
	enum key_id eap = (enum key_id)N_KEYS;

	assert_true(key_id_by_name("eap-0", &eap));
	make(f, "tls-0", KEY_ALG_P256);
	fixture_stop(f);
	rename_record(f, "tls-0.sealed", "eap-0.sealed", eap);
	fixture_start(f, false);
	warned("tls-0: sealed key not used: tls-0: eap-0 is the same key");
	assert_int_equal(fixture_key(f, "tls-0").alg, KEY_ALG_NONE);
	assert_true(fixture_key(f, "eap-0").present);
	assert_rc(module_delete(f->m, "eap-0", NULL), DEVID_OK);
	fixture_restart(f);
	assert_true(fixture_key(f, "tls-0").present);
}

static bool is_taken(struct fixture *f, uint32_t at)
{
	struct tpm *conn = NULL;
	bool found = false;

	fixture_stop(f);
	assert_rc(tpm_open(f->tpm.tcti, &conn, NULL), DEVID_OK);
	assert_rc(tpm_handle_find(conn, at, &found, NULL), DEVID_OK);
	tpm_close(conn);
	fixture_start(f, false);
	return found;
}

/* Nothing is derived for it.
 * covers: OWN-one-name */
static void certificate_copied_under_another_name_derives_nothing(void **state)
{
	struct fixture *f = *state;
	struct certs_node leaf = fixture_provision(f, KEY_ALG_P256);

	fixture_stop(f);
	copy_file(f, "idevid.pem", "idevid-1.pem");
	fixture_start(f, false);
	warned("idevid-1: not usable: idevid-1: idevid is the same key");
	assert_false(fixture_key(f, "idevid-1").present);
	assert_false(is_taken(f, 0x81020010));
	assert_rc(module_init(f->m, NULL), DEVID_OK);
	assert_true(fixture_key(f, "idevid").present);
	assert_false(fixture_key(f, "idevid-1").present);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
	certs_done(&leaf);
}

/* By other tools, at the place of the second pair.
 * covers: OWN-one-name */
static void key_at_a_second_place_not_used(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct module_sign what = fixture_tls13_request(KEY_ALG_P256);
	struct purpose_verdict verdict;
	enum key_id id = KEY_IDEVID;

	fixture_create(f, KEY_ALG_P256);
	fixture_stop(f);
	assert_true(key_id_by_name("idevid-1", &id));
	(void)swtpm_provision(&f->tpm, id, KEY_ALG_P256, UNIQUE_X_AND_Y);
	fixture_start(f, false);
	warned("idevid-1: not usable: idevid-1: idevid is the same key");
	what.key = "idevid-1";
	assert_rc(module_sign_purpose(f->m, &what, &verdict, &err),
		DEVID_ERR_NOT_FOUND);
	assert_rc(fixture_sign(f, KEY_ALG_P256, NULL), DEVID_OK);
}

/* A pair without certificates is known to nobody but the TPM, which was not
 * there at the start.
 * covers: OWN-one-name */
static void pair_without_certificates_found_when_the_tpm_comes(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	make(f, "idevid-1", KEY_ALG_P384);
	fixture_stop(f);
	swtpm_stop(&f->tpm);
	fixture_start(f, false);
	assert_int_equal(fixture_key(f, "idevid-1").alg, KEY_ALG_NONE);
	swtpm_start(&f->tpm);
	assert_rc(module_create(f->m, "idevid-2", KEY_ALG_P384, false, &err),
		DEVID_ERR_KEY_EXISTS);
	assert_cause(&err, "the p384 key is idevid-1");
	assert_rc(module_init(f->m, NULL), DEVID_OK);
	assert_int_equal(fixture_key(f, "idevid-1").alg, KEY_ALG_P384);
	assert_true(fixture_key(f, "iak-1").present);
	assert_int_equal(fixture_key(f, "idevid-2").alg, KEY_ALG_NONE);
	assert_false(is_taken(f, 0x81020020));
}

/* The first look at it fails.
 * covers: OWN-one-name */
static void pair_missed_at_the_first_look_lets_none_be_made(void **state)
{
	struct fixture *f = *state;

	make(f, "idevid-1", KEY_ALG_P384);
	fixture_stop(f);
	swtpm_stop(&f->tpm);
	fixture_start(f, true);
	swtpm_start(&f->tpm);
	swtpm_set_fault(&f->tpm, "once 173 rc 101\n"); /* ReadPublic */
	assert_rc(module_create(f->m, "idevid-2", KEY_ALG_P384, false, NULL),
		DEVID_ERR_KEY_EXISTS);
	swtpm_set_fault(&f->tpm, "173 rc 101\n");
	fixture_stop(f);
	fixture_start(f, true);
	assert_rc(module_create(f->m, "idevid-2", KEY_ALG_P384, false, NULL),
		DEVID_ERR_TPM_FAILURE);
	swtpm_set_fault(&f->tpm, NULL);
	assert_false(is_taken(f, 0x81020020));
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(sealed_key_copied_under_another_name_not_used),
		CASE(sealed_key_renamed_serves_under_one_name),
		CASE(certificate_copied_under_another_name_derives_nothing),
		CASE(key_at_a_second_place_not_used),
		CASE(pair_without_certificates_found_when_the_tpm_comes),
		CASE(pair_missed_at_the_first_look_lets_none_be_made),
	};

	return cmocka_run_group_tests_name("module-names", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates in the NV memory of a real TPM, through its keystore. */
#include "cmocka-all.h"

#include <stdbool.h>
#include <string.h>

#include "keystore-fixture.h"
#include "tpm-handle.h"
#include "tpm-nv.h"

static bool same(const struct key_blob *a, const struct key_blob *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* A DER SEQUENCE of @len bytes in all, filled with @fill. */
static struct key_blob make_cert(size_t len, uint8_t fill)
{
	struct key_blob b = { .len = len };

	memset(b.data, fill, len);
	b.data[0] = 0x30;
	b.data[1] = 0x82;
	b.data[2] = (uint8_t)((len - 4) >> 8);
	b.data[3] = (uint8_t)(len - 4);
	return b;
}

static struct key_blob make_blob(const void *data, size_t len)
{
	struct key_blob b = { .len = len };

	memcpy(b.data, data, len);
	return b;
}

static enum devid_err write_cert(
	struct keystore_fixture *f, const struct key_blob *der)
{
	return f->ks->ops->cert_write(f->ks, KEY_IDEVID, der, NULL);
}

static enum devid_err may_write(struct keystore_fixture *f,
	const struct key_blob *der, struct devid_error *err)
{
	return f->ks->ops->cert_writable(f->ks, KEY_IDEVID, der, err);
}

static enum devid_err read_cert(
	struct keystore_fixture *f, struct key_blob *ret)
{
	return f->ks->ops->cert_read(f->ks, KEY_IDEVID, ret, NULL);
}

/* covers: PCCLIENT-nv */
static void cert_every_size_written_and_read_back(void **state)
{
	static const size_t sizes[] = { 300, 512, 513, 1024, 1025,
		KEY_CERT_MAX };
	struct keystore_fixture *f = *state;

	for (size_t i = 0; i < N_OF(sizes); i++) {
		struct key_blob in = make_cert(sizes[i], 0x5a), out;

		assert_rc(write_cert(f, &in), DEVID_OK);
		assert_rc(read_cert(f, &out), DEVID_OK);
		assert_true(same(&in, &out));
		/* A new TPM for the next one: this index is locked for good. */
		keystore_fixture_close(f);
		swtpm_free(&f->tpm);
		swtpm_new(&f->tpm);
		keystore_fixture_open(f, false);
	}
}

/* Others have filled it: that is told apart, for what is above a leaf may
 * stay on the disk. */
static void cert_no_room_in_nv_too_large(void **state)
{
	struct keystore_fixture *f = *state;
	struct key_blob in = make_cert(300, 0x5a);
	struct devid_error err = { DEVID_OK, "" };

	keystore_fixture_close(f);
	swtpm_set_fault(&f->tpm, "0000012a rc 0000014b"); /* NV_DefineSpace */
	keystore_fixture_open(f, true);
	assert_rc(f->ks->ops->cert_write(f->ks, KEY_IDEVID, &in, &err),
		DEVID_ERR_TOO_LARGE);
	assert_cause(&err, "no room in NV for 300 bytes at 0x01c90200");
	assert_rc(f->ks->ops->issuers_write(f->ks, KEY_IDEVID, &in, NULL),
		DEVID_ERR_TOO_LARGE);
}

static void cert_absent_not_found(void **state)
{
	struct key_blob out;

	assert_rc(read_cert(*state, &out), DEVID_ERR_NOT_FOUND);
}

static void cert_same_again_is_no_error(void **state)
{
	struct key_blob in = make_cert(700, 0x5a);
	struct keystore_fixture *f = *state;
	size_t writes;

	assert_rc(write_cert(f, &in), DEVID_OK);
	writes = swtpm_count(&f->tpm, CC_NV_WRITE);
	assert_rc(write_cert(f, &in), DEVID_OK);
	assert_int_equal(swtpm_count(&f->tpm, CC_NV_WRITE), writes);
}

/* covers: PCCLIENT-nv */
static void cert_another_over_locked_exists_and_old_stays(void **state)
{
	struct key_blob in = make_cert(700, 0x5a), out;
	struct key_blob other = make_cert(700, 0x5b);
	struct keystore_fixture *f = *state;

	assert_rc(write_cert(f, &in), DEVID_OK);
	assert_rc(write_cert(f, &other), DEVID_ERR_EXISTS);
	other = make_cert(300, 0x5a);
	assert_rc(write_cert(f, &other), DEVID_ERR_EXISTS);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	assert_rc(write_cert(f, &other), DEVID_ERR_EXISTS);
	assert_rc(read_cert(f, &out), DEVID_OK);
	assert_true(same(&in, &out));
}

static void cert_too_large_or_empty_refused(void **state)
{
	struct key_blob in = make_cert(700, 0);

	in.len = 0;
	assert_rc(write_cert(*state, &in), DEVID_ERR_TOO_LARGE);
	in.len = KEY_CERT_MAX + 1;
	assert_rc(write_cert(*state, &in), DEVID_ERR_TOO_LARGE);
}

/* The connection breaks at each command of the write in turn; what is then
 * there is nothing or all, never a mixture, and writing again heals it. */
static void cert_write_interrupted_anywhere_healed(void **state)
{
	static const char *const faults[] = {
		"once 0000012a hangup", /* NV_DefineSpace */
		"once 0000012a lost",
		"once 00000137 lost",   /* NV_Write, the first one */
		"once 00000138 hangup", /* NV_WriteLock */
		"once 00000138 lost",
	};
	struct key_blob in = make_cert(1300, 0x5a), out;
	struct keystore_fixture *f = *state;

	for (size_t i = 0; i < N_OF(faults); i++) {
		struct keystore *ks;
		enum devid_err rc;

		keystore_fixture_close(f);
		swtpm_free(&f->tpm);
		swtpm_new(&f->tpm);
		keystore_fixture_open(f, true);
		swtpm_set_fault(&f->tpm, faults[i]);
		ks = f->ks; /* its first connection, so it is not retried */
		rc = write_cert(f, &in);
		assert_ptr_equal(ks, f->ks);
		assert_rc(rc, DEVID_ERR_TPM_ABSENT);
		rc = read_cert(f, &out);
		if (rc == DEVID_OK)
			assert_true(same(&in, &out));
		else
			assert_true(rc == DEVID_ERR_NOT_FOUND ||
				    rc == DEVID_ERR_SYNTAX);
		assert_rc(write_cert(f, &in), DEVID_OK);
		assert_rc(read_cert(f, &out), DEVID_OK);
		assert_true(same(&in, &out));
		in.data[20]++; /* now it is locked */
		assert_rc(write_cert(f, &in), DEVID_ERR_EXISTS);
		in.data[20]--;
	}
}

/* What others have at the index of the certificate. */
static void cert_over_foreign_data_exists_and_they_stay(void **state)
{
	static const char note[] = "a note of the board's maker";
	const struct {
		TPM2_HANDLE index;
		struct key_blob data;
	} foreign[] = {
		{ 0x01c90200, make_cert(700, 0x5b) }, /* whole, not locked */
		{ 0x01c90200, make_blob(note, sizeof(note)) },
		{ 0x01c90201, make_blob(note, sizeof(note)) },
	};
	struct key_blob in = make_cert(700, 0x5a);
	struct keystore_fixture *f = *state;

	for (size_t i = 0; i < N_OF(foreign); i++) {
		struct devid_error err = { DEVID_OK, "" };
		const struct key_blob *data = &foreign[i].data;
		bool leaf = foreign[i].index == 0x01c90200;
		const struct keystore_ops *ops = f->ks->ops;

		keystore_fixture_close(f);
		swtpm_nv_write(
			&f->tpm, foreign[i].index, data->data, data->len);
		keystore_fixture_open(f, false);
		assert_rc((leaf ? ops->cert_write : ops->issuers_write)(
				  f->ks, KEY_IDEVID, &in, &err),
			DEVID_ERR_EXISTS);
		assert_cause(&err, leaf ? "0x01c90200 holds" : "0x01c90201");
		keystore_fixture_close(f);
		swtpm_nv_equals(
			&f->tpm, foreign[i].index, data->data, data->len);
		swtpm_nv_remove(&f->tpm, foreign[i].index);
		keystore_fixture_open(f, false);
	}
	assert_rc(write_cert(f, &in), DEVID_OK);
}

/* The question is answered as the write would end, and changes nothing. */
static void cert_writable_says_what_write_would(void **state)
{
	static const char note[] = "a note of the board's maker";
	const struct key_blob foreign[] = { make_cert(700, 0x5b),
		make_blob(note, sizeof(note)) };
	struct key_blob in = make_cert(700, 0x5a), unfinished = in;
	struct keystore_fixture *f = *state;

	for (size_t i = 0; i < N_OF(foreign); i++) {
		struct devid_error err = { DEVID_OK, "" };

		keystore_fixture_close(f);
		swtpm_nv_write(
			&f->tpm, 0x01c90200, foreign[i].data, foreign[i].len);
		keystore_fixture_open(f, false);
		assert_rc(may_write(f, NULL, &err), DEVID_ERR_EXISTS);
		assert_cause(&err, "0x01c90200 holds");
		devid_error_clear(&err);
		assert_rc(may_write(f, &in, &err), DEVID_ERR_EXISTS);
		assert_cause(&err, "0x01c90200 holds");
	}
	memset(unfinished.data, 0xff, 512);
	keystore_fixture_close(f);
	swtpm_nv_write(&f->tpm, 0x01c90200, unfinished.data, unfinished.len);
	keystore_fixture_open(f, false);
	assert_rc(may_write(f, NULL, NULL), DEVID_OK);
	keystore_fixture_close(f);
	swtpm_nv_equals(&f->tpm, 0x01c90200, unfinished.data, unfinished.len);
	keystore_fixture_open(f, false);
	assert_rc(write_cert(f, &in), DEVID_OK);
	assert_rc(may_write(f, &in, NULL), DEVID_OK);
	assert_rc(may_write(f, NULL, NULL), DEVID_ERR_EXISTS);
}

/* What is locked and no certificate is not told as one. */
static void cert_over_locked_note_names_it(void **state)
{
	static const char note[] = "a note of the board's maker";
	struct key_blob locked = make_blob(note, sizeof(note));
	struct key_blob in = make_cert(700, 0x5a);
	struct devid_error err = { DEVID_OK, "" };
	struct keystore_fixture *f = *state;

	assert_rc(write_cert(f, &locked), DEVID_OK);
	assert_rc(f->ks->ops->cert_write(f->ks, KEY_IDEVID, &in, &err),
		DEVID_ERR_EXISTS);
	assert_cause(&err, "0x01c90200 holds 28 bytes that devid did not");
}

static void expect_unwritten(struct keystore_fixture *f, const char *cause)
{
	struct key_blob in = make_cert(700, 0x5a);
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(may_write(f, NULL, &err), DEVID_ERR_EXISTS);
	assert_cause(&err, cause);
	devid_error_clear(&err);
	assert_rc(f->ks->ops->cert_write(f->ks, KEY_IDEVID, &in, &err),
		DEVID_ERR_EXISTS);
	assert_cause(&err, cause);
}

/* Nor is what is locked and was never written, nor what others made. */
static void cert_over_unwritten_index_of_others_names_it(void **state)
{
	struct keystore_fixture *f = *state;

	keystore_fixture_close(f);
	swtpm_nv_lock_unwritten(&f->tpm, 0x01c90200, 700);
	keystore_fixture_open(f, false);
	expect_unwritten(f, "0x01c90200 is locked and was never written");
	keystore_fixture_close(f);
	swtpm_nv_remove(&f->tpm, 0x01c90200);
	swtpm_nv_define_owned(&f->tpm, 0x01c90200, 700);
	keystore_fixture_open(f, false);
	expect_unwritten(f, "0x01c90200 is not devid's and was never written");
}

/* As a TPM's vendor may leave it: the certificate, and padding behind it. */
static void cert_same_with_padding_is_no_error(void **state)
{
	struct key_blob in = make_cert(700, 0x5a), padded = in;
	struct keystore_fixture *f = *state;

	padded.len += 60;
	memset(padded.data + in.len, 0xff, 60);
	keystore_fixture_close(f);
	swtpm_nv_write(&f->tpm, 0x01c90200, padded.data, padded.len);
	keystore_fixture_open(f, false);
	assert_rc(write_cert(f, &in), DEVID_OK);
	keystore_fixture_close(f);
	swtpm_close_platform(&f->tpm);
	keystore_fixture_open(f, false);
	assert_rc(may_write(f, &in, NULL), DEVID_OK); /* it was locked */
}

static void issuers_replaced_by_others(void **state)
{
	struct key_blob one = make_cert(700, 0x5a), two = make_cert(900, 0x5b);
	struct keystore_fixture *f = *state;
	struct key_blob out;

	assert_rc(f->ks->ops->issuers_write(f->ks, KEY_IAK, &one, NULL),
		DEVID_OK);
	assert_rc(f->ks->ops->issuers_write(f->ks, KEY_IAK, &two, NULL),
		DEVID_OK);
	assert_rc(
		f->ks->ops->issuers_read(f->ks, KEY_IAK, &out, NULL), DEVID_OK);
	assert_true(same(&two, &out));
}

static void cert_writable_while_platform_is_open(void **state)
{
	struct keystore_fixture *f = *state;
	size_t room = 0;

	assert_rc(may_write(f, NULL, NULL), DEVID_OK);
	assert_rc(f->ks->ops->cert_room(f->ks, &room, NULL), DEVID_OK);
	assert_int_equal(room, 2048); /* as swtpm says */
}

static void cert_platform_closed_denied_with_reason(void **state)
{
	struct key_blob in = make_cert(700, 0x5a);
	struct devid_error err = { DEVID_OK, "" };
	struct keystore_fixture *f = *state;

	keystore_fixture_close(f);
	swtpm_close_platform(&f->tpm);
	keystore_fixture_open(f, false);
	assert_rc(f->ks->ops->cert_write(f->ks, KEY_IDEVID, &in, &err),
		DEVID_ERR_DENIED);
	assert_cause(&err, "platform hierarchy is closed");
	devid_error_clear(&err);
	assert_rc(may_write(f, NULL, &err), DEVID_ERR_DENIED);
	assert_cause(&err, "certificate_in_nv");
}

/* A TPM need not have the command that is asked with; what needs the hierarchy
 * then says how it is. */
static void cert_writable_without_clock_rate_adjust(void **state)
{
	const size_t len[N_MAKER_KEYS] = { 300, 300 };
	struct devid_error err = { DEVID_OK, "" };
	struct keystore_fixture *f = *state;

	keystore_fixture_close(f);
	swtpm_close_platform(&f->tpm);
	swtpm_set_fault(&f->tpm, "00000130 rc 00000143"); /* ClockRateAdjust */
	keystore_fixture_open(f, true);
	assert_rc(may_write(f, NULL, NULL), DEVID_OK);
	assert_rc(f->ks->ops->certs_fit(f->ks, len, &err), DEVID_ERR_DENIED);
	assert_cause(&err, "platform hierarchy is closed");
}

static enum devid_err fit(struct keystore_fixture *f, size_t idevid, size_t iak)
{
	const size_t len[N_MAKER_KEYS] = { idevid, iak };

	return f->ks->ops->certs_fit(f->ks, len, NULL);
}

static void nothing_is_there(struct keystore_fixture *f)
{
	struct tpm *conn = NULL;

	assert_rc(tpm_open(f->tpm.tcti, &conn, NULL), DEVID_OK);
	for (int id = 0; id < N_MAKER_ROLES; id++) {
		bool found = true;

		assert_rc(tpm_handle_find(
				  conn, conn->places.nv[id], &found, NULL),
			DEVID_OK);
		assert_false(found);
	}
	tpm_close(conn);
}

/* The trial leaves nothing, and takes away what an interruption left. */
static void certs_fit_leaves_nothing(void **state)
{
	struct key_blob unfinished = make_cert(700, 0x5a);
	struct keystore_fixture *f = *state;

	memset(unfinished.data, 0xff, 512);
	assert_rc(fit(f, 0, 0), DEVID_OK);
	keystore_fixture_close(f);
	nothing_is_there(f);
	swtpm_nv_write(&f->tpm, 0x01c90200, unfinished.data, unfinished.len);
	keystore_fixture_open(f, false);
	assert_rc(fit(f, 1536, 1536), DEVID_OK);
	assert_rc(fit(f, KEY_CERT_MAX, 0), DEVID_OK);
	assert_rc(fit(f, 0, KEY_CERT_MAX + 1), DEVID_ERR_TOO_LARGE);
	keystore_fixture_close(f);
	nothing_is_there(f);
	keystore_fixture_open(f, false);
}

/* Wherever the connection broke, asking again heals it. */
static void certs_fit_interrupted_anywhere_healed(void **state)
{
	static const char *const faults[] = {
		"once 0000012a hangup", /* NV_DefineSpace */
		"once 0000012a lost",
		"once 00000122 hangup", /* NV_UndefineSpace */
		"once 00000122 lost",
	};
	struct keystore_fixture *f = *state;

	for (size_t i = 0; i < N_OF(faults); i++) {
		keystore_fixture_close(f);
		keystore_fixture_open(f, true);
		swtpm_set_fault(&f->tpm, faults[i]);
		assert_rc(fit(f, 300, 300), DEVID_ERR_TPM_ABSENT);
		assert_rc(fit(f, 300, 300), DEVID_OK);
		keystore_fixture_close(f);
		nothing_is_there(f);
		keystore_fixture_open(f, false);
	}
}

/* A TPM whose indices are smaller than a certificate may be. */
static void certs_fit_above_largest_index_too_large(void **state)
{
	const size_t len[N_MAKER_KEYS] = { 1536, 1536 };
	struct devid_error err = { DEVID_OK, "" };
	struct keystore_fixture *f = *state;
	struct tpm *conn = NULL;

	keystore_fixture_close(f);
	assert_rc(tpm_open(f->tpm.tcti, &conn, NULL), DEVID_OK);
	conn->nv_index_max = 1535;
	conn->nv_buffer_max = 1024;
	assert_rc(tpm_nv_check_room(conn, len, &err), DEVID_ERR_TOO_LARGE);
	assert_cause(&err, "certificate of 1536 bytes, at most 1535 fit an NV");
	conn->nv_index_max = 1536;
	assert_rc(tpm_nv_check_room(conn, len, NULL), DEVID_OK);
	tpm_close(conn);
	keystore_fixture_open(f, false);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
		f, keystore_fixture_setup, keystore_fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(cert_every_size_written_and_read_back),
		CASE(cert_no_room_in_nv_too_large),
		CASE(cert_absent_not_found),
		CASE(cert_same_again_is_no_error),
		CASE(cert_another_over_locked_exists_and_old_stays),
		CASE(cert_too_large_or_empty_refused),
		CASE(cert_write_interrupted_anywhere_healed),
		CASE(cert_over_foreign_data_exists_and_they_stay),
		CASE(cert_writable_says_what_write_would),
		CASE(cert_over_locked_note_names_it),
		CASE(cert_over_unwritten_index_of_others_names_it),
		CASE(cert_same_with_padding_is_no_error),
		CASE(issuers_replaced_by_others),
		CASE(cert_writable_while_platform_is_open),
		CASE(cert_platform_closed_denied_with_reason),
		CASE(cert_writable_without_clock_rate_adjust),
		CASE(certs_fit_leaves_nothing),
		CASE(certs_fit_interrupted_anywhere_healed),
		CASE(certs_fit_above_largest_index_too_large),
	};

	return cmocka_run_group_tests_name("keystore-nv", tests, NULL, NULL);
}

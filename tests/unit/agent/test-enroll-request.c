/* SPDX-License-Identifier: Apache-2.0 */
/* The request that is kept, also over a kill and a power cut at each call. */
#include "cmocka-all.h"

#include <stdio.h>
#include <string.h>

#include "certs.h"
#include "crash-fixture.h"
#include "enroll-request.h"
#include "enroll-result.h"
#include "files.h"
#include "ldevid-csr.h"

static X509 *idevid;
static EVP_PKEY *key;
static struct key_blob spki;
static struct blob csr;

static int setup(void **state)
{
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node node = certs_sign(&spec, certs_key("P-256"), NULL);
	struct ldevid_csr what = { .idevid = certs_x509(&node) };
	uint8_t *der = NULL;
	int len;

	(void)state;
	idevid = what.idevid;
	certs_done(&node);
	key = certs_key("P-256");
	len = i2d_PUBKEY(key, &der);
	assert_true(len > 0 && (size_t)len <= sizeof(spki.data));
	memcpy(spki.data, der, (size_t)len);
	spki.len = (size_t)len;
	OPENSSL_free(der);
	assert_rc(ldevid_csr_write(&what, key, &csr, NULL), DEVID_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	X509_free(idevid);
	EVP_PKEY_free(key);
	blob_done(&csr);
	return 0;
}

static void kept_is_found_again_for_its_key(void **state)
{
	struct tempdir dir = tempdir_new();
	struct key_blob other = spki;
	struct blob out = { NULL, 0 };

	(void)state;
	assert_rc(enroll_request_load(dir.path, &spki, &out, NULL),
		DEVID_ERR_NOT_FOUND);
	assert_rc(
		enroll_request_save(dir.path, blob_view(&csr), NULL), DEVID_OK);
	assert_rc(enroll_request_load(dir.path, &spki, &out, NULL), DEVID_OK);
	assert_true(view_equal(blob_view(&out), blob_view(&csr)));
	blob_done(&out);
	/* for another key it serves nobody */
	other.data[other.len - 1] ^= 1;
	assert_rc(enroll_request_load(dir.path, &other, &out, NULL),
		DEVID_ERR_NOT_FOUND);
	assert_int_equal(tempdir_count(&dir), 0);
	tempdir_remove(&dir);
}

static void kept_in_pieces_is_removed(void **state)
{
	struct tempdir dir = tempdir_new();
	struct blob out = { NULL, 0 };

	(void)state;
	for (size_t len = 0; len < csr.len; len += 17) {
		assert_rc(enroll_request_save(dir.path,
				  (struct view) { csr.data, len }, NULL),
			DEVID_OK);
		assert_rc(enroll_request_load(dir.path, &spki, &out, NULL),
			DEVID_ERR_NOT_FOUND);
		assert_int_equal(tempdir_count(&dir), 0);
	}
	assert_rc(enroll_request_forget(dir.path, NULL), DEVID_OK);
	tempdir_remove(&dir);
}

static void key_type_is_followed_where_it_can_be(void **state)
{
	struct csrattrs attrs = { .key = KEY_ALG_NONE };

	(void)state;
	assert_int_equal(
		enroll_request_key_type(&attrs, KEY_ALG_P256), KEY_ALG_P256);
	attrs.key = KEY_ALG_P384;
	assert_int_equal(
		enroll_request_key_type(&attrs, KEY_ALG_P256), KEY_ALG_P384);
	attrs.key = KEY_ALG_RSA4096;
	assert_int_equal(
		enroll_request_key_type(&attrs, KEY_ALG_P256), KEY_ALG_P256);
}

/* ---- kills and power cuts ---- */

static const struct enroll_result pending = { .op = ENROLL_OP_ENROL,
	.end = ENROLL_PENDING,
	.has_retry_after = true,
	.retry_after = 30 };

static bool write_result(const char *dir)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%.90s/%s", dir, ENROLL_RESULT_NAME);
	return enroll_result_write(path, &pending, NULL) == DEVID_OK;
}

/* What a run leaves that is told to wait, and the one after it that is
 * refused. */
static bool work(const void *arg, const char *dir, int fd)
{
	(void)arg;
	return enroll_request_save(dir, blob_view(&csr), NULL) == DEVID_OK &&
	       crash_tell(fd, "kept") && write_result(dir) &&
	       crash_tell(fd, "told") &&
	       enroll_request_forget(dir, NULL) == DEVID_OK &&
	       crash_tell(fd, "forgotten");
}

/* The request is whole, or none; and it is there from when it was said to be
 * until it is taken away. The result is whole, or none. */
static void check_disk(const char *dir, const struct crash_told *told)
{
	struct blob out = { NULL, 0 };
	struct enroll_result result;
	char path[128];
	enum devid_err rc;
	bool there;

	(void)snprintf(
		path, sizeof(path), "%.90s/%s", dir, ENROLL_REQUEST_NAME);
	there = files_exists(path);
	rc = enroll_request_load(dir, &spki, &out, NULL);
	assert_int_equal(there, rc == DEVID_OK);
	blob_done(&out);
	if (told->n == 1)
		assert_true(there);
	if (told->n == 3)
		assert_false(there);
	(void)snprintf(path, sizeof(path), "%.90s/%s", dir, ENROLL_RESULT_NAME);
	rc = enroll_result_read(path, &result, NULL);
	if (told->n >= 2 || rc != DEVID_ERR_NOT_FOUND)
		assert_rc(rc, DEVID_OK);
}

static void ended_at_each_call_what_is_there_is_whole(void **state)
{
	struct crash_disks disks = { 0 };
	bool killed = true;
	unsigned at = 1;

	(void)state;
	for (; killed; at++) {
		const struct crash_run run = { .work = work, .kill_at = at };
		struct crash_told told = { .n = 0 };

		crash_disks_new(&disks);
		killed = crash_run(&run, disks.real, disks.shadow, &told);
		check_disk(disks.real, &told);
		check_disk(disks.shadow, &told);
		crash_told_done(&told);
	}
	assert_true(at > 8);
	crash_disks_done(&disks);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kept_is_found_again_for_its_key),
		cmocka_unit_test(kept_in_pieces_is_removed),
		cmocka_unit_test(key_type_is_followed_where_it_can_be),
		cmocka_unit_test(ended_at_each_call_what_is_there_is_whole),
	};

	(void)argc;
	crash_load_faults(argv);
	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A private key that is brought goes out of the process as the TPM has it
 * sealed and no other way: whatever is written, to a file, also one that is
 * removed again, or to the TPM, is looked through before it leaves. The
 * functions below are those that the libraries call as well.
 */
#include "cmocka-all.h"

#include <fcntl.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "module-fixture.h"
#include "pkcs8.h"
#include "rsa-keys.h"

/* As much of a private number as nothing else has by chance. */
#define PART 16

/* Private numbers of the key that is brought, from their front on, as they are
 * written and with their bytes turned round. */
static uint8_t secrets[8][PART];
static size_t n_secrets;
static unsigned n_leaks, n_files, n_sockets;

static bool has_secret(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < n_secrets; i++) {
		if (memmem(data, len, secrets[i], PART))
			return true;
	}
	return false;
}

static void look(int fd, const void *data, size_t len)
{
	struct stat st;

	if (fstat(fd, &st) == 0) {
		n_files += S_ISREG(st.st_mode);
		n_sockets += S_ISSOCK(st.st_mode);
	}
	n_leaks += has_secret(data, len);
}

static void look_all(int fd, const struct iovec *part, size_t n)
{
	for (size_t i = 0; i < n; i++)
		look(fd, part[i].iov_base, part[i].iov_len);
}

#pragma GCC visibility push(default)

ssize_t write(int fd, const void *data, size_t len)
{
	look(fd, data, len);
	return syscall(SYS_write, fd, data, len);
}

ssize_t writev(int fd, const struct iovec *part, int n)
{
	look_all(fd, part, (size_t)n);
	return syscall(SYS_writev, fd, part, n);
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t at)
{
	look(fd, data, len);
	return syscall(SYS_pwrite64, fd, data, len, at);
}

ssize_t send(int fd, const void *data, size_t len, int flags)
{
	look(fd, data, len);
	return syscall(SYS_sendto, fd, data, len, flags, NULL, 0);
}

ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	look_all(fd, msg->msg_iov, msg->msg_iovlen);
	return syscall(SYS_sendmsg, fd, msg, flags);
}

#pragma GCC visibility pop

/* ---- the key ---- */

static void add_secret(const EVP_PKEY *key, const char *name)
{
	BIGNUM *number = NULL;
	uint8_t data[512];
	int len;

	if (EVP_PKEY_get_bn_param(key, name, &number) != 1)
		return;
	len = BN_bn2bin(number, data);
	assert_in_range(len, PART, sizeof(data));
	memcpy(secrets[n_secrets++], data, PART);
	for (size_t i = 0; i < PART; i++)
		secrets[n_secrets][i] = data[PART - 1 - i];
	n_secrets++;
	BN_clear_free(number);
}

static void know(const EVP_PKEY *key)
{
	n_secrets = 0;
	n_leaks = n_files = n_sockets = 0;
	add_secret(key, OSSL_PKEY_PARAM_PRIV_KEY); /* of EC */
	add_secret(key, OSSL_PKEY_PARAM_RSA_D);
	add_secret(key, OSSL_PKEY_PARAM_RSA_FACTOR1);
	add_secret(key, OSSL_PKEY_PARAM_RSA_FACTOR2);
	assert_true(n_secrets > 0);
}

static enum devid_err import(
	struct fixture *f, const char *name, EVP_PKEY *key, struct view chain)
{
	struct certs_buf p8 = pkcs8_of(key);
	const struct wire_import what = { { p8.data, p8.len }, chain };

	assert_true(has_secret(p8.data, p8.len)); /* it would be found */
	return module_import(f->m, name, &what, true, NULL);
}

/* ---- the cases ---- */

/* What looks through all that is written does so. */
static void secret_that_is_written_is_seen(void **state)
{
	EVP_PKEY *key = certs_key("P-256");
	int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct iovec part = { secrets[0], PART };

	(void)state;
	know(key);
	assert_int_equal(write(fd, secrets[0], PART), PART);
	assert_int_equal(writev(fd, &part, 1), PART);
	assert_int_equal(n_leaks, 2);
	(void)close(fd);
	EVP_PKEY_free(key);
}

/* covers: OWN-import-no-disk */
static void imported_key_leaves_sealed_only(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *keys[] = { certs_key("P-256"), certs_key("P-384"),
		rsa_keys_next(2048) };
	static const char *const names[] = { "eap-0", "tls-0", "tls-1" };

	for (size_t i = 0; i < N_OF(keys); i++) {
		know(keys[i]);
		assert_rc(
			import(f, names[i], keys[i], (struct view) { NULL, 0 }),
			DEVID_OK);
		assert_true(n_files > 0 && n_sockets > 0);
		assert_int_equal(n_leaks, 0);
		EVP_PKEY_free(keys[i]);
	}
}

/* Nor one that is refused, late.
 * covers: OWN-import-no-disk */
static void refused_key_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *key = certs_key("P-256");
	struct view other = { f->ca.der.data, f->ca.der.len };

	know(key);
	assert_rc(import(f, "eap-0", key, other), DEVID_ERR_MISMATCH);
	assert_int_equal(n_leaks, 0);
	EVP_PKEY_free(key);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secret_that_is_written_is_seen),
		CASE(imported_key_leaves_sealed_only),
		CASE(refused_key_leaves_nothing),
	};

	return cmocka_run_group_tests_name("module-import", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"

#include <pthread.h>

static const EVP_MD *sha256, *sha384, *sha512; /* owned by the process */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* What cannot be fetched fails where it is used. */
static const EVP_MD *fetch(const char *name, const EVP_MD *otherwise)
{
	const EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);

	return md ? md : otherwise;
}

static void fetch_all(void)
{
	sha256 = fetch("SHA256", EVP_sha256());
	sha384 = fetch("SHA384", EVP_sha384());
	sha512 = fetch("SHA512", EVP_sha512());
}

const EVP_MD *digest_sha256(void)
{
	(void)pthread_once(&once, fetch_all); /* cannot fail (POSIX) */
	return sha256;
}

const EVP_MD *digest_sha384(void)
{
	(void)pthread_once(&once, fetch_all);
	return sha384;
}

const EVP_MD *digest_sha512(void)
{
	(void)pthread_once(&once, fetch_all);
	return sha512;
}

bool digest_hash(const void *data, size_t len, uint8_t ret[32])
{
	return EVP_Digest(data, len, ret, NULL, digest_sha256(), NULL) == 1;
}

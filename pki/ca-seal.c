/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-seal.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ca-ticket.h"
#include "cleanup.h"
#include "digest.h"
#include "files.h"

CLEANUP_DEFINE(mac_ctx, EVP_MAC_CTX *, EVP_MAC_CTX_free)

static const char purpose[] = "devid-ca challenge";

/* What is sealed, at most: purpose, id, deadline, hash, station, ticket. */
#define MESSAGE_MAX                                                            \
	(sizeof(purpose) + CHALLENGE_ID_LEN + 8 + 32 + 1 + REGISTER_WHO_MAX +  \
		CA_TICKET_MAX)

/* A file that others could read is no secret. */
static enum devid_err check_mode(const char *path, struct devid_error *err)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", path, strerror(errno));
	if (st.st_mode & 077)
		return devid_fail(err, DEVID_ERR_DENIED,
			"%s: mode %04o: others than its owner may read it",
			path, (unsigned)(st.st_mode & 07777));
	return DEVID_OK;
}

static enum devid_err read_key(
	const char *path, uint8_t *ret, struct devid_error *err)
{
	uint8_t *data = NULL;
	enum devid_err rc;
	size_t len;

	rc = files_read(path, CA_SEAL_KEY_LEN + 1, &data, &len, err);
	if (rc != DEVID_OK)
		return rc;
	rc = check_mode(path, err);
	if (rc == DEVID_OK && len != CA_SEAL_KEY_LEN)
		rc = devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: %zu bytes, a key of challenges has %d", path, len,
			CA_SEAL_KEY_LEN);
	if (rc == DEVID_OK)
		memcpy(ret, data, CA_SEAL_KEY_LEN);
	OPENSSL_cleanse(data, len);
	free(data);
	return rc;
}

/* Writes @key to a file of its own and gives it the name @path, unless another
 * process was first: then the key is the one that is there. */
static enum devid_err publish_key(
	const char *path, const uint8_t *key, struct devid_error *err)
{
	CLEANUP(cleanup_free) char *temp = NULL;
	enum devid_err rc;

	if (asprintf(&temp, "%s.%d", path, (int)getpid()) < 0) {
		temp = NULL;
		return devid_fail(err, DEVID_ERR_NOMEM, "ca: no memory");
	}
	rc = files_write_atomic(temp, key, CA_SEAL_KEY_LEN, 0600, err);
	if (rc != DEVID_OK)
		return rc;
	if (link(temp, path) != 0 && errno != EEXIST)
		rc = devid_fail(
			err, DEVID_ERR_IO, "%s: %s", path, strerror(errno));
	/* Syncs the folder, and with it the new name. */
	if (rc == DEVID_OK)
		return files_remove(temp, err);
	(void)unlink(temp); /* the first error is told */
	return rc;
}

enum devid_err ca_seal_load(
	const char *path, uint8_t ret[CA_SEAL_KEY_LEN], struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	uint8_t key[CA_SEAL_KEY_LEN];
	enum devid_err rc = read_key(path, ret, &cause);

	if (rc == DEVID_OK)
		return DEVID_OK;
	if (rc != DEVID_ERR_NOT_FOUND)
		return devid_fail(err, rc, "%s", devid_error_text(&cause));
	if (RAND_priv_bytes(key, sizeof(key)) != 1)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "ca: no random numbers");
	rc = publish_key(path, key, err);
	OPENSSL_cleanse(key, sizeof(key));
	return rc == DEVID_OK ? read_key(path, ret, err) : rc;
}

/* Every field of a fixed or a stated length. */
static size_t write_message(
	const struct register_challenge *c, uint8_t message[MESSAGE_MAX])
{
	size_t station_len = strlen(c->station);
	uint8_t *p = message;

	memcpy(p, purpose, sizeof(purpose));
	p += sizeof(purpose);
	memcpy(p, c->id, sizeof(c->id));
	p += sizeof(c->id);
	for (int i = 7; i >= 0; i--)
		*p++ = (uint8_t)((uint64_t)c->deadline >> 8 * i);
	memcpy(p, c->secret_hash, sizeof(c->secret_hash));
	p += sizeof(c->secret_hash);
	*p++ = (uint8_t)station_len; /* below REGISTER_WHO_MAX */
	memcpy(p, c->station, station_len);
	p += station_len;
	memcpy(p, c->request, c->request_len);
	return (size_t)(p - message) + c->request_len;
}

enum devid_err ca_seal_make(const uint8_t key[CA_SEAL_KEY_LEN],
	const struct register_challenge *c, uint8_t ret[CA_SEAL_LEN],
	struct devid_error *err)
{
	CLEANUP(cleanup_mac_ctx)
	EVP_MAC_CTX *mac = digest_hmac_new(digest_sha256());
	uint8_t message[MESSAGE_MAX];
	size_t len;

	if (c->request_len > CA_TICKET_MAX)
		return devid_fail(err, DEVID_ERR_CRYPTO, "seal: too much");
	len = write_message(c, message);
	if (!mac ||
		!digest_hmac(mac, (struct der_view) { key, CA_SEAL_KEY_LEN },
			(struct der_view) { message, len }, ret, CA_SEAL_LEN))
		return devid_fail(err, DEVID_ERR_CRYPTO, "seal: no HMAC");
	return DEVID_OK;
}

enum devid_err ca_seal_open(const uint8_t key[CA_SEAL_KEY_LEN],
	struct register_challenge *c, struct devid_error *err)
{
	uint8_t want[CA_SEAL_LEN];
	enum devid_err rc = DEVID_ERR_MISMATCH;

	if (c->request_len > CA_SEAL_LEN &&
		c->request_len <= CA_TICKET_MAX + CA_SEAL_LEN) {
		c->request_len -= CA_SEAL_LEN;
		rc = ca_seal_make(key, c, want, err);
		if (rc != DEVID_OK)
			return rc;
		if (CRYPTO_memcmp(want, c->request + c->request_len,
			    sizeof(want)) == 0)
			return DEVID_OK;
	}
	return devid_fail(err, DEVID_ERR_MISMATCH,
		"answer: the record of its challenge was not made by a CA "
		"with this challenge_key");
}

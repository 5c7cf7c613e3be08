/* SPDX-License-Identifier: Apache-2.0 */
#include "ticket-seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "digest.h"
#include "fail.h"
#include "files.h"

static const char purpose[] = "devid-ca ticket";
static const char binding[] = "devid-ca register";

/* A file that others than its owner could read is no secret. */
static enum devid_err read_key(
	const char *path, uint8_t *ret, struct devid_error *err)
{
	struct blob file = { NULL, 0 };
	enum devid_err rc = files_read_secret(
		path, CA_SEAL_KEY_LEN + 1, S_IRWXG | S_IRWXO, &file, err);

	if (rc != DEVID_OK)
		return rc;
	if (file.len != CA_SEAL_KEY_LEN)
		rc = devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: %zu bytes, a key of challenges has %d", path,
			file.len, CA_SEAL_KEY_LEN);
	else
		memcpy(ret, file.data, CA_SEAL_KEY_LEN);
	OPENSSL_cleanse(file.data, file.len);
	blob_done(&file);
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
		return fail_with(err, rc, &cause);
	if (RAND_priv_bytes(key, sizeof(key)) != 1)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "ca: no random numbers");
	/* Another process may be first: then the key is the one there. */
	devid_error_clear(&cause);
	rc = files_create(path, key, sizeof(key), 0600, &cause);
	OPENSSL_cleanse(key, sizeof(key));
	return rc == DEVID_OK || rc == DEVID_ERR_EXISTS
		       ? read_key(path, ret, err)
		       : fail_with(err, rc, &cause);
}

static enum devid_err hmac(const uint8_t key[CA_SEAL_KEY_LEN],
	struct view message, uint8_t ret[CA_SEAL_LEN], struct devid_error *err)
{
	if (!digest_hmac(EVP_sha256(), (struct view) { key, CA_SEAL_KEY_LEN },
		    message, ret))
		return devid_fail(err, DEVID_ERR_CRYPTO, "seal: no HMAC");
	return DEVID_OK;
}

_Static_assert(CA_SEAL_LEN == CA_SEAL_KEY_LEN, "a seal can be a key");

enum devid_err ca_seal_bind(uint8_t key[CA_SEAL_KEY_LEN],
	const uint8_t secret[REGISTER_SECRET_LEN], struct devid_error *err)
{
	uint8_t message[sizeof(binding) + REGISTER_SECRET_LEN];
	uint8_t bound[CA_SEAL_LEN];
	enum devid_err rc;

	memcpy(message, binding, sizeof(binding));
	memcpy(message + sizeof(binding), secret, REGISTER_SECRET_LEN);
	rc = hmac(key, (struct view) { message, sizeof(message) }, bound, err);
	if (rc == DEVID_OK)
		memcpy(key, bound, sizeof(bound));
	OPENSSL_cleanse(bound, sizeof(bound));
	OPENSSL_cleanse(message, sizeof(message));
	return rc;
}

/* HMAC(key, purpose || id || ticket): the first two have fixed lengths. */
static enum devid_err seal(const uint8_t key[CA_SEAL_KEY_LEN],
	const uint8_t id[CHALLENGE_ID_LEN], struct view ticket,
	uint8_t ret[CA_SEAL_LEN], struct devid_error *err)
{
	uint8_t message[sizeof(purpose) + CHALLENGE_ID_LEN +
			CHALLENGE_TICKET_MAX];
	size_t len = sizeof(purpose) + CHALLENGE_ID_LEN;

	memcpy(message, purpose, sizeof(purpose));
	memcpy(message + sizeof(purpose), id, CHALLENGE_ID_LEN);
	memcpy(message + len, ticket.data, ticket.len);
	return hmac(key, (struct view) { message, len + ticket.len }, ret, err);
}

enum devid_err ca_seal_add(const uint8_t key[CA_SEAL_KEY_LEN],
	const uint8_t id[CHALLENGE_ID_LEN], struct challenge_ticket *ticket,
	struct devid_error *err)
{
	const struct view sealed = { ticket->data, ticket->len };
	enum devid_err rc;

	if (ticket->len > sizeof(ticket->data) - CA_SEAL_LEN)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"challenge: no room for the seal of its ticket");
	rc = seal(key, id, sealed, ticket->data + ticket->len, err);
	if (rc == DEVID_OK)
		ticket->len += CA_SEAL_LEN;
	return rc;
}

enum devid_err ca_seal_open(const uint8_t key[CA_SEAL_KEY_LEN],
	const uint8_t id[CHALLENGE_ID_LEN],
	const struct challenge_ticket *ticket, struct view *ret,
	struct devid_error *err)
{
	struct view sealed = { ticket->data, ticket->len };
	uint8_t want[CA_SEAL_LEN];
	enum devid_err rc;
	bool same;

	if (ticket->len > CA_SEAL_LEN && ticket->len <= sizeof(ticket->data)) {
		sealed.len -= CA_SEAL_LEN;
		rc = seal(key, id, sealed, want, err);
		if (rc != DEVID_OK)
			return rc;
		same = CRYPTO_memcmp(want, ticket->data + sealed.len,
			       sizeof(want)) == 0;
		OPENSSL_cleanse(want, sizeof(want)); /* a seal for who asked */
		if (same) {
			*ret = sealed;
			return DEVID_OK;
		}
	}
	return devid_fail(err, DEVID_ERR_NOT_FOUND,
		"answer: not to a challenge of a CA with this challenge_key");
}

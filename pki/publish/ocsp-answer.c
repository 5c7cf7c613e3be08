/* SPDX-License-Identifier: Apache-2.0 */
#include "ocsp-answer.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "build-ocsp.h"
#include "build-parts.h"
#include "ca-clock.h"
#include "cert-time.h"
#include "cleanup.h"
#include "fail.h"
#include "hex.h"
#include "ocsp.h"
#include "publish-private.h"
#include "rate.h"
#include "register-cert.h"

/* An unknown serial number may be issued the next minute. */
#define UNKNOWN_SECONDS 60

/* OCSPResponseStatus without anything to it */
#define STATUS_MALFORMED    1
#define STATUS_TRY_LATER    3
#define STATUS_UNAUTHORIZED 6

static enum devid_err answer_status(
	uint8_t status, struct ocsp_reply *ret, struct devid_error *err)
{
	const uint8_t der[] = { 0x30, 0x03, 0x0a, 0x01, status };

	return build_copy((struct view) { der, sizeof(der) }, &ret->der, err);
}

enum devid_err publish_issuer_hashes(const struct ca *ca, size_t len,
	uint8_t *ret_name, uint8_t *ret_key, struct devid_error *err)
{
	const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(ca->cert);
	const EVP_MD *md = len == 20 ? EVP_sha1() : EVP_sha256();
	unsigned n;

	if (!key ||
		X509_NAME_digest(X509_get_subject_name(ca->cert), md, ret_name,
			&n) != 1 ||
		EVP_Digest(ASN1_STRING_get0_data(key),
			(size_t)ASN1_STRING_length(key), ret_key, NULL, md,
			NULL) != 1)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"OCSP: the issuer's hashes cannot be made");
	return DEVID_OK;
}

enum devid_err responder_init(const struct ca *ca, int64_t now,
	struct responder *ret, struct devid_error *err)
{
	struct responder r = {
		.signer = ca->ocsp_signer ? ca->ocsp_signer : ca->signer,
		.cert = ca->ocsp_signer ? ca->ocsp_cert : NULL,
		.seconds = (int64_t)ca->conf->ocsp_hours * 3600,
	};
	const X509 *cert = ca->ocsp_signer ? ca->ocsp_cert : ca->cert;
	const ASN1_BIT_STRING *key = X509_get0_pubkey_bitstr(cert);

	if (!r.signer)
		return devid_fail(err, DEVID_ERR_STATE,
			"OCSP: no key to sign answers with");
	if (!key || !pki_time_seconds(X509_get0_notAfter(cert), &r.not_after) ||
		EVP_Digest(ASN1_STRING_get0_data(key),
			(size_t)ASN1_STRING_length(key), r.key_hash, NULL,
			EVP_sha1(), NULL) != 1)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"OCSP: the responder's certificate cannot be read");
	if (r.not_after <= now)
		return devid_fail(err, DEVID_ERR_STATE,
			"OCSP: the responder's certificate has expired");
	*ret = r;
	return DEVID_OK;
}

void publish_ocsp_name(const struct ca *ca, const struct register_cert *cert,
	char ret[PUBLISH_NAME_MAX])
{
	char what[2 * SERIAL_LEN + 16], serial[2 * SERIAL_LEN + 1];

	hex_encode(cert->serial, cert->serial_len, serial);
	(void)snprintf(what, sizeof(what), "ocsp-%s-%c", serial, /* fits */
		cert->state == REGISTER_REVOKED ? 'r' : 'g');
	publish_name(ca, what, ret);
}

enum devid_err publish_ocsp_sign(const struct responder *responder,
	const struct register_cert *cert, struct build_ocsp *what,
	struct blob *ret, struct devid_error *err)
{
	int64_t now = (int64_t)time(NULL), until;

	what->status = OCSP_GOOD;
	until = now + responder->seconds;
	if (!cert) {
		what->status = OCSP_UNKNOWN;
		until = now + UNKNOWN_SECONDS;
	} else if (cert->state == REGISTER_REVOKED) {
		what->status = OCSP_REVOKED;
		/* By a clock that was ahead: publish.c, end_times(). */
		what->when = cert->revoked_at < now ? cert->revoked_at : now;
		what->reason = cert->reason;
	}
	if (until > responder->not_after)
		until = responder->not_after;
	what->this_update = now;
	what->next_update = until;
	what->key_hash = responder->key_hash;
	return build_ocsp(responder->signer, responder->cert, what, ret, err);
}

/* Whether @req asks about a certificate of this CA. */
static enum devid_err is_ours(const struct ca *ca,
	const struct ocsp_request *req, bool *ret, struct devid_error *err)
{
	uint8_t name[32], key[32];
	enum devid_err rc =
		publish_issuer_hashes(ca, req->issuer_hash_len, name, key, err);

	if (rc == DEVID_OK)
		*ret = memcmp(name, req->issuer_name_hash,
			       req->issuer_hash_len) == 0 &&
		       memcmp(key, req->issuer_key_hash,
			       req->issuer_hash_len) == 0;
	return rc;
}

/* The row of the certificate asked about. */
struct known {
	bool found;
	struct register_cert cert; /* when found; without DER */
};

/* A number that cannot be ours is not looked for. */
static enum devid_err find_cert(struct ca *ca, const struct ocsp_request *req,
	struct known *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	ret->found = false;
	if (req->serial.len > SERIAL_LEN || req->serial.data[0] & 0x80)
		return DEVID_OK;
	rc = register_cert_by_serial(
		ca->reg, ca->issuer_hash, req->serial, &ret->cert, &cause);
	ret->found = rc == DEVID_OK;
	ret->cert.der = NULL; /* the next call on the register would end it */
	if (rc == DEVID_OK || rc == DEVID_ERR_NOT_FOUND)
		return DEVID_OK;
	return fail_with(err, rc, &cause);
}

/* The answer that was signed before, unless it is over or from the future;
 * leaves @ret empty when there is none. */
static enum devid_err get_stored(struct ca *ca,
	const struct register_cert *cert, int64_t now, struct ocsp_reply *ret,
	struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	char name[PUBLISH_NAME_MAX];
	struct register_blob stored;
	enum devid_err rc;

	publish_ocsp_name(ca, cert, name);
	rc = register_blob_get(ca->reg, name, &stored, &cause);
	if (rc == DEVID_ERR_NOT_FOUND ||
		(rc == DEVID_OK &&
			(stored.expires <= now ||
				ca_clock_is_early(stored.made, now))))
		return DEVID_OK;
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	rc = build_copy(stored.data, &ret->der, err);
	if (rc == DEVID_OK)
		ret->expires = stored.expires;
	return rc;
}

/* What the register has, in one transaction that sees one instant. Stored
 * answers are about SHA-1 CertIDs, as RFC 5019 2.1.1 has clients ask. */
static enum devid_err look_up(struct ca *ca, const struct ocsp_request *req,
	struct known *known, struct ocsp_reply *ret, struct devid_error *err)
{
	enum devid_err rc = register_begin_read(ca->reg, err);

	if (rc != DEVID_OK)
		return rc;
	rc = find_cert(ca, req, known, err);
	if (rc == DEVID_OK && known->found && !req->nonce.data &&
		req->issuer_hash_len == 20)
		rc = get_stored(
			ca, &known->cert, (int64_t)time(NULL), ret, err);
	register_rollback(ca->reg); /* nothing was changed */
	return rc;
}

static bool may_sign(const struct http_share *on_demand)
{
	struct timespec now;

	if (!on_demand)
		return true;
	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there */
	return http_share_take(
		on_demand, (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

static enum devid_err answer_request(struct ca *ca,
	const struct ocsp_request *req, const struct http_share *on_demand,
	struct ocsp_reply *ret, struct devid_error *err)
{
	struct build_ocsp what = { .cert_id = req->cert_id,
		.nonce = req->nonce };
	struct responder responder = { .signer = NULL };
	struct known known = { .found = false };
	bool ours = false;
	enum devid_err rc = is_ours(ca, req, &ours, err);

	if (rc == DEVID_OK && !ours)
		return answer_status(STATUS_UNAUTHORIZED, ret, err);
	if (rc == DEVID_OK)
		rc = look_up(ca, req, &known, ret, err);
	if (rc != DEVID_OK || ret->der.data)
		return rc;
	if (ca->clock_wrong || !may_sign(on_demand))
		return answer_status(STATUS_TRY_LATER, ret, err);
	rc = responder_init(ca, (int64_t)time(NULL), &responder, NULL);
	if (rc == DEVID_ERR_STATE)
		return answer_status(STATUS_TRY_LATER, ret, err);
	if (rc == DEVID_OK)
		rc = publish_ocsp_sign(&responder,
			known.found ? &known.cert : NULL, &what, &ret->der,
			err);
	if (rc == DEVID_OK && !req->nonce.data)
		ret->expires = (int64_t)what.next_update;
	return rc;
}

enum devid_err ocsp_answer(struct ca *ca, struct view der,
	const struct http_share *on_demand, struct ocsp_reply *ret,
	struct devid_error *err)
{
	struct ocsp_reply reply = { .expires = 0 };
	struct ocsp_request req;
	enum devid_err rc = ocsp_parse(der, &req, NULL);

	if (rc == DEVID_ERR_SYNTAX)
		rc = answer_status(STATUS_MALFORMED, &reply, err);
	else if (rc == DEVID_ERR_UNSUPPORTED)
		/* RFC 5019 2.2.3: not able to answer it */
		rc = answer_status(STATUS_UNAUTHORIZED, &reply, err);
	else if (rc == DEVID_OK)
		rc = answer_request(ca, &req, on_demand, &reply, err);
	if (rc == DEVID_OK)
		*ret = reply;
	return rc;
}

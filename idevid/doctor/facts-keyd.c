/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-keyd.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "client.h"
#include "fact.h"
#include "hex.h"

#define TEXT_MAX 256

/* The chain of the key at @i; none stays empty. */
static void ask_chain(const char *socket, struct facts_keyd *keyd, size_t i)
{
	const struct wire_key *key = &keyd->status.keys[i];
	struct wire_request req = { .op = WIRE_CHAIN };
	struct facts_chain *chain = &keyd->chains[i];
	struct room room = { chain->der, sizeof(chain->der), 0 };

	memcpy(req.name, key->name, sizeof(req.name));
	if (key->certified &&
		client_request(socket, &req, &room, NULL) == DEVID_OK)
		chain->len = room.len;
}

struct facts_keyd *facts_keyd_ask(const struct places *places)
{
	struct facts_keyd *keyd = calloc(1, sizeof(*keyd));

	if (!keyd)
		return NULL;
	keyd->rc = client_status(places->socket, &keyd->status, &keyd->err);
	for (size_t i = 0; keyd->rc == DEVID_OK && i < keyd->status.n_keys; i++)
		ask_chain(places->socket, keyd, i);
	return keyd;
}

bool facts_keyd_answers(const struct facts_keyd *keyd)
{
	return keyd->rc == DEVID_OK;
}

/* Hex SHA-256 of the DER certificate. */
static void fingerprint(X509 *cert, char *ret, size_t size)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	ret[0] = '\0';
	if (!X509_digest(cert, EVP_sha256(), md, &n))
		return;
	if (2 * n < size)
		hex_encode(md, n, ret);
}

static void name_text(X509_NAME *name, char *ret, size_t size)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new(BIO_s_mem());
	int n = 0;

	if (bio && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0)
		n = BIO_read(bio, ret, (int)size - 1);
	ret[n > 0 ? n : 0] = '\0';
}

static void subject_part(X509 *cert, int nid, char *ret, size_t size)
{
	if (X509_NAME_get_text_by_NID(
		    X509_get_subject_name(cert), nid, ret, (int)size) < 0)
		ret[0] = '\0';
	fact_tame(ret); /* of whatever string type it is */
}

static void time_text(const ASN1_TIME *time, char *ret, size_t size)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1 ||
		strftime(ret, size, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		ret[0] = '\0';
}

/* By the clock of now, which may be wrong. */
static const char *validity(X509 *cert)
{
	if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
		return "not yet";
	return X509_cmp_current_time(X509_get0_notAfter(cert)) < 0 ? "expired"
								   : "ok";
}

static json_t *certificate_json(X509 *cert)
{
	char serial[TEXT_MAX], model[TEXT_MAX], issuer[TEXT_MAX];
	char from[TEXT_MAX], until[TEXT_MAX], print[TEXT_MAX];

	subject_part(cert, NID_serialNumber, serial, sizeof(serial));
	subject_part(cert, NID_commonName, model, sizeof(model));
	name_text(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	time_text(X509_get0_notBefore(cert), from, sizeof(from));
	time_text(X509_get0_notAfter(cert), until, sizeof(until));
	fingerprint(cert, print, sizeof(print));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "serial",
		serial, "model", model, "issuer", issuer, "not_before", from,
		"not_after", until, "validity", validity(cert), "sha256",
		print);
}

/* The leaf of @chain; json null when there is none. */
static json_t *leaf_json(const struct facts_chain *chain)
{
	CLEANUP(cleanup_x509) X509 *cert = NULL;
	const uint8_t *p = chain->der;
	json_t *json;

	if (chain->len > 0)
		cert = d2i_X509(NULL, &p, (long)chain->len);
	ERR_clear_error();
	json = cert ? certificate_json(cert) : NULL;
	return json ? json : json_null();
}

/* Null: not known. */
static json_t *tls13_json(enum wire_tls13 tls13)
{
	return tls13 == WIRE_TLS13_UNKNOWN
		       ? json_null()
		       : json_boolean(tls13 == WIRE_TLS13_YES);
}

static json_t *key_json(
	const struct wire_key *key, const struct facts_chain *chain)
{
	return json_pack("{s:s, s:s, s:s, s:b, s:b, s:o, s:o, s:i, s:i, s:o}",
		"name", key->name, "algorithm", key_alg_name(key->alg), "place",
		key->place, "present", key->present, "enabled", key->enabled,
		"tls13", tls13_json(key->tls13), "certificate",
		leaf_json(chain), "certificates", key->n_certs,
		"certificates_in_tpm", key->n_stored, "why",
		*key->why ? fact_new(key->why) : json_null());
}

json_t *facts_keyd_identities(const struct facts_keyd *keyd)
{
	json_t *keys = json_array();
	bool ok = keys != NULL;

	for (size_t i = 0; keyd->rc == DEVID_OK && i < keyd->status.n_keys;
		i++) {
		if (json_array_append_new(keys, key_json(&keyd->status.keys[i],
							&keyd->chains[i])) < 0)
			ok = false;
	}
	if (ok)
		return keys;
	json_decref(keys);
	return NULL;
}

/* Few: no more than two, or than a quarter, when some have failed. */
static json_t *tries_json(const struct wire_tries *tries)
{
	uint32_t left =
		tries->max > tries->failed ? tries->max - tries->failed : 0;
	bool few = tries->failed > 0 && (left <= 2 || left <= tries->max / 4);

	if (tries->max == 0)
		return json_null();
	return json_pack("{s:I, s:I, s:b}", "left", (json_int_t)left, "max",
		(json_int_t)tries->max, "few", few);
}

static const char *health_name(enum devid_err module)
{
	switch (module) {
	case DEVID_OK:
		return "ok";
	case DEVID_ERR_TPM_ABSENT:
		return "absent";
	case DEVID_ERR_TPM_LOCKOUT:
		return "lockout";
	case DEVID_ERR_TPM_FAILURE:
		return "failure";
	default:
		return "error";
	}
}

/* Why there is no answer: nobody is there, he is busy, this user may not ask,
 * or it is no devid-keyd of ours. Only the first is known to be bad. */
static const char *silence_name(enum devid_err rc)
{
	switch (rc) {
	case DEVID_ERR_KEYD_ABSENT:
		return "keyd-absent";
	case DEVID_ERR_TIMEOUT:
		return "keyd-busy";
	case DEVID_ERR_DENIED:
		return "unseen";
	default:
		return "keyd-other";
	}
}

json_t *facts_keyd_keystore(const struct facts_keyd *keyd)
{
	const struct wire_status *st = &keyd->status;

	if (keyd->rc != DEVID_OK)
		return json_pack("{s:s, s:o}", "state", silence_name(keyd->rc),
			"detail", fact_new(devid_error_text(&keyd->err)));
	return json_pack("{s:s, s:o, s:o, s:I, s:I}", "state",
		health_name(st->module), "detail", fact_new(st->module_text),
		"tries", tries_json(&st->tries), "signatures",
		(json_int_t)st->signatures, "refused", (json_int_t)st->refused);
}

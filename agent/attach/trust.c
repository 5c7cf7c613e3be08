/* SPDX-License-Identifier: Apache-2.0 */
#include "trust.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "cleanup-json.h"
#include "cleanup.h"
#include "der-write.h"
#include "fail.h"
#include "files.h"
#include "hex.h"
#include "oid.h"
#include "wallclock.h"

#define STORE_MAX (4 * EVENT_CERT_MAX)

void trust_hex(const uint8_t hash[EVENT_HASH_LEN], char out[TRUST_HEX_MAX])
{
	hex_encode(hash, EVENT_HASH_LEN, out);
}

void trust_candidate_clear(struct trust_candidate *server)
{
	free(server->key);
	free(server->der);
	memset(server, 0, sizeof(*server));
}

/* A copy that the caller owns; NULL without memory or bytes. */
static uint8_t *copy_bytes(const uint8_t *data, size_t len)
{
	uint8_t *copy = len ? malloc(len) : NULL;

	if (copy)
		memcpy(copy, data, len);
	return copy;
}

/* The DER of @ev, owned by the caller, or NULL. */
static uint8_t *decode_cert(const struct event *ev, size_t *ret_len)
{
	size_t len = ev->cert_hex_len / 2;
	uint8_t *der = malloc(len ? len : 1);

	if (der && event_decode_hex(ev->cert_hex, ev->cert_hex_len, der, len,
			   ret_len) == DEVID_OK)
		return der;
	free(der);
	return NULL;
}

static void note_key(struct trust_candidate *server, const struct event *ev)
{
	struct devid_error err = { DEVID_OK, "" };
	struct cert_view cert;
	size_t len;
	CLEANUP(cleanup_free) uint8_t *der = decode_cert(ev, &len);

	free(STEAL(server->key));
	server->key_len = 0;
	/* without it only this very certificate is remembered */
	if (!der ||
		cert_parse((struct view) { der, len }, &cert, &err) != DEVID_OK)
		return;
	server->key = copy_bytes(cert.spki_whole.data, cert.spki_whole.len);
	server->key_len = server->key ? cert.spki_whole.len : 0;
}

static void note_leaf(struct trust_candidate *server, const struct event *ev)
{
	if (ev->has_hash) {
		server->has_leaf = true;
		memcpy(server->leaf, ev->hash, sizeof(server->leaf));
		/* its bytes follow, unless they are too many: the key of
		 * another certificate must not stand for it */
		free(STEAL(server->key));
		server->key_len = 0;
	} else if (ev->cert_hex) {
		note_key(server, ev);
	}
}

static void note_cert(struct trust_candidate *server, const struct event *ev)
{
	if (ev->depth == 0) {
		note_leaf(server, ev);
		return;
	}
	if (ev->depth < server->depth)
		return;
	if (ev->has_hash) {
		/* a new topmost one: its bytes follow in the next event */
		server->depth = ev->depth;
		server->has_issuer = true;
		memcpy(server->issuer, ev->hash, sizeof(server->issuer));
		free(STEAL(server->der));
	} else if (ev->cert_hex && ev->depth == server->depth) {
		free(server->der);
		server->der = decode_cert(ev, &server->der_len);
	}
}

static void note_name(struct trust_candidate *server, const char *name)
{
	struct devid_error err = { DEVID_OK, "" };

	for (size_t i = 0; i < server->names.n; i++) {
		if (strcmp(server->names.of[i], name) == 0)
			return; /* a certificate is told of several times */
	}
	/* One that is no host name does not count. */
	(void)!names_add(&server->names, name, &err);
}

/*
 * TLS can begin anew without an EAP_STARTED: wpa_supplicant tells that when it
 * is asked for an identity, which a server may leave out (RFC 3748 2).
 */
void trust_note(struct trust_candidate *server, const struct event *ev)
{
	if (ev->type == EVENT_EAP_STARTED || ev->type == EVENT_METHOD_PROPOSED)
		trust_candidate_clear(server);
	else if (ev->type == EVENT_PEER_CERT)
		note_cert(server, ev);
	else if (ev->type == EVENT_PEER_NAME && ev->depth == 0)
		note_name(server, ev->text);
}

void trust_names(const struct trust *trust, struct names *ret_names)
{
	struct devid_error err = { DEVID_OK, "" };
	char domain[NAMES_LEN];

	ret_names->n = 0;
	if (!trust->name[0])
		return;
	/* Both were checked before; one that is not admits nobody. */
	if (names_add(ret_names, trust->name, &err) == DEVID_OK &&
		names_siblings(trust->name, domain))
		(void)!names_add(ret_names, domain, &err);
}

bool trust_has_key(
	const struct trust *trust, const struct trust_candidate *server)
{
	if (memcmp(trust->leaf, server->leaf, sizeof(trust->leaf)) == 0)
		return true;
	return trust->key && server->key && trust->key_len == server->key_len &&
	       memcmp(trust->key, server->key, trust->key_len) == 0;
}

bool trust_allows(const struct trust *trust,
	const struct trust_candidate *server, bool verified)
{
	struct names admitted;

	if (trust->broken || !server->has_leaf)
		return false;
	if (!trust->pinned || trust_has_key(trust, server))
		return true;
	trust_names(trust, &admitted);
	return verified && trust->has_ca &&
	       names_admit(&admitted, &server->names);
}

static enum devid_err take_hash(
	json_t *root, const char *name, uint8_t hash[EVENT_HASH_LEN])
{
	const char *hex = json_string_value(json_object_get(root, name));
	size_t len;

	if (!hex || strlen(hex) != 2 * EVENT_HASH_LEN)
		return DEVID_ERR_SYNTAX;
	return event_decode_hex(
		hex, 2 * EVENT_HASH_LEN, hash, EVENT_HASH_LEN, &len);
}

/* The bytes of a member; NULL and OK when it is not there. */
static enum devid_err take_bytes(
	json_t *root, const char *name, uint8_t **ret, size_t *ret_len)
{
	json_t *hex = json_object_get(root, name);
	size_t len = json_string_length(hex);

	if (!hex)
		return DEVID_OK;
	if (len < 2 || len / 2 > EVENT_CERT_MAX)
		return DEVID_ERR_SYNTAX;
	*ret = malloc(len / 2);
	if (!*ret)
		return DEVID_ERR_NOMEM;
	return event_decode_hex(
		json_string_value(hex), len, *ret, len / 2, ret_len);
}

static enum devid_err take_name(struct trust *trust, json_t *root)
{
	json_t *name = json_object_get(root, "server_name");
	struct devid_error err = { DEVID_OK, "" };
	struct names names = { 0 };

	if (!name)
		return DEVID_OK;
	if (!json_is_string(name) ||
		names_add(&names, json_string_value(name), &err) != DEVID_OK ||
		names_wild(&names))
		return DEVID_ERR_SYNTAX;
	memcpy(trust->name, names.of[0], sizeof(trust->name));
	return DEVID_OK;
}

/* Issued by itself: where a chain ends. */
static bool is_root(const uint8_t *der, size_t len)
{
	struct devid_error err = { DEVID_OK, "" };
	struct cert_view cert;

	return cert_parse((struct view) { der, len }, &cert, &err) ==
		       DEVID_OK &&
	       view_equal(cert.issuer, cert.subject);
}

static enum devid_err take_ca(struct trust *trust, json_t *root)
{
	enum devid_err rc =
		take_bytes(root, "ca", &trust->der, &trust->der_len);

	if (rc != DEVID_OK || !trust->der)
		return rc;
	trust->has_ca = true;
	trust->is_root = is_root(trust->der, trust->der_len);
	return trust->name[0] ? take_hash(root, "ca_sha256", trust->ca)
			      : DEVID_ERR_SYNTAX;
}

static enum devid_err parse(
	struct trust *trust, const uint8_t *text, size_t len)
{
	CLEANUP(cleanup_json)
	json_t *root = json_loadb((const char *)text, len, 0, NULL);
	enum devid_err rc;

	if (!root)
		return DEVID_ERR_SYNTAX;
	rc = take_hash(root, "server_sha256", trust->leaf);
	if (rc == DEVID_OK)
		rc = take_bytes(
			root, "server_key", &trust->key, &trust->key_len);
	if (rc == DEVID_OK)
		rc = take_name(trust, root);
	if (rc == DEVID_OK)
		rc = take_ca(trust, root);
	trust->since =
		(time_t)json_integer_value(json_object_get(root, "since_unix"));
	return rc;
}

enum devid_err trust_load(
	struct trust *trust, const char *path, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	enum devid_err rc;
	size_t len;

	memset(trust, 0, sizeof(*trust));
	trust->broken = true;
	trust->path = strdup(path);
	if (!trust->path)
		return fail_no_memory(err);
	rc = files_read(path, STORE_MAX, &text, &len, err);
	if (rc == DEVID_ERR_NOT_FOUND) {
		trust->broken = false;
		return DEVID_OK;
	}
	if (rc != DEVID_OK)
		return rc;
	trust->pinned = true;
	rc = parse(trust, text, len);
	if (rc != DEVID_OK)
		return devid_fail(err, rc, "%s: not a remembered server", path);
	trust->broken = false;
	return DEVID_OK;
}

void trust_done(struct trust *trust)
{
	free(trust->path);
	free(trust->key);
	free(trust->der);
	memset(trust, 0, sizeof(*trust));
}

/* Takes the reference of @value, which may be NULL, also on failure. */
static bool put(json_t *root, const char *name, json_t *value)
{
	return json_object_set_new(root, name, value) == 0;
}

static bool put_bytes(
	json_t *root, const char *name, const uint8_t *data, size_t len)
{
	CLEANUP(cleanup_free) char *hex = malloc(2 * len + 1);

	if (!hex)
		return false;
	hex_encode(data, len, hex);
	return put(root, name, json_string(hex));
}

static bool put_all(const struct trust *trust, json_t *root)
{
	char since[WALLCLOCK_TEXT_MAX];

	wallclock_text(trust->since, since);
	if (!put_bytes(root, "server_sha256", trust->leaf, EVENT_HASH_LEN) ||
		!put(root, "since", json_string(since)) ||
		!put(root, "since_unix", json_integer(trust->since)))
		return false;
	if (trust->key &&
		!put_bytes(root, "server_key", trust->key, trust->key_len))
		return false;
	if (trust->name[0] &&
		!put(root, "server_name", json_string(trust->name)))
		return false;
	return !trust->has_ca ||
	       (put_bytes(root, "ca_sha256", trust->ca, EVENT_HASH_LEN) &&
		       put_bytes(root, "ca", trust->der, trust->der_len));
}

static enum devid_err store(const struct trust *trust, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *root = json_object();
	CLEANUP(cleanup_free) char *text = NULL;

	if (root && put_all(trust, root))
		text = json_dumps(root, JSON_INDENT(1));
	if (!text)
		return fail_no_memory(err);
	return files_write_atomic(trust->path, text, strlen(text), 0644, err);
}

/* Certificate and key of a server that was accepted. */
static void learn_leaf(
	struct trust *trust, const struct trust_candidate *server)
{
	memcpy(trust->leaf, server->leaf, sizeof(trust->leaf));
	free(trust->key);
	trust->key = copy_bytes(server->key, server->key_len);
	trust->key_len = trust->key ? server->key_len : 0;
}

/* Its name and issuer; false when there is nothing better. */
static bool learn_ca(struct trust *trust, const struct trust_candidate *server)
{
	bool root = server->der && is_root(server->der, server->der_len);
	uint8_t *der;

	if (!server->has_issuer || !server->der || server->names.n == 0 ||
		(trust->is_root && !root))
		return false;
	if (trust->has_ca &&
		memcmp(trust->ca, server->issuer, sizeof(trust->ca)) == 0)
		return false;
	der = copy_bytes(server->der, server->der_len);
	if (!der)
		return false;
	free(trust->der);
	trust->der = der;
	trust->der_len = server->der_len;
	trust->is_root = root;
	trust->has_ca = true;
	memcpy(trust->ca, server->issuer, sizeof(trust->ca));
	memcpy(trust->name, server->names.of[0], sizeof(trust->name));
	return true;
}

static void learn_first(
	struct trust *trust, const struct trust_candidate *server)
{
	learn_leaf(trust, server);
	if (!learn_ca(trust, server) && server->names.n > 0)
		memcpy(trust->name, server->names.of[0], sizeof(trust->name));
	trust->since = time(NULL);
	trust->pinned = true;
}

/* One that is accepted for its domain only does not take the server's place:
 * two that alternate would have the store written at every attach. */
static bool is_same_server(
	const struct trust *trust, const struct trust_candidate *server)
{
	struct names own = { 0 };

	if (trust_has_key(trust, server))
		return true;
	(void)snprintf(own.of[0], sizeof(own.of[0]), "%s", trust->name);
	own.n = trust->name[0] ? 1 : 0;
	return names_admit(&own, &server->names);
}

enum devid_err trust_learn(struct trust *trust,
	const struct trust_candidate *server, bool verified,
	enum trust_change *ret_change, struct devid_error *err)
{
	enum trust_change change = TRUST_KEPT;

	if (!trust_allows(trust, server, verified))
		return devid_fail(err, DEVID_ERR_STATE,
			"server trust: nothing to be remembered now");
	if (!trust->pinned) {
		learn_first(trust, server);
		change = TRUST_FIRST;
	} else {
		bool grew =
			trust_has_key(trust, server) && learn_ca(trust, server);

		if (is_same_server(trust, server) &&
			memcmp(trust->leaf, server->leaf,
				sizeof(trust->leaf)) != 0) {
			learn_leaf(trust, server);
			change = TRUST_RENEWED;
		}
		change = grew ? TRUST_GREW : change;
	}
	*ret_change = change;
	return change == TRUST_KEPT ? DEVID_OK : store(trust, err);
}

void trust_survives(const struct trust *trust, char ret[TRUST_TEXT_MAX])
{
	char list[2 * NAMES_LEN + 8], hash[TRUST_HEX_MAX];
	struct names names;

	ret[0] = '\0';
	if (!trust->pinned || trust->broken)
		return;
	if (!trust->has_ca) {
		(void)snprintf(ret, TRUST_TEXT_MAX,
			"this %s alone, because the server %s",
			trust->key ? "key" : "certificate",
			trust->name[0] ? "does not send its issuer"
				       : "has no DNS name"); /* fits */
		return;
	}
	trust_names(trust, &names);
	names_join(&names, " or ", false, list, sizeof(list));
	trust_hex(trust->ca, hash);
	(void)snprintf(ret, TRUST_TEXT_MAX,
		"this key, and %s below the %s %.16s%s", list,
		trust->is_root ? "root" : "intermediate", hash,
		trust->is_root ? ""
			       : ", which is the only one, because the server "
				 "does not send its root"); /* fits */
}

/* RFC 4648 4, in lines of 64 (RFC 7468 2). Returns the end of the text. */
static char *put_base64(const uint8_t *in, size_t len, char *out)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)in[i] << 16;

		v |= n > 1 ? (uint32_t)in[i + 1] << 8 : 0;
		v |= n > 2 ? in[i + 2] : 0;
		*out++ = set[v >> 18];
		*out++ = set[v >> 12 & 63];
		*out++ = n > 1 ? set[v >> 6 & 63] : '=';
		*out++ = n > 2 ? set[v & 63] : '=';
		if (i % 48 == 45 || i + 3 >= len)
			*out++ = '\n';
	}
	return out;
}

enum devid_err trust_write_ca(
	const struct trust *trust, const char *path, struct devid_error *err)
{
	static const char begin[] = "-----BEGIN TRUSTED CERTIFICATE-----\n";
	static const char end[] = "-----END TRUSTED CERTIFICATE-----\n";
	/* X509_CERT_AUX: SEQUENCE { trust SEQUENCE OF OID { serverAuth } } */
	struct view usage = oid_der(OID_KP_SERVER_AUTH);
	uint8_t buf[32];
	struct der_out aux = der_out_init(buf, sizeof(buf));
	struct view aux_der;
	size_t len;
	CLEANUP(cleanup_free) uint8_t *der = NULL;
	CLEANUP(cleanup_free) char *text = NULL;
	char *p;

	if (!trust->has_ca)
		return devid_fail(err, DEVID_ERR_STATE,
			"server trust: no issuer is remembered");
	der_out_bytes(&aux, usage.data, usage.len);
	der_out_wrap(&aux, DER_SEQUENCE, 0);
	der_out_wrap(&aux, DER_SEQUENCE, 0);
	aux_der = der_out_view(&aux);
	len = trust->der_len + aux_der.len;
	der = malloc(len);
	text = malloc(len * 2 + sizeof(begin) + sizeof(end));
	if (!der || !text)
		return fail_no_memory(err);
	memcpy(der, trust->der, trust->der_len);
	memcpy(der + trust->der_len, aux_der.data, aux_der.len);
	p = stpcpy(text, begin);
	p = put_base64(der, len, p);
	p = stpcpy(p, end);
	return files_write_atomic(path, text, (size_t)(p - text), 0644, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "trust.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	free(server->der);
	memset(server, 0, sizeof(*server));
}

static void note_issuer_cert(
	struct trust_candidate *server, const struct event *ev)
{
	size_t len = ev->cert_hex_len / 2;
	uint8_t *der = malloc(len);

	if (!der || event_decode_hex(ev->cert_hex, ev->cert_hex_len, der, len,
			    &len) != DEVID_OK) {
		free(der);
		return; /* without it only the leaf is remembered */
	}
	free(server->der);
	server->der = der;
	server->der_len = len;
}

static void note_cert(
	struct trust_candidate *server, const struct event *ev, bool keep_der)
{
	if (ev->depth == 0 && ev->has_hash) {
		server->has_leaf = true;
		memcpy(server->leaf, ev->hash, sizeof(server->leaf));
	}
	if (ev->depth == 0 || ev->depth < server->depth)
		return;
	if (ev->has_hash) {
		/* a new topmost one: its bytes follow in the next event */
		server->depth = ev->depth;
		server->has_issuer = true;
		memcpy(server->issuer, ev->hash, sizeof(server->issuer));
		free(STEAL(server->der));
	} else if (keep_der && ev->cert_hex && ev->depth == server->depth) {
		note_issuer_cert(server, ev);
	}
}

void trust_note(
	struct trust_candidate *server, const struct event *ev, bool keep_der)
{
	if (ev->type == EVENT_EAP_STARTED)
		trust_candidate_clear(server);
	else if (ev->type == EVENT_PEER_CERT)
		note_cert(server, ev, keep_der);
	else if (ev->type == EVENT_PEER_NAME && ev->depth == 0 &&
		 !server->name[0])
		memcpy(server->name, ev->text, sizeof(server->name));
}

bool trust_allows(const struct trust *trust,
	const struct trust_candidate *server, bool verified)
{
	if (trust->broken || !server->has_leaf)
		return false;
	if (!trust->pinned)
		return true;
	if (memcmp(trust->leaf, server->leaf, sizeof(trust->leaf)) == 0)
		return true;
	return verified && trust->has_ca;
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

static enum devid_err take_ca(struct trust *trust, json_t *root)
{
	json_t *der = json_object_get(root, "ca");
	json_t *name = json_object_get(root, "server_name");
	size_t len = json_string_length(der);

	if (!der && !name)
		return DEVID_OK;
	if (len < 2 || len / 2 > EVENT_CERT_MAX ||
		json_string_length(name) == 0 ||
		json_string_length(name) >= sizeof(trust->name))
		return DEVID_ERR_SYNTAX;
	memcpy(trust->name, json_string_value(name),
		json_string_length(name) + 1);
	trust->der = malloc(len / 2);
	if (!trust->der)
		return DEVID_ERR_NOMEM;
	trust->has_ca = true;
	if (take_hash(root, "ca_sha256", trust->ca) != DEVID_OK)
		return DEVID_ERR_SYNTAX;
	return event_decode_hex(json_string_value(der), len, trust->der,
		len / 2, &trust->der_len);
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
	free(trust->der);
	memset(trust, 0, sizeof(*trust));
}

static enum devid_err add_ca(const struct trust *trust, json_t *root)
{
	char hash[TRUST_HEX_MAX];
	CLEANUP(cleanup_free) char *der = malloc(2 * trust->der_len + 1);

	if (!der)
		return DEVID_ERR_NOMEM;
	hex_encode(trust->der, trust->der_len, der);
	trust_hex(trust->ca, hash);
	if (json_object_set_new(
		    root, "server_name", json_string(trust->name)) ||
		json_object_set_new(root, "ca_sha256", json_string(hash)) ||
		json_object_set_new(root, "ca", json_string(der)))
		return DEVID_ERR_NOMEM;
	return DEVID_OK;
}

static enum devid_err store(const struct trust *trust, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *root = json_object();
	CLEANUP(cleanup_free) char *text = NULL;
	char hash[TRUST_HEX_MAX], since[WALLCLOCK_TEXT_MAX];

	trust_hex(trust->leaf, hash);
	wallclock_text(trust->since, since);
	if (!root ||
		json_object_set_new(root, "server_sha256", json_string(hash)) ||
		json_object_set_new(root, "since", json_string(since)) ||
		json_object_set_new(
			root, "since_unix", json_integer(trust->since)) ||
		(trust->has_ca && add_ca(trust, root) != DEVID_OK))
		return fail_no_memory(err);
	text = json_dumps(root, JSON_INDENT(1));
	if (!text)
		return fail_no_memory(err);
	return files_write_atomic(trust->path, text, strlen(text), 0644, err);
}

enum devid_err trust_remember(struct trust *trust,
	const struct trust_candidate *server, time_t now,
	struct devid_error *err)
{
	if (trust->broken || trust->pinned || !server->has_leaf)
		return devid_fail(err, DEVID_ERR_STATE,
			"server trust: nothing to be remembered now");
	if (server->has_issuer && server->der && server->name[0]) {
		trust->der = malloc(server->der_len);
		if (!trust->der)
			return fail_no_memory(err);
		memcpy(trust->der, server->der, server->der_len);
		trust->der_len = server->der_len;
		memcpy(trust->ca, server->issuer, sizeof(trust->ca));
		memcpy(trust->name, server->name, sizeof(trust->name));
		trust->has_ca = true;
	}
	memcpy(trust->leaf, server->leaf, sizeof(trust->leaf));
	trust->since = now;
	trust->pinned = true;
	return store(trust, err);
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

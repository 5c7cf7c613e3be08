/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-files.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "cleanup-json.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "fact.h"
#include "keyref.h"
#include "look.h"
#include "pem-chain.h"
#include "what-is.h"

#define FILE_MAX 32768 /* bytes; what devid-keyd reads itself */

enum what {
	WHAT_REFERENCE,
	WHAT_CERTIFICATE,
};

/* A file, and what it is held against. */
struct subject {
	char path[PATH_MAX];
	enum what what;
	bool chosen;                     /* by agent.key, agent.cert */
	bool is_optional;                /* no file is no file */
	const char *name;                /* of the key */
	const struct wire_key *key;      /* NULL: not known */
	const struct facts_chain *chain; /* NULL: not known */
};

/* A key that is in no TPM (devid.conf(5), agent.key); it is not read. */
static bool is_private_key(struct view text)
{
	char form[WHAT_IS_MAX];

	what_is(text, form);
	return strstr(form, "private key") != NULL;
}

static const char *judge_reference(
	const struct subject *s, struct view text, struct devid_error *err)
{
	CLEANUP(cleanup_bio)
	BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);
	CLEANUP(cleanup_openssl) char *label = NULL, *header = NULL;
	CLEANUP(cleanup_openssl) unsigned char *der = NULL;
	struct keyref ref;
	long len = 0;

	if (s->chosen && is_private_key(text))
		return "software";
	if (!bio || !PEM_read_bio(bio, &label, &header, &der, &len) ||
		strcmp(label, KEYREF_PEM_NAME) != 0) {
		ERR_clear_error();
		(void)devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: no key reference (%s)", s->path, KEYREF_PEM_NAME);
		return "damaged";
	}
	if (keyref_parse(der, (size_t)len, &ref, err) != DEVID_OK)
		return "damaged";
	if (!s->key)
		return "unchecked";
	if (strcmp(ref.name, s->name) == 0 &&
		ref.spki_len == s->key->spki.len &&
		memcmp(ref.spki, s->key->spki.data, ref.spki_len) == 0)
		return "ok";
	(void)devid_fail(err, DEVID_ERR_MISMATCH,
		"%s: names another key than devid-keyd has", s->path);
	return "foreign";
}

static bool of_key(X509 *cert, const struct wire_key *key)
{
	X509_PUBKEY *pub = X509_get_X509_PUBKEY(cert);
	uint8_t der[KEY_SPKI_MAX], *out = der;
	int len = i2d_X509_PUBKEY(pub, NULL);

	return len > 0 && (size_t)len == key->spki.len && len <= KEY_SPKI_MAX &&
	       i2d_X509_PUBKEY(pub, &out) == len &&
	       memcmp(der, key->spki.data, (size_t)len) == 0;
}

/* The leaf is devid-keyd's: so is all above it? */
static const char *compare(const struct subject *s, struct view der,
	size_t leaf_len, struct devid_error *err)
{
	struct view have = { s->chain->der, s->chain->len };

	if (have.len == 0 || view_equal(have, der))
		return "ok";
	if (have.len < leaf_len || memcmp(have.data, der.data, leaf_len) != 0) {
		(void)devid_fail(err, DEVID_ERR_MISMATCH,
			"%s: another certificate than devid-keyd has", s->path);
		return "foreign";
	}
	(void)devid_fail(err, DEVID_ERR_MISMATCH,
		"%s: other intermediates than devid-keyd has", s->path);
	return "differs";
}

static const char *judge_certificate(
	const struct subject *s, struct view text, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *der = malloc(WIRE_CHAIN_MAX);
	CLEANUP(cleanup_x509) X509 *leaf = NULL;
	struct room room = { der, WIRE_CHAIN_MAX, 0 };
	const uint8_t *p = der;

	if (!der ||
		pem_chain_to_der("read", s->path, text, &room, err) != DEVID_OK)
		return "damaged";
	leaf = d2i_X509(NULL, &p, (long)room.len);
	if (!leaf)
		return "damaged";
	if (!s->key)
		return "unchecked";
	if (of_key(leaf, s->key))
		return compare(s, (struct view) { der, room.len },
			(size_t)(p - der), err);
	(void)devid_fail(err, DEVID_ERR_MISMATCH,
		"%s: its first certificate is of another key", s->path);
	return "foreign";
}

/* A certificate that nobody has installed needs no file. */
static bool not_due(const struct subject *s)
{
	return s->what == WHAT_CERTIFICATE && s->key && !s->key->certified;
}

static json_t *file_json(const struct subject *s)
{
	static const char *const names[] = { "reference", "certificate" };
	struct devid_error err = { DEVID_OK, "" };
	CLEANUP(blob_done) struct blob text = { NULL, 0 };
	enum look look = look_file(s->path, FILE_MAX, &text, &err);
	const char *state = look_name(look);
	struct view view = blob_view(&text);

	if (look == LOOK_MISSING && (s->is_optional || not_due(s)))
		return NULL;
	if (look == LOOK_SEEN)
		state = s->what == WHAT_REFERENCE
				? judge_reference(s, view, &err)
				: judge_certificate(s, view, &err);
	return json_pack("{s:o, s:s, s:s, s:b, s:s, s:o}", "path",
		fact_new(s->path), "key", s->name, "what", names[s->what],
		"chosen", s->chosen, "state", state, "detail",
		fact_new(err.text));
}

/* Each path once. */
static bool is_new(const json_t *list, const char *path)
{
	CLEANUP(cleanup_json) json_t *want = fact_new(path);
	const json_t *file;
	size_t i;

	json_array_foreach(list, i, file)
	{
		if (json_equal(json_object_get(file, "path"), want))
			return false;
	}
	return true;
}

static void add(json_t *list, const struct subject *s)
{
	json_t *file = is_new(list, s->path) ? file_json(s) : NULL;

	if (file)
		(void)json_array_append_new(list, file);
}

static void add_in(json_t *list, struct subject s, const char *dir)
{
	static const char *const endings[] = { "key", "pem" };

	for (int what = WHAT_REFERENCE; what <= WHAT_CERTIFICATE; what++) {
		s.what = (enum what)what;
		if (snprintf(s.path, sizeof(s.path), "%s/%s.%s", dir, s.name,
			    endings[what]) < (int)sizeof(s.path))
			add(list, &s);
	}
}

static bool is_software(const json_t *list, const char *path)
{
	const json_t *file =
		json_array_get(list, json_array_size(list) - 1); /* or NULL */

	return path && fact_is(file, "path", path) &&
	       fact_is(file, "state", "software");
}

/* What the agent gives to wpa_supplicant, where that is another file. The
 * certificate of a software key is held against nothing here. */
static void add_agent(
	json_t *list, struct subject s, const struct places *places)
{
	const char *const paths[] = { places->key, places->cert };

	s.chosen = true;
	for (int what = WHAT_REFERENCE; what <= WHAT_CERTIFICATE; what++) {
		s.what = (enum what)what;
		if (is_software(list, places->key))
			return;
		if (paths[what] && snprintf(s.path, sizeof(s.path), "%s",
					   paths[what]) < (int)sizeof(s.path))
			add(list, &s);
	}
}

/* Of which keys there are files, where devid-keyd does not say so. That the
 * IDevID has none is something to tell. */
static void add_unknown(
	json_t *list, struct subject idevid, const struct places *places)
{
	add_in(list, idevid, places->state_dir);
	add_agent(list, idevid, places);
	for (int i = KEY_IDEVID + 1; i < N_KEYS; i++) {
		const struct subject s = { .name = key_id_name((enum key_id)i),
			.is_optional = true };

		add_in(list, s, places->state_dir);
	}
}

json_t *facts_files_json(
	const struct places *places, const struct facts_keyd *keyd)
{
	struct subject idevid = { .name = key_role_name(KEY_ROLE_IDEVID) };
	bool known = facts_keyd_answers(keyd);
	json_t *list = json_array();

	if (!list)
		return NULL;
	for (size_t i = 0; known && i < keyd->status.n_keys; i++) {
		const struct subject s = {
			.name = keyd->status.keys[i].name,
			.key = &keyd->status.keys[i],
			.chain = &keyd->chains[i],
		};

		if (s.key->alg == KEY_ALG_NONE)
			continue; /* nothing to hold them against */
		add_in(list, s, places->state_dir);
		if (strcmp(s.name, idevid.name) == 0)
			add_agent(list, s, places);
	}
	if (!known)
		add_unknown(list, idevid, places);
	return list;
}

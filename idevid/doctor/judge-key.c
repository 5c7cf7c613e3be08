/* SPDX-License-Identifier: Apache-2.0 */
#include "judge-key.h"

#include <stdio.h>
#include <string.h>

#include "fact.h"
#include "role.h"

/* A state's word, and what to say of it. */
struct row {
	const char *state;
	const char *id;
};

static const char *id_of(const struct row *rows, const char *state)
{
	for (; rows->state; rows++) {
		if (strcmp(rows->state, state) == 0)
			return rows->id;
	}
	return NULL;
}

static void judge_settings(const json_t *facts, struct findings *f)
{
	static const struct row rows[] = { { "wrong", "settings-wrong" },
		{ "unknown", "settings-unknown" },
		{ "value", "settings-value" }, { "unseen", "settings-unseen" },
		{ NULL, NULL } };
	const json_t *config = json_object_get(facts, "config");
	const char *id = id_of(rows, fact_text(config, "state"));

	if (id)
		findings_add(f, id, "", "%s", fact_text(config, "detail"));
}

static void judge_tries(const json_t *tries, struct findings *f)
{
	if (!fact_true(tries, "few") || fact_number(tries, "left") == 0)
		return;
	findings_add(f, "tpm-few-tries", "",
		"%lld of %lld tries left before the TPM locks its keys",
		fact_number(tries, "left"), fact_number(tries, "max"));
}

/* Whether devid-keyd told how its keystore is. */
static bool keyd_told(const json_t *facts)
{
	static const struct row told[] = { { "ok", "" }, { "absent", "" },
		{ "lockout", "" }, { "failure", "" }, { "error", "" },
		{ NULL, NULL } };
	const json_t *keystore = json_object_get(facts, "keystore");

	return id_of(told, fact_text(keystore, "state")) != NULL;
}

static void judge_tpm(const json_t *facts, struct findings *f)
{
	static const struct row rows[] = { { "absent", "tpm-absent" },
		{ "lockout", "tpm-lockout" }, { "failure", "tpm-failure" },
		{ "error", "tpm-error" }, { NULL, NULL } };
	const json_t *keystore = json_object_get(facts, "keystore");
	const json_t *tpm = json_object_get(facts, "tpm");
	const char *id = id_of(rows, fact_text(keystore, "state"));
	bool missing = fact_is(tpm, "state", "missing");

	/* As long as it answers, its file may be where it likes. */
	if (missing && (id || !keyd_told(facts)))
		findings_add(f, "tpm-missing", "", "%s: %s%s%s",
			fact_text(tpm, "path"), fact_text(tpm, "detail"),
			id ? "; devid-keyd: " : "",
			id ? fact_text(keystore, "detail") : "");
	else if (id)
		findings_add(f, id, "", "%s%s%s%s%s",
			fact_text(keystore, "detail"),
			*fact_text(tpm, "path") ? "; " : "",
			fact_text(tpm, "path"),
			*fact_text(tpm, "path") ? ": " : "",
			*fact_text(tpm, "path") ? fact_text(tpm, "detail")
						: "");
	else
		judge_tries(json_object_get(keystore, "tries"), f);
	f->hidden[COMPLAINT_AREA_TPM] = !keyd_told(facts);
}

static void judge_keyd(const json_t *facts, struct findings *f)
{
	static const struct row rows[] = { { "keyd-absent", "keyd-absent" },
		{ "keyd-other", "keyd-other" }, { "keyd-busy", "keyd-busy" },
		{ "unseen", "keyd-unseen" }, { NULL, NULL } };
	const json_t *keystore = json_object_get(facts, "keystore");
	const char *id = id_of(rows, fact_text(keystore, "state"));

	if (id)
		findings_add(f, id, "", "%s", fact_text(keystore, "detail"));
	else if (!keyd_told(facts))
		f->hidden[COMPLAINT_AREA_KEYD] = true;
}

static void judge_certificate(const json_t *key, struct findings *f)
{
	const json_t *cert = json_object_get(key, "certificate");
	const char *name = fact_text(key, "name");

	if (fact_number(key, "certificates") == 0) {
		findings_add(f, "cert-none", name,
			"devid-keyd has none for its key");
		return;
	}
	if (fact_is(cert, "validity", "not yet"))
		findings_add(f, "cert-not-yet", name, "valid from %s",
			fact_text(cert, "not_before"));
	else if (fact_is(cert, "validity", "expired"))
		findings_add(f, "cert-expired", name, "valid until %s",
			fact_text(cert, "not_after"));
}

/* Nobody asked a key that is not there. */
static void judge_tls13(const json_t *key, struct findings *f)
{
	const char *name = fact_text(key, "name");

	if (fact_false(key, "tls13"))
		findings_add(f, "key-no-tls13", name,
			"its RSA-PSS salt is not as long as the hash");
	else if (fact_true(key, "present") && !fact_true(key, "tls13"))
		findings_add(f, "key-no-tls13", name,
			"not known yet: the TPM gave no signature that "
			"verifies");
}

static void judge_one_key(const json_t *key, struct findings *f)
{
	const char *name = fact_text(key, "name");
	const char *why = fact_text(key, "why");

	if (!fact_true(key, "present"))
		findings_add(f, "key-lost", name, "%s: %s",
			fact_text(key, "place"),
			*why ? why : "devid-keyd does not say why");
	else if (*why)
		findings_add(f, "key-limited", name, "%s", why);
	if (!fact_true(key, "enabled"))
		findings_add(f, "key-disabled", name,
			"%s.disabled in the state folder", name);
	judge_tls13(key, f);
}

/* A key beside the IDevID: what it cannot do says nothing of the device's
 * identity. The IAK is for the factory; the device lives without. */
static void judge_other_key(const json_t *key, struct findings *f)
{
	const char *name = fact_text(key, "name");
	const char *why = fact_text(key, "why");
	enum key_id id;

	if (!key_id_by_name(name, &id) || key_id_row(id)->purposes == 0)
		return;
	if (json_is_null(json_object_get(key, "algorithm")))
		findings_add(f, "key-file", name, "%s", why);
	else if (fact_false(key, "present"))
		findings_add(f, "key-other", name, "%s: %s",
			fact_text(key, "place"),
			*why ? why : "devid-keyd does not say why");
	else if (*why)
		findings_add(f, "key-other", name, "it serves, but: %s", why);
}

static void judge_erasure(const json_t *facts, struct findings *f)
{
	const json_t *erasure =
		json_object_get(json_object_get(facts, "keystore"), "erasure");

	if (fact_true(erasure, "pending"))
		findings_add(f, "erasure-pending", "", "%s",
			fact_text(erasure, "why"));
}

static void judge_keys(const json_t *facts, struct findings *f)
{
	const json_t *keys = json_object_get(facts, "identities");
	const json_t *key, *idevid = NULL;
	size_t i;

	json_array_foreach(keys, i, key)
	{
		if (fact_is(key, "name", "idevid"))
			idevid = key;
		else if (keyd_told(facts))
			judge_other_key(key, f);
	}
	if (!keyd_told(facts)) {
		f->hidden[COMPLAINT_AREA_KEY] = true;
		f->hidden[COMPLAINT_AREA_CERTIFICATE] = true;
	} else if (idevid) {
		judge_one_key(idevid, f);
		judge_certificate(idevid, f);
	} else if (fact_is(json_object_get(facts, "keystore"), "state", "ok")) {
		findings_add(f, "key-none", "idevid", "devid-keyd knows none");
	}
}

static void judge_files(const json_t *facts, struct findings *f)
{
	static const struct row rows[] = { { "missing", "file-missing" },
		{ "foreign", "file-foreign" }, { "damaged", "file-damaged" },
		{ "differs", "file-differs" }, { "unseen", "file-unseen" },
		{ NULL, NULL } };
	const json_t *file;
	bool told = keyd_told(facts);
	size_t i;

	f->hidden[COMPLAINT_AREA_FILES] = !told;
	json_array_foreach(json_object_get(facts, "files"), i, file)
	{
		const char *id = id_of(rows, fact_text(file, "state"));

		/* Somebody's own: nothing to be written again. */
		if (id && fact_true(file, "chosen") &&
			!fact_is(file, "state", "unseen"))
			id = "agent-file";
		/* Who knows no key does not know whether it must be there. */
		if (!told && fact_is(file, "state", "missing"))
			continue;
		if (id && fact_is(file, "key", "idevid"))
			findings_add(f, id, "idevid", "%s",
				fact_text(file, "detail"));
	}
}

static void judge_folders(const json_t *facts, struct findings *f)
{
	static const struct row rows[] = { { "missing", "folder-missing" },
		{ "full", "folder-full" }, { "read-only", "folder-read-only" },
		{ "unseen", "folder-unseen" }, { NULL, NULL } };
	const json_t *folder;
	size_t i;

	json_array_foreach(json_object_get(facts, "folders"), i, folder)
	{
		const char *id = id_of(rows, fact_text(folder, "state"));

		if (id)
			findings_add(f, id, "", "%s: %s",
				fact_text(folder, "path"),
				*fact_text(folder, "detail")
					? fact_text(folder, "detail")
					: fact_text(folder, "state"));
	}
}

void judge_key(const json_t *facts, struct findings *ret)
{
	judge_settings(facts, ret);
	judge_tpm(facts, ret);
	judge_keyd(facts, ret);
	judge_erasure(facts, ret);
	judge_keys(facts, ret);
	judge_files(facts, ret);
	judge_folders(facts, ret);
}

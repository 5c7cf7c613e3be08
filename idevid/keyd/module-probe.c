/* SPDX-License-Identifier: Apache-2.0 */
#include "module-probe.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "files.h"
#include "hex.h"
#include "module-once.h"

#define HASH_LEN 32
/* How often a start asks while what comes back is no signature: one answer may
 * have been spoiled on its way. A limit of ours. */
#define PROBES 3
/* "yes " or "no  ", the hash in hex, the end of the line. */
#define MARK_LEN (4 + 2 * HASH_LEN + 1)

/* One line: what the probe shows, and of which key in which keystore. */
static enum devid_err make_mark(struct module *m, const struct module_key *key,
	bool tls13, char mark[MARK_LEN + 1])
{
	struct keystore *ks = m->keystore;
	char identity[KEYSTORE_IDENTITY_MAX] = "";
	uint8_t both[KEY_SPKI_MAX + sizeof(identity)];
	unsigned char hash[EVP_MAX_MD_SIZE];
	size_t len = key->spki.len;
	enum devid_err rc = ks->ops->identity(ks, identity, NULL);

	if (rc != DEVID_OK)
		return rc;
	memcpy(both, key->spki.data, len);
	memcpy(both + len, identity, sizeof(identity));
	if (!EVP_Digest(both, len + sizeof(identity), hash, NULL, EVP_sha256(),
		    NULL))
		return DEVID_ERR_CRYPTO;
	memcpy(mark, tls13 ? "yes " : "no  ", 4);
	hex_encode(hash, HASH_LEN, mark + 4);
	memcpy(mark + MARK_LEN - 1, "\n", 2);
	return DEVID_OK;
}

/* Whether idevid.probed has this line. */
static bool has_mark(struct module *m, const struct module_key *key, bool tls13)
{
	CLEANUP(cleanup_free) uint8_t *have = NULL;
	char mark[MARK_LEN + 1], path[PATH_MAX];
	size_t len = 0;

	return make_mark(m, key, tls13, mark) == DEVID_OK &&
	       module_state_path(m, key, ".probed", path, NULL) == DEVID_OK &&
	       files_read(path, MARK_LEN, &have, &len, NULL) == DEVID_OK &&
	       len == MARK_LEN && memcmp(have, mark, len) == 0;
}

static void store_mark(struct module *m, const struct module_key *key)
{
	struct devid_error cause = { DEVID_OK, "" };
	char mark[MARK_LEN + 1], path[PATH_MAX];

	if (make_mark(m, key, key->tls13 == WIRE_TLS13_YES, mark) != DEVID_OK)
		return; /* the module has gone: at its next start */
	if (module_state_path(m, key, ".probed", path, &cause) != DEVID_OK ||
		files_write_atomic(path, mark, MARK_LEN, 0644, &cause) !=
			DEVID_OK)
		module_warn_key(m, key, "probed again at each start", &cause);
}

static void warn_of_salt(struct module *m, const struct module_key *key)
{
	static const struct devid_error cause = { DEVID_ERR_CRYPTO,
		"its RSA-PSS salt is not as long as the hash" };

	module_warn_key(m, key, "not usable with TLS 1.3", &cause);
}

static bool recall(struct module *m, struct module_key *key)
{
	if (has_mark(m, key, true)) {
		key->tls13 = WIRE_TLS13_YES;
		return true;
	}
	if (!has_mark(m, key, false))
		return false;
	key->tls13 = WIRE_TLS13_NO;
	warn_of_salt(m, key);
	return true;
}

/* What it does not answer now, it may when it is well again. */
static void note_health(
	struct module *m, enum devid_err rc, const struct devid_error *cause)
{
	if (rc != DEVID_ERR_TPM_ABSENT && rc != DEVID_ERR_TPM_LOCKOUT &&
		rc != DEVID_ERR_TPM_FAILURE)
		return;
	m->health = rc;
	memcpy(m->health_text, cause->text, sizeof(m->health_text));
}

void module_probe_again(struct module *m, struct module_key *key)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = DEVID_ERR_CRYPTO;
	bool fits = false;

	if (!key->present || key->probes == 0)
		return;
	for (; rc == DEVID_ERR_CRYPTO && key->probes > 0; key->probes--) {
		devid_error_clear(&cause);
		rc = module_try_pss(m, key, &fits, &cause);
	}
	if (rc == DEVID_OK) {
		key->probes = 0;
		key->tls13 = fits ? WIRE_TLS13_YES : WIRE_TLS13_NO;
		if (!fits)
			warn_of_salt(m, key);
		store_mark(m, key);
		return;
	}
	if (rc != DEVID_ERR_CRYPTO)
		key->probes = PROBES;
	note_health(m, rc, &cause);
	module_warn_key(
		m, key, "not known to be usable with TLS 1.3 yet", &cause);
}

void module_probe(struct module *m, struct module_key *key)
{
	key->tls13 = WIRE_TLS13_YES;
	key->probes = 0;
	if (key_id_row(key->id)->purposes == 0 ||
		key_alg_rsa_bits(key->alg) == 0 || recall(m, key))
		return;
	key->tls13 = WIRE_TLS13_UNKNOWN;
	key->probes = PROBES;
	module_probe_again(m, key);
}

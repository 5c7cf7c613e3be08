/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence-check.h"

#include <devid/profile.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <string.h>

#include "bytes.h"
#include "cert.h"
#include "cleanup-openssl.h"
#include "fail.h"
#include "tpm-counter.h"
#include "tpm-public.h"
#include "tpm-signature.h"

static const char *const names[EVIDENCE_RULES] = {
	[EVIDENCE_RULE_NONE] = "none",
	[EVIDENCE_RULE_IAK_CERT] = "iak-cert",
	[EVIDENCE_RULE_IAK_PROFILE] = "iak-profile",
	[EVIDENCE_RULE_SIGNER_RESTRICTED] = "signer-restricted",
	[EVIDENCE_RULE_IAK_UNIT] = "iak-unit",
	[EVIDENCE_RULE_IAK_CHAIN] = "iak-chain",
	[EVIDENCE_RULE_PUBLIC] = "public",
	[EVIDENCE_RULE_KEY] = "key",
	[EVIDENCE_RULE_ATTRIBUTES] = "attributes",
	[EVIDENCE_RULE_MAGIC] = "magic",
	[EVIDENCE_RULE_TYPE] = "type",
	[EVIDENCE_RULE_ATTEST] = "attest",
	[EVIDENCE_RULE_NONCE] = "nonce",
	[EVIDENCE_RULE_NAME] = "name",
	[EVIDENCE_RULE_SIGNATURE] = "signature",
	[EVIDENCE_RULE_EPOCH_PRESENT] = "epoch-present",
	[EVIDENCE_RULE_EPOCH_PUBLIC] = "epoch-public",
	[EVIDENCE_RULE_EPOCH_MAGIC] = "epoch-magic",
	[EVIDENCE_RULE_EPOCH_TYPE] = "epoch-type",
	[EVIDENCE_RULE_EPOCH_ATTEST] = "epoch-attest",
	[EVIDENCE_RULE_EPOCH_NONCE] = "epoch-nonce",
	[EVIDENCE_RULE_EPOCH_NAME] = "epoch-name",
	[EVIDENCE_RULE_EPOCH_SIGNATURE] = "epoch-signature",
};

const char *evidence_rule_name(enum evidence_rule rule)
{
	return names[rule];
}

/* What a check works on, and has found out so far. */
struct checking {
	const struct evidence_ask *ask;
	const struct evidence *evidence;
	struct view certs[KEY_CHAIN_MAX]; /* the IAK's first */
	struct devid_profile_report iak;
	EVP_PKEY *signer; /* owned: the IAK's public key */
	struct tpm_public public;
	struct tpm_certify certify;
	TPMS_NV_PUBLIC area;
	struct tpm_counter_said counter;
};

/* Whether a rule holds; else why not, in @err. */
typedef bool rule_fn(struct checking *c, struct devid_error *err);

static bool no(struct devid_error *err, const char *why)
{
	(void)devid_fail(err, DEVID_ERR_NOT_GENUINE, "%s", why);
	return false;
}

/* No fault of the evidence's. */
static bool cannot(struct devid_error *err)
{
	(void)devid_fail(err, DEVID_ERR_CRYPTO, "evidence: no digest");
	return false;
}

static bool same(const uint8_t *a, size_t a_len, const uint8_t *b, size_t b_len)
{
	return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* ---- the IAK's certificate ---- */

static bool take_signer(
	struct checking *c, struct view der, struct devid_error *err)
{
	const uint8_t *p = der.data;
	CLEANUP(cleanup_x509) X509 *cert = d2i_X509(NULL, &p, (long)der.len);

	c->signer = cert ? X509_get_pubkey(cert) : NULL;
	ERR_clear_error();
	return c->signer || no(err, "its public key cannot be read");
}

/* Puts the one that is no CA's in front. */
static bool rule_iak_cert(struct checking *c, struct devid_error *err)
{
	const struct evidence *e = c->evidence;
	size_t n_above = 0, n_own = 0;

	for (size_t i = 0; i < e->n_certs; i++) {
		struct cert_view cert = { .n_ext = 0 };

		if (cert_parse(e->certs[i], &cert, err) != DEVID_OK)
			return false;
		if (!cert_claims_ca(&cert) && n_own++ == 0)
			c->certs[0] = e->certs[i];
		else if (n_above < KEY_CHAIN_MAX - 1)
			c->certs[1 + n_above++] = e->certs[i];
	}
	if (n_own != 1)
		return no(err, n_own == 0 ? "all certificates are of CAs"
					  : "more than one is of no CA");
	return take_signer(c, c->certs[0], err);
}

static bool rule_iak_profile(struct checking *c, struct devid_error *err)
{
	if (devid_profile_check(c->certs[0].data, c->certs[0].len,
		    DEVID_PROFILE_IAK, 0, &c->iak))
		return true;
	return no(err, devid_rule_text(c->iak.failed));
}

/* A SHOULD of the profile, and what all else hangs on here. */
static bool rule_signer_restricted(struct checking *c, struct devid_error *err)
{
	return c->iak.results[DEVID_RULE_TCG_CAPABILITY].verdict ==
		       DEVID_PASS ||
	       no(err, "the maker does not certify that the key is restricted "
		       "(TCG verifiedTPMRestricted)");
}

static bool rule_iak_unit(struct checking *c, struct devid_error *err)
{
	struct devid_profile_report idevid;

	(void)devid_profile_check(c->ask->idevid.data, c->ask->idevid.len,
		DEVID_PROFILE_IDEVID, 0, &idevid); /* verified by who asks */
	if (!*c->iak.serial || !*idevid.serial)
		return no(err, "no serialNumber");
	return strcmp(c->iak.serial, idevid.serial) == 0 ||
	       no(err, "its serialNumber is not the IDevID's");
}

static bool rule_iak_chain(struct checking *c, struct devid_error *err)
{
	return c->ask->chain(c->ask->chain_arg, c->certs, c->evidence->n_certs,
		       err) == DEVID_OK;
}

/* ---- the statement about the key ---- */

static bool rule_public(struct checking *c, struct devid_error *err)
{
	return tpm_public_parse(c->evidence->key.public, &c->public, err) ==
	       DEVID_OK;
}

static bool rule_key(struct checking *c, struct devid_error *err)
{
	struct key_blob spki = { .len = 0 };

	if (tpm_public_spki(&c->public.area, &spki, err) != DEVID_OK)
		return false;
	return same(spki.data, spki.len, c->ask->spki.data, c->ask->spki.len) ||
	       no(err, "tpmTPublic is not the key of the request");
}

/* Part 2, 8.3: made in this TPM, and never out of it. */
static bool rule_attributes(struct checking *c, struct devid_error *err)
{
	TPMA_OBJECT need = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
			   TPMA_OBJECT_SENSITIVEDATAORIGIN;

	return (c->public.area.objectAttributes & need) == need ||
	       no(err, "the key can be, or was, outside this TPM");
}

static bool has_magic(struct view attest)
{
	return attest.len >= 6 &&
	       bytes_load(attest.data, 4) == TPM2_GENERATED_VALUE;
}

static bool has_type(struct view attest, TPM2_ST type)
{
	return bytes_load(attest.data + 4, 2) == type; /* has its magic */
}

static bool rule_magic(struct checking *c, struct devid_error *err)
{
	return has_magic(c->evidence->key.attest) ||
	       no(err, "not TPM_GENERATED_VALUE");
}

static bool rule_type(struct checking *c, struct devid_error *err)
{
	return has_type(c->evidence->key.attest, TPM2_ST_ATTEST_CERTIFY) ||
	       no(err, "not that of TPM2_Certify");
}

static bool rule_attest(struct checking *c, struct devid_error *err)
{
	return tpm_certify_parse(c->evidence->key.attest, &c->certify, err) ==
	       DEVID_OK;
}

static bool rule_nonce(struct checking *c, struct devid_error *err)
{
	return same(c->certify.extra, c->certify.extra_len, c->ask->nonce.data,
		       c->ask->nonce.len) ||
	       no(err, "extraData is not the nonce that was given");
}

static bool rule_name(struct checking *c, struct devid_error *err)
{
	return same(c->certify.name, c->certify.name_len, c->public.name,
		       c->public.name_len) ||
	       no(err, "it certifies another object than tpmTPublic");
}

static bool rule_signature(struct checking *c, struct devid_error *err)
{
	return tpm_signature_check_pkey(c->signer, c->evidence->key.attest,
		       c->evidence->key.signature, err) == DEVID_OK;
}

/* ---- the statement about the counter ---- */

static bool has_epoch(const struct checking *c)
{
	return c->evidence->epoch.attest.len > 0;
}

static bool rule_epoch_present(struct checking *c, struct devid_error *err)
{
	return has_epoch(c) || !c->ask->epoch ||
	       no(err, "no statement about the counter of erasures");
}

static bool rule_epoch_public(struct checking *c, struct devid_error *err)
{
	if (tpm_counter_read_area(c->evidence->epoch.public, &c->area, err) !=
		DEVID_OK)
		return false;
	return (tpm_counter_is_ours(&c->area) &&
		       (c->area.attributes & TPMA_NV_WRITTEN)) ||
	       no(err, "no counter of erasures as devid makes it");
}

static bool rule_epoch_magic(struct checking *c, struct devid_error *err)
{
	return has_magic(c->evidence->epoch.attest) ||
	       no(err, "not TPM_GENERATED_VALUE");
}

static bool rule_epoch_type(struct checking *c, struct devid_error *err)
{
	return has_type(c->evidence->epoch.attest, TPM2_ST_ATTEST_NV) ||
	       no(err, "not that of TPM2_NV_Certify of the bytes themselves");
}

static bool rule_epoch_attest(struct checking *c, struct devid_error *err)
{
	return tpm_counter_parse(c->evidence->epoch.attest, &c->counter, err) ==
	       DEVID_OK;
}

static bool rule_epoch_nonce(struct checking *c, struct devid_error *err)
{
	uint8_t want[32];

	if (!tpm_counter_extra(c->ask->nonce, want))
		return cannot(err);
	return same(c->counter.extra, c->counter.extra_len, want,
		       sizeof(want)) ||
	       no(err, "extraData is not that of the nonce that was given");
}

static bool rule_epoch_name(struct checking *c, struct devid_error *err)
{
	uint8_t want[TPM_COUNTER_NAME_LEN];

	if (!tpm_counter_name(c->area.nvIndex, want))
		return cannot(err);
	return same(c->counter.name, c->counter.name_len, want, sizeof(want)) ||
	       no(err, "it certifies another index than is shown");
}

static bool rule_epoch_signature(struct checking *c, struct devid_error *err)
{
	return tpm_signature_check_pkey(c->signer, c->evidence->epoch.attest,
		       c->evidence->epoch.signature, err) == DEVID_OK;
}

/* ---- all of them ---- */

static rule_fn *const rules[EVIDENCE_RULES] = {
	[EVIDENCE_RULE_IAK_CERT] = rule_iak_cert,
	[EVIDENCE_RULE_IAK_PROFILE] = rule_iak_profile,
	[EVIDENCE_RULE_SIGNER_RESTRICTED] = rule_signer_restricted,
	[EVIDENCE_RULE_IAK_UNIT] = rule_iak_unit,
	[EVIDENCE_RULE_IAK_CHAIN] = rule_iak_chain,
	[EVIDENCE_RULE_PUBLIC] = rule_public,
	[EVIDENCE_RULE_KEY] = rule_key,
	[EVIDENCE_RULE_ATTRIBUTES] = rule_attributes,
	[EVIDENCE_RULE_MAGIC] = rule_magic,
	[EVIDENCE_RULE_TYPE] = rule_type,
	[EVIDENCE_RULE_ATTEST] = rule_attest,
	[EVIDENCE_RULE_NONCE] = rule_nonce,
	[EVIDENCE_RULE_NAME] = rule_name,
	[EVIDENCE_RULE_SIGNATURE] = rule_signature,
	[EVIDENCE_RULE_EPOCH_PRESENT] = rule_epoch_present,
	[EVIDENCE_RULE_EPOCH_PUBLIC] = rule_epoch_public,
	[EVIDENCE_RULE_EPOCH_MAGIC] = rule_epoch_magic,
	[EVIDENCE_RULE_EPOCH_TYPE] = rule_epoch_type,
	[EVIDENCE_RULE_EPOCH_ATTEST] = rule_epoch_attest,
	[EVIDENCE_RULE_EPOCH_NONCE] = rule_epoch_nonce,
	[EVIDENCE_RULE_EPOCH_NAME] = rule_epoch_name,
	[EVIDENCE_RULE_EPOCH_SIGNATURE] = rule_epoch_signature,
};

/* Goes through the rules; gives the first that does not hold. */
static enum evidence_rule judge(struct checking *c, struct devid_error *cause)
{
	for (int r = EVIDENCE_RULE_NONE + 1; r < EVIDENCE_RULES; r++) {
		if (r > EVIDENCE_RULE_EPOCH_PRESENT && !has_epoch(c))
			break;
		if (!rules[r](c, cause))
			return (enum evidence_rule)r;
	}
	return EVIDENCE_RULE_NONE;
}

static void keep(const struct checking *c, struct evidence_verdict *ret)
{
	ret->clock = c->certify.clock;
	ret->resets = c->certify.resets;
	ret->restarts = c->certify.restarts;
	ret->firmware = c->certify.firmware;
	if (has_epoch(c)) {
		ret->epoch = c->counter.value;
		ret->epoch_index = c->area.nvIndex;
	}
}

enum devid_err evidence_check(const struct evidence_ask *ask,
	struct evidence_verdict *ret, struct devid_error *err)
{
	struct checking c = { .ask = ask, .evidence = ask->evidence };
	struct devid_error cause = { DEVID_OK, "" };

	*ret = (struct evidence_verdict) { .failed = EVIDENCE_RULE_NONE };
	if (ask->nonce.len == 0 || ask->spki.len == 0 || !ask->chain)
		return devid_fail(err, DEVID_ERR_INVALID,
			"evidence: asked for without nonce, key or maker");
	ret->failed = judge(&c, &cause);
	EVP_PKEY_free(c.signer);
	if (cause.code == DEVID_ERR_NOMEM || cause.code == DEVID_ERR_CRYPTO) {
		ret->failed = EVIDENCE_RULE_NONE;
		return fail_with(err, cause.code, &cause);
	}
	if (ret->failed != EVIDENCE_RULE_NONE)
		return devid_fail(err, DEVID_ERR_NOT_GENUINE,
			"evidence: %s: %.200s", names[ret->failed], cause.text);
	keep(&c, ret);
	return DEVID_OK;
}

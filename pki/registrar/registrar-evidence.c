/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar-evidence.h"

#include <string.h>

#include "cleanup-openssl.h"
#include "evidence-check.h"
#include "fail.h"
#include "hex.h"
#include "tpm-places.h"

static const char *const names[EVIDENCE_RULES] = {
	[EVIDENCE_RULE_NONE] = "",
	[EVIDENCE_RULE_IAK_CERT] = "evidence-iak-cert",
	[EVIDENCE_RULE_IAK_PROFILE] = "evidence-iak-profile",
	[EVIDENCE_RULE_SIGNER_RESTRICTED] = "evidence-signer-restricted",
	[EVIDENCE_RULE_IAK_UNIT] = "evidence-iak-unit",
	[EVIDENCE_RULE_IAK_CHAIN] = "evidence-iak-chain",
	[EVIDENCE_RULE_PUBLIC] = "evidence-public",
	[EVIDENCE_RULE_KEY] = "evidence-key",
	[EVIDENCE_RULE_ATTRIBUTES] = "evidence-attributes",
	[EVIDENCE_RULE_MAGIC] = "evidence-magic",
	[EVIDENCE_RULE_TYPE] = "evidence-type",
	[EVIDENCE_RULE_ATTEST] = "evidence-attest",
	[EVIDENCE_RULE_NONCE] = "evidence-nonce",
	[EVIDENCE_RULE_NAME] = "evidence-name",
	[EVIDENCE_RULE_SIGNATURE] = "evidence-signature",
	[EVIDENCE_RULE_EPOCH_PRESENT] = "evidence-epoch-present",
	[EVIDENCE_RULE_EPOCH_PUBLIC] = "evidence-epoch-public",
	[EVIDENCE_RULE_EPOCH_MAGIC] = "evidence-epoch-magic",
	[EVIDENCE_RULE_EPOCH_TYPE] = "evidence-epoch-type",
	[EVIDENCE_RULE_EPOCH_ATTEST] = "evidence-epoch-attest",
	[EVIDENCE_RULE_EPOCH_NONCE] = "evidence-epoch-nonce",
	[EVIDENCE_RULE_EPOCH_NAME] = "evidence-epoch-name",
	[EVIDENCE_RULE_EPOCH_SIGNATURE] = "evidence-epoch-signature",
};

static void cleanup_stack(STACK_OF(X509) * *p)
{
	sk_X509_pop_free(*p, X509_free);
}

static X509 *read_cert(struct view der)
{
	const unsigned char *p = der.data;

	return d2i_X509(NULL, &p, (long)der.len);
}

/* Below the anchors of the very maker whose device asks. */
static enum devid_err check_chain(
	void *arg, const struct view *certs, size_t n, struct devid_error *err)
{
	const struct residency_ask *ask = arg;
	CLEANUP(cleanup_x509) X509 *leaf = read_cert(certs[0]);
	CLEANUP(cleanup_stack) STACK_OF(X509) *chain = sk_X509_new_null();
	const struct maker_path path = { leaf, chain, ask->now };
	const char *maker;

	if (!leaf || !chain)
		return fail_no_memory_for(err, "evidence");
	for (size_t i = 1; i < n; i++) {
		X509 *cert = read_cert(certs[i]);

		if (cert && sk_X509_push(chain, cert) > 0)
			continue;
		X509_free(cert);
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"a certificate above the IAK's cannot be read");
	}
	return maker_trust_check(ask->r->trust, &path, ask->maker, &maker,
		       err) == MAKER_TRUSTED
		       ? DEVID_OK
		       : DEVID_ERR_NOT_GENUINE;
}

/* Where devices of that maker have the counter that their keys hang on. */
static uint32_t epoch_index(const struct residency_ask *ask)
{
	const struct registrar_conf *conf = ask->r->conf;
	struct tpm_places places;

	for (size_t i = 0; i < conf->n_makers; i++) {
		if (strcmp(conf->makers[i].name, ask->maker) == 0 &&
			conf->makers[i].epoch_nv)
			return conf->makers[i].epoch_nv;
	}
	tpm_places_default(&places);
	return places.epoch;
}

/* Who commands the owner's hierarchy can make another counter of the same form,
 * which no key hangs on. */
static enum devid_err take_epoch(const struct residency_ask *ask,
	const struct evidence_verdict *found, struct residency *ret,
	struct verdict *v)
{
	uint32_t index = epoch_index(ask);

	if (found->epoch_index != index)
		return verdict_refuse(v,
			registrar_rule_name(REGISTRAR_EVIDENCE_EPOCH_INDEX),
			"the counter at 0x%08x, not the one at 0x%08x",
			found->epoch_index, index);
	ret->epoch = (int64_t)(found->epoch & INT64_MAX);
	return DEVID_OK;
}

static enum devid_err check(const struct residency_ask *ask,
	const struct evidence *evidence, struct residency *ret,
	struct verdict *v, struct devid_error *err)
{
	uint8_t nonce[REGISTRAR_NONCE_LEN];
	struct devid_error cause = { DEVID_OK, "" };
	struct evidence_verdict found = { .failed = EVIDENCE_RULE_NONE };
	const struct evidence_ask question = {
		.evidence = evidence,
		.spki = ask->csr->spki,
		.nonce = { nonce, sizeof(nonce) },
		.idevid = blob_view(&ask->client->der),
		.chain = check_chain,
		.chain_arg = (void *)ask, /* not changed */
	};
	enum devid_err rc;

	if (!hex_decode(ask->nonce, nonce, sizeof(nonce)))
		return devid_fail(err, DEVID_ERR_IO,
			"registrar: a nonce in the database is damaged");
	rc = evidence_check(&question, &found, &cause);
	if (rc != DEVID_OK && found.failed != EVIDENCE_RULE_NONE)
		return verdict_refuse(
			v, names[found.failed], "%s", devid_error_text(&cause));
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	rc = evidence->epoch.attest.len ? take_epoch(ask, &found, ret, v)
					: DEVID_OK;
	ret->shown = rc == DEVID_OK;
	return rc;
}

enum devid_err residency_check(const struct residency_ask *ask,
	struct residency *ret, struct verdict *v, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct evidence evidence;

	*ret = (struct residency) { false, STORE_NO_EPOCH };
	if (evidence_read(ask->csr->evidence, &evidence, &cause) != DEVID_OK)
		return verdict_refuse(v,
			registrar_rule_name(REGISTRAR_EVIDENCE_FORM), "%s",
			devid_error_text(&cause));
	return check(ask, &evidence, ret, v, err);
}

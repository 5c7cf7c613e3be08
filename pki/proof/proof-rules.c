/* SPDX-License-Identifier: Apache-2.0 */
#include "proof-rules.h"

#include <string.h>

#include "ek-policy.h"
#include "ek-profile.h"
#include "proof-private.h"
#include "proof-spki.h"
#include "proof-template.h"
#include "roca.h"
#include "tpm-signature.h"

/* Fails with the cause that a check left in @err. */
static enum devid_verdict verdict_of(enum devid_err rc)
{
	return rc == DEVID_OK ? DEVID_PASS : DEVID_FAIL;
}

static enum devid_verdict refuse(struct devid_error *err, const char *cause)
{
	(void)devid_fail(err, DEVID_ERR_INVALID, "%s", cause);
	return DEVID_FAIL;
}

static struct view field(const struct proof_run *run, enum tcg_csr_field which)
{
	return run->proof->csr.field[which];
}

/* ---- the request ---- */

enum devid_verdict proof_structure(
	struct proof_run *run, struct devid_error *err)
{
	struct tcg_csr *csr = &run->proof->csr;
	enum devid_err rc;

	if (run->ctx->contents_only)
		rc = tcg_csr_parse_contents(run->input, csr, err);
	else
		rc = tcg_csr_parse(run->input, csr, err);
	run->has_csr = rc == DEVID_OK;
	return verdict_of(rc);
}

/* The characters of PrintableString (X.680 41.4) without those that need
 * escaping in lists and configurations, first and last one as pki/lab/devid-pki
 * has it; @more is permitted too. */
static bool is_name(struct view v, char more)
{
	static const char inside[] = " :.,/()+-";

	for (size_t i = 0; i < v.len; i++) {
		uint8_t c = v.data[i];
		bool edge = i == 0 || i == v.len - 1;

		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			(c >= 'a' && c <= 'z'))
			continue;
		if (c == ')' && i == v.len - 1 && i > 0)
			continue;
		/* In a Name two blanks are the same as one (X.520 6.1). */
		if (c == ' ' && !edge && v.data[i - 1] == ' ')
			return false;
		if (edge || c == '\0' ||
			(c != (uint8_t)more && !strchr(inside, c)))
			return false;
	}
	return v.len <= TCG_CSR_NAME_MAX;
}

static void copy_name(struct view v, char *out)
{
	memcpy(out, v.data, v.len);
	out[v.len] = '\0';
}

enum devid_verdict proof_names(struct proof_run *run, struct devid_error *err)
{
	struct view model, serial;

	if (!run->has_csr)
		return DEVID_NOT_APPLICABLE;
	model = field(run, TCG_CSR_PROD_MODEL);
	serial = field(run, TCG_CSR_PROD_SERIAL);
	if (serial.len == 0)
		return refuse(err, "prodSerial: empty");
	if (!is_name(serial, '-'))
		return refuse(err, "prodSerial: too long, a character that is "
				   "not permitted, or two blanks in a row");
	copy_name(serial, run->proof->serial);
	if (model.len == 0)
		return DEVID_PASS;
	if (!is_name(model, '_'))
		return refuse(err, "prodModel: too long, a character that is "
				   "not permitted, or two blanks in a row");
	copy_name(model, run->proof->model);
	return DEVID_PASS;
}

enum devid_verdict proof_hash(struct proof_run *run, struct devid_error *err)
{
	if (!run->has_csr)
		return DEVID_NOT_APPLICABLE;
	return verdict_of(tcg_csr_check_hash(&run->proof->csr, err));
}

/* ---- public areas ---- */

/* Reads one, and its key for all rules. */
static enum devid_verdict read_public(struct view in, struct tpm_public *ret,
	EVP_PKEY **ret_key, struct key_blob *ret_spki, struct devid_error *err)
{
	enum devid_err rc;

	if (in.len == 0)
		return refuse(err, "missing");
	rc = tpm_public_parse(in, ret, err);
	if (rc == DEVID_OK)
		rc = tpm_public_pkey(&ret->area, ret_key, err);
	if (rc == DEVID_OK)
		rc = proof_write_spki(&ret->area, ret_spki, err);
	return verdict_of(rc);
}

enum devid_verdict proof_signing_pub(
	struct proof_run *run, struct devid_error *err)
{
	enum devid_verdict verdict;

	if (!run->has_csr)
		return DEVID_NOT_APPLICABLE;
	verdict = read_public(field(run, TCG_CSR_SIGNING_PUB),
		&run->proof->idevid, &run->idevid_key, &run->proof->idevid_spki,
		err);
	run->has_idevid = run->proof->idevid.name_len > 0;
	return verdict;
}

enum devid_verdict proof_attest_pub(
	struct proof_run *run, struct devid_error *err)
{
	enum devid_verdict verdict;

	if (!run->has_csr)
		return DEVID_NOT_APPLICABLE;
	verdict = read_public(field(run, TCG_CSR_ATTEST_PUB), &run->proof->iak,
		&run->iak_key, &run->proof->iak_spki, err);
	run->has_iak = run->proof->iak.name_len > 0;
	return verdict;
}

enum devid_verdict proof_signature(
	struct proof_run *run, struct devid_error *err)
{
	const struct tcg_csr *csr = &run->proof->csr;

	if (run->ctx->contents_only || run->proof->idevid_spki.len == 0)
		return DEVID_NOT_APPLICABLE;
	return verdict_of(tpm_signature_check(&run->proof->idevid.area,
		run->idevid_key, csr->contents, csr->signature, err));
}

enum devid_verdict proof_iak_template(
	struct proof_run *run, struct devid_error *err)
{
	if (!run->has_iak)
		return DEVID_NOT_APPLICABLE;
	return verdict_of(proof_check_template(
		KEY_ROLE_IAK, &run->proof->iak.area, &run->iak_alg, err));
}

enum devid_verdict proof_idevid_template(
	struct proof_run *run, struct devid_error *err)
{
	if (!run->has_idevid)
		return DEVID_NOT_APPLICABLE;
	return verdict_of(proof_check_template(KEY_ROLE_IDEVID,
		&run->proof->idevid.area, &run->idevid_alg, err));
}

/* A key has one SubjectPublicKeyInfo: DER, points not compressed. */
static bool is_same_key(struct view a, struct view b)
{
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

enum devid_verdict proof_keys_differ(
	struct proof_run *run, struct devid_error *err)
{
	const struct proof *p = run->proof;
	struct view iak = { p->iak_spki.data, p->iak_spki.len };
	struct view idevid = { p->idevid_spki.data, p->idevid_spki.len };
	struct view ek = p->ek.view.spki_whole;

	if (iak.len == 0 || idevid.len == 0)
		return DEVID_NOT_APPLICABLE;
	if (is_same_key(iak, idevid))
		return refuse(err, "IAK and IDevID are one key");
	if (ek_cert_has_key(&p->ek) && is_same_key(ek, iak))
		return refuse(err, "EK and IAK are one key");
	if (ek_cert_has_key(&p->ek) && is_same_key(ek, idevid))
		return refuse(err, "EK and IDevID are one key");
	if (run->iak_alg != KEY_ALG_NONE && run->idevid_alg != KEY_ALG_NONE &&
		run->iak_alg != run->idevid_alg) {
		(void)devid_fail(err, DEVID_ERR_MISMATCH,
			"IAK is %s, IDevID is %s", key_alg_name(run->iak_alg),
			key_alg_name(run->idevid_alg));
		return DEVID_FAIL;
	}
	return DEVID_PASS;
}

/* Of such an IDevID or IAK everybody has the private key; of such an EK
 * everybody opens the challenge. */
enum devid_verdict proof_roca(struct proof_run *run, struct devid_error *err)
{
	const struct proof *p = run->proof;
	struct view idevid = { p->idevid_spki.data, p->idevid_spki.len };
	struct view iak = { p->iak_spki.data, p->iak_spki.len };
	enum devid_err rc;

	if (idevid.len == 0 && iak.len == 0 && !ek_cert_has_key(&p->ek))
		return DEVID_NOT_APPLICABLE;
	rc = roca_check_spki(idevid, "IDevID", err);
	if (rc == DEVID_OK)
		rc = roca_check_spki(iak, "IAK", err);
	if (rc == DEVID_OK)
		rc = roca_check(p->ek.key.modulus, "EK", err);
	return verdict_of(rc);
}

/* ---- EK certificate ---- */

/* A quirk passes, with a warning, where the policy names it or where there is
 * none. */
static enum devid_verdict judge_quirks(
	const struct proof_run *run, unsigned of_rule, struct devid_error *err)
{
	unsigned found = run->proof->ek.quirks & of_rule, refused;
	char text[96];

	if (!found)
		return DEVID_PASS;
	refused = run->ctx->policy ? found & ~run->ctx->policy->quirks : 0;
	ek_quirks_text(refused ? refused : found, text, sizeof(text));
	(void)devid_fail(err, DEVID_ERR_DENIED, "%s: %s",
		refused ? "quirk that the policy does not name" : "quirk",
		text);
	return refused ? DEVID_FAIL : DEVID_WARN;
}

enum devid_verdict proof_ek_encoding(
	struct proof_run *run, struct devid_error *err)
{
	struct view in;

	if (!run->has_csr)
		return DEVID_NOT_APPLICABLE;
	in = field(run, TCG_CSR_EK_CERT);
	if (in.len == 0)
		return refuse(err, "EK certificate: missing");
	if (ek_cert_parse(in, &run->proof->ek, err) != DEVID_OK)
		return DEVID_FAIL;
	run->has_ek = true;
	return judge_quirks(run, EK_QUIRKS_ENCODING, err);
}

enum devid_verdict proof_ek_profile(
	struct proof_run *run, struct devid_error *err)
{
	if (!run->has_ek)
		return DEVID_NOT_APPLICABLE;
	if (ek_cert_check_profile(&run->proof->ek, err) != DEVID_OK)
		return DEVID_FAIL;
	return judge_quirks(run, EK_QUIRKS_PROFILE, err);
}

enum devid_verdict proof_ek_key(struct proof_run *run, struct devid_error *err)
{
	if (!run->has_ek)
		return DEVID_NOT_APPLICABLE;
	return verdict_of(ek_cert_check_key(&run->proof->ek, err));
}

enum devid_verdict proof_ek_chain(
	struct proof_run *run, struct devid_error *err)
{
	if (!run->has_ek || !run->ctx->trust)
		return DEVID_NOT_APPLICABLE;
	run->proof->ek.above = field(run, TCG_CSR_PROD_CA_DATA);
	return verdict_of(ek_trust_check(
		run->ctx->trust, &run->proof->ek, run->ctx->now, err));
}

enum devid_verdict proof_ek_policy(
	struct proof_run *run, struct devid_error *err)
{
	const struct ek_cert *ek = &run->proof->ek;

	/* without names the profile refused it */
	if (!run->has_ek || !run->ctx->policy || !ek->manufacturer[0] ||
		!ek->model[0] || !ek->version[0])
		return DEVID_NOT_APPLICABLE;
	return verdict_of(ek_policy_check(run->ctx->policy, ek, err));
}

/* ---- attestation ---- */

enum devid_verdict proof_certify(struct proof_run *run, struct devid_error *err)
{
	struct view in;
	enum devid_err rc;

	if (!run->has_csr)
		return DEVID_NOT_APPLICABLE;
	in = field(run, TCG_CSR_SGN_CERTIFY);
	if (in.len == 0)
		return refuse(err, "attestation: missing");
	rc = tpm_certify_parse(in, &run->proof->certify, err);
	run->has_certify = rc == DEVID_OK;
	return verdict_of(rc);
}

enum devid_verdict proof_certify_name(
	struct proof_run *run, struct devid_error *err)
{
	const struct tpm_certify *certify = &run->proof->certify;
	const struct tpm_public *idevid = &run->proof->idevid;

	if (!run->has_certify || !run->has_idevid)
		return DEVID_NOT_APPLICABLE;
	if (certify->name_len != idevid->name_len ||
		memcmp(certify->name, idevid->name, idevid->name_len) != 0)
		return refuse(err, "attestation: over another Name");
	return DEVID_PASS;
}

/* Attributes and policy are the same below any parent and in any hierarchy:
 * only the qualified name tells. A key of the owner goes with TPM2_Clear, one
 * of the null hierarchy with the next start. */
static enum devid_verdict judge_hierarchy(const struct tpm_public *key,
	const uint8_t *qualified, size_t len, struct devid_error *err)
{
	uint8_t wanted[TPM_NAME_MAX];

	if (tpm_public_qualify(key, TPM2_RH_ENDORSEMENT, wanted, err) !=
		DEVID_OK)
		return DEVID_FAIL;
	if (len != key->name_len || memcmp(qualified, wanted, len) != 0)
		return refuse(err, "a child of another key, or a key of "
				   "another hierarchy");
	return DEVID_PASS;
}

enum devid_verdict proof_certify_hierarchy(
	struct proof_run *run, struct devid_error *err)
{
	const struct tpm_certify *certify = &run->proof->certify;

	if (!run->has_certify || !run->has_idevid)
		return DEVID_NOT_APPLICABLE;
	return judge_hierarchy(&run->proof->idevid, certify->qualified,
		certify->qualified_len, err);
}

enum devid_verdict proof_signer_hierarchy(
	struct proof_run *run, struct devid_error *err)
{
	const struct tpm_certify *certify = &run->proof->certify;

	if (!run->has_certify || !run->has_iak)
		return DEVID_NOT_APPLICABLE;
	return judge_hierarchy(
		&run->proof->iak, certify->signer, certify->signer_len, err);
}

enum devid_verdict proof_certify_signature(
	struct proof_run *run, struct devid_error *err)
{
	struct view message, signature;

	if (!run->has_csr || run->proof->iak_spki.len == 0)
		return DEVID_NOT_APPLICABLE;
	message = field(run, TCG_CSR_SGN_CERTIFY);
	signature = field(run, TCG_CSR_SGN_CERTIFY_SIG);
	if (message.len == 0)
		return DEVID_NOT_APPLICABLE;
	if (signature.len == 0)
		return refuse(err, "attestation: signature is missing");
	return verdict_of(tpm_signature_check(
		&run->proof->iak.area, run->iak_key, message, signature, err));
}

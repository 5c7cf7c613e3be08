/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect-csr.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "challenge.h"
#include "cleanup.h"
#include "ek-policy.h"
#include "inspect-ek.h"
#include "inspect-facts.h"
#include "proof.h"

static void add_ek(struct inspect_run *run, const struct proof *proof)
{
	json_t *object;
	char hw_serial[320];

	if (proof->ek.view.version == 0)
		return; /* could not be read */
	object = json_object();
	inspect_ek(run, object, &proof->ek);
	if (ek_cert_hw_serial(&proof->ek, hw_serial, sizeof(hw_serial), NULL) ==
		DEVID_OK)
		inspect_text(run, object, "hw_serial", hw_serial);
	inspect_set(run, run->subject, "ek", object);
}

static void add_public(struct inspect_run *run, const char *name,
	const struct tpm_public *pub, const struct key_blob *spki)
{
	char attributes[16];
	json_t *object;

	if (pub->name_len == 0)
		return; /* could not be read */
	object = json_object();
	(void)snprintf(attributes, sizeof(attributes), "0x%08" PRIx32,
		pub->area.objectAttributes);
	if (spki->len > 0) {
		struct view der = { spki->data, spki->len };

		inspect_text(run, object, "algorithm",
			key_alg_name(key_alg_of_spki(spki->data, spki->len)));
		inspect_sha256(run, object, "spki_sha256", der);
	}
	inspect_text(run, object, "attributes", attributes);
	inspect_hex(run, object, "policy",
		(struct view) { pub->area.authPolicy.buffer,
			pub->area.authPolicy.size });
	inspect_hex(run, object, "name",
		(struct view) { pub->name, pub->name_len });
	inspect_set(run, run->subject, name, object);
}

static void add_certify(struct inspect_run *run, const struct proof *proof)
{
	char firmware[24];
	json_t *object;

	if (proof->certify.name_len == 0)
		return; /* could not be read */
	object = json_object();
	(void)snprintf(firmware, sizeof(firmware), "%016" PRIx64,
		proof->certify.firmware);
	inspect_text(run, object, "firmware", firmware);
	inspect_hex(run, object, "name",
		(struct view) { proof->certify.name, proof->certify.name_len });
	inspect_hex(run, object, "extra_data",
		(struct view) {
			proof->certify.extra, proof->certify.extra_len });
	inspect_set(run, run->subject, "certify", object);
}

static void add_sizes(struct inspect_run *run, const struct tcg_csr *csr)
{
	json_t *object = json_object();

	for (int i = 0; i < TCG_CSR_N_FIELDS; i++) {
		enum tcg_csr_field field = (enum tcg_csr_field)i;

		if (csr->field[i].len > 0)
			inspect_set(run, object, tcg_csr_field_name(field),
				json_integer((json_int_t)csr->field[i].len));
	}
	inspect_set(run, run->subject, "sizes", object);
}

static void add_facts(struct inspect_run *run, const struct proof *proof)
{
	const struct tcg_csr *csr = &proof->csr;
	char alg[16];

	if (proof->results[PROOF_STRUCTURE].verdict != DEVID_PASS)
		return;
	inspect_escaped(
		run, run->subject, "serial", csr->field[TCG_CSR_PROD_SERIAL]);
	inspect_escaped(
		run, run->subject, "model", csr->field[TCG_CSR_PROD_MODEL]);
	(void)snprintf(alg, sizeof(alg), "0x%04" PRIx32, csr->hash_alg);
	inspect_text(run, run->subject, "hash_algorithm",
		csr->hash_alg == HASH_SHA256   ? "sha256"
		: csr->hash_alg == HASH_SHA384 ? "sha384"
		: csr->hash_alg == HASH_SHA512 ? "sha512"
					       : alg);
	inspect_hex(run, run->subject, "hash", csr->hash);
	add_sizes(run, csr);
	add_ek(run, proof);
	add_public(run, "iak", &proof->iak, &proof->iak_spki);
	add_public(run, "idevid", &proof->idevid, &proof->idevid_spki);
	add_certify(run, proof);
}

/* Why a rule was not judged, where it is the caller's doing. */
static const char *detail_of(
	const struct proof_context *ctx, const struct proof *proof, int rule)
{
	const struct proof_result *r = &proof->results[rule];

	if (r->detail[0] || r->verdict != DEVID_NOT_APPLICABLE)
		return r->detail;
	if (rule == PROOF_EK_CHAIN && !ctx->trust)
		return "no TPM vendors' roots are given";
	if (rule == PROOF_EK_POLICY && !ctx->policy)
		return "no policy is given";
	if (rule == PROOF_SIGNATURE && ctx->contents_only)
		return "csrContents come without the signature";
	return "an earlier rule left nothing to judge";
}

static void judge(struct inspect_run *run, struct view data, bool contents)
{
	CLEANUP(cleanup_free) struct proof *proof = calloc(1, sizeof(*proof));
	const struct proof_context ctx = {
		.trust = run->options->trust,
		.policy =
			run->options->has_policy ? &run->options->policy : NULL,
		.now = run->options->now,
		.contents_only = contents,
	};

	if (!proof) {
		run->failed = true;
		return;
	}
	(void)proof_check(&ctx, data.data, data.len, proof);
	add_facts(run, proof);
	for (int i = PROOF_NONE + 1; i < PROOF_RULE_COUNT; i++)
		inspect_rule(run, proof_rule_id((enum proof_rule)i),
			proof_rule_clause((enum proof_rule)i),
			proof->results[i].verdict, detail_of(&ctx, proof, i));
	proof_done(proof);
}

void inspect_csr(struct inspect_run *run, struct view data, bool contents)
{
	CLEANUP(cleanup_free) uint8_t *whole = NULL;
	struct room out = { NULL, TCG_CSR_MAX, 0 };

	run->kind = contents ? "tcg-csr-contents" : "tcg-csr";
	if (!contents || !run->options->signature.data) {
		judge(run, data, contents);
		return;
	}
	whole = malloc(TCG_CSR_MAX);
	if (!whole) {
		run->failed = true;
		return;
	}
	out.data = whole;
	if (tcg_csr_encode(data, run->options->signature, &out, NULL) ==
		DEVID_OK)
		judge(run, (struct view) { out.data, out.len }, false);
	else
		judge(run, data, true);
}

void inspect_challenge(struct inspect_run *run, struct view pem)
{
	struct devid_error err = { 0 };
	struct challenge c;
	enum devid_err rc = challenge_parse(pem.data, pem.len, &c, &err);

	run->kind = "challenge";
	inspect_check(run, "encoding", "RFC 7468 2; X.690 10", rc, &err);
	if (rc != DEVID_OK) {
		inspect_rule(run, "deadline", "TCG DevID 1.00 issuing, 7f",
			DEVID_NOT_APPLICABLE, "");
		return;
	}
	inspect_hex(
		run, run->subject, "id", (struct view) { c.id, sizeof(c.id) });
	inspect_text(run, run->subject, "serial", c.serial);
	inspect_set(run, run->subject, "deadline",
		json_integer((json_int_t)c.deadline));
	inspect_set(run, run->subject, "id_object_bytes",
		json_integer((json_int_t)c.id_object_len));
	inspect_set(run, run->subject, "enc_secret_bytes",
		json_integer((json_int_t)c.enc_secret_len));
	inspect_set(run, run->subject, "ticket_bytes",
		json_integer((json_int_t)c.ticket.len));
	inspect_rule(run, "deadline", "TCG DevID 1.00 issuing, 7f",
		run->options->now <= c.deadline ? DEVID_PASS : DEVID_FAIL,
		run->options->now <= c.deadline ? "" : "is over");
}

/* The secret is not told: until it is used up, who has it can answer. */
void inspect_answer(struct inspect_run *run, struct view pem)
{
	struct devid_error err = { 0 };
	struct challenge_answer a;
	enum devid_err rc = challenge_answer_parse(pem.data, pem.len, &a, &err);

	run->kind = "answer";
	inspect_check(run, "encoding", "RFC 7468 2; X.690 10", rc, &err);
	if (rc == DEVID_OK) {
		inspect_hex(run, run->subject, "id",
			(struct view) { a.id, sizeof(a.id) });
		inspect_set(run, run->subject, "ticket_bytes",
			json_integer((json_int_t)a.ticket.len));
	}
	OPENSSL_cleanse(&a, sizeof(a));
}

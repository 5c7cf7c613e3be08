/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect-ek.h"

#include "ek-policy.h"
#include "ek-profile.h"
#include "inspect-facts.h"
#include "inspect-rules.h"
#include "inspect-x509.h"
#include "proof.h"

void inspect_ek(
	struct inspect_run *run, json_t *object, const struct ek_cert *ek)
{
	char quirks[96];

	inspect_text(run, object, "tpm_manufacturer", ek->manufacturer);
	inspect_text(run, object, "tpm_vendor", ek->vendor);
	inspect_text(run, object, "tpm_model", ek->model);
	inspect_text(run, object, "tpm_firmware", ek->version);
	inspect_text(run, object, "tpm_family", ek->tpm.family);
	if (ek->tpm.level >= 0)
		inspect_set(
			run, object, "tpm_level", json_integer(ek->tpm.level));
	if (ek->tpm.revision >= 0)
		inspect_set(run, object, "tpm_revision",
			json_integer(ek->tpm.revision));
	if (ek->tpm.eal > 0) {
		static const char *const status[] = { "designed to meet",
			"in evaluation", "completed" };

		inspect_set(run, object, "eal", json_integer(ek->tpm.eal));
		inspect_set(run, object, "eal_plus",
			json_boolean(ek->tpm.eal_plus));
		inspect_text(run, object, "eal_status",
			ek->tpm.eal_status < 3 ? status[ek->tpm.eal_status]
					       : "?");
	}
	if (ek->tpm.fips_level > 0)
		inspect_set(run, object, "fips_level",
			json_integer(ek->tpm.fips_level));
	inspect_text(run, object, "authority_key_id", ek->authority_key_id);
	ek_quirks_text(ek->quirks, quirks, sizeof(quirks));
	inspect_text(run, object, "quirks", quirks);
	(void)inspect_x509(run, object, ek->der);
}

static void judge_quirks(struct inspect_run *run, enum proof_rule rule,
	const struct ek_cert *ek, unsigned of_rule)
{
	const struct inspect_options *o = run->options;
	unsigned found = ek->quirks & of_rule;
	bool refused = o->has_policy && (found & ~o->policy.quirks);
	char text[96];

	ek_quirks_text(found, text, sizeof(text));
	inspect_rule(run, proof_rule_id(rule), proof_rule_clause(rule),
		refused ? DEVID_FAIL
		: found ? DEVID_WARN
			: DEVID_PASS,
		text);
}

static void judge_rule(struct inspect_run *run, enum proof_rule rule,
	enum devid_err rc, const struct devid_error *err)
{
	inspect_check(
		run, proof_rule_id(rule), proof_rule_clause(rule), rc, err);
}

static void skip_rule(
	struct inspect_run *run, enum proof_rule rule, const char *detail)
{
	inspect_rule(run, proof_rule_id(rule), proof_rule_clause(rule),
		DEVID_NOT_APPLICABLE, detail);
}

/* Without names the profile refused it. */
static void judge_policy(struct inspect_run *run, const struct ek_cert *ek)
{
	const struct inspect_options *o = run->options;
	struct devid_error err = { 0 };

	if (!o->has_policy)
		skip_rule(run, PROOF_EK_POLICY, "no policy is given");
	else if (!ek->manufacturer[0] || !ek->model[0] || !ek->version[0])
		skip_rule(run, PROOF_EK_POLICY, "");
	else
		judge_rule(run, PROOF_EK_POLICY,
			ek_policy_check(&o->policy, ek, &err), &err);
}

static void judge_rules(struct inspect_run *run, const struct ek_cert *ek)
{
	const struct inspect_options *o = run->options;
	struct devid_error err = { 0 };
	enum devid_err rc;

	judge_quirks(run, PROOF_EK_ENCODING, ek, EK_QUIRKS_ENCODING);
	rc = ek_cert_check_profile(ek, &err);
	if (rc != DEVID_OK)
		judge_rule(run, PROOF_EK_PROFILE, rc, &err);
	else
		judge_quirks(run, PROOF_EK_PROFILE, ek, EK_QUIRKS_PROFILE);
	devid_error_clear(&err);
	judge_rule(run, PROOF_EK_KEY, ek_cert_check_key(ek, &err), &err);
	devid_error_clear(&err);
	if (o->trust)
		judge_rule(run, PROOF_EK_CHAIN,
			ek_trust_check(o->trust, ek, o->now, &err), &err);
	else
		skip_rule(
			run, PROOF_EK_CHAIN, "no TPM vendors' roots are given");
	judge_policy(run, ek);
	inspect_rules_ek(run, ek->der);
}

void inspect_ek_cert(struct inspect_run *run, struct view in)
{
	struct devid_error err = { 0 };
	struct ek_cert ek;
	enum devid_err rc = ek_cert_parse(in, &ek, &err);

	if (rc == DEVID_OK) {
		inspect_ek(run, run->subject, &ek);
		judge_rules(run, &ek);
	} else {
		judge_rule(run, PROOF_EK_ENCODING, rc, &err);
		skip_rule(run, PROOF_EK_PROFILE, "");
		skip_rule(run, PROOF_EK_KEY, "");
		skip_rule(run, PROOF_EK_CHAIN, "");
		skip_rule(run, PROOF_EK_POLICY, "");
	}
	ek_cert_done(&ek);
}

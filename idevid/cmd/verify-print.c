/* SPDX-License-Identifier: Apache-2.0 */
#include "verify-print.h"

const char *print_status_name(enum peer_status status)
{
	switch (status) {
	case PEER_UNREACHABLE:
		break;
	case PEER_NOT_GENUINE:
		return "not-genuine";
	case PEER_GENUINE:
		return "genuine";
	}
	return "unreachable";
}

static void print_proofs(
	FILE *f, const char *serial, const struct devid_verify_result *r)
{
	if (r->possession)
		(void)fprintf(f,
			"  key         held by the peer, proved by the "
			"%s handshake\n",
			r->tls_version);
	else
		(void)fprintf(f, "  key         NOT proved: a file shows no "
				 "possession\n");
	(void)fprintf(f, "  chain       ends in a given root:");
	for (size_t i = 0; i < r->chain.n_path; i++)
		(void)fprintf(f, "%s %s", i ? "," : "", r->chain.path[i]);
	(void)fprintf(f, "\n  profile     IEEE 802.1AR IDevID, %zu warning%s\n",
		r->profile.n_warned, r->profile.n_warned == 1 ? "" : "s");
	(void)fprintf(f, "  serial      %s\n",
		serial ? "is the expected one"
		       : "any was accepted; --serial expects one");
}

/* One line per rule that does not hold. */
static void print_rules(FILE *f, const struct devid_profile_report *p)
{
	for (int i = DEVID_RULE_ENCODING; i < DEVID_RULE_COUNT; i++) {
		const struct devid_rule_result *r = &p->results[i];

		if (r->verdict != DEVID_WARN && r->verdict != DEVID_FAIL)
			continue;
		(void)fprintf(f, "  %-11s %s: %s (%s)\n",
			r->verdict == DEVID_WARN ? "warning" : "refused",
			devid_rule_id(r->rule), r->detail,
			devid_rule_clause(r->rule));
	}
}

static void print_certificate(FILE *f, const struct devid_verify_result *r)
{
	const struct devid_profile_report *p = &r->profile;

	if (r->sha256[0] == '\0')
		return;
	(void)fprintf(f, "  %-11s %s%s%s\n", r->genuine ? "unit" : "claims",
		p->serial[0] ? p->serial : "no serial number",
		p->model[0] ? ", model " : "", p->model);
	if (p->hw_serial[0])
		(void)fprintf(f, "  hardware    %s%s%s (type %s)\n",
			p->tpm_manufacturer[0] ? "TPM 2.0 by " : "",
			p->tpm_manufacturer,
			p->tpm_manufacturer[0] ? "" : p->hw_serial, p->hw_type);
	(void)fprintf(f, "  certificate sha256:%s\n", r->sha256);
	(void)fprintf(f, "  public key  sha256:%s\n", r->spki_sha256);
	print_rules(f, p);
}

void print_outcome(FILE *f, const char *target, const char *serial,
	const struct peer_outcome *out)
{
	const struct devid_verify_result *r = &out->result;

	switch (out->status) {
	case PEER_UNREACHABLE:
		(void)fprintf(f, "%s: not reachable: %s\n", target, out->cause);
		return;
	case PEER_NOT_GENUINE:
		(void)fprintf(f, "%s: NOT GENUINE\n  reason      %s (%s)\n",
			target, r->text, r->clause);
		break;
	case PEER_GENUINE:
		(void)fprintf(f, "%s: genuine\n", target);
		print_proofs(f, serial, r);
		break;
	}
	print_certificate(f, r);
}

/* "" becomes null. */
static json_t *text_or_null(const char *text)
{
	return text[0] ? json_string(text) : json_null();
}

static json_t *rules_json(const struct devid_profile_report *p)
{
	json_t *list = json_array();

	for (int i = DEVID_RULE_ENCODING; list && i < DEVID_RULE_COUNT; i++) {
		const struct devid_rule_result *r = &p->results[i];
		enum devid_severity severity = devid_rule_severity(r->rule);
		json_t *rule = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}",
			"rule", devid_rule_id(r->rule), "demands",
			devid_rule_text(r->rule), "clause",
			devid_rule_clause(r->rule), "severity",
			severity == DEVID_MUST ? "must" : "should", "verdict",
			devid_verdict_name(r->verdict), "detail",
			text_or_null(r->detail));

		if (json_array_append_new(list, rule) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *chain_json(const struct devid_chain_report *c)
{
	json_t *path = json_array();

	for (size_t i = 0; path && i < c->n_path; i++) {
		if (json_array_append_new(path, json_string(c->path[i])) != 0) {
			json_decref(path);
			return NULL;
		}
	}
	return json_pack("{s:s, s:o, s:o, s:o}", "verdict",
		devid_chain_verdict_name(c->verdict), "detail",
		text_or_null(c->text), "clause", text_or_null(c->clause),
		"path", path);
}

static json_t *hardware_json(const struct devid_profile_report *p)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "type",
		text_or_null(p->hw_type), "serial", text_or_null(p->hw_serial),
		"tpm_manufacturer", text_or_null(p->tpm_manufacturer),
		"permanent_id", text_or_null(p->permanent_id));
}

/* The part that exists only when a certificate was seen. */
static json_t *certificate_json(const struct devid_verify_result *r)
{
	if (r->sha256[0] == '\0')
		return json_null();
	return json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:o}", "serial",
		text_or_null(r->profile.serial), "model",
		text_or_null(r->profile.model), "sha256", r->sha256,
		"spki_sha256", r->spki_sha256, "hardware",
		hardware_json(&r->profile), "chain", chain_json(&r->chain),
		"rules", rules_json(&r->profile));
}

json_t *print_outcome_json(const char *target, const struct peer_outcome *out)
{
	const struct devid_verify_result *r = &out->result;
	bool unreachable = out->status == PEER_UNREACHABLE;

	return json_pack("{s:s, s:s, s:s, s:o, s:o, s:b, s:o, s:o, s:o}",
		"target", target, "status", print_status_name(out->status),
		"reason",
		unreachable ? "unreachable" : devid_reason_name(r->reason),
		"detail", text_or_null(unreachable ? out->cause : r->text),
		"clause", text_or_null(r->clause), "possession",
		(int)r->possession, "tls_version", text_or_null(r->tls_version),
		"cipher", text_or_null(out->cipher), "certificate",
		certificate_json(r));
}

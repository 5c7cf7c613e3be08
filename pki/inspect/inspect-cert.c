/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect-cert.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "ek-policy.h"
#include "ek-profile.h"
#include "inspect-ek.h"
#include "inspect-facts.h"
#include "inspect-private.h"
#include "inspect-rules.h"
#include "inspect-x509.h"
#include "proof.h"

enum cert_kind {
	CERT_OTHER,
	CERT_CA,
	CERT_OCSP,
	CERT_END_ENTITY,
	CERT_EK,
	CERT_IAK,
	CERT_IDEVID,
};

static const char *const kind_names[] = { "certificate", "ca-certificate",
	"ocsp-signer", "end-entity", "ek-certificate", "iak-certificate",
	"idevid-certificate" };

/* ---- which certificate ---- */

static bool has_bytes(
	const struct cert_ext *ext, const uint8_t *bytes, size_t len)
{
	return ext && memmem(ext->value.data, ext->value.len, bytes, len);
}

static bool has_oid(const struct cert_ext *ext, enum oid oid)
{
	struct view v = oid_content(oid);

	return has_bytes(ext, v.data, v.len);
}

/* By what the certificate claims to be; the rules then say what is wrong. */
static enum cert_kind kind_of(const struct cert_view *view)
{
	const struct cert_ext *san, *policies, *eku;
	uint8_t tag;
	struct view serial;

	san = cert_get_ext(view, OID_CE_SUBJECT_ALT_NAME);
	policies = cert_get_ext(view, OID_CE_CERTIFICATE_POLICIES);
	eku = cert_get_ext(view, OID_CE_EXT_KEY_USAGE);
	if (cert_claims_ca(view))
		return CERT_CA;
	if (has_oid(eku, OID_TCG_KP_EK) ||
		has_oid(san, OID_TCG_AT_TPM_MANUFACTURER))
		return CERT_EK;
	if (has_oid(policies, OID_TCG_CAP_RESTRICTED) ||
		has_oid(eku, OID_TCG_CAP_RESTRICTED))
		return CERT_IAK;
	if (has_oid(policies, OID_TCG_CAP_FIXED) ||
		has_oid(san, OID_ON_HW_MODULE_NAME))
		return CERT_IDEVID;
	if (has_oid(eku, OID_KP_OCSP_SIGNING))
		return CERT_OCSP;
	return cert_name_find(
		       view->subject, OID_AT_SERIAL_NUMBER, &tag, &serial) > 0
		       ? CERT_IDEVID
		       : CERT_END_ENTITY;
}

/* The rules of the first certificate, by its kind. */
static void judge_leaf(struct inspect_run *run, struct view der)
{
	CLEANUP(cleanup_x509) X509 *cert = NULL;
	struct cert_view view;
	enum cert_kind kind = CERT_OTHER;
	struct view rest = der, content, alone = der;
	uint8_t tag;

	/* what an NV index holds behind it must not hide the kind */
	if (der_take(&rest, &tag, &content, &alone) &&
		cert_parse(alone, &view, NULL) == DEVID_OK)
		kind = kind_of(&view);
	else if (der.len > 0 && der.data[0] != DER_SEQUENCE)
		kind = CERT_EK; /* the header of an NV index */
	run->kind = kind_names[kind];
	if (kind == CERT_EK) {
		inspect_ek_cert(run, der);
		return;
	}
	(void)inspect_x509(run, run->subject, der);
	cert = inspect_decode(der);
	switch (kind) {
	case CERT_CA:
		inspect_rules_ca(run, der, cert);
		break;
	case CERT_OCSP:
	case CERT_END_ENTITY:
		inspect_rules_end_entity(run, der, cert, kind == CERT_OCSP);
		break;
	case CERT_OTHER: /* could not be parsed: the profile says where */
	case CERT_IDEVID:
		inspect_rules_devid(run, der, cert, DEVID_PROFILE_IDEVID);
		break;
	case CERT_IAK:
		inspect_rules_devid(run, der, cert, DEVID_PROFILE_IAK);
		break;
	case CERT_EK: /* above */
		break;
	}
}

/* ---- chains ---- */

#define CHAIN_CLAUSE "RFC 5280 6.1"

/* Each certificate is signed by the next one. */
static void judge_links(
	struct inspect_run *run, const struct view *certs, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++) {
		CLEANUP(cleanup_x509) X509 *cert = inspect_decode(certs[i]);
		CLEANUP(cleanup_x509)
		X509 *issuer = inspect_decode(certs[i + 1]);
		EVP_PKEY *key = issuer ? X509_get0_pubkey(issuer) : NULL;
		char detail[64] = "";
		bool good = cert && key && X509_verify(cert, key) == 1;

		ERR_clear_error();
		if (good)
			continue;
		(void)snprintf(detail, sizeof(detail),
			"certificate %zu is not signed by the next one", i + 1);
		inspect_rule(run, "chain-links", "RFC 5280 6.1.3 (a)(1)",
			DEVID_FAIL, detail);
		return;
	}
	inspect_rule(
		run, "chain-links", "RFC 5280 6.1.3 (a)(1)", DEVID_PASS, "");
}

static void judge_chain(
	struct inspect_run *run, const struct view *certs, size_t n)
{
	const struct chain_query query = {
		.certs = certs, .n_certs = n, .now = run->options->now
	};
	struct devid_chain_report report;
	enum devid_err rc;
	json_t *path;

	if (!run->options->roots) {
		inspect_rule(run, "chain", CHAIN_CLAUSE, DEVID_NOT_APPLICABLE,
			"no root is given");
		return;
	}
	rc = chain_check(run->options->roots, &query, &report);
	inspect_rule(run, "chain",
		report.clause[0] ? report.clause : CHAIN_CLAUSE,
		rc == DEVID_OK ? DEVID_PASS : DEVID_FAIL, report.text);
	if (rc != DEVID_OK)
		return;
	path = json_array();
	for (size_t i = 0; i < report.n_path; i++) {
		if (json_array_append_new(path, json_string(report.path[i])) !=
			0)
			run->failed = true;
	}
	inspect_set(run, run->subject, "path", path);
}

/* The order that TLS and `devid provision` want: the end entity's first. A
 * bundle that begins at the other end is told so and judged in that order. */
static void judge_order(struct inspect_run *run, const struct view *certs,
	size_t n, struct view *ret)
{
	size_t at = cert_misplaced_leaf(certs, n);
	char text[128];

	(void)snprintf(text, sizeof(text),
		"%s: the first is a CA's, the end entity's is number %zu",
		at + 1 == n ? "reversed" : "mixed up", at + 1);
	inspect_flag(run, "chain-order", "RFC 8446 4.4.2", at == 0, text);
	for (size_t i = 0; i < n; i++)
		ret[i] = certs[at > 0 && at + 1 == n ? n - 1 - i : i];
	if (at == 0 || at + 1 == n)
		return;
	memmove(ret + 1, ret, at * sizeof(*ret));
	ret[0] = certs[at];
}

/* The first rule of a CA's that the certificate breaks; false: none. */
static bool find_fault(struct inspect_run *run, struct view der, char out[256])
{
	CLEANUP(cleanup_x509) X509 *cert = inspect_decode(der);
	struct inspect_run scratch = { .options = run->options,
		.subject = json_object(),
		.rules = json_array() };
	json_t *rule;
	size_t i;

	if (scratch.subject && scratch.rules)
		inspect_rules_ca(&scratch, der, cert);
	run->failed |= scratch.failed || !scratch.subject || !scratch.rules;
	json_array_foreach(scratch.rules, i, rule)
	{
		if (strcmp(json_string_value(json_object_get(rule, "verdict")),
			    "fail") != 0)
			continue;
		(void)snprintf(out, 256, "%.60s: %.128s",
			json_string_value(json_object_get(rule, "rule")),
			json_string_value(json_object_get(rule, "detail")));
		break;
	}
	json_decref(scratch.subject);
	json_decref(scratch.rules);
	return scratch.refused;
}

/* Each issuer of a chain by a CA's rules. */
static void judge_issuers(
	struct inspect_run *run, const struct view *certs, size_t n)
{
	static const char rule[] = "issuers", clause[] = "RFC 5280 6.1.4";
	char text[256], detail[320];

	for (size_t i = 1; i < n; i++) {
		if (!find_fault(run, certs[i], text))
			continue;
		(void)snprintf(detail, sizeof(detail), "certificate %zu: %s",
			i + 1, text);
		inspect_rule(run, rule, clause, DEVID_FAIL, detail);
		return;
	}
	inspect_rule(run, rule, clause, DEVID_PASS, "");
}

static void add_issuers(
	struct inspect_run *run, const struct view *certs, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 1; i < n; i++) {
		json_t *object = json_object();

		if (!inspect_x509(run, object, certs[i]))
			inspect_text(run, object, "error", "cannot be decoded");
		if (json_array_append_new(list, object) != 0)
			run->failed = true;
	}
	inspect_set(run, run->subject, "issuers", list);
}

/* A second leaf of the same issuer behind the first: what `devid-ca issue`
 * writes has IDevID, IAK and then the CAs. */
static bool is_sibling(struct view first, struct view second)
{
	CLEANUP(cleanup_x509) X509 *a = inspect_decode(first);
	CLEANUP(cleanup_x509) X509 *b = inspect_decode(second);

	ERR_clear_error();
	return a && b && X509_check_ca(a) == 0 && X509_check_ca(b) == 0 &&
	       X509_NAME_cmp(
		       X509_get_issuer_name(a), X509_get_issuer_name(b)) == 0;
}

/* Tells of the sibling, and whether its issuer is the first one's. */
static void judge_sibling(
	struct inspect_run *run, struct view sibling, struct view ca)
{
	CLEANUP(cleanup_x509) X509 *cert = inspect_decode(sibling);
	CLEANUP(cleanup_x509) X509 *issuer = inspect_decode(ca);
	EVP_PKEY *key = issuer ? X509_get0_pubkey(issuer) : NULL;
	json_t *object = json_object();

	(void)inspect_x509(run, object, sibling); /* decoded before */
	inspect_set(run, run->subject, "second", object);
	inspect_flag(run, "second-signature", "RFC 5280 6.1.3 (a)(1)",
		cert && key && X509_verify(cert, key) == 1,
		"not signed by the first one's issuer");
	ERR_clear_error();
}

void inspect_chain(struct inspect_run *run, const struct view *certs, size_t n)
{
	struct view chain[INSPECT_CERTS_MAX], rest[INSPECT_CERTS_MAX];

	if (n > 1) {
		judge_order(run, certs, n, chain);
		certs = chain;
	}
	judge_leaf(run, certs[0]);
	if (n > 2 && is_sibling(certs[0], certs[1])) {
		judge_sibling(run, certs[1], certs[2]);
		rest[0] = certs[0];
		memcpy(rest + 1, certs + 2, (n - 2) * sizeof(*certs));
		certs = rest;
		n--;
	}
	if (n > 1) {
		inspect_text(run, run->subject, "leaf", run->kind);
		run->kind = "chain";
		add_issuers(run, certs, n);
		judge_links(run, certs, n);
		judge_issuers(run, certs, n);
	}
	judge_chain(run, certs, n);
}

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
	static const uint8_t ca[] = { 0x01, 0x01, 0xff };
	const struct cert_ext *san, *policies, *eku;
	uint8_t tag;
	struct view serial;

	san = cert_get_ext(view, OID_CE_SUBJECT_ALT_NAME);
	policies = cert_get_ext(view, OID_CE_CERTIFICATE_POLICIES);
	eku = cert_get_ext(view, OID_CE_EXT_KEY_USAGE);
	if (has_bytes(cert_get_ext(view, OID_CE_BASIC_CONSTRAINTS), ca,
		    sizeof(ca)))
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

/* ---- rules per kind ---- */

static void judge_devid(
	struct inspect_run *run, struct view der, enum devid_profile_kind kind)
{
	struct devid_profile_report report;

	(void)devid_profile_check(der.data, der.len, kind, 0, &report);
	inspect_text(run, run->subject, "serial", report.serial);
	inspect_text(run, run->subject, "model", report.model);
	inspect_text(run, run->subject, "hw_type", report.hw_type);
	inspect_text(run, run->subject, "hw_serial", report.hw_serial);
	inspect_text(
		run, run->subject, "tpm_manufacturer", report.tpm_manufacturer);
	inspect_text(run, run->subject, "permanent_id", report.permanent_id);
	for (int i = DEVID_RULE_NONE + 1; i < DEVID_RULE_COUNT; i++)
		inspect_rule(run, devid_rule_id((enum devid_rule)i),
			devid_rule_clause((enum devid_rule)i),
			report.results[i].verdict, report.results[i].detail);
}

static bool is_in_time(const struct inspect_run *run, X509 *cert)
{
	time_t now = run->options->now;

	return X509_cmp_time(X509_get0_notBefore(cert), &now) < 0 &&
	       X509_cmp_time(X509_get0_notAfter(cert), &now) > 0;
}

/* What holds for every certificate of an end entity: the rules of a DevID that
 * are X.509's own, and that it is valid now. */
static void judge_general(
	struct inspect_run *run, struct view der, X509 *cert, bool ocsp)
{
	static const enum devid_rule rules[] = { DEVID_RULE_ENCODING,
		DEVID_RULE_SERIAL_POSITIVE, DEVID_RULE_SIGNATURE_EQUAL,
		DEVID_RULE_SIGNATURE_STRENGTH, DEVID_RULE_SIGNATURE_SUITE,
		DEVID_RULE_KEY_STRENGTH, DEVID_RULE_VALIDITY_ENCODING,
		DEVID_RULE_EXTENSION_UNIQUE, DEVID_RULE_KEY_USAGE_NO_CA,
		DEVID_RULE_KEY_USAGE_FITS_KEY };
	struct devid_profile_report report;

	(void)devid_profile_check(
		der.data, der.len, DEVID_PROFILE_IDEVID, 0, &report);
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		inspect_rule(run, devid_rule_id(rules[i]),
			devid_rule_clause(rules[i]),
			report.results[rules[i]].verdict,
			report.results[rules[i]].detail);
	inspect_flag(run, "validity", "RFC 5280 4.1.2.5", is_in_time(run, cert),
		"not valid now");
	if (ocsp) /* absent: every use */
		inspect_flag(run, "key-usage",
			"RFC 6960 4.2.2.2; RFC 5280 "
			"4.2.1.12",
			X509_get_key_usage(cert) &
				(KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION),
			"without digitalSignature");
	ERR_clear_error();
}

static void judge_ca(struct inspect_run *run, X509 *cert)
{
	uint32_t usage = X509_get_key_usage(cert);
	EVP_PKEY *key = X509_get0_pubkey(cert);
	bool self = X509_NAME_cmp(X509_get_subject_name(cert),
			    X509_get_issuer_name(cert)) == 0;

	inspect_flag(run, "basic-constraints", "RFC 5280 4.2.1.9",
		X509_check_ca(cert) == 1, "not a version 3 CA's");
	inspect_flag(run, "key-usage", "RFC 5280 4.2.1.3",
		usage & KU_KEY_CERT_SIGN, "without keyCertSign");
	inspect_flag(run, "key-strength", "IEEE 802.1AR 9; NIST SP 800-57 5.6",
		key && EVP_PKEY_get_security_bits(key) >= 112,
		"below 112 bits, or cannot be decoded");
	inspect_rule(run, "subject-key-id", "RFC 5280 4.2.1.2",
		X509_get0_subject_key_id(cert) ? DEVID_PASS : DEVID_WARN,
		X509_get0_subject_key_id(cert) ? "" : "absent");
	inspect_flag(run, "validity", "RFC 5280 4.1.2.5", is_in_time(run, cert),
		"not valid now");
	inspect_rule(run, "self-signature", "RFC 5280 6.1",
		!self                                ? DEVID_NOT_APPLICABLE
		: key && X509_verify(cert, key) == 1 ? DEVID_PASS
						     : DEVID_FAIL,
		"");
	ERR_clear_error();
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
	if (kind == CERT_CA || kind == CERT_OCSP || kind == CERT_END_ENTITY)
		cert = inspect_decode(der);
	if (cert && kind == CERT_CA)
		judge_ca(run, cert);
	else if (cert)
		judge_general(run, der, cert, kind == CERT_OCSP);
	else
		judge_devid(run, der,
			kind == CERT_IAK ? DEVID_PROFILE_IAK
					 : DEVID_PROFILE_IDEVID);
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
	struct view chain[INSPECT_CERTS_MAX];

	judge_leaf(run, certs[0]);
	if (n > 2 && n <= INSPECT_CERTS_MAX && is_sibling(certs[0], certs[1])) {
		judge_sibling(run, certs[1], certs[2]);
		chain[0] = certs[0];
		memcpy(chain + 1, certs + 2, (n - 2) * sizeof(*certs));
		certs = chain;
		n--;
	}
	if (n > 1) {
		inspect_text(run, run->subject, "leaf", run->kind);
		run->kind = "chain";
		add_issuers(run, certs, n);
		judge_links(run, certs, n);
	}
	judge_chain(run, certs, n);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect-rules.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include "alg-name.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "inspect-facts.h"
#include "inspect-x509.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

#define SECURITY_BITS 112 /* NIST SP 800-57 part 1, 5.6 */

/* ---- those of the profile ---- */

static void tell(struct inspect_run *run, enum devid_rule rule,
	enum devid_verdict verdict, const char *detail)
{
	inspect_rule(run, devid_rule_id(rule), devid_rule_clause(rule), verdict,
		detail);
}

/* The @n rules in @list, which hold for more than DevIDs. @mild: where one does
 * not hold, devid-ca takes the certificate all the same. */
static void judge_list(struct inspect_run *run, struct view der,
	const enum devid_rule *list, size_t n, enum devid_rule mild)
{
	struct devid_profile_report report;

	(void)devid_profile_check(
		der.data, der.len, DEVID_PROFILE_IDEVID, 0, &report);
	for (size_t i = 0; i < n; i++) {
		const struct devid_rule_result *r = &report.results[list[i]];
		bool warn = r->verdict == DEVID_FAIL && list[i] == mild;

		tell(run, list[i], warn ? DEVID_WARN : r->verdict, r->detail);
	}
}

/* ---- validity ---- */

static void date_text(const ASN1_TIME *t, char out[32])
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm) != 1 ||
		strftime(out, 32, "%Y-%m-%d %H:%M:%SZ", &tm) == 0)
		(void)snprintf(out, 32, "an unreadable date");
}

/* RFC 5280 4.1.2.5: from notBefore through notAfter. */
static void judge_validity(struct inspect_run *run, X509 *cert)
{
	static const char rule[] = "validity", clause[] = "RFC 5280 4.1.2.5";
	time_t now = run->options->now;
	char date[32], text[64] = "";

	if (!cert) {
		inspect_rule(run, rule, clause, DEVID_NOT_APPLICABLE,
			"cannot be decoded");
		return;
	}
	if (ASN1_TIME_cmp_time_t(X509_get0_notBefore(cert), now) > 0) {
		date_text(X509_get0_notBefore(cert), date);
		(void)snprintf(text, sizeof(text), "not valid before %s", date);
	} else if (ASN1_TIME_cmp_time_t(X509_get0_notAfter(cert), now) < 0) {
		date_text(X509_get0_notAfter(cert), date);
		(void)snprintf(text, sizeof(text), "expired on %s", date);
	}
	inspect_flag(run, rule, clause, text[0] == '\0', text);
}

/* ---- kinds ---- */

void inspect_rules_devid(struct inspect_run *run, struct view der, X509 *cert,
	enum devid_profile_kind kind)
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
		tell(run, (enum devid_rule)i, report.results[i].verdict,
			report.results[i].detail);
	judge_validity(run, cert);
}

void inspect_rules_end_entity(
	struct inspect_run *run, struct view der, X509 *cert, bool ocsp)
{
	static const enum devid_rule list[] = { DEVID_RULE_ENCODING,
		DEVID_RULE_VERSION, DEVID_RULE_SERIAL_POSITIVE,
		DEVID_RULE_SIGNATURE_EQUAL, DEVID_RULE_SIGNATURE_STRENGTH,
		DEVID_RULE_SIGNATURE_SUITE, DEVID_RULE_KEY_STRENGTH,
		DEVID_RULE_ISSUER_NAME, DEVID_RULE_VALIDITY_ENCODING,
		DEVID_RULE_EXTENSION_UNIQUE, DEVID_RULE_KEY_USAGE_NO_CA,
		DEVID_RULE_KEY_USAGE_FITS_KEY };

	judge_list(run, der, list, N_OF(list), DEVID_RULE_NONE);
	judge_validity(run, cert);
	if (ocsp && cert) /* absent: every use */
		inspect_flag(run, "key-usage",
			"RFC 6960 4.2.2.2; RFC 5280 4.2.1.12",
			X509_get_key_usage(cert) &
				(KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION),
			"without digitalSignature");
	ERR_clear_error();
}

void inspect_rules_ek(struct inspect_run *run, struct view der)
{
	CLEANUP(cleanup_x509) X509 *cert = inspect_decode(der);
	static const enum devid_rule list[] = { DEVID_RULE_SIGNATURE_EQUAL,
		DEVID_RULE_SIGNATURE_STRENGTH, DEVID_RULE_VALIDITY_ENCODING };

	judge_list(run, der, list, N_OF(list), DEVID_RULE_VALIDITY_ENCODING);
	judge_validity(run, cert);
	ERR_clear_error();
}

/* ---- CAs ---- */

static void judge_ca_key(struct inspect_run *run, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	char name[ALG_NAME_MAX], text[128];
	int bits = key ? EVP_PKEY_get_security_bits(key) : 0;

	alg_name_of_cert(cert, name);
	if (key)
		(void)snprintf(text, sizeof(text),
			"%s: a strength of %d bits, %d are needed", name, bits,
			SECURITY_BITS);
	else
		(void)snprintf(text, sizeof(text),
			"%s: cannot be decoded, malformed or of no use here",
			name);
	inspect_flag(run, "key-strength", "IEEE 802.1AR 9; NIST SP 800-57 5.6",
		bits >= SECURITY_BITS, text);
}

/* RFC 5280 4.2.1.3: CAs have it, critical. OpenSSL takes one without for a CA
 * with every right. */
static void judge_ca_usage(struct inspect_run *run, X509 *cert)
{
	static const char rule[] = "key-usage", clause[] = "RFC 5280 4.2.1.3";
	int at = X509_get_ext_by_NID(cert, NID_key_usage, -1);

	if (at < 0)
		inspect_rule(run, rule, clause, DEVID_WARN, "absent");
	else if (!(X509_get_key_usage(cert) & KU_KEY_CERT_SIGN))
		inspect_rule(
			run, rule, clause, DEVID_FAIL, "without keyCertSign");
	else if (!X509_EXTENSION_get_critical(X509_get_ext(cert, at)))
		inspect_rule(run, rule, clause, DEVID_WARN, "not critical");
	else
		inspect_rule(run, rule, clause, DEVID_PASS, "");
}

static void judge_ca_constraints(struct inspect_run *run, X509 *cert)
{
	static const char rule[] = "basic-constraints";
	static const char clause[] = "RFC 5280 4.2.1.9";
	int at = X509_get_ext_by_NID(cert, NID_basic_constraints, -1);

	if (X509_get_version(cert) != X509_VERSION_3 || at < 0 ||
		!(X509_get_extension_flags(cert) & EXFLAG_CA))
		inspect_rule(
			run, rule, clause, DEVID_FAIL, "not a version 3 CA's");
	else if (!X509_EXTENSION_get_critical(X509_get_ext(cert, at)))
		inspect_rule(run, rule, clause, DEVID_WARN, "not critical");
	else
		inspect_rule(run, rule, clause, DEVID_PASS, "");
}

/* The one that names itself as issuer signed itself; the others name the key
 * of theirs (RFC 5280 4.2.1.1). */
static void judge_ca_issuer(struct inspect_run *run, X509 *cert)
{
	EVP_PKEY *key = X509_get0_pubkey(cert);
	bool self = X509_NAME_cmp(X509_get_subject_name(cert),
			    X509_get_issuer_name(cert)) == 0;
	bool named = X509_get0_authority_key_id(cert) != NULL;

	inspect_rule(run, "authority-key-id", "RFC 5280 4.2.1.1",
		self    ? DEVID_NOT_APPLICABLE
		: named ? DEVID_PASS
			: DEVID_WARN,
		self    ? "self-signed"
		: named ? ""
			: "absent");
	if (self)
		inspect_flag(run, "self-signature", "RFC 5280 6.1",
			key && X509_verify(cert, key) == 1,
			"names itself as issuer, and its own key did not sign");
	else
		inspect_rule(run, "self-signature", "RFC 5280 6.1",
			DEVID_NOT_APPLICABLE, "");
}

void inspect_rules_ca(struct inspect_run *run, struct view der, X509 *cert)
{
	static const enum devid_rule list[] = { DEVID_RULE_ENCODING,
		DEVID_RULE_SERIAL_POSITIVE, DEVID_RULE_SIGNATURE_EQUAL,
		DEVID_RULE_SIGNATURE_STRENGTH, DEVID_RULE_SIGNATURE_SUITE,
		DEVID_RULE_ISSUER_NAME, DEVID_RULE_VALIDITY_ENCODING,
		DEVID_RULE_EXTENSION_UNIQUE };

	judge_list(run, der, list, N_OF(list), DEVID_RULE_NONE);
	judge_validity(run, cert);
	if (!cert)
		return;
	inspect_flag(run, "subject-name", "RFC 5280 4.1.2.6",
		X509_NAME_entry_count(X509_get_subject_name(cert)) > 0,
		"a CA has a name, this one's is empty");
	judge_ca_constraints(run, cert);
	judge_ca_usage(run, cert);
	judge_ca_key(run, cert);
	inspect_rule(run, "subject-key-id", "RFC 5280 4.2.1.2",
		X509_get0_subject_key_id(cert) ? DEVID_PASS : DEVID_WARN,
		X509_get0_subject_key_id(cert) ? "" : "absent");
	judge_ca_issuer(run, cert);
	ERR_clear_error();
}

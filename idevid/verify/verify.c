/* SPDX-License-Identifier: Apache-2.0 */
#include <devid/verify.h>

#include <assert.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cert.h"
#include "chain.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "fail.h"
#include "files.h"
#include "hex.h"
#include "verify-judge.h"
#include "what-is.h"

#define ROOT_FILE_MAX (1024 * 1024) /* bytes; a limit of ours */

CLEANUP_DEFINE(verifier, struct devid_verifier *, devid_verifier_free)

enum devid_err devid_verifier_new(
	struct devid_verifier **ret, struct devid_error *err)
{
	CLEANUP(cleanup_verifier)
	struct devid_verifier *v = calloc(1, sizeof(*v));
	enum devid_err rc;

	if (!v)
		return fail_no_memory_for(err, "verifier");
	rc = chain_store_new(&v->store, err);
	if (rc != DEVID_OK)
		return rc;
	*ret = STEAL(v);
	return DEVID_OK;
}

void devid_verifier_free(struct devid_verifier *v)
{
	if (!v)
		return;
	chain_store_free(v->store);
	while (v->bindings) {
		struct verify_binding *b = v->bindings;

		v->bindings = b->next;
		free(b->serial);
		free(b);
	}
	free(v);
}

/* One block of a PEM file, freed as a whole. */
struct block {
	char *name;
	char *header;
	unsigned char *data;
	long len;
};

static void cleanup_block(struct block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->header);
	OPENSSL_free(b->data);
}

/*
 * Hands each certificate of @bio to the store, or only counts them when
 * @store is a scratch one: the first pass finds faults before the second adds.
 */
static enum devid_err add_blocks(struct chain_store *store, BIO *bio,
	size_t *ret_n, struct devid_error *err)
{
	enum devid_err rc;

	*ret_n = 0;
	for (;;) {
		CLEANUP(cleanup_block) struct block b = { 0 };

		if (PEM_read_bio(bio, &b.name, &b.header, &b.data, &b.len) != 1)
			break;
		if (strcmp(b.name, PEM_STRING_X509) != 0)
			continue;
		rc = chain_store_add_root(
			store, (struct view) { b.data, (size_t)b.len }, err);
		if (rc != DEVID_OK)
			return rc;
		++*ret_n;
	}
	if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"root: malformed PEM after certificate %zu", *ret_n);
	return DEVID_OK;
}

static enum devid_err add_pem(struct chain_store *store, const char *pem,
	size_t len, struct devid_error *err)
{
	CLEANUP(cleanup_bio)
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	char form[WHAT_IS_MAX];
	enum devid_err rc;
	size_t n;

	if (!bio)
		return fail_no_memory_for(err, "root");
	what_is_for((struct view) { (const uint8_t *)pem, len }, WHAT_IS_CERT,
		form);
	ERR_set_mark();
	rc = add_blocks(store, bio, &n, err);
	ERR_pop_to_mark(); /* told in @err */
	if (rc == DEVID_OK && n == 0)
		rc = devid_fail(err, DEVID_ERR_SYNTAX,
			"root: no certificate in PEM: the file is %s", form);
	return rc;
}

enum devid_err devid_verifier_add_root_pem(struct devid_verifier *v,
	const char *pem, size_t len, struct devid_error *err)
{
	struct chain_store *scratch = NULL;
	enum devid_err rc;

	if (len > ROOT_FILE_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"root: more than %d bytes", ROOT_FILE_MAX);
	rc = chain_store_new(&scratch, err);
	if (rc == DEVID_OK)
		rc = add_pem(scratch, pem, len, err);
	chain_store_free(scratch);
	if (rc != DEVID_OK)
		return rc;
	return add_pem(v->store, pem, len, err);
}

enum devid_err devid_verifier_add_root_pem_file(
	struct devid_verifier *v, const char *path, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *pem = NULL;
	struct devid_error cause = { 0 };
	enum devid_err rc;
	size_t len;

	rc = files_read(path, ROOT_FILE_MAX, &pem, &len, err);
	if (rc != DEVID_OK)
		return rc;
	rc = devid_verifier_add_root_pem(v, (const char *)pem, len, &cause);
	if (rc != DEVID_OK)
		return devid_fail(
			err, rc, "%s: %s", path, devid_error_text(&cause));
	return DEVID_OK;
}

void devid_verifier_set_serial_forms(struct devid_verifier *v, unsigned forms)
{
	v->serial_forms = forms;
}

void devid_verifier_set_time(struct devid_verifier *v, time_t when)
{
	v->when = when;
}

void devid_verifier_set_strict(struct devid_verifier *v, bool strict)
{
	v->profile_flags = strict ? DEVID_PROFILE_STRICT : 0;
}

void devid_verifier_set_report(
	struct devid_verifier *v, devid_verifier_report_fn *fn, void *arg)
{
	v->report = fn;
	v->report_arg = arg;
}

void verify_result_init(struct devid_verify_result *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->clause = "";
	ret->chain.clause = "";
	ret->chain.verdict = DEVID_CHAIN_NOT_JUDGED;
}

enum devid_err verify_refuse(struct devid_verify_result *result,
	enum devid_reason reason, const char *clause, const char *fmt, ...)
{
	va_list ap;

	if (result->reason != DEVID_REASON_NONE)
		return DEVID_ERR_NOT_GENUINE;
	result->reason = reason;
	result->clause = clause;
	va_start(ap, fmt);
	(void)vsnprintf(result->text, sizeof(result->text), fmt, ap);
	va_end(ap);
	return DEVID_ERR_NOT_GENUINE;
}

/* "PID:model SN:serial" (OpenConfig attestz, Arista) */
static bool matches_pid_sn(const char *actual, const char *expected)
{
	const char *sn;

	if (strncmp(actual, "PID:", 4) != 0)
		return false;
	sn = strstr(actual + 4, " SN:");
	return sn && strcmp(sn + 4, expected) == 0;
}

static bool is_hex_run(const char *p, size_t n)
{
	return strspn(p, "0123456789abcdefABCDEF") >= n;
}

/* "serial, BaseMAC AAAAAA-BBBBBB" (HPE certificate specification 1.2) */
static bool matches_base_mac(const char *actual, const char *expected)
{
	static const char label[] = ", BaseMAC ";
	const char *tail = strstr(actual, label);
	size_t len = strlen(expected);
	const char *mac;

	if (!tail || (size_t)(tail - actual) != len ||
		strncmp(actual, expected, len) != 0)
		return false;
	mac = tail + sizeof(label) - 1;
	return strlen(mac) == 13 && is_hex_run(mac, 6) && mac[6] == '-' &&
	       is_hex_run(mac + 7, 6);
}

bool verify_serial_matches(
	const char *actual, const char *expected, unsigned forms)
{
	if (actual[0] == '\0' || expected[0] == '\0')
		return false;
	if (strcmp(actual, expected) == 0)
		return true;
	if (forms & DEVID_SERIAL_PID_SN && matches_pid_sn(actual, expected))
		return true;
	return forms & DEVID_SERIAL_BASEMAC &&
	       matches_base_mac(actual, expected);
}

static void hex_sha256(
	const uint8_t *data, size_t len, char out[DEVID_FINGERPRINT_MAX])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	out[0] = '\0';
	if (EVP_Digest(data, len, hash, &n, EVP_sha256(), NULL) != 1 ||
		2 * n >= DEVID_FINGERPRINT_MAX)
		return;
	hex_encode(hash, n, out);
}

/* The SubjectPublicKeyInfo with its header: what stays when a certificate
 * is issued again for the same key. */
static void fingerprint(
	const struct devid_der *leaf, struct devid_verify_result *result)
{
	struct view der = { leaf->data, leaf->len };
	struct cert_view cert;

	hex_sha256(leaf->data, leaf->len, result->sha256);
	if (cert_parse(der, &cert, NULL) == DEVID_OK)
		hex_sha256(cert.spki_whole.data, cert.spki_whole.len,
			result->spki_sha256);
}

static enum devid_err judge_serial(const struct devid_verifier *v,
	const char *serial, struct devid_verify_result *result)
{
	const char *actual = result->profile.serial;

	if (!serial || verify_serial_matches(actual, serial, v->serial_forms))
		return DEVID_OK;
	return verify_refuse(result, DEVID_REASON_SERIAL,
		"IEEE 802.1AR 8 (subject serialNumber)",
		"this is unit \"%s\", not \"%.64s\"", actual, serial);
}

static void judge_profile(bool fits, struct devid_verify_result *result)
{
	enum devid_rule rule = result->profile.failed;

	if (fits)
		return;
	(void)verify_refuse(result, DEVID_REASON_PROFILE,
		devid_rule_clause(rule), "%s: %s (rule %s: %s)",
		"device certificate", result->profile.results[rule].detail,
		devid_rule_id(rule), devid_rule_text(rule));
}

/* Who concatenates files the other way round should not read what a CA's
 * certificate lacks for a device. */
static bool is_in_order(
	const struct view *certs, size_t n, struct devid_verify_result *result)
{
	static const char clause[] = "RFC 8446 4.4.2; RFC 5246 7.4.2";
	size_t at = cert_misplaced_leaf(certs, n);

	if (at == 0)
		return true;
	(void)verify_refuse(result, DEVID_REASON_CHAIN, clause,
		"the first of the %zu certificates is a CA's; the device's own "
		"is number %zu: it comes first, then its issuers",
		n, at + 1);
	result->chain.verdict = DEVID_CHAIN_ORDER;
	result->chain.clause = clause;
	memcpy(result->chain.text, result->text, sizeof(result->chain.text));
	return false;
}

enum devid_err verify_der(struct devid_verifier *v,
	const struct devid_der *certs, size_t n, const char *serial,
	struct devid_verify_result *result)
{
	struct view views[DEVID_CHAIN_MAX];
	struct chain_query query = { .certs = views,
		.n_certs = n,
		.now = v->when ? v->when : time(NULL) };
	enum devid_err rc;

	if (n == 0 || n > DEVID_CHAIN_MAX)
		return verify_refuse(result, DEVID_REASON_CHAIN, "RFC 5280 6.1",
			"%zu certificates, %d at most", n, DEVID_CHAIN_MAX);
	for (size_t i = 0; i < n; i++)
		views[i] = (struct view) { certs[i].data, certs[i].len };
	fingerprint(&certs[0], result);
	if (!is_in_order(views, n, result))
		return DEVID_ERR_NOT_GENUINE;
	query.leaf_is_devid = devid_profile_check(certs[0].data, certs[0].len,
		DEVID_PROFILE_IDEVID, v->profile_flags, &result->profile);
	judge_profile(query.leaf_is_devid, result);
	rc = chain_check(v->store, &query, &result->chain);
	if (rc == DEVID_ERR_NOT_GENUINE)
		rc = verify_refuse(result, DEVID_REASON_CHAIN,
			result->chain.clause, "%s", result->chain.text);
	if (rc != DEVID_OK && rc != DEVID_ERR_NOT_GENUINE)
		return rc;
	rc = judge_serial(v, serial, result);
	if (result->reason != DEVID_REASON_NONE)
		return DEVID_ERR_NOT_GENUINE;
	result->genuine = rc == DEVID_OK;
	return rc;
}

/* DER of the certificates of a chain, freed as a whole. */
struct ders {
	struct devid_der certs[DEVID_CHAIN_MAX];
	size_t n;
};

static void cleanup_ders(struct ders *d)
{
	for (size_t i = 0; i < d->n; i++)
		OPENSSL_free((void *)(uintptr_t)d->certs[i].data);
}

static enum devid_err push_der(struct ders *d, X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	if (len <= 0)
		return DEVID_ERR_NOMEM;
	d->certs[d->n++] = (struct devid_der) { der, (size_t)len };
	return DEVID_OK;
}

enum devid_err verify_x509(struct devid_verifier *v, X509 *leaf,
	STACK_OF(X509) * untrusted, const char *serial,
	struct devid_verify_result *result)
{
	int n = untrusted ? sk_X509_num(untrusted) : 0;
	CLEANUP(cleanup_ders) struct ders d = { .n = 0 };
	enum devid_err rc = push_der(&d, leaf);

	for (int i = 0; rc == DEVID_OK && i < n; i++) {
		X509 *cert = sk_X509_value(untrusted, i);

		/* a client's peer chain begins with the leaf */
		if (X509_cmp(cert, leaf) == 0)
			continue;
		if (d.n == DEVID_CHAIN_MAX)
			return verify_refuse(result, DEVID_REASON_CHAIN,
				"RFC 5280 6.1", "more than %d certificates",
				DEVID_CHAIN_MAX);
		rc = push_der(&d, cert);
	}
	if (rc != DEVID_OK)
		return rc;
	return verify_der(v, d.certs, d.n, serial, result);
}

enum devid_err devid_verifier_check_der(struct devid_verifier *v,
	const struct devid_der *certs, size_t n, const char *serial,
	struct devid_verify_result *ret)
{
	verify_result_init(ret);
	if (chain_store_n_roots(v->store) == 0)
		return DEVID_ERR_INVALID;
	return verify_der(v, certs, n, serial, ret);
}

enum devid_err devid_verifier_check_chain(struct devid_verifier *v, X509 *leaf,
	STACK_OF(X509) * untrusted, const char *serial,
	struct devid_verify_result *ret)
{
	verify_result_init(ret);
	if (chain_store_n_roots(v->store) == 0)
		return DEVID_ERR_INVALID;
	return verify_x509(v, leaf, untrusted, serial, ret);
}

const char *devid_chain_verdict_name(enum devid_chain_verdict verdict)
{
	static const char *const names[] = { "ok", "not-judged", "malformed",
		"unknown-issuer", "other-root", "self-signed", "expired",
		"not-yet-valid", "not-a-ca", "path-length", "name-constraints",
		"bad-signature", "weak", "too-long", "critical-extension",
		"policy", "purpose", "order", "other" };

	_Static_assert(
		sizeof(names) / sizeof(names[0]) == DEVID_CHAIN_OTHER + 1,
		"every verdict has a name");
	assert(verdict <= DEVID_CHAIN_OTHER);
	return names[verdict];
}

const char *devid_reason_name(enum devid_reason reason)
{
	static const char *const names[] = { "none", "tls", "no-certificate",
		"possession", "profile", "chain", "serial" };

	_Static_assert(
		sizeof(names) / sizeof(names[0]) == DEVID_REASON_SERIAL + 1,
		"every reason has a name");
	assert(reason <= DEVID_REASON_SERIAL);
	return names[reason];
}

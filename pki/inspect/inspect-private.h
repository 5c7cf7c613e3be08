/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_INSPECT_PRIVATE_H
#define DEVID_INSPECT_PRIVATE_H

/* Between the parts of inspect.h. */

#include "inspect.h"
#include <devid/profile.h>
#include "tcg-csr.h"

#include <openssl/x509.h>

/* Certificates of one file: one more than a chain may have, to refuse it. */
#define INSPECT_CERTS_MAX (DEVID_CHAIN_MAX + 1)

struct inspect_run {
	const struct inspect_options *options; /* borrowed */
	const char *kind;                      /* static */
	json_t *subject, *rules;               /* owned */
	bool refused;
	bool failed; /* memory was out: there is no report */
};

/* One rule's outcome; @detail may be "". */
void inspect_rule(struct inspect_run *run, const char *rule, const char *clause,
	enum devid_verdict verdict, const char *detail);

/* The outcome of a check: PASS, or FAIL with the text of @err. */
void inspect_check(struct inspect_run *run, const char *rule,
	const char *clause, enum devid_err rc, const struct devid_error *err);

/* PASS, or FAIL with @detail. */
void inspect_flag(struct inspect_run *run, const char *rule, const char *clause,
	bool good, const char *detail);

/* Facts of @object; nothing for a text that is "". @value is taken. */
void inspect_set(struct inspect_run *run, json_t *object, const char *key,
	json_t *value);
void inspect_text(struct inspect_run *run, json_t *object, const char *key,
	const char *text);
void inspect_hex(struct inspect_run *run, json_t *object, const char *key,
	struct view bytes);
void inspect_sha256(struct inspect_run *run, json_t *object, const char *key,
	struct view bytes);
/* Any bytes as text; what is no printable ASCII stands as \xNN. */
void inspect_escaped(struct inspect_run *run, json_t *object, const char *key,
	struct view bytes);

void inspect_name(struct inspect_run *run, json_t *object, const char *key,
	const X509_NAME *name);
void inspect_time(struct inspect_run *run, json_t *object, const char *key,
	const ASN1_TIME *t);

/* What each kind of file has to say. */
void inspect_csr(struct inspect_run *run, struct view data, bool contents);
void inspect_chain(struct inspect_run *run, const struct view *certs, size_t n);
void inspect_request(struct inspect_run *run, struct view der);
void inspect_crl(struct inspect_run *run, struct view der);
void inspect_challenge(struct inspect_run *run, struct view pem);
void inspect_answer(struct inspect_run *run, struct view pem);

/* Facts of the EK certificate @ek into @object. */
void inspect_ek(
	struct inspect_run *run, json_t *object, const struct ek_cert *ek);

/* Facts of any certificate; false when OpenSSL cannot decode it. */
bool inspect_x509(struct inspect_run *run, json_t *object, struct view der);

/* "P-256", "RSA-2048"... */
void inspect_key(struct inspect_run *run, json_t *object, const EVP_PKEY *key);

#endif

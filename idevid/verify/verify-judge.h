/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_VERIFY_JUDGE_H
#define DEVID_VERIFY_JUDGE_H

/* What is below the public interface, for verify-tls.c and the devid command.
 */

#include "chain.h"

/* What one context of devid_verifier_setup_ctx() was told. */
struct verify_binding {
	struct devid_verifier *verifier; /* borrowed: its owner */
	char *serial;                    /* owned, or NULL */
	struct verify_binding *next;     /* owned */
};

struct devid_verifier {
	struct chain_store *store; /* owned */
	unsigned serial_forms;
	unsigned profile_flags;
	time_t when; /* 0: now */
	devid_verifier_report_fn *report;
	void *report_arg;                /* borrowed */
	struct verify_binding *bindings; /* owned */
};

/* Clears *@ret to "not judged". */
void verify_result_init(struct devid_verify_result *ret);

/* Records the first reason; returns DEVID_ERR_NOT_GENUINE. */
enum devid_err verify_refuse(struct devid_verify_result *result,
	enum devid_reason reason, const char *clause, const char *fmt, ...)
	DEVID_PRINTF(4, 5);

/* Judges without clearing *@result first: the handshake may have refused
 * already, and the certificate is to be described all the same. */
DEVID_MUST_CHECK enum devid_err verify_der(struct devid_verifier *v,
	const struct devid_der *certs, size_t n, const char *serial,
	struct devid_verify_result *result);
DEVID_MUST_CHECK enum devid_err verify_x509(struct devid_verifier *v,
	X509 *leaf, STACK_OF(X509) * untrusted, const char *serial,
	struct devid_verify_result *result);

/* Limits @ctx to versions and suites in which the peer signs: TLS 1.2 and 1.3,
 * DTLS 1.2. One list for the library and the command. */
DEVID_MUST_CHECK bool verify_limit_tls(SSL_CTX *ctx);

/* Whether the certificate's @actual serial is @expected, in exact form or one
 * of @forms (DEVID_SERIAL_*). */
bool verify_serial_matches(
	const char *actual, const char *expected, unsigned forms);

#endif

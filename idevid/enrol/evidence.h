/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EVIDENCE_H
#define DEVID_EVIDENCE_H

/*
 * Evidence of residency, as a request for an LDevID carries it: the
 * AttestationBundle of draft-ietf-lamps-csr-attestation-28, the one value of
 * the attribute id-aa-attestation.
 *
 *   AttestationBundle ::= SEQUENCE {
 *     attestations SEQUENCE OF SEQUENCE { type OBJECT IDENTIFIER, stmt ANY },
 *     certs SEQUENCE OF Certificate }
 *
 * That draft has no statement of a TPM. The one about the key is
 * tcg-attest-tpm-certify, 2.23.133.20.1, as drafts up to -18 had it; the one
 * about the counter of erasures has the same form and an identifier of our own
 * (OID_DEVID_ATTEST_EPOCH, oid.h):
 *
 *   SEQUENCE {
 *     tpmSAttest OCTET STRING,   TPMS_ATTEST
 *     signature OCTET STRING,    TPMT_SIGNATURE
 *     tpmTPublic OCTET STRING }  TPMT_PUBLIC; of the counter TPMS_NV_PUBLIC
 *
 * The last member is optional in the draft; nothing is shown without it, so
 * it is asked for here. This module knows the form; whether it shows anything
 * is evidence-check.h's.
 */

#include "blob.h"
#include <devid/error.h>
#include "key.h"

#define EVIDENCE_MAX 16384 /* bytes of a bundle; a limit of ours */
/* Statements in one, also those of other types; a limit of ours. */
#define EVIDENCE_STATEMENTS_MAX 8

/* Borrowed, each 1 to KEY_CERT_MAX bytes; all empty: there is none. */
struct evidence_statement {
	struct view attest;
	struct view signature;
	struct view public;
};

struct evidence {
	struct evidence_statement key;
	struct evidence_statement epoch; /* may be none */
	/* DER, borrowed: the IAK's own and those above it, in no order that a
	 * reader may count on (draft, 3.2). */
	struct view certs[KEY_CHAIN_MAX];
	size_t n_certs; /* at least 1 */
};

/* The bundle, DER; *@ret is the caller's: blob_done(). Errors: INVALID (no
 * statement about a key, no certificate), TOO_LARGE, NOMEM. */
DEVID_MUST_CHECK enum devid_err evidence_write(
	const struct evidence *what, struct blob *ret, struct devid_error *err);

/*
 * Reads a bundle that is all of @der; the views of *@ret point into it.
 * Statements of other types are passed over, as the draft has it (3.1).
 * Errors: SYNTAX (also: no statement about a key, two of one type, no
 * certificate, a certificate of another format than X.509), TOO_LARGE.
 */
DEVID_MUST_CHECK enum devid_err evidence_read(
	struct view der, struct evidence *ret, struct devid_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_H
#define DEVID_TPM_H

/*
 * A connection to a TPM 2.0 through ESYS and any TCTI, and what devid does
 * with it: DevID keys from the TCG templates and their certificates in NV.
 * Handles do not leave this module: a key is named by its place.
 */

#include <devid/error.h>
#include "key.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tss2/tss2_esys.h>

struct tpm {
	ESYS_CONTEXT *esys;      /* owned */
	TSS2_TCTI_CONTEXT *tcti; /* owned */
	/* Set by an error of the transport: this connection is over. */
	bool dead;
	/* Set when there was no room for an object or a session. */
	bool crowded;
	/* Set when something could not be flushed, which is told once. */
	bool leaked;
};

/*
 * Opens @tcti ("device:/dev/tpm0", "swtpm:path=...", ...). The TPM is not
 * spoken to. *@ret is the caller's: tpm_close(). Errors: TPM_ABSENT.
 */
DEVID_MUST_CHECK enum devid_err tpm_open(
	const char *tcti, struct tpm **ret, struct devid_error *err);

/* Closes and frees; NULL is allowed. */
void tpm_close(struct tpm *tpm);

/*
 * Turns a TSS2 return code into a project error: anything from the transport
 * is TPM_ABSENT (and ends this connection), TPM_RC_LOCKOUT is TPM_LOCKOUT,
 * TPM_RC_FAILURE is TPM_FAILURE (part 2, 6.6.3), the rest is TPM. @what
 * names the action in the message. OK stays OK.
 */
enum devid_err tpm_result(
	struct tpm *tpm, TSS2_RC rc, const char *what, struct devid_error *err);

/* Whether @rc is the TPM's format-one error @what (part 2, 6.6.2), whichever
 * handle, parameter or session it is about. */
bool tpm_rc_is(TSS2_RC rc, TPM2_RC what);

/* Whether it works and is not in lockout: one TPM2_GetCapability, and
 * TPM2_GetTestResult when that does not tell. OK, or one of the three TPM_*
 * states. */
DEVID_MUST_CHECK enum devid_err tpm_health(
	struct tpm *tpm, struct devid_error *err);

/*
 * Flushes the transient objects and loaded sessions that this connection can
 * see. Without a resource manager those of a connection that broke, or of a
 * process that was ended, stay in the TPM until it is reset; whoever calls
 * this has none of its own.
 */
DEVID_MUST_CHECK enum devid_err tpm_flush_leftovers(
	struct tpm *tpm, struct devid_error *err);

/* A key at its persistent handle. */
struct tpm_key {
	ESYS_TR object; /* ESYS_TR_NONE, or owned: freed with the context */
	enum key_role role;
	enum key_alg alg;
	TPMI_ALG_HASH name_alg;
	struct keystore_blob spki;
};

/* Loads the public part of the key for @role from its persistent handle.
 * Errors: NOT_FOUND, UNSUPPORTED (an object that is none of our keys). */
DEVID_MUST_CHECK enum devid_err tpm_key_load(struct tpm *tpm,
	enum key_role role, struct tpm_key *ret, struct devid_error *err);

/*
 * Derives the primary key of @role and @alg from the endorsement seed and
 * puts it at its persistent handle. With @expected, the variants of the
 * template are tried until the public key is equal; if none is, nothing is
 * made persistent and the error is MISMATCH. Errors also: EXISTS.
 */
DEVID_MUST_CHECK enum devid_err tpm_key_create(struct tpm *tpm,
	enum key_role role, enum key_alg alg,
	const struct keystore_blob *expected, struct devid_error *err);

/* TPM2_Sign, one command. The signature is in the form of its scheme.
 * Errors: NOT_FOUND when the key has gone from its handle. */
DEVID_MUST_CHECK enum devid_err tpm_key_sign(struct tpm *tpm,
	const struct tpm_key *key, const struct keystore_sign *what,
	struct keystore_sig *ret, struct devid_error *err);

/*
 * What the TPM states of its keys: the certificate of its EK, both public
 * areas, and TPM2_Certify of the IDevID by the IAK. No session and no object
 * stays behind. Errors: NOT_FOUND when a key has gone from its handle or there
 * is no EK certificate, the text tells which.
 */
DEVID_MUST_CHECK enum devid_err tpm_attest(struct tpm *tpm,
	const struct tpm_key *idevid, const struct tpm_key *iak,
	struct keystore_attest *ret, struct devid_error *err);

/*
 * TPM2_ActivateCredential for the IAK with the EK of the EK certificate.
 * Errors: SYNTAX (no TPM structures), MISMATCH (made for another TPM or
 * another IAK), NOT_FOUND as above.
 */
DEVID_MUST_CHECK enum devid_err tpm_activate(struct tpm *tpm,
	const struct tpm_key *iak, const struct keystore_credential *what,
	struct keystore_secret *ret, struct devid_error *err);

/* Reads the DER certificate of @role from NV; bytes behind the DER element
 * are padding and dropped. Errors: NOT_FOUND, SYNTAX. */
DEVID_MUST_CHECK enum devid_err tpm_nv_read_cert(struct tpm *tpm,
	enum key_role role, struct keystore_blob *ret_der,
	struct devid_error *err);

/*
 * Stores @der in a platform-created NV index, which survives TPM2_Clear, and
 * locks it against writing. An index that an interrupted call left behind is
 * replaced. Errors: EXISTS when a locked one holds something else; DENIED
 * when the platform hierarchy is closed.
 */
DEVID_MUST_CHECK enum devid_err tpm_nv_write_cert(struct tpm *tpm,
	enum key_role role, const struct keystore_blob *der,
	struct devid_error *err);

/*
 * The certificates above that of @role, DER, one behind the other, in the NV
 * index after its own. Not locked: other intermediates may follow, and
 * without the leaf they prove nothing. Errors: as for the certificate.
 */
DEVID_MUST_CHECK enum devid_err tpm_nv_read_issuers(struct tpm *tpm,
	enum key_role role, struct keystore_blob *ret_der,
	struct devid_error *err);

DEVID_MUST_CHECK enum devid_err tpm_nv_write_issuers(struct tpm *tpm,
	enum key_role role, const struct keystore_blob *der,
	struct devid_error *err);

/* A keystore on a TPM. @tcti is copied. The TPM need not be there: the
 * connection is made when it is needed and made again after it broke.
 * *@ret is the caller's: ops->free(). Errors: NOMEM. */
DEVID_MUST_CHECK enum devid_err keystore_tpm_new(
	const char *tcti, struct keystore **ret, struct devid_error *err);

#endif

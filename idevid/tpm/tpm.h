/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_H
#define DEVID_TPM_H

/*
 * A connection to a TPM 2.0 through ESYS and any TCTI, and what devid does
 * with it: DevID keys from the TCG templates and their certificates in NV.
 * A handle of the TPM is an object of this folder (tpm-handle.h) that nobody
 * outside looks into.
 */

#include <devid/error.h>
#include "key.h"
#include "tpm-places.h"
#include "tpm-result.h"
#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tss2/tss2_esys.h>

/* Longest password of a hierarchy: the digest of SHA-512 (part 1, 19.4). */
#define TPM_AUTH_MAX 64

/* The password of a hierarchy; len 0, the empty one, is what a new TPM has. To
 * be erased. */
struct tpm_auth {
	uint8_t len;
	uint8_t data[TPM_AUTH_MAX];
};

struct tpm {
	ESYS_CONTEXT *esys;       /* owned */
	TSS2_TCTI_CONTEXT *tcti;  /* owned */
	char *name;               /* owned: of the TCTI, with its place */
	struct tpm_places places; /* the defaults, or what who opened it set */
	/* Of the hierarchies: tpm_set_auth(). */
	struct tpm_auth owner_auth, endorsement_auth;
	/* Set by an error of the transport: this connection is over. */
	bool dead;
	/* Set when there was no room for an object or a session. */
	bool crowded;
	/* Set when something could not be flushed, which is told once. */
	bool leaked;
	/* TPM_PT_NV_INDEX_MAX, _NV_BUFFER_MAX (part 2, 6.13); 0: not asked */
	uint32_t nv_index_max, nv_buffer_max;
};

/*
 * Opens @tcti ("device:/dev/tpm0", "swtpm:path=...", "auto", ...). The TPM is
 * not spoken to. *@ret is the caller's: tpm_close(). Errors: TPM_ABSENT.
 */
DEVID_MUST_CHECK enum devid_err tpm_open(
	const char *tcti, struct tpm **ret, struct devid_error *err);

/* The passwords that commands of the owner's and the endorsement hierarchy are
 * authorized with; NULL: the empty one. Asks no TPM. Errors: TPM. */
DEVID_MUST_CHECK enum devid_err tpm_set_auth(struct tpm *tpm,
	const struct tpm_auth *owner, const struct tpm_auth *endorsement,
	struct devid_error *err);

/* Closes and frees; NULL is allowed. */
void tpm_close(struct tpm *tpm);

/* Whether it works and is not in lockout: one TPM2_GetCapability, and
 * TPM2_GetTestResult when that does not tell. OK, or one of the three TPM_*
 * states. @ret_tries, unless NULL, has what its dictionary-attack protection
 * has counted, also in lockout; zeros when that is not known. */
DEVID_MUST_CHECK enum devid_err tpm_health(
	struct tpm *tpm, struct wire_tries *ret_tries, struct devid_error *err);

#define TPM_IDENTITY_MAX 40 /* with its zero byte */

/* Maker and firmware, "49424D00-00000001.20200225": a TPM of which this is
 * another may work otherwise. */
DEVID_MUST_CHECK enum devid_err tpm_identity(
	struct tpm *tpm, char *ret, struct devid_error *err);

/*
 * TPM2_Shutdown(CLEAR): a loss of power counts as no failed attempt until a
 * key with dictionary-attack protection is used again (part 1, 19.8.6). The
 * TPM goes on working and writes NV. Never Shutdown(STATE), after which saved
 * contexts would survive the next start.
 */
DEVID_MUST_CHECK enum devid_err tpm_settle(
	struct tpm *tpm, struct devid_error *err);

/*
 * Resets the counter of failed attempts when it is not 0, with the empty
 * authorization value of the lockout hierarchy. Errors: DENIED when that has
 * another one, which is not tried, since one failure closes the hierarchy.
 */
DEVID_MUST_CHECK enum devid_err tpm_forgive(
	struct tpm *tpm, struct devid_error *err);

/*
 * Flushes the transient objects and loaded sessions that this connection can
 * see. Without a resource manager those of a connection that broke, or of a
 * process that was ended, stay in the TPM until it is reset; whoever calls
 * this has none of its own.
 */
DEVID_MUST_CHECK enum devid_err tpm_flush_leftovers(
	struct tpm *tpm, struct devid_error *err);

#endif

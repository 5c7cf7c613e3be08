/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_NV_H
#define DEVID_TPM_NV_H

/* Certificates in the NV memory of the TPM, beside the keys. */

#include "tpm.h"

/* The whole content of the NV index. Errors: NOT_FOUND (no such index, or
 * never written), TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err tpm_nv_read_raw(struct tpm *tpm,
	TPM2_HANDLE index, struct key_blob *ret, struct devid_error *err);

/* The one DER SEQUENCE that the NV index begins with, or has behind the header
 * of TPM 1.2 (tpm-nv-header.h); what follows it is padding. @what names it in
 * messages. Errors: NOT_FOUND, SYNTAX. */
DEVID_MUST_CHECK enum devid_err tpm_nv_read_der(struct tpm *tpm,
	TPM2_HANDLE index, const char *what, struct key_blob *ret,
	struct devid_error *err);

/* Reads the DER certificate of @role from NV; bytes behind the DER element
 * are padding and dropped. Errors: NOT_FOUND, SYNTAX. */
DEVID_MUST_CHECK enum devid_err tpm_nv_read_cert(struct tpm *tpm,
	enum key_id id, struct key_blob *ret_der, struct devid_error *err);

/*
 * The certificates above that of @id, DER, one behind the other, in the NV
 * index after its own. Not locked: other intermediates may follow, and
 * without the leaf they prove nothing. Errors: as for the certificate.
 */
DEVID_MUST_CHECK enum devid_err tpm_nv_read_issuers(struct tpm *tpm,
	enum key_id id, struct key_blob *ret_der, struct devid_error *err);

/* How many bytes an index of this TPM takes, KEY_CERT_MAX at most. */
DEVID_MUST_CHECK enum devid_err tpm_nv_room(
	struct tpm *tpm, size_t *ret, struct devid_error *err);

/*
 * Whether tpm_nv_write_cert() would store @der, or one that is not known yet
 * (NULL), as far as that hangs on what is there and on the platform hierarchy:
 * EXISTS, DENIED. Changes nothing.
 */
DEVID_MUST_CHECK enum devid_err tpm_nv_check_writable(struct tpm *tpm,
	enum key_id id, const struct key_blob *der, struct devid_error *err);

/*
 * Whether NV has room for certificates of @len bytes, one of each id, all of
 * them together; 0: none of that role. It is tried: their indices are made and
 * removed. Intermediates count as room, as they do in tpm_nv_write_cert(). An
 * interruption leaves what the next write or trial removes, and may leave
 * intermediates out. Errors: TOO_LARGE; else as tpm_nv_write_cert().
 */
DEVID_MUST_CHECK enum devid_err tpm_nv_check_room(struct tpm *tpm,
	const size_t len[N_MAKER_KEYS], struct devid_error *err);

/*
 * Stores @der in a platform-created NV index, which survives TPM2_Clear, and
 * locks it against writing. An index that an interrupted call left behind is
 * replaced; what others have there stays. Where room lacks, intermediates that
 * tpm_nv_write_issuers() stored give theirs, of any id, and only then.
 * Errors: EXISTS when it holds something else; DENIED when the platform
 * hierarchy is closed; TOO_LARGE.
 */
DEVID_MUST_CHECK enum devid_err tpm_nv_write_cert(struct tpm *tpm,
	enum key_id id, const struct key_blob *der, struct devid_error *err);

/* The same, unlocked, in place of other certificates. */
DEVID_MUST_CHECK enum devid_err tpm_nv_write_issuers(struct tpm *tpm,
	enum key_id id, const struct key_blob *der, struct devid_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-ek-chain.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fail.h"
#include "log.h"
#include "tpm-nv.h"

#define FIRST_INDEX 0x01c00100u
/* Of the 256 that are kept for chains; a limit of ours. */
#define N_INDICES 16

bool tpm_ek_chain_take(struct view *in, struct view *ret)
{
	struct view content;
	uint8_t tag;

	while (in->len > 0 && (in->data[0] == 0x00 || in->data[0] == 0xff)) {
		in->data++;
		in->len--;
	}
	return in->len > 0 && in->data[0] == DER_SEQUENCE &&
	       der_take(in, &tag, &content, ret);
}

/* All indices in their order, as one: where a certificate does not fit the
 * rest of one it goes on in the next. */
static enum devid_err read_all(
	struct tpm *tpm, struct room *ret, struct devid_error *err)
{
	for (TPM2_HANDLE i = 0; i < N_INDICES; i++) {
		struct devid_error cause = { DEVID_OK, "" };
		struct key_blob part = { 0 };
		enum devid_err rc =
			tpm_nv_read_raw(tpm, FIRST_INDEX + i, &part, &cause);

		if (rc == DEVID_ERR_NOT_FOUND)
			return DEVID_OK;
		if (rc != DEVID_OK)
			return fail_with(err, rc, &cause);
		memcpy(ret->data + ret->len, part.data, part.len);
		ret->len += part.len;
	}
	return DEVID_OK;
}

/* Whole certificates of @in, as many as fit; what is left of it is told. */
static void keep_certs(struct view in, struct wire_ek_chain *ret)
{
	size_t all = in.len, left = 0;
	struct view cert;

	ret->len = 0;
	while (tpm_ek_chain_take(&in, &cert)) {
		if (cert.len > sizeof(ret->data) - ret->len) {
			left++;
			continue;
		}
		memcpy(ret->data + ret->len, cert.data, cert.len);
		ret->len += cert.len;
	}
	if (in.len > 0)
		log_warn("tpm: EK certificate chain: NV from 0x%08x on: "
			 "%zu of %zu bytes are no certificate; left out",
			FIRST_INDEX, in.len, all);
	if (left > 0)
		log_warn("tpm: EK certificate chain: NV from 0x%08x on: %zu "
			 "certificates do not fit into %zu bytes; left out",
			FIRST_INDEX, left, sizeof(ret->data));
}

enum devid_err tpm_ek_chain(
	struct tpm *tpm, struct wire_ek_chain *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *buf = malloc(N_INDICES * KEY_CERT_MAX);
	struct room all = { buf, N_INDICES * KEY_CERT_MAX, 0 };
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	if (!buf)
		return fail_no_memory_for(err, "tpm: EK certificate chain");
	rc = read_all(tpm, &all, &cause);
	if (rc == DEVID_ERR_TPM_ABSENT || rc == DEVID_ERR_TPM_LOCKOUT ||
		rc == DEVID_ERR_TPM_FAILURE || tpm->dead)
		return fail_with(err, rc, &cause);
	if (rc != DEVID_OK)
		log_warn(
			"%s: left out of the EK certificate chain", cause.text);
	keep_certs((struct view) { all.data, all.len }, ret);
	return DEVID_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-counter.h"

#include <string.h>
#include <tss2/tss2_mu.h>

#include "bytes.h"
#include "digest.h"
#include "fail.h"
#include "tpm-public.h"

/* Everybody may read it, and no failure to do so counts as an attack. */
#define ATTRS                                                                  \
	(((TPMA_NV)TPM2_NT_COUNTER << TPMA_NV_TPM2_NT_SHIFT) |                 \
		TPMA_NV_OWNERWRITE | TPMA_NV_AUTHREAD | TPMA_NV_OWNERREAD |    \
		TPMA_NV_NO_DA)

void tpm_counter_area(uint32_t index, TPMS_NV_PUBLIC *ret)
{
	*ret = (TPMS_NV_PUBLIC) { .nvIndex = index,
		.nameAlg = TPM2_ALG_SHA256,
		.attributes = ATTRS,
		.dataSize = TPM_COUNTER_LEN };
}

bool tpm_counter_is_ours(const TPMS_NV_PUBLIC *area)
{
	return area->nameAlg == TPM2_ALG_SHA256 &&
	       (area->attributes & ~TPMA_NV_WRITTEN) == ATTRS &&
	       area->authPolicy.size == 0 && area->dataSize == TPM_COUNTER_LEN;
}

bool tpm_counter_name(uint32_t index, uint8_t ret[TPM_COUNTER_NAME_LEN])
{
	uint8_t area[32];
	struct bytes_out out = bytes_out_init(area, sizeof(area));

	bytes_out_uint(&out, 4, index);
	bytes_out_uint(&out, 2, TPM2_ALG_SHA256);
	bytes_out_uint(&out, 4, ATTRS | TPMA_NV_WRITTEN);
	bytes_out_uint(&out, 2, 0); /* no policy */
	bytes_out_uint(&out, 2, TPM_COUNTER_LEN);
	bytes_store(ret, 2, TPM2_ALG_SHA256);
	return digest_hash(out.room.data, out.room.len, ret + 2);
}

enum devid_err tpm_counter_read_area(
	struct view in, TPMS_NV_PUBLIC *ret, struct devid_error *err)
{
	TPMS_NV_PUBLIC area = { 0 };
	size_t used = 0;

	if (in.len == 0 ||
		Tss2_MU_TPMS_NV_PUBLIC_Unmarshal(
			in.data, in.len, &used, &area) != TSS2_RC_SUCCESS ||
		used != in.len)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"counter: no TPMS_NV_PUBLIC (part 2, 13.5)");
	*ret = area;
	return DEVID_OK;
}

bool tpm_counter_extra(struct view nonce, uint8_t ret[32])
{
	static const char form[] = "devid epoch"; /* with its zero byte */
	uint8_t text[sizeof(form) + 64];

	if (nonce.len > sizeof(text) - sizeof(form))
		return false;
	memcpy(text, form, sizeof(form));
	if (nonce.len > 0)
		memcpy(text + sizeof(form), nonce.data, nonce.len);
	return digest_hash(text, sizeof(form) + nonce.len, ret);
}

static enum devid_err keep(const TPMS_ATTEST *at, struct tpm_counter_said *ret,
	struct devid_error *err)
{
	const TPMS_NV_CERTIFY_INFO *nv = &at->attested.nv;

	if (nv->offset != 0 || nv->nvContents.size != TPM_COUNTER_LEN)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"attestation: %u bytes from %u on, not the %d of a "
			"counter",
			nv->nvContents.size, nv->offset, TPM_COUNTER_LEN);
	/* ESYS has bounded both by their types. */
	*ret = (struct tpm_counter_said) {
		.name_len = nv->indexName.size,
		.extra_len = at->extraData.size,
		.value = bytes_load(nv->nvContents.buffer, TPM_COUNTER_LEN),
		.clock = at->clockInfo.clock,
		.resets = at->clockInfo.resetCount,
		.restarts = at->clockInfo.restartCount,
	};
	memcpy(ret->name, nv->indexName.name, nv->indexName.size);
	memcpy(ret->extra, at->extraData.buffer, at->extraData.size);
	return DEVID_OK;
}

enum devid_err tpm_counter_parse(
	struct view in, struct tpm_counter_said *ret, struct devid_error *err)
{
	TPMS_ATTEST at = { 0 };
	size_t used = 0;

	if (in.len < 6)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"attestation: size: %zu bytes", in.len);
	if (bytes_load(in.data, 4) != TPM2_GENERATED_VALUE)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"attestation: magic: not TPM_GENERATED_VALUE");
	if (bytes_load(in.data + 4, 2) != TPM2_ST_ATTEST_NV)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"attestation: type: 0x%04x is not that of "
			"TPM2_NV_Certify",
			(unsigned)bytes_load(in.data + 4, 2));
	if (Tss2_MU_TPMS_ATTEST_Unmarshal(in.data, in.len, &used, &at) !=
			TSS2_RC_SUCCESS ||
		used != in.len)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"attestation: no TPMS_ATTEST (part 2, 10.12.12)");
	return keep(&at, ret, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-epoch.h"

#include <assert.h>

#include "bytes.h"
#include "digest.h"
#include "tpm-counter.h"

/* Part 3, 23.9: H(zeros || command || H(operand || offset || operation) ||
 * Name of the index). */
bool tpm_epoch_policy(uint32_t index, uint64_t value, TPM2B_DIGEST *ret)
{
	uint8_t text[32 + 4 + 32 + 34] = { 0 };
	uint8_t args[TPM_COUNTER_LEN + 2 + 2];

	bytes_store(args, TPM_COUNTER_LEN, value);
	bytes_store(args + TPM_COUNTER_LEN, 2, 0);
	bytes_store(args + TPM_COUNTER_LEN + 2, 2, TPM2_EO_EQ);
	bytes_store(text + 32, 4, TPM2_CC_PolicyNV);
	ret->size = 32;
	return digest_hash(args, sizeof(args), text + 36) &&
	       tpm_counter_name(index, text + 68) &&
	       digest_hash(text, sizeof(text), ret->buffer);
}

void tpm_epoch_done(struct tpm_epoch *epoch)
{
	tpm_handle_done(&epoch->index);
	epoch->value = 0;
}

/* Opens the index; *@ret_written: it has counted. */
static enum devid_err open_index(struct tpm *tpm, struct tpm_handle *ret,
	bool *ret_written, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_NV_PUBLIC *pub = NULL;
	CLEANUP(tpm_handle_done)
	struct tpm_handle index = { tpm, ESYS_TR_NONE, true };
	bool found = false;
	enum devid_err rc =
		tpm_handle_find(tpm, tpm->places.epoch, &found, err);
	TSS2_RC tss;

	if (rc != DEVID_OK)
		return rc;
	if (!found)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"tpm: no counter of erasures at 0x%08x",
			tpm->places.epoch);
	tss = Esys_TR_FromTPMPublic(tpm->esys, tpm->places.epoch, ESYS_TR_NONE,
		ESYS_TR_NONE, ESYS_TR_NONE, &index.tr);
	if (tss == TSS2_RC_SUCCESS)
		tss = Esys_NV_ReadPublic(tpm->esys, index.tr, ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, &pub, NULL);
	rc = tpm_result(tpm, tss, "read counter of erasures", err);
	if (rc != DEVID_OK)
		return rc;
	assert(pub); /* ESYS sets it when it succeeds */
	if (!tpm_counter_is_ours(&pub->nvPublic))
		return devid_fail(err, DEVID_ERR_EXISTS,
			"tpm: the NV index 0x%08x is somebody else's: no "
			"counter of erasures as devid makes it",
			tpm->places.epoch);
	*ret_written = (pub->nvPublic.attributes & TPMA_NV_WRITTEN) != 0;
	*ret = tpm_handle_take(&index);
	return DEVID_OK;
}

static enum devid_err read_value(
	struct tpm *tpm, ESYS_TR index, uint64_t *ret, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_MAX_NV_BUFFER *data = NULL;
	enum devid_err rc = tpm_result(tpm,
		Esys_NV_Read(tpm->esys, index, index, ESYS_TR_PASSWORD,
			ESYS_TR_NONE, ESYS_TR_NONE, TPM_COUNTER_LEN, 0, &data),
		"read counter of erasures", err);

	if (rc != DEVID_OK || !data)
		return rc;
	if (data->size != TPM_COUNTER_LEN)
		return devid_fail(err, DEVID_ERR_TPM,
			"tpm: counter of erasures: short read");
	*ret = bytes_load(data->buffer, TPM_COUNTER_LEN);
	return DEVID_OK;
}

enum devid_err tpm_epoch_open(
	struct tpm *tpm, struct tpm_epoch *ret, struct devid_error *err)
{
	CLEANUP(tpm_handle_done) struct tpm_handle index = { 0 };
	uint64_t value = 0;
	bool written = false;
	enum devid_err rc = open_index(tpm, &index, &written, err);

	if (rc == DEVID_OK && !written)
		rc = devid_fail(err, DEVID_ERR_NOT_FOUND,
			"tpm: the counter of erasures at 0x%08x never counted",
			tpm->places.epoch);
	if (rc == DEVID_OK)
		rc = read_value(tpm, index.tr, &value, err);
	if (rc != DEVID_OK)
		return rc;
	ret->index = tpm_handle_take(&index);
	ret->value = value;
	return DEVID_OK;
}

static enum devid_err define(struct tpm *tpm, struct devid_error *err)
{
	CLEANUP(tpm_handle_done)
	struct tpm_handle made = { tpm, ESYS_TR_NONE, true };
	TPM2B_AUTH none = { 0 };
	TPM2B_NV_PUBLIC pub = { .size = 0 };

	tpm_counter_area(tpm->places.epoch, &pub.nvPublic);
	return tpm_result_by(tpm, ESYS_TR_RH_OWNER,
		Esys_NV_DefineSpace(tpm->esys, ESYS_TR_RH_OWNER,
			ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &none,
			&pub, &made.tr),
		"make counter of erasures", err);
}

static enum devid_err increment(
	struct tpm *tpm, ESYS_TR index, struct devid_error *err)
{
	return tpm_result_by(tpm, ESYS_TR_RH_OWNER,
		Esys_NV_Increment(tpm->esys, ESYS_TR_RH_OWNER, index,
			ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE),
		"increment counter of erasures", err);
}

/* The index, made if there is none, has counted afterwards. */
static enum devid_err begin(struct tpm *tpm, struct devid_error *err)
{
	CLEANUP(tpm_handle_done) struct tpm_handle index = { 0 };
	struct devid_error none = { DEVID_OK, "" };
	bool written = false;
	enum devid_err rc = open_index(tpm, &index, &written, &none);

	if (rc == DEVID_ERR_NOT_FOUND) {
		rc = define(tpm, err);
		if (rc == DEVID_OK)
			rc = open_index(tpm, &index, &written, err);
		if (rc != DEVID_OK)
			return rc;
	} else if (rc != DEVID_OK) {
		return devid_fail(err, rc, "%s", none.text);
	}
	return written ? DEVID_OK : increment(tpm, index.tr, err);
}

enum devid_err tpm_epoch_begin(
	struct tpm *tpm, struct tpm_epoch *ret, struct devid_error *err)
{
	enum devid_err rc = begin(tpm, err);

	/* Opened afresh: its Name changes when it counts for the first time. */
	return rc == DEVID_OK ? tpm_epoch_open(tpm, ret, err) : rc;
}

enum devid_err tpm_epoch_advance(
	struct tpm_epoch *epoch, struct devid_error *err)
{
	struct tpm *tpm = epoch->index.tpm;
	enum devid_err rc = increment(tpm, epoch->index.tr, err);

	return rc == DEVID_OK
		       ? read_value(tpm, epoch->index.tr, &epoch->value, err)
		       : rc;
}

static enum devid_err satisfy(const struct tpm_epoch *epoch, uint64_t value,
	const struct tpm_handle *session, struct devid_error *err)
{
	struct tpm *tpm = session->tpm;
	TPM2B_OPERAND operand = { .size = TPM_COUNTER_LEN };
	TSS2_RC rc;

	bytes_store(operand.buffer, TPM_COUNTER_LEN, value);
	rc = Esys_PolicyNV(tpm->esys, epoch->index.tr, epoch->index.tr,
		session->tr, ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
		&operand, 0, TPM2_EO_EQ);
	if (tpm_rc_is(rc, TPM2_RC_POLICY))
		return devid_fail(err, DEVID_ERR_ERASED,
			"tpm: the counter of erasures is not at %llu any more",
			(unsigned long long)value);
	return tpm_result(tpm, rc, "satisfy the policy of the parent", err);
}

enum devid_err tpm_epoch_session(const struct tpm_epoch *epoch, uint64_t value,
	struct tpm_handle *ret, struct devid_error *err)
{
	struct tpm *tpm = epoch->index.tpm;
	TPMT_SYM_DEF none = { .algorithm = TPM2_ALG_NULL };
	CLEANUP(tpm_handle_done)
	struct tpm_handle session = { tpm, ESYS_TR_NONE, false };
	enum devid_err rc = tpm_result(tpm,
		Esys_StartAuthSession(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, NULL,
			TPM2_SE_POLICY, &none, TPM2_ALG_SHA256, &session.tr),
		"start policy session", err);

	if (rc == DEVID_OK)
		rc = satisfy(epoch, value, &session, err);
	/* Saves the command that would flush it. */
	if (rc == DEVID_OK)
		rc = tpm_result(tpm,
			Esys_TRSess_SetAttributes(tpm->esys, session.tr, 0,
				TPMA_SESSION_CONTINUESESSION),
			"policy session", err);
	if (rc == DEVID_OK)
		*ret = tpm_handle_take(&session);
	return rc;
}

enum devid_err tpm_epoch_result(struct tpm_handle *session, TSS2_RC rc,
	const char *what, struct devid_error *err)
{
	if (rc == TSS2_RC_SUCCESS)
		session->persistent = true; /* there is nothing to flush */
	return tpm_result(session->tpm, rc, what, err);
}

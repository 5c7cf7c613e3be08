/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-nv.h"

#include <string.h>

#include "der.h"
#include "fail.h"
#include "tpm-handle.h"
#include "tpm-nv-header.h"
#include "tpm-template.h"

/* One TPM2_NV_Read or NV_Write at most: so that an index that was not written
 * to its end shows at its beginning. Less where the TPM takes less. */
#define NV_CHUNK 512

/* As swtpm_setup makes certificate indices: survives TPM2_Clear, readable by
 * anyone, writable by the platform until it is locked for good. */
#define NV_CERT_ATTRS                                                          \
	(TPMA_NV_PLATFORMCREATE | TPMA_NV_AUTHREAD | TPMA_NV_OWNERREAD |       \
		TPMA_NV_PPREAD | TPMA_NV_PPWRITE | TPMA_NV_NO_DA |             \
		TPMA_NV_WRITEDEFINE)

/* What is to be in an index. */
struct new_content {
	const struct key_blob *der; /* borrowed; NULL: it is not known yet */
	bool lock;
};

/* What is to be done with an index that is there already. */
enum fate {
	FATE_KEEP, /* it is as it is to be */
	FATE_LOCK, /* but for its lock */
	FATE_REPLACE,
};

/* An open NV index. */
struct nv {
	TPM2_HANDLE at;
	struct tpm_handle index;
	TPMA_NV attrs;
	uint16_t size;
};

/* Asks for both limits once a connection; they are fixed. */
static enum devid_err read_limits(struct tpm *tpm, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPMS_CAPABILITY_DATA *cap = NULL;
	const TPML_TAGGED_TPM_PROPERTY *list;
	TPMI_YES_NO more;
	enum devid_err rc;

	if (tpm->nv_index_max && tpm->nv_buffer_max)
		return DEVID_OK;
	rc = tpm_result(tpm,
		Esys_GetCapability(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES,
			TPM2_PT_NV_INDEX_MAX,
			TPM2_PT_NV_BUFFER_MAX - TPM2_PT_NV_INDEX_MAX + 1, &more,
			&cap),
		"limits of NV", err);
	if (rc != DEVID_OK || !cap)
		return rc;
	list = &cap->data.tpmProperties;
	for (UINT32 i = 0; i < list->count; i++) {
		if (list->tpmProperty[i].property == TPM2_PT_NV_INDEX_MAX)
			tpm->nv_index_max = list->tpmProperty[i].value;
		if (list->tpmProperty[i].property == TPM2_PT_NV_BUFFER_MAX)
			tpm->nv_buffer_max = list->tpmProperty[i].value;
	}
	if (!tpm->nv_index_max || !tpm->nv_buffer_max)
		return devid_fail(err, DEVID_ERR_TPM,
			"tpm: it does not say how much NV takes");
	return DEVID_OK;
}

static size_t chunk_of(const struct tpm *tpm)
{
	return tpm->nv_buffer_max < NV_CHUNK ? tpm->nv_buffer_max : NV_CHUNK;
}

/* Errors: NOT_FOUND. */
static enum devid_err nv_open(struct tpm *tpm, TPM2_HANDLE index,
	struct nv *ret, struct devid_error *err)
{
	CLEANUP(cleanup_esys) TPM2B_NV_PUBLIC *pub = NULL;
	CLEANUP(tpm_handle_done)
	struct tpm_handle opened = { tpm, ESYS_TR_NONE, true };
	bool found = false;
	enum devid_err code;
	TSS2_RC rc;

	code = tpm_handle_find(tpm, index, &found, err);
	if (code == DEVID_OK && found)
		code = read_limits(tpm, err);
	if (code != DEVID_OK)
		return code;
	if (!found)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"tpm: no NV index 0x%08x", index);
	rc = Esys_TR_FromTPMPublic(tpm->esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
		ESYS_TR_NONE, &opened.tr);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_NV_ReadPublic(tpm->esys, opened.tr, ESYS_TR_NONE,
			ESYS_TR_NONE, ESYS_TR_NONE, &pub, NULL);
	code = tpm_result(tpm, rc, "read NV index", err);
	if (code != DEVID_OK || !pub)
		return code;
	ret->at = index;
	ret->index = tpm_handle_take(&opened);
	ret->attrs = pub->nvPublic.attributes;
	ret->size = pub->nvPublic.dataSize;
	return DEVID_OK;
}

static void nv_close(struct nv *nv)
{
	tpm_handle_done(&nv->index);
}

static enum devid_err nv_read(
	const struct nv *nv, struct key_blob *ret, struct devid_error *err)
{
	struct tpm *tpm = nv->index.tpm;
	uint16_t done = 0;

	if (nv->size > sizeof(ret->data))
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"tpm: NV index of %u bytes", nv->size);
	while (done < nv->size) {
		CLEANUP(cleanup_esys) TPM2B_MAX_NV_BUFFER *part = NULL;
		uint16_t want = nv->size - done;
		enum devid_err rc;

		if (want > chunk_of(tpm))
			want = (uint16_t)chunk_of(tpm);
		rc = tpm_result(tpm,
			Esys_NV_Read(tpm->esys, nv->index.tr, nv->index.tr,
				ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				want, done, &part),
			"read NV", err);
		if (rc != DEVID_OK)
			return rc;
		if (part->size == 0 || part->size > want)
			return devid_fail(
				err, DEVID_ERR_TPM, "tpm: short NV read");
		memcpy(ret->data + done, part->buffer, part->size);
		done += part->size;
	}
	ret->len = done;
	return DEVID_OK;
}

enum devid_err tpm_nv_read_raw(struct tpm *tpm, TPM2_HANDLE index,
	struct key_blob *ret, struct devid_error *err)
{
	CLEANUP(nv_close) struct nv nv = { 0 };
	enum devid_err rc;

	rc = nv_open(tpm, index, &nv, err);
	if (rc == DEVID_OK && !(nv.attrs & TPMA_NV_WRITTEN))
		rc = devid_fail(err, DEVID_ERR_NOT_FOUND,
			"tpm: NV index 0x%08x was never written", index);
	if (rc == DEVID_OK)
		rc = nv_read(&nv, ret, err);
	return rc;
}

/* NV holds padding behind a certificate at times (TCG EK profile 2.2.1.4
 * speaks of the same), or the header of TPM 1.2 before it: the DER length
 * decides. */
static enum devid_err trim_to_der(TPM2_HANDLE index, const char *what,
	struct key_blob *blob, struct devid_error *err)
{
	struct view in = { blob->data, blob->len }, content, whole;
	size_t told = 0;
	bool header = tpm_nv_header_take(&in, &told);
	uint8_t tag;

	if (!der_take(&in, &tag, &content, &whole) || tag != DER_SEQUENCE)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"tpm: %s: NV index 0x%08x holds no certificate", what,
			index);
	if (header && told != whole.len)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"tpm: %s: NV index 0x%08x: the header before the "
			"certificate says that it has %zu bytes, it has %zu",
			what, index, told, whole.len);
	memmove(blob->data, whole.data, whole.len);
	blob->len = whole.len;
	return DEVID_OK;
}

enum devid_err tpm_nv_read_der(struct tpm *tpm, TPM2_HANDLE index,
	const char *what, struct key_blob *ret, struct devid_error *err)
{
	struct key_blob blob = { 0 };
	enum devid_err rc;

	rc = tpm_nv_read_raw(tpm, index, &blob, err);
	if (rc == DEVID_OK)
		rc = trim_to_der(index, what, &blob, err);
	if (rc == DEVID_OK)
		*ret = blob;
	return rc;
}

enum devid_err tpm_nv_read_cert(struct tpm *tpm, enum key_id id,
	struct key_blob *ret_der, struct devid_error *err)
{
	return tpm_nv_read_der(
		tpm, tpm->places.nv[id], key_id_name(id), ret_der, err);
}

/* Beside the certificate, in the range that TCG leaves for its like. */
static TPM2_HANDLE issuers_index(const struct tpm *tpm, enum key_id id)
{
	return tpm->places.nv[id] + 1;
}

enum devid_err tpm_nv_read_issuers(struct tpm *tpm, enum key_id id,
	struct key_blob *ret_der, struct devid_error *err)
{
	struct key_blob blob = { 0 };
	enum devid_err rc;

	rc = tpm_nv_read_raw(tpm, issuers_index(tpm, id), &blob, err);
	if (rc == DEVID_OK)
		*ret_der = blob;
	return rc;
}

static enum devid_err lock_index(
	struct tpm *tpm, ESYS_TR index, struct devid_error *err)
{
	return tpm_result(tpm,
		Esys_NV_WriteLock(tpm->esys, ESYS_TR_RH_PLATFORM, index,
			ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE),
		"lock NV", err);
}

/* From the end to the beginning: as long as the first octets are missing the
 * index holds no DER, so an interrupted call is seen as what it is. */
static enum devid_err nv_write(struct tpm *tpm, ESYS_TR index,
	const struct key_blob *der, bool lock, struct devid_error *err)
{
	size_t left = der->len;

	while (left > 0) {
		TPM2B_MAX_NV_BUFFER part = { 0 };
		size_t at = (left - 1) / chunk_of(tpm) * chunk_of(tpm);
		enum devid_err rc;

		part.size = (uint16_t)(left - at);
		memcpy(part.buffer, der->data + at, part.size);
		rc = tpm_result(tpm,
			Esys_NV_Write(tpm->esys, ESYS_TR_RH_PLATFORM, index,
				ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				&part, (uint16_t)at),
			"write NV", err);
		if (rc != DEVID_OK)
			return rc;
		left = at;
	}
	return lock ? lock_index(tpm, index, err) : DEVID_OK;
}

/* Firmware closes the platform hierarchy before it starts a system. */
static enum devid_err as_platform(
	struct tpm *tpm, TSS2_RC rc, const char *what, struct devid_error *err)
{
	if (tpm_rc_is(rc, TPM2_RC_HIERARCHY) ||
		tpm_rc_is(rc, TPM2_RC_BAD_AUTH) ||
		tpm_rc_is(rc, TPM2_RC_AUTH_FAIL))
		return devid_fail(err, DEVID_ERR_DENIED,
			"tpm: the platform hierarchy is closed, so the "
			"certificate stays out of NV (certificate_in_nv)");
	return tpm_result(tpm, rc, what, err);
}

/* The one command that needs this authorization and can change nothing. A TPM
 * without it says so when it comes to writing. */
static enum devid_err ask_as_platform(struct tpm *tpm, struct devid_error *err)
{
	TSS2_RC rc = Esys_ClockRateAdjust(tpm->esys, ESYS_TR_RH_PLATFORM,
		ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
		TPM2_CLOCK_NO_CHANGE);

	if (tpm_rc_is(rc, TPM2_RC_COMMAND_CODE))
		return DEVID_OK;
	return as_platform(tpm, rc, "ask as the platform", err);
}

enum devid_err tpm_nv_room(
	struct tpm *tpm, size_t *ret, struct devid_error *err)
{
	enum devid_err rc = read_limits(tpm, err);

	if (rc == DEVID_OK)
		*ret = tpm->nv_index_max < KEY_CERT_MAX ? tpm->nv_index_max
							: KEY_CERT_MAX;
	return rc;
}

static enum devid_err nv_undefine(struct tpm *tpm, struct tpm_handle *index,
	const char *what, struct devid_error *err)
{
	enum devid_err rc = tpm_result(tpm,
		Esys_NV_UndefineSpace(tpm->esys, ESYS_TR_RH_PLATFORM, index->tr,
			ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE),
		what, err);

	if (rc == DEVID_OK) /* ESYS has let go of it */
		*index = (struct tpm_handle) { 0 };
	return rc;
}

static enum devid_err nv_define(struct tpm *tpm, TPM2_HANDLE index, size_t size,
	struct tpm_handle *ret, struct devid_error *err)
{
	struct tpm_handle made = { tpm, ESYS_TR_NONE, true };
	TPM2B_AUTH auth = { 0 };
	TPM2B_NV_PUBLIC pub = {
		.nvPublic = {
			.nvIndex = index,
			.nameAlg = TPM2_ALG_SHA256,
			.attributes = NV_CERT_ATTRS,
			.dataSize = (uint16_t)size,
		},
	};
	enum devid_err code;
	TSS2_RC rc = Esys_NV_DefineSpace(tpm->esys, ESYS_TR_RH_PLATFORM,
		ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &auth, &pub,
		&made.tr);

	if (tpm_rc_is(rc, TPM2_RC_NV_SPACE))
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"tpm: no room in NV for %zu bytes at 0x%08x "
			"(tpm2_getcap handles-nv-index, certificate_in_nv)",
			size, index);
	code = as_platform(tpm, rc, "define NV index as the platform", err);
	if (code == DEVID_OK)
		*ret = made;
	return code;
}

/* An index of ours that was not written to its end: it begins as a TPM leaves
 * what was never written. */
static bool is_unfinished(const struct tpm *tpm, const struct key_blob *old)
{
	size_t n = old->len < chunk_of(tpm) ? old->len : chunk_of(tpm);

	for (size_t i = 0; i < n; i++) {
		if (old->data[i] != old->data[0] ||
			(old->data[i] != 0x00 && old->data[i] != 0xff))
			return false;
	}
	return true;
}

/* Issuers as we write them: DER, one behind the other, one at least. */
static bool is_certs(const struct key_blob *old)
{
	struct view in = { old->data, old->len }, content, whole;
	uint8_t tag = old->len > 0 ? DER_SEQUENCE : 0;

	while (in.len > 0 && tag == DER_SEQUENCE) {
		if (!der_take(&in, &tag, &content, &whole))
			return false;
	}
	return tag == DER_SEQUENCE;
}

/* What is in the index, which may be nothing. Errors: EXISTS when it cannot be
 * read as ours can. */
static enum devid_err read_existing(
	const struct nv *nv, struct key_blob *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = DEVID_OK;

	ret->len = 0;
	if (nv->attrs & TPMA_NV_WRITTEN)
		rc = nv_read(nv, ret, &cause);
	if (rc == DEVID_ERR_TPM || rc == DEVID_ERR_TOO_LARGE)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"tpm: NV index 0x%08x is not devid's and stays: %s",
			nv->at, devid_error_text(&cause));
	return rc == DEVID_OK ? DEVID_OK : fail_with(err, rc, &cause);
}

/* Whether @old is what is to be there; behind a leaf there may be padding. */
static bool holds(const struct key_blob *old, const struct new_content *what)
{
	if (!what->der)
		return false;
	return what->lock ? old->len >= what->der->len &&
				    memcmp(old->data, what->der->data,
					    what->der->len) == 0
			  : key_blob_equal(old, what->der);
}

static bool is_ours(const struct nv *nv, const struct key_blob *old, bool lock)
{
	TPMA_NV made = nv->attrs & ~(TPMA_NV_WRITTEN | TPMA_NV_WRITELOCKED);

	return made == NV_CERT_ATTRS &&
	       (is_unfinished(nv->index.tpm, old) || (!lock && is_certs(old)));
}

/* Changes nothing. Errors: EXISTS when it holds anything else, which stays. */
static enum devid_err judge_existing(const struct nv *nv,
	const struct new_content *what, enum fate *ret, struct devid_error *err)
{
	struct key_blob old;
	enum devid_err rc = read_existing(nv, &old, err);
	bool locked = nv->attrs & TPMA_NV_WRITELOCKED;

	if (rc != DEVID_OK)
		return rc;
	if (holds(&old, what)) {
		*ret = what->lock && !locked ? FATE_LOCK : FATE_KEEP;
		return DEVID_OK;
	}
	if (locked && is_certs(&old))
		return devid_fail(err, DEVID_ERR_EXISTS,
			"tpm: NV index 0x%08x holds another certificate and is "
			"locked (802.1AR: an IDevID is never replaced)",
			nv->at);
	if (old.len == 0 && (locked || !is_ours(nv, &old, what->lock)))
		return devid_fail(err, DEVID_ERR_EXISTS,
			"tpm: NV index 0x%08x is %s and was never written; "
			"others made it, and it stays (tpm2_nvreadpublic, "
			"tpm2_nvundefine, certificate_in_nv)",
			nv->at, locked ? "locked" : "not devid's");
	if (locked || !is_ours(nv, &old, what->lock))
		return devid_fail(err, DEVID_ERR_EXISTS,
			"tpm: NV index 0x%08x holds %u bytes that devid did "
			"not write; they stay (tpm2_nvread, tpm2_nvundefine, "
			"certificate_in_nv)",
			nv->at, nv->size);
	*ret = FATE_REPLACE;
	return DEVID_OK;
}

/* Locks what is complete, removes what we left there unfinished. */
static enum devid_err settle_existing(
	struct tpm *tpm, struct nv *nv, enum fate fate, struct devid_error *err)
{
	if (fate == FATE_KEEP)
		return DEVID_OK;
	if (fate == FATE_LOCK)
		return lock_index(tpm, nv->index.tr, err);
	return nv_undefine(tpm, &nv->index, "remove unfinished NV index", err);
}

/* Opens @index in *@nv and judges it; FATE_REPLACE where there is none. */
static enum devid_err look_at(struct tpm *tpm, struct nv *nv,
	const struct new_content *what, enum fate *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = nv_open(tpm, nv->at, nv, &cause);

	*ret = FATE_REPLACE;
	if (rc == DEVID_OK)
		return judge_existing(nv, what, ret, err);
	if (rc != DEVID_ERR_NOT_FOUND)
		return fail_with(err, rc, &cause);
	return DEVID_OK;
}

enum devid_err tpm_nv_check_writable(struct tpm *tpm, enum key_id id,
	const struct key_blob *der, struct devid_error *err)
{
	CLEANUP(nv_close) struct nv nv = { .at = tpm->places.nv[id] };
	const struct new_content what = { der, true };
	enum fate fate;
	enum devid_err rc = look_at(tpm, &nv, &what, &fate, err);

	if (rc != DEVID_OK || fate == FATE_KEEP)
		return rc;
	return ask_as_platform(tpm, err);
}

/* Intermediates that are out of NV for the sake of a leaf. */
struct moved {
	struct tpm *tpm;                    /* borrowed */
	struct key_blob blob[N_MAKER_KEYS]; /* empty: none */
};

/* Whether room was made. */
static bool move_out(struct moved *moved, enum key_id id)
{
	CLEANUP(nv_close)
	struct nv nv = { .at = issuers_index(moved->tpm, id) };
	const struct new_content what = { NULL, false };
	struct key_blob old = { 0 };
	enum fate fate = FATE_KEEP;

	if (look_at(moved->tpm, &nv, &what, &fate, NULL) != DEVID_OK ||
		!nv.index.tpm || fate != FATE_REPLACE ||
		read_existing(&nv, &old, NULL) != DEVID_OK ||
		nv_undefine(moved->tpm, &nv.index, "remove intermediates",
			NULL) != DEVID_OK)
		return false;
	if (is_certs(&old))
		moved->blob[id] = old;
	return true;
}

static enum devid_err move_back(
	const struct moved *moved, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	for (int i = 0; rc == DEVID_OK && i < N_MAKER_KEYS; i++) {
		CLEANUP(tpm_handle_done) struct tpm_handle index = { 0 };
		const struct key_blob *blob = &moved->blob[i];

		if (blob->len == 0)
			continue;
		rc = nv_define(moved->tpm,
			issuers_index(moved->tpm, (enum key_id)i), blob->len,
			&index, err);
		if (rc == DEVID_OK)
			rc = nv_write(moved->tpm, index.tr, blob, false, err);
	}
	return rc;
}

/* As nv_define(), with the room of intermediates where there is no other: the
 * disk has those too. The IDevID's stay longest: they are asked for in TLS. */
static enum devid_err define_leaf(struct moved *moved, TPM2_HANDLE index,
	size_t size, struct tpm_handle *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = nv_define(moved->tpm, index, size, ret, &cause);

	for (int i = N_MAKER_KEYS - 1; rc == DEVID_ERR_TOO_LARGE && i >= 0;
		i--) {
		if (!move_out(moved, (enum key_id)i))
			continue;
		devid_error_clear(&cause);
		rc = nv_define(moved->tpm, index, size, ret, &cause);
	}
	return rc == DEVID_OK ? DEVID_OK : fail_with(err, rc, &cause);
}

/* Sees to what is at @nv's place already; where *@ret_fate is FATE_REPLACE,
 * nothing is there then. */
static enum devid_err clear_place(struct tpm *tpm, struct nv *nv,
	const struct new_content *what, enum fate *ret_fate,
	struct devid_error *err)
{
	enum devid_err rc = look_at(tpm, nv, what, ret_fate, err);

	return rc == DEVID_OK && nv->index.tpm
		       ? settle_existing(tpm, nv, *ret_fate, err)
		       : rc;
}

static enum devid_err check_size(
	struct tpm *tpm, size_t len, struct devid_error *err)
{
	size_t room = 0;
	enum devid_err rc = tpm_nv_room(tpm, &room, err);

	if (rc == DEVID_OK && (len == 0 || len > room))
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"tpm: certificate of %zu bytes, at most %zu fit an NV "
			"index (certificate_in_nv)",
			len, room);
	return rc;
}

static enum devid_err write_index(struct tpm *tpm, TPM2_HANDLE index,
	const struct new_content *what, struct devid_error *err)
{
	CLEANUP(nv_close) struct nv nv = { .at = index };
	struct moved moved = { .tpm = tpm };
	size_t len = what->der->len;
	enum fate fate = FATE_REPLACE;
	enum devid_err rc = check_size(tpm, len, err);

	if (rc == DEVID_OK)
		rc = clear_place(tpm, &nv, what, &fate, err);
	if (rc != DEVID_OK || fate != FATE_REPLACE)
		return rc;
	rc = what->lock ? define_leaf(&moved, index, len, &nv.index, err)
			: nv_define(tpm, index, len, &nv.index, err);
	if (rc == DEVID_OK)
		return nv_write(tpm, nv.index.tr, what->der, what->lock, err);
	(void)move_back(&moved, NULL); /* the first cause is what counts */
	return rc;
}

static enum devid_err try_leaf(struct moved *moved, enum key_id id, size_t len,
	struct tpm_handle *ret, struct devid_error *err)
{
	CLEANUP(nv_close) struct nv nv = { .at = moved->tpm->places.nv[id] };
	const struct new_content what = { NULL, true };
	enum fate fate = FATE_REPLACE;
	enum devid_err rc = check_size(moved->tpm, len, err);

	if (rc == DEVID_OK)
		rc = clear_place(moved->tpm, &nv, &what, &fate, err);
	return rc == DEVID_OK ? define_leaf(moved, nv.at, len, ret, err) : rc;
}

enum devid_err tpm_nv_check_room(struct tpm *tpm,
	const size_t len[N_MAKER_KEYS], struct devid_error *err)
{
	struct tpm_handle made[N_MAKER_KEYS] = { 0 };
	struct devid_error cause = { DEVID_OK, "" };
	struct moved moved = { .tpm = tpm };
	enum devid_err rc = DEVID_OK, undone = DEVID_OK;

	for (int i = 0; rc == DEVID_OK && i < N_MAKER_KEYS; i++) {
		if (len[i] > 0)
			rc = try_leaf(&moved, (enum key_id)i, len[i], &made[i],
				&cause);
	}
	for (int i = 0; i < N_MAKER_KEYS; i++) {
		if (tpm_handle_is_open(&made[i]) && undone == DEVID_OK)
			undone = nv_undefine(
				tpm, &made[i], "remove trial of NV", &cause);
		tpm_handle_done(&made[i]);
	}
	if (undone == DEVID_OK)
		undone = move_back(&moved, &cause);
	if (rc == DEVID_OK)
		rc = undone;
	return rc == DEVID_OK ? DEVID_OK : fail_with(err, rc, &cause);
}

enum devid_err tpm_nv_write_cert(struct tpm *tpm, enum key_id id,
	const struct key_blob *der, struct devid_error *err)
{
	const struct new_content what = { der, true };

	return write_index(tpm, tpm->places.nv[id], &what, err);
}

enum devid_err tpm_nv_write_issuers(struct tpm *tpm, enum key_id id,
	const struct key_blob *der, struct devid_error *err)
{
	const struct new_content what = { der, false };

	return write_index(tpm, issuers_index(tpm, id), &what, err);
}

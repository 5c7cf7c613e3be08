/* SPDX-License-Identifier: Apache-2.0 */
#include "tcg-csr.h"

#include <string.h>

#include "bytes.h"
#include "tpm-public.h"
#include "what-is.h"

#define PAD_TO   16
#define HASH_MAX 64 /* SHA-512 */

/* structVer, contentsSz, sigSz. */
#define OUTER_HEADER 12u
/* structVer, hashAlgoId, hashSz. */
#define CONTENTS_HEADER 12u

static const char *const names[TCG_CSR_N_FIELDS] = {
	[TCG_CSR_PROD_MODEL] = "prodModel",
	[TCG_CSR_PROD_SERIAL] = "prodSerial",
	[TCG_CSR_PROD_CA_DATA] = "prodCaData",
	[TCG_CSR_BOOT_LOG] = "bootEvntLog",
	[TCG_CSR_EK_CERT] = "ekCert",
	[TCG_CSR_ATTEST_PUB] = "attestPub",
	[TCG_CSR_AT_CREATE_TKT] = "atCreateTkt",
	[TCG_CSR_AT_CERTIFY] = "atCertifyInfo",
	[TCG_CSR_AT_CERTIFY_SIG] = "atCertifyInfoSignature",
	[TCG_CSR_SIGNING_PUB] = "signingPub",
	[TCG_CSR_SGN_CERTIFY] = "sgnCertifyInfo",
	[TCG_CSR_SGN_CERTIFY_SIG] = "sgnCertifyInfoSignature",
	[TCG_CSR_PAD] = "pad",
};

const char *tcg_csr_field_name(enum tcg_csr_field field)
{
	return field < TCG_CSR_N_FIELDS ? names[field] : "unknown";
}

/* Model and serial are judged by what they go into, not here. */
static size_t field_max(unsigned field)
{
	return field == TCG_CSR_PAD ? PAD_TO - 1 : TCG_CSR_FIELD_MAX;
}

/* ---- reading ---- */

static enum devid_err take_u32(struct bytes_in *in, const char *name,
	uint32_t *ret, struct devid_error *err)
{
	*ret = (uint32_t)bytes_in_uint(in, 4);
	if (in->bad)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "TCG-CSR: %s: cut short", name);
	return DEVID_OK;
}

/* @name's size field, at most @max. */
static enum devid_err take_size(struct bytes_in *in, const char *name,
	size_t max, size_t *ret, struct devid_error *err)
{
	uint32_t size = 0;
	enum devid_err rc = take_u32(in, name, &size, err);

	if (rc != DEVID_OK)
		return rc;
	if (size > max)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"TCG-CSR: %sSz: %u bytes, at most %zu are taken", name,
			size, max);
	*ret = size;
	return DEVID_OK;
}

static enum devid_err take_bytes(struct bytes_in *in, const char *name,
	size_t len, struct view *ret, struct devid_error *err)
{
	*ret = bytes_in_take(in, len);
	if (in->bad)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"TCG-CSR: %s: %zu bytes announced, %zu left", name, len,
			in->rest.len);
	return DEVID_OK;
}

static enum devid_err take_version(
	struct bytes_in *in, const char *name, struct devid_error *err)
{
	uint32_t version = 0;
	enum devid_err rc = take_u32(in, name, &version, err);

	if (rc == DEVID_OK && version != TCG_CSR_STRUCT_VER)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"TCG-CSR: %s: 0x%08x is not 0x%08x", name, version,
			TCG_CSR_STRUCT_VER);
	return rc;
}

/* structVer, hashAlgoId, hashSz, hash (TCG 13.1, TCG-CSR-IDEVID-CONTENT). */
static enum devid_err take_header(
	struct bytes_in *in, struct tcg_csr *csr, struct devid_error *err)
{
	size_t hash_len = 0;
	enum devid_err rc = take_version(in, "csrContents.structVer", err);

	if (rc == DEVID_OK)
		rc = take_u32(in, "hashAlgoId", &csr->hash_alg, err);
	if (rc == DEVID_OK)
		rc = take_size(in, "hash", HASH_MAX, &hash_len, err);
	if (rc == DEVID_OK)
		rc = take_bytes(in, "hash", hash_len, &csr->hash, err);
	csr->hashed = in->rest;
	return rc;
}

/* All sizes, then all payloads. */
static enum devid_err take_fields(
	struct bytes_in *in, struct tcg_csr *csr, struct devid_error *err)
{
	size_t sizes[TCG_CSR_N_FIELDS];
	enum devid_err rc = DEVID_OK;

	for (unsigned i = 0; i < TCG_CSR_N_FIELDS && rc == DEVID_OK; i++)
		rc = take_size(in, names[i], field_max(i), &sizes[i], err);
	for (unsigned i = 0; i < TCG_CSR_N_FIELDS && rc == DEVID_OK; i++)
		rc = take_bytes(in, names[i], sizes[i], &csr->field[i], err);
	return rc;
}

enum devid_err tcg_csr_parse_contents(
	struct view in, struct tcg_csr *ret, struct devid_error *err)
{
	struct tcg_csr csr = { .contents = in };
	struct bytes_in r = bytes_in_init(in);
	enum devid_err rc;

	if (in.len > TCG_CSR_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"TCG-CSR: csrContents: %zu bytes, at most %d are taken",
			in.len, TCG_CSR_MAX);
	rc = take_header(&r, &csr, err);
	if (rc == DEVID_OK)
		rc = take_fields(&r, &csr, err);
	if (rc != DEVID_OK)
		return rc;
	if (!bytes_in_done(&r))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"TCG-CSR: csrContents: %zu bytes behind pad",
			r.rest.len);
	*ret = csr;
	return DEVID_OK;
}

/* Who gives another file of the way should not have to read its octets. */
static enum devid_err check_form(struct view in, struct devid_error *err)
{
	char text[WHAT_IS_MAX];

	if (!what_is_known(in) ||
		(in.len >= 4 && bytes_load(in.data, 4) == TCG_CSR_STRUCT_VER))
		return DEVID_OK;
	what_is(in, text);
	return devid_fail(
		err, DEVID_ERR_SYNTAX, "TCG-CSR: the file is %s", text);
}

enum devid_err tcg_csr_parse(
	struct view in, struct tcg_csr *ret, struct devid_error *err)
{
	struct view contents = { NULL, 0 }, signature = { NULL, 0 };
	size_t contents_len = 0, sig_len = 0;
	struct bytes_in r = bytes_in_init(in);
	struct tcg_csr csr;
	enum devid_err rc;

	if (in.len > TCG_CSR_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"TCG-CSR: %zu bytes, at most %d are taken", in.len,
			TCG_CSR_MAX);
	rc = check_form(in, err);
	if (rc == DEVID_OK)
		rc = take_version(&r, "structVer", err);
	if (rc == DEVID_OK)
		rc = take_size(
			&r, "csrContents", TCG_CSR_MAX, &contents_len, err);
	if (rc == DEVID_OK)
		rc = take_size(
			&r, "signature", TCG_CSR_FIELD_MAX, &sig_len, err);
	if (rc == DEVID_OK)
		rc = take_bytes(
			&r, "csrContents", contents_len, &contents, err);
	if (rc == DEVID_OK)
		rc = take_bytes(&r, "signature", sig_len, &signature, err);
	if (rc != DEVID_OK)
		return rc;
	if (!bytes_in_done(&r))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"TCG-CSR: signature: %zu bytes behind it", r.rest.len);
	rc = tcg_csr_parse_contents(contents, &csr, err);
	if (rc != DEVID_OK)
		return rc;
	csr.signature = signature;
	*ret = csr;
	return DEVID_OK;
}

enum devid_err tcg_csr_check_hash(
	const struct tcg_csr *csr, struct devid_error *err)
{
	const EVP_MD *md = tpm_hash_md(csr->hash_alg);
	uint8_t digest[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!md)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"TCG-CSR: hashAlgoId: 0x%08x is none of SHA-256, "
			"SHA-384, SHA-512",
			csr->hash_alg);
	if (csr->hash.len != (size_t)EVP_MD_get_size(md))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"TCG-CSR: hashSz: %zu bytes are not those of %s",
			csr->hash.len, EVP_MD_get0_name(md));
	if (EVP_Digest(csr->hashed.data, csr->hashed.len, digest, &len, md,
		    NULL) != 1)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "TCG-CSR: hash: cannot hash");
	if (memcmp(csr->hash.data, digest, len) != 0)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"TCG-CSR: hash: not that of what follows it");
	return DEVID_OK;
}

/* ---- writing ---- */

/* Bytes of all fields but the pad; 0 after an error. */
static size_t sum_fields(
	const struct view field[TCG_CSR_N_FIELDS], struct devid_error *err)
{
	size_t sum = TCG_CSR_N_FIELDS * 4;

	for (unsigned i = 0; i < TCG_CSR_PAD; i++) {
		size_t max = field_max(i);

		if (field[i].len > max) {
			(void)devid_fail(err, DEVID_ERR_TOO_LARGE,
				"TCG-CSR: %s: %zu bytes, at most %zu fit",
				names[i], field[i].len, max);
			return 0;
		}
		sum += field[i].len;
	}
	return sum;
}

enum devid_err tcg_csr_encode_contents(uint32_t hash_alg,
	const struct view field[TCG_CSR_N_FIELDS], struct room *ret,
	struct devid_error *err)
{
	static const uint8_t zeros[PAD_TO];
	const EVP_MD *md = tpm_hash_md(hash_alg);
	size_t hash_len, len, pad, sum = sum_fields(field, err);
	struct bytes_out out = bytes_out_init(ret->data, ret->size);
	uint8_t *hash;

	if (sum == 0)
		return DEVID_ERR_TOO_LARGE;
	if (!md)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"TCG-CSR: hashAlgoId: 0x%08x", hash_alg);
	hash_len = (size_t)EVP_MD_get_size(md);
	len = CONTENTS_HEADER + hash_len + sum;
	pad = (PAD_TO - len % PAD_TO) % PAD_TO;
	len += pad;
	if (len > ret->size || len > TCG_CSR_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"TCG-CSR: csrContents: %zu bytes do not fit", len);
	bytes_out_uint(&out, 4, TCG_CSR_STRUCT_VER);
	bytes_out_uint(&out, 4, hash_alg);
	bytes_out_uint(&out, 4, hash_len);
	hash = bytes_out_skip(&out, hash_len);
	for (unsigned i = 0; i < TCG_CSR_PAD; i++)
		bytes_out_uint(&out, 4, field[i].len);
	bytes_out_uint(&out, 4, pad);
	for (unsigned i = 0; i < TCG_CSR_PAD; i++)
		bytes_out_put(&out, field[i].data, field[i].len);
	bytes_out_put(&out, zeros, pad);
	if (EVP_Digest(hash + hash_len, sum + pad, hash, NULL, md, NULL) != 1)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "TCG-CSR: hash: cannot hash");
	ret->len = out.room.len;
	return DEVID_OK;
}

enum devid_err tcg_csr_encode(struct view contents, struct view signature,
	struct room *ret, struct devid_error *err)
{
	struct bytes_out out = bytes_out_init(ret->data, ret->size);

	if (contents.len > TCG_CSR_MAX || signature.len > TCG_CSR_FIELD_MAX ||
		OUTER_HEADER + contents.len + signature.len > TCG_CSR_MAX)
		out.bad = true;
	bytes_out_uint(&out, 4, TCG_CSR_STRUCT_VER);
	bytes_out_uint(&out, 4, contents.len);
	bytes_out_uint(&out, 4, signature.len);
	bytes_out_put(&out, contents.data, contents.len);
	bytes_out_put(&out, signature.data, signature.len);
	if (out.bad)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"TCG-CSR: contents of %zu and signature of %zu bytes "
			"do not fit",
			contents.len, signature.len);
	ret->len = out.room.len;
	return DEVID_OK;
}

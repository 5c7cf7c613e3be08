/* SPDX-License-Identifier: Apache-2.0 */
#include "register-audit.h"

#include <endian.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "fail.h"
#include "register-private.h"

#define CHAIN_LABEL "devid-ca audit"

/* ---- the chain ---- */

struct part {
	const void *data;
	size_t len;
};

static enum devid_err hash_parts(
	const struct part parts[3], uint8_t ret[32], struct devid_error *err)
{
	CLEANUP(cleanup_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; i < 3; i++)
		ok = ok &&
		     EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) == 1;
	if (!ok || EVP_DigestFinal_ex(ctx, ret, NULL) != 1)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "audit: SHA-256 failed");
	return DEVID_OK;
}

enum devid_err register_audit_begin(
	const char *instance, uint8_t ret[32], struct devid_error *err)
{
	const struct part parts[] = {
		{ CHAIN_LABEL, sizeof(CHAIN_LABEL) }, /* with its NUL */
		{ instance, strlen(instance) },
		{ "", 0 },
	};

	return hash_parts(parts, ret, err);
}

enum devid_err register_audit_next(uint8_t hash[32], int64_t seq,
	const struct db_value *line, struct devid_error *err)
{
	uint8_t number[8];
	const struct part parts[] = {
		{ hash, 32 },
		{ number, sizeof(number) },
		{ line->data, line->len },
	};

	bytes_store(number, sizeof(number), (uint64_t)seq);
	return hash_parts(parts, hash, err);
}

/* ---- writing ---- */

struct head {
	int64_t seq;
	uint8_t hash[32];
};

static enum devid_err note_head(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	struct head *h = arg;

	(void)n_columns;
	h->seq = columns[0].num;
	if (!register_copy_blob(&columns[1], h->hash, 32))
		return register_damaged(err, "audit");
	return DEVID_OK;
}

/*
 * Finds the end of the chain, once per transaction: a command beside the
 * service writes to the same one. Touching the instance's row keeps others
 * out of the chain until this transaction's end.
 */
static enum devid_err find_end(struct reg *reg, struct devid_error *err)
{
	struct db_value param = DB_TEXT_V(reg->instance);
	struct head h = { 0, { 0 } };
	int64_t number = 0;
	enum devid_err rc = register_int(
		reg, REG_QUERY(FIND_END_LOCK, &param, 1), &number, err);

	param = DB_INT_V(number);
	if (rc == DEVID_OK)
		rc = db_run(reg->db, REG_QUERY(FIND_END_LAST, &param, 1),
			note_head, &h, err);
	if (rc == DEVID_OK && h.seq == 0)
		rc = register_audit_begin(reg->instance, h.hash, err);
	if (rc != DEVID_OK)
		return rc;
	reg->audit_number = number;
	reg->audit_seq = h.seq;
	memcpy(reg->audit_hash, h.hash, 32);
	return DEVID_OK;
}

enum devid_err register_audit(
	struct reg *reg, const char *line, struct devid_error *err)
{
	const struct db_value text = DB_TEXT_V(line);
	struct db_value params[4];
	enum devid_err rc = DEVID_OK;

	if (strchr(line, '\n'))
		return devid_fail(
			err, DEVID_ERR_INVALID, "audit: more than one line");
	if (reg->audit_number == 0)
		rc = find_end(reg, err);
	if (rc == DEVID_OK)
		rc = register_audit_next(
			reg->audit_hash, reg->audit_seq + 1, &text, err);
	if (rc != DEVID_OK)
		return rc;
	reg->audit_seq++;
	params[0] = DB_INT_V(reg->audit_number);
	params[1] = DB_INT_V(reg->audit_seq);
	params[2] = text;
	params[3] = DB_BLOB_V(reg->audit_hash, 32);
	return db_run(reg->db, REG_QUERY(AUDIT, params, 4), NULL, NULL, err);
}

enum devid_err register_audit_sign(
	struct reg *reg, struct signer *signer, struct devid_error *err)
{
	const struct view hash = { reg->audit_hash, 32 };
	struct signer_sig sig;
	enum devid_err rc;

	if (reg->audit_number == 0)
		return DEVID_OK; /* nothing was appended */
	rc = signer->ops->sign(signer, hash, &sig, err);
	if (rc == DEVID_OK) {
		const struct db_value params[] = {
			DB_INT_V(reg->audit_number),
			DB_INT_V(reg->audit_seq),
			DB_BLOB_V(sig.data, sig.len),
		};

		rc = db_run(reg->db, REG_QUERY(AUDIT_SIGN, params, 3), NULL,
			NULL, err);
	}
	return rc;
}

/* ---- reading ---- */

static enum devid_err read_row(const struct db_value *c,
	struct register_audit_line *ret, struct devid_error *err)
{
	memset(ret, 0, sizeof(*ret));
	ret->seq = c[1].num;
	ret->line = c[2].data;
	if (!register_copy_text(&c[0], ret->instance, sizeof(ret->instance)) ||
		c[2].type != DB_TEXT ||
		!register_copy_blob(&c[3], ret->hash, 32))
		return register_damaged(err, "audit");
	if (c[4].type == DB_BLOB) {
		ret->signature = c[4].data;
		ret->signature_len = c[4].len;
	}
	return DEVID_OK;
}

struct walk {
	register_audit_fn *fn;
	void *arg;
	int64_t n, seq; /* of this page */
};

static enum devid_err give(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	struct walk *w = arg;
	struct register_audit_line line;
	enum devid_err rc = read_row(columns, &line, err);

	(void)n_columns;
	w->n++;
	w->seq = columns[1].num;
	return rc == DEVID_OK ? w->fn(w->arg, &line, err) : rc;
}

static enum devid_err walk_instance(struct reg *reg, int64_t number,
	struct walk *w, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	w->seq = INT64_MIN; /* a forged line may have any number */
	do {
		const struct db_value params[] = { DB_INT_V(number),
			DB_INT_V(w->seq), DB_INT_V(REG_PAGE) };

		w->n = 0;
		rc = db_run(reg->db, REG_QUERY(WALK_INSTANCE, params, 3), give,
			w, err);
	} while (rc == DEVID_OK && w->n == REG_PAGE);
	return rc;
}

/* The instance behind *@number; *@ret_found tells whether there is one. */
static enum devid_err next_instance(struct reg *reg, int64_t *number,
	bool *ret_found, struct devid_error *err)
{
	const struct db_value param = DB_INT_V(*number);
	enum devid_err rc = register_int(
		reg, REG_QUERY(NEXT_INSTANCE, &param, 1), number, err);

	*ret_found = *number != param.num;
	return rc;
}

enum devid_err register_each_audit(struct reg *reg, register_audit_fn *fn,
	void *arg, struct devid_error *err)
{
	struct walk w = { fn, arg, 0, 0 };
	int64_t number = INT64_MIN; /* as forged ones may be below 0 */
	bool found;
	enum devid_err rc = next_instance(reg, &number, &found, err);

	while (rc == DEVID_OK && found) {
		rc = walk_instance(reg, number, &w, err);
		if (rc == DEVID_OK)
			rc = next_instance(reg, &number, &found, err);
	}
	return rc;
}

enum devid_err register_each_audit_head(struct reg *reg, register_audit_fn *fn,
	void *arg, struct devid_error *err)
{
	struct walk w = { fn, arg, 0, 0 };

	return db_run(
		reg->db, REG_QUERY(EACH_AUDIT_HEAD, NULL, 0), give, &w, err);
}

struct one {
	struct reg *reg;
	struct register_audit_line *out;
	bool found;
};

/* Keeps line and signature, one behind the other. */
static enum devid_err note_one(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	struct one *o = arg;
	struct register_audit_line *out = o->out;
	enum devid_err rc = read_row(columns, out, err);
	size_t text = columns[2].len + 1;
	CLEANUP(cleanup_free)
	char *both = rc == DEVID_OK ? malloc(text + out->signature_len) : NULL;
	struct db_value all = DB_BLOB_V(both, text + out->signature_len);

	(void)n_columns;
	if (rc != DEVID_OK)
		return rc;
	if (both) {
		memcpy(both, out->line, text);
		if (out->signature)
			memcpy(both + text, out->signature, out->signature_len);
	}
	out->line = both ? (const char *)register_hold(o->reg, &all) : NULL;
	if (!out->line)
		return fail_no_memory_for(err, "register");
	if (out->signature)
		out->signature = (const uint8_t *)out->line + text;
	o->found = true;
	return DEVID_OK;
}

enum devid_err register_audit_get(struct reg *reg, const char *instance,
	int64_t seq, struct register_audit_line *ret, struct devid_error *err)
{
	const struct db_value params[] = { DB_TEXT_V(instance), DB_INT_V(seq) };
	struct register_audit_line out;
	struct one o = { reg, &out, false };
	enum devid_err rc = db_run(reg->db,
		seq ? REG_QUERY(AUDIT_GET_AT, params, 2)
		    : REG_QUERY(AUDIT_GET_NEWEST, params, 1),
		note_one, &o, err);

	if (rc != DEVID_OK)
		return rc;
	if (!o.found)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"audit: %s, line %" PRId64 ": not there", instance,
			seq);
	*ret = out;
	return DEVID_OK;
}

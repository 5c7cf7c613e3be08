/* SPDX-License-Identifier: Apache-2.0 */
#include "register-audit-check.h"

#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "register-audit.h"
#include "register-private.h"

struct check {
	EVP_PKEY *const *keys; /* borrowed */
	size_t n_keys;
	char instance[REGISTER_NAME_MAX]; /* whose chain; "" before the first */
	int64_t seq;
	uint8_t hash[32];
	bool is_signed;
	int64_t lines;
};

static enum devid_err wrong(const struct check *c, const char *instance,
	const char *what, struct devid_error *err)
{
	return devid_fail(err, DEVID_ERR_MISMATCH,
		"audit: %s, line %" PRId64 ": %s", instance, c->seq, what);
}

static bool verifies(
	const struct check *c, EVP_PKEY *key, const uint8_t *sig, size_t len)
{
	CLEANUP(cleanup_md_ctx) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int md = NID_undef;
	bool ok;

	ok = ctx && OBJ_find_sigid_algs(signer_nid(key), &md, NULL) == 1 &&
	     EVP_DigestVerifyInit(
		     ctx, NULL, EVP_get_digestbynid(md), NULL, key) == 1 &&
	     EVP_DigestVerify(ctx, sig, len, c->hash, 32) == 1;
	if (!ok)
		ERR_clear_error();
	return ok;
}

static bool any_verifies(const struct check *c, const uint8_t *sig, size_t len)
{
	for (size_t i = 0; i < c->n_keys; i++) {
		if (verifies(c, c->keys[i], sig, len))
			return true;
	}
	return false;
}

static enum devid_err end_chain(const struct check *c, struct devid_error *err)
{
	if (c->instance[0] == '\0' || c->is_signed)
		return DEVID_OK;
	return wrong(c, c->instance,
		"the newest line is not signed: lines behind it were removed",
		err);
}

static enum devid_err begin_chain(
	struct check *c, const char *instance, struct devid_error *err)
{
	enum devid_err rc = end_chain(c, err);

	if (rc != DEVID_OK)
		return rc;
	(void)snprintf(c->instance, sizeof(c->instance), "%s", instance);
	c->seq = 0;
	return register_audit_begin(instance, c->hash, err);
}

static enum devid_err check_line(void *arg,
	const struct register_audit_line *line, struct devid_error *err)
{
	struct check *c = arg;
	const struct db_value text = DB_TEXT_V(line->line);
	enum devid_err rc = DEVID_OK;

	if (strcmp(c->instance, line->instance) != 0)
		rc = begin_chain(c, line->instance, err);
	if (rc != DEVID_OK)
		return rc;
	c->seq++;
	if (line->seq != c->seq)
		return wrong(c, c->instance, "missing", err);
	rc = register_audit_next(c->hash, c->seq, &text, err);
	if (rc != DEVID_OK)
		return rc;
	if (memcmp(c->hash, line->hash, 32) != 0)
		return wrong(c, c->instance,
			c->seq == 1 ? "is not this instance's first line: "
				      "changed, or another's"
				    : "does not follow from the line before: "
				      "changed, or moved",
			err);
	c->is_signed = line->signature != NULL;
	if (c->is_signed &&
		!any_verifies(c, line->signature, line->signature_len))
		return wrong(c, c->instance,
			"the signature is not that of the key", err);
	c->lines++;
	return DEVID_OK;
}

/* Lines under the number of an instance that is not there would not be met. By
 * steps through the index: there are few instances and many lines. */
static enum devid_err check_owners(struct reg *reg, struct devid_error *err)
{
	struct db_value number = DB_INT_V(INT64_MIN);
	enum devid_err rc = DEVID_OK;

	for (;;) {
		int64_t after = number.num, named = INT64_MIN;

		rc = register_int(reg, REG_QUERY(CHECK_OWNERS_NEXT, &number, 1),
			&number.num, err);
		if (rc != DEVID_OK || number.num == after)
			return rc;
		rc = register_int(reg, REG_QUERY(CHECK_OWNERS_FIND, &number, 1),
			&named, err);
		if (rc == DEVID_OK && named != number.num)
			rc = devid_fail(err, DEVID_ERR_MISMATCH,
				"audit: instance %" PRId64
				" has lines but no name",
				number.num);
		if (rc != DEVID_OK)
			return rc;
	}
}

enum devid_err register_audit_check_keys(struct reg *reg, EVP_PKEY *const *keys,
	size_t n, int64_t *ret_lines, struct devid_error *err)
{
	struct check c = { .keys = keys, .n_keys = n };
	enum devid_err rc = check_owners(reg, err);

	if (rc == DEVID_OK)
		rc = register_each_audit(reg, check_line, &c, err);
	if (rc == DEVID_OK)
		rc = end_chain(&c, err);
	if (rc == DEVID_OK)
		*ret_lines = c.lines;
	return rc;
}

enum devid_err register_audit_check(struct reg *reg, EVP_PKEY *key,
	int64_t *ret_lines, struct devid_error *err)
{
	return register_audit_check_keys(reg, &key, 1, ret_lines, err);
}

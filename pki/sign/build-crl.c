/* SPDX-License-Identifier: Apache-2.0 */
#include "build-crl.h"

#include <stdlib.h>
#include <string.h>

#include "build-parts.h"
#include "build.h"
#include "cleanup.h"
#include "der.h"
#include "fail.h"

/* Bytes of one entry at most: serial number 2 + 20, time 2 + 15, reason 14,
 * headers 4; rounded up. */
#define ENTRY_MAX 64
/* 2^32 bytes of list are past any use: a limit of ours. */
#define ENTRIES_MAX (UINT32_MAX / ENTRY_MAX)

#define TAG_ENUMERATED     0x0a
#define REASON_UNSPECIFIED 0
#define REASON_REMOVE      8
#define REASON_MAX         10

/* By serial number; serial numbers are positive and in shortest form. */
static int compare_serial(
	const struct build_revoked *a, const struct build_revoked *b)
{
	if (a->serial_len != b->serial_len)
		return a->serial_len < b->serial_len ? -1 : 1;
	return memcmp(a->serial, b->serial, a->serial_len);
}

/* The same, and the earlier revocation first. */
static int compare_entries(const void *x, const void *y)
{
	const struct build_revoked *a = *(const struct build_revoked *const *)x;
	const struct build_revoked *b = *(const struct build_revoked *const *)y;
	int order = compare_serial(a, b);

	return order ? order : (a->when > b->when) - (a->when < b->when);
}

static enum devid_err check_entry(
	const struct build_revoked *entry, bool delta, struct devid_error *err)
{
	size_t len = entry->serial_len;

	/* X.690 8.3.2, and positive */
	if (len == 0 || len > SERIAL_LEN || entry->serial[0] & 0x80 ||
		(entry->serial[0] == 0 &&
			(len == 1 || !(entry->serial[1] & 0x80))))
		return devid_fail(err, DEVID_ERR_INVALID,
			"revocation list: a serial number is not a positive "
			"INTEGER of at most %d octets",
			SERIAL_LEN);
	/* RFC 5280 5.3.1: 7 is not used, 8 has no meaning in a full list */
	if (entry->reason < 0 || entry->reason > REASON_MAX ||
		entry->reason == 7 ||
		(entry->reason == REASON_REMOVE && !delta))
		return devid_fail(err, DEVID_ERR_INVALID,
			"revocation list: reason %d cannot stand in it",
			entry->reason);
	return DEVID_OK;
}

/* The entries in order and each once: the earliest revocation of a number
 * holds. Register rows come in order as a rule, and then cost no sorting. */
static enum devid_err sort_entries(const struct build_crl *what,
	const struct build_revoked **sorted, size_t *ret_n,
	struct devid_error *err)
{
	bool ordered = true;
	size_t n = 0;

	for (size_t i = 0; i < what->n; i++) {
		enum devid_err rc =
			check_entry(&what->entries[i], what->base != 0, err);

		if (rc != DEVID_OK)
			return rc;
		sorted[i] = &what->entries[i];
		if (i > 0 && compare_serial(sorted[i - 1], sorted[i]) >= 0)
			ordered = false;
	}
	if (ordered) {
		*ret_n = what->n;
		return DEVID_OK;
	}
	qsort(sorted, what->n, sizeof(sorted[0]), compare_entries);
	for (size_t i = 0; i < what->n; i++) {
		if (n == 0 || compare_serial(sorted[n - 1], sorted[i]) != 0)
			sorted[n++] = sorted[i];
	}
	*ret_n = n;
	return DEVID_OK;
}

static void put_entry(struct der_out *out, const struct build_revoked *entry)
{
	size_t mark = der_out_mark(out), ext;

	/* 5.3.1: unspecified is said by leaving it out */
	if (entry->reason != REASON_UNSPECIFIED) {
		ext = der_out_mark(out);
		der_out_uint(out, TAG_ENUMERATED, (uint64_t)entry->reason);
		build_ext(out, OID_CE_CRL_REASON, false, ext);
		der_out_wrap(out, DER_SEQUENCE, mark);
	}
	build_time(out, entry->when);
	der_out_element(out, DER_INTEGER, entry->serial, entry->serial_len);
	der_out_wrap(out, DER_SEQUENCE, mark);
}

static void put_number(
	struct der_out *out, enum oid oid, bool critical, uint64_t number)
{
	size_t mark = der_out_mark(out);

	der_out_uint(out, DER_INTEGER, number);
	build_ext(out, oid, critical, mark);
}

static void put_extensions(struct der_out *out,
	const struct build_issuer *issuer, const struct build_crl *what)
{
	if (what->freshest && !what->base) /* 5.2.6: not in a delta */
		build_ext_crl_url(out, OID_CE_FRESHEST_CRL, what->freshest);
	if (what->base)
		put_number(out, OID_CE_DELTA_CRL, true, what->base);
	put_number(out, OID_CE_CRL_NUMBER, false, what->number);
	build_ext_aki(out, issuer->key_id, issuer->key_id_len);
	der_out_wrap(out, DER_SEQUENCE, 0);
	der_out_wrap(out, DER_CONTEXT(0), 0);
}

static void put_list(struct der_out *out, const struct build_issuer *issuer,
	const struct build_crl *what, const struct build_revoked **sorted,
	size_t n)
{
	size_t mark = der_out_mark(out);

	for (size_t i = n; i > 0; i--)
		put_entry(out, sorted[i - 1]);
	if (n > 0) /* 5.1.2.6: absent when there are none */
		der_out_wrap(out, DER_SEQUENCE, mark);
	build_time(out, what->next_update);
	build_time(out, what->this_update);
	der_out_bytes(out, issuer->name.data, issuer->name.len);
	der_out_bytes(out, issuer->alg.data, issuer->alg.len);
	der_out_uint(out, DER_INTEGER, 1); /* v2 */
	der_out_wrap(out, DER_SEQUENCE, 0);
}

enum devid_err build_crl(struct build_issuer *issuer,
	const struct build_crl *what, struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) const struct build_revoked **sorted = NULL;
	CLEANUP(cleanup_free) uint8_t *buf = NULL;
	struct der_out out;
	enum devid_err rc;
	size_t n = 0, size;

	if (what->n > ENTRIES_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"revocation list: more than %u entries",
			(unsigned)ENTRIES_MAX);
	if (what->base && what->base >= what->number)
		return devid_fail(err, DEVID_ERR_INVALID,
			"revocation list: a delta cannot be older than its "
			"base");
	if (what->next_update <= what->this_update)
		return devid_fail(err, DEVID_ERR_INVALID,
			"revocation list: ends before it begins");
	size = what->n * ENTRY_MAX + BUILD_TBS_MAX;
	sorted = calloc(what->n + 1, sizeof(sorted[0]));
	buf = malloc(size);
	if (!sorted || !buf)
		return fail_no_memory_for(err, "revocation list");
	rc = sort_entries(what, sorted, &n, err);
	if (rc != DEVID_OK)
		return rc;
	out = der_out_init(buf, size);
	put_extensions(&out, issuer, what);
	put_list(&out, issuer, what, sorted, n);
	return build_sign(issuer->signer, &out, ret, err);
}

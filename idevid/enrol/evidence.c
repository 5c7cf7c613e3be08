/* SPDX-License-Identifier: Apache-2.0 */
#include "evidence.h"

#include <stdbool.h>

#include "cleanup.h"
#include "der-write.h"
#include "fail.h"
#include "oid.h"

/* ---- writing ---- */

static bool is_none(const struct evidence_statement *s)
{
	return s->attest.len == 0 && s->signature.len == 0 &&
	       s->public.len == 0;
}

static bool is_whole(const struct evidence_statement *s)
{
	return s->attest.len > 0 && s->signature.len > 0 && s->public.len > 0;
}

static void put_octets(struct der_out *out, struct view v)
{
	der_out_element(out, DER_OCTET_STRING, v.data, v.len);
}

static void put_statement(
	struct der_out *out, enum oid type, const struct evidence_statement *s)
{
	size_t mark = der_out_mark(out);
	struct view oid = oid_der(type);

	put_octets(out, s->public);
	put_octets(out, s->signature);
	put_octets(out, s->attest);
	der_out_wrap(out, DER_SEQUENCE, mark);
	der_out_bytes(out, oid.data, oid.len);
	der_out_wrap(out, DER_SEQUENCE, mark);
}

/* From the end: certificates, then statements. */
static void put_bundle(struct der_out *out, const struct evidence *what)
{
	size_t mark;

	for (size_t i = what->n_certs; i > 0; i--)
		der_out_bytes(
			out, what->certs[i - 1].data, what->certs[i - 1].len);
	der_out_wrap(out, DER_SEQUENCE, 0);
	mark = der_out_mark(out);
	if (!is_none(&what->epoch))
		put_statement(out, OID_DEVID_ATTEST_EPOCH, &what->epoch);
	put_statement(out, OID_TCG_ATTEST_TPM_CERTIFY, &what->key);
	der_out_wrap(out, DER_SEQUENCE, mark);
	der_out_wrap(out, DER_SEQUENCE, 0);
}

enum devid_err evidence_write(
	const struct evidence *what, struct blob *ret, struct devid_error *err)
{
	CLEANUP(blob_done)
	struct blob buf = { malloc(EVIDENCE_MAX), EVIDENCE_MAX };
	struct der_out out = der_out_init(buf.data, buf.len);
	struct view whole;

	if (!buf.data)
		return fail_no_memory_for(err, "evidence");
	if (!is_whole(&what->key) ||
		(!is_none(&what->epoch) && !is_whole(&what->epoch)))
		return devid_fail(err, DEVID_ERR_INVALID,
			"evidence: a statement without one of its parts");
	if (what->n_certs == 0 || what->n_certs > KEY_CHAIN_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"evidence: %zu certificates, 1 to %d are taken",
			what->n_certs, KEY_CHAIN_MAX);
	put_bundle(&out, what);
	whole = der_out_view(&out);
	if (!whole.data)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"evidence: more than %d bytes", EVIDENCE_MAX);
	memmove(buf.data, whole.data, whole.len);
	buf.len = whole.len;
	*ret = blob_take(&buf);
	return DEVID_OK;
}

/* ---- reading ---- */

static enum devid_err fail_syntax(struct devid_error *err, const char *what)
{
	return devid_fail(err, DEVID_ERR_SYNTAX,
		"evidence: %s (draft-ietf-lamps-csr-attestation-28)", what);
}

static bool take_part(struct view *in, struct view *ret)
{
	return der_take_tag(in, DER_OCTET_STRING, ret) && ret->len > 0 &&
	       ret->len <= KEY_CERT_MAX;
}

static enum devid_err take_body(struct view stmt,
	struct evidence_statement *ret, struct devid_error *err)
{
	struct evidence_statement s;
	struct view body;

	if (!is_none(ret))
		return fail_syntax(err, "attestations: two of one type");
	if (!der_take_tag(&stmt, DER_SEQUENCE, &body) ||
		!take_part(&body, &s.attest) ||
		!take_part(&body, &s.signature) ||
		!take_part(&body, &s.public) || body.len != 0)
		return fail_syntax(
			err, "stmt: not tpmSAttest, signature and tpmTPublic");
	*ret = s;
	return DEVID_OK;
}

/* One statement off the front of @list. */
static enum devid_err take_statement(
	struct view *list, struct evidence *ret, struct devid_error *err)
{
	struct view one, type, stmt, content;
	uint8_t tag;

	if (!der_take_tag(list, DER_SEQUENCE, &one) ||
		!der_take_tag(&one, DER_OID, &type) || !oid_is_valid(type) ||
		!der_take(&one, &tag, &content, &stmt) || one.len != 0)
		return fail_syntax(err, "attestations: not type and stmt");
	if (oid_is(type, OID_TCG_ATTEST_TPM_CERTIFY))
		return take_body(stmt, &ret->key, err);
	if (oid_is(type, OID_DEVID_ATTEST_EPOCH))
		return take_body(stmt, &ret->epoch, err);
	return DEVID_OK;
}

static enum devid_err take_statements(
	struct view list, struct evidence *ret, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	for (int n = 0; list.len > 0 && rc == DEVID_OK; n++) {
		if (n == EVIDENCE_STATEMENTS_MAX)
			return devid_fail(err, DEVID_ERR_TOO_LARGE,
				"evidence: more than %d statements",
				EVIDENCE_STATEMENTS_MAX);
		rc = take_statement(&list, ret, err);
	}
	if (rc == DEVID_OK && is_none(&ret->key))
		return fail_syntax(
			err, "attestations: no statement about the key");
	return rc;
}

static enum devid_err take_certs(
	struct view list, struct evidence *ret, struct devid_error *err)
{
	while (list.len > 0) {
		struct view content, whole;
		uint8_t tag;

		if (ret->n_certs == KEY_CHAIN_MAX)
			return devid_fail(err, DEVID_ERR_TOO_LARGE,
				"evidence: more than %d certificates",
				KEY_CHAIN_MAX);
		if (!der_take(&list, &tag, &content, &whole) ||
			tag != DER_SEQUENCE)
			return fail_syntax(err, "certs: no certificate");
		ret->certs[ret->n_certs++] = whole;
	}
	return ret->n_certs > 0 ? DEVID_OK : fail_syntax(err, "certs: none");
}

enum devid_err evidence_read(
	struct view der, struct evidence *ret, struct devid_error *err)
{
	struct view bundle, statements, certs = { NULL, 0 };
	struct evidence what = { .n_certs = 0 };
	enum devid_err rc;

	if (der.len > EVIDENCE_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"evidence: more than %d bytes", EVIDENCE_MAX);
	if (!der_take_tag(&der, DER_SEQUENCE, &bundle) || der.len != 0 ||
		!der_take_tag(&bundle, DER_SEQUENCE, &statements) ||
		(bundle.len > 0 &&
			!der_take_tag(&bundle, DER_SEQUENCE, &certs)) ||
		bundle.len != 0)
		return fail_syntax(err, "no AttestationBundle");
	rc = take_statements(statements, &what, err);
	if (rc == DEVID_OK)
		rc = take_certs(certs, &what, err);
	if (rc == DEVID_OK)
		*ret = what;
	return rc;
}

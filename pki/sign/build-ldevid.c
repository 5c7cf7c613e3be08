/* SPDX-License-Identifier: Apache-2.0 */
#include "build-ldevid.h"

#include <string.h>

#include "build-parts.h"

#define TAG_PRINTABLE 0x13

/* X.520 6.2.9: PrintableString (X.680 41.4). */
static bool is_printable(const char *text)
{
	return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				 "abcdefghijklmnopqrstuvwxyz"
				 "0123456789 '()+,-./:=?")] == '\0';
}

static enum devid_err check(
	const struct build_ldevid *what, struct devid_error *err)
{
	if (!build_is_text(what->serial) ||
		what->serial[strspn(what->serial, " ")] == '\0')
		return devid_fail(err, DEVID_ERR_INVALID,
			"device serial number: not 1 to %d characters of UTF-8",
			BUILD_NAME_MAX);
	if (!build_is_text(what->org))
		return devid_fail(err, DEVID_ERR_INVALID,
			"organization: not 1 to %d characters of UTF-8",
			BUILD_NAME_MAX);
	if (what->not_after <= what->not_before)
		return devid_fail(err, DEVID_ERR_INVALID,
			"validity: ends before it begins");
	if ((what->cert_serial[0] & 0xc0) != 0x40)
		return devid_fail(err, DEVID_ERR_INVALID,
			"certificate serial number: not of build_serial()");
	if (!der_is_object(what->spki.data, what->spki.len))
		return devid_fail(err, DEVID_ERR_INVALID,
			"public key: not a DER SubjectPublicKeyInfo");
	if (what->hw_module.len > BUILD_SAN_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"HardwareModuleName: longer than %d bytes",
			BUILD_SAN_MAX);
	return DEVID_OK;
}

/* RFC 5280 4.2.1.6: otherName { type-id, [0] EXPLICIT value }. */
static void put_san(struct der_out *out, struct view hw_module)
{
	size_t mark = der_out_mark(out);

	der_out_bytes(out, hw_module.data, hw_module.len);
	der_out_wrap(out, DER_CONTEXT(0), mark);
	build_oid(out, OID_ON_HW_MODULE_NAME);
	der_out_wrap(out, DER_CONTEXT(0), mark);
	der_out_wrap(out, DER_SEQUENCE, mark);
	build_ext(out, OID_CE_SUBJECT_ALT_NAME, false, mark);
}

static void put_purposes(struct der_out *out, bool server)
{
	size_t mark = der_out_mark(out);

	if (server)
		build_oid(out, OID_KP_SERVER_AUTH);
	build_oid(out, OID_KP_CLIENT_AUTH);
	der_out_wrap(out, DER_SEQUENCE, mark);
	build_ext(out, OID_CE_EXT_KEY_USAGE, false, mark);
}

static void put_residency(struct der_out *out)
{
	size_t mark = der_out_mark(out);

	build_oid(out, OID_TCG_CAP_RESIDENCY);
	der_out_wrap(out, DER_SEQUENCE, mark);
	der_out_wrap(out, DER_SEQUENCE, mark);
	build_ext(out, OID_CE_CERTIFICATE_POLICIES, false, mark);
}

static struct view make_subject(
	struct der_out *out, const struct build_ldevid *what)
{
	build_rdn(out, OID_AT_SERIAL_NUMBER,
		is_printable(what->serial) ? TAG_PRINTABLE : DER_UTF8_STRING,
		what->serial);
	build_rdn(out, OID_AT_ORGANIZATION, DER_UTF8_STRING, what->org);
	der_out_wrap(out, DER_SEQUENCE, 0);
	return der_out_view(out);
}

enum devid_err build_ldevid(struct build_issuer *issuer,
	const struct build_ldevid *what, struct blob *ret,
	struct devid_error *err)
{
	uint8_t buf[BUILD_TBS_MAX], name[1024];
	struct der_out out = der_out_init(buf, sizeof(buf));
	struct der_out subject = der_out_init(name, sizeof(name));
	struct build_tbs tbs = { .serial = what->cert_serial,
		.alg = issuer->alg,
		.issuer = blob_view(&issuer->name),
		.spki = what->spki,
		.not_before = what->not_before,
		.not_after = what->not_after };
	enum devid_err rc = check(what, err);

	if (rc != DEVID_OK)
		return rc;
	tbs.subject = make_subject(&subject, what);
	if (!tbs.subject.data)
		return devid_fail(
			err, DEVID_ERR_TOO_LARGE, "subject does not fit");
	der_out_bytes(&out, issuer->ext_back.data, issuer->ext_back.len);
	if (what->hw_module.len)
		put_san(&out, what->hw_module);
	if (what->resident)
		put_residency(&out);
	put_purposes(&out, what->server);
	der_out_bytes(&out, issuer->ext_front.data, issuer->ext_front.len);
	der_out_wrap(&out, DER_SEQUENCE, 0);
	der_out_wrap(&out, DER_CONTEXT(3), 0);
	build_tbs(&out, &tbs);
	return build_sign(issuer->signer, &out, ret, err);
}

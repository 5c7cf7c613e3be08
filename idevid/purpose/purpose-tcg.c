/* SPDX-License-Identifier: Apache-2.0 */
#include "purpose-tcg.h"

#include <string.h>

#include "fail.h"
#include "tcg-csr.h"
#include "tpm-public.h"

/* TCG DevID 13.1: structVer of TCG-CSR-IDEVID-CONTENT. */
bool purpose_tcg_is(struct view in)
{
	static const uint8_t version[] = { 0x00, 0x00, 0x01, 0x00 };

	return in.len >= sizeof(version) &&
	       memcmp(in.data, version, sizeof(version)) == 0;
}

/*
 * With a hash of 32 or 48 bytes the 64 bytes that are free in a TLS 1.2 key
 * exchange end in the sizes, at one whose high half is zero: there is neither
 * a named curve (RFC 8422 5.4) nor a prime (RFC 5246 7.4.3, dh_p<1..2^16-1>).
 * A longer hash would leave that place to whoever makes the request.
 */
static enum devid_err check_tcg_hash(
	const struct tcg_csr *csr, struct devid_error *err)
{
	if (csr->hash_alg != HASH_SHA256 && csr->hash_alg != HASH_SHA384)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"TCG-CSR: hashAlgoId: 0x%08x is neither SHA-256 nor "
			"SHA-384",
			csr->hash_alg);
	return tcg_csr_check_hash(csr, err);
}

enum devid_err purpose_tcg_check(
	struct view in, struct view spki, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct key_blob own = { 0 };
	struct tpm_public pub;
	struct tcg_csr csr;
	enum devid_err rc;

	rc = tcg_csr_parse_contents(in, &csr, &cause);
	if (rc == DEVID_OK)
		rc = check_tcg_hash(&csr, &cause);
	if (rc == DEVID_OK)
		rc = tpm_public_parse(
			csr.field[TCG_CSR_SIGNING_PUB], &pub, &cause);
	if (rc == DEVID_OK)
		rc = tpm_public_spki(&pub.area, &own, &cause);
	if (rc != DEVID_OK)
		return fail_with(err, DEVID_ERR_PURPOSE, &cause);
	if (!view_equal((struct view) { own.data, own.len }, spki))
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"TCG-CSR: signingPub: another key (TCG DevID 13.1)");
	return DEVID_OK;
}

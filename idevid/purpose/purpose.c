/* SPDX-License-Identifier: Apache-2.0 */
#include "purpose.h"

#include <string.h>

#include "purpose-csr.h"
#include "purpose-tcg.h"
#include "purpose-tls12.h"
#include "purpose-tls13.h"
#include "wire.h"

/* TPM 2.0 part 2, 6.2: what a TPM itself states begins with this. */
static bool is_tpm_statement(struct view in)
{
	static const uint8_t magic[] = { 0xff, 'T', 'C', 'G' };

	return in.len >= sizeof(magic) &&
	       memcmp(in.data, magic, sizeof(magic)) == 0;
}

enum devid_err purpose_check(struct view in, struct view spki,
	struct purpose_verdict *ret_verdict, struct devid_error *err)
{
	struct purpose_verdict v = { PURPOSE_TLS_CLIENT, 0x0303 };
	enum devid_err rc = DEVID_OK;
	const char *other;
	bool server = false;

	if (in.len > WIRE_DATA_MAX)
		return devid_fail(err, DEVID_ERR_PURPOSE, "more than %d bytes",
			WIRE_DATA_MAX);
	if (is_tpm_statement(in))
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"begins like a statement of the TPM");
	if (purpose_tls13_is(in)) {
		rc = purpose_tls13_check(in, &server, err);
		v.purpose = server ? PURPOSE_TLS_SERVER : PURPOSE_TLS_CLIENT;
		v.tls_version = 0x0304;
	} else if (der_is_ber_object(in)) {
		/* This and the next one before that whose first 64 bytes are
		 * free. BER, since there are readers that take it. */
		rc = purpose_csr_check(in, spki, err);
		v = (struct purpose_verdict) { PURPOSE_CSR, 0 };
	} else if (purpose_tcg_is(in)) {
		rc = purpose_tcg_check(in, spki, err);
		v = (struct purpose_verdict) { PURPOSE_CSR, 0 };
	} else if (purpose_tls12_is_key_exchange(in)) {
		v.purpose = PURPOSE_TLS_SERVER;
	} else if (purpose_tls12_is_other_exchange(in, &other)) {
		rc = devid_fail(err, DEVID_ERR_PURPOSE,
			"reads as a key exchange %s", other);
	} else if (purpose_tls12_is_transcript(in)) {
		rc = purpose_tls12_check_transcript(in, spki, err);
	} else {
		rc = devid_fail(err, DEVID_ERR_PURPOSE,
			"neither a TLS handshake nor a certification request");
	}
	if (rc == DEVID_OK)
		*ret_verdict = v;
	return rc;
}

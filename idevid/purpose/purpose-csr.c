/* SPDX-License-Identifier: Apache-2.0 */
#include "purpose-csr.h"

/* CertificationRequestInfo, RFC 2986 4.1. */
enum devid_err purpose_csr_check(
	struct view in, struct view spki, struct devid_error *err)
{
	struct view info, content, whole;
	uint8_t tag;

	if (!der_take_tag(&in, DER_SEQUENCE, &info) || in.len != 0)
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"not a certification request (RFC 2986 4.1)");
	if (!der_take_tag(&info, DER_INTEGER, &content) || content.len != 1 ||
		content.data[0] != 0 ||
		!der_take_tag(&info, DER_SEQUENCE, &content) ||
		!der_take(&info, &tag, &content, &whole) || tag != DER_SEQUENCE)
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"an ASN.1 object other than a certification request "
			"(RFC 2986 4.1)");
	if (!view_equal(whole, spki))
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"certification request for another key "
			"(RFC 2986 4.1)");
	if (!der_take_tag(&info, DER_CONTEXT(0), &content) || info.len != 0)
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"certification request without its attributes "
			"(RFC 2986 4.1)");
	return DEVID_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP requests, as anybody can send them.
 * covers: RFC6960-ocsp */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "der.h"
#include "publish.h"
#include "ocsp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int is_inside(struct view in, struct view part)
{
	return part.data >= in.data && part.len <= in.len &&
	       part.data <= in.data + (in.len - part.len);
}

/* What an answer is made of lies in the request and is of its form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct view in = { data, len };
	struct ocsp_request req;

	if (ocsp_parse(in, &req, NULL) != DEVID_OK)
		return 0;
	if (len > OCSP_REQUEST_MAX || !der_is_object(data, len) ||
		!der_is_object(req.cert_id.data, req.cert_id.len) ||
		!is_inside(in, req.cert_id) ||
		!is_inside(req.cert_id, req.serial) || req.serial.len == 0)
		abort();
	if (req.issuer_hash_len != 20 && req.issuer_hash_len != 32)
		abort();
	if (req.nonce.data &&
		(req.nonce.len == 0 || req.nonce.len > OCSP_NONCE_MAX ||
			!is_inside(in, req.nonce)))
		abort();
	return 0;
}

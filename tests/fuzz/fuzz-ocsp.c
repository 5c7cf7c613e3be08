/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP requests, as anybody can send them. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "der.h"
#include "publish.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int is_inside(
	const uint8_t *data, size_t len, const uint8_t *part, size_t part_len)
{
	return part >= data && part_len <= len &&
	       part <= data + (len - part_len);
}

/* What an answer is made of lies in the request and is of its form. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct ocsp_request req;

	if (ocsp_parse(data, len, &req, NULL) != DEVID_OK)
		return 0;
	if (len > OCSP_REQUEST_MAX || !der_is_object(data, len) ||
		!der_is_object(req.cert_id, req.cert_id_len) ||
		!is_inside(data, len, req.cert_id, req.cert_id_len) ||
		!is_inside(req.cert_id, req.cert_id_len, req.serial,
			req.serial_len) ||
		req.serial_len == 0)
		abort();
	if (req.issuer_hash_len != 20 && req.issuer_hash_len != 32)
		abort();
	if (req.nonce &&
		(req.nonce_len == 0 || req.nonce_len > OCSP_NONCE_MAX ||
			!is_inside(data, len, req.nonce, req.nonce_len)))
		abort();
	return 0;
}

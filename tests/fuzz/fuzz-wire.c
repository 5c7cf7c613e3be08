/* SPDX-License-Identifier: Apache-2.0 */
/* The key socket's messages: the first byte says which, the rest is one. What
 * is understood is written again and must come out the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t buf[WIRE_REQUEST_MAX + WIRE_ANSWER_MAX];

static void check_same(const uint8_t *data, size_t len, size_t out_len)
{
	if (out_len != len || memcmp(buf, data, len) != 0)
		abort();
}

static void request(const uint8_t *data, size_t len)
{
	struct wire_request req;
	size_t out_len = 0;

	if (wire_decode_request(data, len, &req, NULL) != DEVID_OK)
		return;
	if (strlen(req.name) > KEY_NAME_MAX || req.data_len > len ||
		wire_encode_request(&req, buf, sizeof(buf), &out_len, NULL) !=
			DEVID_OK)
		abort();
	check_same(data, len, out_len);
}

static void answer(const uint8_t *data, size_t len)
{
	struct wire_answer ans;
	size_t out_len = 0;

	if (wire_decode_answer(data, len, &ans, NULL) != DEVID_OK)
		return;
	if (wire_encode_answer(&ans, buf, sizeof(buf), &out_len, NULL) !=
		DEVID_OK)
		return; /* longer than this program's buffer */
	check_same(data, len, out_len);
}

/* Flags may be any byte but 0 for "yes", so only a second round is equal. */
static void status(const uint8_t *data, size_t len)
{
	static struct wire_status first, second;
	size_t out_len = 0;

	if (wire_decode_status(data, len, &first, NULL) != DEVID_OK)
		return;
	if (first.n_keys > N_KEY_ROLES ||
		memchr(first.module_text, 0, sizeof(first.module_text)) ==
			NULL ||
		wire_encode_status(&first, buf, sizeof(buf), &out_len, NULL) !=
			DEVID_OK ||
		wire_decode_status(buf, out_len, &second, NULL) != DEVID_OK ||
		second.n_keys != first.n_keys)
		abort();
}

static void attest(const uint8_t *data, size_t len)
{
	static struct keystore_attest said;
	size_t out_len = 0;

	if (wire_decode_attest(data, len, &said, NULL) != DEVID_OK)
		return;
	if (wire_encode_attest(&said, buf, sizeof(buf), &out_len, NULL) !=
		DEVID_OK)
		abort();
	check_same(data, len, out_len);
}

static void credential(const uint8_t *data, size_t len)
{
	struct keystore_credential what;
	size_t out_len = 0;

	if (wire_decode_credential(data, len, &what, NULL) != DEVID_OK)
		return;
	if (wire_encode_credential(&what, buf, sizeof(buf), &out_len, NULL) !=
			DEVID_OK ||
		out_len > WIRE_CREDENTIAL_MAX)
		abort();
	check_same(data, len, out_len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len < 1)
		return 0;
	switch (data[0] % 5) {
	case 0:
		request(data + 1, len - 1);
		break;
	case 1:
		answer(data + 1, len - 1);
		break;
	case 2:
		status(data + 1, len - 1);
		break;
	case 3:
		attest(data + 1, len - 1);
		break;
	default:
		credential(data + 1, len - 1);
		break;
	}
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The key socket's messages: the first byte says which, the rest is one. What
 * is understood is written again and must come out the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static uint8_t buf[WIRE_REQUEST_MAX + WIRE_ANSWER_MAX];

static void check_same(struct view in, const struct room *out)
{
	if (out->len != in.len || memcmp(out->data, in.data, in.len) != 0)
		abort();
}

static void request(struct view in)
{
	struct wire_request req;
	struct room out = { buf, sizeof(buf), 0 };

	if (wire_decode_request(in, &req, NULL) != DEVID_OK)
		return;
	if (strlen(req.name) > KEY_NAME_MAX || req.data_len > in.len ||
		wire_encode_request(&req, &out, NULL) != DEVID_OK)
		abort();
	check_same(in, &out);
}

static void answer(struct view in)
{
	struct wire_answer ans;
	struct room out = { buf, sizeof(buf), 0 };

	if (wire_decode_answer(in, &ans, NULL) != DEVID_OK)
		return;
	if (wire_encode_answer(&ans, &out, NULL) != DEVID_OK)
		return; /* longer than this program's buffer */
	check_same(in, &out);
}

/* Flags may be any byte but 0 for "yes", so only a second round is equal. */
static void status(struct view in)
{
	static struct wire_status first, second;
	struct room out = { buf, sizeof(buf), 0 };

	if (wire_decode_status(in, &first, NULL) != DEVID_OK)
		return;
	if (first.n_keys > N_KEYS ||
		memchr(first.module_text, 0, sizeof(first.module_text)) ==
			NULL ||
		wire_encode_status(&first, &out, NULL) != DEVID_OK ||
		wire_decode_status((struct view) { out.data, out.len }, &second,
			NULL) != DEVID_OK ||
		second.n_keys != first.n_keys)
		abort();
}

static void attest(struct view in)
{
	static struct wire_attest said;
	struct room out = { buf, sizeof(buf), 0 };

	if (wire_decode_attest(in, &said, NULL) != DEVID_OK)
		return;
	if (wire_encode_attest(&said, &out, NULL) != DEVID_OK)
		abort();
	check_same(in, &out);
}

static void credential(struct view in)
{
	struct wire_credential what;
	struct room out = { buf, sizeof(buf), 0 };

	if (wire_decode_credential(in, &what, NULL) != DEVID_OK)
		return;
	if (wire_encode_credential(&what, &out, NULL) != DEVID_OK ||
		out.len > WIRE_CREDENTIAL_MAX)
		abort();
	check_same(in, &out);
}

static void certify(struct view in)
{
	static struct wire_certify said;
	struct room out = { buf, sizeof(buf), 0 };

	if (wire_decode_certify(in, &said, NULL) != DEVID_OK)
		return;
	if (wire_encode_certify(&said, &out, NULL) != DEVID_OK)
		abort();
	check_same(in, &out);
}

static void import(struct view in)
{
	struct wire_import what;
	struct room out = { buf, sizeof(buf), 0 };

	if (wire_decode_import(in, &what, NULL) != DEVID_OK)
		return;
	if (what.pkcs8.len == 0 ||
		what.pkcs8.len + what.chain.len + 2 != in.len)
		abort();
	if (wire_encode_import(&what, &out, NULL) != DEVID_OK)
		return; /* longer than this program's buffer */
	check_same(in, &out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct view in;

	if (len < 1)
		return 0;
	in = (struct view) { data + 1, len - 1 };
	switch (data[0] % 7) {
	case 0:
		request(in);
		break;
	case 5:
		import(in);
		break;
	case 6:
		certify(in);
		break;
	case 1:
		answer(in);
		break;
	case 2:
		status(in);
		break;
	case 3:
		attest(in);
		break;
	default:
		credential(in);
		break;
	}
	return 0;
}

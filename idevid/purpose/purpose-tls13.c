/* SPDX-License-Identifier: Apache-2.0 */
#include "purpose-tls13.h"

#include <string.h>

#define TLS13_PAD_LEN 64 /* RFC 8446 4.4.3 */

bool purpose_tls13_is(struct view in)
{
	size_t i = 0;

	while (i < in.len && i < TLS13_PAD_LEN && in.data[i] == ' ')
		i++;
	return i == TLS13_PAD_LEN;
}

/* RFC 8446 4.4.3. */
enum devid_err purpose_tls13_check(
	struct view in, bool *ret_server, struct devid_error *err)
{
	static const char client[] = "TLS 1.3, client CertificateVerify";
	static const char server[] = "TLS 1.3, server CertificateVerify";
	const uint8_t *context = in.data + TLS13_PAD_LEN;
	size_t hash_len;

	_Static_assert(sizeof(client) == sizeof(server), "one length");
	/* sizeof counts the zero byte, which is the separator. */
	if (in.len < TLS13_PAD_LEN + sizeof(client))
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"64 spaces without a TLS 1.3 context (RFC 8446 4.4.3)");
	hash_len = in.len - TLS13_PAD_LEN - sizeof(client);
	if (hash_len != 32 && hash_len != 48)
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"transcript hash of %zu bytes, not 32 or 48 "
			"(RFC 8446 4.4.3)",
			hash_len);
	if (memcmp(context, client, sizeof(client)) == 0)
		*ret_server = false;
	else if (memcmp(context, server, sizeof(server)) == 0)
		*ret_server = true;
	else
		return devid_fail(err, DEVID_ERR_PURPOSE,
			"unknown TLS 1.3 signature context (RFC 8446 4.4.3)");
	return DEVID_OK;
}

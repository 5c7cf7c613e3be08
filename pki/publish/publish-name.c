/* SPDX-License-Identifier: Apache-2.0 */
#include "publish-name.h"

#include <stdio.h>

#include "hex.h"

void publish_name(
	const struct ca *ca, const char *what, char ret[PUBLISH_NAME_MAX])
{
	char hash[2 * 16 + 1]; /* enough to tell CAs apart */

	hex_encode(ca->issuer_hash, 16, hash);
	(void)snprintf(ret, PUBLISH_NAME_MAX, "%s/%s", hash, what);
}

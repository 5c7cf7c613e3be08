/* SPDX-License-Identifier: Apache-2.0 */
#include "publish-name.h"

#include <stdio.h>

void publish_name(
	const struct ca *ca, const char *what, char ret[PUBLISH_NAME_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < 16; i++) /* enough to tell CAs apart */
		n += (size_t)sprintf(ret + n, "%02x", ca->issuer_hash[i]);
	(void)snprintf(ret + n, PUBLISH_NAME_MAX - n, "/%s", what);
}

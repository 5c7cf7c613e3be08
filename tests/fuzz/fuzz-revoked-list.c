/* SPDX-License-Identifier: Apache-2.0 */
/* The list of revoked issuing CAs that a root's custodian keeps. */
#include <stdlib.h>

#include "revoked-list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct build_revoked *list = NULL;
	size_t n = 0;

	if (revoked_list_parse((const char *)data, size, &list, &n, NULL) !=
		DEVID_OK)
		return 0;
	for (size_t i = 0; i < n; i++) {
		if (list[i].serial_len < 1 || list[i].serial_len > SERIAL_LEN ||
			list[i].serial[0] == 0)
			abort();
	}
	free(list);
	return 0;
}

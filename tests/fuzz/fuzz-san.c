/* SPDX-License-Identifier: Apache-2.0 */
/* The subjectAltName extension's value. Seeds: make-profile-seeds.c. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "san.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What strict mode takes, tolerant mode takes in the same way. */
static void parse_hw_module(struct view value)
{
	struct san_hw_module strict, tolerant;

	if (san_parse_hw_module(value, SAN_STRICT, &strict, NULL) != DEVID_OK) {
		if (san_parse_hw_module(value, SAN_TOLERANT, &tolerant, NULL) ==
				DEVID_OK &&
			!tolerant.tolerated)
			abort();
		return;
	}
	if (san_parse_hw_module(value, SAN_TOLERANT, &tolerant, NULL) !=
			DEVID_OK ||
		tolerant.tolerated || strict.serial_len == 0 ||
		strict.serial_len != tolerant.serial_len ||
		memcmp(strict.serial, tolerant.serial, strict.serial_len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct view san = { data, len };
	struct san_parts parts;
	struct san_perm_id perm_id;

	if (san_split(san, &parts, NULL) != DEVID_OK) {
		parse_hw_module(san);
		(void)!san_parse_perm_id(san, &perm_id, NULL);
		return 0;
	}
	if (parts.n_names == 0 || parts.n_names > SAN_NAMES_MAX)
		abort();
	if (parts.hw_module.data)
		parse_hw_module(parts.hw_module);
	if (parts.perm_id.data &&
		san_parse_perm_id(parts.perm_id, &perm_id, NULL) == DEVID_OK &&
		strlen(perm_id.value) > SAN_PERM_ID_MAX)
		abort();
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a CA, or who poses as one, answers when it refuses: the first two bytes
 * are the HTTP status, the rest is the body. Whatever that says, the station
 * has one line of text with an error code.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "station-http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct devid_error err = { DEVID_OK, "" };
	long status = 500;
	uint8_t *body;

	if (len >= 2) {
		status = (long)data[0] << 8 | data[1];
		data += 2;
		len -= 2;
	}
	body = malloc(len ? len : 1); /* exact, for the sanitizer */
	if (!body)
		abort();
	memcpy(body, data, len);
	if (station_http_error("issue", status, (struct view) { body, len },
		    &err) == DEVID_OK ||
		err.code == DEVID_OK ||
		strncmp(devid_error_text(&err), "issue: ", 7) != 0)
		abort();
	for (const char *p = err.text; *p; p++) {
		if ((uint8_t)*p < 0x20 || *p == 0x7f)
			abort();
	}
	free(body);
	return 0;
}

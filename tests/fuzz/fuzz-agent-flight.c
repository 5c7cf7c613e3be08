/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that wpa_supplicant sent, each behind a byte with its length. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flight.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct flight f;

	flight_begin(&f);
	while (size > 0) {
		size_t len = data[0] % (FLIGHT_FRAME_MAX + 1);
		uint8_t *frame;

		len = len < size ? len : size - 1;
		/* a block of its exact size, so that a byte too far is
		 * noticed */
		frame = malloc(len ? len : 1);
		if (!frame)
			return 0;
		memcpy(frame, data + 1, len);
		flight_note(&f, frame, len);
		free(frame);
		if (f.stage >= FLIGHT_N_STAGES || f.last < -1 || f.last > 255)
			abort();
		data += 1 + len;
		size -= 1 + len;
	}
	return 0;
}

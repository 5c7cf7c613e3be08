/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a connection brings, at once and byte by byte: the same requests, the
 * same fault, and a fault has a status and a reason.
 * covers: RFC9112-heads
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "head.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct http_head whole, slow;
	const char *why = NULL;
	int status;

	http_head_init(&whole);
	http_head_init(&slow);
	http_head_feed(&whole, data, len);
	for (size_t i = 0; i < len; i++)
		http_head_feed(&slow, data + i, 1);
	if (whole.n_seen != slow.n_seen || whole.status != slow.status ||
		whole.why != slow.why)
		abort();
	for (unsigned i = 0; i < whole.n_seen; i++) {
		if (http_head_next(&whole, &why) != 0)
			abort();
	}
	status = http_head_next(&whole, &why);
	if ((status != 400 && status != 411 && status != 501 &&
		    status != 505) ||
		!why)
		abort();
	return 0;
}

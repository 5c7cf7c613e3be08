/* SPDX-License-Identifier: Apache-2.0 */
/* The ticket of a challenge: what is read is written back the same. */
#include <assert.h>
#include <string.h>

#include "ca-ticket.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t again[CA_TICKET_MAX];
	struct ca_ticket ticket;
	size_t len;

	if (size > CA_TICKET_MAX ||
		ca_ticket_parse(data, size, &ticket, NULL) != DEVID_OK)
		return 0;
	/* Texts end at their first zero byte; without one nothing is lost. */
	if (ca_ticket_encode(&ticket, again, &len, NULL) == DEVID_OK &&
		len == size)
		assert(memcmp(again, data, len) == 0);
	return 0;
}

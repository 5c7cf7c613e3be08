/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYD_REQUESTS_H
#define DEVID_KEYD_REQUESTS_H

/*
 * The request table of devid-keyd: which operations there are, who may ask
 * them, and what is done. A record comes in, a record goes out.
 */

#include "keyd-policy.h"
#include "module.h"
#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct requests {
	struct module *module;	     /* borrowed */
	const struct policy *policy; /* borrowed */
	unsigned limit; /* seconds for any request; 0: each has its own */
	uint32_t signatures;
	uint32_t refused;
};

/*
 * Answers the record @in from @peer into @out of WIRE_ANSWER_MAX bytes; one
 * line is logged for each signature, refusal and change. Returns false when
 * the record is not of the protocol: the connection is to be closed after
 * the answer.
 */
bool requests_answer(struct requests *r, const struct peer *peer,
	const uint8_t *in, size_t in_len, uint8_t *out, size_t *ret_len);

#endif

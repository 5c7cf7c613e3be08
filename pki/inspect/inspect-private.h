/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_INSPECT_PRIVATE_H
#define DEVID_INSPECT_PRIVATE_H

/* Between the parts of inspect.h. */

#include "inspect.h"
#include <devid/profile.h>
#include "tcg-csr.h"

#include <openssl/x509.h>

/* Certificates of one file: one more than a chain may have, to refuse it. */
#define INSPECT_CERTS_MAX (DEVID_CHAIN_MAX + 1)

struct inspect_run {
	const struct inspect_options *options; /* borrowed */
	const char *kind;                      /* static */
	json_t *subject, *rules;               /* owned */
	bool refused;
	bool failed; /* memory was out: there is no report */
};

#endif

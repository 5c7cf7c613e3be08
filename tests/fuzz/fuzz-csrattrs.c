/* SPDX-License-Identifier: Apache-2.0 */
/* CSR attributes, DER. */
#include <stdint.h>
#include <stdlib.h>

#include "csrattrs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* What was read can be written, and says the same then. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct csrattrs in, out;
	struct blob der = { NULL, 0 };

	if (csrattrs_read((struct view) { data, len }, &in, NULL) != DEVID_OK)
		return 0;
	if (in.n_ext > CSRATTRS_EXT_MAX || in.n_names > CSRATTRS_NAME_MAX ||
		(in.other_key && in.key != KEY_ALG_NONE))
		abort();
	/* twice the length and the placeholder may be too much */
	if (csrattrs_write(&in, &der, NULL) != DEVID_OK) {
		if (len < CSRATTRS_MAX / 4)
			abort();
		return 0;
	}
	if (csrattrs_read(blob_view(&der), &out, NULL) != DEVID_OK ||
		out.key != in.key || out.attestation != in.attestation ||
		out.n_ext != in.n_ext || out.n_names != in.n_names)
		abort();
	blob_done(&der);
	return 0;
}

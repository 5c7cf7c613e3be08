/* SPDX-License-Identifier: Apache-2.0 */
/* A body of EST: Base64 text, or the message that is in it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "blob.h"
#include "est-body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_message(struct view cms)
{
	STACK_OF(X509) *certs = NULL;

	if (est_certs_read(cms, &certs, NULL) != DEVID_OK)
		return;
	if (sk_X509_num(certs) < 1 || sk_X509_num(certs) > EST_CERTS_MAX)
		abort();
	sk_X509_pop_free(certs, X509_free);
}

/* What was read is written and read back the same. */
static void again(struct view data)
{
	struct blob text = { NULL, 0 }, out = { NULL, 0 };

	if (est_base64_write(data, &text, NULL) != DEVID_OK ||
		est_base64_read(blob_view(&text), &out, NULL) != DEVID_OK ||
		!view_equal(blob_view(&out), data))
		abort();
	blob_done(&text);
	blob_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct view in = { data, len };
	struct blob out = { NULL, 0 };

	if (est_base64_read(in, &out, NULL) == DEVID_OK) {
		again(blob_view(&out));
		read_message(blob_view(&out));
		blob_done(&out);
	} else {
		read_message(in);
	}
	return 0;
}

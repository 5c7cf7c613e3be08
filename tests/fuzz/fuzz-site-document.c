/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of an enrolment: the onboarding document, a nonce, and what a run of
 * devid-enroll came to. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "enroll-result.h"
#include "est-ops.h"
#include "site-document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void read_document(struct view json)
{
	struct site_document *doc = NULL;
	struct blob anchors = { NULL, 0 };

	if (site_document_parse(json, &doc, NULL) != DEVID_OK)
		return;
	if (doc->n_anchors < 1 || doc->n_names < 1 ||
		(doc->lowest && !site_version_ok(doc->lowest)) ||
		site_document_anchors(doc, &anchors, NULL) != DEVID_OK)
		abort();
	for (size_t i = 0; i < doc->n_values; i++) {
		if (strpbrk(doc->values[i].text, "\n\r\t\x1b\x7f"))
			abort();
	}
	blob_done(&anchors);
	site_document_free(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct enroll_result result;
	struct est_nonce nonce = { .len = 0 };

	read_document((struct view) { data, len });
	if (est_nonce_parse((struct view) { data, len }, &nonce, NULL) ==
			DEVID_OK &&
		(nonce.len < WIRE_NONCE_MIN || nonce.len > WIRE_NONCE_MAX))
		abort();
	if (enroll_result_parse((const char *)data, len, &result, NULL) ==
			DEVID_OK &&
		(strpbrk(result.reason, "\n\r\t\x1b\x7f") ||
			result.retry_after > ENROLL_RETRY_MAX_SECONDS))
		abort();
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard-site.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "cleanup.h"
#include "files.h"

static bool refuse(char class[ONBOARD_CLASS_MAX], char cause[ONBOARD_CAUSE_MAX],
	const char *name, const char *why)
{
	(void)snprintf(class, ONBOARD_CLASS_MAX, "%s", name);
	(void)snprintf(cause, ONBOARD_CAUSE_MAX, "%s", why);
	return false;
}

/* True: this device may not have it, as @cause says. */
static bool too_low(const struct site_document *document, const char *firmware,
	char cause[ONBOARD_CAUSE_MAX])
{
	if (!document->lowest)
		return false;
	if (firmware && site_version_compare(firmware, document->lowest) >= 0)
		return false;
	(void)snprintf(cause, ONBOARD_CAUSE_MAX,
		"the site asks for firmware %s at least, this is %s",
		document->lowest,
		firmware ? firmware : "not known: firmware_version is not set");
	return true;
}

bool onboard_site_take(const char *staging, const char *dir,
	const char *firmware, char class[ONBOARD_CLASS_MAX],
	char cause[ONBOARD_CAUSE_MAX])
{
	CLEANUP(cleanup_site_document) struct site_document *document = NULL;
	CLEANUP(blob_done) struct blob text = { NULL, 0 };
	struct devid_error err = { DEVID_OK, "" };
	char path[PATH_MAX], low[ONBOARD_CAUSE_MAX];
	enum devid_err rc;

	(void)snprintf(
		path, sizeof(path), "%s/%s", staging, ONBOARD_STAGED_NAME);
	rc = files_read_foreign(path, SITE_DOCUMENT_MAX, &text, &err);
	if (rc == DEVID_OK)
		rc = site_document_parse(blob_view(&text), &document, &err);
	if (rc != DEVID_OK)
		return refuse(class, cause, "DOCUMENT", devid_error_text(&err));
	if (too_low(document, firmware, low))
		return refuse(class, cause, "FIRMWARE_TOO_LOW", low);
	(void)snprintf(
		path, sizeof(path), "%s/%s", dir, ONBOARD_CANDIDATE_NAME);
	rc = files_write_atomic(path, text.data, text.len, 0644, &err);
	if (rc != DEVID_OK)
		return refuse(class, cause, "LOCAL", devid_error_text(&err));
	return true;
}

enum devid_err onboard_site_load(const char *dir, const char *name,
	struct site_document **ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	char path[PATH_MAX];
	enum devid_err rc;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	rc = files_read(path, SITE_DOCUMENT_MAX, &text, &len, err);
	return rc == DEVID_OK ? site_document_parse(
					(struct view) { text, len }, ret, err)
			      : rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ONBOARD_SITE_H
#define DEVID_ONBOARD_SITE_H

/*
 * The site's onboarding document on this device: taken from what devid-enroll
 * fetched, and read again for what is insisted on. Its form is that of
 * site-document.h.
 */

#include <devid/error.h>
#include "onboard-store.h"
#include "site-document.h"

#include <stdbool.h>

#define ONBOARD_STAGED_NAME "site.json" /* in the staging folder */

/*
 * Checks the document in @staging, which is of any owner, and keeps it as
 * <@dir>/ONBOARD_CANDIDATE_NAME, on disk before it returns. @firmware: the
 * version that this device has, or NULL where it is not known; then a document
 * that asks for one is refused. False: class and cause say why.
 */
bool onboard_site_take(const char *staging, const char *dir,
	const char *firmware, char class[ONBOARD_CLASS_MAX],
	char cause[ONBOARD_CAUSE_MAX]);

/* Reads <@dir>/@name. *@ret is the caller's. Errors: NOT_FOUND, those of
 * files_read() and site_document_parse(). */
DEVID_MUST_CHECK enum devid_err onboard_site_load(const char *dir,
	const char *name, struct site_document **ret, struct devid_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SITE_DOCUMENT_H
#define DEVID_SITE_DOCUMENT_H

/*
 * A site's onboarding document: what a device has to know before it is let into
 * production. JSON (RFC 8259):
 *
 *   { "version": 1, "site": "NAME",
 *     "radius": { "anchors": ["PEM", ...], "names": ["radius.example", ...] },
 *     "firmware": { "lowest": "1.2.0" },
 *     "values": { "key": "text", ... } }
 *
 * firmware and values may be missing; members that are not known are passed
 * over. The registrar checks it with this when it is put in, the device when it
 * is fetched.
 */

#include <devid/error.h>

#include "blob.h"
#include "cleanup.h"
#include "view.h"

#include <stdbool.h>
#include <stddef.h>

/* Limits of ours. */
#define SITE_DOCUMENT_MAX       65536 /* bytes */
#define SITE_NAME_MAX           64    /* characters of the site's name */
#define SITE_ANCHORS_MAX        8
#define SITE_NAMES_MAX          8
#define SITE_HOST_MAX           127 /* bytes of a server's name */
#define SITE_VALUES_MAX         64
#define SITE_KEY_MAX            32   /* characters: [a-z][a-z0-9_]* */
#define SITE_VALUE_MAX          1024 /* bytes of UTF-8 */
#define SITE_VERSION_MAX        63   /* characters */
#define SITE_VERSION_PARTS_MAX  8
#define SITE_VERSION_DIGITS_MAX 9 /* of one number */

struct site_value {
	char *key;  /* owned */
	char *text; /* owned, UTF-8 without control characters; may be "" */
};

struct site_document {
	char *site; /* owned, printable ASCII */
	size_t n_anchors;
	char *anchors[SITE_ANCHORS_MAX]; /* owned: PEM of one certificate each,
					    written anew */
	size_t n_names;
	char *names[SITE_NAMES_MAX]; /* owned: host name or "*.domain" */
	char *lowest; /* owned: the firmware's lowest version; NULL: any */
	size_t n_values;
	struct site_value values[SITE_VALUES_MAX]; /* in the document's order */
};

/* Reads such a document; *@ret is the caller's. The message names the member.
 * Errors: SYNTAX, TOO_LARGE, UNSUPPORTED (another version), NOMEM. */
DEVID_MUST_CHECK enum devid_err site_document_parse(
	struct view json, struct site_document **ret, struct devid_error *err);

void site_document_free(struct site_document *document);

CLEANUP_DEFINE(site_document, struct site_document *, site_document_free)

/* The anchors, one behind the other; *@ret is the caller's, NUL behind its
 * length. Errors: NOMEM. */
DEVID_MUST_CHECK enum devid_err site_document_anchors(
	const struct site_document *document, struct blob *ret,
	struct devid_error *err);

/* Whether @text is numbers between dots, within the limits above. */
bool site_version_ok(const char *text);

/* Number by number; what is not there is 0, so that 1.2 is 1.2.0. Both are OK
 * by site_version_ok(). Negative: @a is lower; 0: the same; else positive. */
int site_version_compare(const char *a, const char *b);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EXPORT_H
#define DEVID_EXPORT_H

/*
 * The register for other programs, written as it is read: the memory used
 * does not grow with the number of devices.
 *
 * EXPORT_SITE: rows of a site's list (pki/registrar/site.sql), one a line in
 * JSON, as `devid-pki allow-list` writes them and `devid-registrar list import`
 * reads them: issuer, SHA-256 in hexadecimal of the issuer's name in OpenSSL's
 * one-line form; certificate, the IDevID's serial number; kind; unit; model;
 * state, listed or revoked. Revoked ones are in it whichever devices are asked
 * for, so that a server can refuse them; of a device that was not asked for,
 * with unit and model empty.
 *
 * EXPORT_CSV: RFC 4180 with a header line, one record for each certificate,
 * revoked ones too. A field that a spreadsheet would take for a formula (it
 * begins with = + - @, tab or carriage return) has ' put before it; who wants
 * the exact value takes JSON.
 *
 * EXPORT_JSON: one device a line, as device_json() has it.
 */

#include <devid/error.h>
#include "register.h"

#include <stdbool.h>
#include <stdio.h>

enum export_format {
	EXPORT_SITE,
	EXPORT_CSV,
	EXPORT_JSON,
};

/* Serial numbers of devices, one a line. */
struct export_only;

/* What the register has of one of them. */
enum export_found {
	EXPORT_ABSENT,
	EXPORT_NOT_LIVE, /* replaced */
	EXPORT_REVOKED,
	EXPORT_LIVE,
};

/* Splits @text (changed, and borrowed until export_only_free()); empty lines
 * are passed over. Errors: NOMEM. */
DEVID_MUST_CHECK enum devid_err export_only_parse(
	char *text, struct export_only **ret, struct devid_error *err);
void export_only_free(struct export_only *only);

struct export_line {
	const char *serial; /* borrowed */
	size_t line;        /* of the text, from 1 */
	enum export_found found;
};

/* After export_write(): the next in the order of the text, a number that stands
 * twice once. *@at is 0 for the first; false when there are no more. */
bool export_only_next(
	const struct export_only *only, size_t *at, struct export_line *ret);

/* Writes the devices in @only (NULL: all) to @out, inside a transaction of
 * the caller's, and notes in @only what was found. Errors: IO (@out cannot be
 * written), INVALID (a serial number that is no UTF-8), those of
 * the register. */
DEVID_MUST_CHECK enum devid_err export_write(struct reg *reg,
	enum export_format format, struct export_only *only, FILE *out,
	struct devid_error *err);

#endif

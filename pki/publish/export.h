/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EXPORT_H
#define DEVID_EXPORT_H

/*
 * The register for other programs, written as it is read: the memory used
 * does not grow with the number of devices.
 *
 * EXPORT_FREERADIUS: a users file of rlm_files, as `devid-pki allow-list`
 * writes it: SHA-256 of the issuer's name in OpenSSL's one-line form, ':',
 * the IDevID's serial number, and DevID-Unit. Live devices only.
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

#include <stdio.h>

enum export_format {
	EXPORT_FREERADIUS,
	EXPORT_CSV,
	EXPORT_JSON,
};

/* Serial numbers of devices, one a line. */
struct export_only;

/* Splits @text (changed, and borrowed until export_only_free()). Errors:
 * NOMEM. */
DEVID_MUST_CHECK enum devid_err export_only_parse(
	char *text, struct export_only **ret, struct devid_error *err);
void export_only_free(struct export_only *only);

/* Writes the devices in @only (NULL: all) to @out, inside a transaction of
 * the caller's. Errors: IO (@out cannot be written), INVALID (a serial number
 * that cannot stand in the format), those of the register. */
DEVID_MUST_CHECK enum devid_err export_write(struct reg *reg,
	enum export_format format, const struct export_only *only, FILE *out,
	struct devid_error *err);

#endif

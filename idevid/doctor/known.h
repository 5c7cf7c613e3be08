/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KNOWN_H
#define DEVID_KNOWN_H

/*
 * Writes anew what was understood of a file that anybody may have written, so
 * that nothing else of it goes along: a private key pasted into a file of
 * certificates stays where it is.
 */

#include <devid/error.h>

#include <stdio.h>

#include "view.h"

/* The certificates of a PEM file (also as OpenSSL's TRUSTED CERTIFICATE), or of
 * a DER file, as PEM. Errors: SYNTAX when there is none. */
DEVID_MUST_CHECK enum devid_err known_certificates(
	const char *path, struct view pem, FILE *out, struct devid_error *err);

/* DER certificates, one behind the other. Errors: SYNTAX. */
DEVID_MUST_CHECK enum devid_err known_chain(
	struct view der, FILE *out, struct devid_error *err);

/* A key reference. Errors: SYNTAX. */
DEVID_MUST_CHECK enum devid_err known_reference(
	const char *path, struct view pem, FILE *out, struct devid_error *err);

/* The settings of devid.conf that devid.conf(5) has, with their sections.
 * Errors: of conf_parse(). */
DEVID_MUST_CHECK enum devid_err known_settings(
	const char *path, const char *text, FILE *out, struct devid_error *err);

/* Whether the three sections of devid.conf(5) have no other settings than that
 * page. Errors: INVALID, with line and name; of conf_parse(). */
DEVID_MUST_CHECK enum devid_err known_names(
	const char *path, const char *text, struct devid_error *err);

#endif

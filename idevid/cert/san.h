/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SAN_H
#define DEVID_SAN_H

/*
 * The names of a DevID certificate's subjectAltName that bind it to hardware:
 * HardwareModuleName (RFC 4108 5) and PermanentIdentifier (RFC 4043), read
 * from DER with every bound checked. Nothing is allocated. Not checked: what
 * a serial number or an assigner means, and the content of other name forms
 * beyond their tag and length.
 */

#include "der.h"
#include <devid/error.h>
#include "oid.h"

#define SAN_NAMES_MAX     32  /* names in one extension; a limit of ours */
#define SAN_HW_SERIAL_MAX 255 /* octets; TPM form needs about 150 */
#define SAN_PERM_ID_MAX   255 /* octets; TCG form needs 64 */

enum san_mode {
	SAN_STRICT,
	/* Accepts hwSerialNum with a context tag [0] in place of OCTET STRING,
	 * primitive or around it, which vendors have shipped. */
	SAN_TOLERANT,
};

/* Where the two names are; data is NULL for one that is absent. The views are
 * of the name's value, inside its [0] EXPLICIT tag. */
struct san_parts {
	struct view hw_module; /* borrowed */
	struct view perm_id;   /* borrowed */
	size_t n_names;
};

struct san_hw_module {
	char type[OID_TEXT_MAX]; /* hwType, dotted */
	bool is_tpm20;           /* hwType is 2.23.133.1.2 */
	uint8_t serial[SAN_HW_SERIAL_MAX];
	size_t serial_len; /* at least 1 */
	bool tolerated;    /* accepted by SAN_TOLERANT only */
};

struct san_perm_id {
	char value[SAN_PERM_ID_MAX + 1]; /* "" when absent */
	char assigner[OID_TEXT_MAX];     /* "" when absent */
};

/* Splits the extension value @san (GeneralNames, RFC 5280 4.2.1.6). SYNTAX
 * when it is not DER of that form or one of the two names occurs twice. */
DEVID_MUST_CHECK enum devid_err san_split(
	struct view san, struct san_parts *ret, struct devid_error *err);

/* Reads the HardwareModuleName at @value. SYNTAX, TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err san_parse_hw_module(struct view value,
	enum san_mode mode, struct san_hw_module *ret, struct devid_error *err);

/* Reads the PermanentIdentifier at @value. SYNTAX, TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err san_parse_perm_id(
	struct view value, struct san_perm_id *ret, struct devid_error *err);

#endif

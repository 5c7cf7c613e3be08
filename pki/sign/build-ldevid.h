/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_BUILD_LDEVID_H
#define DEVID_BUILD_LDEVID_H

/* LDevIDs (IEEE 802.1AR 8): what a site's CA issues to a device. */

#include "build.h"

#define BUILD_SAN_MAX 512 /* bytes of a HardwareModuleName; a limit of ours */

struct build_ldevid {
	struct view spki;           /* SubjectPublicKeyInfo, with its header */
	const uint8_t *cert_serial; /* SERIAL_LEN bytes of build_serial() */
	int64_t not_before, not_after;
	const char *org;       /* O: the site's setting */
	const char *serial;    /* serialNumber: which device it is */
	struct view hw_module; /* HardwareModuleName, DER (RFC 4108 5): which
				* device it is; empty: none */
	bool server;           /* a purpose is id-kp-serverAuth too */
	bool resident;         /* TCG: the key was seen to live in a TPM */
};

/*
 * Subject O and serialNumber; keyUsage digitalSignature; purposes
 * id-kp-clientAuth and, where asked for, id-kp-serverAuth. *@ret is the
 * caller's. Errors: INVALID (a name or time that cannot be), TOO_LARGE, those
 * of the signer.
 */
DEVID_MUST_CHECK enum devid_err build_ldevid(struct build_issuer *issuer,
	const struct build_ldevid *what, struct blob *ret,
	struct devid_error *err);

#endif

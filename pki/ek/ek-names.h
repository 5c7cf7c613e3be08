/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EK_NAMES_H
#define DEVID_EK_NAMES_H

/* What an EK certificate says about its TPM (TCG EK Credential Profile). */

#include "ek-cert.h"

/* The eight hex digits of the manufacturer; NULL when it is of another form.
 * Borrowed. */
const char *ek_vendor_digits(const struct ek_cert *cert);

/*
 * Fills manufacturer, vendor, model and version from the subjectAltName of
 * ret->view. What could be read stays also after an error. INVALID.
 */
DEVID_MUST_CHECK enum devid_err ek_read_names(
	struct ek_cert *ret, struct devid_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EK_PRIVATE_H
#define DEVID_EK_PRIVATE_H

/* Between the parts of ek-cert.h. */

#include "ek-cert.h"

/*
 * Fills manufacturer, vendor, model and version from the subjectAltName of
 * ret->view. What could be read stays also after an error. INVALID.
 */
DEVID_MUST_CHECK enum devid_err ek_read_names(
	struct ek_cert *ret, struct devid_error *err);

/* The same for the subject directory attributes. */
DEVID_MUST_CHECK enum devid_err ek_read_attributes(
	struct ek_cert *ret, struct devid_error *err);

/* Makes ret->key from ret->view. UNSUPPORTED, NOMEM. */
DEVID_MUST_CHECK enum devid_err ek_read_key(
	struct ek_cert *ret, struct devid_error *err);

/* The eight hex digits of the manufacturer; NULL when it is of another form.
 * Borrowed. */
const char *ek_vendor_digits(const struct ek_cert *cert);

/* The deviations from the profile that have a name, enum ek_quirk. */
unsigned ek_find_quirks(const struct ek_cert *cert);

/* NULL, or a critical extension that nothing here knows how to process. */
const struct cert_ext *ek_find_unknown_critical(const struct cert_view *cert);

/* Upper-case hex, NUL-terminated; "" when it does not fit into @size. */
void ek_hex(struct view in, char *buf, size_t size);

#endif

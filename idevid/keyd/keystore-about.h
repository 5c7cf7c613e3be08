/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYSTORE_ABOUT_H
#define DEVID_KEYSTORE_ABOUT_H

/* What the certificate of a module's endorsement key asserts of the module.
 * That it chains to the maker's root is the CA's to check, not a device's. */

#include "der.h"
#include "wire.h"

/*
 * Fills cc_eal, cc_plus, fips_level and fips_version of *@ret from the
 * certificate @ek, DER. What it does not say, or not in the form of the TCG's
 * EK Credential Profile (3.1.3), is 0 and ""; so is a level of Common Criteria
 * whose evaluation is not completed.
 */
void keystore_about_ek(struct view ek, struct wire_about *ret);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PUBLISH_NAME_H
#define DEVID_PUBLISH_NAME_H

/* Under which name a publication is in the register. */

#include "ca.h"

#define PUBLISH_NAME_MAX 160

/* Names of publications in the register. @what: "crl", "delta", "base",
 * "ocsp-next". */
void publish_name(
	const struct ca *ca, const char *what, char ret[PUBLISH_NAME_MAX]);

#endif

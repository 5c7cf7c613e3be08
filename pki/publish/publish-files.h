/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PUBLISH_FILES_H
#define DEVID_PUBLISH_FILES_H

/* The publish folder: plain files for any web server. */

#include "publish.h"

/* Writes certificates and the newest lists of the register to the folder,
 * those whose content differs from what is there. */
DEVID_MUST_CHECK enum devid_err publish_files(
	struct ca *ca, struct devid_error *err);

#endif

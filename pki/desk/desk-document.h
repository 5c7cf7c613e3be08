/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DESK_DOCUMENT_H
#define DEVID_DESK_DOCUMENT_H

/* `devid-registrar document`: the onboarding document of a unit, or of all
 * that have none. */

int desk_document(int argc, char **argv);

#endif

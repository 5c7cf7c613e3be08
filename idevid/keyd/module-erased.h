/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_ERASED_H
#define DEVID_MODULE_ERASED_H

/*
 * The file `erased`: when the owner's keys were last ended, in resets of the
 * module, and in which module. A count of resets says nothing of another one,
 * and begins anew when one is cleared. So the file has two digests
 * (keystore.h, keystore_seed): the owner's tells that it is this module and
 * was not cleared, the module's tells the two apart. For the module-*.c files
 * only.
 */

#include "module-state.h"

/* Writes it for an erasure that was made just now. A digest that a closed
 * hierarchy does not let be had is left out. */
DEVID_MUST_CHECK enum devid_err module_erased_note(
	struct module *m, uint32_t resets, struct devid_error *err);

/* Reads it, as far as it says something without the keystore. A file that is
 * not understood is told, and counts as none. */
void module_erased_read(struct module *m);

/* Asks the keystore whether it is that one, where there is such a file. */
void module_erased_judge(struct module *m);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_MODULE_ERASE_H
#define DEVID_MODULE_ERASE_H

/* The end of all keys of the owner, which can be proved: module-owner.h says
 * what is on the disk, keystore.h what is in the module. */

#include <devid/error.h>

#include <stdbool.h>

struct module;

/*
 * Ends them: in the keystore, then on the disk. An interruption at any point is
 * made good by the next start. Errors: those of the keystore, IO; some may be
 * gone then, and it goes on with the next start.
 */
DEVID_MUST_CHECK enum devid_err module_erase(
	struct module *m, struct devid_error *err);

/* Goes on with an erasure that was begun. What is in its way is told. For
 * module_new(), before keys are looked for. */
void module_erase_resume(struct module *m);

/* Whether one was begun and is not done: no key of the owner is to be used or
 * made until it is. */
bool module_erase_is_begun(const struct module *m);

/* Goes on with one that was begun, if there is such. Errors: those of
 * module_erase(). */
DEVID_MUST_CHECK enum devid_err module_erase_go_on(
	struct module *m, struct devid_error *err);

/* Asks the keystore for epoch and resets. */
void module_erase_refresh(struct module *m);

#endif

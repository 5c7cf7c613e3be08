/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_PROVISION_CERT_H
#define DEVID_CMD_PROVISION_CERT_H

/* `devid provision cert` and `install`: certificates into the TPM. */

#include "provision-step.h"

/*
 * A certificate can never be replaced once it is locked in the TPM, so one
 * that breaks the profile is stopped here. Says each broken rule; returns
 * whether to go on, which --force makes it.
 */
bool provision_profile_ok(
	struct provision *p, const char *key, const uint8_t *der, size_t len);

/* Says that it was installed, and what of its chain the TPM had no room for. */
void provision_tell_installed(struct provision *p, const char *name);

int provision_cert(struct provision *p, const char *path);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CMD_PROVISION_INSTALL_H
#define DEVID_CMD_PROVISION_INSTALL_H

/*
 * `devid provision install`: what a CA answered with, in any order. Each leaf
 * is found by its public key, the chain above it by its issuers.
 */

#include "provision-step.h"

int provision_install(struct provision *p, const char *path);

#endif

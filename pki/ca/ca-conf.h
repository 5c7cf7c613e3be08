/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_CONF_H
#define DEVID_CA_CONF_H

/* The configuration file of a CA, devid-ca.conf(5). */

#include "ca.h"

/* Reads @path (NULL: CA_CONF_DEFAULT). Errors: as conf_load(). */
DEVID_MUST_CHECK enum devid_err ca_conf_load(
	const char *path, struct ca_conf *ret, struct devid_error *err);
void ca_conf_done(struct ca_conf *conf);

#endif

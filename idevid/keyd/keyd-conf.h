/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYD_CONF_H
#define DEVID_KEYD_CONF_H

/* Conversions for devid-keyd's rows of devid.conf (conf.h) that are about
 * keys. In sections [key NAME] what follows the blank names the key. */

#include "conf.h"

/* A uint32_t: a handle or an NV index, "0x81020010". Of what kind it must be
 * is looked at when all are known (tpm-places.h). */
conf_fn keyd_conf_place;

/* The same for one of an array of N_KEYS, by the section's name; one that is 0
 * has no such place. */
conf_fn keyd_conf_key_place;

/* The users of a key, in a struct policy, by the section's name. */
conf_fn keyd_conf_users;

/* A struct tpm_auth: the password in a file that others cannot read, without
 * the end of its line. */
conf_fn keyd_conf_auth;

#endif

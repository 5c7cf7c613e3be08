/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEY_LIST_H
#define DEVID_KEY_LIST_H

/* The enumerations of 802.1AR 7.2, of all keys or of the one that the call
 * names. Return the exit status. */

#include "key-call.h"

int key_list_keys(struct key_call *c);
int key_list_certs(struct key_call *c);
int key_list_chains(struct key_call *c);

#endif

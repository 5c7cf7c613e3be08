/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_FIND_H
#define DEVID_CA_FIND_H

/* Who is in the register already, for both steps of ca.h. */

#include "ca.h"

/* The device that this serial number, EK or key belongs to already. */
struct ca_found {
	bool known;                    /* a live device with the same keys */
	struct register_device device; /* when known */
};

/*
 * Looks for live devices that stand in the way of @want with these keys,
 * N_MAKER_ROLES of them. EXISTS: serial number, EK or key is another live
 * device's. IO and so on: the register's.
 */
DEVID_MUST_CHECK enum devid_err ca_find_device(struct ca *ca,
	const struct register_device *want,
	const uint8_t (*key_fingerprint)[32], struct ca_found *ret,
	struct devid_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_FIND_H
#define DEVID_CA_FIND_H

/* Who is in the register already, for both steps of ca.h. */

#include "ca.h"

/* One that wants to get in, with one pair of keys. */
struct ca_wanted {
	const struct register_device *device; /* borrowed */
	/* Borrowed; N_MAKER_ROLES of them. */
	const uint8_t (*key_fingerprint)[32];
	enum key_alg alg; /* type of both keys */
};

enum ca_found_what {
	CA_FOUND_NONE,    /* nobody is in its way: it is new */
	CA_FOUND_SAME,    /* a live device with the same pair of keys */
	CA_FOUND_FURTHER, /* a live device that may get this pair too */
};

/* The device that this serial number, EK or key belongs to already. */
struct ca_found {
	enum ca_found_what what;
	struct register_device device; /* of SAME and FURTHER */
};

/*
 * Looks for live devices that stand in the way of @want. EXISTS: serial
 * number, EK or key is another live device's; or the device has other keys of
 * this type, keys that were revoked, or as many pairs as ca.identities lets.
 * IO and so on: the register's.
 */
DEVID_MUST_CHECK enum devid_err ca_find_device(struct ca *ca,
	const struct ca_wanted *want, struct ca_found *ret,
	struct devid_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTER_DEVICE_H
#define DEVID_REGISTER_DEVICE_H

/* The devices that were certified. */

#include "register.h"
#include "register-private.h"

/* The live device with that serial number. Errors: NOT_FOUND. */
DEVID_MUST_CHECK enum devid_err register_device_by_serial(struct reg *reg,
	const char *serial, struct register_device *ret,
	struct devid_error *err);

/* The first eight bytes: all that the index has of a key's fingerprint. */
int64_t register_key_prefix(const uint8_t fingerprint[32]);

/* Finds them all in one statement. Nobody is no error. */
DEVID_MUST_CHECK enum devid_err register_find_holders(struct reg *reg,
	const struct register_identity *who, struct register_holders *ret,
	struct devid_error *err);

/* Adds a live device; @what->id is set. Errors: EXISTS (one live device per
 * serial number and per EK: unique indexes over the live rows). */
DEVID_MUST_CHECK enum devid_err register_device_add(
	struct reg *reg, struct register_device *what, struct devid_error *err);

/*
 * Whether a device with this EK and this IDevID key is refused for another
 * reason than those of register_device_add(): *@ret is true where
 * register_find_holders() finds REGISTER_BY_EK_COMPROMISED or REGISTER_BY_KEY.
 */
DEVID_MUST_CHECK enum devid_err register_is_barred(struct reg *reg,
	const uint8_t ek_fingerprint[32], const uint8_t key_fingerprint[32],
	bool *ret, struct devid_error *err);

/* Takes back what register_device_add() did in this transaction. */
DEVID_MUST_CHECK enum devid_err register_device_remove(
	struct reg *reg, int64_t id, struct devid_error *err);

/*
 * Nobody else changes the device, and so adds certificates to it or revokes
 * it, until this transaction ends: whoever wants to waits here. What is read
 * afterwards is what holds. Errors: STATE (it is not live any more).
 */
DEVID_MUST_CHECK enum devid_err register_device_hold(
	struct reg *reg, int64_t id, struct devid_error *err);

DEVID_MUST_CHECK enum devid_err register_device_set_state(struct reg *reg,
	int64_t id, enum register_state state, struct devid_error *err);

/* Every device of the page, ascending. */
DEVID_MUST_CHECK enum devid_err register_each_device(struct reg *reg,
	const struct register_page *page, register_device_fn *fn, void *arg,
	struct devid_error *err);

/* Every device that has or had this serial number, live or not, ascending. */
DEVID_MUST_CHECK enum devid_err register_each_device_named(struct reg *reg,
	const char *serial, register_device_fn *fn, void *arg,
	struct devid_error *err);

#endif

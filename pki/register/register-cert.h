/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTER_CERT_H
#define DEVID_REGISTER_CERT_H

/* The certificates that were issued. */

#include "register.h"

/* Errors: EXISTS (issuer and serial number; of an IDevID also a live one for
 * the same key, or for a key of the same type in the same device: unique
 * indexes). */
DEVID_MUST_CHECK enum devid_err register_cert_add(struct reg *reg,
	const struct register_cert *what, struct devid_error *err);

/* Errors: NOT_FOUND. *@ret's DER is valid until the next call. */
DEVID_MUST_CHECK enum devid_err register_cert_by_serial(struct reg *reg,
	const uint8_t issuer[32], struct view serial, struct register_cert *ret,
	struct devid_error *err);

DEVID_MUST_CHECK enum devid_err register_certs_of_device(struct reg *reg,
	int64_t device, register_cert_fn *fn, void *arg,
	struct devid_error *err);

/* Every certificate of the page, ascending, without DER: for OCSP production.
 * On PostgreSQL one with a smaller id can still be committed later. */
DEVID_MUST_CHECK enum devid_err register_each_cert(struct reg *reg,
	const struct register_page *page, register_cert_fn *fn, void *arg,
	struct devid_error *err);

#endif

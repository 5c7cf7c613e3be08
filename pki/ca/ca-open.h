/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CA_OPEN_H
#define DEVID_CA_OPEN_H

/* A CA made ready from its configuration: certificate, token, register, trust
 * in EKs. */

#include "ca.h"

/* Prepares issuing with ca->cert and ca->signer; a part of ca_open() for who
 * brings another signer. Errors: MISMATCH. */
DEVID_MUST_CHECK enum devid_err ca_use_signer(
	struct ca *ca, struct devid_error *err);

/* @pin: sources beside pin_file of the configuration. Errors: those of the
 * parts. *@ret is done by ca_done() also after an error. */
DEVID_MUST_CHECK enum devid_err ca_open(const struct ca_conf *conf,
	unsigned what, const struct pin_source *pin, struct ca *ret,
	struct devid_error *err);
void ca_done(struct ca *ca);

#endif

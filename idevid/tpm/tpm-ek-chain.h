/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_EK_CHAIN_H
#define DEVID_TPM_EK_CHAIN_H

/*
 * The certificates above that of the EK which a TPM brings along, since its
 * maker has a CA in each chip (TCG EK Credential Profile 2.2.1.5.2). Who
 * issued which is not looked at: that is the CA's to find out.
 */

#include "tpm.h"

/*
 * What NV has of them from 0x01C00100 on, DER, one behind the other; empty
 * when it has none. What is no certificate, cannot be read or finds no room is
 * left out and logged: the CA may know these issuers anyway. Errors: the
 * three states of a TPM that does not work.
 */
DEVID_MUST_CHECK enum devid_err tpm_ek_chain(
	struct tpm *tpm, struct wire_ek_chain *ret, struct devid_error *err);

/*
 * Takes the next certificate off the front of @in, which is what NV holds:
 * padding before it is passed over. False at the end, or at what is none; in
 * the end @in is empty.
 */
bool tpm_ek_chain_take(struct view *in, struct view *ret);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_PLACES_H
#define DEVID_TPM_PLACES_H

/* Where keys and certificates are in a TPM: persistent handles and NV indices,
 * which devid.conf can change. */

#include "role.h"

#include <stdbool.h>
#include <stdint.h>

/* Of the first pair: those of TCG, which have the first pair's keys on every
 * TPM. */
#define TPM_HANDLE_IDEVID 0x81020000u
#define TPM_HANDLE_IAK    0x81020001u

struct tpm_places {
	/* Persistent handle: of a maker's key always, of an owner's key while
	 * it is made persistent. */
	uint32_t handle[N_KEYS];
	/* NV index of a maker's certificate; the one after it has what is
	 * above that. 0 for an owner's key, whose certificate is a file. */
	uint32_t nv[N_KEYS];
	uint32_t parent; /* persistent handle of the owner's storage parent */
	uint32_t epoch;  /* NV index of the counter of erasures */
};

/*
 * idevid and iak at 0x81020000 and 0x81020001, certificates at 0x01c90200 and
 * 0x01c90100, as swtpm_setup and wolfTPM have them. Number N of a pair is 16 N
 * higher; 0x81020002 and 3, which FIDO Device Onboard uses, stay clear. The
 * owner's parent is at 0x81040000, number N of the owner's keys from
 * 0x81040100 on, 16 to a role; the counter at 0x01804944.
 */
void tpm_places_default(struct tpm_places *ret);

/* Whether no two places are the same and each is of the right kind: handles of
 * 0x81, indices of 0x01, two of them one behind the other for a certificate.
 * Else *@ret_what says which, for a message; static. */
bool tpm_places_ok(const struct tpm_places *places, const char **ret_what);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SWTPM_H
#define TEST_SWTPM_H

/*
 * A software TPM of the test's own: swtpm in a temporary folder, with a log
 * of all commands. It dies with the test. Everything asserts.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tempdir.h"
#include "tpm.h"

/* Command codes, TPM 2.0 part 2, 6.5.2. */
#define CC_ACTIVATE_CREDENTIAL 0x00000147u
#define CC_CERTIFY             0x00000148u
#define CC_SIGN                0x0000015du
#define CC_CREATE_PRIMARY      0x00000131u
#define CC_EVICT_CONTROL       0x00000120u
#define CC_GET_TEST_RESULT     0x0000017cu
#define CC_NV_WRITE            0x00000137u
#define CC_NV_WRITE_LOCK       0x00000138u

struct swtpm {
	pid_t pid; /* 0 while it does not run */
	struct tempdir dir;
	char tcti[128];        /* straight to it */
	char faulty_tcti[512]; /* through tests/fault/tcti-fault.c */
};

/* A new TPM with new seeds, running. */
void swtpm_new(struct swtpm *tpm);
void swtpm_free(struct swtpm *tpm);

/* EK certificates in NV: index and handle as TCG has them. */
#define EK_RSA_INDEX   0x01c00002u
#define EK_P256_INDEX  0x01c0000au
#define EK_P384_INDEX  0x01c00016u
#define EK_RSA_HANDLE  0x81010001u
#define EK_P256_HANDLE 0x8101000au
#define EK_P384_HANDLE 0x81010016u

/*
 * A TPM as its vendor ships it, made by swtpm_setup: RSA-2048 and P-384 EKs at
 * their handles and a certificate for each in NV. All that one program makes
 * are the same TPM. *@tpm runs.
 */
void swtpm_new_manufactured(struct swtpm *tpm);

/* Takes it away as a power cut would, and brings it back. */
void swtpm_stop(struct swtpm *tpm);
void swtpm_start(struct swtpm *tpm);

/* Makes the faulty TCTI misbehave; NULL: no more. */
void swtpm_set_fault(struct swtpm *tpm, const char *line);

/* How many commands with @code it has got so far; 0 counts all. */
size_t swtpm_count(const struct swtpm *tpm, uint32_t code);

/* Removes the persistent object at @handle. Nobody else is connected. */
void swtpm_evict(struct swtpm *tpm, TPM2_HANDLE handle);

/* Removes the NV index; nothing when there is none. */
void swtpm_nv_remove(struct swtpm *tpm, TPM2_HANDLE index);

/* Makes the NV index as a certificate's and writes it. */
void swtpm_nv_write(
	struct swtpm *tpm, TPM2_HANDLE index, const void *data, size_t len);

/* Gives the endorsement hierarchy an authorization value. */
void swtpm_close_endorsement(struct swtpm *tpm);

/* Transient objects and sessions that nobody flushed. Nobody is connected. */
size_t swtpm_leftovers(struct swtpm *tpm);

/* Drives it into dictionary-attack lockout by way of the IDevID key. */
void swtpm_lock_out(struct swtpm *tpm);

#endif

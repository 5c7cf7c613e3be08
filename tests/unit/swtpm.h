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
#define CC_SIGN            0x0000015du
#define CC_CREATE_PRIMARY  0x00000131u
#define CC_EVICT_CONTROL   0x00000120u
#define CC_GET_TEST_RESULT 0x0000017cu
#define CC_NV_WRITE        0x00000137u
#define CC_NV_WRITE_LOCK   0x00000138u

struct swtpm {
	pid_t pid; /* 0 while it does not run */
	struct tempdir dir;
	char tcti[128];        /* straight to it */
	char faulty_tcti[512]; /* through tests/fault/tcti-fault.c */
};

/* A new TPM with new seeds, running. */
void swtpm_new(struct swtpm *tpm);
void swtpm_free(struct swtpm *tpm);

/* Takes it away as a power cut would, and brings it back. */
void swtpm_stop(struct swtpm *tpm);
void swtpm_start(struct swtpm *tpm);

/* Makes the faulty TCTI misbehave; NULL: no more. */
void swtpm_set_fault(struct swtpm *tpm, const char *line);

/* How many commands with @code it has got so far; 0 counts all. */
size_t swtpm_count(const struct swtpm *tpm, uint32_t code);

/* Removes the persistent object at @handle. Nobody else is connected. */
void swtpm_evict(struct swtpm *tpm, TPM2_HANDLE handle);

/* Drives it into dictionary-attack lockout by way of the IDevID key. */
void swtpm_lock_out(struct swtpm *tpm);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_DEVICE_H
#define DEVID_TPM_DEVICE_H

/* Where a TPM is, and why it is not there. */

#include <stdbool.h>
#include <stddef.h>

/* In place of a TCTI: the kernel's resource manager of whichever TPM is
 * there. */
#define TPM_DEVICE_AUTO "auto"

#define TPM_DEVICE_MAX 280 /* bytes of a TCTI; a limit of ours */

/*
 * The TCTI of the resource manager in the folder @dir ("/dev") with the lowest
 * number from @*number on, which becomes that number. A TPM that comes back
 * while somebody has the old one open gets another. False when there is none.
 */
bool tpm_device_find(
	const char *dir, unsigned *number, char ret[TPM_DEVICE_MAX]);

/*
 * Why @tcti cannot be opened: the file it names is not there, not permitted,
 * in use. False when that is not the cause, or @tcti is of a kind that names no
 * file.
 */
bool tpm_device_trouble(const char *tcti, char *ret, size_t size);

/* Whether the file that @tcti names has gone. Opens nothing. */
bool tpm_device_gone(const char *tcti);

#endif

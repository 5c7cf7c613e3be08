/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_FINDINGS_H
#define DEVID_FINDINGS_H

/* Writes findings down. For judge*.c. */

#include "judge.h"

/* Adds the complaint @id, which must be in the table, about @subject ("" for
 * the device). The evidence is printf()'s; control characters become '?'. */
void findings_add(struct findings *f, const char *id, const char *subject,
	const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* By their place in the table of complaints. */
void findings_sort(struct findings *f);

#endif

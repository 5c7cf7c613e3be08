/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_COMPLAINT_H
#define DEVID_COMPLAINT_H

/*
 * All that `devid doctor` can find: the tables of docs/guide-operator.md, in
 * the order of causes. What comes first is to be mended first, as what is
 * further down may only follow from it.
 */

#include <stddef.h>

enum complaint_area {
	COMPLAINT_AREA_SETTINGS,
	COMPLAINT_AREA_TPM,
	COMPLAINT_AREA_KEYD,
	COMPLAINT_AREA_KEY,
	COMPLAINT_AREA_CERTIFICATE,
	COMPLAINT_AREA_FILES, /* until here: what a signature needs */
	COMPLAINT_AREA_CLOCK,
	COMPLAINT_AREA_AGENT,
	COMPLAINT_AREA_PORT,
	COMPLAINT_AREA_SWITCH,
	COMPLAINT_AREA_SERVER,
	COMPLAINT_AREA_ADDRESS,
	COMPLAINT_AREA_ONBOARDING,
};
#define COMPLAINT_N_AREAS 13

enum complaint_level {
	COMPLAINT_FAULT,   /* something does not work */
	COMPLAINT_WARNING, /* it works, and may not for long */
	COMPLAINT_UNSEEN,  /* this user could not look, or nobody can now */
};

struct complaint {
	const char *id;
	enum complaint_area area;
	enum complaint_level level;
	const char *what;
	const char *cure;
};

/* The complaint at @n; NULL behind the last. */
const struct complaint *complaint_at(size_t n);

/* That with this id; NULL when there is none. */
const struct complaint *complaint_find(const char *id);

const char *complaint_area_name(enum complaint_area area);

/* "fault", "warning" or "not seen". */
const char *complaint_level_name(enum complaint_level level);

#endif

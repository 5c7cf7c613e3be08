/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_WAY_H
#define DEVID_WAY_H

#include <jansson.h>
#include <stdio.h>

/*
 * The way from the box to production as devid-agent tells of it in @facts
 * (facts.h), on one line of @out: each step that was taken with its time, where
 * it stands, what comes next; a second line has what went wrong last. Nothing
 * where a device does not onboard. A failure shows in fflush().
 */
void way_print(const json_t *facts, FILE *out);

#endif

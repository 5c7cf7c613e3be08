/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REPORT_H
#define DEVID_REPORT_H

/* Findings for a person and for a program. */

#include <jansson.h>
#include <stdio.h>

#include "judge.h"

/* What is wrong, in the order of causes, each with evidence and what to do;
 * then the areas that could not be looked at, and those that are well. */
void report_print(const struct findings *findings, FILE *out);

/*
 * `state` ("fault", "warning", "not seen", "well": the worst there is),
 * `findings`: array of `id`, `area`, `level`, `subject`, `what`, `evidence`,
 * `do`; `areas`: object, "well", "wrong", "not seen"
 * or "not used". NULL without memory.
 */
json_t *report_json(const struct findings *findings);

/* The worst level, or -1 when nothing was found and all was seen. */
int report_worst(const struct findings *findings);

/* All complaints, a line each: id, area, what, what to do, between tabs. */
void report_list(FILE *out);

#endif

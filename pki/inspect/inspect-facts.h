/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_INSPECT_FACTS_H
#define DEVID_INSPECT_FACTS_H

/* The report of inspect.h: facts, rules, and how they look to a person. */

#include "inspect-private.h"
#include "inspect.h"

/* One rule's outcome; @detail may be "". */
void inspect_rule(struct inspect_run *run, const char *rule, const char *clause,
	enum devid_verdict verdict, const char *detail);

/* The outcome of a check: PASS, or FAIL with the text of @err. */
void inspect_check(struct inspect_run *run, const char *rule,
	const char *clause, enum devid_err rc, const struct devid_error *err);

/* PASS, or FAIL with @detail. */
void inspect_flag(struct inspect_run *run, const char *rule, const char *clause,
	bool good, const char *detail);

/* Facts of @object; nothing for a text that is "". @value is taken. */
void inspect_set(struct inspect_run *run, json_t *object, const char *key,
	json_t *value);
void inspect_text(struct inspect_run *run, json_t *object, const char *key,
	const char *text);
void inspect_hex(struct inspect_run *run, json_t *object, const char *key,
	struct view bytes);
void inspect_sha256(struct inspect_run *run, json_t *object, const char *key,
	struct view bytes);
/* Any bytes as text; what is no printable ASCII stands as \xNN. */
void inspect_escaped(struct inspect_run *run, json_t *object, const char *key,
	struct view bytes);

/* The same for a person; 0, or -1 when it cannot be written. */
int inspect_print(FILE *f, const char *name, const json_t *report);

#endif

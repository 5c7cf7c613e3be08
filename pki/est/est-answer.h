/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EST_ANSWER_H
#define DEVID_EST_ANSWER_H

/*
 * What the registrar answers, as EST and HTTP have it (RFC 7030 4, RFC 8951 3):
 * one line of Base64, exact media types, one certificate to an enrolment.
 */

#include "est-route.h"
#include "registrar.h"

struct est_answer {
	int status;
	const char *type;     /* static; NULL: there is no content */
	bool base64;          /* the content's transfer encoding */
	unsigned retry_after; /* seconds; 0: nothing is said */
	struct blob body;     /* owned */
};

void est_answer_clear(struct est_answer *answer);

/* Of @from, which answers @op; 503 when it cannot be written. */
void est_answer_make(struct est_answer *ret, enum est_op op,
	const struct registrar_answer *from);

/* A line "@rule: @text" of plain text; what is not printable in it becomes
 * '?'. 503 says when to come back, too. */
void est_answer_refuse(
	struct est_answer *ret, int status, const char *rule, const char *text);

/* As the path has it: "simpleenroll". */
const char *est_op_name(enum est_op op);

#endif

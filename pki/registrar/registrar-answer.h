/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_ANSWER_H
#define DEVID_REGISTRAR_ANSWER_H

/* How answers of registrar.h are filled. */

#include "registrar-rules.h"
#include "registrar.h"

/* No body, no rule. */
void answer_set(struct registrar_answer *ret, enum registrar_status status,
	const char *text);

/* REFUSED by the rule of @v. */
void answer_refuse(struct registrar_answer *ret, const struct verdict *v);

/* TROUBLE; what it is about is the registrar's affair, and told in the log. */
void answer_trouble(
	struct registrar_answer *ret, const struct devid_error *err);

/* What @rc means: a refusal when @v has a rule, else trouble. */
void answer_failure(struct registrar_answer *ret, enum devid_err rc,
	const struct verdict *v, const struct devid_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar-answer.h"

#include <stdio.h>
#include <string.h>

#define TROUBLE_SECONDS 30 /* after which it is worth another try */

void answer_set(struct registrar_answer *ret, enum registrar_status status,
	const char *text)
{
	memset(ret, 0, sizeof(*ret));
	ret->status = status;
	ret->rule = "";
	(void)snprintf(
		ret->text, sizeof(ret->text), "%s", text); /* may be cut */
}

void answer_refuse(struct registrar_answer *ret, const struct verdict *v)
{
	answer_set(ret, REGISTRAR_REFUSED, v->text);
	ret->rule = v->rule;
}

void answer_trouble(struct registrar_answer *ret, const struct devid_error *err)
{
	answer_set(ret, REGISTRAR_TROUBLE, devid_error_text(err));
	ret->retry_after = TROUBLE_SECONDS;
}

void answer_failure(struct registrar_answer *ret, enum devid_err rc,
	const struct verdict *v, const struct devid_error *err)
{
	if (rc == DEVID_ERR_DENIED && v->rule)
		answer_refuse(ret, v);
	else
		answer_trouble(ret, err);
}

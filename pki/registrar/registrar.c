/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar.h"

#include <string.h>

void registrar_answer_done(struct registrar_answer *answer)
{
	blob_done(&answer->body);
}

static void no_answer(struct registrar_answer *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->status = REGISTRAR_TROUBLE;
	ret->rule = "";
}

enum devid_err registrar_open(const struct registrar_conf *conf,
	const struct pin_source *pin, struct registrar **ret,
	struct devid_error *err)
{
	(void)conf;
	(void)pin;
	*ret = NULL;
	return devid_fail(err, DEVID_ERR_UNSUPPORTED, "registrar: not built");
}

void registrar_close(struct registrar *r)
{
	(void)r;
}

enum devid_err registrar_reload(struct registrar *r, struct devid_error *err)
{
	(void)r;
	return devid_fail(err, DEVID_ERR_UNSUPPORTED, "registrar: not built");
}

enum devid_err registrar_duties(
	struct registrar *r, int64_t now, struct devid_error *err)
{
	(void)r;
	(void)now;
	return devid_fail(err, DEVID_ERR_UNSUPPORTED, "registrar: not built");
}

enum devid_err registrar_ca_names(struct registrar *r,
	STACK_OF(X509_NAME) * *ret, struct devid_error *err)
{
	(void)r;
	*ret = NULL;
	return devid_fail(err, DEVID_ERR_UNSUPPORTED, "registrar: not built");
}

void registrar_cacerts(struct registrar *r, struct registrar_answer *ret)
{
	(void)r;
	no_answer(ret);
}

void registrar_csrattrs(
	struct registrar *r, const char *label, struct registrar_answer *ret)
{
	(void)r;
	(void)label;
	no_answer(ret);
}

void registrar_nonce(struct registrar *r, const struct registrar_ask *ask,
	struct registrar_answer *ret)
{
	(void)r;
	(void)ask;
	no_answer(ret);
}

void registrar_document(struct registrar *r, const struct registrar_ask *ask,
	struct registrar_answer *ret)
{
	(void)r;
	(void)ask;
	no_answer(ret);
}

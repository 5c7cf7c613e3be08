/* SPDX-License-Identifier: Apache-2.0 */
#include "fail.h"

enum devid_err fail_no_memory(struct devid_error *err)
{
	return devid_fail(err, DEVID_ERR_NOMEM, "no memory");
}

enum devid_err fail_no_memory_for(struct devid_error *err, const char *what)
{
	return devid_fail(err, DEVID_ERR_NOMEM, "%s: no memory", what);
}

enum devid_err fail_with(struct devid_error *err, enum devid_err code,
	const struct devid_error *cause)
{
	return devid_fail(err, code, "%s", devid_error_text(cause));
}

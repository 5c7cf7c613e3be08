/* SPDX-License-Identifier: Apache-2.0 */
#include <devid/error.h>

#include <stdarg.h>
#include <stdio.h>

static const char *const err_names[] = {
	[0] = "ok",
	[1] = "out of memory",
	[2] = "invalid argument",
	[3] = "malformed input",
	[4] = "too large",
	[5] = "input/output error",
	[6] = "not found",
	[7] = "exists already",
	[8] = "not permitted",
	[9] = "not a permitted purpose",
	[10] = "not possible now",
	[11] = "key disabled",
	[12] = "does not match",
	[13] = "not supported",
	[14] = "protocol error",
	[15] = "devid-keyd not running",
	[16] = "timeout",
	[17] = "cryptographic operation failed",
	[18] = "TPM error",
	[19] = "TPM absent",
	[20] = "TPM in lockout",
	[21] = "TPM in failure mode",
	[22] = "not reachable",
	[23] = "not genuine",
	[24] = "replayed",
	[25] = "key exists already",
	[26] = "certificate exists already",
	[27] = "certificate not found",
	[28] = "certificate disabled",
	[29] = "an IDevID key is never deleted",
	[30] = "an IDevID certificate is never deleted",
	[31] = "an IDevID chain is never deleted",
	[32] = "signature suites do not match",
	[33] = "module not initialised",
	[34] = "erased",
};

_Static_assert(sizeof(err_names) / sizeof(err_names[0]) == -DEVID_ERR_MIN + 1,
	"every error has a name");

const char *devid_err_name(enum devid_err code)
{
	if (code > DEVID_OK || code < DEVID_ERR_MIN)
		return "unknown error";
	return err_names[-code];
}

enum devid_err devid_fail(
	struct devid_error *err, enum devid_err code, const char *fmt, ...)
{
	va_list ap;

	if (!err || err->code != DEVID_OK)
		return code;
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap); /* may cut */
	va_end(ap);
	for (char *p = err->text; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
	return code;
}

const char *devid_error_text(const struct devid_error *err)
{
	if (err->text[0])
		return err->text;
	return devid_err_name(err->code);
}

void devid_error_clear(struct devid_error *err)
{
	err->code = DEVID_OK;
	err->text[0] = '\0';
}

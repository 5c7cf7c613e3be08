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

/* Bytes of the UTF-8 character at @p; 0 where there is none, or one that a
 * terminal obeys (ECMA-48: C0, DEL and C1). */
static size_t visible_len(const unsigned char *p)
{
	size_t n = (size_t)1 + (*p >= 0x80) + (*p >= 0xe0) + (*p >= 0xf0);

	if (*p < 0x20 || *p == 0x7f || (*p >= 0x80 && *p < 0xc2) || *p > 0xf4 ||
		(*p == 0xc2 && p[1] < 0xa0))
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

static void tame(char *text)
{
	while (*text) {
		size_t n = visible_len((const unsigned char *)text);

		if (n == 0) {
			*text = '?';
			n = 1;
		}
		text += n;
	}
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
	tame(err->text);
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

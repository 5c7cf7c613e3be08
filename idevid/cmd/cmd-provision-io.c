/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-provision-io.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "files.h"
#include "provision-step.h"

static enum devid_err read_stdin(
	size_t max, uint8_t **ret, size_t *ret_len, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *buf = malloc(max + 1);
	size_t len = 0;

	if (!buf)
		return fail_no_memory(err);
	for (;;) {
		ssize_t n = read(STDIN_FILENO, buf + len, max + 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return devid_fail(err, DEVID_ERR_IO,
				"read: standard input: %s", strerror(errno));
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return devid_fail(err, DEVID_ERR_TOO_LARGE,
				"read: standard input: larger than %zu bytes",
				max);
	}
	buf[len] = 0; /* len <= max */
	*ret_len = len;
	*ret = STEAL(buf);
	return DEVID_OK;
}

enum devid_err provision_read(const char *path, size_t max, uint8_t **ret,
	size_t *ret_len, struct devid_error *err)
{
	if (strcmp(path, "-") == 0)
		return read_stdin(max, ret, ret_len, err);
	return files_read(path, max, ret, ret_len, err);
}

enum devid_err provision_out(const struct provision *p, unsigned mode,
	struct output **ret, struct devid_error *err)
{
	return output_open(p->out, mode, OUTPUT_STREAMS, ret, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "fail.h"

/* Reads @fd to its end, which must come before that of @out. */
static enum devid_err read_all(
	int fd, const char *path, struct room *out, struct devid_error *err)
{
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, out->data + len, out->size - len)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return devid_fail(err, DEVID_ERR_IO, "%s: %s", path,
				strerror(errno));
		len += (size_t)n;
		if (len == out->size)
			return devid_fail(err, DEVID_ERR_TOO_LARGE,
				"%s: larger than %zu bytes", path,
				out->size - 1);
	}
	out->len = len;
	return DEVID_OK;
}

/* Whoever could read it has the key as well. */
static enum devid_err check_mode(
	int fd, const char *path, struct devid_error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		!(st.st_mode & (S_IROTH | S_IWOTH)))
		return DEVID_OK; /* what cannot be read is told by the reader */
	return devid_fail(err, DEVID_ERR_DENIED,
		"%s: everybody may %s this private key (mode %04o): take that "
		"away (chmod 600), or make another key if others had it",
		path, st.st_mode & S_IROTH ? "read" : "write",
		(unsigned)st.st_mode & 07777);
}

static enum devid_err read_file(const char *path, size_t max, bool is_key,
	struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *buf = malloc(max + 1);
	struct room room = { buf, max + 1, 0 };
	bool is_stdin = strcmp(path, "-") == 0;
	int fd = STDIN_FILENO;
	enum devid_err rc = DEVID_OK;

	if (!buf)
		return fail_no_memory(err);
	if (!is_stdin)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return devid_fail(err,
			errno == ENOENT ? DEVID_ERR_NOT_FOUND : DEVID_ERR_IO,
			"%s: %s", path, strerror(errno));
	if (is_key && !is_stdin)
		rc = check_mode(fd, path, err);
	if (rc == DEVID_OK)
		rc = read_all(
			fd, is_stdin ? "standard input" : path, &room, err);
	if (!is_stdin)
		(void)close(fd); /* only read from */
	if (rc == DEVID_OK)
		*ret = (struct blob) { STEAL(buf), room.len };
	else if (is_key)
		OPENSSL_cleanse(buf, max + 1);
	return rc;
}

enum devid_err cmd_file_read(
	const char *path, size_t max, struct blob *ret, struct devid_error *err)
{
	return read_file(path, max, false, ret, err);
}

enum devid_err cmd_file_read_key(
	const char *path, size_t max, struct blob *ret, struct devid_error *err)
{
	return read_file(path, max, true, ret, err);
}

enum devid_err cmd_file_out(const char *path, mode_t mode, struct output **ret,
	struct devid_error *err)
{
	(void)fflush(stdout); /* looked at when the command ends */
	return output_open(path, mode, OUTPUT_STREAMS, ret, err);
}

enum devid_err cmd_file_flush(struct devid_error *err)
{
	int before = errno; /* of an earlier part, which is flushed by itself */

	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return DEVID_OK;
	if (errno == 0)
		errno = before;
	return devid_fail(err, DEVID_ERR_IO, "standard output: %s",
		errno ? strerror(errno) : "a part of it was not written");
}

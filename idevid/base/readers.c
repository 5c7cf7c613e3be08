/* SPDX-License-Identifier: Apache-2.0 */
#include "readers.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cleanup.h"
#include "output.h"

#define ACL_NAME  "system.posix_acl_access"
#define ACL_ENTRY 8    /* bytes: tag, permissions, id */
#define MODE      0640 /* its group bits are the mask of the list */

/* linux/posix_acl_xattr.h: little-endian throughout. */
struct acl {
	size_t len;
	uint8_t data[4 + ACL_ENTRY * (READERS_MAX + 4)];
};

void readers_add(struct readers *r, bool group, unsigned id)
{
	size_t at = 0;

	for (size_t i = 0; i < r->n; i++) {
		const struct reader *other = &r->list[i];

		if (other->group == group && other->id == id)
			return;
		/* In the list's order: users, then groups, by number. */
		if (other->group < group ||
			(other->group == group && other->id < id))
			at = i + 1;
	}
	if (r->n == READERS_MAX)
		return;
	memmove(&r->list[at + 1], &r->list[at],
		(r->n - at) * sizeof(r->list[0]));
	r->list[at] = (struct reader) { group, id };
	r->n++;
}

static void put_le(struct acl *acl, size_t len, unsigned value)
{
	for (size_t i = 0; i < len; i++, value >>= 8)
		acl->data[acl->len++] = (uint8_t)value;
}

static void put_entry(struct acl *acl, unsigned tag, unsigned perm, unsigned id)
{
	put_le(acl, 2, tag);
	put_le(acl, 2, perm);
	put_le(acl, 4, id);
}

static void put_readers(struct acl *acl, const struct readers *who, bool group)
{
	for (size_t i = 0; i < who->n; i++) {
		if (who->list[i].group == group)
			put_entry(acl, group ? ACL_GROUP : ACL_USER, ACL_READ,
				who->list[i].id);
	}
}

static void make_acl(const struct readers *who, struct acl *ret)
{
	const unsigned none = (unsigned)ACL_UNDEFINED_ID;

	ret->len = 0;
	put_le(ret, 4, POSIX_ACL_XATTR_VERSION);
	put_entry(ret, ACL_USER_OBJ, ACL_READ | ACL_WRITE, none);
	put_readers(ret, who, false);
	put_entry(ret, ACL_GROUP_OBJ, 0, none);
	put_readers(ret, who, true);
	put_entry(ret, ACL_MASK, ACL_READ, none);
	put_entry(ret, ACL_OTHER, 0, none);
}

static enum devid_err acl_fail(
	const char *path, int cause, struct devid_error *err)
{
	if (cause == EOPNOTSUPP)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"%s: its file system keeps no access lists", path);
	return devid_fail(err, DEVID_ERR_IO, "access list: %s: %s", path,
		strerror(cause));
}

enum devid_err readers_write(const char *path, struct view data,
	const struct readers *who, struct devid_error *err)
{
	CLEANUP(cleanup_output) struct output *out = NULL;
	struct acl acl;
	enum devid_err rc = output_open(path, MODE, 0, &out, err);

	if (rc != DEVID_OK)
		return rc;
	make_acl(who, &acl);
	if (fsetxattr(output_fd(out), ACL_NAME, acl.data, acl.len, 0) < 0)
		return acl_fail(path, errno, err);
	return output_put(out, data.data, data.len, err);
}

enum devid_err readers_set(
	const char *path, const struct readers *who, struct devid_error *err)
{
	CLEANUP(cleanup_close)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct acl want, have;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return devid_fail(err,
			errno == ENOENT ? DEVID_ERR_NOT_FOUND : DEVID_ERR_IO,
			"access list: %s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return devid_fail(err, DEVID_ERR_IO,
			"access list: %s: not a regular file", path);
	make_acl(who, &want);
	n = fgetxattr(fd, ACL_NAME, have.data, sizeof(have.data));
	if (n == (ssize_t)want.len &&
		memcmp(have.data, want.data, want.len) == 0)
		return DEVID_OK;
	if (fsetxattr(fd, ACL_NAME, want.data, want.len, 0) < 0)
		return acl_fail(path, errno, err);
	return DEVID_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-device.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"

#define NODE   "tpmrm"
#define DEVICE "device:"
#define SOCKET "swtpm:path="

static bool read_number(const char *name, unsigned *ret)
{
	char *end;
	unsigned long n;

	if (strncmp(name, NODE, strlen(NODE)) != 0)
		return false;
	name += strlen(NODE);
	if (*name < '0' || *name > '9')
		return false;
	n = strtoul(name, &end, 10);
	*ret = (unsigned)n;
	return *end == '\0' && n <= 65535; /* the kernel's minors are fewer */
}

bool tpm_device_find(
	const char *dir, unsigned *number, char ret[TPM_DEVICE_MAX])
{
	CLEANUP(cleanup_closedir) DIR *folder = opendir(dir);
	const struct dirent *entry;
	unsigned n, least = 0;
	bool found = false;
	int len;

	while (folder && (entry = readdir(folder))) {
		if (!read_number(entry->d_name, &n) || n < *number ||
			(found && n >= least))
			continue;
		least = n;
		found = true;
	}
	if (!found)
		return false;
	*number = least;
	len = snprintf(ret, TPM_DEVICE_MAX, DEVICE "%s/" NODE "%u", dir, least);
	return len > 0 && len < TPM_DEVICE_MAX;
}

/* The file that @tcti names, up to the next option; NULL: none. */
static const char *path_of(const char *tcti, char ret[TPM_DEVICE_MAX])
{
	const char *path = NULL;
	size_t len;

	if (strncmp(tcti, DEVICE, strlen(DEVICE)) == 0)
		path = tcti + strlen(DEVICE);
	else if (strncmp(tcti, SOCKET, strlen(SOCKET)) == 0)
		path = tcti + strlen(SOCKET);
	if (!path)
		return NULL;
	len = strcspn(path, ",");
	if (len == 0 || len >= TPM_DEVICE_MAX)
		return NULL;
	memcpy(ret, path, len);
	ret[len] = '\0';
	return ret;
}

/* 0 when @path can be opened, or connected to. */
static int try_path(const char *path, bool is_socket)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	CLEANUP(cleanup_close)
	int fd = is_socket ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)
			   : open(path, O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return errno;
	if (!is_socket || strlen(path) >= sizeof(addr.sun_path))
		return 0;
	memcpy(addr.sun_path, path, strlen(path) + 1);
	return connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ? errno
								       : 0;
}

/* Whose it is, for who must be let in. */
static void tell_refusal(const char *path, char *ret, size_t size)
{
	const struct group *group;
	struct stat st;

	if (stat(path, &st) != 0) {
		(void)snprintf(ret, size, "not permitted: %s", path);
		return;
	}
	group = getgrgid(st.st_gid);
	(void)snprintf(ret, size, "not permitted: %s is group %s's, mode %04o",
		path, group ? group->gr_name : "?", st.st_mode & 07777u);
}

bool tpm_device_trouble(const char *tcti, char *ret, size_t size)
{
	char buf[TPM_DEVICE_MAX];
	const char *path = path_of(tcti, buf);
	int cause;

	if (!path)
		return false;
	cause = try_path(path, tcti[0] == SOCKET[0]);
	if (cause == 0)
		return false;
	if (cause == EACCES || cause == EPERM)
		tell_refusal(path, ret, size);
	else
		(void)snprintf(ret, size, "%s: %s", path,
			cause == ENOENT  ? "no such file"
			: cause == EBUSY ? "in use by another program"
					 : strerror(cause)); /* may cut */
	return true;
}

bool tpm_device_gone(const char *tcti)
{
	char buf[TPM_DEVICE_MAX];
	const char *path = path_of(tcti, buf);

	return path && access(path, F_OK) < 0 && errno == ENOENT;
}

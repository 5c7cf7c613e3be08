/* SPDX-License-Identifier: Apache-2.0 */
#include "confine.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cleanup.h"

/* By number: headers of Debian 12 have names for what kernels of that day
 * could, and rights that a kernel does not know make it refuse the rest. */
#define ABI_REFER    2
#define ABI_TRUNCATE 3
#define ABI_DEVICE   5
#define FS_REFER     (UINT64_C(1) << 13)
#define FS_TRUNCATE  (UINT64_C(1) << 14)
#define FS_IOCTL_DEV (UINT64_C(1) << 15)
#define FS_FIRST     ((UINT64_C(1) << 13) - 1) /* all of the first version */

#define FS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define FS_WRITE                                                               \
	(FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE |                             \
		LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | \
		FS_TRUNCATE)
/* What can be said of a file; the rest is of folders. */
#define FS_OF_FILES                                                            \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |        \
		FS_TRUNCATE)

CLEANUP_DEFINE(seccomp, scmp_filter_ctx, seccomp_release)

/* Where getaddrinfo() looks (nsswitch.conf(5), resolv.conf(5), hosts(5),
 * gai.conf(5)), and where a link of /etc/resolv.conf leads to; the time zone;
 * what libcrypto may want for randomness. */
static const char *const resolver[] = { "/etc/resolv.conf",
	"/etc/nsswitch.conf", "/etc/hosts", "/etc/host.conf", "/etc/gai.conf",
	"/etc/services", "/etc/protocols", "/etc/localtime", "/run/systemd",
	"/run/resolvconf", "/run/NetworkManager", "/dev/urandom", "/dev/null",
	NULL };

/* ---- Landlock ---- */

static uint64_t handled_by(int abi)
{
	uint64_t rights = FS_FIRST;

	rights |= abi >= ABI_REFER ? FS_REFER : 0;
	rights |= abi >= ABI_TRUNCATE ? FS_TRUNCATE : 0;
	return rights | (abi >= ABI_DEVICE ? FS_IOCTL_DEV : 0);
}

/* Allows @rights below @path, as far as the ruleset handles them. */
static int allow(int ruleset, const char *path, uint64_t rights)
{
	CLEANUP(cleanup_close) int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = { .parent_fd = fd,
		.allowed_access = rights };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		return -1;
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FS_OF_FILES;
	return (int)syscall(SYS_landlock_add_rule, ruleset,
		LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

/* What is not there need not be read. */
static void allow_reading(int ruleset, const char *const *paths)
{
	for (; *paths; paths++)
		(void)allow(ruleset, *paths, FS_READ);
}

/* The folder of the C library: modules of the resolver are beside it. */
static void allow_libraries(int ruleset)
{
	char path[PATH_MAX];
	Dl_info info;

	if (dladdr((void *)(uintptr_t)&getpid, &info) == 0 || !info.dli_fname ||
		snprintf(path, sizeof(path), "%s", info.dli_fname) >=
			(int)sizeof(path))
		return;
	(void)allow(ruleset, dirname(path), FS_READ);
}

static enum devid_err confine_files(const char *writable,
	const char *const *readable, bool *ret, struct devid_error *err)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, (size_t)0,
		LANDLOCK_CREATE_RULESET_VERSION);
	uint64_t rights = handled_by(abi);
	struct landlock_ruleset_attr attr = { .handled_access_fs = rights };
	CLEANUP(cleanup_close) int ruleset = -1;

	*ret = false;
	if (abi < 1)
		return DEVID_OK;
	ruleset = (int)syscall(
		SYS_landlock_create_ruleset, &attr, sizeof(uint64_t), 0);
	if (ruleset < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "Landlock: %s", strerror(errno));
	if (allow(ruleset, writable, FS_WRITE & rights) < 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND, "%s: %s", writable,
			strerror(errno));
	allow_reading(ruleset, resolver);
	allow_reading(ruleset, readable);
	allow_libraries(ruleset);
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
		return devid_fail(
			err, DEVID_ERR_IO, "Landlock: %s", strerror(errno));
	*ret = true;
	return DEVID_OK;
}

/* ---- seccomp ---- */

/* System calls that nothing here needs, and that what took over this process
 * would. clone3() has its flags in memory, which no filter sees: the C library
 * takes clone() when it is not there. */
static int add_rules(scmp_filter_ctx filter)
{
	static const int denied[] = { SCMP_SYS(execve), SCMP_SYS(execveat),
		SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
		SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev),
		SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(mount),
		SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot),
		SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(add_key),
		SCMP_SYS(request_key), SCMP_SYS(keyctl), SCMP_SYS(init_module),
		SCMP_SYS(finit_module), SCMP_SYS(kexec_load),
		SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup) };
	int rc = seccomp_rule_add(
		filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);

	if (rc == 0)
		rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM),
			SCMP_SYS(clone), 1,
			SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0));
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]) && rc == 0;
		i++)
		rc = seccomp_rule_add(
			filter, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
	return rc;
}

static enum devid_err confine_calls(struct devid_error *err)
{
	CLEANUP(cleanup_seccomp)
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int rc = filter ? add_rules(filter) : -ENOMEM;

	if (rc == 0)
		rc = seccomp_load(filter);
	if (rc != 0)
		return devid_fail(
			err, DEVID_ERR_IO, "seccomp: %s", strerror(-rc));
	return DEVID_OK;
}

enum devid_err confine(const char *writable, const char *const *readable,
	bool *ret_files, struct devid_error *err)
{
	enum devid_err rc;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return devid_fail(
			err, DEVID_ERR_IO, "no_new_privs: %s", strerror(errno));
	rc = confine_files(writable, readable, ret_files, err);
	return rc == DEVID_OK ? confine_calls(err) : rc;
}

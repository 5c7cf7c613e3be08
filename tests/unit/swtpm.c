/* SPDX-License-Identifier: Apache-2.0 */
#include "swtpm.h"

#include <fcntl.h>
#include <libgen.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tpm-template.h"

#define START_TRIES 4000 /* of 5 ms */

/* Whether somebody listens at @path. */
static bool listens(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok;

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	ok = connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
	(void)close(fd);
	return ok;
}

static void exec_swtpm(const struct swtpm *tpm)
{
	char state[128], server[128], ctrl[128], log[128];
	const char *dir = tpm->dir.path;
	int null = open("/dev/null", O_RDWR);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)dup2(null, STDOUT_FILENO);
	(void)dup2(null, STDERR_FILENO);
	(void)snprintf(state, sizeof(state), "dir=%s", dir);
	(void)snprintf(
		server, sizeof(server), "type=unixio,path=%s/tpm.sock", dir);
	(void)snprintf(
		ctrl, sizeof(ctrl), "type=unixio,path=%s/tpm.sock.ctrl", dir);
	(void)snprintf(log, sizeof(log), "file=%s/log,level=5", dir);
	(void)execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state,
		"--server", server, "--ctrl", ctrl, "--flags",
		"not-need-init,startup-clear", "--log", log, (char *)NULL);
	_exit(127);
}

void swtpm_start(struct swtpm *tpm)
{
	const char *ctrl = tempdir_file(&tpm->dir, "tpm.sock.ctrl");
	const char *data = tempdir_file(&tpm->dir, "tpm.sock");
	const struct timespec wait = { 0, 5000000 };
	int tries = 0;

	(void)unlink(ctrl);
	(void)unlink(data);
	tpm->pid = fork();
	assert_true(tpm->pid >= 0);
	if (tpm->pid == 0)
		exec_swtpm(tpm);
	while (!listens(ctrl) || !listens(data)) {
		if (waitpid(tpm->pid, NULL, WNOHANG) != 0 ||
			tries++ > START_TRIES)
			fail_msg("swtpm does not start");
		(void)nanosleep(&wait, NULL);
	}
}

void swtpm_stop(struct swtpm *tpm)
{
	if (tpm->pid <= 0)
		return;
	(void)kill(tpm->pid, SIGKILL);
	(void)waitpid(tpm->pid, NULL, 0);
	tpm->pid = 0;
}

void swtpm_new(struct swtpm *tpm)
{
	char exe[256];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	assert_true(n > 0);
	exe[n] = '\0'; /* <build>/tests/unit/test-x */
	tpm->dir = tempdir_new();
	(void)snprintf(tpm->tcti, sizeof(tpm->tcti), "swtpm:path=%s/tpm.sock",
		tpm->dir.path);
	(void)snprintf(tpm->faulty_tcti, sizeof(tpm->faulty_tcti),
		"%s/tcti-fault.so:%s/fault@%s", dirname(dirname(dirname(exe))),
		tpm->dir.path, tpm->tcti);
	swtpm_start(tpm);
}

void swtpm_free(struct swtpm *tpm)
{
	swtpm_stop(tpm);
	tempdir_remove(&tpm->dir);
}

void swtpm_set_fault(struct swtpm *tpm, const char *line)
{
	if (line)
		tempdir_write(&tpm->dir, "fault", line, strlen(line), 0600);
	else
		(void)unlink(tempdir_file(&tpm->dir, "fault"));
}

/* The log has `SWTPM_IO_Read: length N` and the command's bytes behind it. */
size_t swtpm_count(const struct swtpm *tpm, uint32_t code)
{
	FILE *log = fopen(tempdir_file(&tpm->dir, "log"), "r");
	char line[256];
	size_t n = 0;

	assert_non_null(log);
	while (fgets(line, sizeof(line), log)) {
		unsigned b[4];

		if (!strstr(line, "SWTPM_IO_Read: length") ||
			!fgets(line, sizeof(line), log))
			continue;
		if (sscanf(line, " %*x %*x %*x %*x %*x %*x %x %x %x %x", &b[0],
			    &b[1], &b[2], &b[3]) != 4)
			continue;
		n += code == 0 ||
		     code == (b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3]);
	}
	(void)fclose(log);
	return n;
}

static struct tpm *connect_to(struct swtpm *tpm)
{
	struct tpm *conn = NULL;

	assert_int_equal(tpm_open(tpm->tcti, &conn, NULL), DEVID_OK);
	return conn;
}

static ESYS_TR object_at(struct tpm *conn, TPM2_HANDLE handle)
{
	ESYS_TR object = ESYS_TR_NONE;

	assert_int_equal(Esys_TR_FromTPMPublic(conn->esys, handle, ESYS_TR_NONE,
				 ESYS_TR_NONE, ESYS_TR_NONE, &object),
		0);
	return object;
}

void swtpm_evict(struct swtpm *tpm, TPM2_HANDLE handle)
{
	struct tpm *conn = connect_to(tpm);
	ESYS_TR object = object_at(conn, handle), none = ESYS_TR_NONE;

	assert_int_equal(Esys_EvictControl(conn->esys, ESYS_TR_RH_OWNER, object,
				 ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				 handle, &none),
		0);
	tpm_close(conn);
}

void swtpm_lock_out(struct swtpm *tpm)
{
	struct tpm *conn = connect_to(tpm);
	ESYS_TR object = object_at(conn, template_handle(KEY_ROLE_IDEVID));
	TPM2B_AUTH wrong = { 5, "wrong" };
	TPM2B_DIGEST digest = { 32, { 0 } };
	TPMT_SIG_SCHEME scheme = { TPM2_ALG_ECDSA, { { TPM2_ALG_SHA256 } } };
	TPMT_TK_HASHCHECK ticket = { TPM2_ST_HASHCHECK, TPM2_RH_NULL, { 0 } };
	TPMT_SIGNATURE *sig = NULL;

	assert_int_equal(Esys_DictionaryAttackParameters(conn->esys,
				 ESYS_TR_RH_LOCKOUT, ESYS_TR_PASSWORD,
				 ESYS_TR_NONE, ESYS_TR_NONE, 1, 10000, 10000),
		0);
	assert_int_equal(Esys_TR_SetAuth(conn->esys, object, &wrong), 0);
	assert_int_not_equal(
		Esys_Sign(conn->esys, object, ESYS_TR_PASSWORD, ESYS_TR_NONE,
			ESYS_TR_NONE, &digest, &scheme, &ticket, &sig),
		0);
	tpm_close(conn);
}

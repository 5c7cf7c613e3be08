/* SPDX-License-Identifier: Apache-2.0 */
#include "swtpm.h"

#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "await.h"
#include "cmocka-all.h"
#include "tpm-template.h"

#define SWTPM_STATE "tpm2-00.permall"

/* It writes the file "ready" when both sockets listen. */
static void exec_swtpm(const struct swtpm *tpm)
{
	char state[128], server[128], ctrl[128], log[128], pid[128];
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
	(void)snprintf(pid, sizeof(pid), "file=%s/ready", dir);
	(void)execlp("swtpm", "swtpm", "socket", "--tpm2", "--tpmstate", state,
		"--server", server, "--ctrl", ctrl, "--flags",
		"not-need-init,startup-clear", "--log", log, "--pid", pid,
		(char *)NULL);
	_exit(127);
}

static bool is_ready(const struct swtpm *tpm)
{
	struct stat st;

	return stat(tempdir_file(&tpm->dir, "ready"), &st) == 0 &&
	       st.st_size > 0;
}

void swtpm_start(struct swtpm *tpm)
{
	int fds[] = { await_watch_open(tpm->dir.path), -1 };

	(void)unlink(tempdir_file(&tpm->dir, "tpm.sock.ctrl"));
	(void)unlink(tempdir_file(&tpm->dir, "tpm.sock"));
	(void)unlink(tempdir_file(&tpm->dir, "ready"));
	tpm->pid = fork();
	assert_true(tpm->pid >= 0);
	if (tpm->pid == 0)
		exec_swtpm(tpm);
	fds[1] = await_pidfd(tpm->pid);
	while (!is_ready(tpm)) {
		if (await_any(fds, N_OF(fds)) != 0)
			fail_msg("swtpm does not start");
		await_watch_clear(fds[0]);
	}
	(void)close(fds[0]);
	(void)close(fds[1]);
}

void swtpm_stop(struct swtpm *tpm)
{
	if (tpm->pid <= 0)
		return;
	(void)kill(tpm->pid, SIGKILL);
	(void)waitpid(tpm->pid, NULL, 0);
	tpm->pid = 0;
}

static void name_tctis(struct swtpm *tpm)
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
}

void swtpm_new(struct swtpm *tpm)
{
	name_tctis(tpm);
	swtpm_start(tpm);
}

/* swtpm_setup with a CA of its own in @dir. */
static void exec_setup(const struct tempdir *dir)
{
	const char *config = tempdir_file(dir, "setup.conf");
	char text[1024];
	int n, null = open("/dev/null", O_RDWR);

	n = snprintf(text, sizeof(text),
		"create_certs_tool = /usr/bin/swtpm_localca\n"
		"create_certs_tool_config = %s/localca.conf\n"
		"create_certs_tool_options = %s/localca.options\n"
		"active_pcr_banks = sha256\n",
		dir->path, dir->path);
	tempdir_write(dir, "setup.conf", text, (size_t)n, 0644);
	n = snprintf(text, sizeof(text),
		"statedir = %s\nsigningkey = %s/ca.key\n"
		"issuercert = %s/ca.pem\ncertserial = %s/serial\n",
		dir->path, dir->path, dir->path, dir->path);
	tempdir_write(dir, "localca.conf", text, (size_t)n, 0644);
	tempdir_write(dir, "localca.options", "", 0, 0644);
	(void)dup2(null, STDOUT_FILENO);
	(void)dup2(null, STDERR_FILENO);
	(void)setenv("TMPDIR", dir->path, 1); /* what it leaves goes too */
	(void)execlp("swtpm_setup", "swtpm_setup", "--tpm2", "--tpmstate",
		dir->path, "--createek", "--create-ek-cert", "--config", config,
		(char *)NULL);
	_exit(127);
}

/* The state of such a TPM; made once. */
static const uint8_t *manufacture(size_t *ret_len)
{
	static uint8_t state[65536];
	static size_t len;
	struct tempdir dir;
	int status = -1;
	FILE *f;
	pid_t pid;

	*ret_len = len;
	if (len > 0)
		return state;
	dir = tempdir_new();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		exec_setup(&dir);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	f = fopen(tempdir_file(&dir, SWTPM_STATE), "r");
	if (status != 0 || !f)
		fail_msg("swtpm_setup failed");
	*ret_len = len = fread(state, 1, sizeof(state), f);
	(void)fclose(f);
	tempdir_remove(&dir);
	assert_true(len > 0 && len < sizeof(state));
	return state;
}

void swtpm_new_manufactured(struct swtpm *tpm)
{
	size_t len;
	const uint8_t *state = manufacture(&len);

	name_tctis(tpm);
	tempdir_write(&tpm->dir, SWTPM_STATE, state, len, 0600);
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

static size_t count_handles(struct tpm *conn, TPM2_HANDLE from)
{
	TPMS_CAPABILITY_DATA *cap = NULL;
	TPMI_YES_NO more;
	size_t n;

	assert_int_equal(
		Esys_GetCapability(conn->esys, ESYS_TR_NONE, ESYS_TR_NONE,
			ESYS_TR_NONE, TPM2_CAP_HANDLES, from, 16, &more, &cap),
		0);
	n = cap->data.handles.count;
	Esys_Free(cap);
	return n;
}

size_t swtpm_leftovers(struct swtpm *tpm)
{
	struct tpm *conn = connect_to(tpm);
	size_t n = count_handles(conn, 0x80000000u) +
		   count_handles(conn, TPM2_LOADED_SESSION_FIRST) +
		   count_handles(conn, TPM2_ACTIVE_SESSION_FIRST);

	tpm_close(conn);
	return n;
}

void swtpm_nv_remove(struct swtpm *tpm, TPM2_HANDLE index)
{
	struct tpm *conn = connect_to(tpm);
	ESYS_TR object = ESYS_TR_NONE;

	if (Esys_TR_FromTPMPublic(conn->esys, index, ESYS_TR_NONE, ESYS_TR_NONE,
		    ESYS_TR_NONE, &object) == 0)
		assert_int_equal(
			Esys_NV_UndefineSpace(conn->esys, ESYS_TR_RH_PLATFORM,
				object, ESYS_TR_PASSWORD, ESYS_TR_NONE,
				ESYS_TR_NONE),
			0);
	tpm_close(conn);
}

static void write_parts(
	struct tpm *conn, ESYS_TR object, const uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len; at += 512) {
		TPM2B_MAX_NV_BUFFER part = { 0 };

		part.size = (uint16_t)(len - at < 512 ? len - at : 512);
		memcpy(part.buffer, data + at, part.size);
		assert_int_equal(Esys_NV_Write(conn->esys, ESYS_TR_RH_PLATFORM,
					 object, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					 ESYS_TR_NONE, &part, (uint16_t)at),
			0);
	}
}

void swtpm_nv_write(
	struct swtpm *tpm, TPM2_HANDLE index, const void *data, size_t len)
{
	TPM2B_AUTH auth = { 0 };
	TPM2B_NV_PUBLIC pub = {
		.nvPublic = { .nvIndex = index,
			.nameAlg = TPM2_ALG_SHA256,
			.attributes = TPMA_NV_PLATFORMCREATE |
				      TPMA_NV_AUTHREAD | TPMA_NV_OWNERREAD |
				      TPMA_NV_PPREAD | TPMA_NV_PPWRITE |
				      TPMA_NV_NO_DA | TPMA_NV_WRITEDEFINE,
			.dataSize = (uint16_t)len }
	};
	ESYS_TR object = ESYS_TR_NONE;
	struct tpm *conn;

	swtpm_nv_remove(tpm, index);
	conn = connect_to(tpm);
	assert_int_equal(Esys_NV_DefineSpace(conn->esys, ESYS_TR_RH_PLATFORM,
				 ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				 &auth, &pub, &object),
		0);
	write_parts(conn, object, data, len);
	tpm_close(conn);
}

void swtpm_close_endorsement(struct swtpm *tpm)
{
	struct tpm *conn = connect_to(tpm);
	TPM2B_AUTH auth = { 4, "auth" };

	assert_int_equal(
		Esys_HierarchyChangeAuth(conn->esys, ESYS_TR_RH_ENDORSEMENT,
			ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE, &auth),
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

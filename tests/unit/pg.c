/* SPDX-License-Identifier: Apache-2.0 */
#include "pg.h"

#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <postgresql/libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "await.h"
#include "cmocka-all.h"

#define BIN "/usr/lib/postgresql/15/bin/"

/* initdb and the server refuse root; they run as the package's user then. */
static const struct passwd *server_user(void)
{
	const struct passwd *pw;

	if (geteuid() != 0)
		return NULL;
	pw = getpwnam("postgres");
	assert_non_null(pw);
	return pw;
}

void pg_own(const char *path)
{
	const struct passwd *pw = server_user();

	if (pw)
		assert_int_equal(chown(path, pw->pw_uid, pw->pw_gid), 0);
}

static const char *notify_of(const struct pg *pg)
{
	return tempdir_file(&pg->dir, "notify");
}

/* Starts a program as that user, its output in the file "log". */
static pid_t start(const struct pg *pg, char *const argv[])
{
	const struct passwd *pw = server_user();
	const char *log = tempdir_file(&pg->dir, "log");
	pid_t pid = fork();
	int fd;

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (fd < 0 || dup2(fd, STDOUT_FILENO) < 0 ||
		dup2(fd, STDERR_FILENO) < 0)
		_exit(126);
	if (pw && (setgroups(0, NULL) < 0 || setgid(pw->pw_gid) < 0 ||
			  setuid(pw->pw_uid) < 0))
		_exit(126);
	(void)setenv("NOTIFY_SOCKET", notify_of(pg), 1);
	/* Behind setuid(), which would undo it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGQUIT);
	if (chdir("/") < 0)
		_exit(126);
	(void)execv(argv[0], argv);
	_exit(127);
}

static void make_cluster(const struct pg *pg)
{
	char bin[] = BIN "initdb", nosync[] = "-N", locale[] = "--locale=C",
	     utf8[] = "-EUTF8", trust[] = "-Atrust", user[] = "-Upostgres",
	     data[128];
	char *const argv[] = { bin, nosync, locale, utf8, trust, user, data,
		NULL };
	int status;

	(void)snprintf(data, sizeof(data), "-D%s/data", pg->dir.path);
	assert_int_equal(
		waitpid(start(pg, argv), &status, 0) > 0 ? status : -1, 0);
}

static void conninfo(const struct pg *pg, char *ret, size_t size)
{
	(void)snprintf(ret, size, "host=%s user=postgres dbname=postgres",
		pg->dir.path);
}

void pg_start(struct pg *pg)
{
	char bin[] = BIN "postgres",
	     listen[] = "-clisten_addresses=", data[128], socket[128],
	     info[256];
	char *const argv[] = { bin, listen, data, socket, NULL };
	int notify = await_notify_open(notify_of(pg));

	(void)snprintf(data, sizeof(data), "-D%s/data", pg->dir.path);
	(void)snprintf(socket, sizeof(socket), "-k%s", pg->dir.path);
	conninfo(pg, info, sizeof(info));
	pg->pid = start(pg, argv);
	if (!await_notify_ready(notify, pg->pid))
		fail_msg("PostgreSQL does not start");
	(void)close(notify);
	assert_int_equal(PQping(info), PQPING_OK);
}

void pg_stop(struct pg *pg)
{
	if (pg->pid <= 0)
		return;
	(void)kill(pg->pid, SIGQUIT);
	(void)waitpid(pg->pid, NULL, 0);
	pg->pid = 0;
}

void pg_new(struct pg *pg)
{
	pg->dir = tempdir_new();
	pg_own(pg->dir.path);
	make_cluster(pg);
	pg_start(pg);
}

static int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void pg_free(struct pg *pg)
{
	pg_stop(pg);
	(void)nftw(pg->dir.path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void pg_run(const struct pg *pg, const char *sql)
{
	char info[256];
	PGconn *conn;
	PGresult *res;

	conninfo(pg, info, sizeof(info));
	conn = PQconnectdb(info);
	res = PQexec(conn, sql);
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(conn));
	PQclear(res);
	PQfinish(conn);
}

void pg_schema(struct pg *pg, const char *settings, char *ret, size_t size)
{
	static unsigned n;
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "CREATE SCHEMA t%u", ++n);
	pg_run(pg, sql);
	(void)snprintf(ret, size,
		"postgresql:host=%s user=postgres dbname=postgres"
		" options='-c search_path=t%u %s'",
		pg->dir.path, n, settings);
}

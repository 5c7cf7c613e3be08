/* SPDX-License-Identifier: Apache-2.0 */
#include "pg.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <limits.h>
#include <postgresql/libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "await.h"
#include "cmocka-all.h"

#define SERVERS "/usr/lib/postgresql/*/bin/postgres"

/* The path of a program of the newest server; Debian has each version in a
 * folder of its own, outside of PATH. */
static void name_program(const char *name, char ret[PATH_MAX])
{
	const char *newest = NULL;
	glob_t found;

	if (glob(SERVERS, GLOB_NOSORT, NULL, &found) != 0)
		fail_msg("no %s: the package postgresql is missing", SERVERS);
	for (size_t i = 0; i < found.gl_pathc; i++)
		if (!newest || strverscmp(found.gl_pathv[i], newest) > 0)
			newest = found.gl_pathv[i];
	(void)snprintf(ret, PATH_MAX, "%.*s/%s",
		(int)(strrchr(newest, '/') - newest), newest, name);
	globfree(&found);
}

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

/* Starts a program, as user @pw unless NULL, its output in the file "log". */
static pid_t start_as(
	const struct passwd *pw, const struct pg *pg, char *const argv[])
{
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

static pid_t start(const struct pg *pg, char *const argv[])
{
	return start_as(server_user(), pg, argv);
}

static void wait_good(pid_t pid, const char *program)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status != 0)
		fail_msg("%s failed", program);
}

static int remove_one(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* ---- the cluster ---- */

/* What initdb is told, but where. A small log is quick to copy. */
#define INITDB                                                                 \
	"-N", "--locale=C", "-EUTF8", "-Atrust", "-Upostgres", "--wal-segsize=1"

static const char cheap[] = "shared_buffers = 4MB\n"
			    "autovacuum = off\n"
			    "max_parallel_workers = 0\n"
			    "jit = off\n"
			    "wal_level = minimal\n"
			    "max_wal_senders = 0\n";

static void run_initdb(const struct pg *pg)
{
	static const char *const args[] = { INITDB };
	char bin[PATH_MAX], data[128], *argv[N_OF(args) + 3] = { bin, data };

	name_program("initdb", bin);
	(void)snprintf(data, sizeof(data), "-D%s/data", pg->dir.path);
	for (size_t i = 0; i < N_OF(args); i++)
		argv[i + 2] = (char *)args[i];
	wait_good(start(pg, argv), bin);
}

/* The server's version, such as 15.13. */
static void tell_version(char ret[32])
{
	char command[PATH_MAX];
	FILE *f;

	name_program("postgres --version", command);
	f = popen(command, "re");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*s (PostgreSQL) %31s", ret), 1);
	assert_int_equal(pclose(f), 0);
}

/* Where a cluster of this version, made by these arguments, is kept: in the
 * folder of what is built. */
static void name_template(char ret[PATH_MAX])
{
	static const char *const args[] = { INITDB };
	ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX / 2);
	char version[32];

	assert_true(n > 0 && n < PATH_MAX / 2);
	ret[n] = '\0';
	for (int up = 0; up < 3; up++) /* build/tests/unit/test-x */
		*strrchr(ret, '/') = '\0';
	tell_version(version);
	(void)strcat(strcat(ret, "/postgresql-"), version);
	for (size_t i = 0; i < N_OF(args); i++)
		(void)strcat(ret, args[i]);
}

/* As the test's own user: the server's need not get to the build. */
static void copy(const struct pg *pg, const char *from, const char *to)
{
	char *const argv[] = { (char[]) { "/bin/cp" }, (char[]) { "-a" },
		(char *)from, (char *)to, NULL };

	wait_good(start_as(NULL, pg, argv), argv[0]);
}

/* initdb takes longer than most tests: the first that needs a cluster leaves a
 * copy for all that come later. */
static void make_data(const struct pg *pg, const char *data)
{
	char template[PATH_MAX], part[PATH_MAX + 8];
	int lock;

	name_template(template);
	(void)snprintf(part, sizeof(part), "%s.lock", template);
	lock = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(lock >= 0);
	assert_int_equal(flock(lock, LOCK_EX), 0);
	if (access(template, F_OK) == 0) {
		copy(pg, template, data);
	} else {
		run_initdb(pg);
		(void)snprintf(part, sizeof(part), "%s.part", template);
		(void)nftw(part, remove_one, 16, FTW_DEPTH | FTW_PHYS);
		copy(pg, data, part);
		assert_int_equal(rename(part, template), 0);
	}
	(void)close(lock);
}

static void make_cluster(const struct pg *pg)
{
	char data[128];
	FILE *conf;

	(void)snprintf(data, sizeof(data), "%s/data", pg->dir.path);
	make_data(pg, data);
	conf = fopen(tempdir_file(&pg->dir, "data/postgresql.conf"), "ae");
	assert_non_null(conf);
	assert_true(fputs(cheap, conf) >= 0);
	assert_int_equal(fclose(conf), 0);
}

static void conninfo(const struct pg *pg, char *ret, size_t size)
{
	(void)snprintf(ret, size, "host=%s user=postgres dbname=postgres",
		pg->dir.path);
}

void pg_start(struct pg *pg)
{
	char bin[PATH_MAX], listen[] = "-clisten_addresses=", data[128],
			    socket[128], info[256];
	char *const argv[] = { bin, listen, data, socket, NULL };
	int notify = await_notify_open(notify_of(pg));

	name_program("postgres", bin);
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

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite's log behind a buffer: few writes, none lost. The default VFS here
 * is one of ours that counts what comes out of the buffer, and fails as told.
 */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "db-sqlite-vfs.h"
#include "db-open.h"
#include "files.h"
#include "tempdir.h"

#define FRAME_LEN   4120 /* a page and its header */
#define HEADER_LEN  32   /* of the log */
#define FRAMES_OUT  15   /* whole ones in a write of the full buffer */
#define BUFFER_LEN  65536
#define ROW_LEN     3000       /* one to a page */
#define MANY        200        /* rows */
#define CACHE_PAGES 4096       /* db-sqlite.c: 16 MiB */
#define COPY_MAX    (64 << 20) /* bytes of a log */

/* ---- what is below the buffer ---- */

static struct {
	unsigned writes, syncs;
	int64_t bytes;
	unsigned fail_at;     /* this write of the log fails; 0: none */
	unsigned fail_eighth; /* so many eighths of it are written */
	int fail_code;
	bool no_powersafe;
	const sqlite3_io_methods *real; /* borrowed, of SQLite's log file */
	sqlite3_io_methods ours;
} disk;

static sqlite3_vfs counting, *unix_vfs;

static int count_write(
	sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	disk.writes++;
	disk.bytes += len;
	if (disk.writes != disk.fail_at)
		return disk.real->xWrite(file, data, len, at);
	(void)disk.real->xWrite(
		file, data, (int)(len * disk.fail_eighth / 8), at);
	return disk.fail_code;
}

static int count_sync(sqlite3_file *file, int flags)
{
	disk.syncs++;
	return disk.real->xSync(file, flags);
}

static int characteristics(sqlite3_file *file)
{
	int flags = disk.real->xDeviceCharacteristics(file);

	return disk.no_powersafe ? flags & ~SQLITE_IOCAP_POWERSAFE_OVERWRITE
				 : flags;
}

static int count_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *file,
	int flags, int *ret_flags)
{
	int rc = unix_vfs->xOpen(unix_vfs, path, file, flags, ret_flags);

	(void)vfs;
	if (rc != SQLITE_OK || !(flags & SQLITE_OPEN_WAL))
		return rc;
	disk.real = file->pMethods;
	disk.ours = *disk.real;
	disk.ours.xWrite = count_write;
	disk.ours.xSync = count_sync;
	disk.ours.xDeviceCharacteristics = characteristics;
	file->pMethods = &disk.ours;
	return rc;
}

static void count_again(void)
{
	disk.writes = 0;
	disk.syncs = 0;
	disk.bytes = 0;
	disk.fail_at = 0;
	disk.fail_eighth = 4;
	disk.no_powersafe = false;
}

static int below_new(void **state)
{
	(void)state;
	unix_vfs = sqlite3_vfs_find(NULL);
	counting = *unix_vfs;
	counting.zName = "counting";
	counting.xOpen = count_open;
	return sqlite3_vfs_register(&counting, 1);
}

/* ---- databases ---- */

static struct tempdir dir;

static int dir_new(void **state)
{
	(void)state;
	dir = tempdir_new_on_disk();
	count_again();
	return 0;
}

static int dir_done(void **state)
{
	(void)state;
	tempdir_remove(&dir);
	return 0;
}

static struct db *open_db(void)
{
	struct devid_error err = { 0 };
	struct db *db = NULL;
	char uri[256];

	(void)snprintf(uri, sizeof(uri), "sqlite:%s/t.db", dir.path);
	if (db_open(uri, &db, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	return db;
}

static struct db *open_with_table(void)
{
	struct db *db = open_db();

	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(db_script(db, "CREATE TABLE t (b BLOB)", NULL), DEVID_OK);
	assert_rc(db_commit(db, NULL), DEVID_OK);
	count_again();
	return db;
}

static enum devid_err note(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	(void)err;
	assert_int_equal(n_columns, 1);
	*(int64_t *)arg = columns[0].num;
	return DEVID_OK;
}

static int64_t number(struct db *db, const char *sql)
{
	int64_t n = -1;

	assert_rc(db_run(db, DB_QUERY(sql, NULL, 0), note, &n, NULL), DEVID_OK);
	return n;
}

static int64_t rows(struct db *db)
{
	return number(db, "SELECT count(*) FROM t");
}

static void assert_whole(struct db *db)
{
	assert_int_equal(number(db, "SELECT count(*) FROM"
				    " pragma_integrity_check"
				    " WHERE integrity_check = 'ok'"),
		1);
}

static void insert(struct db *db, unsigned n)
{
	static const uint8_t zeros[ROW_LEN];
	const struct db_value v = DB_BLOB_V(zeros, sizeof(zeros));

	for (unsigned i = 0; i < n; i++)
		assert_rc(db_run(db,
				  DB_QUERY("INSERT INTO t (b) VALUES (?1)", &v,
					  1),
				  NULL, NULL, NULL),
			DEVID_OK);
}

static enum devid_err add(struct db *db, unsigned n)
{
	assert_rc(db_begin(db, NULL), DEVID_OK);
	insert(db, n);
	return db_commit(db, NULL);
}

/* ---- commits ---- */

static void commit_of_many_pages_makes_few_writes(void **state)
{
	struct db *db = open_with_table();

	(void)state;
	assert_rc(add(db, MANY), DEVID_OK);
	assert_int_equal(disk.bytes % FRAME_LEN, 0);
	assert_true(disk.bytes / FRAME_LEN >= MANY);
	assert_true(disk.writes <= disk.bytes / FRAME_LEN / FRAMES_OUT + 1);
	assert_int_equal(disk.syncs, 1);
	count_again();
	assert_rc(add(db, 1), DEVID_OK);
	assert_int_equal(disk.writes, 1);
	assert_int_equal(disk.syncs, 1);
	db_close(db);
}

static void commit_is_seen_by_another_connection(void **state)
{
	struct db *writer = open_with_table(), *reader = open_db();

	(void)state;
	for (unsigned i = 1; i <= 20; i++) {
		assert_rc(add(writer, i), DEVID_OK);
		assert_int_equal(rows(reader), i * (i + 1) / 2);
	}
	assert_whole(reader);
	/* The other way, too: each finds the end of the log as it is now. */
	assert_rc(add(reader, 1), DEVID_OK);
	assert_rc(add(writer, 1), DEVID_OK);
	assert_int_equal(rows(reader), 212);
	assert_whole(writer);
	db_close(reader);
	db_close(writer);
}

/* What another process finds, for its exit code; asserts nothing there. */
static int rows_elsewhere(void)
{
	struct db *db = NULL;
	int64_t n = -1;
	char uri[256];

	(void)snprintf(uri, sizeof(uri), "sqlite:%s/t.db", dir.path);
	if (db_open(uri, &db, NULL) != DEVID_OK ||
		db_run(db, DB_QUERY("SELECT count(*) FROM t", NULL, 0), note,
			&n, NULL) != DEVID_OK)
		return 255;
	return (int)n;
}

/* Begun before this process opens anything: locks do not survive a fork. */
static pid_t start_reader(int *ret_go)
{
	int fds[2];
	pid_t pid;
	char go;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)close(fds[1]);
		_exit(read(fds[0], &go, 1) == 1 ? rows_elsewhere() : 255);
	}
	(void)close(fds[0]);
	*ret_go = fds[1];
	return pid;
}

static void commit_is_seen_by_another_process(void **state)
{
	int go, status = 0;
	pid_t pid = start_reader(&go);
	struct db *db = open_with_table();

	(void)state;
	assert_rc(add(db, MANY), DEVID_OK);
	assert_int_equal(write(go, "", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), MANY);
	(void)close(go);
	db_close(db);
}

/* More than the cache holds: nothing may be written before the commit. */
static void rollback_of_many_pages_writes_nothing(void **state)
{
	struct db *db = open_with_table();

	(void)state;
	assert_rc(db_begin(db, NULL), DEVID_OK);
	insert(db, CACHE_PAGES + MANY);
	assert_int_equal(rows(db), CACHE_PAGES + MANY);
	db_rollback(db);
	assert_int_equal(disk.writes, 0);
	assert_int_equal(rows(db), 0);
	assert_rc(add(db, 1), DEVID_OK);
	assert_int_equal(rows(db), 1);
	assert_whole(db);
	db_close(db);
}

static void log_restarted_or_truncated_goes_on(void **state)
{
	static const char *const scripts[] = {
		"PRAGMA wal_checkpoint(RESTART)",
		"PRAGMA wal_checkpoint(TRUNCATE)",
		"PRAGMA wal_checkpoint(PASSIVE)",
	};
	struct db *db = open_with_table(), *other = open_db();

	(void)state;
	for (unsigned i = 0; i < N_OF(scripts); i++) {
		assert_rc(add(db, MANY), DEVID_OK);
		assert_rc(db_script(db, scripts[i], NULL), DEVID_OK);
		count_again();
		assert_rc(add(db, 1), DEVID_OK);
		assert_int_equal(disk.bytes % FRAME_LEN, HEADER_LEN);
		assert_int_equal(disk.writes, 2); /* the header is synced */
		assert_int_equal(disk.syncs, 2);
		assert_int_equal(rows(other), (i + 1) * (MANY + 1));
	}
	db_close(other);
	db_close(db);
	assert_int_equal(tempdir_count(&dir), 1); /* the log is gone */
	db = open_db();
	assert_int_equal(rows(db), N_OF(scripts) * (MANY + 1));
	assert_whole(db);
	db_close(db);
}

/* Fails the @at-th write of a commit; false: it had fewer. */
static bool fail_commit(struct db *db, struct db *other, unsigned at, int code)
{
	int64_t before = rows(db);
	enum devid_err rc;

	count_again();
	disk.fail_at = at;
	disk.fail_code = code;
	rc = add(db, MANY);
	if (disk.writes < at) {
		assert_rc(rc, DEVID_OK);
		return false;
	}
	assert_rc(rc, DEVID_ERR_IO);
	assert_int_equal(disk.writes, at); /* nothing comes after it */
	assert_int_equal(rows(db), before);
	assert_int_equal(rows(other), before);
	assert_int_equal(disk.writes, at);
	/* By turns: who writes next must not meet what the other left. */
	count_again();
	assert_rc(add(at % 2 ? db : other, 1), DEVID_OK);
	assert_int_equal(rows(db), before + 1);
	assert_int_equal(rows(other), before + 1);
	return true;
}

static unsigned fail_each_write(int code, const char *before_each)
{
	struct db *db = open_with_table(), *other = open_db();
	bool failed = true;
	unsigned at;

	for (at = 0; failed; at++) {
		assert_rc(db_script(db, before_each, NULL), DEVID_OK);
		failed = fail_commit(db, other, at + 1, code);
	}
	assert_whole(db);
	db_close(other);
	db_close(db);
	db = open_db();
	assert_int_equal(rows(db), at - 1 + MANY);
	assert_whole(db);
	db_close(db);
	return at - 1;
}

static void commit_failed_write_is_undone_and_goes_on(void **state)
{
	(void)state;
	assert_true(fail_each_write(SQLITE_FULL, "") > MANY / FRAMES_OUT);
}

static void commit_failed_write_of_new_log_is_undone_and_goes_on(void **state)
{
	(void)state;
	assert_true(
		fail_each_write(SQLITE_IOERR_WRITE,
			"PRAGMA wal_checkpoint(TRUNCATE)") > MANY / FRAMES_OUT);
}

static void copy(const char *suffix)
{
	char name[64];
	uint8_t *data = NULL;
	size_t len = 0;

	(void)snprintf(name, sizeof(name), "t.db%s", suffix);
	assert_rc(files_read(tempdir_file(&dir, name), COPY_MAX, &data, &len,
			  NULL),
		DEVID_OK);
	(void)snprintf(name, sizeof(name), "copy.db%s", suffix);
	tempdir_write(&dir, name, data, len, 0600);
	free(data);
}

/* What a process finds that comes after this one was killed here. */
static void assert_recovered(int64_t want)
{
	struct db *db = NULL;
	char uri[256];

	copy("");
	copy("-wal");
	(void)snprintf(uri, sizeof(uri), "sqlite:%s/copy.db", dir.path);
	assert_rc(db_open(uri, &db, NULL), DEVID_OK);
	assert_int_equal(rows(db), want);
	assert_whole(db);
	db_close(db);
}

/* Also of the last write, with the commit's mark at its end. */
static void commit_torn_write_leaves_a_log_to_recover(void **state)
{
	struct db *db = open_with_table();
	unsigned writes, n = MANY;

	(void)state;
	assert_rc(add(db, MANY), DEVID_OK);
	writes = disk.writes;
	for (unsigned i = 0; i < 16; i++) {
		count_again();
		disk.fail_at = i < 8 ? 2 : writes;
		disk.fail_eighth = i % 8;
		disk.fail_code = SQLITE_FULL;
		assert_rc(add(db, MANY), DEVID_ERR_IO);
		assert_recovered(n);
		assert_rc(add(db, 1), DEVID_OK);
		n++;
		assert_recovered(n);
	}
	db_close(db);
}

static void commit_without_powersafe_is_not_buffered(void **state)
{
	struct db *db;

	(void)state;
	db_close(open_with_table());
	disk.no_powersafe = true;
	db = open_db();
	assert_rc(add(db, MANY), DEVID_OK);
	assert_true(disk.writes >= 2 * MANY);
	assert_int_equal(rows(db), MANY);
	db_close(db);
}

/* ---- one file ---- */

/* Owned: the memory SQLite would give it. */
static sqlite3_file *open_file(const char *name, int type)
{
	/* Two zeros behind a name: it has no parameters (SQLite). */
	static char path[PATH_MAX];
	sqlite3_vfs *vfs = sqlite3_vfs_find(DB_SQLITE_VFS);
	sqlite3_file *file;

	assert_non_null(vfs);
	file = calloc(1, (size_t)vfs->szOsFile);
	assert_non_null(file);
	memset(path, 0, sizeof(path));
	(void)snprintf(path, sizeof(path) - 1, "%s", tempdir_file(&dir, name));
	assert_int_equal(
		vfs->xOpen(vfs, path, file,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | type,
			NULL),
		SQLITE_OK);
	return file;
}

static sqlite3_file *open_log(void)
{
	tempdir_write(&dir, "t.db", "", 0, 0600); /* whose mode it takes */
	return open_file("t.db-wal", SQLITE_OPEN_WAL);
}

static void close_file(sqlite3_file *file)
{
	assert_int_equal(file->pMethods->xClose(file), SQLITE_OK);
	free(file);
}

static void put(sqlite3_file *file, const char *text, sqlite3_int64 at)
{
	assert_int_equal(
		file->pMethods->xWrite(file, text, (int)strlen(text), at),
		SQLITE_OK);
}

static void assert_got(sqlite3_file *file, const char *want)
{
	char got[64] = "";

	assert_int_equal(file->pMethods->xRead(file, got, (int)strlen(want), 0),
		SQLITE_OK);
	assert_string_equal(got, want);
}

static void write_adjoining_is_one(void **state)
{
	sqlite3_file *file = open_log();

	(void)state;
	put(file, "abc", 0);
	put(file, "def", 3);
	put(file, "g", 6);
	assert_int_equal(disk.writes, 0);
	assert_got(file, "abcdefg");
	assert_int_equal(disk.writes, 1);
	close_file(file);
	assert_int_equal(disk.writes, 1);
}

static void write_elsewhere_keeps_the_order(void **state)
{
	sqlite3_file *file = open_log();

	(void)state;
	put(file, "abcdef", 0);
	put(file, "XY", 1); /* over what waits */
	assert_int_equal(disk.writes, 1);
	put(file, "Z", 3);
	put(file, "hi", 7); /* a gap */
	assert_int_equal(disk.writes, 2);
	put(file, "g", 6);
	assert_got(file, "aXYZefghi");
	assert_int_equal(disk.writes, 4);
	close_file(file);
}

static void write_as_large_as_the_buffer_and_larger(void **state)
{
	static char large[BUFFER_LEN + 1], got[BUFFER_LEN + 1];
	sqlite3_file *file = open_log();
	const sqlite3_io_methods *m = file->pMethods;
	sqlite3_int64 len = 0;

	(void)state;
	memset(large, 'x', sizeof(large));
	assert_int_equal(m->xWrite(file, large, BUFFER_LEN, 0), SQLITE_OK);
	assert_int_equal(disk.writes, 0);
	put(file, "a", BUFFER_LEN);
	assert_int_equal(disk.writes, 1);
	assert_int_equal(m->xWrite(file, large, BUFFER_LEN + 1, BUFFER_LEN + 1),
		SQLITE_OK);
	assert_int_equal(disk.writes, 3);
	put(file, "b", 2 * BUFFER_LEN + 2);
	assert_int_equal(m->xFileSize(file, &len), SQLITE_OK);
	assert_int_equal(len, 2 * BUFFER_LEN + 3);
	assert_int_equal(
		m->xRead(file, got, BUFFER_LEN + 1, BUFFER_LEN + 1), SQLITE_OK);
	assert_memory_equal(got, large, sizeof(large));
	assert_int_equal(m->xRead(file, got, 1, BUFFER_LEN), SQLITE_OK);
	assert_int_equal(got[0], 'a');
	close_file(file);
}

static void other_calls_come_after_what_was_written(void **state)
{
	sqlite3_file *file = open_log();
	const sqlite3_io_methods *m = file->pMethods;
	sqlite3_int64 len = 0;
	struct stat st;
	int size = 0;

	(void)state;
	put(file, "abc", 0);
	assert_int_equal(m->xTruncate(file, 2), SQLITE_OK);
	assert_int_equal(m->xFileSize(file, &len), SQLITE_OK);
	assert_int_equal(len, 2);
	put(file, "c", 2);
	assert_int_equal(m->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
	assert_int_equal(disk.writes, 2);
	put(file, "d", 3);
	(void)m->xFileControl(file, SQLITE_FCNTL_CHUNK_SIZE, &size);
	assert_int_equal(disk.writes, 3);
	put(file, "e", 4);
	close_file(file);
	assert_int_equal(stat(tempdir_file(&dir, "t.db-wal"), &st), 0);
	assert_int_equal(st.st_size, 5);
}

static void write_error_is_told_once_and_drops_the_buffer(void **state)
{
	sqlite3_file *file = open_log();
	const sqlite3_io_methods *m = file->pMethods;
	sqlite3_int64 len = 0;

	(void)state;
	disk.fail_code = SQLITE_FULL;
	for (disk.fail_at = 1; disk.fail_at <= 3; disk.fail_at++) {
		put(file, "abcdef", 0);
		assert_int_equal(
			disk.fail_at == 1   ? m->xSync(file, SQLITE_SYNC_NORMAL)
			: disk.fail_at == 2 ? m->xFileSize(file, &len)
					    : m->xWrite(file, "x", 1, 50),
			SQLITE_FULL);
		assert_int_equal(m->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
		assert_int_equal(m->xFileSize(file, &len), SQLITE_OK);
		assert_int_equal(len, 3);
		assert_int_equal(disk.writes, disk.fail_at);
	}
	close_file(file);
}

static void open_other_file_is_the_vfs_below(void **state)
{
	sqlite3_file *file = open_file("t.db", SQLITE_OPEN_MAIN_DB);
	sqlite3_file *same = calloc(1, (size_t)unix_vfs->szOsFile);

	(void)state;
	assert_non_null(same);
	assert_int_equal(
		unix_vfs->xOpen(unix_vfs, tempdir_file(&dir, "t.db"), same,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_DB, NULL),
		SQLITE_OK);
	assert_ptr_equal(file->pMethods, same->pMethods);
	close_file(same);
	close_file(file);
}

static void open_failed_has_nothing_to_close(void **state)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(DB_SQLITE_VFS);
	sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);

	(void)state;
	assert_non_null(file);
	assert_int_not_equal(
		vfs->xOpen(vfs, tempdir_file(&dir, "none/t.db-wal"), file,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
				SQLITE_OPEN_WAL,
			NULL),
		SQLITE_OK);
	assert_null(file->pMethods);
	free(file);
}

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, dir_new, dir_done)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		IN_DIR(commit_is_seen_by_another_process),
		IN_DIR(commit_of_many_pages_makes_few_writes),
		IN_DIR(commit_is_seen_by_another_connection),
		IN_DIR(rollback_of_many_pages_writes_nothing),
		IN_DIR(log_restarted_or_truncated_goes_on),
		IN_DIR(commit_failed_write_is_undone_and_goes_on),
		IN_DIR(commit_failed_write_of_new_log_is_undone_and_goes_on),
		IN_DIR(commit_torn_write_leaves_a_log_to_recover),
		IN_DIR(commit_without_powersafe_is_not_buffered),
		IN_DIR(write_adjoining_is_one),
		IN_DIR(write_elsewhere_keeps_the_order),
		IN_DIR(write_as_large_as_the_buffer_and_larger),
		IN_DIR(other_calls_come_after_what_was_written),
		IN_DIR(write_error_is_told_once_and_drops_the_buffer),
		IN_DIR(open_other_file_is_the_vfs_below),
		IN_DIR(open_failed_has_nothing_to_close),
	};

	return cmocka_run_group_tests(tests, below_new, NULL);
}

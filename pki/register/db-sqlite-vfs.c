/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fewer writes to SQLite's write-ahead log. SQLite (3.40, wal.c) writes each
 * frame of it with two calls, 24 bytes of header and the page. Here adjoining
 * writes wait in a buffer of the open log until one of them does not adjoin or
 * does not fit, or until anything else is asked of the file.
 *
 * What SQLite was told is written may then be lost later, when the buffer goes
 * out and the disk is full. It holds nevertheless, with two settings of each
 * connection (db-sqlite.c):
 *
 * - synchronous = FULL: sqlite3WalFrames() writes the frames of a commit, syncs
 *   the log, and only then enters them in the wal-index, by which it and all
 *   others find them. xSync empties the buffer first, so that whoever finds a
 *   frame finds it in the file; and an error of the buffer is that of the sync:
 *   the commit fails, SQLite takes it back, and the next one writes to the same
 *   place. The log's own header is synced before the first frame.
 * - cache_spill = OFF: frames are written by COMMIT alone. Were pages of a
 *   transaction written before, when the cache is full, their loss could come
 *   to light in a statement that fails alone, and the rest would be committed.
 *
 * Between a commit's first write and its sync nothing can fail but these
 * writes, and a failed one empties the buffer: so it is empty whenever its
 * connection has not the lock for writing, and nothing old comes out of it
 * later over frames of others. Checkpoints, recovery, truncation and the end of
 * the log find it empty.
 *
 * Without SQLITE_IOCAP_POWERSAFE_OVERWRITE, commits are padded to a sector with
 * frames that are in part written behind the sync: there nothing is buffered.
 * SQLite asks the database's file for it and here it is the log's, which say
 * the same: on Unix all files have it but a database opened with psow=0 in a
 * URI, and db-sqlite.c takes paths alone.
 */
#include "db-sqlite-vfs.h"

#include <sqlite3.h>
#include <stddef.h>
#include <string.h>

#define BUFFER_LEN 65536 /* 15 frames of 4 KiB pages; a device takes fewer */

/* An open log; behind it in the same memory is the file of the VFS below. */
struct log_file {
	sqlite3_file file;  /* first: SQLite's view */
	unsigned char *buf; /* owned, BUFFER_LEN bytes; NULL: none wanted */
	size_t used;        /* bytes of @buf */
	sqlite3_int64 at;   /* their place in the file */
};

static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *below; /* borrowed from SQLite, for ever */
} shim;

static sqlite3_file *below(struct log_file *log)
{
	return (sqlite3_file *)(log + 1);
}

/* Empties the buffer even when it cannot be written. */
static int flush(struct log_file *log)
{
	size_t len = log->used;

	log->used = 0;
	if (len == 0)
		return SQLITE_OK;
	return below(log)->pMethods->xWrite(
		below(log), log->buf, (int)len, log->at);
}

/* ---- the log's methods ---- */

static int log_close(sqlite3_file *file)
{
	struct log_file *log = (struct log_file *)file;
	int rc = flush(log);
	int closed = below(log)->pMethods->xClose(below(log));

	sqlite3_free(log->buf);
	log->buf = NULL;
	return rc != SQLITE_OK ? rc : closed;
}

static int log_read(sqlite3_file *file, void *ret, int len, sqlite3_int64 at)
{
	struct log_file *log = (struct log_file *)file;
	int rc = flush(log);

	if (rc != SQLITE_OK)
		return rc;
	return below(log)->pMethods->xRead(below(log), ret, len, at);
}

static int log_write(
	sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	struct log_file *log = (struct log_file *)file;
	size_t n = (size_t)len;
	int rc = SQLITE_OK;

	if (at != log->at + (sqlite3_int64)log->used ||
		n > BUFFER_LEN - log->used)
		rc = flush(log);
	if (rc != SQLITE_OK)
		return rc;
	if (!log->buf || n > BUFFER_LEN)
		return below(log)->pMethods->xWrite(below(log), data, len, at);
	if (log->used == 0)
		log->at = at;
	memcpy(log->buf + log->used, data, n);
	log->used += n;
	return SQLITE_OK;
}

static int log_truncate(sqlite3_file *file, sqlite3_int64 len)
{
	struct log_file *log = (struct log_file *)file;
	int rc = flush(log);

	if (rc != SQLITE_OK)
		return rc;
	return below(log)->pMethods->xTruncate(below(log), len);
}

static int log_sync(sqlite3_file *file, int flags)
{
	struct log_file *log = (struct log_file *)file;
	int rc = flush(log);

	if (rc != SQLITE_OK)
		return rc;
	return below(log)->pMethods->xSync(below(log), flags);
}

static int log_file_size(sqlite3_file *file, sqlite3_int64 *ret)
{
	struct log_file *log = (struct log_file *)file;
	int rc = flush(log);

	if (rc != SQLITE_OK)
		return rc;
	return below(log)->pMethods->xFileSize(below(log), ret);
}

static int log_lock(sqlite3_file *file, int level)
{
	struct log_file *log = (struct log_file *)file;

	return below(log)->pMethods->xLock(below(log), level);
}

static int log_unlock(sqlite3_file *file, int level)
{
	struct log_file *log = (struct log_file *)file;

	return below(log)->pMethods->xUnlock(below(log), level);
}

static int log_check_reserved_lock(sqlite3_file *file, int *ret)
{
	struct log_file *log = (struct log_file *)file;

	return below(log)->pMethods->xCheckReservedLock(below(log), ret);
}

static int log_file_control(sqlite3_file *file, int op, void *arg)
{
	struct log_file *log = (struct log_file *)file;
	int rc = flush(log);

	if (rc != SQLITE_OK)
		return rc;
	return below(log)->pMethods->xFileControl(below(log), op, arg);
}

static int log_sector_size(sqlite3_file *file)
{
	struct log_file *log = (struct log_file *)file;

	return below(log)->pMethods->xSectorSize(below(log));
}

static int log_device_characteristics(sqlite3_file *file)
{
	struct log_file *log = (struct log_file *)file;

	return below(log)->pMethods->xDeviceCharacteristics(below(log));
}

/* Version 1: SQLite shares and maps memory of the database's own file only. */
static const sqlite3_io_methods log_methods = {
	.iVersion = 1,
	.xClose = log_close,
	.xRead = log_read,
	.xWrite = log_write,
	.xTruncate = log_truncate,
	.xSync = log_sync,
	.xFileSize = log_file_size,
	.xLock = log_lock,
	.xUnlock = log_unlock,
	.xCheckReservedLock = log_check_reserved_lock,
	.xFileControl = log_file_control,
	.xSectorSize = log_sector_size,
	.xDeviceCharacteristics = log_device_characteristics,
};

/* ---- the VFS ---- */

static int open_log(
	const char *path, struct log_file *log, int flags, int *ret_flags)
{
	sqlite3_file *file = below(log);
	int rc;

	*log = (struct log_file) { .buf = NULL };
	file->pMethods = NULL;
	rc = shim.below->xOpen(shim.below, path, file, flags, ret_flags);
	if (rc == SQLITE_OK && (file->pMethods->xDeviceCharacteristics(file) &
				       SQLITE_IOCAP_POWERSAFE_OVERWRITE)) {
		log->buf = sqlite3_malloc(BUFFER_LEN);
		rc = log->buf ? SQLITE_OK : SQLITE_NOMEM;
	}
	if (rc == SQLITE_OK)
		log->file.pMethods = &log_methods;
	else if (file->pMethods) /* the way to say that it wants a close */
		(void)file->pMethods->xClose(file); /* nothing was written */
	return rc;
}

/* Files other than the log are not ours: the VFS below opens them in place. */
static int open_any(sqlite3_vfs *vfs, const char *path, sqlite3_file *file,
	int flags, int *ret_flags)
{
	(void)vfs; /* there is one */
	if (flags & SQLITE_OPEN_WAL)
		return open_log(
			path, (struct log_file *)file, flags, ret_flags);
	return shim.below->xOpen(shim.below, path, file, flags, ret_flags);
}

void db_sqlite_vfs_register(void)
{
	shim.below = sqlite3_vfs_find(NULL);
	if (!shim.below)
		return;
	/* What is about names, time and so on stays as it is: of the VFS that
	 * it is called with, the one of Unix asks for mxPathname at most. */
	shim.vfs = *shim.below;
	if (shim.vfs.iVersion > 3) /* members that our header does not have */
		shim.vfs.iVersion = 3;
	shim.vfs.pNext = NULL;
	shim.vfs.zName = DB_SQLITE_VFS;
	shim.vfs.szOsFile += (int)sizeof(struct log_file);
	shim.vfs.xOpen = open_any;
	/* Its one error, without memory, is found again by who opens. */
	(void)sqlite3_vfs_register(&shim.vfs, 0);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_DB_SQLITE_VFS_H
#define DEVID_DB_SQLITE_VFS_H

/*
 * SQLite's default way to files ("VFS"), but for the write-ahead log: adjoining
 * writes to that are put together and go out as one. It does not check that a
 * connection has the settings that this needs (db-sqlite-vfs.c).
 */

#define DB_SQLITE_VFS "devid" /* for sqlite3_open_v2() */

/*
 * Makes DB_SQLITE_VFS known to SQLite, above what is the default now, for as
 * long as the process lives; once in a process. Where memory is missing for
 * that, each sqlite3_open_v2() with the name fails.
 */
void db_sqlite_vfs_register(void);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The two databases behind db.h behave as one. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "db.h"
#include "register-fixture.h"

static struct db *open_place(const struct place *p)
{
	struct devid_error err = { 0 };
	struct db *db = NULL;

	if (db_open(p->uri, &db, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	return db;
}

static struct db *open_with_table(const struct place *p)
{
	struct db *db = open_place(p);

	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(db_script(db, "CREATE TABLE t (n INTEGER UNIQUE)", NULL),
		DEVID_OK);
	assert_rc(db_commit(db, NULL), DEVID_OK);
	return db;
}

static enum devid_err insert(struct db *db, int64_t n, struct devid_error *err)
{
	const struct db_value v = DB_INT_V(n);

	return db_run(
		db, "INSERT INTO t (n) VALUES (?1)", &v, 1, NULL, NULL, err);
}

static enum devid_err note(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	(void)err;
	assert_int_equal(n_columns, 1);
	*(int64_t *)arg = columns[0].num;
	return DEVID_OK;
}

static int64_t count(struct db *db)
{
	int64_t n = -1;

	assert_rc(db_run(db, "SELECT count(*) FROM t", NULL, 0, note, &n, NULL),
		DEVID_OK);
	return n;
}

/* ---- opening ---- */

static void open_unknown_scheme_refused(void **state)
{
	static const char *const bad[] = { "", "mysql:x", "sqlite",
		"/tmp/register.db", "postgres:x" };
	struct db *db = NULL;

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		struct devid_error err = { 0 };

		assert_rc(db_open(bad[i], &db, &err), DEVID_ERR_INVALID);
		assert_cause(&err, "neither sqlite");
	}
}

static void open_relative_path_refused(void **state)
{
	struct devid_error err = { 0 };
	struct db *db = NULL;

	(void)state;
	assert_rc(db_open("sqlite:register.db", &db, &err), DEVID_ERR_INVALID);
	assert_cause(&err, "not an absolute path");
}

static void open_no_server_is_unreachable(void **state)
{
	const struct place *p = *state;
	struct devid_error err = { 0 };
	struct db *db = NULL;
	char uri[256];

	(void)snprintf(uri, sizeof(uri), "postgresql:host=%s", p->dir.path);
	assert_rc(db_open(uri, &db, &err), DEVID_ERR_UNREACHABLE);
	assert_true(err.text[0] != '\0');
}

static void open_new_file_is_the_owners_alone(void **state)
{
	const struct place *p = *state;
	struct stat st;

	if (p->postgres)
		return; /* no file of ours */
	db_close(open_with_table(p));
	assert_int_equal(stat(p->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(tempdir_count(&p->dir), 1); /* nothing left behind */
}

static void refuse_file(const struct place *p, const char *why)
{
	struct devid_error err = { 0 };
	struct db *db = NULL;

	assert_rc(db_open(p->uri, &db, &err), DEVID_ERR_DENIED);
	assert_cause(&err, why);
}

static void open_file_of_others_refused(void **state)
{
	const struct place *p = *state;

	if (p->postgres)
		return; /* no file of ours */
	db_close(open_with_table(p));
	assert_int_equal(chmod(p->path, 0660), 0);
	refuse_file(p, "group or others can write it (mode 0660)");
	assert_int_equal(chmod(p->path, 0602), 0);
	refuse_file(p, "group or others can write it (mode 0602)");
	assert_int_equal(chmod(p->path, 0640), 0);
	db_close(open_place(p));
	if (geteuid() != 0) {
		print_message("owner: not tried, only root can give a file\n");
		return;
	}
	assert_int_equal(chown(p->path, 12345, 0), 0);
	refuse_file(p, "owned by uid 12345");
}

static void open_link_refused(void **state)
{
	const struct place *p = *state;
	char other[160];

	if (p->postgres)
		return; /* no file of ours */
	(void)snprintf(other, sizeof(other), "%s.other", p->path);
	assert_int_equal(symlink(other, p->path), 0);
	refuse_file(p, "not a regular file");
	assert_int_equal(access(other, F_OK), -1);
}

static void open_file_of_other_format_refused(void **state)
{
	const struct place *p = *state;
	static const char text[200] = "not a database at all";
	struct db *db = NULL;

	if (p->postgres)
		return; /* no file of ours */
	tempdir_write(&p->dir, "register.db", text, sizeof(text), 0600);
	assert_rc(db_open(p->uri, &db, NULL), DEVID_ERR_IO);
}

static enum devid_err note_text(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	(void)err;
	assert_int_equal(n_columns, 1);
	assert_int_equal(columns[0].type, DB_TEXT);
	assert_true(columns[0].len < 16);
	memcpy(arg, columns[0].data, columns[0].len + 1);
	return DEVID_OK;
}

static void assert_setting(struct db *db, const char *sql, const char *want)
{
	char got[16] = "";

	assert_rc(db_run(db, sql, NULL, 0, note_text, got, NULL), DEVID_OK);
	assert_string_equal(got, want);
}

/* Those in force on this connection, whoever set them. */
static void open_settings_are_durable(void **state)
{
	const struct place *p = *state;
	struct db *db = open_place(p);
	int64_t level = -1;

	if (p->postgres) {
		assert_setting(db, "SHOW synchronous_commit", "on");
		assert_setting(db, "SHOW fsync", "on");
	} else {
		assert_setting(db, "PRAGMA journal_mode", "wal");
		assert_rc(db_run(db, "PRAGMA synchronous", NULL, 0, note,
				  &level, NULL),
			DEVID_OK);
		assert_int_equal(level, 2); /* FULL */
	}
	db_close(db);
}

/* ---- values ---- */

struct got {
	struct db_value columns[5];
	char text[16], blob[16], empty[16];
};

static enum devid_err keep(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	struct got *g = arg;

	(void)err;
	assert_int_equal(n_columns, 5);
	memcpy(g->columns, columns, sizeof(g->columns));
	memcpy(g->text, columns[1].data, columns[1].len + 1);
	memcpy(g->blob, columns[2].data, columns[2].len);
	return DEVID_OK;
}

static void run_values_come_back_as_they_went(void **state)
{
	static const int64_t numbers[] = { 0, 1, -1, INT64_MAX, INT64_MIN };
	static const char text[] = "l\xc3\xa4nge ?1 'x'";
	const struct place *p = *state;
	struct db *db = open_place(p);
	const char *make = p->postgres ? "CREATE TABLE v (i BIGINT, t TEXT,"
					 " b BYTEA, n BYTEA, e BYTEA)"
				       : "CREATE TABLE v (i INTEGER, t TEXT,"
					 " b BLOB, n BLOB, e BLOB)";

	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(db_script(db, make, NULL), DEVID_OK);
	for (size_t i = 0; i < N_OF(numbers); i++) {
		const struct db_value in[] = { DB_INT_V(numbers[i]),
			DB_TEXT_V(text), DB_BLOB_V("a\0\xff'b", 5), DB_NULL_V,
			DB_BLOB_V(NULL, 0) };
		struct got g = { .text = "" };

		assert_rc(
			db_run(db, "DELETE FROM v", NULL, 0, NULL, NULL, NULL),
			DEVID_OK);
		assert_rc(db_run(db,
				  "INSERT INTO v (i, t, b, n, e)"
				  " VALUES (?1, ?2, ?3, ?4, ?5)",
				  in, 5, NULL, NULL, NULL),
			DEVID_OK);
		assert_int_equal(db_changes(db), 1);
		assert_rc(db_run(db, "SELECT i, t, b, n, e FROM v", NULL, 0,
				  keep, &g, NULL),
			DEVID_OK);
		assert_true(g.columns[0].type == DB_INT &&
			    g.columns[0].num == numbers[i]);
		assert_int_equal(g.columns[1].type, DB_TEXT);
		assert_string_equal(g.text, text);
		assert_true(
			g.columns[2].type == DB_BLOB && g.columns[2].len == 5);
		assert_memory_equal(g.blob, "a\0\xff'b", 5);
		assert_int_equal(g.columns[3].type, DB_NULL);
		assert_true(
			g.columns[4].type == DB_BLOB && g.columns[4].len == 0);
	}
	db_rollback(db);
	db_close(db);
}

static enum devid_err stop(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	(void)columns;
	(void)n_columns;
	++*(int *)arg;
	return devid_fail(err, DEVID_ERR_MISMATCH, "enough");
}

static void run_row_function_stops_the_walk_only(void **state)
{
	struct db *db = open_with_table(*state);
	struct devid_error err = { 0 };
	int rows = 0;

	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(insert(db, 1, NULL), DEVID_OK);
	assert_rc(insert(db, 2, NULL), DEVID_OK);
	assert_rc(db_run(db, "SELECT n FROM t", NULL, 0, stop, &rows, &err),
		DEVID_ERR_MISMATCH);
	assert_int_equal(rows, 1);
	assert_cause(&err, "enough");
	assert_rc(insert(db, 3, NULL), DEVID_OK);
	assert_rc(db_commit(db, NULL), DEVID_OK);
	assert_int_equal(count(db), 3);
	db_close(db);
}

/* ---- transactions ---- */

static void run_unique_violated_ends_the_transaction(void **state)
{
	struct db *db = open_with_table(*state);
	struct devid_error err = { 0 };

	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(insert(db, 1, NULL), DEVID_OK);
	assert_rc(insert(db, 1, &err), DEVID_ERR_EXISTS);
	devid_error_clear(&err);
	assert_rc(insert(db, 2, &err), DEVID_ERR_STATE);
	assert_cause(&err, "failed before");
	assert_rc(db_commit(db, NULL), DEVID_ERR_STATE);
	assert_int_equal(count(db), 0);
	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(insert(db, 1, NULL), DEVID_OK);
	assert_rc(db_commit(db, NULL), DEVID_OK);
	assert_int_equal(count(db), 1);
	db_close(db);
}

static void run_bad_sql_is_an_error(void **state)
{
	struct db *db = open_with_table(*state);
	struct devid_error err = { 0 };

	assert_rc(db_run(db, "SELEKT 1", NULL, 0, NULL, NULL, &err),
		DEVID_ERR_IO);
	assert_cause(&err, "syntax error");
	assert_int_equal(count(db), 0);
	db_close(db);
}

static void rollback_and_close_undo(void **state)
{
	struct db *db = open_with_table(*state);

	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(insert(db, 1, NULL), DEVID_OK);
	db_rollback(db);
	assert_int_equal(count(db), 0);
	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(insert(db, 2, NULL), DEVID_OK);
	db_close(db);
	db = open_place(*state);
	assert_int_equal(count(db), 0);
	db_close(db);
}

static void begin_and_commit_out_of_turn_refused(void **state)
{
	struct db *db = open_with_table(*state);

	assert_rc(db_commit(db, NULL), DEVID_ERR_STATE);
	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(db_begin(db, NULL), DEVID_ERR_STATE);
	assert_rc(insert(db, 1, NULL), DEVID_OK);
	assert_rc(db_commit(db, NULL), DEVID_OK);
	assert_int_equal(count(db), 1);
	db_close(db);
}

static void begin_read_sees_one_moment_and_blocks_nobody(void **state)
{
	struct db *writer = open_with_table(*state);
	struct db *reader = open_place(*state);

	assert_rc(db_begin_read(reader, NULL), DEVID_OK);
	assert_int_equal(count(reader), 0);
	assert_rc(db_begin(writer, NULL), DEVID_OK);
	assert_rc(insert(writer, 1, NULL), DEVID_OK);
	assert_rc(db_commit(writer, NULL), DEVID_OK);
	assert_int_equal(count(reader), 0);
	db_rollback(reader);
	assert_int_equal(count(reader), 1);
	db_close(reader);
	db_close(writer);
}

struct racer {
	const struct place *place; /* borrowed */
	pthread_t thread;
	unsigned won, lost, other;
};

#define RACE_ROWS 40

static void *race(void *arg)
{
	struct racer *r = arg;
	struct db *db = NULL;

	if (db_open(r->place->uri, &db, NULL) != DEVID_OK)
		return NULL;
	for (int64_t i = 0; i < RACE_ROWS; i++) {
		enum devid_err rc = db_begin(db, NULL);

		if (rc == DEVID_OK)
			rc = insert(db, i, NULL);
		if (rc == DEVID_OK)
			rc = db_commit(db, NULL);
		else
			db_rollback(db);
		r->won += rc == DEVID_OK;
		r->lost += rc == DEVID_ERR_EXISTS;
		r->other += rc != DEVID_OK && rc != DEVID_ERR_EXISTS;
	}
	db_close(db);
	return NULL;
}

static void run_unique_rows_of_two_at_once_are_one(void **state)
{
	struct db *db = open_with_table(*state);
	struct racer racers[2] = { { .place = *state }, { .place = *state } };

	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race,
					 &racers[i]),
			0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
	assert_int_equal(racers[0].won + racers[1].won, RACE_ROWS);
	assert_int_equal(racers[0].lost + racers[1].lost, RACE_ROWS);
	assert_int_equal(racers[0].other + racers[1].other, 0);
	assert_int_equal(count(db), RACE_ROWS);
	db_close(db);
}

/* ---- a server that goes away ---- */

static void server_gone_is_told_and_survived(void **state)
{
	const struct place *p = *state;
	struct devid_error err = { 0 };
	struct db *db;

	if (!p->postgres)
		return; /* there is no server */
	db = open_with_table(p);
	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(insert(db, 1, NULL), DEVID_OK);
	pg_stop(p->pg);
	assert_rc(insert(db, 2, &err), DEVID_ERR_UNREACHABLE);
	assert_rc(db_commit(db, NULL), DEVID_ERR_STATE);
	assert_rc(db_begin(db, NULL), DEVID_ERR_UNREACHABLE);
	pg_start(p->pg);
	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_int_equal(count(db), 0);
	assert_rc(insert(db, 3, NULL), DEVID_OK);
	assert_rc(db_commit(db, NULL), DEVID_OK);
	assert_int_equal(count(db), 1);
	db_close(db);
}

static void server_gone_at_commit_leaves_the_outcome_open(void **state)
{
	const struct place *p = *state;
	struct devid_error err = { 0 };
	struct db *db;

	if (!p->postgres)
		return; /* there is no server */
	db = open_with_table(p);
	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(insert(db, 1, NULL), DEVID_OK);
	pg_stop(p->pg);
	assert_rc(db_commit(db, &err), DEVID_ERR_UNREACHABLE);
	assert_cause(&err, "outcome unknown");
	pg_start(p->pg);
	assert_rc(db_begin(db, NULL), DEVID_OK);
	db_rollback(db);
	db_close(db);
}

static void server_restarted_between_is_not_noticed(void **state)
{
	const struct place *p = *state;
	struct db *db;

	if (!p->postgres)
		return; /* there is no server */
	db = open_with_table(p);
	pg_stop(p->pg);
	pg_start(p->pg);
	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(insert(db, 1, NULL), DEVID_OK);
	assert_rc(db_commit(db, NULL), DEVID_OK);
	db_close(db);
}

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(open_unknown_scheme_refused),
		PLACE_CASE(open_relative_path_refused),
		PLACE_CASE(open_no_server_is_unreachable),
		PLACE_CASE(open_new_file_is_the_owners_alone),
		PLACE_CASE(open_file_of_others_refused),
		PLACE_CASE(open_link_refused),
		PLACE_CASE(open_file_of_other_format_refused),
		PLACE_CASE(open_settings_are_durable),
		PLACE_CASE(run_values_come_back_as_they_went),
		PLACE_CASE(run_row_function_stops_the_walk_only),
		PLACE_CASE(run_unique_violated_ends_the_transaction),
		PLACE_CASE(run_bad_sql_is_an_error),
		PLACE_CASE(rollback_and_close_undo),
		PLACE_CASE(begin_and_commit_out_of_turn_refused),
		PLACE_CASE(begin_read_sees_one_moment_and_blocks_nobody),
		PLACE_CASE(run_unique_rows_of_two_at_once_are_one),
		PLACE_CASE(server_gone_is_told_and_survived),
		PLACE_CASE(server_gone_at_commit_leaves_the_outcome_open),
		PLACE_CASE(server_restarted_between_is_not_noticed),
	};

	return place_run("db", cases, N_OF(cases));
}

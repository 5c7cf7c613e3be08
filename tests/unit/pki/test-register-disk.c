/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that is full: a small tmpfs, in a mount namespace of the test's own,
 * holds the database (SQLite) or its tables (PostgreSQL: a tablespace).
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmocka-all.h"
#include "memory-signer.h"
#include "register-fixture.h"
#include "register-audit.h"
#include "register-open.h"
#include "small-disk.h"

#define DISK_LEN    "size=19m,mode=0755"
#define BALLAST_LEN (16 * 1024 * 1024)
#define DEVICES_MAX 20000 /* more than the disk holds */

static struct signer *signer;

static void write_ballast(const char *path)
{
	static const char zeros[65536];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	for (size_t n = 0; n < BALLAST_LEN; n += sizeof(zeros))
		assert_int_equal(
			write(fd, zeros, sizeof(zeros)), sizeof(zeros));
	assert_int_equal(close(fd), 0);
}

/* Puts the place's database on @disk. */
static void move_to(struct place *p, const char *disk)
{
	char folder[160], sql[256];

	if (!p->postgres) {
		(void)snprintf(
			p->uri, sizeof(p->uri), "sqlite:%s/register.db", disk);
		return;
	}
	(void)snprintf(folder, sizeof(folder), "%s/tables", disk);
	assert_int_equal(mkdir(folder, 0700), 0);
	pg_own(folder);
	(void)snprintf(sql, sizeof(sql),
		"CREATE TABLESPACE small LOCATION '%s'", folder);
	pg_run(p->pg, sql);
	pg_schema(p->pg, "-c default_tablespace=small", p->uri, sizeof(p->uri));
}

static enum devid_err issue_batch(
	struct reg *reg, unsigned first, struct devid_error *err)
{
	enum devid_err rc = register_begin(reg, err);

	for (unsigned n = first; n < first + 16 && rc == DEVID_OK; n++)
		rc = fixture_issue(reg, n, err);
	if (rc == DEVID_OK)
		rc = register_audit_sign(reg, signer, err);
	if (rc == DEVID_OK)
		return register_commit(reg, err);
	register_rollback(reg);
	return rc;
}

/* The index of the log is made anew where it is gone, which needs room. */
static void open_with_no_byte_left(struct place *p, const char *disk)
{
	struct devid_error err = { 0 };
	struct reg *reg = NULL;
	char index[160];

	if (p->postgres)
		return;
	(void)snprintf(index, sizeof(index), "%s/register.db-shm", disk);
	assert_int_equal(unlink(index), 0);
	small_disk_fill(disk);
	assert_rc(register_open(p->uri, "ca-1", &reg, &err), DEVID_ERR_IO);
	assert_cause(&err, "register.db: No space left on device");
	small_disk_options(disk, DISK_LEN);
}

static void fill_and_free(
	struct place *p, const char *disk, const char *ballast)
{
	struct reg *reg = place_open(p);
	struct devid_error err = { 0 };
	enum devid_err rc = DEVID_OK;
	unsigned n = 0;

	while (rc == DEVID_OK && n < DEVICES_MAX) {
		rc = issue_batch(reg, n, &err);
		n += rc == DEVID_OK ? 16 : 0;
	}
	assert_rc(rc, DEVID_ERR_IO);
	assert_cause(&err, "No space left on device");
	assert_true(n > 0);
	assert_int_equal(fixture_check_whole(reg, signer), n);
	assert_rc(issue_batch(reg, n, NULL), DEVID_ERR_IO);
	assert_int_equal(fixture_check_whole(reg, signer), n);
	register_close(reg);
	open_with_no_byte_left(p, disk);
	reg = place_open(p);
	assert_int_equal(unlink(ballast), 0);
	if (issue_batch(reg, n, &err) != DEVID_OK)
		fail_msg("after space was made: %s", err.text);
	assert_int_equal(fixture_check_whole(reg, signer), n + 16);
	register_close(reg);
	reg = place_open(p);
	assert_int_equal(fixture_check_whole(reg, signer), n + 16);
	register_close(reg);
}

static void issue_full_disk_is_undone_and_goes_on(void **state)
{
	struct place *p = *state;
	char disk[128], ballast[160];

	if (geteuid() != 0)
		skip(); /* told by main() */
	(void)snprintf(disk, sizeof(disk), "%s/disk",
		p->postgres ? p->pg->dir.path : p->dir.path);
	(void)snprintf(ballast, sizeof(ballast), "%s/ballast", disk);
	assert_int_equal(mkdir(disk, 0755), 0);
	small_disk_mount(disk, DISK_LEN);
	write_ballast(ballast);
	move_to(p, disk);
	fill_and_free(p, disk, ballast);
	if (p->postgres) /* it has files open there */
		pg_stop(p->pg);
	small_disk_unmount(disk);
	assert_int_equal(rmdir(disk), 0);
}

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(issue_full_disk_is_undone_and_goes_on),
	};
	int failed;

	if (geteuid() != 0)
		print_message("full disk: skipped, only root can mount one\n");
	else if (!small_disk_begin())
		return 1;
	signer = memory_signer_new("p256");
	failed = place_run("register-disk", cases, N_OF(cases));
	signer_free(signer);
	return failed;
}

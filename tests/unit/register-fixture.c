/* SPDX-License-Identifier: Apache-2.0 */
#include "register-fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmocka-all.h"

#define CASES_MAX 64

bool place_on_disk;

static struct pg cluster;
static const bool kinds[] = { false, true };

static int make_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	assert_non_null(p);
	p->postgres = *(const bool *)*state;
	p->dir = place_on_disk ? tempdir_new_on_disk() : tempdir_new();
	if (p->postgres) {
		if (cluster.pid == 0)
			pg_start(&cluster);
		p->pg = &cluster;
		pg_schema(&cluster, "", p->uri, sizeof(p->uri));
	} else {
		(void)snprintf(p->path, sizeof(p->path), "%s/register.db",
			p->dir.path);
		(void)snprintf(p->uri, sizeof(p->uri), "sqlite:%s", p->path);
	}
	*state = p;
	return 0;
}

static int remove_place(void **state)
{
	struct place *p = *state;

	tempdir_remove(&p->dir);
	free(p);
	return 0;
}

/* In cmocka's hands, so that what fails is told. */
static int make_cluster(void **state)
{
	(void)state;
	pg_new(&cluster);
	return 0;
}

static int remove_cluster(void **state)
{
	(void)state;
	pg_free(&cluster);
	return 0;
}

int place_run(const char *group, const struct place_case *cases, size_t n)
{
	static struct CMUnitTest tests[CASES_MAX];
	static char names[CASES_MAX][128];

	if (2 * n > CASES_MAX)
		abort();
	for (size_t i = 0; i < 2 * n; i++) {
		const struct place_case *c = &cases[i % n];

		(void)snprintf(names[i], sizeof(names[i]), "%s (%s)", c->name,
			i < n ? "SQLite" : "PostgreSQL");
		tests[i] = (struct CMUnitTest) { names[i], c->run, make_place,
			remove_place, (void *)&kinds[i >= n] };
	}
	return _cmocka_run_group_tests(
		group, tests, 2 * n, make_cluster, remove_cluster);
}

struct reg *place_open_as(const struct place *place, const char *instance)
{
	struct devid_error err = { 0 };
	struct reg *reg = NULL;

	if (register_open(place->uri, instance, &reg, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	return reg;
}

struct reg *place_open(const struct place *place)
{
	return place_open_as(place, "ca-1");
}

struct register_device fixture_device(unsigned n)
{
	struct register_device d = { .model = "Model 7",
		.tpm_vendor = "id:53544D20",
		.tpm_model = "ST33KTPM2X",
		.tpm_firmware = "id:00010200",
		.station = "line-1",
		.created = 1790000000 + n };

	(void)snprintf(d.serial, sizeof(d.serial), "SN%u", n);
	memcpy(d.ek_fingerprint, &n, sizeof(n));
	d.ek_fingerprint[31] = 1;
	memcpy(d.ek_cert_fingerprint, &n, sizeof(n));
	return d;
}

struct register_cert fixture_cert(
	unsigned n, enum key_role role, int64_t device)
{
	static const uint8_t der[700] = { 0x30, 0x82, 0x02, 0xb8 };
	struct register_cert c = { .device = device,
		.role = role,
		.issuer = { 7 },
		.serial = { 0x41, (uint8_t)(n >> 16), (uint8_t)(n >> 8),
			(uint8_t)n, (uint8_t)role },
		.serial_len = SERIAL_LEN,
		.created = 1790000000 + n,
		.der = der,
		.der_len = sizeof(der) };

	memcpy(c.key_fingerprint, &n, sizeof(n));
	c.key_fingerprint[7] = (uint8_t)role;
	return c;
}

enum devid_err fixture_issue(
	struct reg *reg, unsigned n, struct devid_error *err)
{
	struct register_device device = fixture_device(n);
	enum devid_err rc = register_device_add(reg, &device, err);
	char line[64];

	for (int i = 0; i < N_KEY_ROLES && rc == DEVID_OK; i++) {
		struct register_cert cert =
			fixture_cert(n, (enum key_role)i, device.id);

		rc = register_cert_add(reg, &cert, err);
	}
	(void)snprintf(line, sizeof(line), "{\"event\":\"issue\",\"n\":%u}", n);
	return rc == DEVID_OK ? register_audit(reg, line, err) : rc;
}

void fixture_issue_now(struct reg *reg, struct signer *signer, unsigned n)
{
	struct devid_error err = { 0 };
	enum devid_err rc = register_begin(reg, &err);

	if (rc == DEVID_OK)
		rc = fixture_issue(reg, n, &err);
	if (rc == DEVID_OK && signer)
		rc = register_audit_sign(reg, signer, &err);
	if (rc == DEVID_OK)
		rc = register_commit(reg, &err);
	if (rc != DEVID_OK)
		fail_msg("%s", devid_error_text(&err));
}

static enum devid_err note(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	(void)err;
	assert_int_equal(n_columns, 1);
	assert_int_equal(columns[0].type, DB_INT);
	*(int64_t *)arg = columns[0].num;
	return DEVID_OK;
}

int64_t fixture_count(struct reg *reg, const char *sql)
{
	struct devid_error err = { 0 };
	int64_t n = -1;

	if (db_run(register_db(reg), DB_QUERY(sql, NULL, 0), note, &n, &err) !=
		DEVID_OK)
		fail_msg("%s", err.text);
	return n;
}

int64_t fixture_check_whole(struct reg *reg, struct signer *signer)
{
	struct devid_error err = { 0 };
	int64_t n, lines = 0;

	assert_rc(register_begin_read(reg, &err), DEVID_OK);
	n = fixture_count(reg, "SELECT count(*) FROM device");
	assert_int_equal(
		fixture_count(reg, "SELECT count(*) FROM cert"), 2 * n);
	assert_int_equal(
		fixture_count(reg, "SELECT count(*) FROM device d WHERE"
				   " (SELECT count(*) FROM cert c WHERE"
				   " c.device = d.id) <> 2"),
		0);
	if (register_audit_check(reg, signer->public_key, &lines, &err) !=
		DEVID_OK)
		fail_msg("%s", err.text);
	assert_int_equal(lines, n);
	register_rollback(reg);
	return n;
}

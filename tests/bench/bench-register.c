/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-register: what the register costs per device, in a database that holds
 * many already. `bench-register URI --fill N` puts N devices into an empty one
 * on SQLite; `bench-register URI --devices N` adds N more as the CA does, in
 * batches, and tells microseconds per device.
 */
#include "ordered-id.h"
#include "register-open.h"
#include "register-audit.h"
#include "register-cert.h"
#include "register-device.h"

#include <endian.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include <openssl/rand.h>

#define BATCH       256
#define DER_LEN     692 /* an IDevID certificate, P-256 */
#define SIG_LEN     71  /* ECDSA P-256 */
#define INDEXES_MAX 32

enum {
	EXIT_USAGE = 2
};

static void must(enum devid_err rc, const struct devid_error *err)
{
	if (rc == DEVID_OK)
		return;
	fprintf(stderr, "bench-register: %s\n", devid_error_text(err));
	exit(EXIT_FAILURE);
}

/* ---- filling ---- */

struct index {
	char name[64];
	char sql[512];
};

struct indexes {
	size_t n;
	struct index list[INDEXES_MAX];
};

static enum devid_err note_index(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	struct indexes *all = arg;
	struct index *i = &all->list[all->n];

	(void)n_columns;
	if (all->n == INDEXES_MAX || columns[0].len >= sizeof(i->name) ||
		columns[1].len >= sizeof(i->sql))
		return devid_fail(err, DEVID_ERR_TOO_LARGE, "indexes");
	(void)snprintf(
		i->name, sizeof(i->name), "%s", (const char *)columns[0].data);
	(void)snprintf(
		i->sql, sizeof(i->sql), "%s", (const char *)columns[1].data);
	all->n++;
	return DEVID_OK;
}

/* Serial numbers of certificates ascend, as those of build_serial() do, and
 * come before them. */
static const char fill_sql[] =
	"INSERT INTO issuer (id, hash) VALUES (1, zeroblob(32));"
	"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
	" SELECT i + 1 FROM n WHERE i < %" PRId64 ")"
	"INSERT INTO device (id, state, created, serial, model,"
	" ek_fingerprint, ek_cert_fingerprint, tpm_vendor, tpm_model,"
	" tpm_firmware, station)"
	" SELECT i, 0, 1790000000 + i, printf('SN%%010d', i), 'Model 7',"
	" randomblob(32), randomblob(32), 'id:53544D20', 'ST33KTPM2X',"
	" 'id:00010200', 'line-1' FROM n;"
	"WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL"
	" SELECT i + 1 FROM n WHERE i < 2 * %" PRId64 " + 1)"
	"INSERT INTO cert (device, issuer, role, alg, state, created, revoked_at,"
	" revoked_seq, reason, key_prefix, key_fingerprint, serial, der)"
	" SELECT i / 2, 1, i %% 2, 1, 0, 1790000000 + i, 0, 0, 0, random(),"
	" randomblob(32), CAST(printf('@%%013d', i) ||"
	" substr(hex(randomblob(4)), 1, 6) AS BLOB), zeroblob(640) FROM n;"
	"INSERT INTO instance (id, name) VALUES (1, 'fill');"
	"WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
	" SELECT i + 1 FROM n WHERE i < 2 * %" PRId64 ")"
	"INSERT INTO audit (instance, seq, line, hash)"
	" SELECT 1, i, printf('{\"event\":\"issue\",\"serial\":\"SN%%010d\","
	"\"station\":\"line-1\",\"time\":\"2026-01-01T00:00:00Z\"}', i),"
	" randomblob(32) FROM n;";

static void fill_packed(struct reg *reg, int64_t n)
{
	struct db *db = register_db(reg);
	struct devid_error err = { 0 };
	struct indexes all = { .n = 0 };
	char sql[4096];

	must(db_run(db,
		     DB_QUERY(
			     "SELECT name, sql FROM sqlite_schema WHERE type = 'index'"
			     " AND sql IS NOT NULL",
			     NULL, 0),
		     note_index, &all, &err),
		&err);
	must(db_begin(db, &err), &err);
	/* An index over what is there is built in order: much faster. */
	for (size_t i = 0; i < all.n; i++) {
		(void)snprintf(
			sql, sizeof(sql), "DROP INDEX %s", all.list[i].name);
		must(db_script(db, sql, &err), &err);
	}
	(void)snprintf(sql, sizeof(sql), fill_sql, n, n, n);
	must(db_script(db, sql, &err), &err);
	for (size_t i = 0; i < all.n; i++)
		must(db_script(db, all.list[i].sql, &err), &err);
	must(db_commit(db, &err), &err);
}

/* ---- measuring ---- */

struct device {
	uint8_t id[CHALLENGE_ID_LEN]; /* of its challenge */
	struct register_device row;
	struct register_cert certs[N_MAKER_ROLES];
};

static uint8_t der[DER_LEN];

static void random_bytes(void *ret, size_t len)
{
	if (RAND_bytes(ret, (int)len) != 1)
		abort();
}

/* In the form of build_serial(), one in a millisecond. */
static void make_serial(struct register_cert *cert)
{
	static uint64_t now;
	uint64_t first;

	now = now ? now + 1 : (uint64_t)time(NULL) * 1000;
	first = htobe64(UINT64_C(0x41) << 56 | now << 16);
	random_bytes(cert->serial, SERIAL_LEN);
	memcpy(cert->serial, &first, 6);
	cert->serial_len = SERIAL_LEN;
}

static void make_device(struct device *ret, int64_t n)
{
	struct register_device *d = &ret->row;

	memset(ret, 0, sizeof(*ret));
	random_bytes(ret->id, sizeof(ret->id));
	if (!ordered_id_stamp(ret->id))
		abort();
	(void)snprintf(d->serial, sizeof(d->serial), "TN%015" PRId64, n);
	(void)strcpy(d->model, "Model 7");
	random_bytes(d->ek_fingerprint, 32);
	random_bytes(d->ek_cert_fingerprint, 32);
	(void)strcpy(d->tpm_vendor, "id:53544D20");
	(void)strcpy(d->tpm_model, "ST33KTPM2X");
	(void)strcpy(d->tpm_firmware, "id:00010200");
	(void)strcpy(d->station, "line-1");
	d->created = 1800000000;
	for (int i = 0; i < N_MAKER_ROLES; i++) {
		struct register_cert *c = &ret->certs[i];

		c->role = (enum key_role)i;
		c->alg = KEY_ALG_P256;
		make_serial(c);
		random_bytes(c->key_fingerprint, 32);
		c->created = d->created;
		c->der = der;
		c->der_len = sizeof(der);
	}
}

static enum devid_err sign_nothing(struct signer *s, struct view data,
	struct signer_sig *ret, struct devid_error *err)
{
	(void)s;
	(void)data;
	(void)err;
	memset(ret->data, 1, SIG_LEN);
	ret->len = SIG_LEN;
	return DEVID_OK;
}

/* The signature's own cost is measured elsewhere. */
static const struct signer_ops no_ops = { .sign = sign_nothing };
static struct signer no_signer = { .ops = &no_ops };

/* What ca_challenge() asks before it goes on. */
static void look_up(struct reg *reg, const struct device *d)
{
	const struct register_identity who = { d->row.serial,
		d->row.ek_fingerprint,
		d->certs[KEY_ROLE_IDEVID].key_fingerprint };
	struct devid_error err = { 0 };
	struct register_holders found;

	must(register_find_holders(reg, &who, &found, &err), &err);
	for (int i = 0; i < REGISTER_N_HOLDERS; i++) {
		if (found.found[i])
			abort();
	}
}

static void audit(struct reg *reg, const char *event, const char *serial)
{
	struct devid_error err = { 0 };
	char line[256];

	(void)snprintf(line, sizeof(line),
		"{\"event\":\"%s\",\"serial\":\"%s\",\"station\":\"line-1\","
		"\"time\":\"2026-01-01T00:00:00Z\"}",
		event, serial);
	must(register_audit(reg, line, &err), &err);
}

static void issue(struct reg *reg, struct device *d)
{
	struct devid_error err = { 0 };
	bool barred = false;

	must(register_challenge_use(reg, d->id, &err), &err);
	must(register_device_add(reg, &d->row, &err), &err);
	must(register_is_barred(reg, d->row.ek_fingerprint,
		     d->certs[KEY_ROLE_IDEVID].key_fingerprint, &barred, &err),
		&err);
	if (barred)
		abort();
	for (int i = 0; i < N_MAKER_ROLES; i++) {
		d->certs[i].device = d->row.id;
		must(register_cert_add(reg, &d->certs[i], &err), &err);
	}
	audit(reg, "issue", d->row.serial);
}

static void begin_read(struct reg *reg)
{
	struct devid_error err = { 0 };

	must(register_begin_read(reg, &err), &err);
}

static void begin(struct reg *reg)
{
	struct devid_error err = { 0 };

	must(register_begin(reg, &err), &err);
}

static void commit(struct reg *reg)
{
	struct devid_error err = { 0 };

	must(register_audit_sign(reg, &no_signer, &err), &err);
	must(register_commit(reg, &err), &err);
}

static double seconds_of(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

static double cpu_now(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u); /* cannot fail */
	return seconds_of(&u.ru_utime) + seconds_of(&u.ru_stime);
}

static double wall_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void set_prefix(uint8_t fingerprint[32], int64_t i, int64_t n)
{
	uint64_t prefix = htobe64(UINT64_MAX / (uint64_t)n * (uint64_t)i);

	memcpy(fingerprint, &prefix, sizeof(prefix));
}

/*
 * Three tenths of the devices come after the indexes were built, which has
 * packed their pages full: each is split once, as in a register that grew. The
 * random numbers come in order, so that this does not take the day.
 */
static void fill(struct reg *reg, int64_t n)
{
	struct devid_error err = { 0 };
	int64_t loose = n * 3 / 10;
	struct device d;

	/* A register that is only filled needs neither a log nor what a power
	 * cut would leave; the pages of ten million certificates want room. */
	must(db_script(register_db(reg),
		     "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
		     "PRAGMA foreign_keys = OFF; PRAGMA cache_size = -4000000;",
		     &err),
		&err);
	fill_packed(reg, n - loose);
	begin(reg);
	for (int64_t i = 0; i < loose; i++) {
		make_device(&d, i);
		set_prefix(d.row.ek_fingerprint, i, loose);
		must(register_device_add(reg, &d.row, &err), &err);
		for (int j = 0; j < N_MAKER_ROLES; j++) {
			d.certs[j].device = d.row.id;
			set_prefix(d.certs[j].key_fingerprint, i, loose);
			must(register_cert_add(reg, &d.certs[j], &err), &err);
		}
	}
	commit(reg);
	must(db_script(register_db(reg), "PRAGMA journal_mode = WAL", &err),
		&err);
}

static void measure(struct reg *reg, int64_t n, int64_t first)
{
	static struct device batch[BATCH];
	double cpu = 0, wall = 0, cpu0, wall0;
	int64_t done;

	for (done = 0; done < n; done += BATCH) {
		for (int i = 0; i < BATCH; i++)
			make_device(&batch[i], first + done + i);
		cpu0 = cpu_now();
		wall0 = wall_now();
		begin_read(reg);
		for (int i = 0; i < BATCH; i++)
			look_up(reg, &batch[i]);
		register_rollback(reg);
		begin(reg);
		for (int i = 0; i < BATCH; i++)
			issue(reg, &batch[i]);
		commit(reg);
		cpu += cpu_now() - cpu0;
		wall += wall_now() - wall0;
	}
	printf("%.1f us CPU, %.1f us in all per device\n",
		cpu / (double)done * 1e6, wall / (double)done * 1e6);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "fill", required_argument, NULL, 'f' },
		{ "devices", required_argument, NULL, 'd' },
		{ NULL, 0, NULL, 0 },
	};
	struct devid_error err = { 0 };
	struct reg *reg = NULL;
	int64_t n_fill = 0, n = 0;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == '?')
			return EXIT_USAGE;
		*(c == 'f' ? &n_fill : &n) = strtoll(optarg, NULL, 10);
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "usage: bench-register URI [--fill N]"
				" [--devices N]\n");
		return EXIT_USAGE;
	}
	must(register_open(argv[optind], "bench", &reg, &err), &err);
	if (n_fill)
		fill(reg, n_fill);
	if (n)
		measure(reg, n, (int64_t)time(NULL) * 100000);
	register_close(reg);
	return EXIT_SUCCESS;
}

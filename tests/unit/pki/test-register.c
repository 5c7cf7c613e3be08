/* SPDX-License-Identifier: Apache-2.0 */
/* The register: what it keeps, and what it refuses. */
#include "register-fixture.h"
#include "register-private.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmocka-all.h"
#include "db-open.h"
#include "ordered-id.h"
#include "register-open.h"
#include "register-cert.h"
#include "register-device.h"
#include "register-revoke.h"

static void begin(struct reg *reg)
{
	assert_rc(register_begin(reg, NULL), DEVID_OK);
}

static void commit(struct reg *reg)
{
	assert_rc(register_commit(reg, NULL), DEVID_OK);
}

/* ---- opening ---- */

static void open_twice_keeps_what_was_there(void **state)
{
	struct reg *reg = place_open(*state);

	fixture_issue_now(reg, NULL, 1);
	register_close(reg);
	reg = place_open(*state);
	assert_int_equal(fixture_count(reg, "SELECT count(*) FROM device"), 1);
	register_close(reg);
}

static void run_script(const struct place *p, const char *sql)
{
	struct db *db = NULL;

	assert_rc(db_open(p->uri, &db, NULL), DEVID_OK);
	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(db_script(db, sql, NULL), DEVID_OK);
	assert_rc(db_commit(db, NULL), DEVID_OK);
	db_close(db);
}

/* And nothing in it is touched: it opens again once it says 5. */
static void open_other_version_refused(void **state)
{
	static const struct {
		const char *sql, *says;
	} cases[] = {
		{ "UPDATE register SET version = 4",
			"made by an older devid-ca: its schema is 4, the one "
			"here is 5; nothing converts it: go on with the "
			"devid-ca that made it" },
		{ "UPDATE register SET version = 6",
			"made by a newer devid-ca: its schema is 6, the one "
			"here is 5; nothing converts it: go on with the "
			"devid-ca that made it" },
	};
	const struct place *p = *state;
	struct reg *reg = place_open(p);

	fixture_issue_now(reg, NULL, 1);
	register_close(reg);
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct devid_error err = { 0 };

		run_script(p, cases[i].sql);
		assert_rc(register_open(p->uri, "ca-1", &reg, &err),
			DEVID_ERR_UNSUPPORTED);
		assert_cause(&err, cases[i].says);
	}
	run_script(p, "UPDATE register SET version = 5");
	reg = place_open(p);
	assert_int_equal(fixture_count(reg, "SELECT count(*) FROM device"), 1);
	register_close(reg);
}

static void open_other_database_refused(void **state)
{
	const struct place *p = *state;
	struct devid_error err = { 0 };
	struct reg *reg = NULL;

	run_script(p, "CREATE TABLE other (n INTEGER)");
	assert_rc(register_open(p->uri, "ca-1", &reg, &err),
		DEVID_ERR_UNSUPPORTED);
	assert_cause(&err, "something else");
}

static void open_bad_instance_refused(void **state)
{
	static const char *const bad[] = { "", "a b", "a/b", "a_b",
		"0123456789012345678901234567890123456789"
		"0123456789012345678901234" };
	const struct place *p = *state;
	struct reg *reg = NULL;

	for (size_t i = 0; i < N_OF(bad); i++) {
		struct devid_error err = { 0 };

		assert_rc(register_open(p->uri, bad[i], &reg, &err),
			DEVID_ERR_INVALID);
		assert_cause(&err, "instance");
	}
}

/* ---- devices ---- */

/* Which holders there are: a bit for each. register_is_barred() knows of
 * those that no unique index refuses. */
static unsigned find_holders(struct reg *reg,
	const struct register_device *device, const uint8_t key_fingerprint[32],
	struct register_holders *ret)
{
	const struct register_identity who = { device->serial,
		device->ek_fingerprint, key_fingerprint };
	unsigned found = 0;
	bool barred = false;

	assert_rc(register_find_holders(reg, &who, ret, NULL), DEVID_OK);
	for (int i = 0; i < REGISTER_N_HOLDERS; i++)
		found |= (unsigned)ret->found[i] << i;
	assert_rc(register_is_barred(reg, device->ek_fingerprint,
			  key_fingerprint, &barred, NULL),
		DEVID_OK);
	assert_int_equal(barred, (found & (1u << REGISTER_BY_EK_COMPROMISED |
						  1u << REGISTER_BY_KEY)) != 0);
	return found;
}

static void device_add_is_found_by_serial_and_ek(void **state)
{
	static const uint8_t no_key[32];
	struct reg *reg = place_open(*state);
	struct register_device in = fixture_device(3), out;
	struct register_holders h;

	begin(reg);
	assert_rc(register_device_add(reg, &in, NULL), DEVID_OK);
	assert_true(in.id > 0);
	assert_rc(register_device_by_serial(reg, "SN3", &out, NULL), DEVID_OK);
	assert_memory_equal(&in, &out, sizeof(in));
	assert_rc(register_device_by_serial(reg, "SN4", &out, NULL),
		DEVID_ERR_NOT_FOUND);
	assert_int_equal(find_holders(reg, &in, no_key, &h),
		1u << REGISTER_BY_SERIAL | 1u << REGISTER_BY_EK);
	assert_memory_equal(&in, &h.device[REGISTER_BY_SERIAL], sizeof(in));
	assert_memory_equal(&in, &h.device[REGISTER_BY_EK], sizeof(in));
	/* in another case: to be told, and not taken for it */
	memcpy(in.serial, "sn3", 3);
	assert_int_equal(find_holders(reg, &in, no_key, &h),
		1u << REGISTER_BY_SERIAL | 1u << REGISTER_BY_EK);
	assert_string_equal(h.device[REGISTER_BY_SERIAL].serial, "SN3");
	assert_rc(register_device_by_serial(reg, "sn3", &out, NULL),
		DEVID_ERR_NOT_FOUND);
	in.serial[0] = 'X';
	assert_int_equal(
		find_holders(reg, &in, no_key, &h), 1u << REGISTER_BY_EK);
	/* The index has sixteen bytes; the rest counts as well. */
	in.ek_fingerprint[30] ^= 1;
	assert_int_equal(find_holders(reg, &in, no_key, &h), 0);
	commit(reg);
	register_close(reg);
}

static void device_add_same_serial_refused_once_live(void **state)
{
	struct reg *reg = place_open(*state);
	struct register_device a = fixture_device(1), b = fixture_device(2);
	struct devid_error err = { 0 };

	(void)strcpy(b.serial, a.serial);
	begin(reg);
	assert_rc(register_device_add(reg, &a, NULL), DEVID_OK);
	assert_rc(register_device_add(reg, &b, &err), DEVID_ERR_EXISTS);
	assert_cause(&err, "SN1");
	/* The transaction lives on, also on PostgreSQL. */
	assert_rc(register_device_set_state(reg, a.id, REGISTER_REVOKED, NULL),
		DEVID_OK);
	assert_rc(register_device_add(reg, &b, NULL), DEVID_OK);
	commit(reg);
	register_close(reg);
}

static void device_add_same_ek_refused_once_live(void **state)
{
	struct reg *reg = place_open(*state);
	struct register_device a = fixture_device(1), b = fixture_device(2);

	memcpy(b.ek_fingerprint, a.ek_fingerprint, 32);
	begin(reg);
	assert_rc(register_device_add(reg, &a, NULL), DEVID_OK);
	assert_rc(register_device_add(reg, &b, NULL), DEVID_ERR_EXISTS);
	assert_rc(register_device_set_state(reg, a.id, REGISTER_REPLACED, NULL),
		DEVID_OK);
	assert_rc(register_device_add(reg, &b, NULL), DEVID_OK);
	assert_rc(register_device_set_state(reg, 99999, REGISTER_LIVE, NULL),
		DEVID_ERR_NOT_FOUND);
	commit(reg);
	register_close(reg);
}

struct seen {
	unsigned n;
	int64_t last;
	enum register_state states[8];
};

static enum devid_err see_device(
	void *arg, const struct register_device *d, struct devid_error *err)
{
	struct seen *s = arg;

	(void)err;
	assert_true(d->id > s->last);
	s->last = d->id;
	s->states[s->n++ % 8] = d->state;
	return DEVID_OK;
}

static void each_device_named_gives_past_ones(void **state)
{
	struct reg *reg = place_open(*state);
	struct register_device a = fixture_device(1), b = fixture_device(2);
	struct seen seen = { .n = 0 };

	(void)strcpy(b.serial, a.serial);
	begin(reg);
	assert_rc(register_device_add(reg, &a, NULL), DEVID_OK);
	assert_rc(register_device_set_state(reg, a.id, REGISTER_REVOKED, NULL),
		DEVID_OK);
	assert_rc(register_device_add(reg, &b, NULL), DEVID_OK);
	assert_rc(register_each_device_named(
			  reg, a.serial, see_device, &seen, NULL),
		DEVID_OK);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.states[0], REGISTER_REVOKED);
	assert_int_equal(seen.states[1], REGISTER_LIVE);
	commit(reg);
	register_close(reg);
}

static void each_device_pages_through_all(void **state)
{
	struct reg *reg = place_open(*state);
	struct seen seen = { .n = 0 };
	unsigned before;

	for (unsigned i = 0; i < 25; i++)
		fixture_issue_now(reg, NULL, i);
	begin(reg);
	do {
		const struct register_page page = { NULL, seen.last, 10 };

		before = seen.n;
		assert_rc(register_each_device(
				  reg, &page, see_device, &seen, NULL),
			DEVID_OK);
	} while (seen.n > before);
	assert_int_equal(seen.n, 25);
	commit(reg);
	register_close(reg);
}

/* ---- certificates ---- */

static enum devid_err cert_by_serial(struct reg *reg,
	const struct register_cert *of, struct register_cert *ret)
{
	return register_cert_by_serial(reg, of->issuer,
		(struct view) { of->serial, of->serial_len }, ret, NULL);
}

static void cert_add_is_found_by_serial_and_key(void **state)
{
	struct reg *reg = place_open(*state);
	struct register_device other = fixture_device(6);
	struct register_cert in, out;
	struct register_holders h;

	fixture_issue_now(reg, NULL, 5);
	in = fixture_cert(5, KEY_ROLE_IAK, 0);
	begin(reg);
	assert_rc(cert_by_serial(reg, &in, &out), DEVID_OK);
	assert_int_equal(out.role, KEY_ROLE_IAK);
	assert_int_equal(out.state, REGISTER_LIVE);
	assert_true(out.device > 0);
	assert_memory_equal(out.issuer, in.issuer, 32);
	assert_int_equal(out.serial_len, in.serial_len);
	assert_memory_equal(out.serial, in.serial, in.serial_len);
	assert_int_equal(out.der_len, in.der_len);
	assert_memory_equal(out.der, in.der, in.der_len);
	/* The keys of IAKs are not indexed. */
	assert_int_equal(find_holders(reg, &other, in.key_fingerprint, &h), 0);
	in = fixture_cert(5, KEY_ROLE_IDEVID, 0);
	assert_int_equal(find_holders(reg, &other, in.key_fingerprint, &h),
		1u << REGISTER_BY_KEY);
	assert_string_equal(h.device[REGISTER_BY_KEY].serial, "SN5");
	/* The index has eight bytes; the rest counts as well. */
	in.key_fingerprint[31] ^= 1;
	assert_int_equal(find_holders(reg, &other, in.key_fingerprint, &h), 0);
	in.issuer[0] ^= 1;
	assert_rc(cert_by_serial(reg, &in, &out), DEVID_ERR_NOT_FOUND);
	commit(reg);
	register_close(reg);
}

/* covers: 802.1AR-8.10-cert-serial RFC5280-serial */
static void cert_add_same_serial_of_issuer_refused(void **state)
{
	struct reg *reg = place_open(*state);
	struct register_cert cert = fixture_cert(1, KEY_ROLE_IDEVID, 0);

	begin(reg);
	assert_rc(register_cert_add(reg, &cert, NULL), DEVID_OK);
	assert_rc(register_cert_add(reg, &cert, NULL), DEVID_ERR_EXISTS);
	/* The same number of another key is as bad, of another issuer not. */
	cert.key_fingerprint[0] ^= 1;
	assert_rc(register_cert_add(reg, &cert, NULL), DEVID_ERR_EXISTS);
	cert.issuer[0] ^= 1;
	assert_rc(register_cert_add(reg, &cert, NULL), DEVID_OK);
	commit(reg);
	register_close(reg);
}

/* One live IDevID per key, also between two processes: the index says so. */
static void cert_add_key_of_other_device_refused(void **state)
{
	struct reg *reg = place_open(*state);
	struct register_cert cert = fixture_cert(1, KEY_ROLE_IDEVID, 0);

	begin(reg);
	assert_rc(register_cert_add(reg, &cert, NULL), DEVID_OK);
	cert.serial[cert.serial_len - 1] ^= 1;
	assert_rc(register_cert_add(reg, &cert, NULL), DEVID_ERR_EXISTS);
	cert.role = KEY_ROLE_IAK;
	assert_rc(register_cert_add(reg, &cert, NULL), DEVID_OK);
	commit(reg);
	register_close(reg);
}

static void cert_add_without_der_refused(void **state)
{
	struct reg *reg = place_open(*state);
	struct register_cert cert = fixture_cert(1, KEY_ROLE_IDEVID, 0);

	cert.der_len = 0;
	begin(reg);
	assert_rc(register_cert_add(reg, &cert, NULL), DEVID_ERR_INVALID);
	register_rollback(reg);
	register_close(reg);
}

static void cert_add_of_unknown_device_refused(void **state)
{
	struct reg *reg = place_open(*state);
	struct register_cert cert = fixture_cert(1, KEY_ROLE_IDEVID, 12345);
	struct devid_error err = { 0 };

	begin(reg);
	assert_rc(register_cert_add(reg, &cert, &err), DEVID_ERR_IO);
	/* What follows cannot be committed. */
	assert_rc(register_commit(reg, NULL), DEVID_ERR_STATE);
	register_close(reg);
}

static enum devid_err count_cert(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	(void)cert;
	(void)err;
	++*(unsigned *)arg;
	return DEVID_OK;
}

static enum devid_err note_cert_id(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	(void)err;
	((int64_t *)arg)[cert->role] = cert->id;
	return DEVID_OK;
}

/* Revokes the device and its certificates. */
static void revoke_device(
	struct reg *reg, const struct register_device *device, int reason)
{
	int64_t ids[N_MAKER_ROLES] = { 0 };

	assert_rc(register_certs_of_device(
			  reg, device->id, note_cert_id, ids, NULL),
		DEVID_OK);
	for (int i = 0; i < N_MAKER_ROLES; i++)
		assert_rc(register_cert_revoke(reg, ids[i], 1000, reason, NULL),
			DEVID_OK);
	assert_rc(register_device_set_state(
			  reg, device->id, REGISTER_REVOKED, NULL),
		DEVID_OK);
}

static void device_of_the_same_name_in_other_case_exists(void **state)
{
	struct reg *reg = place_open(*state);
	struct register_device first = fixture_device(3);
	struct register_device second = fixture_device(4);

	begin(reg);
	assert_rc(register_device_add(reg, &first, NULL), DEVID_OK);
	memcpy(second.serial, "sN3", 4);
	assert_rc(register_device_add(reg, &second, NULL), DEVID_ERR_EXISTS);
	/* once the first is live no more the name is free */
	assert_rc(register_device_set_state(
			  reg, first.id, REGISTER_REVOKED, NULL),
		DEVID_OK);
	assert_rc(register_device_add(reg, &second, NULL), DEVID_OK);
	commit(reg);
	register_close(reg);
}

/* Of several devices of one EK the last that was compromised is found. */
static void device_compromised_is_found_by_its_ek(void **state)
{
	static const struct {
		int reason;
		unsigned found;
		const char *serial;
	} past[] = {
		{ 4, 0, NULL },
		{ 1, 1u << REGISTER_BY_EK_COMPROMISED, "PAST1" },
		{ 1, 1u << REGISTER_BY_EK_COMPROMISED, "PAST2" },
		{ 5, 1u << REGISTER_BY_EK_COMPROMISED, "PAST2" },
	};
	static const uint8_t no_key[32];
	struct reg *reg = place_open(*state);
	struct register_device other = fixture_device(0);
	struct register_holders h;

	begin(reg);
	for (unsigned i = 0; i < N_OF(past); i++) {
		struct register_device device = fixture_device(0);

		(void)snprintf(
			device.serial, sizeof(device.serial), "PAST%u", i);
		assert_rc(register_device_add(reg, &device, NULL), DEVID_OK);
		for (int role = 0; role < N_MAKER_ROLES; role++) {
			struct register_cert cert =
				fixture_cert(i, (enum key_role)role, device.id);

			assert_rc(
				register_cert_add(reg, &cert, NULL), DEVID_OK);
		}
		revoke_device(reg, &device, past[i].reason);
		assert_int_equal(
			find_holders(reg, &other, no_key, &h), past[i].found);
		if (past[i].serial)
			assert_string_equal(
				h.device[REGISTER_BY_EK_COMPROMISED].serial,
				past[i].serial);
	}
	commit(reg);
	register_close(reg);
}

static void cert_revoke_is_in_the_list_from_then_on(void **state)
{
	struct reg *reg = place_open(*state);
	struct register_cert cert = fixture_cert(1, KEY_ROLE_IDEVID, 0), found;
	const struct register_revoked all = { cert.issuer, 0 };
	const struct register_revoked later = { cert.issuer, 1 };
	int64_t last = -1;
	unsigned n = 0;

	fixture_issue_now(reg, NULL, 1);
	begin(reg);
	cert.state = REGISTER_REVOKED; /* it would have no place in the lists */
	assert_rc(register_cert_add(reg, &cert, NULL), DEVID_ERR_INVALID);
	assert_rc(
		register_last_revoked(reg, cert.issuer, &last, NULL), DEVID_OK);
	assert_int_equal(last, 0);
	assert_rc(cert_by_serial(reg, &cert, &found), DEVID_OK);
	assert_rc(register_cert_revoke(reg, found.id, 1000, 1, NULL), DEVID_OK);
	assert_rc(register_cert_revoke(reg, found.id, 2000, 1, NULL), DEVID_OK);
	assert_rc(register_cert_revoke(reg, found.id, 2000, 3, NULL),
		DEVID_ERR_EXISTS);
	assert_rc(register_cert_revoke(reg, 99999, 1000, 1, NULL),
		DEVID_ERR_NOT_FOUND);
	assert_rc(cert_by_serial(reg, &cert, &found), DEVID_OK);
	assert_int_equal(found.state, REGISTER_REVOKED);
	assert_int_equal(found.revoked_at, 1000);
	assert_int_equal(found.reason, 1);
	assert_rc(register_each_revoked(reg, &all, count_cert, &n, NULL),
		DEVID_OK);
	assert_int_equal(n, 1);
	assert_rc(register_each_revoked(reg, &later, count_cert, &n, NULL),
		DEVID_OK);
	assert_int_equal(n, 1);
	/* once, however often it was asked for */
	assert_rc(
		register_last_revoked(reg, cert.issuer, &last, NULL), DEVID_OK);
	assert_int_equal(last, 1);
	commit(reg);
	register_close(reg);
}

static enum devid_err see_revoked(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	struct seen *s = arg;

	(void)err;
	assert_int_equal(cert->revoked_seq, s->last + 1);
	assert_int_equal(cert->serial_len, SERIAL_LEN);
	assert_int_equal(cert->reason, 4);
	s->last = cert->revoked_seq;
	s->n++;
	return DEVID_OK;
}

static void each_revoked_of_many_pages_gives_all(void **state)
{
	struct reg *reg = place_open(*state);
	struct seen seen = { .n = 0 };
	const uint8_t issuer[32] = { 7 };
	const struct register_revoked all = { issuer, 0 };
	struct register_cert found;

	begin(reg);
	for (unsigned i = 0; i < 1100; i++) {
		struct register_cert c = fixture_cert(i, KEY_ROLE_IDEVID, 0);

		assert_rc(register_cert_add(reg, &c, NULL), DEVID_OK);
		assert_rc(cert_by_serial(reg, &c, &found), DEVID_OK);
		/* each with an earlier time than the one before */
		assert_rc(
			register_cert_revoke(reg, found.id, 5000 - i, 4, NULL),
			DEVID_OK);
	}
	assert_rc(register_each_revoked(reg, &all, see_revoked, &seen, NULL),
		DEVID_OK);
	assert_int_equal(seen.n, 1100);
	commit(reg);
	register_close(reg);
}

static void each_cert_gives_the_issuers_by_id(void **state)
{
	struct reg *reg = place_open(*state);
	const uint8_t issuer[32] = { 7 }, none[32] = { 9 };
	const struct register_page all = { issuer, 0, 1000 };
	const struct register_page of_none = { none, 0, 1000 };
	const struct register_page some = { issuer, 5, 7 };
	struct register_cert other = fixture_cert(900, KEY_ROLE_IDEVID, 0);
	unsigned n = 0;

	other.issuer[0] = 8;
	for (unsigned i = 0; i < 10; i++)
		fixture_issue_now(reg, NULL, i);
	begin(reg);
	assert_rc(register_cert_add(reg, &other, NULL), DEVID_OK);
	assert_rc(
		register_each_cert(reg, &all, count_cert, &n, NULL), DEVID_OK);
	assert_int_equal(n, 20);
	assert_rc(register_each_cert(reg, &of_none, count_cert, &n, NULL),
		DEVID_OK);
	assert_rc(
		register_each_cert(reg, &some, count_cert, &n, NULL), DEVID_OK);
	assert_int_equal(n, 27);
	commit(reg);
	register_close(reg);
}

/* ---- secret, challenges, numbers, publications ---- */

/* It stays with the register, which is never without. */
static void secret_is_the_register_s_own(void **state)
{
	const struct place *p = *state;
	uint8_t first[REGISTER_SECRET_LEN], again[REGISTER_SECRET_LEN];
	struct reg *reg;

	for (int i = 0; i < 2; i++) {
		reg = place_open(p);
		begin(reg);
		assert_rc(register_secret(reg, i == 0 ? first : again, NULL),
			DEVID_OK);
		commit(reg);
		register_close(reg);
	}
	assert_memory_equal(first, again, sizeof(first));
	reg = place_open(p);
	begin(reg);
	assert_int_not_equal(db_script(register_db(reg),
				     "UPDATE register SET secret = NULL", NULL),
		DEVID_OK);
	register_rollback(reg);
	register_close(reg);
}

struct id {
	uint8_t bytes[CHALLENGE_ID_LEN];
};

/* Of a challenge that was made @seconds after 1970. */
static struct id make_id(int64_t seconds)
{
	struct id id = { { 0 } };

	ordered_id_at((uint64_t)seconds * 1000 + 999, id.bytes);
	id.bytes[ORDERED_ID_TIME] = 0xff;
	return id;
}

static void challenge_is_used_once(void **state)
{
	struct reg *reg = place_open(*state);
	struct id a = make_id(1), b = a;
	struct devid_error err = { 0 };

	b.bytes[CHALLENGE_ID_LEN - 1] ^= 1;
	begin(reg);
	assert_rc(register_challenge_use(reg, a.bytes, NULL), DEVID_OK);
	commit(reg);
	begin(reg);
	assert_rc(register_challenge_use(reg, a.bytes, &err), DEVID_ERR_EXISTS);
	assert_cause(&err, "answered already");
	assert_rc(register_challenge_use(reg, b.bytes, NULL), DEVID_OK);
	commit(reg);
	register_close(reg);
}

static void challenge_use_rolled_back_can_be_used(void **state)
{
	struct reg *reg = place_open(*state);
	struct id id = make_id(1);

	begin(reg);
	assert_rc(register_challenge_use(reg, id.bytes, NULL), DEVID_OK);
	register_rollback(reg);
	begin(reg);
	assert_rc(register_challenge_use(reg, id.bytes, NULL), DEVID_OK);
	commit(reg);
	register_close(reg);
}

static void purge(struct reg *reg, int64_t before, int64_t limit, int64_t want)
{
	int64_t n = -1;

	begin(reg);
	assert_rc(register_challenge_purge(reg, before, limit, &n, NULL),
		DEVID_OK);
	assert_int_equal(n, want);
	commit(reg);
}

/* The oldest first, in portions. */
static void challenge_purge_forgets_the_old(void **state)
{
	struct reg *reg = place_open(*state);

	begin(reg);
	for (int64_t i = 1003; i >= 1000; i--) {
		struct id id = make_id(i);

		assert_rc(
			register_challenge_use(reg, id.bytes, NULL), DEVID_OK);
	}
	commit(reg);
	purge(reg, -5, 5, 0);
	purge(reg, 1000, 5, 0);
	purge(reg, 1003, 2, 2);
	begin(reg);
	assert_rc(register_challenge_use(reg, make_id(1001).bytes, NULL),
		DEVID_OK);
	assert_rc(register_challenge_use(reg, make_id(1002).bytes, NULL),
		DEVID_ERR_EXISTS);
	register_rollback(reg);
	purge(reg, 1003, 2, 1);
	purge(reg, 1003, 2, 0);
	begin(reg);
	for (int64_t i = 1000; i < 1004; i++) {
		struct id id = make_id(i);

		assert_rc(register_challenge_use(reg, id.bytes, NULL),
			i < 1003 ? DEVID_OK : DEVID_ERR_EXISTS);
	}
	commit(reg);
	register_close(reg);
}

static void crl_number_counts_per_issuer(void **state)
{
	struct reg *reg = place_open(*state);
	const uint8_t a[32] = { 1 }, b[32] = { 2 };
	uint64_t n = 0;

	begin(reg);
	assert_rc(register_crl_number(reg, a, &n, NULL), DEVID_OK);
	assert_int_equal(n, 1);
	assert_rc(register_crl_number(reg, a, &n, NULL), DEVID_OK);
	assert_int_equal(n, 2);
	assert_rc(register_crl_number(reg, b, &n, NULL), DEVID_OK);
	assert_int_equal(n, 1);
	register_rollback(reg);
	/* Also the issuer's number is forgotten, which went with the rest. */
	begin(reg);
	assert_rc(register_crl_number(reg, b, &n, NULL), DEVID_OK);
	assert_int_equal(n, 1);
	commit(reg);
	register_close(reg);
}

static void blob_put_replaces(void **state)
{
	struct reg *reg = place_open(*state);
	const struct register_blob one = { { (const uint8_t *)"one", 3 }, 10,
		5 };
	const struct register_blob two = { { (const uint8_t *)"t\0wo", 4 }, 20,
		6 };
	struct register_blob got = { .expires = 0 };

	begin(reg);
	assert_rc(register_blob_get(reg, "a.crl", &got, NULL),
		DEVID_ERR_NOT_FOUND);
	assert_rc(register_blob_put(reg, "a.crl", &one, NULL), DEVID_OK);
	assert_rc(register_blob_put(reg, "a.crl", &two, NULL), DEVID_OK);
	assert_rc(register_blob_get(reg, "a.crl", &got, NULL), DEVID_OK);
	assert_int_equal(got.expires, 20);
	assert_int_equal(got.made, 6);
	assert_int_equal(got.data.len, 4);
	assert_memory_equal(got.data.data, "t\0wo", 4);
	commit(reg);
	register_close(reg);
}

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(open_twice_keeps_what_was_there),
		PLACE_CASE(open_other_version_refused),
		PLACE_CASE(open_other_database_refused),
		PLACE_CASE(open_bad_instance_refused),
		PLACE_CASE(device_add_is_found_by_serial_and_ek),
		PLACE_CASE(device_add_same_serial_refused_once_live),
		PLACE_CASE(device_add_same_ek_refused_once_live),
		PLACE_CASE(each_device_named_gives_past_ones),
		PLACE_CASE(each_device_pages_through_all),
		PLACE_CASE(cert_add_is_found_by_serial_and_key),
		PLACE_CASE(cert_add_same_serial_of_issuer_refused),
		PLACE_CASE(cert_add_key_of_other_device_refused),
		PLACE_CASE(cert_add_without_der_refused),
		PLACE_CASE(cert_add_of_unknown_device_refused),
		PLACE_CASE(device_of_the_same_name_in_other_case_exists),
		PLACE_CASE(device_compromised_is_found_by_its_ek),
		PLACE_CASE(cert_revoke_is_in_the_list_from_then_on),
		PLACE_CASE(each_revoked_of_many_pages_gives_all),
		PLACE_CASE(each_cert_gives_the_issuers_by_id),
		PLACE_CASE(secret_is_the_register_s_own),
		PLACE_CASE(challenge_is_used_once),
		PLACE_CASE(challenge_use_rolled_back_can_be_used),
		PLACE_CASE(challenge_purge_forgets_the_old),
		PLACE_CASE(crl_number_counts_per_issuer),
		PLACE_CASE(blob_put_replaces),
	};

	return place_run("register", cases, N_OF(cases));
}

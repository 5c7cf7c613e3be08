/* SPDX-License-Identifier: Apache-2.0 */
/* The audit log: whoever changes it is seen. */
#include <stdio.h>

#include "cmocka-all.h"
#include "memory-signer.h"
#include "register-fixture.h"
#include "register-audit-check.h"
#include "register-audit.h"

#define LINES 5 /* of each of two instances */

static struct signer *signer;

static void append(struct reg *reg, unsigned n)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "{\"event\":\"test\",\"n\":%u}", n);
	assert_rc(register_begin(reg, NULL), DEVID_OK);
	assert_rc(register_audit(reg, line, NULL), DEVID_OK);
	assert_rc(register_audit_sign(reg, signer, NULL), DEVID_OK);
	assert_rc(register_commit(reg, NULL), DEVID_OK);
}

/* Lines 1 to LINES of "ca-1" and "ca-2", each signed. */
static struct reg *open_filled(const struct place *p)
{
	struct reg *one = place_open(p), *two = place_open_as(p, "ca-2");

	for (unsigned i = 1; i <= LINES; i++) {
		append(one, i);
		append(two, 100 + i);
	}
	register_close(two);
	return one;
}

static enum devid_err check(struct reg *reg, struct devid_error *err)
{
	int64_t lines = -1;
	enum devid_err rc;

	assert_rc(register_begin_read(reg, NULL), DEVID_OK);
	rc = register_audit_check(reg, signer->public_key, &lines, err);
	register_rollback(reg);
	assert_int_equal(lines, rc == DEVID_OK ? 2 * LINES : -1);
	return rc;
}

static void tamper(struct reg *reg, const char *sql)
{
	struct devid_error err = { 0 };

	assert_rc(register_begin(reg, NULL), DEVID_OK);
	if (db_script(register_db(reg), sql, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	assert_rc(register_commit(reg, NULL), DEVID_OK);
}

#define ONE "(SELECT id FROM instance WHERE name = 'ca-1')"
#define TWO "(SELECT id FROM instance WHERE name = 'ca-2')"
#define OF(column, who, n)                                                     \
	"(SELECT " column " FROM audit WHERE instance = " who " AND seq = " n  \
	")"

static const struct {
	const char *what;
	const char *sql;
	const char *cause;
} tamperings[] = {
	{ "a line removed",
		"DELETE FROM audit WHERE seq = 3 AND instance = " ONE,
		"ca-1, line 3: missing" },
	{ "the first line removed",
		"DELETE FROM audit WHERE seq = 1 AND instance = " ONE,
		"ca-1, line 1: missing" },
	{ "a line changed",
		"UPDATE audit SET line = '{}' WHERE seq = 2 AND instance = " ONE,
		"ca-1, line 2: does not follow from the line before" },
	{ "the first line changed",
		"UPDATE audit SET line = '{}' WHERE seq = 1 AND instance = " ONE,
		"ca-1, line 1: is not this instance's first line" },
	{ "a hash changed",
		"UPDATE audit SET hash = " OF(
			"hash", ONE, "3") " WHERE seq = 4 AND instance = " ONE,
		"ca-1, line 4: does not follow from the line before" },
	{ "lines 2 and 3 exchanged",
		"UPDATE audit SET seq = 0 WHERE seq = 2 AND instance = " ONE ";"
		"UPDATE audit SET seq = 2 WHERE seq = 3 AND instance = " ONE ";"
		"UPDATE audit SET seq = 3 WHERE seq = 0 AND instance = " ONE,
		"ca-1, line 2: does not follow from the line before" },
	{ "another line's signature",
		"UPDATE audit SET signature = " OF("signature", ONE,
			"2") " WHERE seq = 3 AND instance = " ONE,
		"ca-1, line 3: the signature is not that of the key" },
	{ "another instance's line, with its hash and signature",
		"UPDATE audit SET line = " OF("line", TWO, "3") ", hash = " OF(
			"hash", TWO, "3") ", signature = " OF("signature", TWO,
			"3") " WHERE seq = 3 AND instance = " ONE,
		"ca-1, line 3: does not follow from the line before" },
	{ "another instance's whole chain",
		"DELETE FROM audit WHERE instance = " ONE ";"
		"UPDATE audit SET instance = " ONE " WHERE instance = " TWO,
		"ca-1, line 1: is not this instance's first line" },
	{ "instances renamed",
		"UPDATE instance SET name = 'x' WHERE name = 'ca-1';"
		"UPDATE instance SET name = 'ca-1' WHERE name = 'ca-2';"
		"UPDATE instance SET name = 'ca-2' WHERE name = 'x'",
		"line 1: is not this instance's first line" },
	{ "a chain moved out of sight, and changed",
		"INSERT INTO instance (id, name) VALUES (-1, 'x');"
		"UPDATE audit SET line = '{}', instance = -1 WHERE instance"
		" = " ONE ";"
		"DELETE FROM instance WHERE name = 'ca-1';"
		"UPDATE instance SET name = 'ca-1' WHERE id = -1",
		"ca-1, line 1: is not this instance's first line" },
	{ "a line put before the first",
		"INSERT INTO audit (instance, seq, line, hash)"
		" SELECT instance, 0, line, hash FROM audit WHERE seq = 1"
		" AND instance = " ONE,
		"ca-1, line 1: missing" },
	{ "the newest signature removed",
		"UPDATE audit SET signature = NULL WHERE seq = 5"
		" AND instance = " ONE,
		"ca-1, line 5: the newest line is not signed" },
	{ "the same of the last instance",
		"UPDATE audit SET signature = NULL WHERE seq = 5"
		" AND instance = " TWO,
		"ca-2, line 5: the newest line is not signed" },
};

static void audit_check_tampered_log_refused(void **state)
{
	struct place *p = *state;

	for (size_t i = 0; i < N_OF(tamperings); i++) {
		struct devid_error err = { 0 };
		struct reg *reg = open_filled(p);

		assert_rc(check(reg, &err), DEVID_OK);
		tamper(reg, tamperings[i].sql);
		if (check(reg, &err) != DEVID_ERR_MISMATCH)
			fail_msg("%s: not seen", tamperings[i].what);
		assert_cause(&err, tamperings[i].cause);
		tamper(reg, "DELETE FROM audit; DELETE FROM instance");
		register_close(reg);
	}
}

/* Of lines that were written together only the newest is signed. */
static void audit_check_newest_of_a_batch_removed_refused(void **state)
{
	struct reg *reg = place_open(*state);
	struct devid_error err = { 0 };

	assert_rc(register_begin(reg, NULL), DEVID_OK);
	for (int i = 0; i < 4; i++)
		assert_rc(register_audit(reg, "{}", NULL), DEVID_OK);
	assert_rc(register_audit_sign(reg, signer, NULL), DEVID_OK);
	assert_rc(register_commit(reg, NULL), DEVID_OK);
	tamper(reg, "DELETE FROM audit WHERE seq = 4");
	assert_rc(check(reg, &err), DEVID_ERR_MISMATCH);
	assert_cause(&err, "ca-1, line 3: the newest line is not signed");
	register_close(reg);
}

/* What SQLite allows with its checks off, and PostgreSQL with its own. */
static void audit_check_lines_without_instance_refused(void **state)
{
	const struct place *p = *state;
	struct reg *reg = open_filled(p);
	struct devid_error err = { 0 };

	assert_rc(db_script(register_db(reg),
			  p->postgres ? "ALTER TABLE audit DROP CONSTRAINT"
					" audit_instance_fkey"
				      : "PRAGMA foreign_keys = OFF",
			  NULL),
		DEVID_OK);
	tamper(reg, "DELETE FROM instance WHERE name = 'ca-2'");
	assert_rc(check(reg, &err), DEVID_ERR_MISMATCH);
	assert_cause(&err, "has lines but no name");
	register_close(reg);
}

static void audit_check_other_key_refused(void **state)
{
	struct reg *reg = open_filled(*state);
	struct signer *other = memory_signer_new("p256");
	struct devid_error err = { 0 };
	int64_t lines = 0;

	assert_rc(register_begin_read(reg, NULL), DEVID_OK);
	assert_rc(register_audit_check(reg, other->public_key, &lines, &err),
		DEVID_ERR_MISMATCH);
	assert_cause(&err, "ca-1, line 1: the signature is not that");
	register_rollback(reg);
	signer_free(other);
	register_close(reg);
}

/* The database alone cannot tell; who wrote a head down can. */
static void audit_get_tells_a_log_cut_back(void **state)
{
	struct reg *reg = open_filled(*state);
	struct register_audit_line head, now;
	uint8_t hash[32];

	assert_rc(register_begin(reg, NULL), DEVID_OK);
	assert_rc(register_audit_get(reg, "ca-1", 0, &head, NULL), DEVID_OK);
	assert_int_equal(head.seq, LINES);
	assert_string_equal(head.line, "{\"event\":\"test\",\"n\":5}");
	assert_true(head.signature_len > 0);
	memcpy(hash, head.hash, 32);
	assert_rc(register_audit_get(reg, "ca-1", LINES, &now, NULL), DEVID_OK);
	assert_memory_equal(now.hash, hash, 32);
	assert_rc(register_commit(reg, NULL), DEVID_OK);
	tamper(reg, "DELETE FROM audit WHERE seq = 5 AND instance = " ONE);
	assert_rc(register_begin(reg, NULL), DEVID_OK);
	assert_rc(register_audit_get(reg, "ca-1", LINES, &now, NULL),
		DEVID_ERR_NOT_FOUND);
	assert_rc(register_commit(reg, NULL), DEVID_OK);
	/* Written on, with other lines. */
	append(reg, 99);
	assert_rc(check(reg, NULL), DEVID_OK);
	assert_rc(register_begin(reg, NULL), DEVID_OK);
	assert_rc(register_audit_get(reg, "ca-1", LINES, &now, NULL), DEVID_OK);
	assert_memory_not_equal(now.hash, hash, 32);
	assert_rc(register_commit(reg, NULL), DEVID_OK);
	register_close(reg);
}

static enum devid_err count_line(void *arg,
	const struct register_audit_line *line, struct devid_error *err)
{
	(void)line;
	(void)err;
	++*(unsigned *)arg;
	return DEVID_OK;
}

static void audit_check_many_pages_verify(void **state)
{
	struct reg *reg = place_open(*state);
	int64_t lines = 0;
	unsigned n = 0;

	for (unsigned batch = 0; batch < 20; batch++) {
		assert_rc(register_begin(reg, NULL), DEVID_OK);
		for (unsigned i = 0; i < 64; i++)
			assert_rc(fixture_issue(reg, batch * 64 + i, NULL),
				DEVID_OK);
		assert_rc(register_audit_sign(reg, signer, NULL), DEVID_OK);
		assert_rc(register_commit(reg, NULL), DEVID_OK);
	}
	assert_int_equal(fixture_check_whole(reg, signer), 20 * 64);
	assert_rc(register_begin_read(reg, NULL), DEVID_OK);
	assert_rc(register_audit_check(reg, signer->public_key, &lines, NULL),
		DEVID_OK);
	assert_int_equal(lines, 20 * 64);
	assert_rc(register_each_audit(reg, count_line, &n, NULL), DEVID_OK);
	assert_int_equal(n, 20 * 64);
	n = 0;
	assert_rc(
		register_each_audit_head(reg, count_line, &n, NULL), DEVID_OK);
	assert_int_equal(n, 1);
	register_rollback(reg);
	register_close(reg);
}

static void audit_two_of_one_instance_make_one_chain(void **state)
{
	struct reg *one = place_open(*state), *two = place_open(*state);

	for (unsigned i = 0; i < LINES; i++) {
		append(one, i);
		append(two, i);
	}
	assert_rc(check(one, NULL), DEVID_OK);
	register_close(two);
	register_close(one);
}

static void audit_rolled_back_leaves_no_gap(void **state)
{
	struct reg *reg = open_filled(*state);

	assert_rc(register_begin(reg, NULL), DEVID_OK);
	assert_rc(register_audit(reg, "{\"lost\":1}", NULL), DEVID_OK);
	register_rollback(reg);
	assert_rc(check(reg, NULL), DEVID_OK);
	tamper(reg, "DELETE FROM audit WHERE seq = 5 AND instance = " TWO);
	append(reg, 6);
	assert_rc(check(reg, NULL), DEVID_OK);
	register_close(reg);
}

static void audit_two_lines_in_one_refused(void **state)
{
	struct reg *reg = place_open(*state);

	assert_rc(register_begin(reg, NULL), DEVID_OK);
	assert_rc(register_audit(reg, "{}\n{}", NULL), DEVID_ERR_INVALID);
	register_rollback(reg);
	register_close(reg);
}

static void audit_sign_broken_token_is_told(void **state)
{
	struct reg *reg = place_open(*state);

	memory_signer_break(signer, true);
	assert_rc(register_begin(reg, NULL), DEVID_OK);
	assert_rc(register_audit_sign(reg, signer, NULL), DEVID_OK);
	assert_rc(register_audit(reg, "{}", NULL), DEVID_OK);
	assert_rc(
		register_audit_sign(reg, signer, NULL), DEVID_ERR_UNREACHABLE);
	register_rollback(reg);
	memory_signer_break(signer, false);
	register_close(reg);
}

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(audit_check_tampered_log_refused),
		PLACE_CASE(audit_check_newest_of_a_batch_removed_refused),
		PLACE_CASE(audit_check_lines_without_instance_refused),
		PLACE_CASE(audit_check_other_key_refused),
		PLACE_CASE(audit_get_tells_a_log_cut_back),
		PLACE_CASE(audit_check_many_pages_verify),
		PLACE_CASE(audit_two_of_one_instance_make_one_chain),
		PLACE_CASE(audit_rolled_back_leaves_no_gap),
		PLACE_CASE(audit_two_lines_in_one_refused),
		PLACE_CASE(audit_sign_broken_token_is_told),
	};
	int failed;

	signer = memory_signer_new("p256");
	failed = place_run("register-audit", cases, N_OF(cases));
	signer_free(signer);
	return failed;
}

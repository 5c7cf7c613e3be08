/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for each device, or of a whole register, is answered from
 * indexes. SQLite tells its plans in a form that stays, but for whether an
 * index covers the question, which newer ones tell more often. */
#include "register-fixture.h"
#include "register-private.h"

#include <stdio.h>
#include <string.h>

#include "cmocka-all.h"

#define PLAN_MAX 512

/* A line for each step. */
static enum devid_err note_step(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	char *plan = arg;
	size_t len = strlen(plan);

	(void)err;
	assert_int_equal(n_columns, 4);
	assert_int_equal(columns[3].type, DB_TEXT);
	(void)snprintf(plan + len, PLAN_MAX - len, "%s\n",
		(const char *)columns[3].data);
	return DEVID_OK;
}

static void explain(
	struct reg *reg, const char *sql, size_t n_params, char plan[PLAN_MAX])
{
	char text[PLAN_MAX];
	const struct db_value params[] = { DB_NULL_V, DB_NULL_V, DB_NULL_V };

	(void)snprintf(text, PLAN_MAX, "EXPLAIN QUERY PLAN %s", sql);
	plan[0] = '\0';
	assert_rc(register_begin(reg, NULL), DEVID_OK);
	assert_rc(db_run(register_db(reg), DB_QUERY(text, params, n_params),
			  note_step, plan, NULL),
		DEVID_OK);
	assert_rc(register_commit(reg, NULL), DEVID_OK);
}

/* Devices that had the EK, certificates of these, certificates of the key. */
static void barred_reads_by_indexes(void **state)
{
	static const char *const indexes[] = { "INDEX device_past_ek (",
		"INDEX cert_device (", "INDEX cert_key (" };
	const struct place *p = *state;
	struct reg *reg = place_open(p);
	char plan[PLAN_MAX];

	if (!p->postgres) {
		explain(reg, register_sql[REG_SQL_IS_BARRED], 3, plan);
		for (size_t i = 0; i < N_OF(indexes); i++)
			assert_non_null(strstr(plan, indexes[i]));
		assert_null(strstr(plan, "SCAN"));
	}
	register_close(reg);
}

/* By its bytes, through the index over the folded ones. */
static void device_by_serial_reads_by_index(void **state)
{
	static const enum register_sql all[] = { REG_SQL_DEVICE_BY_SERIAL,
		REG_SQL_EACH_DEVICE_NAMED };
	const struct place *p = *state;
	struct reg *reg = place_open(p);
	char plan[PLAN_MAX];

	for (size_t i = 0; !p->postgres && i < N_OF(all); i++) {
		explain(reg, register_sql[all[i]], 2, plan);
		assert_non_null(strstr(plan, "INDEX device_serial ("));
		assert_null(strstr(plan, "SCAN device"));
	}
	register_close(reg);
}

/* A delta reads what came since its base, of the issuer alone. */
static void revoked_since_reads_by_index(void **state)
{
	const struct place *p = *state;
	struct reg *reg = place_open(p);
	char plan[PLAN_MAX];

	if (!p->postgres) {
		explain(reg, register_sql[REG_SQL_EACH_REVOKED], 3, plan);
		assert_non_null(strstr(plan, "INDEX cert_revoked ("));
		assert_non_null(strstr(plan, "revoked_seq>?"));
		assert_null(strstr(plan, "SCAN"));
		assert_null(strstr(plan, "B-TREE")); /* no sorting */
	}
	register_close(reg);
}

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(barred_reads_by_indexes),
		PLACE_CASE(device_by_serial_reads_by_index),
		PLACE_CASE(revoked_since_reads_by_index),
	};

	return place_run("register-plans", cases, N_OF(cases));
}

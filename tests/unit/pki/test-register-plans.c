/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for each device, or of a whole register, is answered from
 * indexes. SQLite tells its plans in a form that stays, but for whether an
 * index covers the question, which newer ones tell more often. */
#include "register-fixture.h"
#include "register-private.h"

#include <stdatomic.h>
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

/* @text is room that belongs to @sql alone: db.h knows statements by their
 * addresses. */
static void explain(struct reg *reg, const char *sql, char text[PLAN_MAX],
	size_t n_params, char plan[PLAN_MAX])
{
	const struct db_value params[] = { DB_NULL_V, DB_NULL_V, DB_NULL_V };

	(void)snprintf(text, PLAN_MAX, "EXPLAIN QUERY PLAN %s", sql);
	plan[0] = '\0';
	assert_rc(register_begin(reg, NULL), DEVID_OK);
	assert_rc(db_run(register_db(reg), DB_QUERY(text, params, n_params),
			  note_step, plan, NULL),
		DEVID_OK);
	assert_rc(register_commit(reg, NULL), DEVID_OK);
}

static void warm_reads_indexes_only(void **state)
{
	static char texts[2][PLAN_MAX];
	static const struct {
		const char *sql, *search, *index;
	} parts[] = {
		{ reg_warm_eks, "SEARCH device USING ", "INDEX device_ek (" },
		{ reg_warm_keys, "SEARCH cert USING ", "INDEX cert_key (" },
	};
	const struct place *p = *state;
	struct reg *reg = place_open(p);
	atomic_bool stop = true;
	char plan[PLAN_MAX];

	for (unsigned i = 0; i < 20; i++)
		fixture_issue_now(reg, NULL, i);
	assert_rc(register_warm(p->uri, NULL, NULL), DEVID_OK);
	assert_rc(register_warm(p->uri, &stop, NULL), DEVID_OK);
	for (size_t i = 0; !p->postgres && i < N_OF(parts); i++) {
		explain(reg, parts[i].sql, texts[i], 2, plan);
		assert_memory_equal(
			plan, parts[i].search, strlen(parts[i].search));
		assert_non_null(strstr(plan, parts[i].index));
		assert_null(strstr(plan, "SCAN"));
	}
	register_close(reg);
}

/* Devices that had the EK, certificates of these, certificates of the key. */
static void barred_reads_by_indexes(void **state)
{
	static const char *const indexes[] = { "INDEX device_past_ek (",
		"INDEX cert_device (", "INDEX cert_key (" };
	static char text[PLAN_MAX];
	const struct place *p = *state;
	struct reg *reg = place_open(p);
	char plan[PLAN_MAX];

	if (!p->postgres) {
		explain(reg, reg_barred, text, 3, plan);
		for (size_t i = 0; i < N_OF(indexes); i++)
			assert_non_null(strstr(plan, indexes[i]));
		assert_null(strstr(plan, "SCAN"));
	}
	register_close(reg);
}

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(warm_reads_indexes_only),
		PLACE_CASE(barred_reads_by_indexes),
	};

	return place_run("register-plans", cases, N_OF(cases));
}

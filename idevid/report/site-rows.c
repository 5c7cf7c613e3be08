/* SPDX-License-Identifier: Apache-2.0 */
#include "site-rows.h"

#include <string.h>

#include "fail.h"

/* Octets of a text that are kept: more than a page shows of it. */
#define TEXT_KEPT 400
#define TEXTS     6

struct site_row {
	struct site_row *next; /* owned by the list */
	struct site_unit unit; /* its views are into text */
	uint8_t text[];
};

/* ---- from JSON ---- */

static enum devid_err read_words(const struct report_lines *lines,
	const json_t *object, struct site_unit *ret, struct devid_error *err)
{
	const char *state = json_string_value(json_object_get(object, "state"));

	if (!state || report_site_state_find(state, &ret->state) != DEVID_OK)
		return report_lines_refuse(
			lines, "state: not one that is known here", err);
	ret->cause = REPORT_SITE_NONE;
	if (ret->cause_name.len)
		ret->cause = report_site_cause_find(
			(const char *)ret->cause_name.data);
	return DEVID_OK;
}

enum devid_err site_unit_read(const struct report_lines *lines,
	const json_t *object, struct site_unit *ret, struct devid_error *err)
{
	const struct {
		const char *key;
		struct view *ret;
	} texts[TEXTS] = {
		{ "unit", &ret->unit },
		{ "model", &ret->model },
		{ "switch", &ret->switch_name },
		{ "port", &ret->port },
		{ "cause", &ret->cause_name },
		{ "detail", &ret->detail },
	};
	enum devid_err rc = DEVID_OK;

	for (size_t i = 0; rc == DEVID_OK && i < TEXTS; i++)
		rc = report_lines_text(
			lines, object, texts[i].key, texts[i].ret, err);
	if (rc == DEVID_OK && ret->unit.len == 0)
		rc = report_lines_refuse(lines, "unit: is missing", err);
	if (rc == DEVID_OK)
		rc = report_lines_time(
			lines, object, "last_seen", &ret->seen, err);
	if (rc == DEVID_OK)
		rc = report_lines_time(
			lines, object, "not_after", &ret->not_after, err);
	return rc == DEVID_OK ? read_words(lines, object, ret, err) : rc;
}

/* ---- what is kept ---- */

void site_rows_init(struct site_rows *rows)
{
	*rows = (struct site_rows) { .all = true };
	for (int i = 0; i < REPORT_SITE_CAUSES; i++)
		rows->end[i] = &rows->first[i];
}

static void drop_all_of(struct site_rows *rows, enum report_site_cause cause)
{
	struct site_row *row = rows->first[cause], *next;

	for (; row; row = next) {
		next = row->next;
		free(row);
	}
	rows->first[cause] = NULL;
	rows->end[cause] = &rows->first[cause];
	rows->n_kept -= (size_t)rows->kept[cause];
	rows->kept[cause] = 0;
}

void site_rows_done(struct site_rows *rows)
{
	for (int i = 0; i < REPORT_SITE_CAUSES; i++)
		drop_all_of(rows, (enum report_site_cause)i);
}

static size_t kept_len(struct view text)
{
	return text.len < TEXT_KEPT ? text.len : TEXT_KEPT;
}

static struct site_row *copy(const struct site_unit *unit)
{
	const struct view from[TEXTS] = { unit->unit, unit->model,
		unit->switch_name, unit->port, unit->detail, unit->cause_name };
	struct view *to[TEXTS];
	struct site_row *row;
	size_t len = 0;

	for (size_t i = 0; i < TEXTS; i++)
		len += kept_len(from[i]);
	row = malloc(sizeof(*row) + len);
	if (!row)
		return NULL;
	row->next = NULL;
	row->unit = *unit;
	to[0] = &row->unit.unit;
	to[1] = &row->unit.model;
	to[2] = &row->unit.switch_name;
	to[3] = &row->unit.port;
	to[4] = &row->unit.detail;
	to[5] = &row->unit.cause_name;
	len = 0;
	for (size_t i = 0; i < TEXTS; i++) {
		*to[i] = (struct view) { row->text + len, kept_len(from[i]) };
		if (from[i].len)
			memcpy(row->text + len, from[i].data, to[i]->len);
		len += to[i]->len;
	}
	return row;
}

/* The cause of which most are kept: one of it gives way. */
static enum report_site_cause most_kept(const struct site_rows *rows)
{
	int most = 0;

	for (int i = 1; i < REPORT_SITE_CAUSES; i++) {
		if (rows->kept[i] > rows->kept[most])
			most = i;
	}
	return (enum report_site_cause)most;
}

/* The first of @cause goes: so none is looked for. */
static void drop_first_of(struct site_rows *rows, enum report_site_cause cause)
{
	struct site_row *row = rows->first[cause];

	rows->first[cause] = row->next;
	if (!row->next)
		rows->end[cause] = &rows->first[cause];
	free(row);
	rows->kept[cause]--;
	rows->n_kept--;
}

/* Whether there is room for one of @cause, or some is made. */
static bool make_room(struct site_rows *rows, enum report_site_cause cause)
{
	enum report_site_cause most;

	if (rows->n > SITE_ROWS_MAX && rows->all) {
		rows->all = false;
		drop_all_of(rows, REPORT_SITE_NONE);
	}
	if (!rows->all && cause == REPORT_SITE_NONE)
		return false;
	if (rows->n_kept < SITE_ROWS_MAX)
		return true;
	most = most_kept(rows);
	if (rows->kept[most] <= rows->kept[cause] + 1)
		return false;
	drop_first_of(rows, most);
	return true;
}

enum devid_err site_rows_add(struct site_rows *rows,
	const struct site_unit *unit, struct devid_error *err)
{
	enum report_site_cause cause = unit->cause;
	struct site_row *row;

	rows->n++;
	rows->by_state[unit->state]++;
	rows->by_cause[cause]++;
	if (!make_room(rows, cause))
		return DEVID_OK;
	row = copy(unit);
	if (!row)
		return fail_no_memory(err);
	*rows->end[cause] = row;
	rows->end[cause] = &row->next;
	rows->kept[cause]++;
	rows->n_kept++;
	return DEVID_OK;
}

const struct site_row *site_rows_first(
	const struct site_rows *rows, enum report_site_cause cause)
{
	return rows->first[cause];
}

const struct site_row *site_rows_next(const struct site_row *row)
{
	return row->next;
}

const struct site_unit *site_row_unit(const struct site_row *row)
{
	return &row->unit;
}

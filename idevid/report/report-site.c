/* SPDX-License-Identifier: Apache-2.0 */
#include "report-site.h"

#include "cleanup-json.h"
#include "fail.h"
#include "report-csv.h"
#include "report-lines.h"
#include "report-text.h"
#include "report-time.h"
#include "site-page.h"
#include "site-rows.h"

static void put_csv_head(struct report_csv *csv)
{
	static const char *const columns[] = { "unit", "model", "state",
		"last seen", "switch", "port", "days left", "not after",
		"cause", "detail" };

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		report_csv_text(csv, report_view(columns[i]));
	report_csv_end(csv);
}

static void put_csv_time(struct report_csv *csv, int64_t seconds)
{
	char text[REPORT_STAMP_MAX];

	if (seconds < 0) {
		report_csv_none(csv);
		return;
	}
	report_time_exact(seconds, text);
	report_csv_text(csv, report_view(text));
}

static void put_csv(
	struct report_csv *csv, const struct site_unit *unit, int64_t now)
{
	report_csv_text(csv, unit->unit);
	report_csv_text(csv, unit->model);
	report_csv_text(csv, report_view(report_site_state_name(unit->state)));
	put_csv_time(csv, unit->seen);
	report_csv_text(csv, unit->switch_name);
	report_csv_text(csv, unit->port);
	if (unit->not_after < 0)
		report_csv_none(csv);
	else
		report_csv_int(csv, site_days_left(unit->not_after, now));
	put_csv_time(csv, unit->not_after);
	report_csv_text(csv, unit->cause_name);
	report_csv_text(csv, unit->detail);
	report_csv_end(csv);
}

/* The chain of the site's CA: "chain": [{"name", "not_after"}, ...] */
static enum devid_err read_chain(const struct report_lines *lines,
	const json_t *head, struct site_facts *facts, struct devid_error *err)
{
	const json_t *chain = json_object_get(head, "chain"), *link;
	enum devid_err rc = DEVID_OK;
	size_t i;

	if (!chain || json_is_null(chain))
		return DEVID_OK;
	if (!json_is_array(chain) || json_array_size(chain) >= REPORT_LINKS_MAX)
		return report_lines_refuse(lines,
			"chain: not an array of at most nine certificates",
			err);
	json_array_foreach(chain, i, link)
	{
		rc = report_lines_text(
			lines, link, "name", &facts->chain[i].name, err);
		if (rc == DEVID_OK)
			rc = report_lines_time(lines, link, "not_after",
				&facts->chain[i].until, err);
		if (rc != DEVID_OK)
			return rc;
		facts->chain[i].n = -1;
	}
	facts->n_chain = json_array_size(chain);
	return DEVID_OK;
}

static enum devid_err read_head(const struct report_lines *lines,
	const json_t *head, struct site_facts *facts, struct devid_error *err)
{
	enum devid_err rc;

	rc = report_lines_text(lines, head, "site", &facts->site, err);
	if (rc == DEVID_OK)
		rc = report_lines_time(lines, head, "time", &facts->now, err);
	if (rc == DEVID_OK && facts->now < 0)
		rc = report_lines_refuse(lines, "time: is missing", err);
	return rc == DEVID_OK ? read_chain(lines, head, facts, err) : rc;
}

static enum devid_err read_units(struct report_lines *lines,
	struct site_facts *facts, FILE *csv_file, struct devid_error *err)
{
	struct report_csv csv = { csv_file, 0 };
	enum devid_err rc = DEVID_OK;

	if (csv.out)
		put_csv_head(&csv);
	for (;;) {
		json_t *object CLEANUP(cleanup_json) = NULL;
		struct site_unit unit;

		rc = report_lines_next(lines, &object, err);
		if (rc != DEVID_OK || !object)
			return rc;
		rc = site_unit_read(lines, object, &unit, err);
		if (rc == DEVID_OK)
			rc = site_facts_add(facts, &unit, err);
		if (rc != DEVID_OK)
			return rc;
		if (csv.out)
			put_csv(&csv, &unit, facts->now);
	}
}

enum devid_err report_site(const struct report_source *from,
	const struct report_outputs *out, struct devid_error *err)
{
	struct report_lines *lines CLEANUP(cleanup_report_lines) = NULL;
	json_t *head CLEANUP(cleanup_json) = NULL;
	struct site_facts facts CLEANUP(site_facts_done) = { .n_chain = 0 };
	enum devid_err rc;

	site_facts_init(&facts);
	rc = report_lines_open(from, "site", &lines, &head, err);
	if (rc == DEVID_OK)
		rc = read_head(lines, head, &facts, err);
	if (rc == DEVID_OK)
		rc = read_units(lines, &facts, out->csv, err);
	if (rc == DEVID_OK)
		rc = site_page(out->page, &facts, out->csv_name, err);
	return rc;
}

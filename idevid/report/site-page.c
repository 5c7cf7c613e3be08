/* SPDX-License-Identifier: Apache-2.0 */
#include "site-page.h"

#include <stdbool.h>
#include <string.h>

#include "report-page.h"
#include "report-text.h"
#include "report-time.h"

#define GROUP_OPEN_MAX 20 /* units of a group that is unfolded at first */

void site_facts_init(struct site_facts *facts)
{
	*facts = (struct site_facts) { .now = -1 };
	site_rows_init(&facts->rows);
}

void site_facts_done(struct site_facts *facts)
{
	site_rows_done(&facts->rows);
}

int64_t site_days_left(int64_t not_after, int64_t now)
{
	int64_t left = not_after - now;

	return left < 0 ? -((REPORT_DAY - 1 - left) / REPORT_DAY)
			: left / REPORT_DAY;
}

/* Which month after that of @now @then is in; below 0: it is over. */
static int month_of(int64_t then, int64_t now)
{
	struct report_date a = report_date_of(now), b = report_date_of(then);

	return then < now ? -1 : 12 * (b.year - a.year) + b.month - a.month;
}

enum devid_err site_facts_add(struct site_facts *facts,
	const struct site_unit *unit, struct devid_error *err)
{
	int month;

	if (unit->not_after >= 0 && unit->state != REPORT_SITE_RETIRED) {
		month = month_of(unit->not_after, facts->now);
		if (month < 0)
			facts->ended++;
		else if (month < SITE_MONTHS)
			facts->month[month]++;
		else
			facts->later++;
	}
	return site_rows_add(&facts->rows, unit, err);
}

/* ---- parts of the page ---- */

static uint64_t in_trouble(const struct site_rows *rows)
{
	return rows->n - rows->by_cause[REPORT_SITE_NONE];
}

static void put_verdict(FILE *out, const struct site_rows *rows)
{
	uint64_t bad = in_trouble(rows);

	(void)fprintf(out, "<p class=\"verdict%s\">",
		bad       ? " bad"
		: rows->n ? " good"
			  : "");
	if (rows->n == 0) {
		(void)fputs("No unit is known here yet.</p>\n<p>Put what was "
			    "ordered on the list:</p>\n<code class=\"run\">"
			    "devid-registrar list import FILE</code>\n",
			out);
		return;
	}
	report_count(out, rows->n, "unit, ", "units, ");
	if (bad)
		report_count(out, bad, "of them needs somebody.",
			"of them need somebody.");
	else
		(void)fputs("none of them needs anybody.", out);
	(void)fputs("</p>\n", out);
}

static void put_summary(
	FILE *out, const struct site_facts *facts, const char *csv_name)
{
	static const struct report_picture what = { "states",
		"How far the units have come" };
	struct report_part parts[REPORT_SITE_STATES];

	for (unsigned i = 0; i < REPORT_SITE_STATES; i++)
		parts[i] = (struct report_part) {
			report_site_state_name((enum report_site_state)i),
			facts->rows.by_state[i], i
		};
	report_section_begin(out, "summary", "Summary");
	put_verdict(out, &facts->rows);
	report_bar(out, &what, parts, REPORT_SITE_STATES);
	if (csv_name) {
		(void)fputs("<p class=\"soft more\">All units as a table for "
			    "spreadsheets: <a href=\"",
			out);
		report_href(out, report_view(csv_name));
		(void)fputs("\" download>", out);
		report_html(out, report_view(csv_name), REPORT_TEXT_SHOWN);
		(void)fputs("</a></p>\n", out);
	}
	report_section_end(out);
}

/* The last is the cause, or what else there is to say where that is known. */
#define COLUMNS(last)                                                          \
	{ "Unit", 'u' }, { "Model", 'm' }, { "State", 's' },                   \
		{ "Last seen", 't' }, { "Switch", 'm' }, { "Port", 'm' },      \
		{ "Days left", 'n' },                                          \
	{                                                                      \
		last, 'w'                                                      \
	}

static const struct report_column columns[] = { COLUMNS("Cause") };
static const struct report_column columns_grouped[] = { COLUMNS("Detail") };

#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void put_state(FILE *out, enum report_site_state state)
{
	(void)fprintf(out,
		"<td class=\"t\"><span class=\"dot d%u\"></span>%s</td>",
		(unsigned)state, report_site_state_name(state));
}

/* What there is to say of a cause: its heading, unless @grouped, and what the
 * unit met. */
static void put_cause(FILE *out, const struct site_unit *unit, bool grouped)
{
	bool headed = !grouped && unit->cause != REPORT_SITE_NONE;

	(void)fputs("<td>", out);
	if (unit->cause == REPORT_SITE_OTHER)
		report_html(out, unit->cause_name, REPORT_TEXT_SHOWN);
	else if (headed)
		(void)fputs(report_site_help(unit->cause)->heading, out);
	if (unit->detail.len) {
		(void)fputs(headed ? "<small>" : "", out);
		(void)fputs(unit->cause == REPORT_SITE_OTHER ? ": " : "", out);
		report_html(out, unit->detail, REPORT_TEXT_SHOWN);
		(void)fputs(headed ? "</small>" : "", out);
	}
	(void)fputs("</td>", out);
}

static void put_days(FILE *out, const struct site_unit *unit, int64_t now)
{
	int64_t days;

	if (unit->not_after < 0) {
		(void)fputs("<td class=\"n\"></td>", out);
		return;
	}
	days = site_days_left(unit->not_after, now);
	if (days >= 0)
		report_cell_int(out, days);
	else
		(void)fprintf(out, "<td class=\"n\">\xe2\x88\x92%ld</td>",
			(long)-days);
}

static void put_row(
	FILE *out, const struct site_unit *unit, int64_t now, bool grouped)
{
	(void)fprintf(out, "<tr class=\"s%u%s\">", (unsigned)unit->state,
		unit->cause == REPORT_SITE_NONE ? "" : " bad");
	report_cell_head(out, unit->unit);
	report_cell_text(out, unit->model);
	put_state(out, unit->state);
	report_cell_time(out, unit->seen);
	report_cell_text(out, unit->switch_name);
	report_cell_text(out, unit->port);
	put_days(out, unit, now);
	put_cause(out, unit, grouped);
	(void)fputs("</tr>\n", out);
}

/* ---- groups of those in trouble ---- */

static void put_command(FILE *out, const struct report_site_help *help,
	const struct site_unit *example)
{
	const char *at = strstr(help->command, "%s");
	int len = (int)(at ? (size_t)(at - help->command)
			   : strlen(help->command));

	if (help->on_device)
		(void)fputs("<p class=\"soft\">On the device:</p>\n", out);
	(void)fprintf(out, "<code class=\"run\">%.*s", len, help->command);
	if (at && example)
		report_shell_word(out, example->unit);
	else if (at)
		(void)fputs("UNIT", out);
	(void)fprintf(out, "%s</code>\n", at ? at + 2 : "");
}

/* One that is kept alone of its cause is the command's example. */
static void put_help(
	FILE *out, const struct site_rows *rows, enum report_site_cause cause)
{
	const struct report_site_help *help = report_site_help(cause);
	const struct site_row *row = site_rows_first(rows, cause);

	(void)fprintf(out, "<p>%s</p>\n", help->text);
	if (help->command)
		put_command(out, help,
			row && rows->by_cause[cause] == 1 ? site_row_unit(row)
							  : NULL);
}

static void put_rest(FILE *out, uint64_t shown, uint64_t all)
{
	if (shown == all)
		return;
	(void)fputs("<p class=\"soft more\">And ", out);
	report_count(out, all - shown, "more unit", "more units");
	(void)fputs(" in the CSV.</p>\n", out);
}

static void put_group(FILE *out, const struct site_facts *facts,
	enum report_site_cause cause, bool open)
{
	const struct site_rows *rows = &facts->rows;
	const struct report_site_help *help = report_site_help(cause);
	char number[REPORT_STAMP_MAX];

	report_number_text(rows->by_cause[cause], number);
	(void)fprintf(out,
		"<details aria-label=\"%s\"%s>\n"
		"<summary><h3>%s</h3><b>%s</b></summary>\n",
		help->heading, open ? " open" : "", help->heading, number);
	put_help(out, rows, cause);
	report_table_begin(out, help->heading, columns_grouped, N_COLUMNS);
	for (const struct site_row *r = site_rows_first(rows, cause); r;
		r = site_rows_next(r))
		put_row(out, site_row_unit(r), facts->now, true);
	report_table_end(out);
	put_rest(out, rows->kept[cause], rows->by_cause[cause]);
	(void)fputs("</details>\n", out);
}

static void put_trouble(FILE *out, const struct site_facts *facts)
{
	const struct site_rows *rows = &facts->rows;

	if (in_trouble(rows) == 0)
		return;
	report_section_begin(out, "trouble", "What needs somebody");
	for (int i = 1; i < REPORT_SITE_CAUSES; i++) {
		if (rows->by_cause[i])
			put_group(out, facts, (enum report_site_cause)i,
				rows->by_cause[i] <= GROUP_OPEN_MAX);
	}
	report_section_end(out);
}

/* ---- certificates ---- */

static void put_ends(FILE *out, const struct site_facts *facts)
{
	static const struct report_picture what = { "ends",
		"Certificates by the month in which they end" };
	struct report_part parts[SITE_MONTHS + 2];
	struct report_date date = report_date_of(facts->now);
	char names[SITE_MONTHS][16];
	int month;

	parts[0] = (struct report_part) { "ended", facts->ended, 7 };
	for (int i = 0; i < SITE_MONTHS; i++) {
		month = date.month - 1 + i;
		(void)snprintf(names[i], sizeof(names[i]), "%s %02d",
			report_month_name(month % 12 + 1),
			(date.year + month / 12) % 100);
		parts[i + 1] = (struct report_part) { names[i], facts->month[i],
			i ? 3 : 6 };
	}
	parts[SITE_MONTHS + 1] =
		(struct report_part) { "later", facts->later, 5 };
	report_timeline(out, &what, parts, SITE_MONTHS + 2);
}

static void put_certificates(FILE *out, const struct site_facts *facts)
{
	static const struct report_picture what = { "chain",
		"Whom the site's certificates come from" };
	struct report_link links[REPORT_LINKS_MAX];
	uint64_t n = facts->ended + facts->later;

	for (int i = 0; i < SITE_MONTHS; i++)
		n += facts->month[i];
	if (n == 0 && facts->n_chain == 0)
		return;
	report_section_begin(out, "certificates", "Certificates of the site");
	put_ends(out, facts);
	if (facts->n_chain) {
		memcpy(links, facts->chain, sizeof(links));
		links[facts->n_chain] =
			(struct report_link) { report_view("LDevIDs of units"),
				-1, (int64_t)n };
		report_chain(out, &what, links, facts->n_chain + 1, facts->now);
	}
	report_section_end(out);
}

/* ---- all units ---- */

static void put_filter(FILE *out, const char *id, const char *name, uint64_t n)
{
	char number[REPORT_STAMP_MAX];

	report_number_text(n, number);
	(void)fprintf(out,
		"<label><input type=\"radio\" name=\"show\" id=\"%s\"%s>%s "
		"(%s)</label>\n",
		id, strcmp(id, "show-all") == 0 ? " checked" : "", name,
		number);
}

/* What is shown is chosen by the style sheet. */
static void put_filters(FILE *out, const struct site_rows *rows)
{
	char id[32];

	(void)fputs("<fieldset>\n<legend>Show</legend>\n", out);
	put_filter(out, "show-all", "all", rows->n);
	if (in_trouble(rows))
		put_filter(out, "show-bad", "what needs somebody",
			in_trouble(rows));
	for (int i = 0; i < REPORT_SITE_STATES; i++) {
		if (rows->by_state[i] == 0)
			continue;
		(void)snprintf(id, sizeof(id), "show-s%d", i);
		put_filter(out, id,
			report_site_state_name((enum report_site_state)i),
			rows->by_state[i]);
	}
	(void)fputs("</fieldset>\n", out);
}

static void put_all(FILE *out, const struct site_facts *facts)
{
	const struct site_rows *rows = &facts->rows;

	if (rows->n == 0)
		return;
	report_section_begin(out, "units", "All units");
	if (!rows->all) {
		(void)fputs("<p class=\"soft\">", out);
		report_count(out, rows->n, "unit is", "units are");
		(void)fputs(" too many for a page: the CSV has them all."
			    "</p>\n",
			out);
		report_section_end(out);
		return;
	}
	put_filters(out, rows);
	report_table_begin(out, "All units, those that need somebody first",
		columns, N_COLUMNS);
	for (int i = 1; i <= REPORT_SITE_CAUSES; i++) {
		int cause = i % REPORT_SITE_CAUSES; /* NONE last */

		for (const struct site_row *r = site_rows_first(
			     rows, (enum report_site_cause)cause);
			r; r = site_rows_next(r))
			put_row(out, site_row_unit(r), facts->now, false);
	}
	report_table_end(out);
	report_section_end(out);
}

enum devid_err site_page(FILE *out, const struct site_facts *facts,
	const char *csv_name, struct devid_error *err)
{
	enum devid_err rc;

	rc = report_page_begin(
		out, "Site report", facts->site, facts->now, err);
	if (rc != DEVID_OK)
		return rc;
	put_summary(out, facts, csv_name);
	put_trouble(out, facts);
	put_certificates(out, facts);
	put_all(out, facts);
	report_page_end(out);
	return DEVID_OK;
}

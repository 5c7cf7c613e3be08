/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <stdbool.h>

static void print_finding(const struct finding *found, FILE *out)
{
	const struct complaint *is = found->is;

	(void)fprintf(out, "%-10s %s: %s%s%s\n",
		complaint_level_name(is->level), is->id, found->subject,
		*found->subject ? ": " : "", is->what);
	if (*found->evidence)
		(void)fprintf(out, "           seen: %s\n", found->evidence);
	(void)fprintf(out, "           do: %s\n", is->cure);
}

static const char *area_word(enum judge_area state)
{
	static const char *const words[] = {
		[JUDGE_WELL] = "well",
		[JUDGE_WRONG] = "wrong",
		[JUDGE_UNKNOWN] = "not seen",
		[JUDGE_UNUSED] = "not used",
	};

	return words[state];
}

static void print_areas(
	const struct findings *f, enum judge_area state, FILE *out)
{
	bool any = false;

	for (int a = 0; a < COMPLAINT_N_AREAS; a++) {
		enum complaint_area area = (enum complaint_area)a;

		if (judge_area(f, area) != state)
			continue;
		if (!any)
			(void)fprintf(out, "%-10s ", area_word(state));
		(void)fprintf(out, "%s%s", any ? ", " : "",
			complaint_area_name(area));
		any = true;
	}
	if (any)
		(void)fputc('\n', out);
}

void report_print(const struct findings *findings, FILE *out)
{
	for (size_t i = 0; i < findings->n; i++)
		print_finding(&findings->list[i], out);
	print_areas(findings, JUDGE_UNKNOWN, out);
	print_areas(findings, JUDGE_UNUSED, out);
	print_areas(findings, JUDGE_WELL, out);
}

int report_worst(const struct findings *findings)
{
	int worst = -1;

	for (int a = 0; a < COMPLAINT_N_AREAS; a++) {
		if (findings->hidden[a])
			worst = COMPLAINT_UNSEEN;
	}
	for (size_t i = 0; i < findings->n; i++) {
		int level = (int)findings->list[i].is->level;

		if (worst < 0 || level < worst)
			worst = level;
	}
	return worst;
}

static json_t *finding_json(const struct finding *found)
{
	const struct complaint *is = found->is;

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", is->id,
		"area", complaint_area_name(is->area), "level",
		complaint_level_name(is->level), "subject", found->subject,
		"what", is->what, "evidence", found->evidence, "do", is->cure);
}

static json_t *areas_json(const struct findings *f)
{
	json_t *areas = json_object();

	for (int a = 0; areas && a < COMPLAINT_N_AREAS; a++) {
		enum complaint_area area = (enum complaint_area)a;

		if (json_object_set_new(areas, complaint_area_name(area),
			    json_string(area_word(judge_area(f, area)))) == 0)
			continue;
		json_decref(areas);
		return NULL;
	}
	return areas;
}

json_t *report_json(const struct findings *findings)
{
	int worst = report_worst(findings);
	json_t *list = json_array();

	for (size_t i = 0; list && i < findings->n; i++) {
		if (json_array_append_new(
			    list, finding_json(&findings->list[i])) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	return json_pack("{s:s, s:o, s:o}", "state",
		worst < 0 ? "well"
			  : complaint_level_name((enum complaint_level)worst),
		"findings", list, "areas", areas_json(findings));
}

void report_list(FILE *out)
{
	const struct complaint *c;

	for (size_t n = 0; (c = complaint_at(n)); n++)
		(void)fprintf(out, "%s\t%s\t%s\t%s\n", c->id,
			complaint_area_name(c->area), c->what, c->cure);
}

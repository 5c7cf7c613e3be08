/* SPDX-License-Identifier: Apache-2.0 */
#include "report-picture.h"

#include "report-text.h"
#include "report-time.h"

/* Sizes are in the units of a picture's own, of which a page's width has
 * WIDTH. */
#define WIDTH      1000
#define WIDE       "<div class=\"wide\">\n"
#define WIDE_END   "</div>\n"
#define BAR_HEIGHT 28
#define BAR_GAP    2
#define BAR_LEAST  6 /* width of the thinnest part */

#define LINE_TOP    24 /* room for a number above the highest column */
#define LINE_HEIGHT 150
#define LINE_FOOT   28

#define BOX_HEIGHT  44
#define BOX_GAP     26
#define BOX_PADDING 16
#define BOX_CHARS   70 /* of a name that fit beside a date */

/* @wrap: an element that scrolls alone, where there is text in the picture that
 * must not become too small. */
static void begin(FILE *out, const struct report_picture *what, unsigned height,
	const char *wrap)
{
	(void)fprintf(out,
		"<figure>\n<figcaption>%s</figcaption>\n%s"
		"<svg viewBox=\"0 0 %d %u\" role=\"img\" "
		"aria-labelledby=\"%s-t\" aria-describedby=\"%s-d\">\n"
		"<title id=\"%s-t\">%s</title>\n<desc id=\"%s-d\">",
		what->caption, wrap, WIDTH, height, what->id, what->id,
		what->id, what->caption, what->id);
}

static void end(FILE *out)
{
	(void)fputs("</svg>\n", out);
}

/* All of a picture of parts, in words. */
static void describe(FILE *out, const struct report_part *parts, size_t n_parts)
{
	char number[REPORT_STAMP_MAX];

	for (size_t i = 0; i < n_parts; i++) {
		report_number_text(parts[i].n, number);
		(void)fprintf(
			out, "%s%s %s", i ? ", " : "", parts[i].name, number);
	}
	(void)fputs("</desc>\n", out);
}

static void put_legend(
	FILE *out, const struct report_part *parts, size_t n_parts)
{
	char number[REPORT_STAMP_MAX];

	(void)fputs("<ul class=\"legend\">\n", out);
	for (size_t i = 0; i < n_parts; i++) {
		report_number_text(parts[i].n, number);
		(void)fprintf(out,
			"<li%s><b>%s</b><span class=\"dot d%u\"></span>%s"
			"</li>\n",
			parts[i].n ? "" : " class=\"none\"", number,
			parts[i].colour, parts[i].name);
	}
	(void)fputs("</ul>\n", out);
}

void report_bar(FILE *out, const struct report_picture *what,
	const struct report_part *parts, size_t n_parts)
{
	uint64_t total = 0;
	unsigned shown = 0;
	double x = 0, room, width;

	for (size_t i = 0; i < n_parts; i++) {
		total += parts[i].n;
		shown += parts[i].n != 0;
	}
	begin(out, what, BAR_HEIGHT, "");
	describe(out, parts, n_parts);
	room = WIDTH - (double)shown * BAR_LEAST;
	room -= shown ? (double)(shown - 1) * BAR_GAP : 0;
	for (size_t i = 0; i < n_parts; i++) {
		if (parts[i].n == 0)
			continue;
		width = BAR_LEAST + room * (double)parts[i].n / (double)total;
		(void)fprintf(out,
			"<rect class=\"f%u\" x=\"%.1f\" y=\"0\" width=\"%.1f\" "
			"height=\"%d\" rx=\"3\"/>\n",
			parts[i].colour, x, width, BAR_HEIGHT);
		x += width + BAR_GAP;
	}
	if (shown == 0)
		(void)fprintf(out,
			"<rect class=\"box\" x=\"1\" y=\"1\" width=\"%d\" "
			"height=\"%d\" rx=\"3\"/>\n",
			WIDTH - 2, BAR_HEIGHT - 2);
	end(out);
	put_legend(out, parts, n_parts);
	(void)fputs("</figure>\n", out);
}

/* The column of @part, whose middle is at @x. */
static void put_column(FILE *out, const struct report_part *part, double x,
	double width, uint64_t most)
{
	double height = (double)part->n * LINE_HEIGHT / (double)most;
	char number[REPORT_STAMP_MAX];

	if (part->n && height < 3)
		height = 3;
	report_number_text(part->n, number);
	if (part->n)
		(void)fprintf(out,
			"<rect class=\"f%u\" x=\"%.1f\" y=\"%.1f\" "
			"width=\"%.1f\" height=\"%.1f\" rx=\"2\"/>\n"
			"<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">"
			"%s</text>\n",
			part->colour, x - width / 2,
			LINE_TOP + LINE_HEIGHT - height, width, height, x,
			LINE_TOP + LINE_HEIGHT - height - 6, number);
	(void)fprintf(out,
		"<text class=\"soft\" x=\"%.1f\" y=\"%d\" "
		"text-anchor=\"middle\">%s</text>\n",
		x, LINE_TOP + LINE_HEIGHT + 20, part->name);
}

void report_timeline(FILE *out, const struct report_picture *what,
	const struct report_part *parts, size_t n_parts)
{
	double step = (double)WIDTH / (double)(n_parts ? n_parts : 1);
	uint64_t most = 0;

	for (size_t i = 0; i < n_parts; i++)
		most = parts[i].n > most ? parts[i].n : most;
	if (most == 0)
		return;
	begin(out, what, LINE_TOP + LINE_HEIGHT + LINE_FOOT, WIDE);
	describe(out, parts, n_parts);
	for (size_t i = 0; i < n_parts; i++)
		put_column(out, &parts[i], step * ((double)i + 0.5), step * 0.6,
			most);
	(void)fprintf(out, "<path class=\"axis\" d=\"M0 %d.5H%d\"/>\n",
		LINE_TOP + LINE_HEIGHT, WIDTH);
	end(out);
	(void)fputs(WIDE_END "</figure>\n", out);
}

/* "until 2041-01-01", or that it is over; @buf holds it. */
static const char *say_until(
	int64_t until, int64_t when, char *buf, size_t size)
{
	char day[REPORT_STAMP_MAX];

	if (until < 0)
		return "";
	if (until / REPORT_DAY == REPORT_TIME_MAX / REPORT_DAY)
		return "without end";
	report_day_text(until, day);
	(void)snprintf(
		buf, size, "%s %s", until < when ? "ended" : "until", day);
	return buf;
}

static const char *say_n(int64_t n, char *buf, size_t size)
{
	char number[REPORT_STAMP_MAX];

	if (n < 0)
		return "";
	report_number_text((uint64_t)n, number);
	(void)snprintf(buf, size, "%s of them", number);
	return buf;
}

/* What a box has at its right. */
static const char *say(
	const struct report_link *link, int64_t when, char *buf, size_t size)
{
	return link->n >= 0 ? say_n(link->n, buf, size)
			    : say_until(link->until, when, buf, size);
}

static void put_box(
	FILE *out, const struct report_link *link, unsigned y, int64_t when)
{
	char buf[64];

	(void)fprintf(out,
		"<rect class=\"box\" x=\"1\" y=\"%u\" width=\"%d\" "
		"height=\"%d\" rx=\"6\"/>\n<text x=\"%d\" y=\"%u\">",
		y + 1, WIDTH - 2, BOX_HEIGHT - 2, BOX_PADDING, y + 27);
	report_attr(out, link->name, BOX_CHARS);
	(void)fprintf(out,
		"</text>\n<text class=\"soft\" x=\"%d\" y=\"%u\" "
		"text-anchor=\"end\">%s</text>\n",
		WIDTH - BOX_PADDING, y + 27, say(link, when, buf, sizeof(buf)));
}

void report_chain(FILE *out, const struct report_picture *what,
	const struct report_link *links, size_t n_links, int64_t when)
{
	unsigned y = 0;
	char buf[64];
	const char *more;

	if (n_links == 0)
		return;
	begin(out, what, (unsigned)n_links * (BOX_HEIGHT + BOX_GAP) - BOX_GAP,
		WIDE);
	for (size_t i = 0; i < n_links; i++) {
		more = say(&links[i], when, buf, sizeof(buf));
		(void)fputs(i ? ", which signs " : "", out);
		report_attr(out, links[i].name, REPORT_LINKS_MAX * BOX_CHARS);
		(void)fprintf(out, "%s%s", *more ? " " : "", more);
	}
	(void)fputs("</desc>\n", out);
	for (size_t i = 0; i < n_links; i++) {
		put_box(out, &links[i], y, when);
		y += BOX_HEIGHT + BOX_GAP;
		if (i + 1 < n_links)
			(void)fprintf(out,
				"<path class=\"axis\" d=\"M%d %uv%d\"/>"
				"<path class=\"tip\" d=\"M%d %ul5 -9h-10z\"/>\n",
				WIDTH / 2, y - BOX_GAP, BOX_GAP - 4, WIDTH / 2,
				y);
	}
	end(out);
	(void)fputs(WIDE_END "</figure>\n", out);
}

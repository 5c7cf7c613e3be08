/* SPDX-License-Identifier: Apache-2.0 */
/* The text form of Prometheus (exposition format 0.0.4). */
#include "cmocka-all.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "metrics.h"

static struct view text(const char *s)
{
	return (struct view) { (const uint8_t *)s, strlen(s) };
}

/* Ends @m, whose text must be @want. */
static void assert_text(struct metrics *m, const char *want)
{
	struct devid_error err = { DEVID_OK, "" };
	struct blob got = { NULL, 0 };

	assert_int_equal(metrics_take(m, &got, &err), DEVID_OK);
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.data, want, got.len);
	blob_done(&got);
	metrics_free(m);
}

static void family_with_samples_written(void **state)
{
	struct metrics *m = metrics_new();
	struct metrics_label labels[] = {
		{ "key", text("idevid") },
		{ "purpose", text("tls") },
	};

	(void)state;
	metrics_family(m, "devid_signatures_total", METRICS_COUNTER,
		"Signatures since the start.");
	metrics_int(m, labels, 2, 17);
	metrics_int(m, labels, 1, -1);
	metrics_family(m, "devid:up", METRICS_GAUGE, "Whether it is up.");
	metrics_int(m, NULL, 0, 1);
	assert_text(m,
		"# HELP devid_signatures_total Signatures since the start.\n"
		"# TYPE devid_signatures_total counter\n"
		"devid_signatures_total{key=\"idevid\",purpose=\"tls\"} 17\n"
		"devid_signatures_total{key=\"idevid\"} -1\n"
		"# HELP devid:up Whether it is up.\n"
		"# TYPE devid:up gauge\n"
		"devid:up 1\n");
}

static void real_numbers_written(void **state)
{
	struct metrics *m = metrics_new();

	(void)state;
	metrics_family(m, "x_seconds", METRICS_GAUGE, "X.");
	metrics_real(m, NULL, 0, 0.25);
	metrics_real(m, NULL, 0, NAN);
	metrics_real(m, NULL, 0, INFINITY);
	metrics_real(m, NULL, 0, -INFINITY);
	metrics_real(m, NULL, 0, 1e300);
	assert_text(m, "# HELP x_seconds X.\n# TYPE x_seconds gauge\n"
		       "x_seconds 0.25\nx_seconds NaN\nx_seconds +Inf\n"
		       "x_seconds -Inf\nx_seconds 1.0000000000000001e+300\n");
}

static void label_value_of_anybody_escaped(void **state)
{
	static const char odd[] = "a\"b\\c\nd\r\x1b\x7f\xff\xc3\xa4\xc2\x9b";
	struct metrics *m = metrics_new();
	struct metrics_label label = { "unit",
		{ (const uint8_t *)odd, sizeof(odd) } }; /* and a NUL */

	(void)state;
	metrics_family(m, "x", METRICS_GAUGE, "A \"b\"\\c\nd.");
	metrics_int(m, &label, 1, 0);
	assert_text(m,
		"# HELP x A \"b\"\\\\c\\nd.\n# TYPE x gauge\n"
		"x{unit=\"a\\\"b\\\\c\\nd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
		"\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\xef\xbf\xbd\"} 0\n");
}

static void assert_refused(struct metrics *m)
{
	struct devid_error err = { DEVID_OK, "" };
	struct blob got = { NULL, 0 };

	assert_int_equal(metrics_take(m, &got, &err), DEVID_ERR_INVALID);
	assert_null(got.data);
	metrics_free(m);
}

static void family_name_that_is_none_refused(void **state)
{
	static const char *const bad[] = { "", "1x", "a b", "a-b", "a{",
		"x_total", "\xc3\xa4" };
	struct metrics *m;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m = metrics_new();
		metrics_family(m, bad[i], METRICS_GAUGE, "X.");
		metrics_int(m, NULL, 0, 1);
		assert_refused(m);
	}
	m = metrics_new();
	metrics_family(m, "x", METRICS_COUNTER, "X.");
	assert_refused(m);
}

static void label_name_that_is_none_refused(void **state)
{
	static const char *const bad[] = { "", "1", "a:b", "a b", "__name__" };
	struct metrics_label label = { NULL, text("v") };
	struct metrics *m;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		m = metrics_new();
		metrics_family(m, "x", METRICS_GAUGE, "X.");
		label.name = bad[i];
		metrics_int(m, &label, 1, 1);
		assert_refused(m);
	}
}

static void sample_before_a_family_refused(void **state)
{
	struct metrics *m = metrics_new();

	(void)state;
	metrics_int(m, NULL, 0, 1);
	assert_refused(m);
}

static void file_written_for_everybody_to_read(void **state)
{
	char path[] = "/tmp/devid-metrics.XXXXXX";
	int fd = mkstemp(path);
	struct devid_error err = { DEVID_OK, "" };
	struct metrics *m = metrics_new();
	struct stat st;

	(void)state;
	assert_true(fd >= 0);
	(void)close(fd);
	metrics_family(m, "x", METRICS_GAUGE, "X.");
	metrics_int(m, NULL, 0, 1);
	assert_int_equal(metrics_write(m, path, &err), DEVID_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(
		st.st_size, strlen("# HELP x X.\n# TYPE x gauge\nx 1\n"));
	metrics_free(m);
	(void)unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(family_with_samples_written),
		cmocka_unit_test(real_numbers_written),
		cmocka_unit_test(label_value_of_anybody_escaped),
		cmocka_unit_test(family_name_that_is_none_refused),
		cmocka_unit_test(label_name_that_is_none_refused),
		cmocka_unit_test(sample_before_a_family_refused),
		cmocka_unit_test(file_written_for_everybody_to_read),
	};

	return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}

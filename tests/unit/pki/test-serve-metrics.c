/* SPDX-License-Identifier: Apache-2.0 */
/* What devid-ca tells a monitoring system. */
#include "cmocka-all.h"

#include <string.h>

#include "serve-metrics.h"

static void assert_line(const struct blob *text, const char *line)
{
	if (!memmem(text->data, text->len, line, strlen(line)))
		fail_msg("no %sin %.*s", line, (int)text->len,
			(const char *)text->data);
}

static void requests_counted_by_what_came_of_them(void **state)
{
	const struct serve_now now = { .healthy = true, .pending = 2 };
	struct devid_error err = { DEVID_OK, "" };
	struct blob text = { NULL, 0 };
	struct serve_counts counts;

	(void)state;
	memset(&counts, 0, sizeof(counts));
	serve_count(&counts, SERVE_ISSUE, true);
	serve_count(&counts, SERVE_ISSUE, true);
	serve_count(&counts, SERVE_CHALLENGE, false);
	assert_int_equal(
		serve_metrics_text(&counts, &now, &text, &err), DEVID_OK);
	assert_line(&text, "\ndevid_ca_healthy 1\n");
	assert_line(&text, "\ndevid_ca_pending 2\n");
	assert_line(&text, "{request=\"issue\",result=\"done\"} 2\n");
	assert_line(&text, "{request=\"issue\",result=\"refused\"} 0\n");
	assert_line(&text, "{request=\"challenge\",result=\"refused\"} 1\n");
	assert_line(&text, "{request=\"ocsp\",result=\"done\"} 0\n");
	blob_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_counted_by_what_came_of_them),
	};

	return cmocka_run_group_tests_name("serve-metrics", tests, NULL, NULL);
}

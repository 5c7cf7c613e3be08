/* SPDX-License-Identifier: Apache-2.0 */
/* What devid-keyd tells a monitoring system. */
#include "cmocka-all.h"

#include <string.h>

#include "keyd-metrics.h"

static struct blob text_of(const struct wire_status *status)
{
	struct metrics *m = metrics_new();
	struct devid_error err = { DEVID_OK, "" };
	struct blob text = { NULL, 0 };

	assert_non_null(m);
	keyd_metrics_put(m, status);
	assert_int_equal(metrics_take(m, &text, &err), DEVID_OK);
	metrics_free(m);
	return text;
}

static void assert_line(const struct blob *text, const char *line)
{
	if (!memmem(text->data, text->len, line, strlen(line)))
		fail_msg("no %sin %.*s", line, (int)text->len,
			(const char *)text->data);
}

static void status_is_told_and_no_key_named(void **state)
{
	static struct wire_status s = { .module = DEVID_OK,
		.signatures = 12,
		.refused = 3,
		.tries = { 1, 32 },
		.counters = { 4, 5, 6, 7, 8 },
		.n_keys = 3,
		.keys = {
			{ .name = "idevid",
				.present = 1,
				.enabled = 1,
				.certified = 1 },
			{ .name = "app-secret", .present = 1, .why = "x" },
			{ .name = "tls-2", .enabled = 1 },
		} };
	struct blob text = text_of(&s);

	(void)state;
	assert_line(&text, "\ndevid_keyd_module_usable 1\n");
	assert_line(&text, "\ndevid_keyd_signatures_total 12\n");
	assert_line(&text, "\ndevid_keyd_refused_total 3\n");
	assert_line(&text, "\ndevid_keyd_tpm_failed_tries 1\n");
	assert_line(&text, "\ndevid_keyd_tpm_failed_tries_max 32\n");
	assert_line(&text, "\ndevid_keyd_keys{state=\"present\"} 2\n");
	assert_line(&text, "\ndevid_keyd_keys{state=\"enabled\"} 1\n");
	assert_line(&text, "\ndevid_keyd_keys{state=\"certified\"} 1\n");
	assert_line(&text, "\ndevid_keyd_keys{state=\"impaired\"} 1\n");
	assert_line(&text, "{change=\"key_generation\"} 4\n");
	assert_line(&text, "{change=\"certificate_deletion\"} 8\n");
	assert_null(memmem(text.data, text.len, "secret", strlen("secret")));
	blob_done(&text);
}

static void module_that_does_not_answer_is_told(void **state)
{
	static struct wire_status s = { .module = DEVID_ERR_TPM_ABSENT };
	struct blob text = text_of(&s);

	(void)state;
	assert_line(&text, "\ndevid_keyd_module_usable 0\n");
	blob_done(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_is_told_and_no_key_named),
		cmocka_unit_test(module_that_does_not_answer_is_told),
	};

	return cmocka_run_group_tests_name("keyd-metrics", tests, NULL, NULL);
}

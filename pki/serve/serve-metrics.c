/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-metrics.h"

#include <string.h>

#include "fail.h"
#include "metrics.h"

/* Those that a thread answers. */
static const struct {
	enum serve_action action;
	const char *name;
} told[] = {
	{ SERVE_CHALLENGE, "challenge" },
	{ SERVE_ISSUE, "issue" },
	{ SERVE_REVOKE, "revoke" },
	{ SERVE_SHOW, "show" },
	{ SERVE_OCSP, "ocsp" },
};

void serve_count(
	struct serve_counts *counts, enum serve_action action, bool well)
{
	counts->ended[action][well]++;
}

static struct view text_of(const char *text)
{
	return (struct view) { (const uint8_t *)text, strlen(text) };
}

static void put_ended(struct metrics *m, const struct serve_counts *counts)
{
	static const char *const results[2] = { "refused", "done" };

	metrics_family(m, "devid_ca_requests_total", METRICS_COUNTER,
		"Requests that were worked on since the start, by result.");
	for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
		for (int well = 0; well < 2; well++) {
			const struct metrics_label labels[] = {
				{ "request", text_of(told[i].name) },
				{ "result", text_of(results[well]) },
			};

			metrics_int(m, labels, 2,
				(int64_t)counts->ended[told[i].action][well]);
		}
	}
}

enum devid_err serve_metrics_text(const struct serve_counts *counts,
	const struct serve_now *now, struct blob *ret, struct devid_error *err)
{
	struct metrics *m CLEANUP(cleanup_metrics) = metrics_new();
	const struct metrics_label version = { "version",
		text_of(DEVID_VERSION) };

	if (!m)
		return fail_no_memory_for(err, "metrics");
	metrics_family(m, "devid_ca_info", METRICS_GAUGE,
		"Always 1; the version is its label.");
	metrics_int(m, &version, 1, 1);
	metrics_family(m, "devid_ca_healthy", METRICS_GAUGE,
		"Whether register, token, worker and clock are well.");
	metrics_int(m, NULL, 0, now->healthy);
	metrics_family(m, "devid_ca_pending", METRICS_GAUGE,
		"Requests that wait for an answer.");
	metrics_int(m, NULL, 0, now->pending);
	put_ended(m, counts);
	return metrics_take(m, ret, err);
}

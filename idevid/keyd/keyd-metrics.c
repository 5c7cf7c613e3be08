/* SPDX-License-Identifier: Apache-2.0 */
#include "keyd-metrics.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fail.h"
#include "files.h"
#include "log.h"

#define FILE_MODE   0644
#define TPM_SECONDS 30 /* as for a request for the same, keyd-requests.c */

static void put_one(struct metrics *m, const char *name, const char *help,
	enum metrics_type type, int64_t value)
{
	metrics_family(m, name, type, help);
	metrics_int(m, NULL, 0, value);
}

/* A sample with one label whose value is the program's. */
static void put_labelled(
	struct metrics *m, const char *label, const char *value, int64_t number)
{
	const struct metrics_label l = { label,
		{ (const uint8_t *)value, strlen(value) } };

	metrics_int(m, &l, 1, number);
}

static void put_keys(struct metrics *m, const struct wire_status *s)
{
	int present = 0, enabled = 0, certified = 0, impaired = 0;

	for (size_t i = 0; i < s->n_keys; i++) {
		present += s->keys[i].present;
		enabled += s->keys[i].present && s->keys[i].enabled;
		certified += s->keys[i].certified;
		impaired += s->keys[i].why[0] != '\0';
	}
	metrics_family(m, "devid_keyd_keys", METRICS_GAUGE,
		"Keys of the module, by state.");
	put_labelled(m, "state", "present", present);
	put_labelled(m, "state", "enabled", enabled);
	put_labelled(m, "state", "certified", certified);
	put_labelled(m, "state", "impaired", impaired);
}

/* IEEE 802.1AR 10: the counters of IEEE8021-DEVID-MIB. */
static void put_changes(struct metrics *m, const struct wire_counters *c)
{
	metrics_family(m, "devid_keyd_changes_total", METRICS_COUNTER,
		"Changes of keys and certificates since the start.");
	put_labelled(m, "change", "key_generation", c->key_generation);
	put_labelled(m, "change", "key_insertion", c->key_insertion);
	put_labelled(m, "change", "key_deletion", c->key_deletion);
	put_labelled(m, "change", "certificate_insertion", c->cert_insertion);
	put_labelled(m, "change", "certificate_deletion", c->cert_deletion);
}

void keyd_metrics_put(struct metrics *m, const struct wire_status *status)
{
	metrics_family(m, "devid_keyd_info", METRICS_GAUGE,
		"Always 1; the version is its label.");
	put_labelled(m, "version", DEVID_VERSION, 1);
	put_one(m, "devid_keyd_module_usable",
		"Whether the module (TPM) answers and works.", METRICS_GAUGE,
		status->module == DEVID_OK);
	put_one(m, "devid_keyd_signatures_total",
		"Signatures made since the start.", METRICS_COUNTER,
		status->signatures);
	put_one(m, "devid_keyd_refused_total",
		"Requests refused since the start.", METRICS_COUNTER,
		status->refused);
	put_one(m, "devid_keyd_tpm_failed_tries",
		"Failed attempts that the TPM has counted.", METRICS_GAUGE,
		status->tries.failed);
	put_one(m, "devid_keyd_tpm_failed_tries_max",
		"With so many it is in lockout; 0: it does not tell.",
		METRICS_GAUGE, status->tries.max);
	put_keys(m, status);
	put_changes(m, &status->counters);
}

static enum devid_err render(
	const struct requests *r, struct blob *ret, struct devid_error *err)
{
	static struct wire_status status; /* large; one at a time */
	struct metrics *m CLEANUP(cleanup_metrics) = metrics_new();

	if (!m)
		return fail_no_memory(err);
	/* A TPM that hangs must not hang the service. */
	(void)alarm(
		r->limit && r->limit < TPM_SECONDS ? r->limit : TPM_SECONDS);
	module_status(r->module, &status);
	(void)alarm(0);
	status.signatures = r->signatures;
	status.refused = r->refused;
	keyd_metrics_put(m, &status);
	return metrics_take(m, ret, err);
}

/* Flash wears: what has not changed is not written. */
static enum devid_err update(struct keyd_metrics *k, struct devid_error *err)
{
	struct blob now CLEANUP(blob_done) = { NULL, 0 };
	enum devid_err rc = render(k->requests, &now, err);

	if (rc != DEVID_OK ||
		(k->written.data &&
			view_equal(blob_view(&k->written), blob_view(&now))))
		return rc;
	rc = files_write_unsynced(k->path, now.data, now.len, FILE_MODE, err);
	if (rc == DEVID_OK) {
		blob_done(&k->written);
		k->written = blob_take(&now);
	}
	return rc;
}

static void look(struct keyd_metrics *k)
{
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc = update(k, &err);

	if (rc != DEVID_OK && !k->failed)
		log_warn("metrics: %s", devid_error_text(&err));
	k->failed = rc != DEVID_OK;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct keyd_metrics *k = userdata;

	(void)usec; /* now */
	look(k);
	if (sd_event_source_set_time_relative(
		    source, KEYD_METRICS_SECONDS * 1000000ull) < 0 ||
		sd_event_source_set_enabled(source, SD_EVENT_ONESHOT) < 0)
		log_error("metrics: no timer: the file is not written again");
	return 0;
}

void keyd_metrics_start(struct keyd_metrics *k)
{
	if (!k->path)
		return;
	look(k);
	if (sd_event_add_time_relative(k->event, &k->timer, CLOCK_MONOTONIC,
		    KEYD_METRICS_SECONDS * 1000000ull, 0, on_timer, k) < 0)
		log_error("metrics: no timer: the file is not written again");
}

void keyd_metrics_done(struct keyd_metrics *k)
{
	k->timer = sd_event_source_disable_unref(k->timer);
	if (k->path && k->requests && k->requests->module && !k->failed)
		look(k); /* the last numbers of this start */
	blob_done(&k->written);
}

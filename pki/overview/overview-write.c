/* SPDX-License-Identifier: Apache-2.0 */
#include "overview-write.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "cert-time.h"
#include "cleanup-json.h"
#include "cleanup-openssl.h"
#include "fail.h"
#include "files.h"
#include "overview-read.h"
#include "report-text.h"

#define CERT_FILE_MAX 65536 /* bytes; a limit of ours */
#define CHAIN_MAX     9     /* of devid-report */
#define NAME_MAX_LEN  256

struct writer {
	FILE *out;   /* borrowed */
	int64_t now; /* seconds since 1970 */
	uint64_t n;  /* units */
};

static enum devid_err put(
	FILE *out, const json_t *line, struct devid_error *err)
{
	if (json_dumpf(line, out, JSON_COMPACT) != 0 || fputc('\n', out) == EOF)
		return devid_fail(err, DEVID_ERR_IO, "writing the report: %s",
			strerror(errno));
	return DEVID_OK;
}

/* A member that is left out when @text is empty; what is no UTF-8 is mended,
 * so that it can be shown. */
static int set_text(json_t *line, const char *key, struct view text)
{
	char small[REPORT_MENDED_MAX(NAME_MAX_LEN)], *mended = small;
	size_t len;
	int ret;

	if (text.len == 0)
		return 0;
	if (text.len > NAME_MAX_LEN)
		mended = malloc(REPORT_MENDED_MAX(text.len));
	if (!mended)
		return -1;
	len = report_text_mend(text, mended);
	ret = json_object_set_new(line, key, json_stringn(mended, len));
	if (mended != small)
		free(mended);
	return ret;
}

static int set_time(json_t *line, const char *key, int64_t seconds)
{
	return seconds < 0
		       ? 0
		       : json_object_set_new(line, key, json_integer(seconds));
}

static enum devid_err put_unit(
	void *arg, const struct overview_facts *facts, struct devid_error *err)
{
	struct writer *w = arg;
	struct overview_verdict is = overview_judge(facts, w->now);
	json_t *line CLEANUP(cleanup_json) = json_object();
	int bad = line ? 0 : -1;

	bad |= set_text(line, "unit", facts->unit);
	bad |= set_text(line, "model", facts->model);
	bad |= set_text(
		line, "state", report_view(report_site_state_name(is.state)));
	bad |= set_time(line, "last_seen", facts->seen);
	bad |= set_text(line, "switch", facts->where);
	bad |= set_text(line, "port", facts->port);
	bad |= set_time(line, "not_after", facts->not_after);
	bad |= set_text(
		line, "cause", report_view(report_site_help(is.cause)->name));
	bad |= set_text(line, "detail", is.detail);
	if (bad)
		return fail_no_memory_for(err, "report");
	w->n++;
	return put(w->out, line, err);
}

/* One that is on no list: judged by that alone. */
static enum devid_err put_unlisted(
	void *arg, const struct overview_facts *facts, struct devid_error *err)
{
	struct writer *w = arg;
	bool in = facts->verdict.len == strlen("accepted");
	json_t *line CLEANUP(cleanup_json) = json_object();
	int bad = line ? 0 : -1;

	bad |= set_text(line, "unit", facts->unit);
	bad |= set_text(line, "state",
		report_view(report_site_state_name(
			in ? REPORT_SITE_SEEN : REPORT_SITE_REFUSED)));
	bad |= set_time(line, "last_seen", facts->seen);
	bad |= set_text(line, "switch", facts->where);
	bad |= set_text(line, "port", facts->port);
	bad |= set_text(line, "cause",
		report_view(report_site_help(REPORT_SITE_UNLISTED)->name));
	bad |= set_text(
		line, "detail", in ? report_view(NULL) : facts->verdict);
	if (bad)
		return fail_no_memory_for(err, "report");
	w->n++;
	return put(w->out, line, err);
}

/* ---- the first line ---- */

/* The name that people call a CA by: its common name, else all of it. */
static void name_of(X509 *cert, char *buf, size_t size)
{
	const X509_NAME *name = X509_get_subject_name(cert);

	if (X509_NAME_get_text_by_NID(
		    (X509_NAME *)name, NID_commonName, buf, (int)size) < 0)
		(void)X509_NAME_oneline(name, buf, (int)size); /* cut */
}

static enum devid_err add_cert(
	json_t *chain, X509 *cert, struct devid_error *err)
{
	json_t *link CLEANUP(cleanup_json) = json_object();
	char name[NAME_MAX_LEN] = "";
	int64_t end = -1;

	name_of(cert, name, sizeof(name));
	(void)pki_time_seconds(X509_get0_notAfter(cert), &end); /* else -1 */
	if (!link || set_text(link, "name", report_view(name)) != 0 ||
		set_time(link, "not_after", end) != 0 ||
		json_array_insert(chain, 0, link) != 0)
		return fail_no_memory_for(err, "report");
	return DEVID_OK;
}

/* Each certificate of the file goes before those that are there: it is above
 * them. */
static enum devid_err add_file(
	json_t *chain, const char *path, struct devid_error *err)
{
	uint8_t *pem CLEANUP(cleanup_free) = NULL;
	BIO *bio CLEANUP(cleanup_bio) = NULL;
	size_t len = 0;
	enum devid_err rc = files_read(path, CERT_FILE_MAX, &pem, &len, err);

	if (rc != DEVID_OK)
		return rc;
	bio = BIO_new_mem_buf(pem, (int)len);
	if (!bio)
		return fail_no_memory_for(err, path);
	while (rc == DEVID_OK && json_array_size(chain) < CHAIN_MAX) {
		X509 *cert CLEANUP(cleanup_x509) =
			PEM_read_bio_X509(bio, NULL, NULL, NULL);

		if (!cert)
			break;
		rc = add_cert(chain, cert, err);
	}
	ERR_clear_error(); /* the end of the file is one */
	return rc;
}

static enum devid_err put_head(const struct writer *w,
	const struct registrar_conf *conf, struct devid_error *err)
{
	json_t *line CLEANUP(cleanup_json) = json_object();
	json_t *chain CLEANUP(cleanup_json) = json_array();
	enum devid_err rc = DEVID_OK;

	if (!line || !chain ||
		set_text(line, "report", report_view("site")) != 0 ||
		set_time(line, "version", 1) != 0 ||
		set_time(line, "time", w->now) != 0 ||
		set_text(line, "site", report_view(conf->organization)) != 0 ||
		json_object_set(line, "chain", chain) != 0)
		return fail_no_memory_for(err, "report");
	if (conf->ca_certificate)
		rc = add_file(chain, conf->ca_certificate, err);
	if (rc == DEVID_OK && conf->ca_chain)
		rc = add_file(chain, conf->ca_chain, err);
	return rc == DEVID_OK ? put(w->out, line, err) : rc;
}

/* ---- all of it ---- */

static enum devid_err put_units(
	struct store *s, void *arg, struct devid_error *err)
{
	struct writer *w = arg;
	enum devid_err rc = overview_units(s, put_unit, w, err);

	if (rc == DEVID_OK)
		rc = overview_unlisted(s,
			w->now - INT64_C(86400) * OVERVIEW_UNLISTED_DAYS,
			put_unlisted, w, err);
	return rc;
}

enum devid_err overview_write(struct store *s,
	const struct registrar_conf *conf, int64_t now, FILE *out,
	struct devid_error *err)
{
	struct writer w = { out, now, 0 };
	enum devid_err rc = overview_use_seen(s, conf->seen, err);

	if (rc == DEVID_OK)
		rc = put_head(&w, conf, err);
	if (rc == DEVID_OK)
		rc = store_read(s, put_units, &w, err);
	if (rc != DEVID_OK)
		return rc;
	if (fprintf(out, "{\"end\":%" PRIu64 "}\n", w.n) < 0 ||
		fflush(out) != 0)
		return devid_fail(err, DEVID_ERR_IO, "writing the report: %s",
			strerror(errno));
	return DEVID_OK;
}

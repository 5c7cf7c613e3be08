/* SPDX-License-Identifier: Apache-2.0 */
#include "export.h"

#include <errno.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "ca.h"
#include "cleanup-json.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "device-json.h"
#include "fail.h"
#include "hex.h"
#include "reason.h"
#include "register-cert.h"
#include "register-device.h"

#define PAGE 256 /* devices read at once */

/* ---- which devices ---- */

struct export_only {
	struct export_line *lines;   /* owned; in the order of the text */
	struct export_line **sorted; /* owned; by serial number, each once */
	size_t n, n_sorted;
};

/* The first of equal ones comes first. */
static int compare_lines(const void *a, const void *b)
{
	const struct export_line *x = *(struct export_line *const *)a;
	const struct export_line *y = *(struct export_line *const *)b;
	int order = strcmp(x->serial, y->serial);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static int compare_serial(const void *key, const void *entry)
{
	return strcmp(key, (*(struct export_line *const *)entry)->serial);
}

static void split_lines(char *text, struct export_only *only)
{
	char *line;

	for (size_t number = 1; (line = strsep(&text, "\n")); number++) {
		line[strcspn(line, "\r")] = '\0';
		if (line[0])
			only->lines[only->n++] = (struct export_line) { line,
				number, EXPORT_ABSENT };
	}
}

/* Only what ->sorted has is told: a number that stands twice, once. */
static void sort_lines(struct export_only *only)
{
	for (size_t i = 0; i < only->n; i++)
		only->sorted[i] = &only->lines[i];
	qsort(only->sorted, only->n, sizeof(only->sorted[0]), compare_lines);
	for (size_t i = 0; i < only->n; i++) {
		if (only->n_sorted > 0 &&
			strcmp(only->sorted[only->n_sorted - 1]->serial,
				only->sorted[i]->serial) == 0)
			only->sorted[i]->serial = NULL;
		else
			only->sorted[only->n_sorted++] = only->sorted[i];
	}
}

enum devid_err export_only_parse(
	char *text, struct export_only **ret, struct devid_error *err)
{
	struct export_only *only = calloc(1, sizeof(*only));
	size_t lines = 1;

	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	if (only) {
		only->lines = calloc(lines, sizeof(only->lines[0]));
		only->sorted = calloc(lines, sizeof(only->sorted[0]));
	}
	if (!only || !only->lines || !only->sorted) {
		export_only_free(only);
		return fail_no_memory_for(err, "export");
	}
	split_lines(text, only);
	sort_lines(only);
	*ret = only;
	return DEVID_OK;
}

void export_only_free(struct export_only *only)
{
	if (!only)
		return;
	free(only->lines);
	free(only->sorted);
	free(only);
}

bool export_only_next(
	const struct export_only *only, size_t *at, struct export_line *ret)
{
	while (*at < only->n) {
		const struct export_line *line = &only->lines[(*at)++];

		if (!line->serial)
			continue;
		*ret = *line;
		return true;
	}
	return false;
}

/* Whether @device is asked for; notes that it is there. Of several with one
 * number what is best is kept: of a board that was replaced nobody asks. */
static bool is_wanted(
	struct export_only *only, const struct register_device *device)
{
	struct export_line **line;
	enum export_found found = EXPORT_NOT_LIVE;

	if (!only)
		return true;
	line = bsearch(device->serial, only->sorted, only->n_sorted,
		sizeof(only->sorted[0]), compare_serial);
	if (!line)
		return false;
	if (device->state == REGISTER_LIVE)
		found = EXPORT_LIVE;
	else if (device->state == REGISTER_REVOKED)
		found = EXPORT_REVOKED;
	if (found > (*line)->found)
		(*line)->found = found;
	return true;
}

/* ---- one certificate ---- */

struct page {
	size_t n;
	struct register_device list[PAGE];
};

struct export
{
	enum export_format format;
	FILE *out;                            /* borrowed */
	const struct register_device *device; /* borrowed */
	bool wanted;                          /* asked for */
	/* The issuer seen last, as RADIUS names it. */
	uint8_t issuer[32];
	char issuer_name[65]; /* "": none yet */
};

/* SHA-256 of X509_NAME_oneline(), which is what FreeRADIUS has. */
static enum devid_err hash_issuer(struct export *e,
	const struct register_cert *cert, struct devid_error *err)
{
	const unsigned char *p = cert->der;
	CLEANUP(cleanup_x509) X509 *x = d2i_X509(NULL, &p, (long)cert->der_len);
	char *text =
		x ? X509_NAME_oneline(X509_get_issuer_name(x), NULL, 0) : NULL;
	uint8_t hash[32];
	bool good = text && EVP_Digest(text, strlen(text), hash, NULL,
				    EVP_sha256(), NULL) == 1;

	OPENSSL_free(text);
	if (!good)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"register: a certificate of %s cannot be read",
			e->device->serial);
	memcpy(e->issuer, cert->issuer, sizeof(e->issuer));
	hex_encode(hash, sizeof(hash), e->issuer_name);
	return DEVID_OK;
}

/* A row of the site's list. Of a device that was not asked for its number is
 * nobody's business. */
static enum devid_err put_row(struct export *e,
	const struct register_cert *cert, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *row = NULL;
	bool revoked = e->device->state == REGISTER_REVOKED ||
		       cert->state == REGISTER_REVOKED;
	char serial[2 * SERIAL_LEN + 1];

	hex_encode(cert->serial, cert->serial_len, serial);
	row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "issuer",
		e->issuer_name, "certificate", serial, "kind", "IDevID", "unit",
		e->wanted ? e->device->serial : "", "model",
		e->wanted ? e->device->model : "", "state",
		revoked ? "revoked" : "listed");
	if (!row)
		return devid_fail(err, DEVID_ERR_INVALID,
			"export: %s: cannot stand in a list",
			e->device->serial);
	if (json_dumpf(row, e->out, JSON_COMPACT) == 0)
		(void)putc('\n', e->out);
	return DEVID_OK;
}

static enum devid_err put_site(struct export *e,
	const struct register_cert *cert, struct devid_error *err)
{
	bool revoked = e->device->state == REGISTER_REVOKED ||
		       cert->state == REGISTER_REVOKED;
	enum devid_err rc = DEVID_OK;

	if (cert->role != KEY_ROLE_IDEVID || (!revoked && !e->wanted) ||
		(!revoked && cert->state != REGISTER_LIVE))
		return DEVID_OK;
	if (!e->issuer_name[0] || memcmp(e->issuer, cert->issuer, 32) != 0)
		rc = hash_issuer(e, cert, err);
	return rc == DEVID_OK ? put_row(e, cert, err) : rc;
}

/* A record of CSV, in this order. */
static const char *const columns[] = { "device", "model", "role", "type",
	"state", "certificate", "issuer", "created", "revoked_at", "reason",
	"key_fingerprint", "tpm_vendor", "tpm_model", "tpm_firmware",
	"ek_fingerprint", "ek_cert_fingerprint", "station" };
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct record {
	char certificate[2 * SERIAL_LEN + 1], issuer[65], key[65];
	char ek[65], ek_certificate[65];
	char created[DEVICE_TIME_MAX], revoked_at[DEVICE_TIME_MAX];
	const char *fields[N_COLUMNS]; /* NULL: does not apply */
};

static void fill_record(struct record *r, const struct register_device *d,
	const struct register_cert *cert)
{
	bool revoked = cert->state == REGISTER_REVOKED;
	const char *fields[N_COLUMNS] = { d->serial, d->model,
		key_role_name(cert->role), key_alg_name(cert->alg),
		device_state_name(cert->state), r->certificate, r->issuer,
		r->created, revoked ? r->revoked_at : NULL,
		revoked ? reason_name(cert->reason) : NULL, r->key,
		d->tpm_vendor, d->tpm_model, d->tpm_firmware, r->ek,
		r->ek_certificate, d->station };

	hex_encode(cert->serial, cert->serial_len, r->certificate);
	hex_encode(cert->issuer, 32, r->issuer);
	hex_encode(cert->key_fingerprint, 32, r->key);
	hex_encode(d->ek_fingerprint, 32, r->ek);
	hex_encode(d->ek_cert_fingerprint, 32, r->ek_certificate);
	device_time_text(cert->created, r->created);
	device_time_text(cert->revoked_at, r->revoked_at);
	memcpy(r->fields, fields, sizeof(fields));
}

/* RFC 4180 2; see export.h for the '. */
static void put_csv_field(FILE *out, const char *text)
{
	bool formula = text[0] && strchr("=+-@\t\r", text[0]);

	if (!formula && !strpbrk(text, "\",\r\n")) {
		(void)fputs(text, out);
		return;
	}
	(void)putc('"', out);
	if (formula)
		(void)putc('\'', out);
	for (; *text; text++) {
		if (*text == '"')
			(void)putc('"', out);
		(void)putc(*text, out);
	}
	(void)putc('"', out);
}

static void put_csv(FILE *out, const char *const fields[N_COLUMNS])
{
	for (size_t i = 0; i < N_COLUMNS; i++) {
		if (i > 0)
			(void)putc(',', out);
		if (fields[i])
			put_csv_field(out, fields[i]);
	}
	(void)fputs("\r\n", out);
}

static enum devid_err put_json(
	struct reg *reg, const struct export *e, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *object = NULL;
	enum devid_err rc = device_json(reg, e->device, &object, err);

	if (rc == DEVID_OK && json_dumpf(object, e->out, JSON_COMPACT) == 0)
		(void)putc('\n', e->out);
	return rc;
}

static enum devid_err put_cert(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	struct export *e = arg;
	enum devid_err rc = DEVID_OK;
	struct record r;

	switch (e->format) {
	case EXPORT_SITE:
		rc = put_site(e, cert, err);
		break;
	case EXPORT_CSV:
		fill_record(&r, e->device, cert);
		put_csv(e->out, r.fields);
		break;
	case EXPORT_JSON: /* device by device, put_device() */
		break;
	}
	return rc;
}

static enum devid_err put_device(
	struct reg *reg, struct export *e, struct devid_error *err)
{
	enum devid_err rc;

	if (e->format == EXPORT_JSON)
		rc = put_json(reg, e, err);
	else
		rc = register_certs_of_device(
			reg, e->device->id, put_cert, e, err);
	if (rc == DEVID_OK && ferror(e->out))
		return devid_fail(
			err, DEVID_ERR_IO, "export: %s", strerror(errno));
	return rc;
}

/* ---- walking ---- */

static enum devid_err keep(void *arg, const struct register_device *device,
	struct devid_error *err)
{
	struct page *page = arg;

	(void)err; /* the walk has a limit */
	page->list[page->n++] = *device;
	return DEVID_OK;
}

/* Replaced ones are in no list of a site, revoked ones in each. */
static bool is_told(const struct export *e)
{
	if (e->format != EXPORT_SITE)
		return e->wanted;
	return e->device->state == REGISTER_REVOKED ||
	       (e->wanted && e->device->state == REGISTER_LIVE);
}

static enum devid_err put_page(struct reg *reg, struct export *e,
	const struct page *page, struct export_only *only,
	struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	for (size_t i = 0; i < page->n && rc == DEVID_OK; i++) {
		e->device = &page->list[i];
		e->wanted = is_wanted(only, e->device);
		if (is_told(e))
			rc = put_device(reg, e, err);
	}
	return rc;
}

enum devid_err export_write(struct reg *reg, enum export_format format,
	struct export_only *only, FILE *out, struct devid_error *err)
{
	CLEANUP(cleanup_free) struct page *page = calloc(1, sizeof(*page));
	struct export e = { .format = format, .out = out };
	struct register_page which = { .limit = PAGE };
	enum devid_err rc = DEVID_OK;

	if (!page)
		return fail_no_memory_for(err, "export");
	if (format == EXPORT_CSV)
		put_csv(out, columns);
	do {
		page->n = 0;
		rc = register_each_device(reg, &which, keep, page, err);
		if (rc == DEVID_OK)
			rc = put_page(reg, &e, page, only, err);
		if (page->n)
			which.after = page->list[page->n - 1].id;
	} while (rc == DEVID_OK && page->n == PAGE);
	if (rc == DEVID_OK && (fflush(out) != 0 || ferror(out)))
		return devid_fail(
			err, DEVID_ERR_IO, "export: %s", strerror(errno));
	return rc;
}

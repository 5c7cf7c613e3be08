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
	char **serials; /* owned; sorted */
	size_t n;
};

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

enum devid_err export_only_parse(
	char *text, struct export_only **ret, struct devid_error *err)
{
	struct export_only *only = calloc(1, sizeof(*only));
	size_t lines = 1;
	char *save = NULL;

	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	if (only)
		only->serials = calloc(lines, sizeof(only->serials[0]));
	if (!only || !only->serials) {
		export_only_free(only);
		return fail_no_memory_for(err, "export");
	}
	for (char *line = strtok_r(text, "\r\n", &save); line;
		line = strtok_r(NULL, "\r\n", &save))
		only->serials[only->n++] = line;
	qsort(only->serials, only->n, sizeof(only->serials[0]), compare_text);
	*ret = only;
	return DEVID_OK;
}

void export_only_free(struct export_only *only)
{
	if (!only)
		return;
	free(only->serials);
	free(only);
}

static bool is_wanted(const struct export_only *only, const char *serial)
{
	return !only || bsearch(&serial, only->serials, only->n,
				sizeof(only->serials[0]), compare_text);
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

/* The value stands between double quotes, where FreeRADIUS expands %{...} and
 * the like. build_devid() takes PrintableString alone, so nothing else can be
 * in the register unless somebody else wrote it there. */
static enum devid_err put_freeradius(struct export *e,
	const struct register_cert *cert, struct devid_error *err)
{
	char serial[2 * SERIAL_LEN + 1];
	enum devid_err rc = DEVID_OK;

	if (cert->role != KEY_ROLE_IDEVID || cert->state != REGISTER_LIVE ||
		e->device->state != REGISTER_LIVE)
		return DEVID_OK;
	if (strpbrk(e->device->serial, "\"\\%`${}\r\n"))
		return devid_fail(err, DEVID_ERR_INVALID,
			"export: %s: cannot stand in a users file",
			e->device->serial);
	if (!e->issuer_name[0] || memcmp(e->issuer, cert->issuer, 32) != 0)
		rc = hash_issuer(e, cert, err);
	if (rc != DEVID_OK)
		return rc;
	hex_encode(cert->serial, cert->serial_len, serial);
	(void)fprintf(e->out, "%s:%s\n\tDevID-Unit := \"%s\"\n\n",
		e->issuer_name, serial, e->device->serial);
	return DEVID_OK;
}

/* A record of CSV, in this order. */
static const char *const columns[] = { "device", "model", "role", "state",
	"certificate", "issuer", "created", "revoked_at", "reason",
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
		key_role_name(cert->role), device_state_name(cert->state),
		r->certificate, r->issuer, r->created,
		revoked ? r->revoked_at : NULL,
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
	case EXPORT_FREERADIUS:
		rc = put_freeradius(e, cert, err);
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

static enum devid_err put_page(struct reg *reg, struct export *e,
	const struct page *page, const struct export_only *only,
	struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	for (size_t i = 0; i < page->n && rc == DEVID_OK; i++) {
		e->device = &page->list[i];
		if (e->format == EXPORT_FREERADIUS &&
			e->device->state != REGISTER_LIVE)
			continue;
		if (is_wanted(only, e->device->serial))
			rc = put_device(reg, e, err);
	}
	return rc;
}

static void put_head(const struct export *e)
{
	switch (e->format) {
	case EXPORT_FREERADIUS:
		(void)fputs("# issuer:serial of the DevIDs that may enter\n",
			e->out);
		break;
	case EXPORT_CSV:
		put_csv(e->out, columns);
		break;
	case EXPORT_JSON:
		break;
	}
}

enum devid_err export_write(struct reg *reg, enum export_format format,
	const struct export_only *only, FILE *out, struct devid_error *err)
{
	CLEANUP(cleanup_free) struct page *page = calloc(1, sizeof(*page));
	struct export e = { .format = format, .out = out };
	struct register_page which = { .limit = PAGE };
	enum devid_err rc = DEVID_OK;

	if (!page)
		return fail_no_memory_for(err, "export");
	put_head(&e);
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

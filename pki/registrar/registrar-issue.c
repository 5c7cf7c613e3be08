/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar-issue.h"

#include <stdio.h>
#include <string.h>

#include "build-ldevid.h"
#include "cleanup-openssl.h"
#include "hex.h"
#include "ordered-id.h"

#define EARLY_SECONDS 300 /* by which clocks may differ */
#define DAY           INT64_C(86400)

/* Within the life of the CA itself: what is issued beyond it nobody takes. */
static enum devid_err find_times(const struct issue *w,
	struct build_ldevid *ret, struct devid_error *err)
{
	const struct registrar *r = w->r;

	ret->not_before = w->now - EARLY_SECONDS;
	if (ret->not_before < r->ca_not_before)
		ret->not_before = r->ca_not_before;
	ret->not_after = w->now + DAY * w->profile->days;
	if (ret->not_after > r->ca_not_after)
		ret->not_after = r->ca_not_after;
	if (ret->not_after <= w->now)
		return devid_fail(err, DEVID_ERR_INVALID,
			"ca: the certificate of the site's CA has expired");
	return DEVID_OK;
}

static enum devid_err sign(const struct issue *w, int64_t *ret_not_after,
	struct blob *ret, struct devid_error *err)
{
	uint8_t serial[SERIAL_LEN];
	struct build_ldevid what = { .spki = w->csr->spki,
		.cert_serial = serial,
		.org = w->r->conf->organization,
		.serial = w->client->serial,
		.hw_module = w->client->hw_module,
		.server = w->profile->server,
		.resident = w->residency.shown };
	enum devid_err rc = find_times(w, &what, err);

	if (rc == DEVID_OK)
		rc = build_serial(serial, err);
	if (rc == DEVID_OK)
		rc = build_ldevid(w->r->issuer, &what, ret, err);
	*ret_not_after = what.not_after;
	return rc;
}

static enum devid_err find_key(
	const struct blob *der, struct site_key *ret, struct devid_error *err)
{
	const unsigned char *p = der->data;
	CLEANUP(cleanup_x509) X509 *cert = d2i_X509(NULL, &p, (long)der->len);

	if (!cert)
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"registrar: what it issued cannot be read");
	return site_key_of(cert, ret, err);
}

/* One that is renewed with stays in any case: it may be all that works. */
static enum devid_err make_room(
	struct store *s, const struct issue *w, struct devid_error *err)
{
	unsigned keep = w->profile->live_max - 1;
	enum devid_err rc = DEVID_OK;

	if (w->renew && keep > 0)
		keep--;
	if (w->replace)
		rc = store_issued_replace(s, w->spki, err);
	if (rc == DEVID_OK)
		rc = store_issued_make_room(s, w->client->row.unit, keep,
			w->renew ? w->client->key.certificate : "", err);
	return rc;
}

static enum devid_err write_rows(struct store *s, const struct issue *w,
	struct store_issued *issued, const struct blob *der,
	struct devid_error *err)
{
	struct store_row row = w->client->row;
	enum devid_err rc;

	(void)snprintf(issued->spki, sizeof(issued->spki), "%s", w->spki);
	(void)snprintf(issued->csr, sizeof(issued->csr), "%s", w->csr_hash);
	(void)snprintf(issued->maker, sizeof(issued->maker), "%s", w->maker);
	(void)snprintf(issued->profile, sizeof(issued->profile), "%s",
		w->profile->name); /* all fit: as long or longer */
	memcpy(issued->unit, row.unit, sizeof(issued->unit));
	issued->created = w->now;
	rc = store_issued_add(s, issued, blob_view(der), err);
	if (rc != DEVID_OK)
		return rc;
	row.key = issued->key;
	row.kind = STORE_LDEVID;
	row.state = STORE_LISTED;
	row.epoch = w->residency.epoch;
	memcpy(row.profile, issued->profile, sizeof(row.profile));
	return store_list_add(s, &row, err);
}

enum devid_err registrar_issue(struct store *s, const struct issue *what,
	struct blob *ret, struct site_key *ret_key, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob der = { NULL, 0 };
	struct store_issued issued = { .created = 0 };
	enum devid_err rc = sign(what, &issued.not_after, &der, err);

	if (rc == DEVID_OK)
		rc = find_key(&der, &issued.key, err);
	if (rc == DEVID_OK)
		rc = make_room(s, what, err);
	if (rc == DEVID_OK)
		rc = write_rows(s, what, &issued, &der, err);
	if (rc != DEVID_OK)
		return rc;
	*ret_key = issued.key;
	*ret = blob_take(&der);
	return DEVID_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar-client.h"

#include <devid/profile.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "cert.h"
#include "fail.h"
#include "san.h"

static const enum registrar_rule rules[] = {
	[MAKER_TRUSTED] = REGISTRAR_RULE_NONE,
	[MAKER_UNKNOWN] = REGISTRAR_CLIENT_UNKNOWN,
	[MAKER_REVOKED] = REGISTRAR_CLIENT_MAKER_REVOKED,
	[MAKER_NO_LIST] = REGISTRAR_CLIENT_NO_LIST,
	[MAKER_BAD] = REGISTRAR_CLIENT_INVALID,
};

void client_done(struct client *client)
{
	blob_done(&client->der);
	memset(client, 0, sizeof(*client));
}

static enum devid_err keep_der(
	X509 *cert, struct client *c, struct devid_error *err)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	if (len <= 0)
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "client: cannot be encoded");
	c->der.data = malloc((size_t)len);
	if (c->der.data) {
		memcpy(c->der.data, der, (size_t)len);
		c->der.len = (size_t)len;
	}
	OPENSSL_free(der);
	return c->der.data ? DEVID_OK : fail_no_memory_for(err, "client");
}

/* A maker's CA may have the name of the site's: it is the key that counts, so
 * the site's CA is asked first and for its own signature. */
static enum devid_err find_issuer(const struct registrar *r,
	const struct maker_path *path, struct client *c, struct verdict *v)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum maker_verdict verdict =
		maker_trust_check_site(r->trust, path, &cause);

	c->site = verdict == MAKER_TRUSTED;
	if (verdict == MAKER_UNKNOWN ||
		(verdict == MAKER_BAD &&
			X509_check_issued(r->ca, path->leaf) != X509_V_OK)) {
		devid_error_clear(&cause);
		verdict = maker_trust_check(
			r->trust, path, NULL, &c->maker, &cause);
	}
	if (verdict == MAKER_TRUSTED)
		return DEVID_OK;
	return verdict_refuse(v, registrar_rule_name(rules[verdict]), "%s",
		devid_error_text(&cause));
}

static enum devid_err check_profile(struct client *c, struct verdict *v)
{
	struct devid_profile_report report;

	if (!devid_profile_check(c->der.data, c->der.len,
		    c->site ? DEVID_PROFILE_LDEVID : DEVID_PROFILE_IDEVID, 0,
		    &report))
		return verdict_refuse(v,
			registrar_rule_name(REGISTRAR_CLIENT_PROFILE),
			"not an %s: %s: %s", c->site ? "LDevID" : "IDevID",
			devid_rule_id(report.failed),
			report.results[report.failed].detail);
	if (!report.serial[0])
		return verdict_refuse(v,
			registrar_rule_name(REGISTRAR_CLIENT_PROFILE),
			"its subject has no serialNumber");
	(void)snprintf(c->serial, sizeof(c->serial), "%s",
		report.serial); /* as long */
	return DEVID_OK;
}

/* Judged by the profile before: what cannot be read there is not here. */
static enum devid_err read_parts(
	struct client *c, struct verdict *v, struct devid_error *err)
{
	struct san_parts parts = { .n_names = 0 };
	const struct cert_ext *san;
	struct cert_view cert;
	enum devid_err rc = cert_parse(blob_view(&c->der), &cert, err);

	if (rc != DEVID_OK)
		return rc;
	c->spki = cert.spki_whole;
	san = cert_get_ext(&cert, OID_CE_SUBJECT_ALT_NAME);
	if (san && san_split(san->value, &parts, NULL) != DEVID_OK)
		return verdict_refuse(v,
			registrar_rule_name(REGISTRAR_CLIENT_PROFILE),
			"its subjectAltName is malformed");
	c->hw_module = parts.hw_module;
	return DEVID_OK;
}

enum devid_err client_judge(const struct registrar *r,
	const struct registrar_ask *ask, struct client *ret, struct verdict *v,
	struct devid_error *err)
{
	const struct registrar_client *who = &ask->client;
	const struct maker_path path = { who->cert, who->chain, ask->now };
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	memset(ret, 0, sizeof(*ret));
	rc = find_issuer(r, &path, ret, v);
	if (rc == DEVID_OK)
		rc = keep_der(who->cert, ret, err);
	if (rc == DEVID_OK)
		rc = check_profile(ret, v);
	if (rc == DEVID_OK)
		rc = read_parts(ret, v, err);
	if (rc == DEVID_OK &&
		site_key_of(who->cert, &ret->key, &cause) != DEVID_OK)
		rc = verdict_refuse(v,
			registrar_rule_name(REGISTRAR_CLIENT_PROFILE), "%s",
			devid_error_text(&cause));
	if (rc != DEVID_OK)
		client_done(ret);
	return rc;
}

enum devid_err client_look(struct store *s, struct client *client,
	struct verdict *v, struct devid_error *err)
{
	enum devid_err rc = store_list_find(s, &client->key, &client->row, err);

	/* What a maker issued under the name of the site's CA is no LDevID. */
	if (rc == DEVID_ERR_NOT_FOUND ||
		(rc == DEVID_OK &&
			(client->row.kind == STORE_LDEVID) != client->site))
		return verdict_refuse(v,
			registrar_rule_name(REGISTRAR_CLIENT_UNLISTED),
			"%s %s: not on the list", client->serial,
			client->key.certificate);
	if (rc != DEVID_OK)
		return rc;
	switch (client->row.state) {
	case STORE_LISTED:
		return DEVID_OK;
	case STORE_REVOKED:
		return verdict_refuse(v,
			registrar_rule_name(REGISTRAR_CLIENT_REVOKED),
			"%s is revoked", client->row.unit);
	case STORE_RETIRED:
		return verdict_refuse(v,
			registrar_rule_name(REGISTRAR_CLIENT_RETIRED),
			"%s is retired", client->row.unit);
	}
	return devid_fail(err, DEVID_ERR_IO, "registrar: the list is damaged");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "ca.h"

#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "hex.h"

#define CHALLENGE_SECONDS_DEFAULT 86400
#define CRL_HOURS_DEFAULT         168
#define DELTA_HOURS_DEFAULT       24
#define OCSP_HOURS_DEFAULT        72
#define HOURS_MAX                 (366 * 24)
#define CONNECTIONS_DEFAULT       1024
#define RATE_MAX                  1000000

/* A setter per kind of value: conf.h gives the target, not the field. */
#define SETTER(field, call)                                                    \
	static enum devid_err set_##field(void *target, const char *rest,      \
		const char *value, struct devid_error *err)                    \
	{                                                                      \
		struct ca_conf *c = target;                                    \
                                                                               \
		(void)rest; /* no pattern */                                   \
		return call;                                                   \
	}

#define STRING(field) SETTER(field, conf_string(&c->field, value, err))
#define PATH(field)   SETTER(field, conf_path(&c->field, value, err))
#define HOURS(field)                                                           \
	SETTER(field, conf_uint(value, 1, HOURS_MAX, &c->field, err))
#define EK_TEXT(field) SETTER(field, conf_string(&c->ek.field, value, err))

/* Names go into file names, audit lines and messages. */
static enum devid_err check_name(const char *value, struct devid_error *err)
{
	size_t len = strlen(value);

	if (len == 0 || len >= REGISTER_NAME_MAX ||
		strspn(value, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != len)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is not a name of letters, digits and '-'", value);
	return DEVID_OK;
}

static enum devid_err set_name_of(
	char **ret, const char *value, struct devid_error *err)
{
	enum devid_err rc = check_name(value, err);

	return rc == DEVID_OK ? conf_string(ret, value, err) : rc;
}

/* A URL that is put into certificates. */
static enum devid_err set_url_of(
	char **ret, const char *value, struct devid_error *err)
{
	size_t len = strlen(value);

	if ((strncmp(value, "http://", 7) != 0 &&
		    strncmp(value, "https://", 8) != 0) ||
		len > 250 ||
		strspn(value, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			      "-._~:/?[]@!$&'()*+,;=%") != len)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is not an http or https URL", value);
	return conf_string(ret, value, err);
}

#define NAME(field) SETTER(field, set_name_of(&c->field, value, err))
#define URL(field)  SETTER(field, set_url_of(&c->field, value, err))

NAME(name)
NAME(instance)
STRING(reg)
PATH(certificate)
PATH(chain)
PATH(challenge_key)
PATH(publish)
URL(crl_url)
URL(delta_url)
URL(ocsp_url)
URL(issuer_url)
HOURS(crl_hours)
HOURS(delta_hours)
HOURS(ocsp_hours)
PATH(module)
STRING(token)
STRING(key)
PATH(pin_file)
STRING(ocsp_key)
PATH(ocsp_certificate)
STRING(audit_key)
PATH(ek_roots)
EK_TEXT(manufacturers)
EK_TEXT(models)
EK_TEXT(firmware_min)
STRING(listen)
STRING(listen_public)
PATH(tls_certificate)
PATH(tls_key)
PATH(client_ca)
SETTER(challenge_seconds, conf_uint(value, 1, CA_CHALLENGE_SECONDS_MAX,
				  &c->challenge_seconds, err))
SETTER(connections_max, conf_uint(value, 16, 65536, &c->connections_max, err))
SETTER(eal_min, conf_uint(value, 1, 7, &c->ek.eal_min, err))
SETTER(fips_min, conf_uint(value, 1, 4, &c->ek.fips_min, err))
SETTER(quirks, ek_quirks_parse(value, &c->ek.quirks, err))

static enum devid_err set_assertions(void *target, const char *rest,
	const char *value, struct devid_error *err)
{
	struct ca_conf *c = target;
	enum devid_err rc;
	int yes = 0;

	(void)rest; /* no pattern */
	rc = conf_bool(value, &yes, err);
	c->ek.assertions = yes != 0;
	return rc;
}

static enum devid_err set_again(void *target, const char *rest,
	const char *value, struct devid_error *err)
{
	struct ca_conf *c = target;

	(void)rest; /* no pattern */
	if (strcmp(value, "same") == 0)
		c->again = CA_AGAIN_SAME;
	else if (strcmp(value, "refuse") == 0)
		c->again = CA_AGAIN_REFUSE;
	else
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is neither same nor refuse", value);
	return DEVID_OK;
}

/* The station of section [station @name]; a new one when there is none. */
static enum devid_err get_station(struct ca_conf *c, const char *name,
	struct ca_station **ret, struct devid_error *err)
{
	enum devid_err rc;

	for (size_t i = 0; i < c->n_stations; i++) {
		if (strcmp(c->stations[i].name, name) == 0) {
			*ret = &c->stations[i];
			return DEVID_OK;
		}
	}
	if (c->n_stations == CA_STATIONS_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"more than %d stations", CA_STATIONS_MAX);
	rc = check_name(name, err);
	if (rc != DEVID_OK)
		return rc;
	*ret = &c->stations[c->n_stations++];
	memcpy((*ret)->name, name, strlen(name) + 1); /* checked: fits */
	return DEVID_OK;
}

/* 64 hex digits, with or without ':' between the bytes. */
static enum devid_err set_fingerprint(void *target, const char *rest,
	const char *value, struct devid_error *err)
{
	struct ca_station *station;
	enum devid_err rc;
	size_t n = 0;

	rc = get_station(target, rest, &station, err);
	if (rc != DEVID_OK)
		return rc;
	for (const char *p = value; *p; n++) {
		if (n == sizeof(station->fingerprint) ||
			!hex_decode(p, &station->fingerprint[n], 1))
			return devid_fail(err, DEVID_ERR_INVALID,
				"not a SHA-256 fingerprint in hex");
		p += p[2] == ':' && p[3] ? 3 : 2;
	}
	if (n != sizeof(station->fingerprint))
		return devid_fail(err, DEVID_ERR_INVALID,
			"not a SHA-256 fingerprint in hex");
	return DEVID_OK;
}

/* The role named by the @len bytes at @word, 0 when there is none. */
static unsigned role_of(const char *word, size_t len)
{
	static const struct {
		const char *name;
		enum ca_role role;
	} roles[] = { { "issue", CA_ROLE_ISSUE }, { "revoke", CA_ROLE_REVOKE },
		{ "read", CA_ROLE_READ } };

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strlen(roles[i].name) == len &&
			memcmp(roles[i].name, word, len) == 0)
			return roles[i].role;
	}
	return 0;
}

static enum devid_err set_roles(void *target, const char *rest,
	const char *value, struct devid_error *err)
{
	struct ca_station *station;
	unsigned roles = 0;
	enum devid_err rc;

	rc = get_station(target, rest, &station, err);
	if (rc != DEVID_OK)
		return rc;
	for (const char *p = value; *p;) {
		size_t len = strcspn(p, ", ");
		unsigned role = role_of(p, len);

		if (role == 0)
			return devid_fail(err, DEVID_ERR_INVALID,
				"roles are issue, revoke, read");
		roles |= role;
		p += len;
		p += strspn(p, ", ");
	}
	station->roles = roles;
	return DEVID_OK;
}

static enum devid_err set_rate(void *target, const char *rest,
	const char *value, struct devid_error *err)
{
	struct ca_station *station;
	enum devid_err rc;

	rc = get_station(target, rest, &station, err);
	if (rc != DEVID_OK)
		return rc;
	return conf_uint(value, 0, RATE_MAX, &station->rate, err);
}

static const struct conf_setting settings[] = {
	{ "ca", "name", set_name },
	{ "ca", "instance", set_instance },
	{ "ca", "register", set_reg },
	{ "ca", "certificate", set_certificate },
	{ "ca", "chain", set_chain },
	{ "ca", "challenge_key", set_challenge_key },
	{ "ca", "publish", set_publish },
	{ "ca", "challenge_seconds", set_challenge_seconds },
	{ "ca", "again", set_again },
	{ "ca", "crl_url", set_crl_url },
	{ "ca", "delta_url", set_delta_url },
	{ "ca", "ocsp_url", set_ocsp_url },
	{ "ca", "issuer_url", set_issuer_url },
	{ "ca", "crl_hours", set_crl_hours },
	{ "ca", "delta_hours", set_delta_hours },
	{ "ca", "ocsp_hours", set_ocsp_hours },
	{ "token", "module", set_module },
	{ "token", "token", set_token },
	{ "token", "key", set_key },
	{ "token", "pin_file", set_pin_file },
	{ "token", "ocsp_key", set_ocsp_key },
	{ "token", "ocsp_certificate", set_ocsp_certificate },
	{ "token", "audit_key", set_audit_key },
	{ "ek", "roots", set_ek_roots },
	{ "ek", "manufacturers", set_manufacturers },
	{ "ek", "models", set_models },
	{ "ek", "firmware_min", set_firmware_min },
	{ "ek", "eal_min", set_eal_min },
	{ "ek", "fips_min", set_fips_min },
	{ "ek", "assertions", set_assertions },
	{ "ek", "quirks", set_quirks },
	{ "serve", "listen", set_listen },
	{ "serve", "listen_public", set_listen_public },
	{ "serve", "certificate", set_tls_certificate },
	{ "serve", "key", set_tls_key },
	{ "serve", "client_ca", set_client_ca },
	{ "serve", "connections_max", set_connections_max },
	{ "station *", "fingerprint", set_fingerprint },
	{ "station *", "roles", set_roles },
	{ "station *", "rate", set_rate },
	{ NULL, NULL, NULL },
};

/* What no command can do without. */
static enum devid_err check_complete(
	const char *path, const struct ca_conf *c, struct devid_error *err)
{
	const char *missing = NULL;

	if (!c->name)
		missing = "ca.name";
	else if (!c->reg)
		missing = "ca.register";
	else if (!c->certificate)
		missing = "ca.certificate";
	if (missing)
		return devid_fail(err, DEVID_ERR_INVALID, "%s: %s: not set",
			path, missing);
	for (size_t i = 0; i < c->n_stations; i++) {
		static const uint8_t none[32];

		if (memcmp(c->stations[i].fingerprint, none, 32) == 0)
			return devid_fail(err, DEVID_ERR_INVALID,
				"%s: station %s.fingerprint: not set", path,
				c->stations[i].name);
	}
	return DEVID_OK;
}

static enum devid_err check_policy(
	const char *path, const struct ca_conf *c, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc = ek_policy_validate(&c->ek, &cause);

	if (rc != DEVID_OK)
		return devid_fail(
			err, rc, "%s: ek.%s", path, devid_error_text(&cause));
	return DEVID_OK;
}

enum devid_err ca_conf_load(
	const char *path, struct ca_conf *ret, struct devid_error *err)
{
	enum devid_err rc;

	memset(ret, 0, sizeof(*ret));
	ret->challenge_seconds = CHALLENGE_SECONDS_DEFAULT;
	ret->crl_hours = CRL_HOURS_DEFAULT;
	ret->delta_hours = DELTA_HOURS_DEFAULT;
	ret->ocsp_hours = OCSP_HOURS_DEFAULT;
	ret->connections_max = CONNECTIONS_DEFAULT;
	ret->ek.assertions = true;
	path = path ? path : CA_CONF_DEFAULT;
	rc = conf_load(path, settings, ret, err);
	if (rc == DEVID_OK)
		rc = check_complete(path, ret, err);
	if (rc == DEVID_OK)
		rc = check_policy(path, ret, err);
	if (rc == DEVID_OK && !ret->instance)
		rc = conf_string(&ret->instance, "ca", err);
	if (rc != DEVID_OK)
		ca_conf_done(ret);
	return rc;
}

void ca_conf_done(struct ca_conf *conf)
{
	char *strings[] = { conf->name, conf->instance, conf->reg,
		conf->certificate, conf->chain, conf->challenge_key,
		conf->publish, conf->crl_url, conf->delta_url, conf->ocsp_url,
		conf->issuer_url, conf->module, conf->token, conf->key,
		conf->pin_file, conf->ocsp_key, conf->ocsp_certificate,
		conf->audit_key, conf->ek_roots, conf->listen,
		conf->listen_public, conf->tls_certificate, conf->tls_key,
		conf->client_ca };

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		free(strings[i]);
	ek_policy_done(&conf->ek);
	memset(conf, 0, sizeof(*conf));
}

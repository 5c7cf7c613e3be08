/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-conf.h"

#include <stdlib.h>
#include <string.h>

#include "ca.h"
#include "conf.h"
#include "ek-policy.h"
#include "hex.h"

#define CHALLENGE_SECONDS_DEFAULT 86400
#define CRL_HOURS_DEFAULT         168
#define DELTA_HOURS_DEFAULT       24
#define OCSP_HOURS_DEFAULT        72
#define HOURS_MAX                 (366 * 24)
#define CONNECTIONS_DEFAULT       1024
#define RATE_MAX                  1000000
#define PORT_MAX                  65535
#define WHERE_MAX                 192 /* bytes; a name and some words */

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

static enum devid_err set_name(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	enum devid_err rc = check_name(value, err);

	(void)rest; /* no pattern */
	(void)row;
	return rc == DEVID_OK ? conf_string(target, value, err) : rc;
}

/* A URL that is put into certificates. */
static enum devid_err set_url(void *target, const char *value, const char *rest,
	const struct conf_setting *row, struct devid_error *err)
{
	size_t len = strlen(value);

	(void)rest; /* no pattern */
	(void)row;
	if ((strncmp(value, "http://", 7) != 0 &&
		    strncmp(value, "https://", 8) != 0) ||
		len > 250 ||
		strspn(value, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			      "-._~:/?[]@!$&'()*+,;=%") != len)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is not an http or https URL", value);
	if (strcspn(strstr(value, "://") + 3, "/:?") == 0)
		return devid_fail(
			err, DEVID_ERR_INVALID, "'%s' has no host", value);
	return conf_string(target, value, err);
}

/* As register/db-open.c takes it: what it would refuse at the first use has no
 * line any more. Not quoted, since a password may be in it. */
static enum devid_err set_register(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	static const char sqlite[] = "sqlite:", postgres[] = "postgresql:";

	(void)rest; /* no pattern */
	(void)row;
	if (strncmp(value, sqlite, strlen(sqlite)) == 0 &&
		value[strlen(sqlite)] != '/')
		return devid_fail(err, DEVID_ERR_INVALID,
			"the path behind sqlite: is not absolute");
	if (strncmp(value, sqlite, strlen(sqlite)) != 0 &&
		strncmp(value, postgres, strlen(postgres)) != 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"neither sqlite:/PATH nor postgresql:CONNINFO");
	return conf_string(target, value, err);
}

/* [HOST]:PORT; what the host is, is seen when the socket is opened. */
static enum devid_err set_listen(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	const char *colon = strrchr(value, ':');
	unsigned port;

	(void)rest; /* no pattern */
	(void)row;
	if (strstr(value, "://"))
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is a URL: write host:port", value);
	if (!colon ||
		conf_uint(colon + 1, 0, PORT_MAX, &port, NULL) != DEVID_OK)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is not host:port with a port from 0 to %d", value,
			PORT_MAX);
	if (memchr(value, ':', (size_t)(colon - value)) &&
		(value[0] != '[' || colon[-1] != ']'))
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s': an IPv6 address stands in brackets", value);
	return conf_string(target, value, err);
}

/* A member of [ek]; all that was read before it was valid. */
static enum devid_err set_policy(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct ca_conf *c = target;
	struct devid_error cause = { DEVID_OK, "" };
	char **member = strcmp(row->name, "models") == 0 ? &c->ek.models
			: strcmp(row->name, "manufacturers") == 0
				? &c->ek.manufacturers
				: &c->ek.firmware_min;
	enum devid_err rc = conf_string(member, value, err);
	const char *text;
	size_t len = strlen(row->name);

	(void)rest; /* no pattern */
	if (rc != DEVID_OK || ek_policy_validate(&c->ek, &cause) == DEVID_OK)
		return rc;
	text = devid_error_text(&cause); /* begins with the name, as ours */
	return devid_fail(err, DEVID_ERR_INVALID, "%s",
		strncmp(text, row->name, len) == 0 ? text + len + 2 : text);
}

static enum devid_err set_quirks(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)rest; /* no pattern */
	(void)row;
	return ek_quirks_parse(value, target, err);
}

static enum devid_err set_again(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	enum ca_again *again = target;

	(void)rest; /* no pattern */
	(void)row;
	if (strcmp(value, "same") == 0)
		*again = CA_AGAIN_SAME;
	else if (strcmp(value, "refuse") == 0)
		*again = CA_AGAIN_REFUSE;
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
static enum devid_err set_fingerprint(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct ca_station *station;
	enum devid_err rc;
	size_t n = 0;

	(void)row;
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

static enum devid_err set_roles(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct ca_station *station;
	unsigned roles = 0;
	enum devid_err rc;

	(void)row;
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

static enum devid_err set_rate(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct ca_station *station;
	enum devid_err rc;

	rc = get_station(target, rest, &station, err);
	if (rc != DEVID_OK)
		return rc;
	return conf_uint(value, row->min, row->max, &station->rate, err);
}

#define AT(member)               offsetof(struct ca_conf, member), 0, 0
#define WITHIN(member, min, max) offsetof(struct ca_conf, member), min, max

static const struct conf_setting settings[] = {
	{ "ca", "name", set_name, AT(name) },
	{ "ca", "instance", set_name, AT(instance) },
	{ "ca", "register", set_register, AT(reg) },
	{ "ca", "certificate", conf_to_path, AT(certificate) },
	{ "ca", "chain", conf_to_path, AT(chain) },
	{ "ca", "challenge_key", conf_to_path, AT(challenge_key) },
	{ "ca", "publish", conf_to_path, AT(publish) },
	{ "ca", "challenge_seconds", conf_to_uint,
		WITHIN(challenge_seconds, 1, CA_CHALLENGE_SECONDS_MAX) },
	{ "ca", "again", set_again, AT(again) },
	{ "ca", "identities", conf_to_uint,
		WITHIN(identities, 1, N_KEY_PAIRS) },
	{ "ca", "crl_url", set_url, AT(crl_url) },
	{ "ca", "delta_url", set_url, AT(delta_url) },
	{ "ca", "ocsp_url", set_url, AT(ocsp_url) },
	{ "ca", "issuer_url", set_url, AT(issuer_url) },
	{ "ca", "crl_hours", conf_to_uint, WITHIN(crl_hours, 1, HOURS_MAX) },
	{ "ca", "delta_hours", conf_to_uint,
		WITHIN(delta_hours, 1, HOURS_MAX) },
	{ "ca", "ocsp_hours", conf_to_uint, WITHIN(ocsp_hours, 1, HOURS_MAX) },
	{ "token", "module", conf_to_path, AT(module) },
	{ "token", "token", conf_to_string, AT(token) },
	{ "token", "key", conf_to_string, AT(key) },
	{ "token", "pin_file", conf_to_path, AT(pin_file) },
	{ "token", "ocsp_key", conf_to_string, AT(ocsp_key) },
	{ "token", "ocsp_certificate", conf_to_path, AT(ocsp_certificate) },
	{ "token", "audit_key", conf_to_string, AT(audit_key) },
	{ "ek", "roots", conf_to_path, AT(ek_roots) },
	{ "ek", "manufacturers", set_policy, 0, 0, 0 },
	{ "ek", "models", set_policy, 0, 0, 0 },
	{ "ek", "firmware_min", set_policy, 0, 0, 0 },
	{ "ek", "eal_min", conf_to_uint, WITHIN(ek.eal_min, 1, 7) },
	{ "ek", "fips_min", conf_to_uint, WITHIN(ek.fips_min, 1, 4) },
	{ "ek", "assertions", conf_to_bool, AT(ek.assertions) },
	{ "ek", "quirks", set_quirks, AT(ek.quirks) },
	{ "serve", "listen", set_listen, AT(listen) },
	{ "serve", "listen_public", set_listen, AT(listen_public) },
	{ "serve", "certificate", conf_to_path, AT(tls_certificate) },
	{ "serve", "key", conf_to_path, AT(tls_key) },
	{ "serve", "client_ca", conf_to_path, AT(client_ca) },
	{ "serve", "connections_max", conf_to_uint,
		WITHIN(connections_max, 16, 65536) },
	{ "station *", "fingerprint", set_fingerprint, 0, 0, 0 },
	{ "station *", "roles", set_roles, 0, 0, 0 },
	{ "station *", "rate", set_rate, 0, 0, RATE_MAX },
	{ NULL, NULL, NULL, 0, 0, 0 },
};

/* What no command can do without. */
static enum devid_err check_complete(const struct conf_lines *lines,
	const struct ca_conf *c, struct devid_error *err)
{
	const char *missing = NULL;

	if (!c->name)
		missing = "ca.name";
	else if (!c->reg)
		missing = "ca.register";
	else if (!c->certificate)
		missing = "ca.certificate";
	if (missing)
		return conf_refuse(lines, missing, "not set", err);
	return DEVID_OK;
}

/* Who is told apart by certificates has one of its own. */
static enum devid_err check_stations(const struct conf_lines *lines,
	const struct ca_conf *c, struct devid_error *err)
{
	static const uint8_t none[sizeof(c->stations[0].fingerprint)];

	for (size_t i = 0; i < c->n_stations; i++) {
		const struct ca_station *s = &c->stations[i];
		const struct ca_station *twin = NULL;
		char setting[WHERE_MAX], cause[WHERE_MAX];

		(void)snprintf(setting, sizeof(setting),
			"station %s.fingerprint", s->name); /* fits */
		if (memcmp(s->fingerprint, none, sizeof(none)) == 0)
			return conf_refuse(lines, setting, "not set", err);
		for (size_t k = 0; k < i; k++) {
			if (memcmp(s->fingerprint, c->stations[k].fingerprint,
				    sizeof(none)) == 0)
				twin = &c->stations[k];
		}
		if (!twin)
			continue;
		(void)snprintf(cause, sizeof(cause), "that of station %s too",
			twin->name); /* fits */
		return conf_refuse(lines, setting, cause, err);
	}
	return DEVID_OK;
}

/* Of port 0 the kernel makes another each time. */
static bool is_same_place(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0 &&
	       strcmp(strrchr(a, ':'), ":0") != 0;
}

/* Settings that say nothing without another, or against it. */
static enum devid_err check_pairs(const struct conf_lines *lines,
	const struct ca_conf *c, struct devid_error *err)
{
	if (c->ocsp_key && !c->ocsp_certificate)
		return conf_refuse(lines, "token.ocsp_key",
			"goes with token.ocsp_certificate, which is not set",
			err);
	if (!c->ocsp_key && c->ocsp_certificate)
		return conf_refuse(lines, "token.ocsp_certificate",
			"goes with token.ocsp_key, which is not set", err);
	if (is_same_place(c->listen, c->listen_public))
		return conf_refuse(lines, "serve.listen_public",
			"the same as serve.listen", err);
	if (c->key && c->audit_key && strcmp(c->key, c->audit_key) == 0)
		return conf_refuse(lines, "token.audit_key",
			"the CA's own key, token.key", err);
	if (c->key && c->ocsp_key && strcmp(c->key, c->ocsp_key) == 0)
		return conf_refuse(lines, "token.ocsp_key",
			"the CA's own key, token.key", err);
	return DEVID_OK;
}

enum devid_err ca_conf_load(
	const char *path, struct ca_conf *ret, struct devid_error *err)
{
	CLEANUP(cleanup_conf_lines) struct conf_lines *lines = NULL;
	const struct conf_source source = { path ? path : CA_CONF_DEFAULT,
		NULL };
	enum devid_err rc;

	memset(ret, 0, sizeof(*ret));
	ret->challenge_seconds = CHALLENGE_SECONDS_DEFAULT;
	ret->identities = 1;
	ret->crl_hours = CRL_HOURS_DEFAULT;
	ret->delta_hours = DELTA_HOURS_DEFAULT;
	ret->ocsp_hours = OCSP_HOURS_DEFAULT;
	ret->connections_max = CONNECTIONS_DEFAULT;
	ret->ek.assertions = true;
	rc = conf_read(&source, settings, ret, &lines, err);
	if (rc == DEVID_OK)
		rc = check_complete(lines, ret, err);
	if (rc == DEVID_OK)
		rc = check_stations(lines, ret, err);
	if (rc == DEVID_OK)
		rc = check_pairs(lines, ret, err);
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

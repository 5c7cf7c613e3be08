/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar-conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "key.h"

#define DAYS_DEFAULT        365
#define DAYS_MAX            (50 * 366)
#define LIVE_DEFAULT        4
#define LIVE_MAX            64
#define RETRY_DEFAULT       300
#define RETRY_MAX           86400
#define CRL_HOURS_DEFAULT   168
#define CRL_HOURS_MAX       (366 * 24)
#define CONNECTIONS_DEFAULT 1024
#define PORT_MAX            65535
#define ORGANIZATION_MAX    64 /* characters: X.520 ub-organization-name */
#define WHERE_MAX           96 /* bytes of "profile NAME.setting" */

#define KEY_TYPES_DEFAULT                                                      \
	(1u << KEY_ALG_P256 | 1u << KEY_ALG_P384 | 1u << KEY_ALG_RSA2048 |     \
		1u << KEY_ALG_RSA3072)

/* ---- single values ---- */

/* Names go into paths of URLs, audit lines and messages. */
static enum devid_err check_name(const char *value, struct devid_error *err)
{
	size_t len = strlen(value);

	if (len == 0 || len >= REGISTRAR_NAME_MAX ||
		strspn(value, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != len)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is not a name of 1 to %d letters, digits and '-'",
			value, REGISTRAR_NAME_MAX - 1);
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

/* What db-open.c would refuse has no line any more there. Not quoted, since a
 * password may be in it. */
static enum devid_err set_database(void *target, const char *value,
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

/* A URL that is put into certificates. */
static enum devid_err set_url(void *target, const char *value, const char *rest,
	const struct conf_setting *row, struct devid_error *err)
{
	size_t len = strlen(value);

	(void)rest; /* no pattern */
	(void)row;
	if (strncmp(value, "http://", 7) != 0 || len > 250 ||
		strspn(value, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			      "-._~:/?[]@!$&'()*+,;=%") != len ||
		strcspn(value + 7, "/:?") == 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is not an http URL with a host", value);
	return conf_string(target, value, err);
}

/* ---- sections with names ---- */

static enum devid_err get_maker(struct registrar_conf *c, const char *name,
	struct registrar_maker **ret, struct devid_error *err)
{
	enum devid_err rc;

	for (size_t i = 0; i < c->n_makers; i++) {
		*ret = &c->makers[i];
		if (strcmp((*ret)->name, name) == 0)
			return DEVID_OK;
	}
	if (c->n_makers == REGISTRAR_MAKERS_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"more than %d makers", REGISTRAR_MAKERS_MAX);
	rc = check_name(name, err);
	if (rc != DEVID_OK)
		return rc;
	*ret = &c->makers[c->n_makers++];
	memcpy((*ret)->name, name, strlen(name) + 1); /* checked: fits */
	return DEVID_OK;
}

static enum devid_err set_maker(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct registrar_maker *maker;
	enum devid_err rc = get_maker(target, rest, &maker, err);

	if (rc != DEVID_OK)
		return rc;
	return conf_path(
		strcmp(row->name, "roots") == 0 ? &maker->roots : &maker->crls,
		value, err);
}

/* As [keyd] epoch_nv of a device: an NV index, part 2, 7.2. */
static enum devid_err set_epoch_nv(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct registrar_maker *maker;
	unsigned long n;
	char *end;
	enum devid_err rc = get_maker(target, rest, &maker, err);

	(void)row;
	if (rc != DEVID_OK)
		return rc;
	errno = 0;
	n = strtoul(value, &end, 16);
	if (strncmp(value, "0x", 2) != 0 || *end || errno || n >> 24 != 0x01)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s': not an NV index as 0x01804944", value);
	maker->epoch_nv = (uint32_t)n;
	return DEVID_OK;
}

static void init_profile(struct registrar_profile *p, const char *name)
{
	(void)snprintf(p->name, sizeof(p->name), "%s", name); /* checked */
	p->days = DAYS_DEFAULT;
	p->key_types = KEY_TYPES_DEFAULT;
	p->residency = REGISTRAR_RESIDENCY_WANTED;
	p->live_max = LIVE_DEFAULT;
	p->retry_after = RETRY_DEFAULT;
}

static enum devid_err get_profile(struct registrar_conf *c, const char *name,
	struct registrar_profile **ret, struct devid_error *err)
{
	enum devid_err rc;

	for (size_t i = 0; i < c->n_profiles; i++) {
		*ret = &c->profiles[i];
		if (strcmp((*ret)->name, name) == 0)
			return DEVID_OK;
	}
	if (c->n_profiles == REGISTRAR_PROFILES_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"more than %d profiles", REGISTRAR_PROFILES_MAX);
	rc = check_name(name, err);
	if (rc != DEVID_OK)
		return rc;
	*ret = &c->profiles[c->n_profiles++];
	init_profile(*ret, name);
	return DEVID_OK;
}

static enum devid_err read_key_types(
	const char *value, unsigned *ret, struct devid_error *err)
{
	unsigned types = 0;

	for (const char *p = value; *p;) {
		size_t len = strcspn(p, ", ");
		char name[16] = "";
		enum key_alg alg;

		if (len < sizeof(name))
			memcpy(name, p, len);
		alg = key_alg_by_name(name);
		if (alg == KEY_ALG_NONE)
			return devid_fail(err, DEVID_ERR_INVALID,
				"'%.*s' is not " KEY_ALG_LIST, (int)len, p);
		types |= 1u << alg;
		p += len;
		p += strspn(p, ", ");
	}
	*ret = types;
	return DEVID_OK;
}

static enum devid_err set_key_types(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct registrar_profile *p;
	enum devid_err rc = get_profile(target, rest, &p, err);

	(void)row;
	return rc == DEVID_OK ? read_key_types(value, &p->key_types, err) : rc;
}

static enum devid_err set_residency(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	static const char *const names[] = {
		[REGISTRAR_RESIDENCY_REQUIRED] = "required",
		[REGISTRAR_RESIDENCY_WANTED] = "wanted",
		[REGISTRAR_RESIDENCY_NO] = "no",
	};
	struct registrar_profile *p;
	enum devid_err rc = get_profile(target, rest, &p, err);

	(void)row;
	if (rc != DEVID_OK)
		return rc;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], value) != 0)
			continue;
		p->residency = (enum registrar_residency)i;
		return DEVID_OK;
	}
	return devid_fail(err, DEVID_ERR_INVALID,
		"'%s' is not required, wanted or no", value);
}

static enum devid_err set_approval(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct registrar_profile *p;
	enum devid_err rc = get_profile(target, rest, &p, err);

	(void)row;
	if (rc != DEVID_OK)
		return rc;
	p->manual = strcmp(value, "manual") == 0;
	if (!p->manual && strcmp(value, "auto") != 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is neither auto nor manual", value);
	return DEVID_OK;
}

static enum devid_err set_server(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct registrar_profile *p;
	enum devid_err rc = get_profile(target, rest, &p, err);

	return rc == DEVID_OK ? conf_to_bool(&p->server, value, "", row, err)
			      : rc;
}

/* A number of a profile, by its name. */
static enum devid_err set_number(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct registrar_profile *p;
	enum devid_err rc = get_profile(target, rest, &p, err);
	unsigned *number;

	if (rc != DEVID_OK)
		return rc;
	number = strcmp(row->name, "days") == 0       ? &p->days
		 : strcmp(row->name, "live_max") == 0 ? &p->live_max
						      : &p->retry_after;
	return conf_uint(value, row->min, row->max, number, err);
}

#define AT(member) offsetof(struct registrar_conf, member), 0, 0
#define WITHIN(member, min, max)                                               \
	offsetof(struct registrar_conf, member), min, max
#define NAMED 0, 0, 0

static const struct conf_setting settings[] = {
	{ "registrar", "instance", set_name, AT(instance) },
	{ "registrar", "database", set_database, AT(database) },
	{ "registrar", "seen", conf_to_path, AT(seen) },
	{ "registrar", "publish", conf_to_path, AT(publish) },
	{ "registrar", "listen", set_listen, AT(listen) },
	{ "registrar", "public", set_listen, AT(public) },
	{ "registrar", "certificate", conf_to_path, AT(certificate) },
	{ "registrar", "key", conf_to_path, AT(key) },
	{ "registrar", "connections_max", conf_to_uint,
		WITHIN(connections_max, 16, 65536) },
	{ "ca", "certificate", conf_to_path, AT(ca_certificate) },
	{ "ca", "chain", conf_to_path, AT(ca_chain) },
	{ "ca", "organization", conf_to_string, AT(organization) },
	{ "ca", "module", conf_to_path, AT(module) },
	{ "ca", "token", conf_to_string, AT(token) },
	{ "ca", "key", conf_to_string, AT(token_key) },
	{ "ca", "audit_key", conf_to_string, AT(audit_key) },
	{ "ca", "pin_file", conf_to_path, AT(pin_file) },
	{ "ca", "crl_url", set_url, AT(crl_url) },
	{ "ca", "crl_hours", conf_to_uint,
		WITHIN(crl_hours, 1, CRL_HOURS_MAX) },
	{ "maker *", "roots", set_maker, NAMED },
	{ "maker *", "crls", set_maker, NAMED },
	{ "maker *", "epoch_nv", set_epoch_nv, NAMED },
	{ "profile *", "days", set_number, 0, 1, DAYS_MAX },
	{ "profile *", "key_types", set_key_types, NAMED },
	{ "profile *", "residency", set_residency, NAMED },
	{ "profile *", "approval", set_approval, NAMED },
	{ "profile *", "server_auth", set_server, NAMED },
	{ "profile *", "live_max", set_number, 0, 1, LIVE_MAX },
	{ "profile *", "retry_after", set_number, 0, 1, RETRY_MAX },
	{ NULL, NULL, NULL, 0, 0, 0 },
};

/* ---- what must be there ---- */

static enum devid_err check_complete(const struct conf_lines *lines,
	const struct registrar_conf *c, struct devid_error *err)
{
	const struct {
		const char *name, *value;
	} needed[] = {
		{ "registrar.database", c->database },
		{ "ca.certificate", c->ca_certificate },
		{ "ca.organization", c->organization },
		{ "ca.module", c->module },
		{ "ca.token", c->token },
		{ "ca.key", c->token_key },
		{ "ca.audit_key", c->audit_key },
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!needed[i].value)
			return conf_refuse(
				lines, needed[i].name, "not set", err);
	}
	if (strlen(c->organization) > ORGANIZATION_MAX)
		return conf_refuse(lines, "ca.organization",
			"longer than 64 characters", err);
	if (strcmp(c->token_key, c->audit_key) == 0)
		return conf_refuse(
			lines, "ca.audit_key", "the CA's own key, ca.key", err);
	return DEVID_OK;
}

static enum devid_err check_makers(const struct conf_lines *lines,
	const struct registrar_conf *c, struct devid_error *err)
{
	for (size_t i = 0; i < c->n_makers; i++) {
		char setting[WHERE_MAX];

		if (c->makers[i].roots)
			continue;
		(void)snprintf(setting, sizeof(setting), "maker %s.roots",
			c->makers[i].name); /* fits */
		return conf_refuse(lines, setting, "not set", err);
	}
	return DEVID_OK;
}

/* Of port 0 the kernel makes another each time. */
static enum devid_err check_listen(const struct conf_lines *lines,
	const struct registrar_conf *c, struct devid_error *err)
{
	if (c->listen && c->public && strcmp(c->listen, c->public) == 0 &&
		strcmp(strrchr(c->listen, ':'), ":0") != 0)
		return conf_refuse(lines, "registrar.public",
			"the same as registrar.listen", err);
	return DEVID_OK;
}

enum devid_err registrar_conf_load(
	const char *path, struct registrar_conf *ret, struct devid_error *err)
{
	CLEANUP(cleanup_conf_lines) struct conf_lines *lines = NULL;
	const struct conf_source source = {
		path ? path : REGISTRAR_CONF_DEFAULT, NULL
	};
	struct registrar_profile *profile;
	enum devid_err rc;

	memset(ret, 0, sizeof(*ret));
	ret->crl_hours = CRL_HOURS_DEFAULT;
	ret->connections_max = CONNECTIONS_DEFAULT;
	rc = conf_read(&source, settings, ret, &lines, err);
	if (rc == DEVID_OK)
		rc = check_complete(lines, ret, err);
	if (rc == DEVID_OK)
		rc = check_makers(lines, ret, err);
	if (rc == DEVID_OK)
		rc = check_listen(lines, ret, err);
	if (rc == DEVID_OK && !ret->instance)
		rc = conf_string(&ret->instance, "registrar", err);
	if (rc == DEVID_OK) /* there whether it has a section or not */
		rc = get_profile(ret, REGISTRAR_PROFILE_DEFAULT, &profile, err);
	if (rc != DEVID_OK)
		registrar_conf_done(ret);
	return rc;
}

void registrar_conf_done(struct registrar_conf *conf)
{
	char *strings[] = { conf->instance, conf->database, conf->seen,
		conf->publish, conf->listen, conf->public, conf->certificate,
		conf->key, conf->ca_certificate, conf->ca_chain,
		conf->organization, conf->module, conf->token, conf->token_key,
		conf->pin_file, conf->audit_key, conf->crl_url };

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++)
		free(strings[i]);
	for (size_t i = 0; i < conf->n_makers; i++) {
		free(conf->makers[i].roots);
		free(conf->makers[i].crls);
	}
	memset(conf, 0, sizeof(*conf));
}

const struct registrar_profile *registrar_conf_profile(
	const struct registrar_conf *conf, const char *label)
{
	const char *name = label ? label : REGISTRAR_PROFILE_DEFAULT;

	for (size_t i = 0; i < conf->n_profiles; i++) {
		if (strcmp(conf->profiles[i].name, name) == 0)
			return &conf->profiles[i];
	}
	return NULL;
}

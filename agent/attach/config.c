/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <fnmatch.h>
#include <net/if.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "conf.h"
#include "fail.h"
#include "files.h"
#include "identity.h"
#include "site-document.h"
#include "wallclock.h"
#include "what-is.h"

#define CA_FILE_MAX  (1024 * 1024) /* bytes; a limit of ours */
#define IDENTITY_MAX 253           /* bytes of an NAI: RFC 7542 2.1 */
#define ID_MAX       4294967294u   /* (uid_t)-1 means "no change" */

CLEANUP_DEFINE(config, struct config *, config_free)

static enum devid_err add_pattern(
	struct config *c, const char *word, struct devid_error *err)
{
	if (c->n_patterns == CONFIG_PATTERNS_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"more than %d names", CONFIG_PATTERNS_MAX);
	if (strlen(word) >= IFNAMSIZ || strchr(word, '/'))
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is no interface name", word);
	c->patterns[c->n_patterns] = NULL;
	return conf_string(&c->patterns[c->n_patterns++], word, err);
}

static enum devid_err set_ports(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	CLEANUP(cleanup_free) char *copy = strdup(value);
	struct config *c = target;
	char *save = NULL;
	enum devid_err rc = DEVID_OK;

	(void)rest; /* no '*' in our section names */
	(void)row;
	if (!copy)
		return fail_no_memory(err);
	while (c->n_patterns > 0)
		free(c->patterns[--c->n_patterns]);
	for (char *w = strtok_r(copy, " \t,", &save); w && rc == DEVID_OK;
		w = strtok_r(NULL, " \t,", &save))
		rc = add_pattern(c, w, err);
	if (rc == DEVID_OK && c->n_patterns == 0)
		return devid_fail(err, DEVID_ERR_INVALID, "no port named");
	return rc;
}

/* uid[:gid], or a user's name. */
static enum devid_err resolve_user(
	struct config *c, const char *value, struct devid_error *err)
{
	unsigned uid, gid;
	char number[16];
	const char *colon = strchr(value, ':');
	size_t len = colon ? (size_t)(colon - value) : strlen(value);
	const struct passwd *pw;

	if (value[0] < '0' || value[0] > '9') {
		pw = getpwnam(value);
		if (!pw)
			return devid_fail(err, DEVID_ERR_NOT_FOUND,
				"no user '%s'", value);
		uid = pw->pw_uid;
		gid = pw->pw_gid;
	} else {
		if (len >= sizeof(number))
			return devid_fail(err, DEVID_ERR_INVALID,
				"'%s' is not uid[:gid]", value);
		memcpy(number, value, len);
		number[len] = '\0';
		if (conf_uint(number, 0, ID_MAX, &uid, err) != DEVID_OK ||
			conf_uint(colon ? colon + 1 : number, 0, ID_MAX, &gid,
				err) != DEVID_OK)
			return DEVID_ERR_INVALID;
	}
	if (uid == 0 || gid == 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is root, which it must not be", value);
	c->supplicant_uid = uid;
	c->supplicant_gid = gid;
	return DEVID_OK;
}

static enum devid_err set_user(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct config *c = target;
	enum devid_err rc = resolve_user(c, value, err);

	(void)rest;
	(void)row;
	return rc == DEVID_OK ? conf_string(&c->supplicant_user, value, err)
			      : DEVID_ERR_INVALID;
}

/* Sockets are made in it, whose paths have a limit. */
static enum devid_err set_run_dir(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)rest;
	(void)row;
	if (strlen(value) > CONFIG_RUN_DIR_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"longer than %d bytes", CONFIG_RUN_DIR_MAX);
	return conf_path(member, value, err);
}

/* Names of keys between blanks or commas. */
static enum devid_err set_identities(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	CLEANUP(cleanup_free) char *copy = strdup(value);
	struct config *c = target;
	char *save = NULL;
	enum devid_err rc = DEVID_OK;

	(void)rest;
	(void)row;
	if (!copy)
		return fail_no_memory(err);
	if (c->key || c->cert)
		return devid_fail(
			err, DEVID_ERR_INVALID, "not beside key or cert");
	for (char *w = strtok_r(copy, " \t,", &save); w && rc == DEVID_OK;
		w = strtok_r(NULL, " \t,", &save))
		rc = identities_add(&c->identities, w, err);
	if (rc == DEVID_OK && c->identities.n == 0)
		return devid_fail(err, DEVID_ERR_INVALID, "no key named");
	return rc;
}

/* key, cert */
static enum devid_err set_file(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct config *c = target;

	(void)rest;
	if (c->identities.n > 0)
		return devid_fail(
			err, DEVID_ERR_INVALID, "not beside identity");
	return conf_path(
		strcmp(row->name, "key") == 0 ? &c->key : &c->cert, value, err);
}

/* An NAI goes out in the clear before anybody is known: printable, no blank
 * (RFC 7542 2.2). */
static enum devid_err set_identity(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)rest;
	(void)row;
	if (strlen(value) > IDENTITY_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"longer than %d bytes", IDENTITY_MAX);
	for (const char *p = value; *p; p++) {
		if ((uint8_t)*p <= ' ' || *p == 0x7f)
			return devid_fail(err, DEVID_ERR_INVALID,
				"'%s' has a blank or a control character",
				value);
	}
	return conf_string(member, value, err);
}

/* Names, or *.domain, between blanks or commas. */
static enum devid_err set_server_name(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	CLEANUP(cleanup_free) char *copy = strdup(value);
	struct names *names = member;
	char *save = NULL;
	enum devid_err rc = DEVID_OK;

	(void)rest;
	(void)row;
	if (!copy)
		return fail_no_memory(err);
	names->n = 0;
	for (char *w = strtok_r(copy, " \t,", &save); w && rc == DEVID_OK;
		w = strtok_r(NULL, " \t,", &save))
		rc = names_add(names, w, err);
	if (rc == DEVID_OK && names->n == 0)
		return devid_fail(err, DEVID_ERR_INVALID, "no name");
	return rc;
}

static enum devid_err set_clock_floor(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)rest;
	(void)row;
	if (wallclock_parse_date(value, member) != DEVID_OK)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is not YYYY-MM-DD", value);
	return DEVID_OK;
}

static enum devid_err set_tls(void *target, const char *value, const char *rest,
	const struct conf_setting *row, struct devid_error *err)
{
	struct config *c = target;
	bool is_min = strcmp(row->name, "tls_min") == 0;
	enum wpaconf_tls *tls = is_min ? &c->tls_min : &c->tls_max;

	(void)rest;
	if (strcmp(value, "1.2") == 0)
		*tls = WPACONF_TLS_1_2;
	else if (strcmp(value, "1.3") == 0)
		*tls = WPACONF_TLS_1_3;
	else
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is neither 1.2 nor 1.3", value);
	if (c->tls_min > c->tls_max)
		return devid_fail(err, DEVID_ERR_INVALID, "%s",
			is_min ? "above tls_max" : "below tls_min");
	return DEVID_OK;
}

static enum devid_err set_trust(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	bool *first_use = target;

	(void)rest;
	(void)row;
	if (strcmp(value, "pinned") != 0 && strcmp(value, "first-use") != 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is neither pinned nor first-use", value);
	*first_use = value[0] == 'f';
	return DEVID_OK;
}

static enum devid_err set_open_port(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	bool *use = target;

	(void)rest;
	(void)row;
	if (strcmp(value, "refuse") != 0 && strcmp(value, "use") != 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is neither refuse nor use", value);
	*use = value[0] == 'u';
	return DEVID_OK;
}

static enum devid_err set_firmware(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)rest;
	(void)row;
	if (!site_version_ok(value))
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is not numbers between dots", value);
	return conf_string(member, value, err);
}

#define AT(member)               offsetof(struct config, member), 0, 0
#define WITHIN(member, min, max) offsetof(struct config, member), min, max

static const struct conf_setting settings[] = {
	{ "agent", "ports", set_ports, 0, 0, 0 },
	{ "agent", "state_dir", conf_to_path, AT(state_dir) },
	{ "agent", "run_dir", set_run_dir, AT(run_dir) },
	{ "agent", "supplicant", conf_to_path, AT(supplicant) },
	{ "agent", "supplicant_user", set_user, 0, 0, 0 },
	{ "agent", "provider_dir", conf_to_path, AT(provider_dir) },
	{ "agent", "hooks_dir", conf_to_path, AT(hooks_dir) },
	{ "agent", "keyd_socket", conf_to_socket, AT(keyd_socket) },
	{ "agent", "identity", set_identities, 0, 0, 0 },
	{ "agent", "key", set_file, 0, 0, 0 },
	{ "agent", "cert", set_file, 0, 0, 0 },
	{ "agent", "clock_floor", set_clock_floor, AT(clock_floor) },
	{ "agent", "start_wait", conf_to_uint, WITHIN(start_wait, 1, 300) },
	{ "agent", "auth_wait", conf_to_uint, WITHIN(auth_wait, 1, 300) },
	{ "agent", "open_port", set_open_port, AT(open_port) },
	{ "agent", "owner_identity", set_identity, AT(owner_identity) },
	{ "eap", "identity", set_identity, AT(identity) },
	{ "eap", "tls_min", set_tls, 0, 0, 0 },
	{ "eap", "tls_max", set_tls, 0, 0, 0 },
	{ "eap", "trust", set_trust, AT(first_use) },
	{ "eap", "ca", conf_to_path, AT(ca) },
	{ "eap", "server_name", set_server_name, AT(server_names) },
	{ "enroll", "onboard", conf_to_bool, AT(onboard) },
	{ "enroll", "registrar", conf_to_string, AT(registrar) },
	{ "enroll", "program", conf_to_path, AT(enroll_program) },
	{ "enroll", "user", conf_to_string, AT(enroll_user) },
	{ "enroll", "hooks", conf_to_path, AT(onboard_hooks) },
	/* of devid-enroll, which judges them */
	{ "enroll", "label", conf_skip, 0, 0, 0 },
	{ "enroll", "est_trust", conf_skip, 0, 0, 0 },
	{ "enroll", "proxy", conf_skip, 0, 0, 0 },
	{ "enroll", "key_type", conf_skip, 0, 0, 0 },
	{ "device", "firmware_version", set_firmware, AT(firmware) },
	{ NULL, NULL, NULL, 0, 0, 0 },
};

static enum devid_err default_string(
	char **member, const char *value, struct devid_error *err)
{
	return *member ? DEVID_OK : conf_string(member, value, err);
}

static enum devid_err default_in_state(struct config *c, char **member,
	const char *name, struct devid_error *err)
{
	CLEANUP(cleanup_free) char *path = NULL;

	if (*member)
		return DEVID_OK;
	if (asprintf(&path, "%s/%s", c->state_dir, name) < 0) {
		path = NULL;
		return fail_no_memory(err);
	}
	return conf_string(member, path, err);
}

/* The keys that are named, or two files, or the IDevID. */
static enum devid_err set_default_identity(
	struct config *c, struct devid_error *err)
{
	const char *idevid = key_id_name(KEY_IDEVID);
	enum devid_err rc = DEVID_OK;

	if (c->key || c->cert || c->identities.n > 0)
		c->onboard = false; /* somebody has decided what is shown */
	if (!c->key && !c->cert) {
		if (c->identities.n == 0)
			rc = identities_add(&c->identities, idevid, err);
		return rc == DEVID_OK ? identities_place(&c->identities,
						c->state_dir, err)
				      : rc;
	}
	if ((rc = default_in_state(c, &c->key, "idevid.key", err)) ||
		(rc = default_in_state(c, &c->cert, "idevid.pem", err)))
		return rc;
	return identities_set_file(&c->identities, c->key, c->cert, err);
}

static enum devid_err default_enroll(struct config *c, struct devid_error *err)
{
	enum devid_err rc;

	rc = default_string(
		&c->enroll_program, DEVID_SBINDIR "/devid-enroll", err);
	if (rc == DEVID_OK)
		rc = default_string(&c->enroll_user, "devid-enroll", err);
	if (rc == DEVID_OK)
		rc = default_string(&c->onboard_hooks,
			DEVID_SYSCONFDIR "/devid/onboard.d", err);
	return rc;
}

static enum devid_err set_defaults(struct config *c, struct devid_error *err)
{
	static const char identity[] = "anonymous@devid.invalid";
	static const char owner[] = "anonymous@ldevid.invalid";
	enum devid_err rc;

	if (c->n_patterns == 0) {
		rc = add_pattern(c, "eth0", err);
		if (rc != DEVID_OK)
			return rc;
	}
	if ((rc = default_string(&c->state_dir, "/var/lib/devid", err)) ||
		(rc = default_string(&c->run_dir, "/run/devid", err)) ||
		(rc = default_string(
			 &c->supplicant, "/sbin/wpa_supplicant", err)) ||
		(rc = default_string(&c->hooks_dir,
			 DEVID_SYSCONFDIR "/devid/hooks.d", err)) ||
		(rc = default_string(
			 &c->keyd_socket, "/run/devid/keyd.sock", err)) ||
		(rc = default_string(&c->identity, identity, err)) ||
		(rc = default_string(&c->owner_identity, owner, err)) ||
		(rc = default_enroll(c, err)) ||
		(rc = default_string(&c->supplicant_user, "devid-eap", err)) ||
		(rc = set_default_identity(c, err)))
		return rc;
	return DEVID_OK;
}

/* Which of @names stands in the file, the first when none does. */
static const char *one_set(
	const struct conf_lines *lines, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (conf_is_set(lines, names[i]))
			return names[i];
	}
	return names[0];
}

/* Settings that say nothing without another, or against it; told at the line of
 * one that is there. */
static enum devid_err check(const struct conf_lines *lines, struct config *c,
	struct devid_error *err)
{
	static const char *const trust[] = { "eap.trust", "eap.ca",
		"eap.server_name" };
	struct devid_error cause = { DEVID_OK, "" };

	if (!c->first_use && (!c->ca || c->server_names.n == 0))
		return conf_refuse(lines, one_set(lines, trust, 3),
			"trust = pinned needs ca and server_name", err);
	if (c->first_use && (c->ca || c->server_names.n > 0))
		return conf_refuse(lines, one_set(lines, trust + 1, 2),
			"trust = first-use takes neither ca nor server_name",
			err);
	/* the default, which no line set */
	if (!c->supplicant_uid &&
		resolve_user(c, c->supplicant_user, &cause) != DEVID_OK)
		return conf_refuse(lines, "agent.supplicant_user",
			devid_error_text(&cause), err);
	return DEVID_OK;
}

static struct config *config_new(void)
{
	struct config *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->tls_max = WPACONF_TLS_1_3;
	c->start_wait = 5;
	c->auth_wait = 20;
	c->onboard = true;
	return c;
}

/* The CA may come later; one that is there and holds something else would be
 * told at the port, as a server that is not trusted. */
static enum devid_err check_ca(const struct conf_lines *lines,
	const struct config *c, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	struct devid_error cause = { DEVID_OK, "" };
	char form[WHAT_IS_MAX];
	size_t len = 0;

	if (!c->ca || access(c->ca, F_OK) < 0)
		return DEVID_OK;
	if (files_read(c->ca, CA_FILE_MAX, &data, &len, &cause) != DEVID_OK)
		return conf_refuse(
			lines, "eap.ca", devid_error_text(&cause), err);
	what_is((struct view) { data, len }, form);
	if (strcmp(form, WHAT_IS_CERT) == 0 ||
		strcmp(form, WHAT_IS_CERT_DER) == 0)
		return DEVID_OK;
	(void)devid_fail(&cause, DEVID_ERR_INVALID,
		"%s: not a certificate: it is %s", c->ca, form);
	return conf_refuse(lines, "eap.ca", devid_error_text(&cause), err);
}

static enum devid_err read_config(const struct conf_source *source,
	struct config **ret_config, struct devid_error *err)
{
	CLEANUP(cleanup_config) struct config *c = config_new();
	CLEANUP(cleanup_conf_lines) struct conf_lines *lines = NULL;
	enum devid_err rc;

	if (!c)
		return fail_no_memory(err);
	rc = conf_read(source, settings, c, &lines, err);
	if (rc == DEVID_OK)
		rc = set_defaults(c, err);
	if (rc == DEVID_OK)
		rc = check(lines, c, err);
	if (rc == DEVID_OK && !source->text)
		rc = check_ca(lines, c, err);
	if (rc == DEVID_OK)
		*ret_config = STEAL(c);
	return rc;
}

enum devid_err config_load(
	const char *path, struct config **ret_config, struct devid_error *err)
{
	const struct conf_source source = { path, NULL };

	return read_config(&source, ret_config, err);
}

enum devid_err config_parse(const char *path, const char *text,
	struct config **ret_config, struct devid_error *err)
{
	const struct conf_source source = { path, text };

	return read_config(&source, ret_config, err);
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_patterns; i++)
		free(c->patterns[i]);
	free(c->state_dir);
	free(c->run_dir);
	free(c->supplicant);
	free(c->supplicant_user);
	free(c->provider_dir);
	free(c->hooks_dir);
	free(c->keyd_socket);
	identities_done(&c->identities);
	free(c->key);
	free(c->cert);
	free(c->identity);
	free(c->owner_identity);
	free(c->registrar);
	free(c->enroll_program);
	free(c->enroll_user);
	free(c->onboard_hooks);
	free(c->firmware);
	free(c->ca);
	free(c);
}

bool config_wants(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->n_patterns; i++) {
		if (fnmatch(c->patterns[i], name, 0) == 0)
			return true;
	}
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll-settings.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "fail.h"
#include "wire.h"

#define PORT_DEFAULT 443

/* ---- names ---- */

static bool is_word(const char *text, const char *besides)
{
	for (; *text; text++) {
		bool letter = (*text >= 'a' && *text <= 'z') ||
			      (*text >= 'A' && *text <= 'Z') ||
			      (*text >= '0' && *text <= '9');

		if (!letter && !strchr(besides, *text))
			return false;
	}
	return true;
}

/* Labels of 1 to 63 characters without a hyphen at an end. Returns how many;
 * 0: no name. */
static size_t count_labels(const char *name)
{
	size_t n = 0;

	if (strlen(name) > ENROLL_HOST_MAX || !is_word(name, ".-"))
		return 0;
	for (;; n++) {
		size_t len = strcspn(name, ".");

		if (len == 0 || len > 63 || name[0] == '-' ||
			name[len - 1] == '-')
			return 0;
		if (!name[len])
			return n + 1;
		name += len + 1;
	}
}

static bool is_address(const char *host)
{
	struct in_addr v4;

	return inet_pton(AF_INET, host, &v4) == 1;
}

/* ---- rows ---- */

/* HOST[:PORT] */
static enum devid_err set_registrar(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct enroll_settings *s = target;
	const char *colon = strrchr(value, ':');
	size_t len = colon ? (size_t)(colon - value) : strlen(value);
	CLEANUP(cleanup_free) char *host = strndup(value, len);

	(void)rest;
	(void)row;
	if (!host)
		return fail_no_memory(err);
	if (colon && conf_uint(colon + 1, 1, 65535, &s->port, err) != DEVID_OK)
		return DEVID_ERR_INVALID;
	if (count_labels(host) == 0 && !is_address(host))
		return devid_fail(
			err, DEVID_ERR_INVALID, "'%s' is no host name", host);
	return conf_string(&s->host, host, err);
}

static enum devid_err set_label(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)rest;
	(void)row;
	if (strlen(value) > ENROLL_LABEL_MAX || !is_word(value, "-_~.") ||
		value[0] == '.')
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is no part of a path", value);
	return conf_string(member, value, err);
}

static enum devid_err set_trust(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)rest;
	(void)row;
	return strcmp(value, "radius") == 0 ? DEVID_OK
					    : conf_path(member, value, err);
}

/* There may be a password in it: it is not repeated. */
static enum devid_err set_proxy(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)rest;
	(void)row;
	if (strcmp(value, "none") == 0)
		return DEVID_OK;
	if (strncmp(value, "http://", 7) != 0 &&
		strncmp(value, "https://", 8) != 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"neither none nor a URL of http or https");
	return conf_string(member, value, err);
}

static enum devid_err set_key_type(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	enum key_alg *type = member;
	enum key_alg alg = key_alg_by_name(value);

	(void)rest;
	(void)row;
	if (alg == KEY_ALG_NONE || alg == KEY_ALG_RSA4096)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is none of p256, p384, rsa2048 and rsa3072",
			value);
	*type = alg;
	return DEVID_OK;
}

#define AT(member) offsetof(struct enroll_settings, member), 0, 0
#define ALL        0, 0, 0

static const struct conf_setting rows[] = {
	{ "keyd", "socket", conf_to_socket, AT(socket) },
	{ "keyd", "*", conf_skip, ALL },
	{ "agent", "provider_dir", conf_to_path, AT(modules) },
	{ "agent", "*", conf_skip, ALL },
	{ "enroll", "registrar", set_registrar, ALL },
	{ "enroll", "label", set_label, AT(label) },
	{ "enroll", "est_trust", set_trust, AT(trust_file) },
	{ "enroll", "proxy", set_proxy, AT(proxy) },
	{ "enroll", "key_type", set_key_type, AT(key_type) },
	{ "enroll", "*", conf_skip, ALL },
	{ NULL, NULL, NULL, ALL },
};

void enroll_settings_free(struct enroll_settings *settings)
{
	if (!settings)
		return;
	free(settings->socket);
	free(settings->modules);
	free(settings->host);
	free(settings->label);
	free(settings->trust_file);
	free(settings->proxy);
	free(settings);
}

static enum devid_err fill(struct enroll_settings *s, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	if (!s->socket)
		rc = conf_string(&s->socket, WIRE_SOCKET_DEFAULT, err);
	if (rc == DEVID_OK && !s->modules)
		rc = conf_string(&s->modules, DEVID_MODULESDIR, err);
	return rc;
}

static enum devid_err read_source(const struct conf_source *source,
	struct enroll_settings **ret, struct devid_error *err)
{
	CLEANUP(cleanup_enroll_settings)
	struct enroll_settings *s = calloc(1, sizeof(*s));
	CLEANUP(cleanup_conf_lines) struct conf_lines *lines = NULL;
	enum devid_err rc;

	if (!s)
		return fail_no_memory(err);
	s->port = PORT_DEFAULT;
	s->key_type = KEY_ALG_P256;
	rc = conf_read(source, rows, s, &lines, err);
	if (rc == DEVID_OK)
		rc = fill(s, err);
	if (rc == DEVID_OK)
		*ret = STEAL(s);
	return rc;
}

enum devid_err enroll_settings_load(
	const char *path, struct enroll_settings **ret, struct devid_error *err)
{
	return read_source(&(struct conf_source) { .path = path }, ret, err);
}

enum devid_err enroll_settings_parse(const char *path, const char *text,
	struct enroll_settings **ret, struct devid_error *err)
{
	return read_source(
		&(struct conf_source) { .path = path, .text = text }, ret, err);
}

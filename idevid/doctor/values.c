/* SPDX-License-Identifier: Apache-2.0 */
#include "values.h"

#include <grp.h>
#include <net/if.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "conf.h"
#include "fail.h"
#include "key.h"
#include "role.h"
#include "tpm-tcti.h"

#define ID_MAX 4294967294u /* (uid_t)-1 is nobody's */

/* Where values go; nothing reads it. */
struct values {
	char *text; /* owned */
	unsigned number;
	bool flag;
	bool identity, file; /* [agent] has identity; has key or cert */
	bool min_1_3, max_1_2, first_use; /* [eap] */
};

static enum devid_err check_tcti(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)member;
	(void)rest;
	(void)row;
	return tpm_tcti_check(value, err);
}

/* Calls @check with each word of @value between blanks and commas. */
static enum devid_err each_word(const char *value,
	enum devid_err (*check)(const char *word, struct devid_error *err),
	struct devid_error *err)
{
	CLEANUP(cleanup_free) char *copy = strdup(value);
	char *save = NULL;
	enum devid_err rc = DEVID_OK;

	if (!copy)
		return fail_no_memory(err);
	for (char *w = strtok_r(copy, " \t,", &save); w && rc == DEVID_OK;
		w = strtok_r(NULL, " \t,", &save))
		rc = check(w, err);
	return rc;
}

static enum devid_err check_user(const char *word, struct devid_error *err)
{
	bool group = word[0] == '@';
	const char *name = word + (group ? 1 : 0);
	unsigned id;

	if (conf_uint(name, 0, ID_MAX, &id, NULL) == DEVID_OK ||
		(group ? getgrnam(name) != NULL : getpwnam(name) != NULL))
		return DEVID_OK;
	return devid_fail(
		err, DEVID_ERR_INVALID, "'%s': no such user or group", word);
}

static enum devid_err check_users(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)member;
	(void)rest;
	(void)row;
	return each_word(value, check_user, err);
}

static enum devid_err check_port(const char *word, struct devid_error *err)
{
	if (strlen(word) < IFNAMSIZ && !strchr(word, '/'))
		return DEVID_OK;
	return devid_fail(
		err, DEVID_ERR_INVALID, "'%s' is no interface name", word);
}

static enum devid_err check_ports(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)member;
	(void)rest;
	(void)row;
	if (!value[strspn(value, " \t,")])
		return devid_fail(err, DEVID_ERR_INVALID, "no port named");
	return each_word(value, check_port, err);
}

static enum devid_err check_identity(const char *word, struct devid_error *err)
{
	enum key_id id;

	if (!key_id_by_name(word, &id))
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s': there is no key of that name", word);
	if (!(key_id_row(id)->purposes & PURPOSE_TLS_CLIENT))
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s': %s keys do not sign for %s", word,
			key_id_row(id)->name, purpose_name(PURPOSE_TLS_CLIENT));
	return DEVID_OK;
}

static enum devid_err check_identities(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct values *values = member;

	(void)rest;
	(void)row;
	if (values->file)
		return devid_fail(
			err, DEVID_ERR_INVALID, "not beside key or cert");
	values->identity = true;
	if (!value[strspn(value, " \t,")])
		return devid_fail(err, DEVID_ERR_INVALID, "no key named");
	return each_word(value, check_identity, err);
}

/* key, cert */
static enum devid_err check_file(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct values *values = member;

	(void)rest;
	(void)row;
	if (values->identity)
		return devid_fail(
			err, DEVID_ERR_INVALID, "not beside identity");
	values->file = true;
	return conf_path(&values->text, value, err);
}

/* Which words a setting has. */
static enum devid_err check_choice(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	static const char *const choices[][3] = {
		{ "open_port", "refuse", "use" },
		{ "tls_min", "1.2", "1.3" },
		{ "tls_max", "1.2", "1.3" },
		{ "trust", "pinned", "first-use" },
	};

	(void)member;
	(void)rest;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++) {
		const char *const *c = choices[i];

		if (strcmp(row->name, c[0]) == 0 && strcmp(value, c[1]) != 0 &&
			strcmp(value, c[2]) != 0)
			return devid_fail(err, DEVID_ERR_INVALID,
				"'%s' is neither %s nor %s", value, c[1], c[2]);
	}
	return DEVID_OK;
}

static enum devid_err check_tls(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct values *values = member;
	bool is_min = strcmp(row->name, "tls_min") == 0;
	enum devid_err rc = check_choice(member, value, rest, row, err);

	if (rc != DEVID_OK)
		return rc;
	if (is_min)
		values->min_1_3 = strcmp(value, "1.3") == 0;
	else
		values->max_1_2 = strcmp(value, "1.2") == 0;
	if (values->min_1_3 && values->max_1_2)
		return devid_fail(err, DEVID_ERR_INVALID, "%s",
			is_min ? "above tls_max" : "below tls_min");
	return DEVID_OK;
}

static enum devid_err check_trust_word(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct values *values = member;

	values->first_use = strcmp(value, "first-use") == 0;
	return check_choice(member, value, rest, row, err);
}

/* As devid-agent judges when it has read all. Where neither is set there may be
 * no devid-agent to miss them. */
static enum devid_err check_trust(const struct values *values,
	const struct conf_lines *lines, struct devid_error *err)
{
	const char *at =
		conf_is_set(lines, "eap.ca") ? "eap.ca" : "eap.server_name";

	if (values->first_use && conf_is_set(lines, at))
		return conf_refuse(lines, at,
			"trust = first-use takes neither ca nor server_name",
			err);
	return DEVID_OK;
}

static enum devid_err check_est_trust(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)rest;
	(void)row;
	return strcmp(value, "radius") == 0 ? DEVID_OK
					    : conf_path(member, value, err);
}

/* What may be a password is not repeated. */
static enum devid_err check_proxy(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)member;
	(void)rest;
	(void)row;
	if (strcmp(value, "none") == 0 || strncmp(value, "http://", 7) == 0 ||
		strncmp(value, "https://", 8) == 0)
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_INVALID,
		"neither none nor a URL of http or https");
}

static enum devid_err check_key_type(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	enum key_alg alg = key_alg_by_name(value);

	(void)member;
	(void)rest;
	(void)row;
	if (alg != KEY_ALG_NONE && alg != KEY_ALG_RSA4096)
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_INVALID,
		"'%s' is none of p256, p384, rsa2048 and rsa3072", value);
}

#define TEXT             offsetof(struct values, text), 0, 0
#define FLAG             offsetof(struct values, flag), 0, 0
#define NUMBER(min, max) offsetof(struct values, number), min, max

static const struct conf_setting settings[] = {
	{ "keyd", "socket", conf_to_socket, TEXT },
	{ "keyd", "tcti", check_tcti, 0, 0, 0 },
	{ "keyd", "state_dir", conf_to_path, TEXT },
	{ "keyd", "metrics_file", conf_to_path, TEXT },
	{ "keyd", "connections_max", conf_to_uint, NUMBER(4, 1024) },
	{ "keyd", "tpm_timeout", conf_to_uint, NUMBER(1, 240) },
	{ "keyd", "certificate_in_nv", conf_to_bool, FLAG },
	{ "keyd", "shutdown_every", conf_to_uint, NUMBER(1, 86400) },
	{ "keyd", "lockout_reset", conf_to_bool, FLAG },
	{ "keyd", "tls_client", check_users, 0, 0, 0 },
	{ "keyd", "tls_server", check_users, 0, 0, 0 },
	{ "keyd", "csr", check_users, 0, 0, 0 },
	{ "keyd", "manage", check_users, 0, 0, 0 },
	{ "keyd", "*", conf_skip, 0, 0, 0 },
	{ "agent", "ports", check_ports, 0, 0, 0 },
	{ "agent", "state_dir", conf_to_path, TEXT },
	{ "agent", "run_dir", conf_to_path, TEXT },
	{ "agent", "supplicant", conf_to_path, TEXT },
	{ "agent", "provider_dir", conf_to_path, TEXT },
	{ "agent", "hooks_dir", conf_to_path, TEXT },
	{ "agent", "keyd_socket", conf_to_socket, TEXT },
	{ "agent", "identity", check_identities, 0, 0, 0 },
	{ "agent", "key", check_file, 0, 0, 0 },
	{ "agent", "cert", check_file, 0, 0, 0 },
	{ "agent", "start_wait", conf_to_uint, NUMBER(1, 300) },
	{ "agent", "auth_wait", conf_to_uint, NUMBER(1, 300) },
	{ "agent", "open_port", check_choice, 0, 0, 0 },
	{ "agent", "*", conf_to_string, TEXT },
	{ "eap", "tls_min", check_tls, 0, 0, 0 },
	{ "eap", "tls_max", check_tls, 0, 0, 0 },
	{ "eap", "trust", check_trust_word, 0, 0, 0 },
	{ "eap", "ca", conf_to_path, TEXT },
	{ "eap", "*", conf_to_string, TEXT },
	{ "enroll", "onboard", conf_to_bool, FLAG },
	{ "enroll", "est_trust", check_est_trust, TEXT },
	{ "enroll", "proxy", check_proxy, 0, 0, 0 },
	{ "enroll", "key_type", check_key_type, 0, 0, 0 },
	{ "enroll", "program", conf_to_path, TEXT },
	{ "enroll", "hooks", conf_to_path, TEXT },
	{ "enroll", "*", conf_to_string, TEXT },
	{ "device", "*", conf_to_string, TEXT },
	{ NULL, NULL, NULL, 0, 0, 0 },
};

enum devid_err values_check(
	const char *path, const char *text, struct devid_error *err)
{
	CLEANUP(cleanup_conf_lines) struct conf_lines *lines = NULL;
	const struct conf_source source = { path, text };
	struct values values = { .text = NULL };
	enum devid_err rc = conf_read(&source, settings, &values, &lines, err);

	free(values.text);
	return rc == DEVID_OK ? check_trust(&values, lines, err) : rc;
}

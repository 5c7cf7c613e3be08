/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file, with each kind of setter. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "keyd-policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct target {
	char *text; /* owned */
	char *path; /* owned */
	struct policy_list list;
};

static enum devid_err set_text(
	void *t, const char *rest, const char *value, struct devid_error *err)
{
	if (strlen(value) > CONF_VALUE_MAX || strchr(value, '\n') ||
		strlen(rest) > CONF_VALUE_MAX)
		abort();
	return conf_string(&((struct target *)t)->text, value, err);
}

static enum devid_err set_path(
	void *t, const char *rest, const char *value, struct devid_error *err)
{
	(void)rest;
	return conf_path(&((struct target *)t)->path, value, err);
}

static enum devid_err set_number(
	void *t, const char *rest, const char *value, struct devid_error *err)
{
	unsigned n = 0;
	enum devid_err rc = conf_uint(value, 4, 1024, &n, err);

	(void)t;
	(void)rest;
	if (rc == DEVID_OK && (n < 4 || n > 1024))
		abort();
	return rc;
}

static enum devid_err set_flag(
	void *t, const char *rest, const char *value, struct devid_error *err)
{
	int flag = 7;
	enum devid_err rc = conf_bool(value, &flag, err);

	(void)t;
	(void)rest;
	if (rc == DEVID_OK && flag != 0 && flag != 1)
		abort();
	return rc;
}

/* Numbers only decide here: names depend on the machine. */
static enum devid_err set_list(
	void *t, const char *rest, const char *value, struct devid_error *err)
{
	(void)rest;
	if (strspn(value, "0123456789@, \t") != strlen(value))
		return DEVID_OK;
	return policy_parse_list(
		value, false, &((struct target *)t)->list, err);
}

static const struct conf_setting settings[] = {
	{ "keyd", "socket", set_path },
	{ "keyd", "tcti", set_text },
	{ "keyd", "connections_max", set_number },
	{ "keyd", "certificate_in_nv", set_flag },
	{ "keyd", "tls_client", set_list },
	{ "port *", "vlan", set_number },
	{ "port *", "*", set_text },
	{ NULL, NULL, NULL },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct target target = { NULL, NULL, { .n = 0 } };
	struct devid_error err = { DEVID_OK, "" };
	char *text = malloc(len + 1);

	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (conf_parse("f", text, settings, &target, &err) != DEVID_OK &&
		(err.code == DEVID_OK || strncmp(err.text, "f:", 2) != 0))
		abort();
	if (target.list.n > POLICY_ENTRIES_MAX)
		abort();
	free(target.text);
	free(target.path);
	free(text);
	return 0;
}

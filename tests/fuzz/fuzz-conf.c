/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file, with each conversion. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "keyd-policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

struct target {
	char *text; /* owned */
	char *path; /* owned */
	unsigned number;
	bool flag;
	struct policy_list list;
};

static enum devid_err set_text(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	if (strlen(value) > CONF_VALUE_MAX || strchr(value, '\n') ||
		strlen(rest) > CONF_VALUE_MAX)
		abort();
	return conf_to_string(target, value, rest, row, err);
}

/* Numbers only decide here: names depend on the machine. */
static enum devid_err set_list(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)rest;
	(void)row;
	if (strspn(value, "0123456789@, \t") != strlen(value))
		return DEVID_OK;
	return policy_parse_list(value, false, target, err);
}

#define AT(member)               offsetof(struct target, member), 0, 0
#define WITHIN(member, min, max) offsetof(struct target, member), min, max

static const struct conf_setting settings[] = {
	{ "keyd", "socket", conf_to_path, AT(path) },
	{ "keyd", "tcti", set_text, AT(text) },
	{ "keyd", "connections_max", conf_to_uint, WITHIN(number, 4, 1024) },
	{ "keyd", "certificate_in_nv", conf_to_bool, AT(flag) },
	{ "keyd", "tls_client", set_list, AT(list) },
	{ "port *", "vlan", conf_to_uint, WITHIN(number, 4, 1024) },
	{ "port *", "*", set_text, AT(text) },
	{ NULL, NULL, NULL, 0, 0, 0 },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct target target = { .number = 4 };
	struct devid_error err = { DEVID_OK, "" };
	char *text = malloc(len + 1);

	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	if (conf_parse("f", text, settings, &target, &err) != DEVID_OK &&
		(err.code == DEVID_OK || strncmp(err.text, "f:", 2) != 0))
		abort();
	if (target.list.n > POLICY_ENTRIES_MAX || target.number < 4 ||
		target.number > 1024)
		abort();
	free(target.text);
	free(target.path);
	free(text);
	return 0;
}

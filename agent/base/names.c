/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "fail.h"

#define LABEL_MAX 63 /* RFC 1035 2.3.4 */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* Number of labels, or 0 when it is no host name (RFC 1123 2.1). */
static size_t count_labels(const char *name)
{
	size_t n = 0;

	while (*name) {
		size_t len = strcspn(name, ".");

		if (len == 0 || len > LABEL_MAX || !is_letter(name[0]) ||
			!is_letter(name[len - 1]))
			return 0;
		for (size_t i = 0; i < len; i++) {
			if (!is_letter(name[i]) && name[i] != '-')
				return 0;
		}
		n++;
		name += len;
		if (name[0] == '.' && !*++name)
			return 0; /* nothing behind the last dot */
	}
	return n;
}

/* Whether the last label is a number, as in an address; no top-level domain is
 * one (RFC 1123 2.1), and a certificate has addresses elsewhere than names. */
static bool is_address(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *last = dot ? dot + 1 : name;

	return last[strspn(last, "0123456789")] == '\0';
}

static bool is_wild(const char *name)
{
	return name[0] == '*' && name[1] == '.';
}

enum devid_err names_add(
	struct names *names, const char *name, struct devid_error *err)
{
	bool wild = is_wild(name);
	size_t labels = count_labels(wild ? name + 2 : name);

	if (names->n == NAMES_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"more than %d names", NAMES_MAX);
	if (strlen(name) >= NAMES_LEN)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"'%s' is longer than %d bytes", name, NAMES_LEN - 1);
	if (labels == 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is neither a DNS name nor *.domain", name);
	if (is_address(name))
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is no DNS name: a number is its last part, as in "
			"an address, and only the DNS names of a certificate "
			"are looked at",
			name);
	if (wild && labels < 2)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is too wide: a domain has two labels at least",
			name);
	(void)snprintf(names->of[names->n++], NAMES_LEN, "%s", name);
	return DEVID_OK;
}

static bool admits(const char *admitted, const char *name)
{
	size_t len, tail;

	if (!is_wild(admitted))
		return strcasecmp(admitted, name) == 0;
	len = strlen(name);
	tail = strlen(admitted + 1);
	return len > tail && strcasecmp(name + len - tail, admitted + 1) == 0;
}

bool names_admit(const struct names *admitted, const struct names *server)
{
	for (size_t i = 0; i < admitted->n; i++) {
		for (size_t j = 0; j < server->n; j++) {
			if (admits(admitted->of[i], server->of[j]))
				return true;
		}
	}
	return false;
}

bool names_wild(const struct names *names)
{
	for (size_t i = 0; i < names->n; i++) {
		if (is_wild(names->of[i]))
			return true;
	}
	return false;
}

bool names_siblings(const char *name, char ret[NAMES_LEN])
{
	const char *dot = strchr(name, '.');

	if (!dot || count_labels(dot + 1) < 2 || is_wild(name))
		return false;
	(void)snprintf(ret, NAMES_LEN, "*%s", dot); /* shorter than @name */
	return true;
}

void names_join(const struct names *names, const char *separator, bool bare,
	char *ret, size_t len)
{
	size_t n = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < names->n && n < len; i++) {
		const char *name = names->of[i];

		if (bare && is_wild(name))
			name += 2;
		n += (size_t)snprintf(
			ret + n, len - n, "%s%s", i ? separator : "", name);
	}
}

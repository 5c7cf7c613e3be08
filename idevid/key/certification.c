/* SPDX-License-Identifier: Apache-2.0 */
#include "certification.h"

#include <stdio.h>
#include <string.h>

#define FIPS_2   "fips140-2:"
#define FIPS_3   "fips140-3:"
#define CC       "cc:"
#define FIPS_MAX 4 /* FIPS 140-2 1, ISO/IEC 19790 5 */
#define CC_MAX   7 /* Common Criteria part 5 */

#define ASKS "minimum_certification asks for "

/* ---- the setting ---- */

static enum devid_err fail_twice(const char *what, struct devid_error *err)
{
	return devid_fail(err, DEVID_ERR_INVALID, "%s: given twice", what);
}

/* "4", from 1 to @max. */
static bool read_level(const char *text, unsigned max, unsigned *ret)
{
	if (text[0] < '1' || text[0] > '9' || text[1] != '\0' ||
		(unsigned)(text[0] - '0') > max)
		return false;
	*ret = (unsigned)(text[0] - '0');
	return true;
}

static enum devid_err add_fips(
	const char *part, struct certification *ret, struct devid_error *err)
{
	if (ret->fips_level > 0)
		return fail_twice("a level of FIPS 140", err);
	if (!read_level(part + strlen(FIPS_2), FIPS_MAX, &ret->fips_level))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: a level of FIPS 140 is 1 to %d", part, FIPS_MAX);
	ret->fips_version = (unsigned)(part[strlen(FIPS_2) - 2] - '0');
	return DEVID_OK;
}

static enum devid_err add_cc(
	char *part, struct certification *ret, struct devid_error *err)
{
	char level[sizeof("7+")];
	size_t len = strlen(part + strlen(CC));
	bool plus = len > 0 && part[strlen(part) - 1] == '+';

	if (ret->cc_eal > 0)
		return fail_twice("a level of Common Criteria", err);
	len -= plus;
	if (len >= sizeof(level))
		len = sizeof(level) - 1; /* none is so long */
	memcpy(level, part + strlen(CC), len);
	level[len] = '\0';
	if (!read_level(level, CC_MAX, &ret->cc_eal))
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: a level of Common Criteria is 1 to %d, or 1+ to "
			"%d+",
			part, CC_MAX, CC_MAX);
	ret->cc_plus = plus;
	return DEVID_OK;
}

static enum devid_err add(
	char *part, struct certification *ret, struct devid_error *err)
{
	if (part[0] == '\0')
		return devid_fail(
			err, DEVID_ERR_INVALID, "nothing before or behind a ,");
	if (strcmp(part, "fips-mode") == 0) {
		if (ret->fips_mode)
			return fail_twice(part, err);
		ret->fips_mode = true;
		return DEVID_OK;
	}
	if (strncmp(part, FIPS_2, strlen(FIPS_2)) == 0 ||
		strncmp(part, FIPS_3, strlen(FIPS_3)) == 0)
		return add_fips(part, ret, err);
	if (strncmp(part, CC, strlen(CC)) == 0)
		return add_cc(part, ret, err);
	return devid_fail(err, DEVID_ERR_INVALID,
		"%s: none of fips140-2:LEVEL, fips140-3:LEVEL, cc:LEVEL, "
		"fips-mode",
		part);
}

enum devid_err certification_parse(
	const char *text, struct certification *ret, struct devid_error *err)
{
	struct certification read = { .fips_mode = false };
	enum devid_err rc = DEVID_OK;
	char part[32];

	while (rc == DEVID_OK) {
		size_t whole, len;

		text += strspn(text, " \t");
		whole = len = strcspn(text, ",");
		while (len > 0 && strchr(" \t", text[len - 1]))
			len--;
		(void)snprintf(part, sizeof(part), "%.*s", (int)len,
			text); /* none is so long that it is cut */
		rc = add(part, &read, err);
		text += whole;
		if (*text++ != ',')
			break;
	}
	if (rc == DEVID_OK)
		*ret = read;
	return rc;
}

enum devid_err certification_convert(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)rest; /* no pattern */
	(void)row;
	return certification_parse(value, member, err);
}

/* ---- what a module has ---- */

static enum devid_err check_mode(
	const struct wire_about *about, struct devid_error *err)
{
	if (about->fips_mode == WIRE_YES)
		return DEVID_OK;
	return devid_fail(err, DEVID_ERR_UNSUPPORTED,
		"the TPM %s in FIPS mode; " ASKS "it",
		about->fips_mode == WIRE_NO ? "says that it is not"
					    : "does not say whether it is");
}

/* "140-2", "FIPS 140-2" and the like: 2; 0: something else. */
static unsigned version_of(const char *text)
{
	const char *found = strstr(text, "140-");

	return found && found[4] >= '1' && found[4] <= '9' && found[5] == '\0'
		       ? (unsigned)(found[4] - '0')
		       : 0;
}

static enum devid_err check_fips(const struct certification *min,
	const struct wire_about *about, struct devid_error *err)
{
	unsigned version = version_of(about->fips_version);

	if (about->fips_level == 0)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"no FIPS level is asserted by the TPM's EK "
			"certificate; " ASKS "FIPS 140-%u level %u",
			min->fips_version, min->fips_level);
	if (version == 0)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"the asserted FIPS level of the TPM's EK certificate "
			"is of no known version; " ASKS "FIPS 140-%u",
			min->fips_version);
	if (version < min->fips_version)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"the TPM's EK certificate asserts FIPS 140-%u level "
			"%u; " ASKS "FIPS 140-%u",
			version, about->fips_level, min->fips_version);
	if (about->fips_level < min->fips_level)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"the TPM's EK certificate asserts FIPS 140-%u level "
			"%u; " ASKS "level %u",
			version, about->fips_level, min->fips_level);
	return DEVID_OK;
}

static enum devid_err check_cc(const struct certification *min,
	const struct wire_about *about, struct devid_error *err)
{
	if (about->cc_eal > min->cc_eal ||
		(about->cc_eal == min->cc_eal &&
			(about->cc_plus || !min->cc_plus)))
		return DEVID_OK;
	if (about->cc_eal == 0)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"no completed Common Criteria evaluation is asserted "
			"by the TPM's EK certificate; " ASKS "EAL %u%s",
			min->cc_eal, min->cc_plus ? "+" : "");
	return devid_fail(err, DEVID_ERR_UNSUPPORTED,
		"the TPM's EK certificate asserts Common Criteria EAL "
		"%u%s; " ASKS "EAL %u%s",
		about->cc_eal, about->cc_plus ? "+" : "", min->cc_eal,
		min->cc_plus ? "+" : "");
}

enum devid_err certification_check(const struct certification *min,
	const struct wire_about *about, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	if (min->fips_mode)
		rc = check_mode(about, err);
	if (rc == DEVID_OK && min->fips_level > 0)
		rc = check_fips(min, about, err);
	if (rc == DEVID_OK && min->cc_eal > 0)
		rc = check_cc(min, about, err);
	return rc;
}

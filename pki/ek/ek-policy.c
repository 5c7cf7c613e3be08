/* SPDX-License-Identifier: Apache-2.0 */
#include "ek-policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ek-names.h"

#define VERSION_DIGITS_MAX 16 /* a firmware version of 64 bits */

static const struct {
	unsigned bit;
	const char *name;
} quirk_names[] = {
	{ EK_QUIRK_PADDING, "padding" },
	{ EK_QUIRK_NV_HEADER, "nv-header" },
	{ EK_QUIRK_SAN_NOT_CRITICAL, "san-not-critical" },
	{ EK_QUIRK_NO_EKU, "no-eku" },
	{ EK_QUIRK_KEY_USAGE, "key-usage" },
	{ EK_QUIRK_EXPLICIT_TAGS, "explicit-tags" },
};

#define N_QUIRKS (sizeof(quirk_names) / sizeof(quirk_names[0]))

struct item {
	const char *text; /* borrowed, not terminated */
	size_t len;
};

/* Takes the next item of the comma-separated @list, without the blanks around
 * it. false at the end. */
static bool take_item(const char **list, struct item *ret)
{
	const char *p = *list;

	if (!p || !*p)
		return false;
	ret->len = strcspn(p, ",");
	*list = p[ret->len] ? p + ret->len + 1 : p + ret->len;
	while (ret->len > 0 && p[0] == ' ') {
		p++;
		ret->len--;
	}
	while (ret->len > 0 && p[ret->len - 1] == ' ')
		ret->len--;
	ret->text = p;
	return true;
}

static bool item_is(const struct item *item, const char *text)
{
	return item->len == strlen(text) &&
	       strncasecmp(item->text, text, item->len) == 0;
}

/* The vendor's name or its hex digits, blanks at the end aside. */
static bool item_is_vendor(const struct item *item, const struct ek_cert *cert)
{
	const char *digits = ek_vendor_digits(cert);
	size_t len = strlen(cert->vendor);

	while (len > 0 && cert->vendor[len - 1] == ' ')
		len--;
	if (len > 0 && item->len == len &&
		strncasecmp(item->text, cert->vendor, len) == 0)
		return true;
	return digits && item_is(item, digits);
}

void ek_policy_done(struct ek_policy *policy)
{
	free(policy->manufacturers);
	free(policy->models);
	free(policy->firmware_min);
	memset(policy, 0, sizeof(*policy));
}

enum devid_err ek_quirks_parse(
	const char *list, unsigned *ret, struct devid_error *err)
{
	unsigned quirks = 0;
	struct item item;
	size_t i;

	while (take_item(&list, &item)) {
		for (i = 0; i < N_QUIRKS; i++) {
			if (item_is(&item, quirk_names[i].name))
				break;
		}
		if (i == N_QUIRKS)
			return devid_fail(err, DEVID_ERR_INVALID,
				"quirks: %.*s: no such quirk",
				(int)(item.len < 64 ? item.len : 64),
				item.text);
		quirks |= quirk_names[i].bit;
	}
	*ret = quirks;
	return DEVID_OK;
}

void ek_quirks_text(unsigned quirks, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < N_QUIRKS; i++) {
		if (!(quirks & quirk_names[i].bit) || n >= size)
			continue;
		n += (size_t)snprintf(buf + n, size - n, "%s%s",
			n > 0 ? ", " : "", quirk_names[i].name);
	}
}

static bool read_version(const char *text, size_t len, uint64_t *ret)
{
	char digits[VERSION_DIGITS_MAX + 1];

	if (len == 0 || len > VERSION_DIGITS_MAX)
		return false;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (strspn(digits, "0123456789abcdefABCDEF") != len)
		return false;
	*ret = strtoull(digits, NULL, 16);
	return true;
}

/* "VENDOR=hex" */
static bool split_minimum(
	const struct item *item, struct item *ret_vendor, uint64_t *ret_minimum)
{
	const char *eq = memchr(item->text, '=', item->len);

	if (!eq || eq == item->text)
		return false;
	*ret_vendor = (struct item) { item->text, (size_t)(eq - item->text) };
	return read_version(
		eq + 1, item->len - (size_t)(eq + 1 - item->text), ret_minimum);
}

/* Four ASCII characters at most, or the eight digits of an id: that nothing
 * else names a vendor, nobody would see but by refusals. */
static bool is_vendor(const struct item *item)
{
	if (item->len <= 4)
		return item->len > 0;
	return item->len == 8 &&
	       strspn(item->text, "0123456789abcdefABCDEF") >= 8;
}

enum devid_err ek_policy_validate(
	const struct ek_policy *policy, struct devid_error *err)
{
	const char *list = policy->firmware_min;
	const char *vendors = policy->manufacturers;
	struct item item, vendor;
	uint64_t minimum;

	while (take_item(&vendors, &item)) {
		if (!is_vendor(&item))
			return devid_fail(err, DEVID_ERR_INVALID,
				"manufacturers: %.*s: neither up to 4 "
				"characters nor 8 hex digits",
				(int)(item.len < 64 ? item.len : 64),
				item.text);
	}
	while (take_item(&list, &item)) {
		if (!split_minimum(&item, &vendor, &minimum))
			return devid_fail(err, DEVID_ERR_INVALID,
				"firmware_min: %.*s: not VENDOR=hex digits",
				(int)(item.len < 64 ? item.len : 64),
				item.text);
	}
	if (policy->eal_min > 7)
		return devid_fail(err, DEVID_ERR_INVALID,
			"eal_min: %u: more than 7", policy->eal_min);
	if (policy->fips_min > 4)
		return devid_fail(err, DEVID_ERR_INVALID,
			"fips_min: %u: more than 4", policy->fips_min);
	return DEVID_OK;
}

static bool is_vendor_listed(const char *list, const struct ek_cert *cert)
{
	struct item item;

	while (take_item(&list, &item)) {
		if (item_is_vendor(&item, cert))
			return true;
	}
	return false;
}

static bool is_model_listed(const char *list, const struct ek_cert *cert)
{
	struct item item;

	while (take_item(&list, &item)) {
		if (item.len == strlen(cert->model) &&
			memcmp(item.text, cert->model, item.len) == 0)
			return true;
	}
	return false;
}

static enum devid_err check_firmware(
	const char *list, const struct ek_cert *cert, struct devid_error *err)
{
	const char *version = cert->version;
	struct item item, vendor;
	uint64_t minimum, have = 0;

	while (take_item(&list, &item)) {
		if (!split_minimum(&item, &vendor, &minimum))
			return devid_fail(err, DEVID_ERR_DENIED,
				"policy: firmware_min: malformed");
		if (!item_is_vendor(&vendor, cert))
			continue;
		if (strncmp(version, "id:", 3) != 0 ||
			!read_version(version + 3, strlen(version + 3), &have))
			return devid_fail(err, DEVID_ERR_DENIED,
				"TPM firmware: %s: no version that can be "
				"compared",
				version);
		if (have < minimum)
			return devid_fail(err, DEVID_ERR_DENIED,
				"TPM firmware: %s: below %.*s", version,
				(int)item.len, item.text);
	}
	return DEVID_OK;
}

static enum devid_err check_levels(const struct ek_policy *policy,
	const struct ek_cert *cert, struct devid_error *err)
{
	/* evaluationCompleted(2); designed or in evaluation is a promise */
	bool eal_stated = cert->tpm.eal > 0;
	int eal = cert->tpm.eal_status == 2 ? cert->tpm.eal : 0;

	if (policy->eal_min > 0 && !eal_stated && policy->assertions)
		return devid_fail(err, DEVID_ERR_DENIED,
			"Common Criteria: the EK certificate states no level");
	if (policy->eal_min > 0 && eal_stated && eal < (int)policy->eal_min)
		return devid_fail(err, DEVID_ERR_DENIED,
			"Common Criteria: EAL %d%s, %u wanted", cert->tpm.eal,
			cert->tpm.eal_status == 2 ? "" : " not yet evaluated",
			policy->eal_min);
	if (policy->fips_min > 0 && !cert->tpm.fips_level && policy->assertions)
		return devid_fail(err, DEVID_ERR_DENIED,
			"FIPS 140: the EK certificate states no level");
	if (policy->fips_min > 0 && cert->tpm.fips_level &&
		cert->tpm.fips_level < (int)policy->fips_min)
		return devid_fail(err, DEVID_ERR_DENIED,
			"FIPS 140: level %d, %u wanted", cert->tpm.fips_level,
			policy->fips_min);
	return DEVID_OK;
}

enum devid_err ek_policy_check(const struct ek_policy *policy,
	const struct ek_cert *cert, struct devid_error *err)
{
	enum devid_err rc;

	if (policy->manufacturers && policy->manufacturers[0] &&
		!is_vendor_listed(policy->manufacturers, cert))
		return devid_fail(err, DEVID_ERR_DENIED,
			"TPM manufacturer: %s%s%s: not on the list",
			cert->manufacturer, cert->vendor[0] ? " " : "",
			cert->vendor);
	if (policy->models && policy->models[0] &&
		!is_model_listed(policy->models, cert))
		return devid_fail(err, DEVID_ERR_DENIED,
			"TPM model: %s: not on the list", cert->model);
	rc = check_firmware(policy->firmware_min, cert, err);
	if (rc != DEVID_OK)
		return rc;
	return check_levels(policy, cert, err);
}

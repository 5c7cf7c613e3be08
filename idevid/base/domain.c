/* SPDX-License-Identifier: Apache-2.0 */
#include "domain.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "fail.h"

#define LABEL_MAX 63 /* RFC 1035 2.3.4 */

/* Not isalnum(): the locale does not count. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";

static bool is_label(const char *label, size_t len)
{
	return len > 0 && len <= LABEL_MAX && strspn(label, letters) >= len &&
	       label[0] != '-' && label[len - 1] != '-';
}

enum devid_err domain_check(const char *name, struct devid_error *err)
{
	const char *last = name;
	size_t n = 0;

	if (strlen(name) > DOMAIN_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"domain: longer than %d characters", DOMAIN_MAX);
	for (const char *p = name;; p++) {
		size_t len = strcspn(p, ".");

		if (!is_label(p, len))
			return devid_fail(err, DEVID_ERR_INVALID,
				"domain: not a DNS name");
		n++;
		last = p;
		p += len;
		if (!*p)
			break;
	}
	if (n < 2)
		return devid_fail(err, DEVID_ERR_INVALID,
			"domain: one label alone is none");
	if (strspn(last, "0123456789") == strlen(last))
		return devid_fail(err, DEVID_ERR_INVALID,
			"domain: a number is its last part, as in an address");
	if (strcasecmp(last, "local") == 0 ||
		strcasecmp(last, "localhost") == 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"domain: of no name server (local, localhost)");
	return DEVID_OK;
}

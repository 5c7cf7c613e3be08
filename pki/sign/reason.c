/* SPDX-License-Identifier: Apache-2.0 */
#include "reason.h"

#include <stddef.h>
#include <string.h>

/* CRLReason, RFC 5280 5.3.1; 7 is not used, 8 is not a reason to revoke, and 6,
 * certificateHold, could be lifted, which nothing here is. */
static const struct {
	int code;
	const char *name;
} reasons[] = {
	{ 0, "unspecified" },
	{ 1, "keyCompromise" },
	{ 2, "cACompromise" },
	{ 3, "affiliationChanged" },
	{ 4, "superseded" },
	{ 5, "cessationOfOperation" },
	{ 9, "privilegeWithdrawn" },
	{ 10, "aACompromise" },
};

int reason_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (strcmp(reasons[i].name, name) == 0)
			return reasons[i].code;
	}
	return -1;
}

const char *reason_names(void)
{
	return "unspecified, keyCompromise, cACompromise, affiliationChanged, "
	       "superseded, cessationOfOperation, privilegeWithdrawn, "
	       "aACompromise";
}

const char *reason_name(int code)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		if (reasons[i].code == code)
			return reasons[i].name;
	}
	return "unknown";
}

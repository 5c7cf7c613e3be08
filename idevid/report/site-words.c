/* SPDX-License-Identifier: Apache-2.0 */
#include "site-words.h"

#include <string.h>

static const char *const states[REPORT_SITE_STATES] = {
	[REPORT_SITE_ORDERED] = "ordered",
	[REPORT_SITE_SEEN] = "seen",
	[REPORT_SITE_VERIFIED] = "verified",
	[REPORT_SITE_ENROLLED] = "enrolled",
	[REPORT_SITE_CONFIGURED] = "configured",
	[REPORT_SITE_PRODUCTION] = "production",
	[REPORT_SITE_EXPIRING] = "expiring",
	[REPORT_SITE_REFUSED] = "refused",
	[REPORT_SITE_RETIRED] = "retired",
};

static const struct report_site_help helps[REPORT_SITE_CAUSES] = {
	[REPORT_SITE_NONE] = { "", "", "", NULL, false },
	[REPORT_SITE_UNLISTED] = { "unlisted", "Not on the site's list",
		"A genuine device is at a port, but the site does not know it. "
		"Look at what it is; if it is yours, put its IDevID on the "
		"list.",
		"devid-registrar list add FILE", false },
	[REPORT_SITE_REVOKED] = { "revoked", "Revoked, and still at a port",
		"The site took its certificate back. Find the device at its "
		"port: it may be stolen, or forgotten.",
		"devid-registrar list show %s", false },
	[REPORT_SITE_RETIRED_AGAIN] = { "retired",
		"Retired, and still at a port",
		"It was erased and given up for good. Whoever plugged it in "
		"must know that it is refused here.",
		"devid-registrar list show %s", false },
	[REPORT_SITE_BACK_TO_FACTORY] = { "back-to-factory",
		"Back to factory default",
		"It has a certificate of the site and shows that of its maker. "
		"Somebody reset it, or its keys were lost. It enrols by itself "
		"if the site still lets it.",
		"devid-registrar list show %s", false },
	[REPORT_SITE_EXPIRED] = { "expired", "Certificate has ended",
		"It was not renewed in time. The device falls back to its "
		"maker's certificate and enrols again; ask it what hinders it.",
		"devid doctor", true },
	[REPORT_SITE_REJECTED] = { "rejected", "Refused at its port",
		"The RADIUS server refused its last attempt. The device says "
		"what it met there.",
		"devid doctor", true },
	[REPORT_SITE_PENDING] = { "pending", "Waiting for approval",
		"It asked for a certificate, and its profile wants somebody to "
		"say yes. Approve it when the device is where it belongs.",
		"devid-registrar approve %s", false },
	[REPORT_SITE_DENIED] = { "denied", "Approval was refused",
		"Somebody said no to its request. It asks again, and is "
		"refused, until that is changed.",
		"devid-registrar list show %s", false },
	[REPORT_SITE_NOT_RENEWED] = { "not-renewed", "Renewal is late",
		"Less than a sixth of its certificate's lifetime is left; it "
		"renews itself at a third. The device says what hinders it.",
		"devid doctor", true },
	[REPORT_SITE_NOT_ENROLLED] = { "not-enrolled",
		"Let in, but without a certificate of the site",
		"It proved its identity and did not go on from there. The "
		"device says where it stands.",
		"devid doctor", true },
	[REPORT_SITE_SILENT] = { "silent", "Not seen for long",
		"It has been quiet at its port. Look whether it is still "
		"there, has power, and its cable is in.",
		NULL, false },
	[REPORT_SITE_NEVER_SEEN] = { "never-seen", "Ordered, never seen",
		"It is on the list, and no port has met it.", NULL, false },
	[REPORT_SITE_OTHER] = { "other", "Of another cause",
		"The report says no more than the words in the table.", NULL,
		false },
};

const char *report_site_state_name(enum report_site_state state)
{
	return states[state];
}

enum devid_err report_site_state_find(
	const char *name, enum report_site_state *ret)
{
	for (int i = 0; i < REPORT_SITE_STATES; i++) {
		if (strcmp(name, states[i]) == 0) {
			*ret = (enum report_site_state)i;
			return DEVID_OK;
		}
	}
	return DEVID_ERR_NOT_FOUND;
}

const struct report_site_help *report_site_help(enum report_site_cause cause)
{
	return &helps[cause];
}

enum report_site_cause report_site_cause_find(const char *name)
{
	for (int i = 1; i < REPORT_SITE_CAUSES; i++) {
		if (strcmp(name, helps[i].name) == 0)
			return (enum report_site_cause)i;
	}
	return REPORT_SITE_OTHER;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SITE_WORDS_H
#define DEVID_SITE_WORDS_H

/*
 * The words of the report "site", for who writes its JSON lines and who draws
 * them: states of a unit, and causes for which somebody must do something.
 */

#include <devid/error.h>

#include <stdbool.h>

/* In the order in which a unit goes through them. */
enum report_site_state {
	REPORT_SITE_ORDERED,    /* on the list, never seen */
	REPORT_SITE_SEEN,       /* at a port, its identity not proved */
	REPORT_SITE_VERIFIED,   /* let in with its IDevID */
	REPORT_SITE_ENROLLED,   /* has an LDevID of the site */
	REPORT_SITE_CONFIGURED, /* has the site's document */
	REPORT_SITE_PRODUCTION, /* let in with its LDevID */
	REPORT_SITE_EXPIRING,   /* that ends soon and was not renewed */
	REPORT_SITE_REFUSED,    /* its last attempt was refused */
	REPORT_SITE_RETIRED,    /* never again */
	REPORT_SITE_STATES,
};

/* "production". */
const char *report_site_state_name(enum report_site_state state);
/* Errors: NOT_FOUND. */
DEVID_MUST_CHECK enum devid_err report_site_state_find(
	const char *name, enum report_site_state *ret);

/* Why somebody must do something. */
enum report_site_cause {
	REPORT_SITE_NONE, /* nobody must */
	REPORT_SITE_UNLISTED,
	REPORT_SITE_REVOKED,
	REPORT_SITE_RETIRED_AGAIN,
	REPORT_SITE_BACK_TO_FACTORY,
	REPORT_SITE_EXPIRED,
	REPORT_SITE_REJECTED,
	REPORT_SITE_PENDING,
	REPORT_SITE_DENIED,
	REPORT_SITE_NOT_RENEWED,
	REPORT_SITE_NOT_ENROLLED,
	REPORT_SITE_SILENT,
	REPORT_SITE_NEVER_SEEN,
	REPORT_SITE_OTHER, /* one that is not known here */
	REPORT_SITE_CAUSES,
};

/* What is known of a cause. */
struct report_site_help {
	const char *name;    /* in JSON and CSV */
	const char *heading; /* "Waiting for approval" */
	const char *text;    /* what it means and what to do */
	/* The command that helps, where %s is the unit; NULL: there is none */
	const char *command;
	bool on_device; /* it is run there */
};

const struct report_site_help *report_site_help(enum report_site_cause cause);
/* OTHER where @name is not known. */
enum report_site_cause report_site_cause_find(const char *name);

#endif

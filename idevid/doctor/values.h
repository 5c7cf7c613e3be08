/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_VALUES_H
#define DEVID_VALUES_H

/*
 * Whether programs would take the values of a devid.conf, before the restart
 * that shows it. tests/e2e/settings.bats holds this to what they take.
 *
 * Not checked here: what is for devid-agent alone to judge, which are
 * agent.supplicant_user, agent.clock_floor, the form of eap.server_name, and
 * whether trust = pinned has all that it needs.
 */

#include <devid/error.h>

/* Errors: INVALID, with line and cause; of conf_parse(). */
DEVID_MUST_CHECK enum devid_err values_check(
	const char *path, const char *text, struct devid_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll-server.h"

#include <stdio.h>
#include <string.h>

#include "domain.h"
#include "names.h"

static enum enroll_class name_it(const struct enroll_call *call,
	char ret[ENROLL_HOST_MAX + 1], struct devid_error *err)
{
	const char *host = call->settings->host;

	if (host) {
		(void)snprintf(ret, ENROLL_HOST_MAX + 1, "%s", host);
		return ENROLL_CLASS_NONE;
	}
	if (!call->domain) {
		(void)devid_fail(err, DEVID_ERR_NOT_FOUND,
			"registrar: none is configured, and DHCP gave no "
			"domain to look for it in");
		return ENROLL_NO_REGISTRAR;
	}
	if (domain_check(call->domain, NULL) != DEVID_OK ||
		snprintf(ret, ENROLL_HOST_MAX + 1, ENROLL_REGISTRAR ".%s",
			call->domain) > ENROLL_HOST_MAX) {
		(void)devid_fail(err, DEVID_ERR_INVALID,
			"registrar: '%.64s', which DHCP gave, is no domain to "
			"look for it in",
			call->domain);
		return ENROLL_NO_REGISTRAR;
	}
	return ENROLL_CLASS_NONE;
}

/* The RADIUS server's name and those beside it. */
static void admit(struct names *admitted, const char *server)
{
	struct devid_error err = { DEVID_OK, "" };
	char domain[NAMES_LEN];

	/* One that is no name, or one too many, admits nobody. */
	if (names_add(admitted, server, &err) == DEVID_OK &&
		strncmp(server, "*.", 2) != 0 && names_siblings(server, domain))
		(void)!names_add(admitted, domain, &err);
}

static enum enroll_class check_domain(const struct enroll_call *call,
	const char *host, struct devid_error *err)
{
	struct devid_error why = { DEVID_OK, "" };
	struct names admitted = { 0 }, own = { 0 };
	char list[200];

	for (size_t i = 0; i < call->n_server_names; i++)
		admit(&admitted, call->server_names[i]);
	if (admitted.n == 0) {
		(void)devid_fail(err, DEVID_ERR_NOT_FOUND,
			"registrar %s: no name of a RADIUS server is "
			"remembered that its own could be held against",
			host);
		return ENROLL_NO_ANCHOR;
	}
	if (names_add(&own, host, &why) == DEVID_OK &&
		names_admit(&admitted, &own))
		return ENROLL_CLASS_NONE;
	names_join(&admitted, " or ", false, list, sizeof(list));
	(void)devid_fail(err, DEVID_ERR_NOT_GENUINE,
		"registrar %s: is not of the RADIUS server's domain: %s", host,
		list);
	return ENROLL_EST_UNTRUSTED;
}

enum enroll_class enroll_server_find(const struct enroll_call *call,
	char ret[ENROLL_HOST_MAX + 1], struct devid_error *err)
{
	enum enroll_class class = name_it(call, ret, err);

	if (class != ENROLL_CLASS_NONE)
		return class;
	if (call->anchors.len == 0) {
		(void)devid_fail(err, DEVID_ERR_NOT_FOUND,
			"registrar %s: there is no anchor to judge it by: the "
			"RADIUS server showed no issuer (est_trust)",
			ret);
		return ENROLL_NO_ANCHOR;
	}
	return call->settings->trust_file ? ENROLL_CLASS_NONE
					  : check_domain(call, ret, err);
}

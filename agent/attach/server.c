/* SPDX-License-Identifier: Apache-2.0 */
#include "server.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "event.h"
#include "log.h"
#include "names.h"
#include "ports.h"
#include "trust.h"

void server_ca_path(const struct agent *agent, char ret[PATH_MAX])
{
	(void)snprintf(ret, PATH_MAX, "%s/eap-ca.pem", agent->config->run_dir);
}

void server_site_path(const struct agent *agent, char ret[PATH_MAX])
{
	(void)snprintf(ret, PATH_MAX, "%s/site-ca.pem", agent->config->run_dir);
}

void server_write_ca(const struct agent *agent)
{
	struct devid_error err = { DEVID_OK, "" };
	char path[PATH_MAX];

	if (!agent->trust.has_ca || !agent->config->first_use)
		return;
	server_ca_path(agent, path);
	if (trust_write_ca(&agent->trust, path, &err) != DEVID_OK)
		log_error("%s", devid_error_text(&err));
}

static void set_reason(struct attach *a, const char *reason)
{
	(void)snprintf(a->reason, sizeof(a->reason), "%s", reason); /* fits */
}

/*
 * wpa_supplicant has checked CA and names. It takes a common name where there
 * is no DNS name (not so RFC 9525 2), and hosts below every name where one of
 * them begins with "*.".
 */
static bool name_allowed(struct agent_port *ap)
{
	const struct agent *agent = ap->agent;
	const struct names *admitted = agent->config->first_use
					       ? &agent->site.names
					       : &agent->config->server_names;
	const struct names *names = &ap->server.names;

	if (names->n == 0) {
		set_reason(&ap->port.attach,
			"server certificate: it has no DNS name; a common name "
			"does not count");
		return false;
	}
	/* A document that cannot be used names nobody. */
	if (admitted->n == 0) {
		set_reason(&ap->port.attach,
			"the site's document names no server");
		return false;
	}
	/* It told of ten names at most, and has seen them all. */
	if (!names_wild(admitted) || names_admit(admitted, names))
		return true;
	set_reason(&ap->port.attach, "server certificate: wrong server name");
	return false;
}

/* By the settings or the site's document; nothing is remembered then. */
static bool is_named(const struct agent *agent)
{
	return !agent->config->first_use || agent->site.in_force;
}

bool server_allowed(struct port *port)
{
	struct agent_port *ap = port->owner;
	const struct agent *agent = ap->agent;

	if (is_named(agent))
		return name_allowed(ap);
	if (trust_allows(&agent->trust, &ap->server,
		    ap->trust_mode == WPACONF_TRUST_CA &&
			    port->attach.server_verified))
		return true;
	if (agent->trust.broken)
		set_reason(&port->attach,
			"the store of the remembered server is damaged");
	else if (ap->by_key && port->class == ATTACH_CLASS_SERVER_UNTRUSTED)
		/* the try before this one has said more */
		set_reason(&port->attach, port->reason);
	else
		set_reason(&port->attach, "server is not the one remembered");
	return false;
}

static void tell_change(const struct trust *trust, enum trust_change change)
{
	static const char *const words[] = {
		[TRUST_FIRST] = "remembered on first use",
		[TRUST_RENEWED] = "another certificate of it",
		[TRUST_GREW] = "its issuer is remembered now",
	};
	char hex[TRUST_HEX_MAX], text[TRUST_TEXT_MAX];

	trust_hex(trust->leaf, hex);
	trust_survives(trust, text);
	log_info("server trust: %.16s%s%s: %s", hex, trust->name[0] ? " " : "",
		trust->name, words[change]);
	if (change == TRUST_FIRST || change == TRUST_GREW)
		log_info("server trust: accepted from now on: %s", text);
}

/* The anchor is another one: all ports go by it. */
static void use_ca(struct agent *agent)
{
	server_write_ca(agent);
	for (size_t i = 0; i < agent->n_ports; i++) {
		agent->ports[i].by_key = false;
		agent->ports[i].stale = true;
	}
}

static bool learn(struct agent_port *ap, bool verified)
{
	struct agent *agent = ap->agent;
	struct devid_error err = { DEVID_OK, "" };
	enum trust_change change = TRUST_KEPT;
	enum devid_err rc;

	rc = trust_learn(&agent->trust, &ap->server, verified, &change, &err);
	if (rc != DEVID_OK && rc != DEVID_ERR_IO) {
		log_error("%s", devid_error_text(&err));
		return false;
	}
	if (rc == DEVID_ERR_IO)
		log_error("server trust: not kept over a restart: %s",
			devid_error_text(&err));
	if (change != TRUST_KEPT)
		tell_change(&agent->trust, change);
	if (change == TRUST_FIRST || change == TRUST_GREW)
		use_ca(agent);
	return true;
}

/*
 * Below an intermediate that it trusts wpa_supplicant shows nothing above it.
 * Once in a run a server whose key is known is looked at by that alone, so that
 * a root which it sends by now is learnt.
 */
static void look_above(struct agent_port *ap)
{
	const struct trust *trust = &ap->agent->trust;
	bool by_ca = ap->trust_mode == WPACONF_TRUST_CA;

	if (ap->look == LOOK_NEXT && !by_ca) {
		ap->look = LOOK_OVER;
		ap->by_key = false;
		ap->stale = true;
	} else if (ap->look == LOOK_DUE && by_ca && trust->has_ca &&
		   !trust->is_root && trust_has_key(trust, &ap->server)) {
		ap->look = LOOK_NEXT;
		ap->by_key = true;
		ap->stale = true;
	}
}

bool server_keep(struct port *port)
{
	struct agent_port *ap = port->owner;

	/* A resumed session shows no certificate; it was made with a server
	 * that was allowed, and forgetting one changes the network block. */
	if (port->attach.resumed && !ap->server.has_leaf)
		return is_named(ap->agent) || ap->agent->trust.pinned;
	if (!server_allowed(port))
		return false;
	if (is_named(ap->agent))
		return true;
	if (!learn(ap, ap->trust_mode == WPACONF_TRUST_CA &&
			       port->attach.server_verified))
		return false;
	look_above(ap);
	return true;
}

void server_failed(struct agent_port *ap)
{
	const struct agent *agent = ap->agent;

	if (is_named(agent) || !agent->trust.has_ca || agent->trust.broken)
		return;
	ap->by_key = !ap->by_key;
	ap->stale = true;
	if (ap->look == LOOK_NEXT)
		ap->look = LOOK_OVER;
}

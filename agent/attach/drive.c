/* SPDX-License-Identifier: Apache-2.0 */
#include "drive.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctrl.h"
#include "event.h"
#include "identity.h"
#include "log.h"
#include "ports.h"
#include "states.h"
#include "server.h"
#include "supplicant.h"
#include "tap.h"
#include "trust.h"
#include "wallclock.h"
#include "wpaconf.h"

/*
 * EAPOL timers of wpa_supplicant that would send frames by themselves are put
 * out of the way: how often and when is this agent's decision alone.
 */
static const char *const eapol_settings[] = {
	"SET EAPOL::heldPeriod 65535",
	"SET EAPOL::startPeriod 65535",
	"SET EAPOL::maxStart 1000000",
};
#define N_EAPOL (sizeof(eapol_settings) / sizeof(eapol_settings[0]))

static bool is_ok(const char *answer, size_t len)
{
	return answer && len >= 2 && memcmp(answer, "OK", 2) == 0;
}

static void send_for(
	struct agent_port *ap, ctrl_reply_fn reply, const char *text)
{
	struct ctrl *ctrl = supplicant_ctrl(ap->agent->supplicant);
	char line[CTRL_COMMAND_MAX];

	if (!ctrl)
		return;
	(void)snprintf(line, sizeof(line), "IFNAME=%s %s", ap->port.name,
		text); /* one that is too long is cut and so refused */
	ctrl_send(ctrl, reply, ap, line);
}

/* For commands whose effect is seen in events. */
static void on_plain(
	void *user, const char *command, const char *answer, size_t len)
{
	struct agent_port *ap = user;

	if (answer && !is_ok(answer, len))
		log_debug("port: %s: %.40s: refused", ap->port.name, command);
}

/* A RADIUS server can tell by the outer identity which CAs to ask. */
static bool is_owners(const struct identity *id)
{
	return id->id != KEY_NONE &&
	       key_id_row(id->id)->home == ROLE_HOME_OWNER;
}

/* The wanted network block, from settings, memory and clock; @names and @ca are
 * room for what it points to. */
static void wanted(struct agent_port *ap, struct wpaconf_network *net,
	struct names *names, char ca[PATH_MAX])
{
	const struct agent *agent = ap->agent;
	const struct config *c = agent->config;
	const struct identity *id = &c->identities.of[ap->port.choice.now];

	*net = (struct wpaconf_network) {
		.identity = is_owners(id) ? c->owner_identity : c->identity,
		.client_cert = id->path[IDENTITY_CERT],
		.private_key = id->path[IDENTITY_KEY],
		.trust = WPACONF_TRUST_CA,
		.ca = c->ca,
		.names = &c->server_names,
		.tls_min = c->tls_min,
		.tls_max = c->tls_max,
		.mtu = ap->port.mtu,
		.ignore_time = !agent->clock_ok,
	};
	if (!c->first_use)
		return;
	net->ca = ca;
	net->names = names;
	if (agent->site.in_force) {
		server_site_path(agent, ca);
		*names = agent->site.names;
	} else if (agent->trust.has_ca && !ap->by_key) {
		server_ca_path(agent, ca);
		trust_names(&agent->trust, names);
	} else {
		/* a key that is known is so at any time */
		net->trust = WPACONF_TRUST_NONE;
		net->ignore_time = true;
	}
}

/* Settles on the identity that the next try shows. */
static void choose_identity(struct agent_port *ap)
{
	const struct identities *list = &ap->agent->config->identities;
	struct port *port = &ap->port;

	identity_choice_begin(&port->choice, list, port->name);
	memcpy(port->key, list->of[port->choice.now].name, sizeof(port->key));
	memcpy(port->attach.key, port->key, sizeof(port->key));
}

static void check_clock(struct agent *agent)
{
	char stamp[PATH_MAX], text[WALLCLOCK_TEXT_MAX];
	time_t floor;

	(void)snprintf(
		stamp, sizeof(stamp), "%s/clock", agent->config->state_dir);
	floor = wallclock_floor(agent->config->clock_floor, stamp);
	agent->clock_ok = time(NULL) >= floor;
	if (!agent->clock_ok && !agent->clock_told) {
		wallclock_text(floor, text);
		log_warn("clock: before %s: validity periods of the server's "
			 "certificate are not checked",
			text);
	}
	agent->clock_told = !agent->clock_ok;
}

/* A port is in use by wpa_supplicant as soon as all was accepted. */
static void config_answered(struct agent_port *ap)
{
	struct port *port = &ap->port;

	if (--ap->n_pending > 0)
		return;
	if (ap->abandoned) {
		ap->abandoned = false;
		if (!port->configured)
			agent_command(port, PORT_COMMAND_CONFIGURE);
		return;
	}
	if (!port->configuring)
		return;
	port->configuring = false;
	port->configured = !ap->refused;
	if (ap->refused)
		log_error("port: %s: wpa_supplicant refuses it", port->name);
	port_dispatch(
		port, ap->refused ? PORT_EVENT_REFUSED : PORT_EVENT_READY);
}

static void on_config(
	void *user, const char *command, const char *answer, size_t len)
{
	struct agent_port *ap = user;

	if (!answer)
		return; /* agent_on_lost() cleans up */
	if (!is_ok(answer, len) && !ap->refused && !ap->abandoned) {
		ap->refused = true;
		log_debug("port: %s: %.60s: %.*s", ap->port.name, command,
			(int)(len < 20 ? len : 20), answer);
	}
	config_answered(ap);
}

static void send_config(struct agent_port *ap, const char *text)
{
	ap->n_pending++;
	send_for(ap, on_config, text);
}

static void note_configured(
	struct agent_port *ap, const struct wpaconf_network *net)
{
	ap->stale = false;
	ap->clock_ok = ap->agent->clock_ok;
	ap->mtu = net->mtu;
	ap->trust_mode = net->trust;
	ap->identity = ap->port.choice.now;
	identity_stamp(
		&ap->agent->config->identities.of[ap->identity], &ap->stamp);
}

/* Whether wpa_supplicant has the identity in turn, with the key and the
 * certificate that there are now. */
static bool has_identity(const struct agent_port *ap)
{
	const struct identities *list = &ap->agent->config->identities;
	size_t now = ap->port.choice.now;
	struct identity_stamp stamp;

	identity_stamp(&list->of[now], &stamp);
	return ap->identity == now && identity_stamp_equal(&stamp, &ap->stamp);
}

static void send_settings(struct agent_port *ap)
{
	struct wpaconf_network net;
	char value[WPACONF_COMMAND_MAX];
	char line[WPACONF_COMMAND_MAX + 32];
	struct names names;
	char ca[PATH_MAX];

	choose_identity(ap);
	wanted(ap, &net, &names, ca);
	for (size_t n = 0; wpaconf_setting(&net, n, value); n++) {
		(void)snprintf(line, sizeof(line), "SET_NETWORK %d %s",
			ap->network, value);
		send_config(ap, line);
	}
	note_configured(ap, &net);
}

/* The number of the network block, and with it the rest. */
static void on_network(
	void *user, const char *command, const char *answer, size_t len)
{
	struct agent_port *ap = user;
	int id = 0;

	if (!answer)
		return;
	for (size_t i = 0; i < len && id < 100000; i++) {
		if (answer[i] == '\n' && i > 0)
			break;
		if (answer[i] < '0' || answer[i] > '9') {
			on_config(user, command, "FAIL", 4);
			return;
		}
		id = id * 10 + (answer[i] - '0');
	}
	ap->network = id;
	if (!ap->abandoned) {
		for (size_t i = 0; i < N_EAPOL; i++)
			send_config(ap, eapol_settings[i]);
		check_clock(ap->agent);
		send_settings(ap);
	}
	config_answered(ap);
}

void agent_remove_interface(struct agent_port *ap)
{
	struct ctrl *ctrl = supplicant_ctrl(ap->agent->supplicant);
	char line[64];

	if (ctrl && ap->added) {
		(void)snprintf(line, sizeof(line), "INTERFACE_REMOVE %s",
			ap->port.name);
		ctrl_send(ctrl, NULL, NULL, line);
	}
	ap->added = false;
	ap->abandoned = ap->n_pending > 0;
	ap->port.configured = false;
	ap->port.configuring = false;
}

static void configure(struct agent_port *ap)
{
	struct agent *agent = ap->agent;
	struct ctrl *ctrl = supplicant_ctrl(agent->supplicant);
	struct port *port = &ap->port;
	char line[PATH_MAX + 64];

	if (!ctrl || !port->ifindex || !port->admin_up || port->configured ||
		port->configuring || ap->n_pending > 0 || agent->stopping)
		return;
	agent_remove_interface(ap);
	port->configuring = true;
	ap->refused = false;
	ap->added = true;
	ap->n_pending = 1;
	(void)snprintf(line, sizeof(line), "INTERFACE_ADD %s\t%s\twired",
		port->name, supplicant_interface_file(agent->supplicant));
	ctrl_send(ctrl, on_config, ap, line);
	ap->n_pending++;
	send_for(ap, on_network, "ADD_NETWORK");
}

/* Every answer but that to the last question is out of date. */
static void on_status(
	void *user, const char *command, const char *answer, size_t len)
{
	struct agent_port *ap = user;
	struct event_status st;

	(void)command; /* STATUS */
	if (ap->n_status == 0 || --ap->n_status > 0 || !answer)
		return;
	port_handle_status(&ap->port,
		event_parse_status(answer, len, &st) == DEVID_OK ? &st : NULL);
}

static void on_changed(
	void *user, const char *command, const char *answer, size_t len)
{
	struct agent_port *ap = user;

	if (!answer || ap->abandoned || is_ok(answer, len)) {
		on_config(user, command, answer, len);
		return;
	}
	/* Never go on with the old trust: the port begins again. */
	log_error("port: %s: wpa_supplicant refuses a change", ap->port.name);
	ap->n_pending--;
	agent_remove_interface(ap);
	port_dispatch(&ap->port, PORT_EVENT_SUPPLICANT_LOST);
	port_dispatch(&ap->port, PORT_EVENT_REFUSED);
}

static void send_change(struct agent_port *ap, const char *value)
{
	char line[WPACONF_COMMAND_MAX + 32];

	(void)snprintf(line, sizeof(line), "SET_NETWORK %d %s", ap->network,
		value); /* fits */
	ap->n_pending++;
	send_for(ap, on_changed, line);
}

/*
 * Identity, trust, clock or MTU are not what they were when the port was
 * configured. A change costs the TLS session, so only then. What is set to the
 * value that it has is no change for wpa_supplicant, and a certificate that was
 * replaced has the path of the old one: so that no session of the old one is
 * resumed, it is taken away first.
 */
static void refresh(struct agent_port *ap)
{
	struct wpaconf_network net;
	char value[WPACONF_COMMAND_MAX];
	struct names names;
	bool same;
	char ca[PATH_MAX];

	check_clock(ap->agent);
	choose_identity(ap);
	same = has_identity(ap);
	if (!ap->stale && ap->clock_ok == ap->agent->clock_ok &&
		ap->mtu == ap->port.mtu && same)
		return;
	wanted(ap, &net, &names, ca);
	if (!same)
		send_change(ap, "client_cert NULL");
	for (size_t n = 0; wpaconf_setting(&net, n, value); n++)
		send_change(ap, value);
	note_configured(ap, &net);
}

static void answer_cert_check(struct agent_port *ap, const char *verdict)
{
	char line[64];

	(void)snprintf(line, sizeof(line), "CTRL-RSP-EXT_CERT_CHECK-%d:%s",
		ap->network, verdict);
	send_for(ap, on_plain, line);
}

/* Listens to what is sent on the port, for the length of an attach. Without it
 * only the reason of some failures is vaguer. */
static void open_tap(struct agent_port *ap)
{
	struct devid_error err = { DEVID_OK, "" };

	agent_close_tap(ap);
	if (tap_open(ap->port.ifindex, &ap->tap, &err) != DEVID_OK)
		log_debug(
			"port: %s: %s", ap->port.name, devid_error_text(&err));
}

void agent_close_tap(struct agent_port *ap)
{
	if (ap->tap >= 0)
		(void)close(ap->tap); /* only read from */
	ap->tap = -1;
	flight_begin(&ap->flight);
}

enum flight_stage agent_flight(struct port *port)
{
	struct agent_port *ap = port->owner;

	if (ap->tap >= 0)
		tap_read(ap->tap, &ap->flight);
	return ap->flight.stage;
}

static void select_network(struct agent_port *ap)
{
	char line[64];

	trust_candidate_clear(&ap->server);
	open_tap(ap);
	refresh(ap);
	(void)snprintf(line, sizeof(line), "SELECT_NETWORK %d", ap->network);
	send_for(ap, on_plain, line);
}

void agent_command(struct port *port, enum port_command command)
{
	struct agent_port *ap = port->owner;

	switch (command) {
	case PORT_COMMAND_CONFIGURE:
		configure(ap);
		return;
	case PORT_COMMAND_SELECT:
		select_network(ap);
		return;
	case PORT_COMMAND_LOGON:
		send_for(ap, on_plain, "LOGON");
		return;
	case PORT_COMMAND_DISCONNECT:
		send_for(ap, on_plain, "DISCONNECT");
		return;
	case PORT_COMMAND_STATUS:
		ap->n_status++;
		send_for(ap, on_status, "STATUS");
		return;
	case PORT_COMMAND_CERT_GOOD:
		answer_cert_check(ap, "good");
		return;
	case PORT_COMMAND_CERT_BAD:
		answer_cert_check(ap, "bad");
		return;
	}
}

void agent_on_ready(void *user)
{
	struct agent *agent = user;

	for (size_t i = 0; i < agent->n_ports; i++)
		agent_command(&agent->ports[i].port, PORT_COMMAND_CONFIGURE);
	agent_touch(agent);
}

void agent_on_lost(void *user)
{
	struct agent *agent = user;

	for (size_t i = 0; i < agent->n_ports; i++) {
		struct agent_port *ap = &agent->ports[i];

		ap->added = false;
		ap->abandoned = false;
		ap->n_pending = 0;
		ap->n_status = 0;
		ap->port.configured = false;
		ap->port.configuring = false;
		ap->port.associated = false;
		if (!agent->stopping)
			port_dispatch(&ap->port, PORT_EVENT_SUPPLICANT_LOST);
	}
	agent_touch(agent);
}

/*
 * wpa_supplicant asks for a passphrase whenever it cannot set up TLS; which of
 * the files is the cause it does not say.
 */
static void explain_key_request(struct agent_port *ap)
{
	const struct config *c = ap->agent->config;
	struct attach *a = &ap->port.attach;
	const char *what =
		identity_why_not(&c->identities.of[ap->port.choice.now]);

	if (!c->first_use && access(c->ca, R_OK) < 0) {
		a->refused = true;
		what = "no CA certificate to judge the server by";
	} else if (!what && !ap->agent->keyd_present) {
		what = "the key could not be loaded: devid-keyd is not there";
	}
	if (what && ap->port.attaching)
		(void)snprintf(a->reason, sizeof(a->reason), "%s", what);
}

/* The one step of ours after the server's is to sign, and keyd does not. */
static void explain_alert(struct agent_port *ap, const struct event *ev)
{
	const struct identities *list = &ap->agent->config->identities;
	struct attach *a = &ap->port.attach;
	const char *why = identity_why_not(&list->of[ap->port.choice.now]);

	if (why && a->server_verified && !a->reason[0] &&
		strcmp(ev->text, "internal error") == 0)
		(void)snprintf(a->reason, sizeof(a->reason), "%s", why);
}

void agent_on_event(void *user, const char *line, size_t len)
{
	struct agent *agent = user;
	struct agent_port *ap;
	struct event ev;
	enum devid_err rc = event_parse(line, len, &ev);

	log_debug("wpa_supplicant: %.*s", (int)(len < 160 ? len : 160), line);
	if (rc != DEVID_OK) {
		log_debug("wpa_supplicant: event of %zu bytes: %s", len,
			devid_err_name(rc));
		return;
	}
	ap = agent_find_port(agent, ev.port);
	if (!ap || agent->stopping || !ap->port.configured)
		return;
	ap->port.attach.remembered =
		agent->config->first_use && agent->trust.pinned;
	ap->port.attach.site = agent->config->first_use && agent->site.in_force;
	/* The switch began by itself. */
	if (ev.type == EVENT_EAP_STARTED && ap->tap < 0)
		open_tap(ap);
	trust_note(&ap->server, &ev);
	if (ev.type == EVENT_KEY_REQUEST)
		explain_key_request(ap);
	if (ev.type == EVENT_LOCAL_ALERT && ap->port.attaching)
		explain_alert(ap, &ev);
	port_handle_event(&ap->port, &ev);
}

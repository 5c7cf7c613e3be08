/* SPDX-License-Identifier: Apache-2.0 */
#include "port.h"

#include <stdio.h>
#include <string.h>

#include "log.h"

#define SELECTS_MAX   3
#define AUTH_WAIT_MS  20000
#define START_WAIT_MS 5000

void port_init(struct port *port, const char *name, const struct port_ops *ops,
	void *owner)
{
	memset(port, 0, sizeof(*port));
	port->ops = ops;
	port->owner = owner;
	(void)snprintf(port->name, sizeof(port->name), "%s", name);
	port->state = PORT_STATE_ABSENT;
	port->start_wait_ms = START_WAIT_MS;
	port->auth_wait_ms = AUTH_WAIT_MS;
	port->since = time(NULL);
}

void port_add_history(struct port *port, const struct attach *a)
{
	port->history[port->n_history % PORT_HISTORY_MAX] = *a;
	port->n_history++;
	/* keep the count's remainder when it is about to wrap */
	if (port->n_history == 2u * PORT_HISTORY_MAX)
		port->n_history = PORT_HISTORY_MAX;
}

const struct attach *port_history(const struct port *port, unsigned n)
{
	if (n >= port->n_history || n >= PORT_HISTORY_MAX)
		return NULL;
	return &port->history[(port->n_history - 1 - n) % PORT_HISTORY_MAX];
}

void port_begin(struct port *port, uint64_t start_us)
{
	attach_begin(&port->attach, start_us, time(NULL));
	port->attach.mtu = port->mtu;
	memcpy(port->attach.key, port->key, sizeof(port->key));
	port->attaching = true;
}

static void finish(struct port *port, enum attach_end end)
{
	if (!port->attaching)
		return;
	port->attach.flight = port->ops->flight(port);
	attach_finish(&port->attach, end, port->ops->now(port));
	port->attaching = false;
}

static void keep_record(struct port *port)
{
	port_add_history(port, &port->attach);
	port->ops->finished(port);
}

/* Whether that was said already, of this identity in a round of several. */
static bool is_told(const struct port *port)
{
	const struct attach *a = &port->attach;

	return port->told &&
	       ((a->class == port->class &&
			strcmp(a->reason, port->reason) == 0) ||
		       (port->blamed && identity_is_told(&port->choice, a)));
}

/* Takes over class and reason of the record, and says so once. */
static void tell_failure(struct port *port)
{
	const struct attach *a = &port->attach;
	bool same = is_told(port);

	port->class = a->class;
	memcpy(port->reason, a->reason, sizeof(port->reason));
	port->told = true;
	port->blamed = identity_is_blamed(a);
	if (same)
		log_debug("port: %s: %s: %s, again", port->name,
			attach_class_name(a->class), a->reason);
	else
		log_warn("port: %s: %s: %s", port->name,
			attach_class_name(a->class), a->reason);
	if (!same || a->eap_started)
		keep_record(port);
}

static void forget_failure(struct port *port)
{
	port->class = ATTACH_CLASS_NONE;
	port->reason[0] = '\0';
	port->told = false;
	backoff_reset(&port->backoff);
}

static void shut(struct port *port)
{
	if (port->associated && port->configured)
		port->ops->command(port, PORT_COMMAND_DISCONNECT);
	port->associated = false;
}

enum port_event port_on_nothing(struct port *port)
{
	(void)port; /* the cell only says that the event belongs here */
	return PORT_EVENT_NONE;
}

/* The interface is there: let wpa_supplicant know it before its carrier. */
enum port_event port_on_appear(struct port *port)
{
	port->ops->command(port, PORT_COMMAND_CONFIGURE);
	return PORT_EVENT_NONE;
}

static void leave(struct port *port, const char *why)
{
	if (port->attaching && port->attach.eap_started) {
		(void)snprintf(port->attach.reason, sizeof(port->attach.reason),
			"%s", why); /* fits */
		finish(port, ATTACH_END_LOST);
		keep_record(port);
	}
	port->attaching = false;
}

enum port_event port_on_gone(struct port *port)
{
	leave(port, "interface gone");
	forget_failure(port);
	identity_choice_reset(&port->choice);
	port->associated = false;
	port->configured = false;
	port->configuring = false;
	port->authenticator_seen = false;
	return PORT_EVENT_NONE;
}

/*
 * wpa_supplicant's wired driver sees no carrier: it must be told, so that a
 * port without a cable is not authorised (802.1X-2020 8.4 portEnabled). Its
 * TLS session outlives DISCONNECT, not a change of the network block.
 */
enum port_event port_on_unplug(struct port *port)
{
	leave(port, "carrier lost");
	forget_failure(port);
	identity_choice_reset(&port->choice);
	shut(port);
	port->authenticator_seen = false;
	return PORT_EVENT_NONE;
}

/* A try begins: at carrier-up, after a back-off, or at once. */
enum port_event port_on_attach(struct port *port)
{
	uint64_t start = port->carrier_us;

	port->carrier_us = 0;
	port->another = false;
	port->n_starts = 0;
	port->n_selects = 0;
	port_begin(port, start ? start : port->ops->now(port));
	if (port->configured)
		return PORT_EVENT_READY;
	port->ops->command(port, PORT_COMMAND_CONFIGURE);
	return PORT_EVENT_NONE;
}

/*
 * Another identity is shown from now on. The switch hears EAPOL-Start and
 * authenticates anew; until that has failed the port is as it was.
 */
enum port_event port_on_show(struct port *port)
{
	leave(port, "another identity is to be shown");
	forget_failure(port);
	return port_on_attach(port);
}

static void select_port(struct port *port)
{
	/* SELECT_NETWORK of what is selected already does nothing. */
	shut(port);
	port->ops->command(port, PORT_COMMAND_SELECT);
	port->associated = true;
	port->n_selects++;
}

enum port_event port_on_ready(struct port *port)
{
	select_port(port);
	return PORT_EVENT_NONE;
}

enum port_event port_on_refused(struct port *port)
{
	(void)snprintf(port->attach.reason, sizeof(port->attach.reason),
		"wpa_supplicant does not take the port"); /* fits */
	finish(port, ATTACH_END_LOST);
	tell_failure(port);
	return PORT_EVENT_NONE;
}

/*
 * The switch knows nothing of a process that died: the port may well be open
 * still, and EAPOL-Start on an open port re-authenticates without shutting
 * it. So nobody is told before that has failed.
 */
enum port_event port_on_supplicant_lost(struct port *port)
{
	leave(port, "wpa_supplicant died");
	port->associated = false;
	port->n_starts = 0;
	port->n_selects = 0;
	port_begin(port, port->ops->now(port));
	return PORT_EVENT_NONE;
}

enum port_event port_on_select_again(struct port *port)
{
	if (port->n_selects >= SELECTS_MAX)
		return PORT_EVENT_GIVE_UP;
	select_port(port);
	return PORT_EVENT_NONE;
}

static void send_start(struct port *port)
{
	port->ops->command(port, PORT_COMMAND_LOGON);
	port->n_starts++;
	if (port->attach.start_ms < 0)
		port->attach.start_ms =
			attach_ms(&port->attach, port->ops->now(port));
}

/*
 * wpa_supplicant by itself waits one to two seconds for the switch to speak
 * first; LOGON makes it send EAPOL-Start now (802.1X-2020 8.6, CONNECTING).
 */
enum port_event port_on_associated(struct port *port)
{
	send_start(port);
	return PORT_EVENT_NONE;
}

/*
 * startPeriod of 802.1X is 30 s; a switch port that has just come up is often
 * deaf for a moment, so the first repetitions come sooner.
 */
enum port_event port_on_start_again(struct port *port)
{
	int32_t waited = attach_ms(&port->attach, port->ops->now(port)) -
			 port->attach.start_ms;

	if (waited >= (int32_t)port->start_wait_ms)
		return PORT_EVENT_GIVE_UP;
	send_start(port);
	return PORT_EVENT_NONE;
}

enum port_event port_on_eap_started(struct port *port)
{
	port->authenticator_seen = true;
	return PORT_EVENT_NONE;
}

/* Fails closed: no answer at all would hold the handshake for ever. */
enum port_event port_on_cert_check(struct port *port)
{
	if (port->ops->server_allowed(port)) {
		port->ops->command(port, PORT_COMMAND_CERT_GOOD);
		return PORT_EVENT_NONE;
	}
	port->attach.refused = true;
	port->ops->command(port, PORT_COMMAND_CERT_BAD);
	return PORT_EVENT_NONE;
}

/*
 * Nobody answers. Without any authenticator wpa_supplicant goes on listening,
 * so that a switch that wakes up is answered at once. An authenticator that
 * has failed us before is only quiet (802.1X-2020 quietPeriod): the verdict
 * it gave stays.
 */
enum port_event port_on_silence(struct port *port)
{
	bool quiet = port->authenticator_seen && port->told &&
		     !port->attach.eap_started;

	finish(port, ATTACH_END_SILENCE);
	if (port->attach.eap_started)
		shut(port);
	if (quiet) {
		log_debug("port: %s: authenticator is quiet", port->name);
		return PORT_EVENT_NONE;
	}
	if (port->authenticator_seen && !port->attach.eap_started) {
		port->attach.class = ATTACH_CLASS_TIMEOUT;
		(void)snprintf(port->attach.reason, sizeof(port->attach.reason),
			"the authenticator went silent"); /* fits */
	}
	tell_failure(port);
	return PORT_EVENT_NONE;
}

/*
 * After a failure the port is shut in wpa_supplicant too: left alone, its EAP
 * machine can turn a refused TLS 1.2 attach into "success" a minute later
 * (eap.c, idleWhile with DECISION_UNCOND_SUCC). Where it was for the identity,
 * and there is another, that one has its try before anybody waits.
 */
enum port_event port_on_failure(struct port *port)
{
	finish(port,
		port->attach.key_wanted ? ATTACH_END_KEY : ATTACH_END_FAILURE);
	shut(port);
	tell_failure(port);
	port->another = port->ops->another(port);
	return port->another ? PORT_EVENT_RETRY : PORT_EVENT_NONE;
}

/* EAP frames are not authenticated: only the port's state counts. */
enum port_event port_on_confirm(struct port *port)
{
	port->ops->command(port, PORT_COMMAND_STATUS);
	return PORT_EVENT_NONE;
}

enum port_event port_on_success(struct port *port)
{
	finish(port, ATTACH_END_SUCCESS);
	forget_failure(port);
	identity_choice_good(&port->choice);
	keep_record(port);
	return PORT_EVENT_NONE;
}

/*
 * The switch re-authenticated us, or only asked for an identity to see that
 * we live: wpa_supplicant 2.10 counts such requests and reports a failure
 * after fifty, which is none.
 */
enum port_event port_on_still_open(struct port *port)
{
	if (port->attaching && port->attach.succeeded)
		return port_on_success(port);
	port->attaching = false;
	return PORT_EVENT_NONE;
}

/* The port has shut. With a cause known this is a failure like any other;
 * without one it is worth another try before anybody is told. */
enum port_event port_on_lost(struct port *port)
{
	const struct attach *a = &port->attach;

	if (!port->attaching)
		return PORT_EVENT_RETRY;
	if (a->rejected || a->key_wanted || a->refused || a->cert_error >= 0 ||
		a->remote_alert[0] || a->local_alert[0])
		return PORT_EVENT_GIVE_UP;
	return PORT_EVENT_RETRY;
}

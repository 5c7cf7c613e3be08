/* SPDX-License-Identifier: Apache-2.0 */
#include "effects.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "drive.h"
#include "hooks.h"
#include "identity.h"
#include "keyd-watch.h"
#include "log.h"
#include "onboarding.h"
#include "ports.h"
#include "server.h"
#include "states.h"
#include "wallclock.h"

static void set_timer(struct port *port, uint32_t ms)
{
	struct agent_port *ap = port->owner;
	int r = 0;

	if (ms)
		r = sd_event_source_set_time_relative(ap->timer, ms * 1000ull);
	if (r >= 0)
		r = sd_event_source_set_enabled(
			ap->timer, ms ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	if (r < 0)
		log_error("port: %s: timer: %s", port->name, strerror(-r));
}

static uint64_t now(struct port *port)
{
	struct timespec ts;

	(void)port;                                /* one clock for all */
	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail on Linux */
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static uint32_t random_number(struct port *port)
{
	uint32_t n;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != sizeof(n))
		n = (uint32_t)now(port); /* jitter, not a secret */
	return n;
}

static bool another(struct port *port)
{
	struct agent_port *ap = port->owner;

	return identity_choice_next(&port->choice,
		&ap->agent->config->identities, &port->attach, port->name);
}

static void run_hooks(struct port *port, const char *event)
{
	struct agent_port *ap = port->owner;
	struct hooks_event ev = { .key = "" };

	(void)snprintf(ev.key, sizeof(ev.key), "%s", port->key);
	identity_passed_text(&port->choice, &ap->agent->config->identities,
		port->key, ev.passed, sizeof(ev.passed));
	(void)snprintf(ev.port, sizeof(ev.port), "%s", port->name);
	(void)snprintf(ev.event, sizeof(ev.event), "%s", event);
	(void)snprintf(
		ev.state, sizeof(ev.state), "%s", states_name(port->state));
	if (port->class != ATTACH_CLASS_NONE)
		(void)snprintf(ev.reason, sizeof(ev.reason), "%s: %s",
			attach_class_name(port->class), port->reason);
	hooks_run(ap->agent->hooks, &ev);
}

/* With another identity it may be in another VLAN: the address of before is
 * void. */
static void tell_authorized(struct agent_port *ap)
{
	struct port *port = &ap->port;

	onboarding_no_address(ap);
	memcpy(ap->told_key, port->key, sizeof(ap->told_key));
	run_hooks(port, "authorized");
}

/*
 * Others are told of five changes. A port that was admitted stays so for them
 * while it is attached anew (re-authentication, a dead wpa_supplicant): the
 * switch has it open until it says otherwise.
 */
static void changed(struct port *port, enum port_state old)
{
	struct agent_port *ap = port->owner;
	bool first_failure = port->backoff.failures <= 1 && !port->another;
	bool let_in = port->class == ATTACH_CLASS_OPEN_PORT &&
		      ap->agent->config->open_port;

	switch (port->state) {
	case PORT_STATE_ABSENT:
	case PORT_STATE_DOWN:
		port->admitted = false;
		port->let_in = false;
		if (old != port->state && old != PORT_STATE_ABSENT &&
			old != PORT_STATE_DOWN)
			run_hooks(port, "down");
		break;
	case PORT_STATE_BACKOFF:
		if (port->admitted || let_in != port->let_in ||
			(first_failure && old != port->state))
			run_hooks(port, let_in ? "open" : "unauthorized");
		port->admitted = false;
		port->let_in = let_in;
		break;
	case PORT_STATE_AUTHORIZED:
		if (!port->admitted || strcmp(ap->told_key, port->key) != 0)
			tell_authorized(ap);
		port->admitted = true;
		port->let_in = false;
		break;
	case PORT_STATE_WAITING:
		if (old == PORT_STATE_DOWN)
			run_hooks(port, "up");
		break;
	case PORT_STATE_ASSOCIATING:
	case PORT_STATE_STARTING:
	case PORT_STATE_AUTHENTICATING:
	case PORT_STATE_CONFIRMING:
	case PORT_STATE_CHECKING:
		break;
	}
	if (!port->attaching)
		agent_close_tap(ap);
	onboarding_changed(ap, old);
	agent_touch(ap->agent);
}

static void tell_success(const struct port *port)
{
	const struct attach *a = &port->attach;

	log_info("port: %s: %s as %s in %d ms: %s%s%s%s", port->name,
		port->admitted ? "re-authenticated" : "authorized", a->key,
		a->done_ms, a->tls_version[0] ? a->tls_version : "EAP-TLS",
		a->resumed ? " resumed" : "", a->server_name[0] ? " with " : "",
		a->server_name);
}

/* A successful attach proves that the clock's time is not too far off. */
static void refresh_stamp(struct agent *agent)
{
	struct devid_error err = { DEVID_OK, "" };
	char path[PATH_MAX];

	(void)snprintf(
		path, sizeof(path), "%s/clock", agent->config->state_dir);
	if (agent->clock_ok && wallclock_refresh(path, &err) != DEVID_OK)
		log_warn("%s", devid_error_text(&err));
}

static void finished(struct port *port)
{
	struct agent_port *ap = port->owner;

	ap->agent->history_dirty = true;
	if (port->attach.end == ATTACH_END_SUCCESS) {
		tell_success(port);
		refresh_stamp(ap->agent);
	}
	if (port->attach.class == ATTACH_CLASS_KEY_UNAVAILABLE)
		agent_probe_keyd(ap->agent);
	if (port->attach.class == ATTACH_CLASS_SERVER_UNTRUSTED)
		server_failed(ap);
	onboarding_finished(ap);
	agent_touch(ap->agent);
}

const struct port_ops agent_port_ops = {
	.command = agent_command,
	.set_timer = set_timer,
	.now = now,
	.random = random_number,
	.server_allowed = server_allowed,
	.server_keep = server_keep,
	.flight = agent_flight,
	.another = another,
	.changed = changed,
	.finished = finished,
};

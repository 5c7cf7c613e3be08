/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lab-port: the part of an 802.1X switch that hostapd's wired driver leaves
 * out. It carries out for one port what hostapd decided: the port is open for
 * one address in the bridge of its VLAN while hostapd says AUTHORIZED and the
 * link is up, and parked at all other times. When in doubt, it parks.
 */
#include "cleanup.h"
#include "log.h"
#include "options.h"
#include "port-ctrl.h"
#include "port-event.h"
#include "port-link.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>

#define VLANS_MAX     8
#define RETRY_MS      50  /* looking for a hostapd that is absent */
#define LIFE_CHECK_MS 500 /* whether it is still there */

struct vlan {
	unsigned id;
	const char *bridge; /* borrowed from argv */
};

struct vlans {
	struct vlan of[VLANS_MAX];
	size_t n;
};

struct port {
	const char *name;       /* borrowed */
	struct port_link *link; /* owned */
	struct port_ctrl *ctrl; /* owned */
	int log_fd;
	int signal_fd;
	struct vlans vlans;
	bool open;
	struct port_mac mac; /* who it is open for */
	unsigned vlan;       /* and where */
	bool stop;
};

struct options {
	const char *port;
	const char *ctrl;
	const char *own_dir;
	const char *park;
	const char *log;
	struct vlans vlans;
};

/* Appends one event; @more is "" or " name=value...". */
static void event_log(
	const struct port *port, const char *name, const char *more)
{
	struct timespec now;
	char line[256];
	int n;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	n = snprintf(line, sizeof(line), "us=%" PRIu64 " event=%s%s\n",
		(uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000,
		name, more);
	if (n < 0 || (size_t)n >= sizeof(line))
		return;
	if (write(port->log_fd, line, (size_t)n) != n)
		log_warn("%s: event log: not written", port->name);
}

static void event_log_mac(
	const struct port *port, const char *name, const struct port_mac *mac)
{
	char more[64] = " mac=";

	port_mac_print(mac, more + strlen(more));
	event_log(port, name, more);
}

/* The first line says how to turn the others into time of day. */
static void event_log_started(const struct port *port)
{
	struct timespec mono, real;
	char more[64];

	(void)clock_gettime(CLOCK_MONOTONIC, &mono); /* cannot fail */
	(void)clock_gettime(CLOCK_REALTIME, &real);
	(void)snprintf(more, sizeof(more), " realtime=%" PRId64,
		((int64_t)real.tv_sec - mono.tv_sec) * 1000000 +
			(real.tv_nsec - mono.tv_nsec) / 1000);
	event_log(port, "started", more);
}

static void port_close(struct port *port, const char *cause)
{
	struct devid_error err = { 0 };
	char more[64];

	if (port_link_park(port->link, &err) != DEVID_OK)
		log_error("%s: %s", port->name, devid_error_text(&err));
	if (!port->open)
		return;
	port->open = false;
	(void)snprintf(more, sizeof(more), " cause=%s", cause);
	event_log(port, "parked", more);
}

/* Tells hostapd to forget the station(s) @mac: they must authenticate anew. */
static void stations_forget(struct port *port, const char *mac)
{
	char command[64], answer[PORT_CTRL_TEXT_MAX];
	struct devid_error err = { 0 };

	(void)snprintf(command, sizeof(command), "DEAUTHENTICATE %s", mac);
	if (port_ctrl_ask(port->ctrl, command, answer, sizeof(answer), &err) !=
		DEVID_OK)
		log_debug("%s: %s", port->name, devid_error_text(&err));
}

static const char *vlan_bridge(const struct port *port, unsigned id)
{
	for (size_t i = 0; i < port->vlans.n; i++) {
		if (port->vlans.of[i].id == id)
			return port->vlans.of[i].bridge;
	}
	return NULL;
}

/* The port is for one station: who was authorised last has it. */
static void port_replace(struct port *port)
{
	char mac[MAC_TEXT_LEN + 1];

	port_mac_print(&port->mac, mac);
	port_close(port, "replaced");
	stations_forget(port, mac);
}

/* Opens the port for @station, or says why not. */
static void port_admit(struct port *port, const struct port_station *station)
{
	const char *bridge = vlan_bridge(port, station->vlan);
	struct devid_error err = { 0 };
	char mac[MAC_TEXT_LEN + 1], more[64];

	port_mac_print(&station->mac, mac);
	if (!station->authorised || !bridge) {
		log_warn("%s: %s: not admitted: %s", port->name, mac,
			bridge ? "not authorised" : "no such VLAN");
		event_log_mac(port, "refused", &station->mac);
		stations_forget(port, mac);
		return;
	}
	if (port->open && !port_mac_equal(&port->mac, &station->mac))
		port_replace(port);
	else if (port->open && port->vlan != station->vlan)
		port_close(port, "vlan");
	if (port_link_open(port->link, bridge, &station->mac, &err) !=
		DEVID_OK) {
		log_error("%s: %s", port->name, devid_error_text(&err));
		port_close(port, "error");
		return;
	}
	port->open = true;
	port->mac = station->mac;
	port->vlan = station->vlan;
	(void)snprintf(
		more, sizeof(more), " mac=%s vlan=%u", mac, station->vlan);
	event_log(port, "open", more);
}

/* Asks hostapd for one station and admits it. @command: STA or STA-FIRST. */
static void station_ask(struct port *port, const char *command)
{
	char answer[PORT_CTRL_TEXT_MAX];
	struct port_station station;
	struct devid_error err = { 0 };

	if (port_ctrl_ask(port->ctrl, command, answer, sizeof(answer), &err) !=
			DEVID_OK ||
		port_station_parse(answer, &station, &err) != DEVID_OK) {
		if (err.code != DEVID_ERR_NOT_FOUND)
			log_error("%s: %s", port->name, devid_error_text(&err));
		return;
	}
	if (station.authorised)
		port_admit(port, &station);
}

/* hostapd does not say CONNECTED again when a station authenticates anew under
 * a live link, and RADIUS may have named another VLAN. */
static void station_anew(struct port *port, const struct port_mac *mac)
{
	char command[MAC_TEXT_LEN + 5] = "STA ", answer[PORT_CTRL_TEXT_MAX];
	struct port_station station;

	if (!port->open || !port_mac_equal(mac, &port->mac))
		return;
	port_mac_print(mac, command + 4);
	if (port_ctrl_ask(port->ctrl, command, answer, sizeof(answer), NULL) ==
			DEVID_OK &&
		port_station_parse(answer, &station, NULL) == DEVID_OK &&
		station.authorised && station.vlan != port->vlan)
		port_admit(port, &station);
}

static void station_event(
	struct port *port, enum port_event event, const struct port_mac *mac)
{
	char command[MAC_TEXT_LEN + 5] = "STA ";

	switch (event) {
	case PORT_EVENT_OTHER:
		return;
	case PORT_EVENT_CONNECTED:
		port_mac_print(mac, command + 4);
		station_ask(port, command);
		return;
	case PORT_EVENT_DISCONNECTED:
		event_log_mac(port, "disconnected", mac);
		if (port->open && port_mac_equal(mac, &port->mac))
			port_close(port, "disconnected");
		return;
	case PORT_EVENT_EAP_STARTED:
		event_log_mac(port, "eap-started", mac);
		return;
	case PORT_EVENT_EAP_SUCCESS:
		event_log_mac(port, "eap-success", mac);
		station_anew(port, mac);
		return;
	case PORT_EVENT_EAP_FAILURE:
		event_log_mac(port, "eap-failure", mac);
		return;
	case PORT_EVENT_EAP_TIMEOUT:
		event_log_mac(port, "eap-timeout", mac);
		return;
	}
}

static void on_hostapd(struct port *port)
{
	char line[PORT_CTRL_TEXT_MAX];
	struct port_mac mac;

	while (port_ctrl_read(port->ctrl, line, sizeof(line))) {
		enum port_event event = port_event_parse(line, &mac);

		if (event != PORT_EVENT_OTHER)
			station_event(port, event, &mac);
	}
}

/* hostapd's wired driver does not notice that a link went down. */
static void on_link(struct port *port)
{
	struct port_carrier carrier;
	struct devid_error err = { 0 };

	if (port_link_read(port->link, &carrier, &err) != DEVID_OK) {
		log_error("%s: %s", port->name, devid_error_text(&err));
		port->stop = true;
		return;
	}
	if (carrier.lost) {
		port_close(port, "carrier");
		event_log(port, "carrier-down", "");
		stations_forget(port, "ff:ff:ff:ff:ff:ff");
		/* What hostapd said of the link before is about the past. */
		on_hostapd(port);
		port_close(port, "carrier");
	}
	if (carrier.gained)
		event_log(port, "carrier-up", "");
}

/* Finds hostapd, or finds that it is gone. */
static void hostapd_look(struct port *port)
{
	if (port_ctrl_get_fd(port->ctrl) < 0) {
		if (port_ctrl_open(port->ctrl, NULL) != DEVID_OK)
			return;
		event_log(port, "hostapd-up", "");
		station_ask(port, "STA-FIRST");
		return;
	}
	if (port_ctrl_is_alive(port->ctrl))
		return;
	port_ctrl_close(port->ctrl);
	event_log(port, "hostapd-down", "");
	port_close(port, "hostapd");
}

static void port_run(struct port *port)
{
	while (!port->stop) {
		struct pollfd fds[] = {
			{ .fd = port->signal_fd, .events = POLLIN },
			{ .fd = port_link_get_fd(port->link),
				.events = POLLIN },
			{ .fd = port_ctrl_get_fd(port->ctrl),
				.events = POLLIN },
		};
		int n = poll(fds, 3, fds[2].fd < 0 ? RETRY_MS : LIFE_CHECK_MS);

		if (n < 0 && errno != EINTR) {
			log_error("%s: poll: %s", port->name, strerror(errno));
			return;
		}
		if (n > 0 && fds[0].revents)
			return;
		/* The link first: an authorisation of a link that is gone
		 * must not open the port. */
		if (n > 0 && fds[1].revents)
			on_link(port);
		if (n > 0 && fds[2].revents)
			on_hostapd(port);
		if (n <= 0 || (fds[2].revents & (POLLERR | POLLHUP)))
			hostapd_look(port);
	}
}

/* ID=BRIDGE */
static enum devid_err option_vlan(void *member, const char *argument,
	const struct option_row *row, struct devid_error *err)
{
	struct vlans *vlans = member;
	char *end;
	unsigned long id = strtoul(argument, &end, 10);

	(void)row; /* has no bounds of its own */
	if (vlans->n == VLANS_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"more than %d of them", VLANS_MAX);
	if (argument[0] < '1' || argument[0] > '9' || id > 4094 ||
		*end != '=' || end[1] == '\0')
		return devid_fail(
			err, DEVID_ERR_INVALID, "%s: not ID=BRIDGE", argument);
	vlans->of[vlans->n++] =
		(struct vlan) { .id = (unsigned)id, .bridge = end + 1 };
	return DEVID_OK;
}

static const struct option_row option_rows[] = {
	{ "port", 0, "IF", option_text, OPTION_MUST(struct options, port),
		"the port of the switch" },
	{ "ctrl", 0, "SOCKET", option_text, OPTION_MUST(struct options, ctrl),
		"control socket of its hostapd" },
	{ "own-dir", 0, "DIR", option_text,
		OPTION_MUST(struct options, own_dir),
		"for a socket of its own" },
	{ "park", 0, "BRIDGE", option_text, OPTION_MUST(struct options, park),
		"where a port without access is" },
	{ "log", 0, "FILE", option_text, OPTION_MUST(struct options, log),
		"one line per event:\nus=<CLOCK_MONOTONIC> event=<name> ..." },
	{ "vlan", 0, "ID=BRIDGE", option_vlan,
		OPTION_MANY(struct options, vlans),
		"bridge of a VLAN; may be given more than once" },
	OPTION_END,
};

static const struct option_set option_set = {
	.program = "lab-port",
	.usage = "usage: lab-port OPTION...\n"
		 "Opens and parks one port of the lab's switch as its hostapd "
		 "decides.\n"
		 "SIGTERM parks the port and ends it.\n",
	.rows = option_rows,
};

static enum devid_err port_setup(
	struct port *port, const struct options *opt, struct devid_error *err)
{
	sigset_t signals;
	enum devid_err e;

	port->name = opt->port;
	port->vlans = opt->vlans;
	(void)sigemptyset(&signals); /* these three cannot fail */
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	port->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC);
	port->log_fd = open(opt->log,
		O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (port->signal_fd < 0 || port->log_fd < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", opt->log, strerror(errno));
	e = port_link_new(opt->port, opt->park, &port->link, err);
	if (e != DEVID_OK)
		return e;
	return port_ctrl_new(opt->ctrl, opt->own_dir, &port->ctrl, err);
}

int main(int argc, char **argv)
{
	struct port port = { .log_fd = -1, .signal_fd = -1 };
	struct options opt = { 0 };
	struct devid_error err = { 0 };
	int status;

	log_init("lab-port", LOG_LEVEL_INFO);
	status = options_read(&option_set, argc, argv, &opt);
	if (status >= 0)
		return status;
	if (port_setup(&port, &opt, &err) != DEVID_OK) {
		log_error("%s: %s", opt.port, devid_error_text(&err));
		port_link_free(port.link);
		return EXIT_FAILURE;
	}
	event_log_started(&port);
	hostapd_look(&port);
	port_run(&port);
	port_close(&port, "stopped");
	port_ctrl_free(port.ctrl);
	port_link_free(port.link);
	(void)close(port.log_fd);
	(void)close(port.signal_fd);
	return port.stop ? EXIT_FAILURE : EXIT_SUCCESS;
}

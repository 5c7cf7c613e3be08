/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_PORT_H
#define DEVID_AGENT_PORT_H

/*
 * One 802.1X port: its state, the attach that runs and those before. It
 * reaches the world only through struct port_ops, so that tests can stand in
 * for wpa_supplicant, the clock and the timer.
 */

#include "attach.h"
#include "backoff.h"
#include "identity.h"

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define PORT_HISTORY_MAX 16

struct port;

enum port_state {
	PORT_STATE_ABSENT,         /* no such interface */
	PORT_STATE_DOWN,           /* no carrier */
	PORT_STATE_WAITING,        /* wpa_supplicant is not ready for it */
	PORT_STATE_ASSOCIATING,    /* wpa_supplicant opens the port */
	PORT_STATE_STARTING,       /* EAPOL-Start sent, no answer yet */
	PORT_STATE_AUTHENTICATING, /* EAP runs */
	PORT_STATE_CONFIRMING,     /* EAP-Success; is the port open? */
	PORT_STATE_AUTHORIZED,
	PORT_STATE_CHECKING, /* was authorised; EAP failed; still open? */
	PORT_STATE_BACKOFF,  /* failed; waits for the next try */
};
#define PORT_N_STATES 10

enum port_event {
	PORT_EVENT_NONE, /* a handler's answer: nothing follows */
	PORT_EVENT_LINK_SEEN,
	PORT_EVENT_LINK_GONE,
	PORT_EVENT_CARRIER_UP,
	PORT_EVENT_CARRIER_DOWN,
	PORT_EVENT_READY,   /* wpa_supplicant knows the port */
	PORT_EVENT_REFUSED, /* it refused the port's configuration */
	PORT_EVENT_SUPPLICANT_LOST,
	PORT_EVENT_ASSOCIATED,
	PORT_EVENT_EAP_STARTED,
	PORT_EVENT_CERT_CHECK,
	PORT_EVENT_KEY_REQUEST,
	PORT_EVENT_EAP_SUCCESS,
	PORT_EVENT_EAP_FAILURE,
	PORT_EVENT_PORT_OPEN, /* STATUS: suppPortStatus=Authorized */
	PORT_EVENT_PORT_SHUT, /* STATUS: anything else */
	PORT_EVENT_TIMEOUT,
	PORT_EVENT_GIVE_UP, /* from a handler: this try is over */
	PORT_EVENT_RETRY,   /* a cause of failure may be gone */
	PORT_EVENT_SHOW,    /* another identity is to be shown, at once */
};
#define PORT_N_EVENTS 20

enum port_command {
	PORT_COMMAND_CONFIGURE,  /* bring wpa_supplicant to know the port */
	PORT_COMMAND_SELECT,     /* open it; answered by ASSOCIATED */
	PORT_COMMAND_LOGON,      /* send EAPOL-Start now */
	PORT_COMMAND_DISCONNECT, /* shut it; the TLS session is kept */
	PORT_COMMAND_STATUS,     /* answered by PORT_OPEN or PORT_SHUT */
	PORT_COMMAND_CERT_GOOD,
	PORT_COMMAND_CERT_BAD,
};

struct port_ops {
	void (*command)(struct port *port, enum port_command command);
	/* Arms the port's one timer, @ms from now; 0 stops it. */
	void (*set_timer)(struct port *port, uint32_t ms);
	/* Monotonic time in microseconds. */
	uint64_t (*now)(struct port *port);
	uint32_t (*random)(struct port *port);
	/* Whether the server of the running attach may be trusted. */
	bool (*server_allowed)(struct port *port);
	/* The attach has ended in success; false when its server was
	 * remembered as another one meanwhile. */
	bool (*server_keep)(struct port *port);
	/* How far our side of TLS came in the running attach. */
	enum flight_stage (*flight)(struct port *port);
	/* The attach has failed: whether another identity is to be tried at
	 * once, which is in turn then. */
	bool (*another)(struct port *port);
	/* The state has changed from @old. */
	void (*changed)(struct port *port, enum port_state old);
	/* port->attach has ended and was put into the history. */
	void (*finished)(struct port *port);
};

struct port {
	const struct port_ops *ops; /* borrowed */
	void *owner;                /* borrowed: for ops */
	char name[IFNAMSIZ];
	int ifindex; /* 0 while absent */
	bool carrier;
	uint32_t mtu; /* 0: not known */
	bool admin_up;
	bool configured;         /* wpa_supplicant is ready for it */
	bool configuring;        /* and until then on its way */
	bool associated;         /* between SELECT and DISCONNECT */
	bool admitted;           /* authorised as far as others were told */
	bool let_in;             /* used without, as far as they were told */
	bool authenticator_seen; /* since carrier-up */
	enum port_state state;
	time_t since;            /* wall clock of the last state change */
	time_t next_retry;       /* wall clock; 0: none */
	enum attach_class class; /* of the last failure since carrier-up */
	char reason[ATTACH_REASON_MAX];
	struct backoff backoff;
	char key[KEY_NAME_MAX + 1]; /* of the identity last shown, or "" */
	struct identity_choice choice;
	bool another;           /* the next identity is tried at once */
	uint64_t carrier_us;    /* monotonic time of carrier-up; 0: used up */
	uint32_t start_wait_ms; /* setting: silence that ends STARTING */
	uint32_t auth_wait_ms;  /* setting: silence that ends EAP */
	unsigned n_starts;      /* EAPOL-Starts of this try */
	unsigned n_selects;     /* SELECT_NETWORKs of this try */
	struct attach attach;   /* running when attaching */
	bool attaching;
	bool told;   /* the present class was logged and shown */
	bool blamed; /* and speaks against an identity */
	struct attach history[PORT_HISTORY_MAX]; /* ring */
	unsigned n_history; /* ever; the last is at (n - 1) % MAX */
};

/* Makes @port a port without an interface. */
void port_init(struct port *port, const char *name, const struct port_ops *ops,
	void *owner);

/* Begins the record of a try at @start_us, monotonic. */
void port_begin(struct port *port, uint64_t start_us);

/* Puts @a into the history, as the newest. */
void port_add_history(struct port *port, const struct attach *a);

/* The @n-th newest record, or NULL. */
const struct attach *port_history(const struct port *port, unsigned n);

/* Handlers of the table in states.c; each one's duty is told in port.c. */
enum port_event port_on_nothing(struct port *port);
enum port_event port_on_appear(struct port *port);
enum port_event port_on_gone(struct port *port);
enum port_event port_on_unplug(struct port *port);
enum port_event port_on_attach(struct port *port);
enum port_event port_on_show(struct port *port);
enum port_event port_on_ready(struct port *port);
enum port_event port_on_refused(struct port *port);
enum port_event port_on_supplicant_lost(struct port *port);
enum port_event port_on_select_again(struct port *port);
enum port_event port_on_associated(struct port *port);
enum port_event port_on_start_again(struct port *port);
enum port_event port_on_eap_started(struct port *port);
enum port_event port_on_cert_check(struct port *port);
enum port_event port_on_silence(struct port *port);
enum port_event port_on_failure(struct port *port);
enum port_event port_on_confirm(struct port *port);
enum port_event port_on_success(struct port *port);
enum port_event port_on_still_open(struct port *port);
enum port_event port_on_lost(struct port *port);

#endif

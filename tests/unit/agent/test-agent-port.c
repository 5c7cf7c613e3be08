/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "port.h"
#include "states.h"

/* A stand-in for wpa_supplicant, clock and timer. */
static struct fake {
	char commands[256]; /* one letter each */
	uint32_t timer;
	uint64_t now;
	bool allow;
	bool keep;
	bool another;
	enum flight_stage flight;
	unsigned n_finished;
	unsigned n_changed;
} fake;

static void command(struct port *port, enum port_command command)
{
	static const char letters[] = "CSLDTGB";
	size_t n = strlen(fake.commands);

	(void)port;
	assert_true(n + 1 < sizeof(fake.commands));
	fake.commands[n] = letters[command];
}

static void set_timer(struct port *port, uint32_t ms)
{
	(void)port;
	fake.timer = ms;
}

static uint64_t now(struct port *port)
{
	(void)port;
	return fake.now;
}

static uint32_t random_number(struct port *port)
{
	(void)port;
	return 0;
}

static bool server_allowed(struct port *port)
{
	(void)port;
	return fake.allow;
}

static bool server_keep(struct port *port)
{
	(void)port;
	return fake.keep;
}

static enum flight_stage flight(struct port *port)
{
	(void)port;
	return fake.flight;
}

static bool another(struct port *port)
{
	(void)port;
	return fake.another;
}

static void changed(struct port *port, enum port_state old)
{
	(void)port;
	(void)old;
	fake.n_changed++;
}

static void finished(struct port *port)
{
	(void)port;
	fake.n_finished++;
}

static const struct port_ops ops = { command, set_timer, now, random_number,
	server_allowed, server_keep, flight, another, changed, finished };

static struct port port;

static int setup(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	fake.now = 1000000;
	fake.keep = true;
	port_init(&port, "eth0", &ops, NULL);
	return 0;
}

static void event(enum event_type type)
{
	struct event ev = { .type = type, .method = EVENT_METHOD_TLS };

	port_handle_event(&port, &ev);
}

static void status(bool authorized)
{
	struct event_status st = { authorized, false, "TLSv1.3" };

	port_handle_status(&port, &st);
}

/* A configured port up to @state on the straight way. */
static void reach(enum port_state state)
{
	port_dispatch(&port, PORT_EVENT_LINK_SEEN);
	port.configured = true;
	if (state == PORT_STATE_DOWN)
		return;
	port.carrier = true;
	port_dispatch(&port, PORT_EVENT_CARRIER_UP);
	if (state == PORT_STATE_ASSOCIATING)
		return;
	event(EVENT_ASSOCIATED);
	if (state == PORT_STATE_STARTING)
		return;
	event(EVENT_EAP_STARTED);
	event(EVENT_METHOD_PROPOSED);
	if (state == PORT_STATE_AUTHENTICATING)
		return;
	event(EVENT_EAP_SUCCESS);
	if (state == PORT_STATE_CONFIRMING)
		return;
	status(true);
}

static void assert_state(enum port_state state)
{
	assert_string_equal(states_name(port.state), states_name(state));
}

static void attach_straight_way_ends_authorized(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHORIZED);
	assert_state(PORT_STATE_AUTHORIZED);
	/* configure, select, logon, status: and nothing else */
	assert_string_equal(fake.commands, "CSLT");
	assert_int_equal(fake.timer, 0);
	assert_int_equal(fake.n_finished, 1);
	assert_int_equal(port_history(&port, 0)->end, ATTACH_END_SUCCESS);
	assert_string_equal(port_history(&port, 0)->tls_version, "TLSv1.3");
}

static void attach_waits_for_the_supplicant(void **state)
{
	(void)state;
	port_dispatch(&port, PORT_EVENT_LINK_SEEN);
	port_dispatch(&port, PORT_EVENT_CARRIER_UP);
	assert_state(PORT_STATE_WAITING);
	port.configured = true;
	port_dispatch(&port, PORT_EVENT_READY);
	assert_state(PORT_STATE_ASSOCIATING);
}

/* covers: 802.1X-open */
static void success_without_eap_is_not_believed(void **state)
{
	(void)state;
	reach(PORT_STATE_STARTING);
	event(EVENT_EAP_SUCCESS);
	assert_state(PORT_STATE_STARTING);
	setup(NULL);
	reach(PORT_STATE_ASSOCIATING);
	event(EVENT_EAP_SUCCESS);
	assert_state(PORT_STATE_ASSOCIATING);
	setup(NULL);
	reach(PORT_STATE_DOWN);
	event(EVENT_EAP_SUCCESS);
	assert_state(PORT_STATE_DOWN);
}

static void success_in_backoff_is_not_believed(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHENTICATING);
	event(EVENT_KEY_REQUEST);
	assert_state(PORT_STATE_BACKOFF);
	event(EVENT_EAP_SUCCESS);
	status(true);
	assert_state(PORT_STATE_BACKOFF);
}

/* covers: 802.1X-open */
static void success_with_port_shut_is_a_failure(void **state)
{
	(void)state;
	reach(PORT_STATE_CONFIRMING);
	status(false);
	assert_state(PORT_STATE_BACKOFF);
	setup(NULL);
	reach(PORT_STATE_CONFIRMING);
	port_handle_status(&port, NULL);
	assert_state(PORT_STATE_BACKOFF);
}

static void success_with_another_server_than_remembered_is_refused(void **state)
{
	(void)state;
	fake.keep = false;
	reach(PORT_STATE_CONFIRMING);
	status(true);
	assert_state(PORT_STATE_BACKOFF);
	assert_int_equal(port.class, ATTACH_CLASS_SERVER_UNTRUSTED);
	assert_string_equal(fake.commands, "CSLTD");
}

/* covers: 802.1X-start */
static void start_is_repeated_then_given_up(void **state)
{
	unsigned n = 0;

	(void)state;
	reach(PORT_STATE_STARTING);
	assert_int_equal(fake.timer, 250);
	while (port.state == PORT_STATE_STARTING && n < 100) {
		fake.now += fake.timer * 1000;
		port_dispatch(&port, PORT_EVENT_TIMEOUT);
		n++;
	}
	assert_state(PORT_STATE_BACKOFF);
	assert_int_equal(port.class, ATTACH_CLASS_NO_AUTHENTICATOR);
	assert_string_equal(fake.commands, "CSLLLLLLL");
	assert_int_equal(fake.timer, 750);
	/* still listening: a switch that wakes up is answered */
	event(EVENT_EAP_STARTED);
	assert_state(PORT_STATE_AUTHENTICATING);
}

static void no_authenticator_is_told_once(void **state)
{
	(void)state;
	reach(PORT_STATE_STARTING);
	for (int i = 0; i < 5; i++) {
		port_dispatch(&port, PORT_EVENT_GIVE_UP);
		assert_state(PORT_STATE_BACKOFF);
		port_dispatch(&port, PORT_EVENT_TIMEOUT);
		event(EVENT_ASSOCIATED);
		assert_state(PORT_STATE_STARTING);
	}
	assert_int_equal(fake.n_finished, 1);
}

static void quiet_authenticator_keeps_the_verdict(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHENTICATING);
	event(EVENT_KEY_REQUEST);
	port_dispatch(&port, PORT_EVENT_TIMEOUT);
	event(EVENT_ASSOCIATED);
	port_dispatch(&port, PORT_EVENT_GIVE_UP);
	assert_state(PORT_STATE_BACKOFF);
	assert_int_equal(port.class, ATTACH_CLASS_KEY_UNAVAILABLE);
	assert_int_equal(fake.n_finished, 1);
}

static void failure_shuts_the_port_and_backs_off(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHENTICATING);
	event(EVENT_SERVER_VERIFIED);
	fake.flight = FLIGHT_WHOLE;
	event(EVENT_EAP_REJECTED);
	assert_state(PORT_STATE_BACKOFF);
	event(EVENT_EAP_FAILURE);
	assert_state(PORT_STATE_BACKOFF);
	assert_int_equal(port.class, ATTACH_CLASS_CERT_REJECTED);
	assert_int_equal(fake.n_finished, 1);
	assert_string_equal(fake.commands, "CSLD");
	assert_int_equal(fake.timer, 750);
	assert_true(port.next_retry > 0);
}

static void failure_after_tls_is_told_from_one_in_it(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHENTICATING);
	event(EVENT_SERVER_VERIFIED);
	fake.flight = FLIGHT_ANSWERED;
	event(EVENT_EAP_REJECTED);
	assert_int_equal(port.class, ATTACH_CLASS_AUTHZ_DENIED);
}

/* A critical port: the switch answers EAPOL-Start with EAP-Success. */
static void success_without_a_question_is_an_open_port(void **state)
{
	(void)state;
	reach(PORT_STATE_STARTING);
	event(EVENT_EAP_ACCEPTED);
	assert_state(PORT_STATE_STARTING);
	event(EVENT_EAP_FAILURE); /* wpa_supplicant does not believe it */
	assert_state(PORT_STATE_BACKOFF);
	assert_int_equal(port.class, ATTACH_CLASS_OPEN_PORT);
}

static void success_that_is_passed_over_is_an_open_port(void **state)
{
	(void)state;
	reach(PORT_STATE_STARTING);
	event(EVENT_EAP_ACCEPTED);
	port_dispatch(&port, PORT_EVENT_GIVE_UP);
	assert_int_equal(port.class, ATTACH_CLASS_OPEN_PORT);
}

static void mtu_of_the_port_is_in_the_record(void **state)
{
	(void)state;
	port.mtu = 900;
	reach(PORT_STATE_AUTHENTICATING);
	port_dispatch(&port, PORT_EVENT_TIMEOUT);
	assert_int_equal(port.class, ATTACH_CLASS_TIMEOUT);
	assert_non_null(strstr(port.reason, "MTU is 900"));
}

/* covers: 802.1X-start */
static void replug_is_at_once_and_forgets(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHENTICATING);
	event(EVENT_KEY_REQUEST);
	port_dispatch(&port, PORT_EVENT_CARRIER_DOWN);
	assert_state(PORT_STATE_DOWN);
	assert_int_equal(port.class, ATTACH_CLASS_NONE);
	assert_int_equal(port.backoff.failures, 0);
	port.carrier_us = fake.now;
	port_dispatch(&port, PORT_EVENT_CARRIER_UP);
	assert_state(PORT_STATE_ASSOCIATING);
	assert_int_equal(fake.timer, 2000);
}

static void unplug_of_open_port_disconnects_once(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHORIZED);
	port_dispatch(&port, PORT_EVENT_CARRIER_DOWN);
	port_dispatch(&port, PORT_EVENT_CARRIER_UP);
	/* no configuration is touched: the TLS session lives on */
	assert_string_equal(fake.commands, "CSLTDS");
}

static void unplug_in_handshake_is_recorded(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHENTICATING);
	port_dispatch(&port, PORT_EVENT_CARRIER_DOWN);
	assert_int_equal(port_history(&port, 0)->end, ATTACH_END_LOST);
	assert_string_equal(port_history(&port, 0)->reason, "carrier lost");
}

static void supplicant_death_keeps_the_port_admitted(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHORIZED);
	port.admitted = true;
	port.configured = false;
	port_dispatch(&port, PORT_EVENT_SUPPLICANT_LOST);
	assert_state(PORT_STATE_WAITING);
	assert_true(port.admitted);
	port.configured = true;
	port_dispatch(&port, PORT_EVENT_READY);
	event(EVENT_ASSOCIATED);
	event(EVENT_EAP_STARTED);
	event(EVENT_EAP_SUCCESS);
	status(true);
	assert_state(PORT_STATE_AUTHORIZED);
}

static void keep_alive_failure_with_open_port_is_nothing(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHORIZED);
	event(EVENT_EAP_STARTED);
	event(EVENT_EAP_STARTED);
	event(EVENT_EAP_FAILURE);
	assert_state(PORT_STATE_CHECKING);
	status(true);
	assert_state(PORT_STATE_AUTHORIZED);
	assert_int_equal(fake.n_finished, 1);
}

static void lone_failure_with_shut_port_attaches_again(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHORIZED);
	event(EVENT_EAP_STARTED);
	event(EVENT_EAP_FAILURE);
	status(false);
	assert_state(PORT_STATE_ASSOCIATING);
	assert_int_equal(port.class, ATTACH_CLASS_NONE);
}

static void reauthentication_is_recorded(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHORIZED);
	event(EVENT_EAP_STARTED);
	event(EVENT_METHOD_PROPOSED);
	event(EVENT_EAP_SUCCESS);
	status(true);
	assert_state(PORT_STATE_AUTHORIZED);
	assert_int_equal(fake.n_finished, 2);
}

static void refused_reauthentication_is_a_failure(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHORIZED);
	event(EVENT_EAP_STARTED);
	event(EVENT_METHOD_PROPOSED);
	event(EVENT_EAP_REJECTED);
	fake.flight = FLIGHT_ANSWERED;
	status(false);
	assert_state(PORT_STATE_BACKOFF);
	assert_int_equal(port.class, ATTACH_CLASS_AUTHZ_DENIED);
}

static void cert_check_is_always_answered(void **state)
{
	(void)state;
	fake.allow = true;
	reach(PORT_STATE_AUTHENTICATING);
	event(EVENT_CERT_CHECK);
	assert_string_equal(fake.commands, "CSLG");
	fake.allow = false;
	event(EVENT_CERT_CHECK);
	assert_string_equal(fake.commands, "CSLGB");
	event(EVENT_EAP_FAILURE);
	assert_int_equal(port.class, ATTACH_CLASS_SERVER_UNTRUSTED);
}

static void supplicant_that_does_not_associate_is_given_up(void **state)
{
	(void)state;
	reach(PORT_STATE_ASSOCIATING);
	for (int i = 0; i < 3; i++)
		port_dispatch(&port, PORT_EVENT_TIMEOUT);
	assert_state(PORT_STATE_BACKOFF);
	assert_string_equal(fake.commands, "CSDSDS");
}

/* A refused one gives its turn at once, and nobody is told to wait. */
static void refused_identity_gives_its_turn_at_once(void **state)
{
	(void)state;
	fake.flight = FLIGHT_WHOLE;
	fake.another = true;
	reach(PORT_STATE_AUTHENTICATING);
	port.attach.server_verified = true;
	event(EVENT_EAP_FAILURE);
	assert_state(PORT_STATE_ASSOCIATING);
	assert_int_equal(
		port_history(&port, 0)->class, ATTACH_CLASS_CERT_REJECTED);
	assert_int_equal(port.backoff.failures, 0);
	assert_int_equal(port.next_retry, 0);
	assert_string_equal(fake.commands, "CSLDS");
	/* the last of the round waits */
	fake.another = false;
	event(EVENT_ASSOCIATED);
	event(EVENT_EAP_STARTED);
	event(EVENT_EAP_FAILURE);
	assert_state(PORT_STATE_BACKOFF);
	assert_int_equal(port.backoff.failures, 1);
	assert_int_equal(fake.timer, 750);
}

/* Two identities fail in two ways, round after round. */
static void refused_identities_are_told_once_each(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHENTICATING);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 2; i++) {
			struct identity_verdict *v = &port.choice.passed[i];

			port.choice.now = i;
			port.attach.eap_started = false;
			if (i)
				port.attach.key_wanted = true;
			else
				port.attach.server_verified = true;
			port.state = PORT_STATE_AUTHENTICATING;
			fake.flight = FLIGHT_WHOLE;
			event(EVENT_EAP_FAILURE);
			v->class = port.class;
			(void)strcpy(v->reason, port.reason);
			port_dispatch(&port, PORT_EVENT_TIMEOUT);
			event(EVENT_ASSOCIATED);
			event(EVENT_EAP_STARTED);
			event(EVENT_METHOD_PROPOSED);
		}
	}
	assert_int_equal(fake.n_finished, 2);
}

static void unplug_forgets_who_was_refused(void **state)
{
	(void)state;
	reach(PORT_STATE_AUTHENTICATING);
	port.choice.now = 1;
	port.choice.tried = 1;
	port.choice.passed[0].class = ATTACH_CLASS_CERT_REJECTED;
	port_dispatch(&port, PORT_EVENT_CARRIER_DOWN);
	assert_int_equal(port.choice.now, 0);
	assert_int_equal(port.choice.tried, 0);
	assert_int_equal(port.choice.passed[0].class, ATTACH_CLASS_NONE);
}

static void success_ends_the_round(void **state)
{
	(void)state;
	reach(PORT_STATE_CONFIRMING);
	port.choice.now = 1;
	port.choice.tried = 3;
	port.choice.passed[0].class = ATTACH_CLASS_CERT_REJECTED;
	port.choice.passed[1].class = ATTACH_CLASS_KEY_UNAVAILABLE;
	status(true);
	assert_int_equal(port.choice.now, 1);
	assert_int_equal(port.choice.tried, 0);
	/* why not the preferred one is still to be seen */
	assert_int_equal(
		port.choice.passed[0].class, ATTACH_CLASS_CERT_REJECTED);
	assert_int_equal(port.choice.passed[1].class, ATTACH_CLASS_NONE);
}

static void history_keeps_the_newest(void **state)
{
	struct attach a;

	(void)state;
	attach_begin(&a, 0, 0);
	for (int i = 0; i < 100; i++) {
		a.done_ms = i;
		port_add_history(&port, &a);
	}
	for (unsigned n = 0; n < PORT_HISTORY_MAX; n++)
		assert_int_equal(port_history(&port, n)->done_ms, 99 - (int)n);
	assert_null(port_history(&port, PORT_HISTORY_MAX));
}

/* The table as the design has it; cells that are not here are empty. */
#define CELL(s, e, n)                                                          \
	{                                                                      \
		PORT_STATE_##s, PORT_EVENT_##e, PORT_STATE_##n                 \
	}
static const struct {
	enum port_state state;
	enum port_event event;
	enum port_state next;
} wanted_cells[] = {
	CELL(ABSENT, LINK_SEEN, DOWN),
	CELL(DOWN, LINK_GONE, ABSENT),
	CELL(DOWN, CARRIER_UP, WAITING),
	CELL(WAITING, LINK_GONE, ABSENT),
	CELL(WAITING, CARRIER_DOWN, DOWN),
	CELL(WAITING, READY, ASSOCIATING),
	CELL(WAITING, REFUSED, BACKOFF),
	CELL(ASSOCIATING, LINK_GONE, ABSENT),
	CELL(ASSOCIATING, CARRIER_DOWN, DOWN),
	CELL(ASSOCIATING, SUPPLICANT_LOST, WAITING),
	CELL(ASSOCIATING, ASSOCIATED, STARTING),
	CELL(ASSOCIATING, EAP_STARTED, AUTHENTICATING),
	CELL(ASSOCIATING, TIMEOUT, ASSOCIATING),
	CELL(ASSOCIATING, GIVE_UP, BACKOFF),
	CELL(STARTING, LINK_GONE, ABSENT),
	CELL(STARTING, CARRIER_DOWN, DOWN),
	CELL(STARTING, SUPPLICANT_LOST, WAITING),
	CELL(STARTING, EAP_STARTED, AUTHENTICATING),
	CELL(STARTING, EAP_FAILURE, BACKOFF),
	CELL(STARTING, KEY_REQUEST, BACKOFF),
	CELL(STARTING, TIMEOUT, STARTING),
	CELL(STARTING, GIVE_UP, BACKOFF),
	CELL(AUTHENTICATING, LINK_GONE, ABSENT),
	CELL(AUTHENTICATING, CARRIER_DOWN, DOWN),
	CELL(AUTHENTICATING, SUPPLICANT_LOST, WAITING),
	CELL(AUTHENTICATING, EAP_STARTED, AUTHENTICATING),
	CELL(AUTHENTICATING, CERT_CHECK, AUTHENTICATING),
	CELL(AUTHENTICATING, KEY_REQUEST, BACKOFF),
	CELL(AUTHENTICATING, EAP_SUCCESS, CONFIRMING),
	CELL(AUTHENTICATING, EAP_FAILURE, BACKOFF),
	CELL(AUTHENTICATING, TIMEOUT, BACKOFF),
	CELL(CONFIRMING, LINK_GONE, ABSENT),
	CELL(CONFIRMING, CARRIER_DOWN, DOWN),
	CELL(CONFIRMING, SUPPLICANT_LOST, WAITING),
	CELL(CONFIRMING, EAP_STARTED, AUTHENTICATING),
	CELL(CONFIRMING, EAP_FAILURE, BACKOFF),
	CELL(CONFIRMING, PORT_OPEN, AUTHORIZED),
	CELL(CONFIRMING, PORT_SHUT, BACKOFF),
	CELL(CONFIRMING, TIMEOUT, BACKOFF),
	CELL(AUTHORIZED, LINK_GONE, ABSENT),
	CELL(AUTHORIZED, CARRIER_DOWN, DOWN),
	CELL(AUTHORIZED, SUPPLICANT_LOST, WAITING),
	CELL(AUTHORIZED, EAP_STARTED, AUTHORIZED),
	CELL(AUTHORIZED, CERT_CHECK, AUTHORIZED),
	CELL(AUTHORIZED, EAP_SUCCESS, CHECKING),
	CELL(AUTHORIZED, EAP_FAILURE, CHECKING),
	CELL(AUTHORIZED, KEY_REQUEST, AUTHORIZED),
	CELL(CHECKING, LINK_GONE, ABSENT),
	CELL(CHECKING, CARRIER_DOWN, DOWN),
	CELL(CHECKING, SUPPLICANT_LOST, WAITING),
	CELL(CHECKING, EAP_STARTED, AUTHORIZED),
	CELL(CHECKING, PORT_OPEN, AUTHORIZED),
	CELL(CHECKING, PORT_SHUT, CHECKING),
	CELL(CHECKING, TIMEOUT, CHECKING),
	CELL(CHECKING, GIVE_UP, BACKOFF),
	CELL(CHECKING, RETRY, WAITING),
	CELL(BACKOFF, LINK_GONE, ABSENT),
	CELL(BACKOFF, CARRIER_DOWN, DOWN),
	CELL(BACKOFF, EAP_STARTED, AUTHENTICATING),
	CELL(BACKOFF, TIMEOUT, WAITING),
	CELL(BACKOFF, RETRY, WAITING),
	CELL(ASSOCIATING, SHOW, WAITING),
	CELL(STARTING, SHOW, WAITING),
	CELL(AUTHENTICATING, SHOW, WAITING),
	CELL(CONFIRMING, SHOW, WAITING),
	CELL(AUTHORIZED, SHOW, WAITING),
	CELL(CHECKING, SHOW, WAITING),
	CELL(BACKOFF, SHOW, WAITING),
};
#undef CELL

static void wanted_cell(
	enum port_state state, enum port_event event, int *ret_next)
{
	*ret_next = -1;
	for (size_t i = 0; i < N_OF(wanted_cells); i++) {
		if (wanted_cells[i].state == state &&
			wanted_cells[i].event == event)
			*ret_next = (int)wanted_cells[i].next;
	}
}

static void table_every_cell_is_as_written_here(void **state)
{
	(void)state;
	for (int s = 0; s < PORT_N_STATES; s++) {
		for (int e = 0; e < PORT_N_EVENTS; e++) {
			const struct port_cell *c = states_get(
				(enum port_state)s, (enum port_event)e);
			int next;

			wanted_cell(
				(enum port_state)s, (enum port_event)e, &next);
			if ((c->handler ? (int)c->next : -1) != next)
				fail_msg("%s/%s", states_name(s),
					states_event_name(e));
		}
	}
}

/* No state but the open ones is without a way on: a timer, or an event that
 * the outside world will certainly send. */
static void table_no_state_waits_for_ever(void **state)
{
	(void)state;
	for (int s = 0; s < PORT_N_STATES; s++) {
		for (int e = 0; e < PORT_N_EVENTS; e++) {
			const struct port_cell *c = states_get(
				(enum port_state)s, (enum port_event)e);
			const struct port_cell *t =
				states_get(c->next, PORT_EVENT_TIMEOUT);

			if (!c->handler || c->timeout == PORT_TIMEOUT_NONE ||
				c->timeout == PORT_TIMEOUT_KEEP)
				continue;
			assert_non_null(t->handler);
		}
	}
}

static void rejected_event_changes_nothing(void **state)
{
	(void)state;
	for (int s = 0; s < PORT_N_STATES; s++) {
		for (int e = 1; e < PORT_N_EVENTS; e++) {
			if (states_get((enum port_state)s, (enum port_event)e)
					->handler)
				continue;
			setup(NULL);
			port.state = (enum port_state)s;
			port_dispatch(&port, (enum port_event)e);
			assert_int_equal(port.state, s);
			assert_int_equal(fake.n_changed, 0);
			assert_string_equal(fake.commands, "");
		}
	}
}

static void diagram_in_docs_is_the_table(void **state)
{
	FILE *docs = fopen("docs/agent-states.md", "re");
	char *now_text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&now_text, &len);
	char file[16384];
	size_t n;

	(void)state;
	assert_non_null(docs); /* run from the source folder, as tests/check */
	assert_rc(states_dump(out), DEVID_OK);
	assert_int_equal(fclose(out), 0);
	n = fread(file, 1, sizeof(file), docs);
	assert_int_equal(fclose(docs), 0);
	assert_int_equal(n, len);
	assert_memory_equal(file, now_text, len);
	free(now_text);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, setup)
	const struct CMUnitTest tests[] = {
		TEST(attach_straight_way_ends_authorized),
		TEST(attach_waits_for_the_supplicant),
		TEST(success_without_eap_is_not_believed),
		TEST(success_in_backoff_is_not_believed),
		TEST(success_with_port_shut_is_a_failure),
		TEST(success_with_another_server_than_remembered_is_refused),
		TEST(start_is_repeated_then_given_up),
		TEST(no_authenticator_is_told_once),
		TEST(quiet_authenticator_keeps_the_verdict),
		TEST(failure_shuts_the_port_and_backs_off),
		TEST(failure_after_tls_is_told_from_one_in_it),
		TEST(success_without_a_question_is_an_open_port),
		TEST(success_that_is_passed_over_is_an_open_port),
		TEST(mtu_of_the_port_is_in_the_record),
		TEST(replug_is_at_once_and_forgets),
		TEST(unplug_of_open_port_disconnects_once),
		TEST(unplug_in_handshake_is_recorded),
		TEST(supplicant_death_keeps_the_port_admitted),
		TEST(keep_alive_failure_with_open_port_is_nothing),
		TEST(lone_failure_with_shut_port_attaches_again),
		TEST(reauthentication_is_recorded),
		TEST(refused_reauthentication_is_a_failure),
		TEST(cert_check_is_always_answered),
		TEST(supplicant_that_does_not_associate_is_given_up),
		TEST(refused_identity_gives_its_turn_at_once),
		TEST(refused_identities_are_told_once_each),
		TEST(unplug_forgets_who_was_refused),
		TEST(success_ends_the_round),
		TEST(history_keeps_the_newest),
		TEST(table_every_cell_is_as_written_here),
		TEST(table_no_state_waits_for_ever),
		TEST(rejected_event_changes_nothing),
		TEST(diagram_in_docs_is_the_table),
	};

	log_init("test-agent-port", (enum log_level)0); /* says nothing */
	return cmocka_run_group_tests(tests, NULL, NULL);
}

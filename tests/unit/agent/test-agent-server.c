/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "log.h"
#include "ports.h"
#include "server.h"
#include "tempdir.h"

static struct tempdir dir;
static struct agent *agent;
static struct agent_port *ap;
static struct config config;

static int setup(void **state)
{
	(void)state;
	dir = tempdir_new();
	memset(&config, 0, sizeof(config));
	config.run_dir = dir.path;
	agent = calloc(1, sizeof(*agent));
	assert_non_null(agent);
	agent->config = &config;
	agent->n_ports = 1;
	ap = &agent->ports[0];
	ap->agent = agent;
	ap->port.owner = ap;
	ap->trust_mode = WPACONF_TRUST_NONE; /* nothing is remembered */
	attach_begin(&ap->port.attach, 0, 0);
	return trust_load(
		&agent->trust, tempdir_file(&dir, "trust.json"), NULL);
}

static int teardown(void **state)
{
	(void)state;
	trust_candidate_clear(&ap->server);
	trust_done(&agent->trust);
	free(agent);
	tempdir_remove(&dir);
	return 0;
}

static void admit(const char *name)
{
	struct devid_error err = { DEVID_OK, "" };

	assert_rc(names_add(&config.server_names, name, &err), DEVID_OK);
}

/* The server of the running attach: certificate @leaf, name @name or "", and
 * an issuer that only its number tells. */
static void server_is(uint8_t leaf, const char *name)
{
	struct event ev = { .type = EVENT_EAP_STARTED };

	trust_note(&ap->server, &ev);
	ap->port.attach.reason[0] = '\0';
	ev = (struct event) { .type = EVENT_PEER_CERT, .has_hash = true };
	ev.depth = 1;
	memset(ev.hash, 9, sizeof(ev.hash));
	trust_note(&ap->server, &ev);
	ev.has_hash = false;
	ev.cert_hex = "3000";
	ev.cert_hex_len = 4;
	trust_note(&ap->server, &ev);
	ev = (struct event) { .type = EVENT_PEER_CERT, .has_hash = true };
	memset(ev.hash, leaf, sizeof(ev.hash));
	trust_note(&ap->server, &ev);
	ev = (struct event) { .type = EVENT_PEER_NAME };
	(void)snprintf(ev.text, sizeof(ev.text), "%s", name);
	if (name[0])
		trust_note(&ap->server, &ev);
}

static void assert_refused(const char *reason)
{
	assert_false(server_allowed(&ap->port));
	if (!strstr(ap->port.attach.reason, reason))
		fail_msg("%s: not in: %s", reason, ap->port.attach.reason);
	assert_false(server_keep(&ap->port));
}

/* wpa_supplicant has taken its common name for one. */
static void pinned_server_without_dns_name_is_refused(void **state)
{
	(void)state;
	admit("radius.example");
	server_is(1, "");
	assert_refused("no DNS name");
	server_is(1, "radius.example");
	assert_true(server_allowed(&ap->port));
	assert_true(server_keep(&ap->port));
	assert_int_equal(tempdir_count(&dir), 0);
}

/* It compares suffixes of all names when one has a "*.". */
static void pinned_host_below_a_whole_name_is_refused(void **state)
{
	(void)state;
	admit("radius.example");
	admit("*.site.example");
	server_is(1, "a.radius.example");
	assert_refused("wrong server name");
	server_is(1, "a.site.example");
	assert_true(server_allowed(&ap->port));
}

/* More than ten names: wpa_supplicant has seen the right one, we have not. */
static void pinned_whole_names_are_not_judged_again(void **state)
{
	(void)state;
	admit("radius.example");
	server_is(1, "other.example");
	assert_true(server_allowed(&ap->port));
}

static void first_use_writes_the_issuer_and_makes_ports_anew(void **state)
{
	char path[PATH_MAX];

	(void)state;
	config.first_use = true;
	ap->by_key = true;
	server_ca_path(agent, path);
	server_is(1, "a.example");
	assert_true(server_keep(&ap->port));
	assert_true(agent->trust.pinned);
	assert_int_equal(access(path, R_OK), 0);
	assert_true(ap->stale);
	assert_false(ap->by_key);
}

static void first_use_verified_only_in_the_mode_that_verifies(void **state)
{
	(void)state;
	config.first_use = true;
	server_is(1, "a.example");
	assert_true(server_keep(&ap->port));
	server_is(2, "a.example");
	ap->port.attach.server_verified = true;
	ap->trust_mode = WPACONF_TRUST_NONE;
	assert_refused("not the one remembered");
	ap->trust_mode = WPACONF_TRUST_CA;
	assert_true(server_allowed(&ap->port));
	ap->port.attach.server_verified = false;
	assert_refused("not the one remembered");
}

static void failure_changes_between_issuer_and_key(void **state)
{
	(void)state;
	config.first_use = true;
	server_failed(ap);
	assert_false(ap->by_key); /* there is no issuer */
	server_is(1, "a.example");
	assert_true(server_keep(&ap->port));
	ap->stale = false;
	server_failed(ap);
	assert_true(ap->by_key);
	assert_true(ap->stale);
	/* its refusal keeps the words of the try by issuer */
	ap->port.class = ATTACH_CLASS_SERVER_UNTRUSTED;
	(void)strcpy(ap->port.reason, "more of it");
	server_is(2, "a.example");
	assert_refused("more of it");
	server_failed(ap);
	assert_false(ap->by_key);
	config.first_use = false;
	server_failed(ap);
	assert_false(ap->by_key);
}

/* An attach of @leaf by what was configured last succeeds. */
static void attached(uint8_t leaf)
{
	ap->trust_mode = agent->trust.has_ca && !ap->by_key
				 ? WPACONF_TRUST_CA
				 : WPACONF_TRUST_NONE;
	ap->stale = false;
	ap->port.attach.server_verified = true;
	server_is(leaf, "r1.site.example");
	assert_true(server_keep(&ap->port));
}

/* wpa_supplicant shows nothing above an intermediate that it trusts. */
static void known_key_is_looked_at_once_without_its_issuer(void **state)
{
	(void)state;
	config.first_use = true;
	attached(1);
	assert_false(ap->by_key); /* all of it was seen just now */
	attached(1);
	assert_true(ap->by_key);
	assert_true(ap->stale);
	/* the switch asks again before that is configured */
	ap->trust_mode = WPACONF_TRUST_CA;
	server_is(1, "r1.site.example");
	assert_true(server_keep(&ap->port));
	assert_true(ap->by_key);
	attached(1);
	assert_false(ap->by_key); /* back to what verifies */
	assert_true(ap->stale);
	attached(1);
	assert_false(ap->by_key); /* once */
}

static void look_without_issuer_that_fails_is_over(void **state)
{
	(void)state;
	config.first_use = true;
	attached(1);
	attached(1);
	assert_true(ap->by_key);
	server_failed(ap);
	assert_false(ap->by_key);
	attached(1);
	assert_false(ap->by_key);
}

/* Neither a second server, whose key is not known, nor below a root. */
static void no_look_where_nothing_can_be_learnt(void **state)
{
	(void)state;
	config.first_use = true;
	attached(1);
	ap->trust_mode = WPACONF_TRUST_CA;
	server_is(2, "r2.site.example");
	assert_true(server_keep(&ap->port));
	assert_false(ap->by_key);
	agent->trust.is_root = true;
	attached(1);
	assert_false(ap->by_key);
}

static void damaged_store_is_the_reason(void **state)
{
	(void)state;
	config.first_use = true;
	agent->trust.broken = true;
	server_is(1, "a.example");
	assert_refused("damaged");
}

static void resumed_session_needs_a_server_that_is_known(void **state)
{
	(void)state;
	ap->port.attach.resumed = true;
	assert_true(server_keep(&ap->port));
	config.first_use = true;
	assert_false(server_keep(&ap->port));
	agent->trust.pinned = true;
	assert_true(server_keep(&ap->port));
	server_is(7, "stranger.example");
	assert_refused("not the one remembered");
}

/* The site's document is in force: its names alone, whatever is remembered. */
static void site_without_names_admits_nobody(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	config.first_use = true;
	agent->site.in_force = true;
	server_is(1, "a.site.example");
	ap->port.attach.server_verified = true;
	assert_false(server_allowed(&ap->port));
	assert_string_equal(
		ap->port.attach.reason, "the site's document names no server");
	assert_rc(names_add(&agent->site.names, "a.site.example", &err),
		DEVID_OK);
	assert_true(server_allowed(&ap->port));
	assert_true(server_keep(&ap->port));
	assert_false(agent->trust.pinned); /* nothing is learnt */
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(pinned_server_without_dns_name_is_refused),
		TEST(pinned_host_below_a_whole_name_is_refused),
		TEST(pinned_whole_names_are_not_judged_again),
		TEST(first_use_writes_the_issuer_and_makes_ports_anew),
		TEST(first_use_verified_only_in_the_mode_that_verifies),
		TEST(failure_changes_between_issuer_and_key),
		TEST(known_key_is_looked_at_once_without_its_issuer),
		TEST(look_without_issuer_that_fails_is_over),
		TEST(no_look_where_nothing_can_be_learnt),
		TEST(damaged_store_is_the_reason),
		TEST(resumed_session_needs_a_server_that_is_known),
		TEST(site_without_names_admits_nobody),
	};

	log_init("test-agent-server", (enum log_level)0); /* says nothing */
	return cmocka_run_group_tests(tests, NULL, NULL);
}

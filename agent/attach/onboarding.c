/* SPDX-License-Identifier: Apache-2.0 */
#include "onboarding.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "address.h"
#include "cleanup.h"
#include "fail.h"
#include "files.h"
#include "log.h"
#include "names.h"
#include "onboard-site.h"
#include "onboard-work.h"
#include "pem-text.h"
#include "ports.h"
#include "server.h"
#include "states.h"

#define BOOT_PATH   "/proc/sys/kernel/random/boot_id"
#define NOTE_PREFIX "domain."
/* A note is whole when it gets its name: the first by a link, the next by a
 * rename (output.h). */
#define NOTED (IN_CREATE | IN_MOVED_TO)

struct onboarding {
	struct agent *agent;         /* borrowed */
	struct onboarder *onboarder; /* owned, as all here */
	struct onboard_worker *worker;
	sd_event_source *timer;
	sd_event_source *refresher; /* carries out what is to be shown */
	sd_event_source *notes;     /* of addresses */
	bool reattach;              /* with the next refresh */
	char port[IFNAMSIZ];        /* in charge, or "" */
	char dir[PATH_MAX], staging[PATH_MAX], anchor[PATH_MAX];
};

/* ---- what is shown, and to whom ---- */

static enum devid_err make_list(const struct agent *agent,
	const enum key_id *keys, size_t n, struct identities *ret,
	struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	for (size_t i = 0; i < n && rc == DEVID_OK; i++)
		rc = identities_add(ret, key_id_name(keys[i]), err);
	if (rc == DEVID_OK)
		rc = identities_place(ret, agent->config->state_dir, err);
	if (rc != DEVID_OK)
		identities_done(ret);
	return rc;
}

enum devid_err onboarding_all(const struct agent *agent, struct identities *ret,
	struct devid_error *err)
{
	enum key_id keys[IDENTITIES_MAX] = { KEY_IDEVID };
	size_t n = 1;

	while (n < IDENTITIES_MAX &&
		key_id_of(KEY_ROLE_LDEVID, (unsigned)(n - 1), &keys[n]))
		n++;
	return make_list(agent, keys, n, ret, err);
}

static bool is_list(
	const struct identities *list, const enum key_id *keys, size_t n)
{
	for (size_t i = 0; i < n && i < list->n; i++) {
		if (list->of[i].id != keys[i])
			return false;
	}
	return list->n == n;
}

static bool has_carrier(const struct port *port)
{
	return port->state != PORT_STATE_ABSENT &&
	       port->state != PORT_STATE_DOWN;
}

/* Whose turn it is stays so where that one is still shown; a port without a
 * cable begins with the first. */
static void keep_turn(struct agent_port *ap, const struct identities *list)
{
	identity_choice_reset(&ap->port.choice);
	for (size_t i = 0; i < list->n && has_carrier(&ap->port); i++) {
		if (strcmp(list->of[i].name, ap->port.key) != 0)
			continue;
		ap->port.choice.now = i;
		ap->identity = i;
	}
}

static void show_list(struct onboarding *ob)
{
	struct agent *agent = ob->agent;
	struct identities list = { .n = 0 };
	struct devid_error err = { DEVID_OK, "" };
	enum key_id keys[2];
	size_t n = onboarder_shown(ob->onboarder, keys);

	if (is_list(&agent->config->identities, keys, n))
		return;
	if (make_list(agent, keys, n, &list, &err) != DEVID_OK) {
		log_error("onboarding: %s", devid_error_text(&err));
		return;
	}
	identities_done(&agent->config->identities);
	agent->config->identities = list;
	for (size_t i = 0; i < agent->n_ports; i++)
		keep_turn(&agent->ports[i], &list);
}

/* The document's names, and its anchors in a file for wpa_supplicant. */
static enum devid_err use_site(struct agent *agent,
	const struct site_document *document, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob pem = { NULL, 0 };
	char path[PATH_MAX];
	enum devid_err rc = DEVID_OK;

	memset(&agent->site, 0, sizeof(agent->site));
	for (size_t i = 0; i < document->n_names && rc == DEVID_OK; i++)
		rc = names_add(&agent->site.names, document->names[i], err);
	if (rc == DEVID_OK)
		rc = site_document_anchors(document, &pem, err);
	server_site_path(agent, path);
	if (rc == DEVID_OK)
		rc = files_write_unsynced(path, pem.data, pem.len, 0644, err);
	return rc;
}

static bool is_site(const struct site_trust *a, const struct site_trust *b)
{
	if (a->in_force != b->in_force || a->names.n != b->names.n)
		return false;
	for (size_t i = 0; i < a->names.n; i++) {
		if (strcmp(a->names.of[i], b->names.of[i]) != 0)
			return false;
	}
	return true;
}

/*
 * What the document in force says is insisted on with every identity. One that
 * cannot be used is no reason to trust more servers: none is accepted then.
 */
static void show_site(struct onboarding *ob)
{
	CLEANUP(cleanup_site_document) struct site_document *document = NULL;
	struct agent *agent = ob->agent;
	struct site_trust old = agent->site;
	struct devid_error err = { DEVID_OK, "" };
	const char *name = onboarder_site_is_candidate(ob->onboarder)
				   ? ONBOARD_CANDIDATE_NAME
				   : ONBOARD_SITE_NAME;
	enum devid_err rc;

	rc = onboard_site_load(ob->dir, name, &document, &err);
	if (rc == DEVID_OK)
		rc = use_site(agent, document, &err);
	if (rc != DEVID_OK)
		memset(&agent->site, 0, sizeof(agent->site));
	if (rc != DEVID_OK && rc != DEVID_ERR_NOT_FOUND)
		log_error("onboarding: no RADIUS server is accepted: %s",
			devid_error_text(&err));
	agent->site.in_force = rc != DEVID_ERR_NOT_FOUND;
	if (is_site(&old, &agent->site) && !ob->reattach)
		return;
	for (size_t i = 0; i < agent->n_ports; i++)
		agent->ports[i].stale = true;
}

static void attach_anew(struct agent *agent)
{
	for (size_t i = 0; i < agent->n_ports; i++) {
		struct port *port = &agent->ports[i].port;

		if (states_get(port->state, PORT_EVENT_SHOW)->handler)
			port_dispatch(port, PORT_EVENT_SHOW);
	}
}

/* From the loop alone: the ports are not in the midst of anything. */
static int on_refresh(sd_event_source *s, void *user)
{
	struct onboarding *ob = user;
	bool reattach = ob->reattach;

	(void)s; /* one-shot */
	show_list(ob);
	show_site(ob);
	ob->reattach = false;
	if (reattach && !ob->agent->stopping)
		attach_anew(ob->agent);
	return 0;
}

static void refresh_later(struct onboarding *ob)
{
	if (sd_event_source_set_enabled(ob->refresher, SD_EVENT_ONESHOT) < 0)
		log_error("onboarding: event failed");
}

/* ---- what the onboarder asks for ---- */

static void set_timer(void *user, uint64_t ms)
{
	struct onboarding *ob = user;
	int r = 0;

	if (ms)
		r = sd_event_source_set_time_relative(ob->timer, ms * 1000);
	if (r >= 0)
		r = sd_event_source_set_enabled(
			ob->timer, ms ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
	if (r < 0)
		log_error("onboarding: timer: %s", strerror(-r));
}

static uint64_t now(void *user)
{
	struct timespec ts;

	(void)user;                               /* one clock for all */
	(void)clock_gettime(CLOCK_BOOTTIME, &ts); /* cannot fail on Linux */
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static uint32_t random_number(void *user)
{
	uint32_t n;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != sizeof(n))
		n = (uint32_t)now(user); /* jitter, not a secret */
	return n;
}

static void show(void *user)
{
	struct onboarding *ob = user;

	ob->reattach = true;
	refresh_later(ob);
}

static void changed(void *user)
{
	struct onboarding *ob = user;

	refresh_later(ob);
	agent_touch(ob->agent);
}

static void start(void *user, const struct onboard_work *work)
{
	struct onboarding *ob = user;

	onboard_worker_start(ob->worker, work);
}

static void stop(void *user)
{
	struct onboarding *ob = user;

	onboard_worker_stop(ob->worker);
}

static bool take_document(void *user, char class[ONBOARD_CLASS_MAX],
	char cause[ONBOARD_CAUSE_MAX])
{
	const struct onboarding *ob = user;

	return onboard_site_take(ob->staging, ob->dir,
		ob->agent->config->firmware, class, cause);
}

static const struct onboarder_ops ops = { set_timer, now, random_number, show,
	start, stop, take_document, changed };

static int on_timer(sd_event_source *s, uint64_t when, void *user)
{
	struct onboarding *ob = user;

	(void)s;
	(void)when;
	onboarder_timeout(ob->onboarder);
	return 0;
}

/* ---- what devid-enroll is told ---- */

/* The issuer that the RADIUS server showed at first use, as a file. */
static const char *write_anchor(struct onboarding *ob)
{
	const struct trust *trust = &ob->agent->trust;
	struct devid_error err = { DEVID_OK, "" };
	size_t size;
	CLEANUP(cleanup_free) char *text = NULL;

	if (!ob->agent->config->first_use)
		return ob->agent->config->ca;
	if (!trust->has_ca)
		return NULL;
	size = pem_text_size("CERTIFICATE", trust->der_len);
	text = malloc(size);
	if (text &&
		pem_text_write("CERTIFICATE",
			(struct view) { trust->der, trust->der_len }, text,
			size, &err) == DEVID_OK &&
		files_write_unsynced(
			ob->anchor, text, strlen(text), 0644, &err) == DEVID_OK)
		return ob->anchor;
	log_error("onboarding: %s", devid_error_text(&err));
	return NULL;
}

static const char *server_name(const struct agent *agent)
{
	const struct names *names = &agent->config->server_names;

	if (agent->config->first_use)
		return agent->trust.name;
	return names->n > 0 && !names_wild(names) ? names->of[0] : "";
}

static void settings(void *user, struct onboard_work_settings *ret)
{
	struct onboarding *ob = user;
	const struct config *c = ob->agent->config;

	*ret = (struct onboard_work_settings) {
		.program = c->enroll_program,
		.user = c->enroll_user,
		.config = ob->agent->config_path,
		.staging = ob->staging,
		.dir = ob->dir,
		.hooks = c->onboard_hooks,
		.socket = c->keyd_socket,
		.firmware = c->firmware,
		.anchor = write_anchor(ob),
		.server = server_name(ob->agent),
		.domain = ob->onboarder->domain,
		.port = ob->port,
	};
}

static void worked(void *user, const struct onboard_result *result)
{
	struct onboarding *ob = user;

	onboarder_worked(ob->onboarder, result);
}

/* ---- addresses ---- */

static void read_note(struct onboarding *ob)
{
	struct devid_error err = { DEVID_OK, "" };
	char domain[DOMAIN_MAX + 1] = "";
	enum devid_err rc;

	rc = address_read(ob->agent->config->run_dir, ob->port, domain, &err);
	if (rc == DEVID_ERR_NOT_FOUND)
		return;
	if (rc != DEVID_OK) {
		log_warn("onboarding: %s", devid_error_text(&err));
		return;
	}
	onboarder_address(ob->onboarder, domain);
}

static int on_note(
	sd_event_source *s, const struct inotify_event *ev, void *user)
{
	static const size_t prefix = sizeof(NOTE_PREFIX) - 1;
	struct onboarding *ob = user;

	(void)s;
	if (ev->len == 0 || strncmp(ev->name, NOTE_PREFIX, prefix) != 0 ||
		!ob->port[0] || strcmp(ev->name + prefix, ob->port) != 0)
		return 0;
	read_note(ob);
	return 0;
}

void onboarding_no_address(struct agent_port *ap)
{
	struct onboarding *ob = ap->agent->onboarding;
	struct devid_error err = { DEVID_OK, "" };

	if (address_forget(ap->agent->config->run_dir, ap->port.name, &err) !=
		DEVID_OK)
		log_warn("onboarding: %s", devid_error_text(&err));
	if (ob && strcmp(ob->port, ap->port.name) == 0)
		onboarder_no_address(ob->onboarder);
}

/* ---- ports ---- */

static enum key_id shown_key(const struct port *port)
{
	enum key_id id;

	return key_id_by_name(port->key, &id) ? id : KEY_NONE;
}

/* Another port that has a cable, if there is one, is in charge. */
static void take_charge(struct onboarding *ob)
{
	struct agent *agent = ob->agent;

	for (size_t i = 0; i < agent->n_ports; i++) {
		struct port *port = &agent->ports[i].port;

		if (!has_carrier(port))
			continue;
		(void)snprintf(ob->port, sizeof(ob->port), "%s", port->name);
		onboarder_carrier(ob->onboarder, true);
		if (port->state != PORT_STATE_AUTHORIZED)
			return;
		onboarder_let_in(ob->onboarder, shown_key(port));
		read_note(ob);
		return;
	}
}

static void leave(struct onboarding *ob, struct agent_port *ap)
{
	onboarding_no_address(ap);
	ob->port[0] = '\0';
	onboarder_carrier(ob->onboarder, false);
	take_charge(ob);
}

/* The LDevID in use whose files speak against it. */
static const struct identity *unusable(
	const struct onboarding *ob, const char **ret_why)
{
	const struct identities *list = &ob->agent->config->identities;

	for (size_t i = 0; i < list->n; i++) {
		if (list->of[i].id != ob->onboarder->facts.active)
			continue;
		*ret_why = identity_why_not(&list->of[i]);
		return *ret_why ? &list->of[i] : NULL;
	}
	return NULL;
}

static void tell_unusable(
	struct onboarding *ob, const struct identity *id, const char *why)
{
	const struct onboarder_refusal refusal = { id->id,
		attach_class_name(ATTACH_CLASS_KEY_UNAVAILABLE), why, true };

	onboarder_refused(ob->onboarder, &refusal);
}

/* One that was passed over without a try has its cause as well. */
static void let_in(struct onboarding *ob, const struct port *port)
{
	enum key_id key = shown_key(port);
	const char *why = NULL;
	const struct identity *id = unusable(ob, &why);

	if (id && id->id != key && ob->onboarder->state != ONBOARD_FALLING_BACK)
		tell_unusable(ob, id, why);
	onboarder_let_in(ob->onboarder, key);
	read_note(ob); /* no new one comes where the address is still good */
}

void onboarding_watched(struct agent *agent)
{
	struct onboarding *ob = agent->onboarding;
	const char *why = NULL;
	const struct identity *id;

	if (!ob || agent->stopping ||
		ob->onboarder->state != ONBOARD_PRODUCTION)
		return;
	id = unusable(ob, &why);
	if (!id)
		return;
	tell_unusable(ob, id, why);
	show(ob); /* the port is open to what is gone */
}

void onboarding_changed(struct agent_port *ap, enum port_state old)
{
	struct onboarding *ob = ap->agent->onboarding;
	struct port *port = &ap->port;

	if (!ob || ap->agent->stopping)
		return;
	if (!ob->port[0])
		take_charge(ob);
	if (strcmp(ob->port, port->name) != 0 || old == port->state)
		return;
	if (!has_carrier(port))
		leave(ob, ap);
	else if (port->state == PORT_STATE_AUTHORIZED)
		let_in(ob, port);
	else if (port->state == PORT_STATE_BACKOFF)
		onboarder_shut(ob->onboarder);
}

void onboarding_finished(struct agent_port *ap)
{
	struct onboarding *ob = ap->agent->onboarding;
	const struct attach *a = &ap->port.attach;
	const struct onboarder_refusal refusal = {
		shown_key(&ap->port), attach_class_name(a->class), a->reason,
		identity_is_blamed(a) || a->class == ATTACH_CLASS_SERVER_CHANGED
	};

	if (!ob || ap->agent->stopping || a->end == ATTACH_END_SUCCESS ||
		strcmp(ob->port, ap->port.name) != 0)
		return;
	onboarder_refused(ob->onboarder, &refusal);
}

/* ---- beginning and end ---- */

const struct onboarder *onboarding_onboarder(const struct onboarding *ob)
{
	return ob ? ob->onboarder : NULL;
}

static enum devid_err make_dirs(struct onboarding *ob, struct devid_error *err)
{
	const char *state = ob->agent->config->state_dir;

	(void)snprintf(ob->dir, sizeof(ob->dir), "%s/onboard", state);
	(void)snprintf(ob->staging, sizeof(ob->staging), "%s/enroll", state);
	(void)snprintf(ob->anchor, sizeof(ob->anchor),
		"%s/onboard/radius-anchor.pem", state);
	if (mkdir(ob->dir, 0755) < 0 && errno != EEXIST)
		return devid_fail(err, DEVID_ERR_IO, "mkdir: %s: %s", ob->dir,
			strerror(errno));
	return DEVID_OK;
}

static void read_boot(char ret[ONBOARD_BOOT_MAX])
{
	CLEANUP(cleanup_fclose) FILE *f = fopen(BOOT_PATH, "re");

	ret[0] = '\0';
	if (f && fgets(ret, ONBOARD_BOOT_MAX, f))
		ret[strcspn(ret, "\n")] = '\0';
}

static enum devid_err add_sources(
	struct onboarding *ob, struct devid_error *err)
{
	struct agent *agent = ob->agent;
	int r = sd_event_add_time_relative(agent->event, &ob->timer,
		CLOCK_BOOTTIME, 0, 1000000, on_timer, ob);

	if (r >= 0)
		r = sd_event_source_set_enabled(ob->timer, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_defer(
			agent->event, &ob->refresher, on_refresh, ob);
	if (r >= 0)
		r = sd_event_source_set_enabled(ob->refresher, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_inotify(agent->event, &ob->notes,
			agent->config->run_dir, NOTED, on_note, ob);
	if (r < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "onboarding: %s", strerror(-r));
	return DEVID_OK;
}

static enum devid_err add_onboarder(
	struct onboarding *ob, struct devid_error *err)
{
	const struct config *c = ob->agent->config;
	const struct onboard_worker_options worker = { settings, worked, ob };
	char boot[ONBOARD_BOOT_MAX];
	const struct onboarder_options options = {
		.ops = &ops,
		.user = ob,
		.dir = ob->dir,
		.keys_dir = c->state_dir,
		.registrar = c->registrar,
		.boot = boot,
	};
	enum devid_err rc;

	read_boot(boot);
	rc = onboard_worker_new(ob->agent->event, &worker, &ob->worker, err);
	if (rc == DEVID_OK)
		rc = onboarder_new(&options, &ob->onboarder, err);
	return rc;
}

enum devid_err onboarding_new(struct agent *agent, struct devid_error *err)
{
	struct onboarding *ob;
	enum devid_err rc;

	memset(&agent->site, 0, sizeof(agent->site));
	if (!agent->config->onboard)
		return DEVID_OK;
	ob = calloc(1, sizeof(*ob));
	if (!ob)
		return fail_no_memory(err);
	agent->onboarding = ob;
	ob->agent = agent;
	rc = make_dirs(ob, err);
	if (rc == DEVID_OK)
		rc = add_sources(ob, err);
	if (rc == DEVID_OK)
		rc = add_onboarder(ob, err);
	if (rc != DEVID_OK) {
		onboarding_free(agent);
		return rc;
	}
	show_list(ob);
	show_site(ob);
	take_charge(ob);
	return DEVID_OK;
}

void onboarding_free(struct agent *agent)
{
	struct onboarding *ob = STEAL(agent->onboarding);

	if (!ob)
		return;
	onboarder_free(ob->onboarder);
	onboard_worker_free(ob->worker);
	sd_event_source_disable_unref(ob->timer);
	sd_event_source_disable_unref(ob->refresher);
	sd_event_source_disable_unref(ob->notes);
	free(ob);
}

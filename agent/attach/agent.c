/* SPDX-License-Identifier: Apache-2.0 */
#include "agent.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "cleanup.h"
#include "drive.h"
#include "effects.h"
#include "hooks.h"
#include "identity.h"
#include "keyd-watch.h"
#include "link.h"
#include "links.h"
#include "log.h"
#include "onboarding.h"
#include "ports.h"
#include "server.h"
#include "states.h"
#include "status.h"
#include "supplicant.h"
#include "watch.h"

/* The files of all identities behind it. */
#define WATCHED_KEYD 0

_Static_assert(WATCH_MAX >= 1 + IDENTITIES_MAX * N_IDENTITY_FILES, "room");

static void state_path(
	const struct agent *agent, const char *name, char out[PATH_MAX])
{
	(void)snprintf(out, PATH_MAX, "%s/%s", agent->config->state_dir, name);
}

static void status_path(const struct agent *agent, char out[PATH_MAX])
{
	(void)snprintf(out, PATH_MAX, "%s/agent.json", agent->config->run_dir);
}

/* Status and history */

static void tell_manager(const struct agent *agent)
{
	char text[512] = "";
	size_t n = 0;

	for (size_t i = 0; i < agent->n_ports && n < sizeof(text) - 64; i++) {
		const struct port *port = &agent->ports[i].port;

		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s %s",
			i ? ", " : "", port->name, states_name(port->state));
	}
	(void)sd_notifyf(0, "STATUS=%s", text); /* nobody may listen */
}

static int on_flush(sd_event_source *s, void *user)
{
	const struct port *ports[AGENT_PORTS_MAX];
	struct devid_error err = { DEVID_OK, "" };
	struct agent *agent = user;
	struct status st = { supplicant_pid(agent->supplicant),
		agent->keyd_present, agent->clock_ok, agent->config->first_use,
		&agent->trust, &agent->config->identities, ports,
		agent->n_ports, onboarding_onboarder(agent->onboarding) };
	char path[PATH_MAX];

	(void)s; /* one-shot */
	for (size_t i = 0; i < agent->n_ports; i++)
		ports[i] = &agent->ports[i].port;
	status_path(agent, path);
	if (status_write(path, &st, &err) != DEVID_OK)
		log_error("%s", devid_error_text(&err));
	tell_manager(agent);
	if (!agent->history_dirty)
		return 0;
	agent->history_dirty = false;
	devid_error_clear(&err);
	state_path(agent, "history.json", path);
	if (status_store_history(path, ports, agent->n_ports, &err) != DEVID_OK)
		log_warn("%s", devid_error_text(&err));
	return 0;
}

static void add_record(void *user, const char *name, const struct attach *a)
{
	struct agent *agent = user;
	struct agent_port *ap;

	if (!config_wants(agent->config, name))
		return;
	ap = agent_get_port(agent, name);
	if (ap)
		port_add_history(&ap->port, a);
}

static void load_state(struct agent *agent)
{
	struct devid_error err = { DEVID_OK, "" };
	char path[PATH_MAX];
	enum devid_err rc;

	state_path(agent, "history.json", path);
	rc = status_load_history(path, add_record, agent, &err);
	if (rc != DEVID_OK && rc != DEVID_ERR_NOT_FOUND)
		log_warn("%s", devid_error_text(&err));
	devid_error_clear(&err);
	state_path(agent, "server-trust.json", path);
	if (trust_load(&agent->trust, path, &err) != DEVID_OK)
		log_error("%s: no server is accepted until it is repaired or "
			  "removed",
			devid_error_text(&err));
	server_write_ca(agent);
}

/* The files that are watched */

static void on_watched(void *user, size_t index)
{
	static const enum attach_class classes[] = {
		ATTACH_CLASS_KEY_UNAVAILABLE,
		ATTACH_CLASS_CERT_REJECTED,
		ATTACH_CLASS_AUTHZ_DENIED,
	};
	struct agent *agent = user;

	if (index == WATCHED_KEYD) {
		/* A socket that was made anew is another keyd's, even when
		 * the end of the last one went unnoticed. */
		agent->n_probes = 0;
		agent->keyd_renewed = true;
		agent_check_keyd(agent);
		return;
	}
	/* Another key or certificate: the old verdicts on it are void. */
	for (size_t i = 0; i < agent->n_ports; i++)
		identity_choice_renew(&agent->ports[i].port.choice);
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		agent_dispatch_all(agent, PORT_EVENT_RETRY, classes[i]);
	onboarding_watched(agent);
}

static enum devid_err add_watch(struct agent *agent, struct devid_error *err)
{
	CLEANUP(identities_done) struct identities all = { .n = 0 };
	const struct identities *list = &agent->config->identities;
	const char *paths[WATCH_MAX] = { agent->config->keyd_socket };
	struct watch_options options = {
		.paths = paths,
		.n_paths = 1,
		.changed = on_watched,
		.user = agent,
	};

	if (agent->onboarding) {
		enum devid_err rc = onboarding_all(agent, &all, err);

		if (rc != DEVID_OK)
			return rc;
		list = &all;
	}
	for (size_t i = 0; i < list->n; i++) {
		for (int f = 0; f < N_IDENTITY_FILES; f++) {
			if (list->of[i].path[f])
				paths[options.n_paths++] = list->of[i].path[f];
		}
	}
	return watch_new(agent->event, &options, &agent->watch, err);
}

/* End */

static void finish_stop(struct agent *agent)
{
	if (agent->stopping && supplicant_pid(agent->supplicant) == 0 &&
		hooks_idle(agent->hooks))
		(void)sd_event_exit(agent->event, agent->exit_code);
}

static void on_stopped(void *user)
{
	finish_stop(user);
}

static void on_hooks_idle(void *user)
{
	finish_stop(user);
}

/* The port is left shut: with EAPOL-Logoff the switch closes it, so that the
 * next one on the cable does not inherit it (802.1X-2020 8.7). */
static void log_off(struct agent *agent)
{
	struct ctrl *ctrl = supplicant_ctrl(agent->supplicant);
	char line[64];

	for (size_t i = 0; i < agent->n_ports; i++) {
		struct port *port = &agent->ports[i].port;
		struct hooks_event ev = { .event = "unauthorized",
			.state = "down",
			.reason = "the agent ends" };

		if (!port->admitted)
			continue;
		port->admitted = false;
		(void)snprintf(ev.port, sizeof(ev.port), "%s", port->name);
		(void)snprintf(ev.key, sizeof(ev.key), "%s", port->key);
		hooks_run(agent->hooks, &ev);
		(void)snprintf(
			line, sizeof(line), "IFNAME=%s LOGOFF", port->name);
		if (ctrl)
			ctrl_send(ctrl, NULL, NULL, line);
	}
}

static int on_terminate(
	sd_event_source *s, const struct signalfd_siginfo *si, void *user)
{
	struct agent *agent = user;

	(void)s;
	if (agent->stopping) { /* asked twice: no more waiting for hooks */
		(void)sd_event_exit(agent->event, agent->exit_code);
		return 0;
	}
	log_info("ending on signal %u", si->ssi_signo);
	(void)sd_notify(0, "STOPPING=1"); /* nobody may listen */
	agent->stopping = true;
	log_off(agent);
	supplicant_stop(agent->supplicant);
	return 0;
}

/* Reload */

/* One that never answers is seen by its process alone. */
static void on_process(void *user)
{
	agent_touch(user);
}

static enum devid_err start_supplicant(
	struct agent *agent, struct devid_error *err)
{
	const struct supplicant_ops ops = { on_process, agent_on_ready,
		agent_on_lost, on_stopped, agent_on_event, agent };

	return supplicant_new(
		agent->event, agent->config, &ops, &agent->supplicant, err);
}

static enum devid_err check_reload(const struct agent *agent,
	const struct config *new, struct devid_error *err)
{
	if (strcmp(new->run_dir, agent->config->run_dir) != 0 ||
		strcmp(new->state_dir, agent->config->state_dir) != 0 ||
		strcmp(new->hooks_dir, agent->config->hooks_dir) != 0)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"run_dir, state_dir and hooks_dir: a change needs a "
			"restart");
	return DEVID_OK;
}

static void drop_unwanted(struct agent *agent)
{
	for (size_t i = 0; i < agent->n_ports; i++) {
		struct port *port = &agent->ports[i].port;

		port->start_wait_ms = agent->config->start_wait * 1000;
		port->auth_wait_ms = agent->config->auth_wait * 1000;
		identity_choice_reset(&port->choice);
		if (config_wants(agent->config, port->name))
			continue;
		port->ifindex = 0;
		port->carrier = false;
		if (port->state != PORT_STATE_ABSENT)
			port_dispatch(port, PORT_EVENT_LINK_GONE);
	}
}

/* Everything that was built from the settings is built anew; the switch sees
 * no more of it than a re-authentication. */
static enum devid_err apply(
	struct agent *agent, struct config *new, struct devid_error *err)
{
	enum devid_err rc;

	onboarding_free(agent);
	supplicant_free(STEAL(agent->supplicant));
	watch_free(STEAL(agent->watch));
	trust_done(&agent->trust);
	config_free(agent->config);
	agent->config = new;
	agent->clock_told = false;
	rc = start_supplicant(agent, err);
	if (rc != DEVID_OK)
		return rc;
	agent_on_lost(agent);
	drop_unwanted(agent);
	for (size_t i = 0; i < agent->n_ports; i++)
		agent->ports[i].port.n_history = 0;
	load_state(agent);
	rc = onboarding_new(agent, err);
	if (rc == DEVID_OK)
		rc = add_watch(agent, err);
	if (rc == DEVID_OK)
		rc = link_monitor_dump(agent->links, err);
	agent_check_keyd(agent);
	agent_dispatch_all(agent, PORT_EVENT_RETRY, ATTACH_CLASS_NONE);
	return rc;
}

static int on_reload(
	sd_event_source *s, const struct signalfd_siginfo *si, void *user)
{
	struct devid_error err = { DEVID_OK, "" };
	struct agent *agent = user;
	struct config *new = NULL;
	enum devid_err rc;

	(void)s;
	(void)si;
	if (agent->stopping)
		return 0;
	rc = config_load(agent->config_path, &new, &err);
	if (rc == DEVID_OK)
		rc = check_reload(agent, new, &err);
	if (rc != DEVID_OK) {
		log_error("reload: %s: the old settings hold",
			devid_error_text(&err));
		config_free(new);
		return 0;
	}
	log_info("reload: %s", agent->config_path);
	if (apply(agent, new, &err) != DEVID_OK) {
		log_error("reload: %s", devid_error_text(&err));
		agent->exit_code = 1;
		(void)sd_event_exit(agent->event, 1);
	}
	return 0;
}

/* Beginning */

static enum devid_err add_signals(struct agent *agent, struct devid_error *err)
{
	sigset_t mask;
	int r = 0;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGCHLD); /* what sd_event_add_child() asks for */
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0 ||
		signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		r = -errno;
	if (r >= 0)
		r = sd_event_add_signal(
			agent->event, NULL, SIGTERM, on_terminate, agent);
	if (r >= 0)
		r = sd_event_add_signal(
			agent->event, NULL, SIGINT, on_terminate, agent);
	if (r >= 0)
		r = sd_event_add_signal(
			agent->event, NULL, SIGHUP, on_reload, agent);
	if (r < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "signals: %s", strerror(-r));
	return DEVID_OK;
}

static enum devid_err add_sources(struct agent *agent, struct devid_error *err)
{
	int r = sd_event_add_defer(
		agent->event, &agent->flusher, on_flush, agent);

	if (r >= 0)
		r = sd_event_source_set_priority(
			agent->flusher, SD_EVENT_PRIORITY_IDLE);
	if (r >= 0)
		r = sd_event_source_set_enabled(agent->flusher, SD_EVENT_OFF);
	if (r >= 0)
		r = sd_event_add_time_relative(agent->event, &agent->prober,
			CLOCK_MONOTONIC, 0, 1000, agent_on_probe, agent);
	if (r >= 0)
		r = sd_event_source_set_enabled(agent->prober, SD_EVENT_OFF);
	if (r < 0)
		return devid_fail(
			err, DEVID_ERR_IO, "event loop: %s", strerror(-r));
	return add_signals(agent, err);
}

static enum devid_err make_dirs(
	const struct config *config, struct devid_error *err)
{
	const char *const dirs[] = { config->run_dir, config->state_dir };

	for (size_t i = 0; i < 2; i++) {
		if (mkdir(dirs[i], 0755) < 0 && errno != EEXIST)
			return devid_fail(err, DEVID_ERR_IO, "mkdir: %s: %s",
				dirs[i], strerror(errno));
	}
	return DEVID_OK;
}

static enum devid_err set_up(struct agent *agent, struct devid_error *err)
{
	const struct hooks_options hooks = {
		.dir = agent->config->hooks_dir,
		.config = agent->config_path,
		.idle = on_hooks_idle,
		.user = agent,
	};
	enum devid_err rc;

	rc = make_dirs(agent->config, err);
	if (rc == DEVID_OK && sd_event_new(&agent->event) < 0)
		rc = devid_fail(err, DEVID_ERR_IO, "event loop: no memory");
	if (rc == DEVID_OK)
		rc = add_sources(agent, err);
	if (rc == DEVID_OK)
		rc = hooks_new(agent->event, &hooks, &agent->hooks, err);
	if (rc != DEVID_OK)
		return rc;
	agent->clock_ok = true;
	load_state(agent);
	rc = onboarding_new(agent, err);
	if (rc == DEVID_OK)
		rc = start_supplicant(agent, err);
	if (rc == DEVID_OK)
		rc = add_watch(agent, err);
	if (rc == DEVID_OK)
		rc = link_monitor_new(agent->event, &agent_link_ops, agent,
			&agent->links, err);
	if (rc != DEVID_OK)
		return rc;
	agent_check_keyd(agent);
	agent_touch(agent);
	(void)sd_notify(0, "READY=1"); /* nobody may listen */
	return DEVID_OK;
}

static void tear_down(struct agent *agent)
{
	char path[PATH_MAX];

	hooks_free(agent->hooks);
	onboarding_free(agent);
	supplicant_free(agent->supplicant);
	watch_free(agent->watch);
	link_monitor_free(agent->links);
	for (size_t i = 0; i < agent->n_ports; i++) {
		sd_event_source_disable_unref(agent->ports[i].timer);
		trust_candidate_clear(&agent->ports[i].server);
		agent_close_tap(&agent->ports[i]);
	}
	sd_event_source_disable_unref(agent->flusher);
	sd_event_source_disable_unref(agent->prober);
	sd_event_unref(agent->event);
	trust_done(&agent->trust);
	status_path(agent, path);
	(void)unlink(path); /* may never have been written */
	server_ca_path(agent, path);
	(void)unlink(path);
	server_site_path(agent, path);
	(void)unlink(path);
	config_free(agent->config);
	free(agent);
}

int agent_run(const char *config_path, struct config *config)
{
	struct devid_error err = { DEVID_OK, "" };
	struct agent *agent = calloc(1, sizeof(*agent));
	int code = 1;
	int r;

	if (!agent) {
		config_free(config);
		log_error("no memory");
		return 1;
	}
	agent->config_path = config_path;
	agent->config = config;
	agent->port_ops = &agent_port_ops;
	if (set_up(agent, &err) == DEVID_OK) {
		r = sd_event_loop(agent->event);
		if (r < 0)
			log_error("event loop: %s", strerror(-r));
		else
			code = r;
	} else {
		log_error("%s", devid_error_text(&err));
	}
	tear_down(agent);
	return code;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * devid-keyd: the DevID module of IEEE 802.1AR, and the only process on the
 * device that opens the TPM. It has no network and parses nothing but the
 * records of the key socket.
 */
#include <devid/error.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "cleanup.h"
#include "client.h"
#include "cmd-exit.h"
#include "conf.h"
#include "fail.h"
#include "keyd-conf.h"
#include "keyd-metrics.h"
#include "keyd-policy.h"
#include "keyd-requests.h"
#include "keyd-server.h"
#include "keyd-settle.h"
#include "keystore-tpm.h"
#include "log.h"
#include "module.h"
#include "options.h"
#include "tpm-device.h"
#include "tpm-tcti.h"

#define TCTI_DEFAULT        TPM_DEVICE_AUTO
#define STATE_DIR_DEFAULT   "/var/lib/devid"
#define CONNECTIONS_DEFAULT 64
#define TPM_TIMEOUT_MAX     240 /* seconds; a limit of ours */
#define SHUTDOWN_EVERY_MAX  86400

struct keyd {
	char *socket;       /* owned */
	char *tcti;         /* owned */
	char *state_dir;    /* owned */
	char *metrics_file; /* owned, or NULL */
	unsigned connections_max;
	bool store_certificates;
	bool lockout_reset;
	struct policy policy;
	struct tpm_places places;
	struct certification minimum;
	struct tpm_auth owner_auth, endorsement_auth;
	struct keystore *keystore; /* owned */
	struct module *module;     /* owned */
	struct requests requests;
	struct settle settle;
	struct keyd_metrics metrics;
	struct server *server; /* owned */
	sd_event *event;       /* owned */
};

static enum devid_err set_list(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	(void)rest; /* no pattern */
	(void)row;
	return policy_parse_list(value, false, target, err);
}

static enum devid_err set_tcti(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	enum devid_err rc = tpm_tcti_check(value, err);

	(void)rest; /* no pattern */
	(void)row;
	return rc == DEVID_OK ? conf_string(member, value, err) : rc;
}

#define AT(member)               offsetof(struct keyd, member), 0, 0
#define WITHIN(member, min, max) offsetof(struct keyd, member), min, max

static const struct conf_setting settings[] = {
	{ "keyd", "socket", conf_to_socket, AT(socket) },
	{ "keyd", "tcti", set_tcti, AT(tcti) },
	{ "keyd", "state_dir", conf_to_path, AT(state_dir) },
	{ "keyd", "metrics_file", conf_to_path, AT(metrics_file) },
	{ "keyd", "connections_max", conf_to_uint,
		WITHIN(connections_max, 4, 1024) },
	/* Never longer than each request's own limit; see keyd-requests.c. */
	{ "keyd", "tpm_timeout", conf_to_uint,
		WITHIN(requests.limit, 1, TPM_TIMEOUT_MAX) },
	{ "keyd", "certificate_in_nv", conf_to_bool, AT(store_certificates) },
	{ "keyd", "shutdown_every", conf_to_uint,
		WITHIN(settle.every, 1, SHUTDOWN_EVERY_MAX) },
	{ "keyd", "lockout_reset", conf_to_bool, AT(lockout_reset) },
	{ "keyd", "tls_client", set_list, AT(policy.tls_client) },
	{ "keyd", "tls_server", set_list, AT(policy.tls_server) },
	{ "keyd", "csr", set_list, AT(policy.csr) },
	{ "keyd", "manage", set_list, AT(policy.managers[ROLE_MANAGER_MAKER]) },
	{ "keyd", "manage_ldevid", set_list,
		AT(policy.managers[ROLE_MANAGER_LDEVID]) },
	{ "keyd", "manage_keys", set_list,
		AT(policy.managers[ROLE_MANAGER_OWNER]) },
	{ "keyd", "parent_handle", keyd_conf_place, AT(places.parent) },
	{ "keyd", "epoch_nv", keyd_conf_place, AT(places.epoch) },
	{ "keyd", "minimum_certification", certification_convert, AT(minimum) },
	{ "keyd", "owner_auth", keyd_conf_auth, AT(owner_auth) },
	{ "keyd", "endorsement_auth", keyd_conf_auth, AT(endorsement_auth) },
	{ "key *", "users", keyd_conf_users, AT(policy) },
	{ "key *", "handle", keyd_conf_key_place, AT(places.handle) },
	{ "key *", "nv", keyd_conf_key_place, AT(places.nv) },
	{ NULL, NULL, NULL, 0, 0, 0 },
};

/* ---- the call ---- */

struct call {
	const char *config; /* borrowed, or NULL */
	bool debug;
};

static const struct option_row option_rows[] = {
	{ "config", 'c', "FILE", option_text, OPTION_AT(struct call, config),
		"settings (" CONF_DEFAULT_PATH ")" },
	{ "debug", 0, NULL, option_flag, OPTION_AT(struct call, debug),
		"log state changes and sizes as well" },
	OPTION_END,
};

static const struct option_set option_set = {
	.program = "devid-keyd",
	.usage = "usage: devid-keyd [--config FILE] [--debug]\n"
		 "       devid-keyd --help | --version\n"
		 "Holds the device's DevID keys in its TPM and signs TLS "
		 "handshakes with them.\n"
		 "See devid-keyd(8).\n",
	.rows = option_rows,
};

static void warn_line(const char *line)
{
	log_warn("%s", line);
}

/* Ends a process whose TPM does not answer; the service manager starts it
 * again. Only async-signal-safe calls. */
static void on_alarm(int sig)
{
	static const char line[] =
		"devid-keyd: tpm: no answer in time: giving up\n";

	(void)sig; /* only SIGALRM comes here */
	if (write(STDERR_FILENO, line, sizeof(line) - 1) < 0)
		_exit(EXIT_FAILURE);
	_exit(EXIT_FAILURE);
}

static void harden(void)
{
	struct sigaction act = { .sa_handler = on_alarm };

	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); /* best effort */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);     /* best effort */
	(void)sigaction(SIGALRM, &act, NULL);         /* fixed arguments */
	(void)signal(SIGPIPE, SIG_IGN);
	/* What the TSS has to say is in its return codes. */
	(void)setenv("TSS2_LOG", "all+none", 0);
	/* No provider from a configuration file: ours would ask ourselves. */
	(void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

static enum devid_err set_defaults(struct keyd *k, struct devid_error *err)
{
	enum devid_err rc;

	k->connections_max = CONNECTIONS_DEFAULT;
	k->store_certificates = true;
	policy_default(&k->policy);
	tpm_places_default(&k->places);
	rc = conf_string(&k->socket, wire_socket_path(), err);
	if (rc == DEVID_OK)
		rc = conf_string(&k->tcti, TCTI_DEFAULT, err);
	if (rc == DEVID_OK)
		rc = conf_string(&k->state_dir, STATE_DIR_DEFAULT, err);
	return rc;
}

static enum devid_err load_config(
	struct keyd *k, const char *path, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	const char *what;
	enum devid_err rc;

	rc = conf_load(path ? path : CONF_DEFAULT_PATH, settings, k, &cause);
	if (rc == DEVID_ERR_NOT_FOUND && !path)
		return DEVID_OK; /* all defaults */
	if (rc == DEVID_OK && !tpm_places_ok(&k->places, &what))
		rc = devid_fail(&cause, DEVID_ERR_INVALID,
			"%s: %s: not a place in a TPM (handles are 0x81......, "
			"NV indices 0x01......)",
			path ? path : CONF_DEFAULT_PATH, what);
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	return DEVID_OK;
}

/* The socket that the service manager passed, or our own. */
static enum devid_err get_listen_fd(
	struct keyd *k, int *ret_fd, struct devid_error *err)
{
	int n = sd_listen_fds(1);

	if (n == 1 && sd_is_socket_unix(SD_LISTEN_FDS_START, SOCK_SEQPACKET, 1,
			      NULL, 0) > 0) {
		*ret_fd = SD_LISTEN_FDS_START;
		return DEVID_OK;
	}
	if (n > 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"key socket: the service manager passed something "
			"else than one SOCK_SEQPACKET socket");
	return server_listen(k->socket, ret_fd, err);
}

static void readers_of(void *arg, enum key_id id, struct readers *ret)
{
	policy_readers(arg, id, ret);
}

static enum devid_err start(struct keyd *k, struct devid_error *err)
{
	struct module_options options = { .state_dir = k->state_dir,
		.used = settle_note_use,
		.used_arg = &k->settle,
		.readers = readers_of,
		.readers_arg = &k->policy };
	enum devid_err rc;
	struct server_options server = {
		.listen_fd = -1,
		.requests = &k->requests,
		.connections_max = k->connections_max,
	};

	rc = keystore_tpm_new(k->tcti, &k->places, &k->keystore, err);
	if (rc != DEVID_OK)
		return rc;
	keystore_tpm_set_auth(
		k->keystore, &k->owner_auth, &k->endorsement_auth);
	options.keystore = k->keystore;
	options.minimum = &k->minimum;
	options.store_certificates = k->store_certificates;
	options.forgive = k->lockout_reset;
	k->settle.event = k->event;
	k->settle.state_dir = k->state_dir;
	k->settle.limit = k->requests.limit;
	/* A TPM that hangs already must not hang the start. */
	(void)alarm(k->requests.limit ? k->requests.limit : TPM_TIMEOUT_MAX);
	rc = module_new(&options, warn_line, &k->module, err);
	(void)alarm(0);
	if (rc != DEVID_OK)
		return rc;
	k->requests.module = k->module;
	k->settle.module = k->module;
	settle_resume(&k->settle);
	k->requests.policy = &k->policy;
	rc = get_listen_fd(k, &server.listen_fd, err);
	if (rc != DEVID_OK)
		return rc;
	return server_new(k->event, &server, &k->server, err);
}

static int run(struct keyd *k, struct devid_error *err)
{
	sigset_t mask;

	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGTERM);
	(void)sigaddset(&mask, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &mask, NULL);
	if (sd_event_default(&k->event) < 0 ||
		sd_event_add_signal(k->event, NULL, SIGTERM, NULL, NULL) < 0 ||
		sd_event_add_signal(k->event, NULL, SIGINT, NULL, NULL) < 0) {
		log_error("event loop: cannot be made");
		return EXIT_FAILURE;
	}
	if (start(k, err) != DEVID_OK) {
		log_error("%s", devid_error_text(err));
		return EXIT_FAILURE;
	}
	k->metrics.event = k->event;
	k->metrics.requests = &k->requests;
	k->metrics.path = k->metrics_file;
	keyd_metrics_start(&k->metrics);
	(void)sd_notify(0, "READY=1"); /* nobody to tell is fine */
	log_info("ready: %s: keystore %s", k->socket, k->tcti);
	return sd_event_loop(k->event) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void done(struct keyd *k)
{
	server_free(k->server);
	keyd_metrics_done(&k->metrics);
	settle_done(&k->settle);
	module_free(k->module);
	if (k->keystore)
		k->keystore->ops->free(k->keystore);
	sd_event_unref(k->event);
	OPENSSL_cleanse(&k->owner_auth, sizeof(k->owner_auth));
	OPENSSL_cleanse(&k->endorsement_auth, sizeof(k->endorsement_auth));
	free(k->socket);
	free(k->tcti);
	free(k->state_dir);
	free(k->metrics_file);
}

int main(int argc, char **argv)
{
	struct devid_error err = { DEVID_OK, "" };
	struct keyd keyd = { 0 };
	struct call call = { NULL, false };
	int code;

	log_init("devid-keyd", LOG_LEVEL_INFO);
	code = options_read(&option_set, argc, argv, &call);
	if (code >= 0)
		return code;
	if (call.debug)
		log_init("devid-keyd", LOG_LEVEL_DEBUG);
	harden();
	if (set_defaults(&keyd, &err) != DEVID_OK ||
		load_config(&keyd, call.config, &err) != DEVID_OK) {
		log_error("%s", devid_error_text(&err));
		code = EXIT_USAGE;
	} else {
		code = run(&keyd, &err);
	}
	done(&keyd);
	return code;
}

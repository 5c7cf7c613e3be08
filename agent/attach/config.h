/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_CONFIG_H
#define DEVID_AGENT_CONFIG_H

/*
 * The agent's settings: sections [agent] and [eap] of devid.conf, with their
 * defaults. Whether the files that are named exist is not checked here; they
 * may come later.
 */

#include <devid/error.h>
#include "identity.h"
#include "names.h"
#include "wpaconf.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define CONFIG_PATTERNS_MAX 16
/* <run_dir>/eap-agent/wpa_ctrl_<pid>-<n> must fit a Unix socket's address. */
#define CONFIG_RUN_DIR_MAX 70

struct config {
	char *patterns[CONFIG_PATTERNS_MAX]; /* owned: names, or as eth* */
	size_t n_patterns;
	char *state_dir; /* owned, as all strings here */
	char *run_dir;
	char *supplicant;
	uid_t supplicant_uid;
	gid_t supplicant_gid;
	char *supplicant_user; /* as written; NULL once resolved by number */
	char *provider_dir;    /* or NULL: where make install put it */
	char *hooks_dir;
	char *keyd_socket;
	struct identities identities; /* one at least */
	char *key; /* as set, or NULL: the identity is a file */
	char *cert;
	time_t clock_floor;   /* 0: none */
	unsigned start_wait;  /* seconds */
	unsigned auth_wait;   /* seconds */
	bool open_port;       /* use one that opens without authentication */
	char *identity;       /* outer, with an IDevID */
	char *owner_identity; /* outer, with a key of the owner's */
	enum wpaconf_tls tls_min;
	enum wpaconf_tls tls_max;
	bool first_use;
	char *ca; /* or NULL */
	struct names server_names;
	bool onboard;         /* [enroll] onboard, and no identity by hand */
	char *registrar;      /* HOST[:PORT], or NULL: by DHCP */
	char *enroll_program; /* devid-enroll */
	char *enroll_user;    /* name or uid[:gid] */
	char *onboard_hooks;  /* folder */
	char *firmware;       /* version, or NULL */
};

/* Loads and checks @path. Errors: of conf_load(), INVALID. The caller frees
 * with config_free(). */
DEVID_MUST_CHECK enum devid_err config_load(
	const char *path, struct config **ret_config, struct devid_error *err);

/* The same for text; @path is for messages. */
DEVID_MUST_CHECK enum devid_err config_parse(const char *path, const char *text,
	struct config **ret_config, struct devid_error *err);

void config_free(struct config *config);

/* Whether the agent is to drive the interface @name. */
bool config_wants(const struct config *config, const char *name);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_HOOKS_H
#define DEVID_AGENT_HOOKS_H

/*
 * Programs that are run when a port changes: address acquisition and the
 * like. No shell. Every executable of the folder, in the order of their
 * names, one at a time, each for at most 30 seconds. While one runs, events
 * wait; of several events of one port only the latest is kept. Whether a hook
 * succeeds is logged and nothing else.
 */

#include <devid/error.h>

#include <net/if.h>
#include <stdbool.h>
#include <systemd/sd-event.h>

#define HOOKS_EVENT_MAX  16
#define HOOKS_REASON_MAX 224
#define HOOKS_KEY_MAX    32
#define HOOKS_PASSED_MAX 1024
#define HOOKS_WAIT_MS    30000

struct hooks;

struct hooks_event {
	char port[IFNAMSIZ];
	char event[HOOKS_EVENT_MAX]; /* up authorized open unauthorized down */
	char state[HOOKS_EVENT_MAX]; /* of the port */
	char reason[HOOKS_REASON_MAX];
	char key[HOOKS_KEY_MAX];       /* of the identity that was shown */
	char passed[HOOKS_PASSED_MAX]; /* the others, and why not */
};

struct hooks_options {
	const char *dir;    /* borrowed: the folder of the programs, copied */
	const char *config; /* borrowed: the agent's settings, for hooks */
	/* Whenever the last hook of the last event has ended, or NULL. */
	void (*idle)(void *user);
	void *user; /* borrowed: for @idle */
};

/* *@ret_hooks is the caller's: hooks_free(). Errors: IO. */
DEVID_MUST_CHECK enum devid_err hooks_new(sd_event *event,
	const struct hooks_options *options, struct hooks **ret_hooks,
	struct devid_error *err);

/* Kills a hook that runs. */
void hooks_free(struct hooks *hooks);

/* Queues @ev; @ev is copied. Returns at once. */
void hooks_run(struct hooks *hooks, const struct hooks_event *ev);

bool hooks_idle(const struct hooks *hooks);

/* Whether the file @name of @dir may be run: a regular file, executable,
 * owned by root or this user, not writable for group or others. */
bool hooks_may_run(const char *dir, const char *name);

/* Why the programs in @dir are not run: NULL when they are, "" when there is no
 * such folder, as on a device without hooks. */
const char *hooks_dir_fault(const char *dir);

#endif

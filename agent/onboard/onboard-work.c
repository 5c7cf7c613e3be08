/* SPDX-License-Identifier: Apache-2.0 */
#include "onboard-work.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "conf.h"
#include "enroll-result.h"
#include "fail.h"
#include "files.h"
#include "hooks.h"
#include "log.h"
#include "onboard-site.h"
#include "onboard-task.h"

#define ARGS_MAX 24
#define ENV_MAX  (SITE_VALUES_MAX + 8)

struct onboard_worker {
	struct onboard_worker_options options;
	struct onboard_task *task; /* owned */
	sd_event_source *teller;   /* owned: tells an end from the loop */
	struct onboard_work work;
	struct onboard_result result;
	/* of hooks */
	struct site_document *document; /* owned, or NULL */
	struct dirent **names;          /* owned */
	int n_names, next;
	/* of drop */
	unsigned number; /* next ldevid-N to look at */
};

/* ---- ends ---- */

static void free_names(struct onboard_worker *w)
{
	for (int i = 0; i < w->n_names; i++)
		free(w->names[i]);
	free(STEAL(w->names));
	w->n_names = 0;
	w->next = 0;
	site_document_free(STEAL(w->document));
}

static int on_tell(sd_event_source *s, void *user)
{
	struct onboard_worker *w = user;

	(void)s; /* one-shot */
	free_names(w);
	w->options.worked(w->options.user, &w->result);
	return 0;
}

static void tell(struct onboard_worker *w)
{
	if (sd_event_source_set_enabled(w->teller, SD_EVENT_ONESHOT) < 0)
		log_error("onboarding: event failed");
}

static void fail(struct onboard_worker *w, const char *class, const char *cause)
{
	w->result.end = ONBOARD_END_FAILED;
	(void)snprintf(w->result.class, sizeof(w->result.class), "%s", class);
	(void)snprintf(w->result.cause, sizeof(w->result.cause), "%s", cause);
	tell(w);
}

/* ---- devid-enroll ---- */

/* A user's name, or uid[:gid]; never root. */
static enum devid_err find_user(const char *text, uid_t *ret_uid,
	gid_t *ret_gid, struct devid_error *err)
{
	const struct passwd *pw;
	unsigned uid, gid;
	char *end;

	if (text[0] < '0' || text[0] > '9') {
		pw = getpwnam(text);
		if (!pw)
			return devid_fail(err, DEVID_ERR_NOT_FOUND,
				"no user '%s' to run devid-enroll as", text);
		uid = pw->pw_uid;
		gid = pw->pw_gid;
	} else {
		uid = gid = (unsigned)strtoul(text, &end, 10);
		if (*end == ':')
			gid = (unsigned)strtoul(end + 1, &end, 10);
	}
	if (uid == 0 || gid == 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"devid-enroll does not run as root");
	*ret_uid = uid;
	*ret_gid = gid;
	return DEVID_OK;
}

static const char *operation(enum onboard_work_kind kind)
{
	return kind == ONBOARD_WORK_DOCUMENT ? "document"
	       : kind == ONBOARD_WORK_DROP   ? "drop"
					     : "enrol";
}

/* What an earlier run left is no answer of this one. */
static void forget_result(const struct onboard_work_settings *s)
{
	struct devid_error err = { DEVID_OK, "" };
	char path[PATH_MAX];

	(void)snprintf(
		path, sizeof(path), "%s/%s", s->staging, ENROLL_RESULT_NAME);
	if (files_remove(path, &err) != DEVID_OK)
		log_warn("onboarding: %s", devid_error_text(&err));
}

static size_t put_option(
	const char **argv, size_t n, const char *option, const char *value)
{
	if (!value || !value[0])
		return n;
	argv[n++] = option;
	argv[n++] = value;
	return n;
}

static void start_enroll(struct onboard_worker *w, enum key_id key)
{
	struct onboard_work_settings s;
	struct devid_error err = { DEVID_OK, "" };
	char keyd[PATH_MAX + 32];
	const char *argv[ARGS_MAX] = { "devid-enroll" };
	const char *const envp[] = { keyd, "LANG=C", NULL };
	struct onboard_program program = { .argv = argv,
		.envp = envp,
		.as_user = true,
		.seconds = ONBOARD_ENROLL_SECONDS };
	size_t n = 1;

	w->options.settings(w->options.user, &s);
	program.path = s.program;
	n = put_option(argv, n, "--config", s.config);
	n = put_option(argv, n, "--staging", s.staging);
	n = put_option(argv, n, "--key", key_id_name(key));
	n = put_option(argv, n, "--identity", key_id_name(KEY_IDEVID));
	n = put_option(argv, n, "--domain", s.domain);
	n = put_option(argv, n, "--anchor", s.anchor);
	n = put_option(argv, n, "--server-name", s.server);
	argv[n++] = operation(w->work.kind);
	argv[n] = NULL;
	(void)snprintf(keyd, sizeof(keyd), "DEVID_KEYD_SOCKET=%s", s.socket);
	forget_result(&s);
	if (find_user(s.user, &program.uid, &program.gid, &err) != DEVID_OK ||
		onboard_task_start(w->task, &program, &err) != DEVID_OK)
		fail(w, "LOCAL", devid_error_text(&err));
}

/* ---- drop: one key after the other ---- */

static void drop_next(struct onboard_worker *w)
{
	enum key_id id;

	for (; key_id_of(KEY_ROLE_LDEVID, w->number, &id); w->number++) {
		if (w->work.drop & (1u << w->number)) {
			start_enroll(w, id);
			return;
		}
	}
	w->result.end = ONBOARD_END_DONE;
	tell(w);
}

static void dropped(struct onboard_worker *w, int status)
{
	if (status == 0)
		w->result.dropped |= 1u << w->number;
	w->number++;
	drop_next(w);
}

/* ---- what devid-enroll has answered ---- */

static void take_result(struct onboard_worker *w,
	const struct enroll_result *result, int status)
{
	/* File and exit status are to say the same. */
	if (result->end == ENROLL_DONE && status == 0)
		w->result.end = ONBOARD_END_DONE;
	else if (result->end == ENROLL_PENDING && status == 3 &&
		 w->work.kind == ONBOARD_WORK_ENROL)
		w->result.end = ONBOARD_END_PENDING;
	else
		w->result.end = ONBOARD_END_FAILED;
	w->result.retry_after = result->retry_after;
	(void)snprintf(w->result.class, sizeof(w->result.class), "%s",
		result->class != ENROLL_CLASS_NONE
			? enroll_class_name(result->class)
			: "LOCAL");
	(void)snprintf(
		w->result.cause, sizeof(w->result.cause), "%s", result->reason);
	tell(w);
}

static void enroll_ended(struct onboard_worker *w, int status)
{
	struct onboard_work_settings s;
	struct devid_error err = { DEVID_OK, "" };
	struct enroll_result result;
	char path[PATH_MAX];

	if (status == ONBOARD_TASK_TOO_LONG) {
		fail(w, "EST_TIMEOUT", "devid-enroll took too long: killed");
		return;
	}
	w->options.settings(w->options.user, &s);
	(void)snprintf(
		path, sizeof(path), "%s/%s", s.staging, ENROLL_RESULT_NAME);
	if (status < 0) {
		fail(w, "LOCAL", "devid-enroll was killed");
		return;
	}
	if (enroll_result_read(path, &result, &err) != DEVID_OK) {
		fail(w, "LOCAL", devid_error_text(&err));
		return;
	}
	take_result(w, &result, status);
}

/* ---- the hooks of onboard.d ---- */

struct hook_env {
	char *of[ENV_MAX + 1]; /* owned */
	size_t n;
};

static void hook_env_done(struct hook_env *env)
{
	while (env->n > 0)
		free(env->of[--env->n]);
}

static bool add_env(struct hook_env *env, const char *name, const char *value)
{
	if (env->n == ENV_MAX || asprintf(&env->of[env->n], "%s=%s", name,
					 value ? value : "") < 0) {
		env->of[env->n] = NULL;
		return false;
	}
	env->of[++env->n] = NULL;
	return true;
}

/* "site_name" becomes DEVID_VALUE_SITE_NAME. */
static bool add_value(struct hook_env *env, const struct site_value *value)
{
	char name[SITE_KEY_MAX + 16] = "DEVID_VALUE_";
	size_t n = strlen(name);

	for (const char *p = value->key; *p && n < sizeof(name) - 1; p++)
		name[n++] =
			(char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
	name[n] = '\0';
	return add_env(env, name, value->text);
}

static bool fill_env(struct hook_env *env, const struct onboard_worker *w,
	const struct onboard_work_settings *s)
{
	char path[PATH_MAX];
	bool ok;

	(void)snprintf(
		path, sizeof(path), "%s/%s", s->dir, ONBOARD_CANDIDATE_NAME);
	ok = add_env(env, "PATH", "/usr/sbin:/usr/bin:/sbin:/bin") &&
	     add_env(env, "DEVID_PORT", s->port) &&
	     add_env(env, "DEVID_KEY", key_id_name(w->work.key)) &&
	     add_env(env, "DEVID_CONFIG", s->config) &&
	     add_env(env, "DEVID_SITE", w->document->site) &&
	     add_env(env, "DEVID_DOCUMENT", path);
	for (size_t i = 0; i < w->document->n_values && ok; i++)
		ok = add_value(env, &w->document->values[i]);
	return ok;
}

static bool start_hook(struct onboard_worker *w,
	const struct onboard_work_settings *s, const char *name)
{
	CLEANUP(hook_env_done) struct hook_env env = { .n = 0 };
	struct devid_error err = { DEVID_OK, "" };
	char path[PATH_MAX], cause[ONBOARD_CAUSE_MAX];
	const char *argv[] = { path, s->port, NULL };
	const struct onboard_program program = { .path = path,
		.argv = argv,
		.envp = (const char *const *)env.of,
		.seconds = ONBOARD_HOOK_SECONDS };
	enum devid_err rc = DEVID_OK;

	(void)snprintf(path, sizeof(path), "%s/%s", s->hooks, name);
	if (!fill_env(&env, w, s))
		rc = fail_no_memory(&err);
	if (rc == DEVID_OK)
		rc = onboard_task_start(w->task, &program, &err);
	if (rc == DEVID_OK)
		return true;
	(void)snprintf(cause, sizeof(cause), "%.64s: %s", name,
		devid_error_text(&err));
	fail(w, "HOOK_FAILED", cause);
	return false;
}

/* One that cannot be trusted is a failure: the device would go on without what
 * its owner meant to happen. */
static void next_hook(struct onboard_worker *w)
{
	struct onboard_work_settings s;
	char cause[ONBOARD_CAUSE_MAX];

	w->options.settings(w->options.user, &s);
	while (w->next < w->n_names && w->names[w->next]->d_name[0] == '.')
		w->next++;
	if (w->next >= w->n_names) {
		w->result.end = ONBOARD_END_DONE;
		tell(w);
		return;
	}
	if (!hooks_may_run(s.hooks, w->names[w->next]->d_name)) {
		(void)snprintf(cause, sizeof(cause),
			"%.64s: not an executable that only root can change",
			w->names[w->next]->d_name);
		fail(w, "HOOK_FAILED", cause);
		return;
	}
	(void)start_hook(w, &s, w->names[w->next]->d_name);
}

static void start_hooks(struct onboard_worker *w)
{
	struct onboard_work_settings s;
	struct devid_error err = { DEVID_OK, "" };
	char cause[ONBOARD_CAUSE_MAX];
	const char *fault;

	w->options.settings(w->options.user, &s);
	if (onboard_site_load(s.dir, ONBOARD_CANDIDATE_NAME, &w->document,
		    &err) != DEVID_OK) {
		fail(w, "DOCUMENT", devid_error_text(&err));
		return;
	}
	fault = hooks_dir_fault(s.hooks);
	if (fault && *fault) {
		(void)snprintf(
			cause, sizeof(cause), "%.200s: %s", s.hooks, fault);
		fail(w, "HOOK_FAILED", cause);
		return;
	}
	w->n_names = fault ? 0 : scandir(s.hooks, &w->names, NULL, alphasort);
	if (w->n_names < 0)
		w->n_names = 0;
	next_hook(w);
}

static void hook_ended(struct onboard_worker *w, int status)
{
	char cause[ONBOARD_CAUSE_MAX];
	const char *name = w->names[w->next]->d_name;

	if (status == 0) {
		w->next++;
		next_hook(w);
		return;
	}
	if (status == ONBOARD_TASK_TOO_LONG)
		(void)snprintf(cause, sizeof(cause),
			"%.64s: longer than %d s: killed", name,
			ONBOARD_HOOK_SECONDS);
	else if (status < 0)
		(void)snprintf(cause, sizeof(cause),
			"%.64s: killed by a signal", name);
	else
		(void)snprintf(cause, sizeof(cause), "%.64s: exited with %d",
			name, status);
	fail(w, "HOOK_FAILED", cause);
}

/* ---- the worker ---- */

static void on_ended(void *user, int status)
{
	struct onboard_worker *w = user;

	switch (w->work.kind) {
	case ONBOARD_WORK_ENROL:
	case ONBOARD_WORK_DOCUMENT:
		enroll_ended(w, status);
		return;
	case ONBOARD_WORK_HOOKS:
		hook_ended(w, status);
		return;
	case ONBOARD_WORK_DROP:
		dropped(w, status);
		return;
	}
}

void onboard_worker_start(
	struct onboard_worker *w, const struct onboard_work *work)
{
	onboard_worker_stop(w);
	w->work = *work;
	memset(&w->result, 0, sizeof(w->result));
	w->number = 0;
	if (work->kind == ONBOARD_WORK_HOOKS)
		start_hooks(w);
	else if (work->kind == ONBOARD_WORK_DROP)
		drop_next(w);
	else
		start_enroll(w, work->key);
}

void onboard_worker_stop(struct onboard_worker *w)
{
	onboard_task_stop(w->task);
	(void)sd_event_source_set_enabled(w->teller, SD_EVENT_OFF);
	free_names(w);
}

enum devid_err onboard_worker_new(sd_event *event,
	const struct onboard_worker_options *options,
	struct onboard_worker **ret, struct devid_error *err)
{
	struct onboard_worker *w = calloc(1, sizeof(*w));
	const struct onboard_task_options task = { on_ended, w };
	enum devid_err rc;
	int r;

	if (!w)
		return fail_no_memory(err);
	w->options = *options;
	rc = onboard_task_new(event, &task, &w->task, err);
	if (rc != DEVID_OK) {
		free(w);
		return rc;
	}
	r = sd_event_add_defer(event, &w->teller, on_tell, w);
	if (r >= 0)
		r = sd_event_source_set_enabled(w->teller, SD_EVENT_OFF);
	if (r < 0) {
		onboard_worker_free(w);
		return devid_fail(
			err, DEVID_ERR_IO, "onboarding: %s", strerror(-r));
	}
	*ret = w;
	return DEVID_OK;
}

void onboard_worker_free(struct onboard_worker *w)
{
	if (!w)
		return;
	onboard_task_free(w->task);
	sd_event_source_disable_unref(w->teller);
	free_names(w);
	free(w);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "status.h"

#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-json.h"
#include "cleanup.h"
#include "fail.h"
#include "files.h"
#include "onboard-status.h"
#include "states.h"
#include "wallclock.h"

#define HISTORY_MAX (512 * 1024) /* bytes; 32 ports of 16 records */

/*
 * json_object_set_new() takes the reference also when it fails, and a NULL
 * value makes it fail: one check for all members is enough.
 */
struct object {
	json_t *json;
	bool failed;
};

static void put(struct object *o, const char *name, json_t *value)
{
	if (json_object_set_new(o->json, name, value) < 0)
		o->failed = true;
}

static void put_time(struct object *o, const char *name, time_t t)
{
	char text[WALLCLOCK_TEXT_MAX];

	wallclock_text(t, text);
	put(o, name, t ? json_string(text) : json_null());
}

static void put_ms(struct object *o, const char *name, int32_t ms)
{
	put(o, name, ms >= 0 ? json_integer(ms) : json_null());
}

static void put_text(struct object *o, const char *name, const char *text)
{
	put(o, name, text[0] ? json_string(text) : json_null());
}

static void put_server(struct object *o, const struct attach *a)
{
	char hex[TRUST_HEX_MAX] = "";

	if (a->has_server)
		trust_hex(a->server, hex);
	put_text(o, "server", hex);
	put_text(o, "server_name", a->server_name);
	put_text(o, "tls_version", a->tls_version);
	put(o, "resumed", json_boolean(a->resumed));
}

static json_t *finish(struct object *o)
{
	if (!o->failed)
		return o->json;
	json_decref(o->json);
	return NULL;
}

static json_t *attach_json(const struct attach *a, const char *port)
{
	struct object o = { json_object(), false };

	if (port)
		put(&o, "port", json_string(port));
	put_time(&o, "start", a->start);
	if (port)
		put(&o, "start_unix", json_integer(a->start));
	put_ms(&o, "eapol_start_ms", a->start_ms);
	put_ms(&o, "eap_started_ms", a->eap_ms);
	put_ms(&o, "server_verified_ms", a->server_ms);
	put_ms(&o, "success_ms",
		a->end == ATTACH_END_SUCCESS ? a->done_ms : -1);
	put_ms(&o, "done_ms", a->done_ms);
	put_text(&o, "key", a->key);
	put_server(&o, a);
	put(&o, "verdict", json_string(attach_end_name(a->end)));
	put(&o, "class", json_string(attach_class_name(a->class)));
	put(&o, "reason", json_string(a->reason));
	return finish(&o);
}

static json_t *history_json(const struct port *port)
{
	const struct attach *a;
	json_t *list = json_array();

	for (unsigned n = 0; list && (a = port_history(port, n)); n++) {
		if (json_array_append_new(list, attach_json(a, NULL)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* The newest attach that succeeded, while its effect lasts. */
static const struct attach *in_force(const struct port *port)
{
	const struct attach *a;

	if (!port->admitted)
		return NULL;
	for (unsigned n = 0; (a = port_history(port, n)); n++) {
		if (a->end == ATTACH_END_SUCCESS)
			return a;
	}
	return NULL;
}

/* The identities that were not shown, and why. */
static json_t *passed_json(
	const struct port *port, const struct identities *identities)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < identities->n; i++) {
		const struct identity_verdict *v = &port->choice.passed[i];
		const char *name = identities->of[i].name;
		struct object o = { NULL, false };

		if (v->class == ATTACH_CLASS_NONE ||
			strcmp(name, port->key) == 0)
			continue;
		o.json = json_object();
		put(&o, "key", json_string(name));
		put(&o, "class", json_string(attach_class_name(v->class)));
		put(&o, "reason", json_string(v->reason));
		if (json_array_append_new(list, finish(&o)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *port_json(
	const struct port *port, const struct identities *identities)
{
	static const struct attach none = { .end = ATTACH_END_OPEN };
	const struct attach *a = in_force(port);
	struct object o = { json_object(), false };

	put(&o, "port", json_string(port->name));
	put(&o, "carrier", json_boolean(port->carrier));
	put(&o, "state", json_string(states_name(port->state)));
	put_time(&o, "since", port->since);
	put(&o, "open", json_boolean(port->let_in));
	put(&o, "class", json_string(attach_class_name(port->class)));
	put(&o, "reason", json_string(port->reason));
	put_time(&o, "next_retry", port->next_retry);
	put_text(&o, "key", port->key);
	put(&o, "passed_over", passed_json(port, identities));
	put_server(&o, a ? a : &none);
	put(&o, "history", history_json(port));
	return finish(&o);
}

static json_t *ports_json(const struct status *s)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < s->n_ports; i++) {
		/* One that went stays in the history alone. */
		if (s->ports[i]->state == PORT_STATE_ABSENT)
			continue;
		if (json_array_append_new(
			    list, port_json(s->ports[i], s->identities)) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static const char *trust_text(const struct status *s)
{
	if (!s->first_use)
		return "pinned";
	if (s->trust->broken)
		return "broken";
	return s->trust->pinned ? "remembered" : "first-use";
}

static json_t *status_json(const struct status *s)
{
	struct object o = { json_object(), false };
	char hex[TRUST_HEX_MAX] = "", issuer[TRUST_HEX_MAX] = "";
	char survives[TRUST_TEXT_MAX] = "";

	if (s->first_use && s->trust->pinned) {
		trust_hex(s->trust->leaf, hex);
		trust_survives(s->trust, survives);
	}
	if (s->first_use && s->trust->has_ca)
		trust_hex(s->trust->ca, issuer);
	put(&o, "version", json_string(DEVID_VERSION));
	put(&o, "pid", json_integer(getpid()));
	put(&o, "supplicant",
		s->supplicant ? json_integer(s->supplicant) : json_null());
	put(&o, "keyd", json_boolean(s->keyd));
	put(&o, "clock", json_string(s->clock_ok ? "ok" : "before floor"));
	put(&o, "trust", json_string(trust_text(s)));
	put_text(&o, "remembered", hex);
	put_text(&o, "remembered_issuer", issuer);
	put_text(&o, "survives", survives);
	put(&o, "onboarding", onboard_status_json(s->onboarder));
	put(&o, "ports", ports_json(s));
	return finish(&o);
}

enum devid_err status_write(
	const char *path, const struct status *status, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *root = status_json(status);
	CLEANUP(cleanup_free)
	char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;

	if (!text)
		return fail_no_memory_for(err, "status");
	return files_write_unsynced(path, text, strlen(text), 0644, err);
}

static bool append_history(json_t *list, const struct port *port)
{
	for (unsigned n = PORT_HISTORY_MAX; n-- > 0;) {
		const struct attach *a = port_history(port, n);

		if (a && json_array_append_new(
				 list, attach_json(a, port->name)) < 0)
			return false;
	}
	return true;
}

enum devid_err status_store_history(const char *path,
	const struct port *const *ports, size_t n_ports,
	struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *list = json_array();
	CLEANUP(cleanup_free) char *text = NULL;
	bool ok = list != NULL;

	for (size_t i = 0; i < n_ports && ok; i++)
		ok = append_history(list, ports[i]);
	if (ok)
		text = json_dumps(list, JSON_INDENT(1));
	if (!text)
		return fail_no_memory_for(err, "history");
	return files_write_atomic(path, text, strlen(text), 0644, err);
}

static void take_text(json_t *o, const char *name, char *out, size_t len)
{
	const char *text = json_string_value(json_object_get(o, name));

	(void)snprintf(out, len, "%s", text ? text : ""); /* cut at worst */
}

static int32_t take_ms(json_t *o, const char *name)
{
	json_t *v = json_object_get(o, name);
	json_int_t n = json_integer_value(v);

	return json_is_integer(v) && n >= 0 && n <= INT32_MAX ? (int32_t)n : -1;
}

static void take_attach(json_t *o, struct attach *a)
{
	const char *hex = json_string_value(json_object_get(o, "server"));
	const char *verdict = json_string_value(json_object_get(o, "verdict"));
	const char *class = json_string_value(json_object_get(o, "class"));
	size_t len;

	attach_begin(a, 0,
		(time_t)json_integer_value(json_object_get(o, "start_unix")));
	a->start_ms = take_ms(o, "eapol_start_ms");
	a->eap_ms = take_ms(o, "eap_started_ms");
	a->server_ms = take_ms(o, "server_verified_ms");
	a->done_ms = take_ms(o, "done_ms");
	a->eap_started = a->eap_ms >= 0;
	a->resumed = json_is_true(json_object_get(o, "resumed"));
	a->has_server = hex &&
			event_decode_hex(hex, strlen(hex), a->server,
				sizeof(a->server), &len) == DEVID_OK &&
			len == sizeof(a->server);
	take_text(o, "key", a->key, sizeof(a->key));
	take_text(o, "server_name", a->server_name, sizeof(a->server_name));
	take_text(o, "tls_version", a->tls_version, sizeof(a->tls_version));
	take_text(o, "reason", a->reason, sizeof(a->reason));
	a->end = attach_end_parse(verdict ? verdict : "");
	a->class = attach_class_parse(class ? class : "");
}

enum devid_err status_load_history(const char *path,
	void (*add)(void *user, const char *port, const struct attach *a),
	void *user, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	CLEANUP(cleanup_json) json_t *list = NULL;
	enum devid_err rc;
	json_t *o;
	size_t i, len;

	rc = files_read(path, HISTORY_MAX, &text, &len, err);
	if (rc != DEVID_OK)
		return rc;
	list = json_loadb((const char *)text, len, 0, NULL);
	if (!json_is_array(list))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: not a history of attaches", path);
	json_array_foreach(list, i, o)
	{
		const char *port =
			json_string_value(json_object_get(o, "port"));
		struct attach a;

		if (!port || !port[0] || strlen(port) >= IFNAMSIZ)
			continue;
		take_attach(o, &a);
		add(user, port, &a);
	}
	return DEVID_OK;
}

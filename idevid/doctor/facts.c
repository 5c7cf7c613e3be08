/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "blob.h"
#include "cleanup-json.h"
#include "cleanup.h"
#include "conf.h"
#include "fact.h"
#include "facts-agent.h"
#include "facts-files.h"
#include "facts-host.h"
#include "facts-keyd.h"
#include "facts-mib.h"
#include "known.h"
#include "look.h"
#include "values.h"

/* A program refuses a name or a value that it does not know, but not before its
 * next start. */
static const char *judge_settings(
	const struct places *p, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob blob = { NULL, 0 };
	const char *text;

	if (look_file(p->config, CONF_FILE_MAX, &blob, NULL) != LOOK_SEEN)
		return "ok"; /* it was, a moment ago */
	text = (const char *)blob.data;
	if (known_names(p->config, text, err) != DEVID_OK)
		return "unknown";
	return values_check(p->config, text, err) != DEVID_OK ? "value" : "ok";
}

static json_t *config_json(const struct places *p)
{
	struct devid_error refused = { DEVID_OK, "" };
	const char *state;

	if (p->unseen)
		state = "unseen";
	else if (p->read == DEVID_ERR_NOT_FOUND && !p->named)
		state = "missing";
	else if (p->read != DEVID_OK)
		state = "wrong";
	else
		state = judge_settings(p, &refused);
	return json_pack("{s:o, s:s, s:o}", "path", fact_new(p->config),
		"state", state, "detail",
		fact_new(*refused.text ? refused.text : p->read_text));
}

static json_t *text_or_null(const char *text)
{
	return text ? fact_new(text) : json_null();
}

static json_t *settings_json(const struct places *p)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "socket",
		fact_new(p->socket), "agent_socket", fact_new(p->agent_socket),
		"tcti", fact_new(p->tcti), "ports", text_or_null(p->ports),
		"trust", fact_new(p->trust), "ca", text_or_null(p->ca),
		"server_name", text_or_null(p->server_name), "registrar",
		text_or_null(p->registrar));
}

static json_t *time_json(void)
{
	char text[32];
	time_t now = time(NULL);
	struct tm tm;

	if (!gmtime_r(&now, &tm) ||
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}

json_t *facts_gather(const struct places *p)
{
	CLEANUP(cleanup_free)
	struct facts_keyd *keyd = facts_keyd_ask(p->socket);
	CLEANUP(cleanup_json) json_t *agent = facts_agent_json(p);
	json_t *all = keyd && agent ? json_object() : NULL;
	const struct {
		const char *name;
		json_t *value;
	} rows[] = {
		{ "version", json_string(DEVID_VERSION) },
		{ "time", time_json() },
		{ "uid", json_integer(geteuid()) },
		{ "config", config_json(p) },
		{ "settings", settings_json(p) },
		{ "tpm", facts_host_tpm(p) },
		{ "keystore", keyd ? facts_keyd_keystore(keyd) : NULL },
		{ "identities", keyd ? facts_keyd_identities(keyd) : NULL },
		{ "mib", keyd ? facts_mib(keyd) : NULL },
		{ "files", keyd ? facts_files_json(p, keyd) : NULL },
		{ "folders", facts_host_folders(p) },
		{ "agent", json_incref(agent) },
		{ "agent_state", json_string(facts_agent_state(p, agent)) },
		{ "server_trust", facts_agent_trust(p) },
		{ "links", facts_host_links(p, agent) },
	};
	bool ok = all != NULL;

	/* json_object_set_new() takes the reference also when it fails, and a
	 * NULL value makes it fail. */
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (json_object_set_new(all, rows[i].name, rows[i].value) < 0)
			ok = false;
	}
	if (ok)
		return all;
	json_decref(all);
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar-audit.h"

#include <jansson.h>
#include <stdio.h>

#include "cleanup-json.h"
#include "cleanup.h"
#include "fail.h"
#include "register-audit.h"
#include "store-list.h"

#define KEY_TEXT_MAX (SITE_ISSUER_MAX + SITE_SERIAL_MAX)

/* "issuer:certificate", as RADIUS has it. NULL: nothing. */
static const char *key_text(const struct site_key *key, char buf[KEY_TEXT_MAX])
{
	if (!key)
		return NULL;
	(void)snprintf(buf, KEY_TEXT_MAX, "%s:%s", key->issuer,
		key->certificate); /* fits */
	return buf;
}

static json_t *event_json(const struct registrar_event *e)
{
	char client[KEY_TEXT_MAX], certificate[KEY_TEXT_MAX];
	const struct {
		const char *name, *value;
	} texts[] = {
		{ "who", e->who },
		{ "unit", e->unit },
		{ "client", key_text(e->client, client) },
		{ "certificate", key_text(e->certificate, certificate) },
		{ "profile", e->profile },
		{ "maker", e->maker },
		{ "key", e->key },
		{ "told", e->told },
		{ "rule", e->refused ? e->refused->rule : NULL },
		{ "refused", e->refused && e->refused->rule ? e->refused->text
							    : NULL },
	};
	CLEANUP(cleanup_json)
	json_t *line = json_pack(
		"{s:I, s:s}", "time", (json_int_t)e->now, "event", e->name);
	bool good = line != NULL;

	for (size_t i = 0; good && i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (texts[i].value) /* takes the value; NULL is refused */
			good = json_object_set_new(line, texts[i].name,
				       json_string(texts[i].value)) == 0;
	}
	if (good && e->epoch != STORE_NO_EPOCH)
		good = json_object_set_new(
			       line, "epoch", json_integer(e->epoch)) == 0;
	return good ? STEAL(line) : NULL;
}

enum devid_err registrar_audit(struct store *s,
	const struct registrar_event *event, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *json = event_json(event);
	CLEANUP(cleanup_free) char *line = NULL;

	if (json)
		line = json_dumps(json, JSON_COMPACT | JSON_ENSURE_ASCII);
	if (!line)
		return fail_no_memory_for(err, "audit");
	return register_audit(s->reg, line, err);
}

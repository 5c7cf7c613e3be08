/* SPDX-License-Identifier: Apache-2.0 */
#include "pick.h"

#include "cleanup-json.h"

#define PLAIN(name)                                                            \
	{                                                                      \
		name, NULL                                                     \
	}

const struct pick pick_history[] = {
	PLAIN("port"),
	PLAIN("start"),
	PLAIN("start_unix"),
	PLAIN("eapol_start_ms"),
	PLAIN("eap_started_ms"),
	PLAIN("server_verified_ms"),
	PLAIN("success_ms"),
	PLAIN("done_ms"),
	PLAIN("key"),
	PLAIN("server"),
	PLAIN("server_name"),
	PLAIN("tls_version"),
	PLAIN("resumed"),
	PLAIN("verdict"),
	PLAIN("class"),
	PLAIN("reason"),
	PLAIN(NULL),
};

static const struct pick passed[] = {
	PLAIN("key"),
	PLAIN("class"),
	PLAIN("reason"),
	PLAIN(NULL),
};

static const struct pick port[] = {
	PLAIN("port"),
	PLAIN("carrier"),
	PLAIN("state"),
	PLAIN("since"),
	PLAIN("open"),
	PLAIN("class"),
	PLAIN("reason"),
	PLAIN("next_retry"),
	PLAIN("key"),
	{ "passed_over", passed },
	PLAIN("server"),
	PLAIN("server_name"),
	PLAIN("tls_version"),
	PLAIN("resumed"),
	{ "history", pick_history },
	PLAIN(NULL),
};

static const struct pick step[] = {
	PLAIN("step"),
	PLAIN("time"),
	PLAIN(NULL),
};

static const struct pick onboarding[] = {
	PLAIN("state"),
	PLAIN("since"),
	{ "steps", step },
	PLAIN("next"),
	PLAIN("waiting_for"),
	PLAIN("class"),
	PLAIN("cause"),
	PLAIN("cause_time"),
	PLAIN("active"),
	PLAIN("candidate"),
	PLAIN("registrar"),
	PLAIN("domain"),
	PLAIN("address"),
	PLAIN(NULL),
};

const struct pick pick_agent[] = {
	PLAIN("version"),
	PLAIN("pid"),
	PLAIN("supplicant"),
	PLAIN("keyd"),
	PLAIN("clock"),
	PLAIN("trust"),
	PLAIN("remembered"),
	PLAIN("remembered_issuer"),
	PLAIN("survives"),
	{ "onboarding", onboarding },
	{ "ports", port },
	PLAIN(NULL),
};

const struct pick pick_trust[] = {
	PLAIN("server_sha256"),
	PLAIN("server_key"), /* a public key */
	PLAIN("server_name"),
	PLAIN("since"),
	PLAIN("since_unix"),
	PLAIN("ca_sha256"),
	PLAIN("ca"), /* a certificate */
	PLAIN(NULL),
};

static json_t *copy_object(const json_t *from, const struct pick *list);

static json_t *copy_array(const json_t *from, const struct pick *list)
{
	CLEANUP(cleanup_json) json_t *to = json_array();
	const json_t *item;
	size_t i;

	json_array_foreach(from, i, item)
	{
		if (!json_is_object(item))
			continue;
		if (json_array_append_new(to, copy_object(item, list)) < 0)
			return NULL;
	}
	return STEAL(to);
}

/* NULL: not of the kind that the row takes. */
static json_t *copy_value(const json_t *value, const struct pick *row)
{
	if (row->inner)
		return pick_copy(value, row->inner);
	return json_is_object(value) || json_is_array(value)
		       ? NULL
		       : json_deep_copy(value);
}

static json_t *copy_object(const json_t *from, const struct pick *list)
{
	json_t *to = json_object();

	for (; to && list->name; list++) {
		json_t *value =
			copy_value(json_object_get(from, list->name), list);

		if (value)
			(void)json_object_set_new(to, list->name, value);
	}
	return to;
}

json_t *pick_copy(const json_t *from, const struct pick *list)
{
	if (json_is_object(from))
		return copy_object(from, list);
	return json_is_array(from) ? copy_array(from, list) : NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "judge-onboard.h"

#include <string.h>

#include "fact.h"

/* What the agent says went wrong last (agent/onboard, devid-enroll(8)). */
static const char *id_of_class(const json_t *facts, const char *class)
{
	static const char *const ids[][2] = {
		{ "NO_REGISTRAR", "no-registrar" },
		{ "NO_ANCHOR", "no-anchor" },
		{ "EST_UNTRUSTED", "est-untrusted" },
		{ "EST_REFUSED", "est-refused" },
		{ "DOCUMENT", "document-bad" },
		{ "HOOK_FAILED", "hook-failed" },
		{ "FIRMWARE_TOO_LOW", "firmware-too-low" },
		{ "CANDIDATE_FAILED", "candidate-failed" },
		{ "LDEVID_REFUSED", "ldevid-refused" },
		{ "SERVER_CHANGED", "server-changed" },
	};

	/* A name that was made of the domain, and nobody has: the site has no
	 * registrar. One that was set should be there. */
	if (strcmp(class, "EST_UNREACHABLE") == 0 &&
		!*fact_text(json_object_get(facts, "settings"), "registrar"))
		return "no-registrar";
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (strcmp(ids[i][0], class) == 0)
			return ids[i][1];
	}
	return "onboarding-failed";
}

static bool is_found(const struct findings *f, const char *id)
{
	for (size_t i = 0; i < f->n; i++) {
		if (strcmp(f->list[i].is->id, id) == 0)
			return true;
	}
	return false;
}

/* The cause is kept until a new LDevID is in use: one of before may serve
 * meanwhile. */
static void judge_class(
	const json_t *facts, const json_t *onboarding, struct findings *f)
{
	const char *class = fact_text(onboarding, "class");
	const char *id;

	if (!*class)
		return;
	id = id_of_class(facts, class);
	if (is_found(f, id))
		return; /* told of a port */
	findings_add(f, id, fact_text(onboarding, "candidate"),
		"%s: %s; now %s", class, fact_text(onboarding, "cause"),
		fact_text(onboarding, "state"));
}

static void judge_waiting(const json_t *onboarding, struct findings *f)
{
	const char *registrar = fact_text(onboarding, "registrar");

	if (fact_is(onboarding, "state", "pending"))
		findings_add(f, "pending", fact_text(onboarding, "candidate"),
			"%s, asked again at %s", registrar,
			*fact_text(onboarding, "next")
				? fact_text(onboarding, "next")
				: "another time");
	/* Without a registrar that is set nobody has to tell of addresses. */
	if (fact_is(onboarding, "state", "provisioning") && *registrar &&
		fact_false(onboarding, "address") && !is_found(f, "no-address"))
		findings_add(f, "no-address", "",
			"no program of hooks.d has noted one; onboarding waits "
			"for it since %s",
			fact_text(onboarding, "since"));
}

static void judge_active(
	const json_t *facts, const json_t *onboarding, struct findings *f)
{
	const char *active = fact_text(onboarding, "active");
	const json_t *key;
	size_t i;

	json_array_foreach(json_object_get(facts, "identities"), i, key)
	{
		const json_t *cert = json_object_get(key, "certificate");

		if (*active && fact_is(key, "name", active) &&
			fact_is(cert, "validity", "expired"))
			findings_add(f, "ldevid-expired", active,
				"valid until %s", fact_text(cert, "not_after"));
	}
}

void judge_onboard(const json_t *facts, struct findings *ret)
{
	const json_t *onboarding =
		json_object_get(json_object_get(facts, "agent"), "onboarding");

	/* Without an agent the areas of judge-net.c say so. */
	if (!fact_is(facts, "agent_state", "alive"))
		return;
	if (!json_is_object(onboarding)) {
		ret->unused[COMPLAINT_AREA_ONBOARDING] = true;
		return;
	}
	judge_class(facts, onboarding, ret);
	judge_waiting(onboarding, ret);
	judge_active(facts, onboarding, ret);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "judge-net.h"

#include <string.h>

#include "fact.h"

/* RFC 3748 3.1 asks for 1020 octets; the EAPOL header has four. */
#define EAP_MTU_MIN 1024

static bool is_alive(const json_t *facts)
{
	return fact_is(facts, "agent_state", "alive");
}

static void judge_clock(const json_t *facts, struct findings *f)
{
	const json_t *agent = json_object_get(facts, "agent");

	if (is_alive(facts) && fact_is(agent, "clock", "before floor"))
		findings_add(f, "clock-behind", "",
			"it says %s, which devid-agent knows to be over",
			fact_text(facts, "time"));
}

static void judge_agent(const json_t *facts, struct findings *f)
{
	static const char *const ids[][2] = { { "dead", "agent-dead" },
		{ "damaged", "agent-damaged" }, { "unseen", "agent-unseen" } };
	const json_t *settings = json_object_get(facts, "settings");
	const json_t *agent = json_object_get(facts, "agent");

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (fact_is(facts, "agent_state", ids[i][0]))
			findings_add(f, ids[i][1], "",
				"agent.json of process %lld",
				fact_number(agent, "pid"));
	}
	if (fact_is(facts, "agent_state", "absent") &&
		*fact_text(settings, "ports"))
		findings_add(f, "agent-absent", "",
			"no agent.json; devid.conf has ports = %s",
			fact_text(settings, "ports"));
	if (!is_alive(facts))
		return;
	if (fact_false(agent, "keyd") &&
		!fact_is(json_object_get(facts, "keystore"), "state",
			"keyd-absent"))
		findings_add(f, "agent-no-keyd", "",
			"agent.keyd_socket %s, keyd.socket %s",
			fact_text(settings, "agent_socket"),
			fact_text(settings, "socket"));
	if (json_is_null(json_object_get(agent, "supplicant")))
		findings_add(f, "supplicant-absent", "",
			"devid-agent has none running");
}

static bool has_carrier(const json_t *link)
{
	return fact_true(link, "carrier");
}

/* As long as one cable is plugged, the other sockets may be empty. */
static void judge_carriers(const json_t *facts, struct findings *f)
{
	const json_t *links = json_object_get(facts, "links");
	const json_t *link, *without = NULL;
	size_t i;

	json_array_foreach(links, i, link)
	{
		if (has_carrier(link))
			return;
		if (fact_true(link, "exists") && !without)
			without = link;
	}
	if (without)
		findings_add(f, "port-no-carrier", fact_text(without, "name"),
			"%s",
			fact_true(without, "up")
				? "the interface is up, without carrier"
				: "the interface is down");
}

static void judge_links(const json_t *facts, struct findings *f)
{
	const json_t *link;
	size_t i;

	json_array_foreach(json_object_get(facts, "links"), i, link)
	{
		const char *name = fact_text(link, "name");
		long long mtu = fact_number(link, "mtu");

		if (fact_false(link, "exists") && is_alive(facts))
			findings_add(f, "port-missing", name,
				"devid.conf names it, the kernel does not");
		else if (mtu > 0 && mtu < EAP_MTU_MIN)
			findings_add(f, "port-mtu", name, "MTU %lld", mtu);
	}
	if (is_alive(facts))
		judge_carriers(facts, f);
}

/* The agent's classes, which are those of the complaints. */
static const char *id_of_class(const char *class)
{
	static const char *const ids[][2] = {
		{ "NO_AUTHENTICATOR", "no-authenticator" },
		{ "KEY_UNAVAILABLE", "key-unavailable" },
		{ "SERVER_UNTRUSTED", "server-untrusted" },
		{ "SERVER_CHANGED", "server-changed" },
		{ "CERT_REJECTED", "cert-rejected" },
		{ "AUTHZ_DENIED", "authz-denied" },
		{ "TLS_FAILED", "tls-failed" },
		{ "TIMEOUT", "timeout" },
		{ "NO_EAP_TLS", "no-eap-tls" },
		{ "OPEN_PORT", "open-port" },
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (strcmp(ids[i][0], class) == 0)
			return ids[i][1];
	}
	return "port-failed";
}

static const json_t *link_of(const json_t *facts, const char *name)
{
	const json_t *link;
	size_t i;

	json_array_foreach(json_object_get(facts, "links"), i, link)
	{
		if (fact_is(link, "name", name))
			return link;
	}
	return NULL;
}

static void judge_port(
	const json_t *facts, const json_t *port, struct findings *f)
{
	const char *name = fact_text(port, "port");
	const char *class = fact_text(port, "class");
	const json_t *link = link_of(facts, name);

	if (fact_is(port, "state", "authorized")) {
		if (link && json_array_size(
				    json_object_get(link, "addresses")) == 0)
			findings_add(f, "no-address", name,
				"authorized since %s",
				fact_text(port, "since"));
		return;
	}
	/* What failed with another cable is over. */
	if (!fact_true(port, "carrier") || !*class ||
		strcmp(class, "NONE") == 0)
		return;
	findings_add(f, id_of_class(class), name, "%s: %s; now %s", class,
		fact_text(port, "reason"), fact_text(port, "state"));
}

static void judge_trust(const json_t *facts, struct findings *f)
{
	static const char *const ids[][2] = { { "damaged", "trust-broken" },
		{ "expired", "trust-expired" }, { "not yet", "trust-expired" },
		{ "unseen", "trust-unseen" } };
	const json_t *trust = json_object_get(facts, "server_trust");
	bool first_use = fact_is(
		json_object_get(facts, "settings"), "trust", "first-use");

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		if (fact_is(trust, "state", ids[i][0]))
			findings_add(f, ids[i][1], "", "%s: %s",
				fact_text(trust, "path"), ids[i][0]);
	}
	/* Before the first attach nothing is remembered. */
	if (fact_is(trust, "state", "missing") && !first_use)
		findings_add(f, "trust-missing", "", "%s",
			fact_text(trust, "detail"));
}

/* No agent runs, and nobody asked for one. */
static bool agent_is_unwanted(const json_t *facts)
{
	return fact_is(facts, "agent_state", "absent") &&
	       !*fact_text(json_object_get(facts, "settings"), "ports");
}

static void hide(struct findings *f, bool *how)
{
	for (int a = COMPLAINT_AREA_CLOCK; a < COMPLAINT_N_AREAS; a++)
		how[a] = true;
	/* That it does not run is known. */
	f->hidden[COMPLAINT_AREA_AGENT] = false;
}

void judge_net(const json_t *facts, struct findings *ret)
{
	const json_t *agent = json_object_get(facts, "agent");
	const json_t *port;
	size_t i;

	judge_clock(facts, ret);
	judge_agent(facts, ret);
	judge_links(facts, ret);
	if (is_alive(facts)) {
		json_array_foreach(json_object_get(agent, "ports"), i, port)
			judge_port(facts, port, ret);
		judge_trust(facts, ret);
		return;
	}
	/* Nobody attaches: nothing of this can be known. */
	hide(ret, agent_is_unwanted(facts) ? ret->unused : ret->hidden);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-agent.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "blob.h"
#include "cleanup-json.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "fact.h"
#include "look.h"

#define PROGRAM "devid-agent"

static void agent_path(const struct places *places, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/agent.json", places->run_dir);
}

json_t *facts_agent_json(const struct places *places)
{
	CLEANUP(blob_done) struct blob text = { NULL, 0 };
	json_t *json = NULL;
	char path[PATH_MAX];

	agent_path(places, path);
	if (look_file(path, FACTS_AGENT_MAX, &text, NULL) == LOOK_SEEN)
		json = json_loadb((const char *)text.data, text.len, 0, NULL);
	if (!json_is_object(json)) {
		json_decref(json);
		return json_null();
	}
	fact_tame_all(json); /* for a terminal */
	return json;
}

/* The number may be another program's by now. Where /proc hides others, that
 * somebody has it is all there is to be known. */
static bool is_alive(long long pid)
{
	char path[64], name[32] = "";
	CLEANUP(cleanup_fclose) FILE *comm = NULL;

	if (pid <= 0 || pid > INT_MAX ||
		(kill((pid_t)pid, 0) < 0 && errno == ESRCH))
		return false;
	(void)snprintf(path, sizeof(path), "/proc/%lld/comm", pid);
	comm = fopen(path, "re");
	if (!comm || !fgets(name, sizeof(name), comm))
		return true;
	name[strcspn(name, "\n")] = '\0';
	return strcmp(name, PROGRAM) == 0;
}

const char *facts_agent_state(const struct places *places, const json_t *agent)
{
	CLEANUP(blob_done) struct blob text = { NULL, 0 };
	char path[PATH_MAX];
	enum look look;

	if (json_is_object(agent))
		return is_alive(fact_number(agent, "pid")) ? "alive" : "dead";
	agent_path(places, path);
	look = look_file(path, FACTS_AGENT_MAX, &text, NULL);
	/* It may have come since: then there is nothing wrong with it. */
	if (look == LOOK_SEEN || look == LOOK_WRONG)
		return "damaged";
	return look == LOOK_MISSING ? "absent" : "unseen";
}

static bool put_text(json_t *to, const json_t *from, const char *name)
{
	const char *text = json_string_value(json_object_get(from, name));

	return json_object_set_new(
		       to, name, text ? json_string(text) : json_null()) == 0;
}

json_t *facts_agent_read_trust(struct view text)
{
	static const char *const names[] = { "server_sha256", "server_name",
		"ca_sha256", "since" };
	CLEANUP(cleanup_json)
	json_t *all = json_loadb((const char *)text.data, text.len, 0, NULL);
	CLEANUP(cleanup_json) json_t *known = json_object();

	if (!known || strlen(fact_text(all, names[0])) != 64)
		return NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!put_text(known, all, names[i]))
			return NULL;
	}
	return STEAL(known);
}

static const char *judge_one_ca(const X509 *cert)
{
	if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0)
		return "expired";
	if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0)
		return "not yet";
	return "ok";
}

/* One certificate in DER, which the agent and wpa_supplicant take as well. */
static const char *judge_der_ca(struct view text)
{
	const uint8_t *p = text.data;
	CLEANUP(cleanup_x509) X509 *cert = d2i_X509(NULL, &p, (long)text.len);

	ERR_clear_error(); /* what failed is the verdict */
	return cert ? judge_one_ca(cert) : "damaged";
}

const char *facts_agent_judge_ca(struct view text)
{
	CLEANUP(cleanup_bio)
	BIO *bio = BIO_new_mem_buf(text.data, (int)text.len);
	const char *verdict = NULL;

	while (bio) {
		CLEANUP(cleanup_x509)
		X509 *cert = PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL);

		if (!cert)
			break;
		verdict = judge_one_ca(cert);
		if (strcmp(verdict, "ok") == 0)
			break; /* one that counts is enough */
	}
	ERR_clear_error(); /* the end of the file is one */
	return verdict ? verdict : judge_der_ca(text);
}

static json_t *trust_json(
	const char *path, const char *state, const char *detail)
{
	return json_pack("{s:o, s:s, s:o}", "path", fact_new(path), "state",
		state, "detail", fact_new(detail));
}

static json_t *pinned_json(const struct places *places)
{
	CLEANUP(blob_done) struct blob text = { NULL, 0 };
	struct devid_error err = { DEVID_OK, "" };
	enum look look;
	const char *state;

	if (!places->ca)
		return trust_json("", "missing", "eap.ca is not set");
	look = look_file(places->ca, FACTS_TRUST_MAX, &text, &err);
	state = look_name(look);
	if (look == LOOK_SEEN)
		state = facts_agent_judge_ca(blob_view(&text));
	if (look == LOOK_SEEN && strcmp(state, "damaged") == 0)
		(void)devid_fail(&err, DEVID_ERR_SYNTAX,
			"%s: no certificate in it", places->ca);
	return trust_json(places->ca, state, err.text);
}

static json_t *remembered_json(const struct places *places)
{
	CLEANUP(blob_done) struct blob text = { NULL, 0 };
	CLEANUP(cleanup_json) json_t *known = NULL;
	struct devid_error err = { DEVID_OK, "" };
	char path[PATH_MAX];
	enum look look;
	json_t *trust;

	(void)snprintf(path, sizeof(path), "%s/server-trust.json",
		places->agent_state_dir);
	look = look_file(path, FACTS_TRUST_MAX, &text, &err);
	if (look == LOOK_SEEN) {
		known = facts_agent_read_trust(blob_view(&text));
		if (!known)
			(void)devid_fail(&err, DEVID_ERR_SYNTAX,
				"%s: not a remembered server", path);
	}
	trust = trust_json(path,
		look == LOOK_SEEN && !known ? "damaged" : look_name(look),
		err.text);
	if (known)
		(void)json_object_update_missing(trust, known);
	return trust;
}

json_t *facts_agent_trust(const struct places *places)
{
	return strcmp(places->trust, "first-use") == 0 ? remembered_json(places)
						       : pinned_json(places);
}

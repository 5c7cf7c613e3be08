/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_FACTS_AGENT_H
#define DEVID_FACTS_AGENT_H

/* What devid-agent wrote down, whether it lives, and whom it trusts. For
 * facts-*.c and for the bundle. */

#include <jansson.h>

#include "places.h"
#include "view.h"

#define FACTS_AGENT_MAX 262144 /* bytes of agent.json; a limit of ours */
#define FACTS_TRUST_MAX 65536  /* bytes of a trust file; a limit of ours */

/* agent.json as it is, or json null. */
json_t *facts_agent_json(const struct places *places);

/*
 * "alive"; "absent", nothing written; "dead", written by one who could not take
 * it away; "unseen", this user may not read it; "damaged".
 */
const char *facts_agent_state(const struct places *places, const json_t *agent);

/*
 * What RADIUS servers are judged by: `path`, `state` ("ok", "missing",
 * "unseen", "damaged", and of a CA "not yet" and "expired"), `detail`; and what
 * facts_agent_read_trust() has.
 */
json_t *facts_agent_trust(const struct places *places);

/* The members of server-trust.json that are known: `server_sha256`,
 * `server_name`, `ca_sha256`, `since`, each a text or null. NULL when @text is
 * not of that form. */
json_t *facts_agent_read_trust(struct view text);

/* "ok", "not yet" or "expired" for the certificates of a PEM file, or the one
 * of a DER file; "damaged" when there is none in it. */
const char *facts_agent_judge_ca(struct view text);

#endif

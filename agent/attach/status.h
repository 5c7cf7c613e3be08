/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_STATUS_H
#define DEVID_AGENT_STATUS_H

/*
 * What others may read of the agent.
 *
 * <run_dir>/agent.json, replaced at every change, removed at a clean end:
 *   version     "0.1.0"
 *   pid         the agent's
 *   supplicant  wpa_supplicant's pid, or null
 *   keyd        true when devid-keyd's socket takes connections
 *   clock       "ok" or "before floor" (validity periods are not checked)
 *   trust       "pinned", "first-use" (nothing remembered yet),
 *               "remembered" or "broken" (the store cannot be read)
 *   remembered  SHA-256 of the remembered server's certificate, or null
 *   remembered_issuer  SHA-256 of its issuer's, or null: held by its key alone
 *   survives    which later servers will be accepted, for a person, or null
 *   onboarding  see onboard-status.h; null where the device does not onboard
 *               by itself
 *   ports       array, without interfaces that are gone:
 *     port         "eth0"
 *     carrier      true or false
 *     state        see docs/agent-states.md
 *     since        time of the last change of state, "2026-01-31T12:00:00Z"
 *     open         true when hooks were told to use it unauthenticated
 *     class        of the last failure since carrier-up, or "NONE"
 *     reason       of it, for a person
 *     next_retry   time, or null
 *     key          of the identity that it was last tried with, "idevid",
 *                  or null
 *     passed_over  array of the others that could not be used, or that the
 *                  server refused: key, class, reason
 *     server       SHA-256 of the certificate of the server that let it in,
 *                  or null when not authorised (or resumed and unknown)
 *     server_name  its first DNS name, or null
 *     tls_version  "TLSv1.3", or null when not authorised
 *     resumed      whether the last attach used a resumed session
 *     history      at most 16 attaches, the newest first:
 *       start               time
 *       eapol_start_ms      milliseconds from carrier-up (or from the start
 *       eap_started_ms      of a later try) to EAPOL-Start, first EAP
 *       server_verified_ms  request, server accepted, port authorised and
 *       success_ms          end; null where it did not come to that
 *       done_ms
 *       key, server, server_name, tls_version, resumed   as above
 *       verdict             "success", "failure", "key", "silence", "lost"
 *       class, reason
 *
 * <state_dir>/history.json: array of the same records with a member "port",
 * the oldest first.
 */

#include <devid/error.h>
#include "identity.h"
#include "onboarder.h"
#include "port.h"
#include "trust.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct status {
	pid_t supplicant; /* 0: none */
	bool keyd;
	bool clock_ok;
	bool first_use;
	const struct trust *trust;           /* borrowed; used with first_use */
	const struct identities *identities; /* borrowed */
	const struct port *const *ports;     /* borrowed */
	size_t n_ports;
	const struct onboarder *onboarder; /* borrowed, or NULL */
};

/* Replaces @path; not synced to disk, as it does not outlive a start.
 * Errors: IO, NOMEM. */
DEVID_MUST_CHECK enum devid_err status_write(
	const char *path, const struct status *status, struct devid_error *err);

/* Stores the history of all ports, durably. Errors: IO, NOMEM. */
DEVID_MUST_CHECK enum devid_err status_store_history(const char *path,
	const struct port *const *ports, size_t n_ports,
	struct devid_error *err);

/* Calls @add for each record of @path, the oldest first. A record that is not
 * of its form is skipped. Errors: of files_read(), SYNTAX. */
DEVID_MUST_CHECK enum devid_err status_load_history(const char *path,
	void (*add)(void *user, const char *port, const struct attach *a),
	void *user, struct devid_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_DUTIES_H
#define DEVID_SERVE_DUTIES_H

/* What a CA does by itself, between the jobs of others. */

#include "serve-worker.h"

/* All is due but what ca_open() has just done. */
void serve_duties_init(struct serve_duties *duties, int64_t now);

/* Roots of TPM vendors are read again the next time. */
void serve_duties_reload(struct serve_duties *duties);

/* Something was revoked at @now: the next list shall not wait. */
void serve_duties_revoked(
	struct serve_duties *duties, const struct ca *ca, int64_t now);

/* A job ended with @code. */
void serve_duties_used(
	struct serve_duties *duties, enum devid_err code, enum proof_rule rule);

/* What is in trouble at @now, as a line; NULL: nothing. */
const char *serve_duties_trouble(
	const struct serve_duties *duties, int64_t now);

/* Does what is due at @now (http_clock()) and logs what fails, which is tried
 * again. Returns when something is due next. *@ret_published: files may have
 * changed. */
int64_t serve_duties_run(struct serve_duties *duties, struct ca *ca,
	int64_t now, bool *ret_published);

#endif

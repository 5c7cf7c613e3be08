/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_STATION_HTTP_H
#define DEVID_STATION_HTTP_H

/*
 * The CA's service as a station asks it: https alone, both ends prove who they
 * are, no redirect, nothing unbounded.
 */

#include "blob.h"
#include "der.h"
#include <devid/error.h>

#include <stdbool.h>

/* Bytes of an answer: a chain of certificates is the longest. */
#define STATION_REPLY_MAX 262144

struct station_access {
	const char *ca;         /* URL, https://host:port */
	const char *cert, *key; /* of the station, PEM files */
	const char *ca_cert;    /* what the service's must chain to */
};

struct station_http;

/* @access is borrowed. Errors: INVALID (not https), NOMEM. */
DEVID_MUST_CHECK enum devid_err station_http_new(
	const struct station_access *access, struct station_http **ret,
	struct devid_error *err);
void station_http_free(struct station_http *http);

struct station_call {
	const char *what; /* begins messages: "challenge" */
	const char *path; /* "/v1/challenge" */
	const char *name; /* appended to it percent-encoded, or NULL */
	const char *type; /* of the body; NULL: GET */
	struct view body;
};

/*
 * Asks and returns the body of a success, with a NUL behind it, the caller's.
 * While the CA is not there, or says that it cannot now or that this
 * is too often, it is asked again a few times, after the time that it names.
 * Errors: UNREACHABLE (still not), NOT_GENUINE (not the CA; or the CA found
 * the proof wanting), INVALID (files of the access), and as the CA answers
 * SYNTAX, DENIED, NOT_FOUND, EXISTS, REPLAYED, TIMEOUT, TOO_LARGE, PROTOCOL.
 */
DEVID_MUST_CHECK enum devid_err station_http_ask(struct station_http *http,
	const struct station_call *call, struct blob *ret,
	struct devid_error *err);

/* Whether the last call ended with the CA's word that it does not do what was
 * asked. Whatever else ended it, the CA may have done it. */
bool station_http_refused(const struct station_http *http);

/* The same for an answer of @status that stands for @code: what was done before
 * (REPLAYED), and what is to be asked again, is no refusal. */
bool station_http_is_refusal(long status, enum devid_err code);

/* The error that an answer of @status with the JSON @body stands for; @what
 * begins its text. */
enum devid_err station_http_error(const char *what, long status,
	struct view body, struct devid_error *err);

#endif

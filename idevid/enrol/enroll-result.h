/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ENROLL_RESULT_H
#define DEVID_ENROLL_RESULT_H

/*
 * What a run of devid-enroll came to: the file with which it answers the
 * program that started it. One JSON object:
 *
 *   { "op": "enrol|document|drop", "result": "done|pending|failed",
 *     "class": "EST_TIMEOUT", "reason": "one line",
 *     "retry_after": seconds or null, "key": "ldevid-0", "epoch": N or null }
 *
 * The writer is less trusted than the reader: members are bounded, and the
 * reason is escaped before it is kept.
 */

#include <devid/error.h>

#include "keyref.h"

#include <stdbool.h>
#include <stdint.h>

#define ENROLL_RESULT_NAME       "result.json" /* in the staging folder */
#define ENROLL_RESULT_MAX        4096          /* bytes; a limit of ours */
#define ENROLL_REASON_MAX        256           /* with the NUL */
#define ENROLL_RETRY_MAX_SECONDS 86400         /* a limit of ours */

enum enroll_op {
	ENROLL_OP_ENROL,    /* key, request, certificate, installed */
	ENROLL_OP_DOCUMENT, /* the site's onboarding document */
	ENROLL_OP_DROP,     /* key and request are taken away */
	ENROLL_OP_COUNT,
};

enum enroll_end {
	ENROLL_DONE,
	ENROLL_PENDING, /* to be asked again after retry_after */
	ENROLL_FAILED,
	ENROLL_END_COUNT,
};

/* Why it failed, or is pending. */
enum enroll_class {
	ENROLL_CLASS_NONE,
	ENROLL_EST_UNTRUSTED,   /* the server does not prove who it is */
	ENROLL_EST_UNREACHABLE, /* no name, no route, no listener */
	ENROLL_EST_REDIRECT,    /* sends elsewhere: never followed */
	ENROLL_EST_REFUSED,     /* 4xx, or our certificate in TLS */
	ENROLL_EST_MALFORMED,   /* an answer of another form */
	ENROLL_EST_TOO_LARGE,   /* an answer above its bound */
	ENROLL_EST_TIMEOUT,     /* too slow */
	ENROLL_EST_WRONG_CERT,  /* a certificate that is not ours to use */
	ENROLL_EST_SERVER,      /* 5xx: the server has trouble of its own */
	ENROLL_NO_ANCHOR,       /* nothing to judge the server by */
	ENROLL_NO_REGISTRAR,    /* no name of a server */
	ENROLL_KEY_UNAVAILABLE, /* devid-keyd does not do what is needed */
	ENROLL_DOCUMENT,        /* the onboarding document is not right */
	ENROLL_LOCAL,           /* trouble of this device: disk, memory */
	ENROLL_CLASS_COUNT,
};

struct enroll_result {
	enum enroll_op op;
	enum enroll_end end;
	enum enroll_class class;
	char reason[ENROLL_REASON_MAX]; /* one line; "" when done */
	bool has_retry_after;
	unsigned retry_after; /* seconds, at most ENROLL_RETRY_MAX_SECONDS */
	char key[KEY_NAME_MAX + 1]; /* "" for none */
	bool has_epoch;
	uint64_t epoch; /* of the module, at enrolment; below 2^63 */
};

/* "enrol", "done", "EST_TIMEOUT"; ENROLL_CLASS_NONE is "". Never NULL. */
const char *enroll_op_name(enum enroll_op op);
const char *enroll_end_name(enum enroll_end end);
const char *enroll_class_name(enum enroll_class class);

/* The operation with that name; false: none. */
bool enroll_op_by_name(const char *name, enum enroll_op *ret);

/* Sets the reason to @text, cut to its room, with '?' for control characters
 * and for octets that are not ASCII. */
void enroll_result_set_reason(struct enroll_result *result, const char *text);

/* Writes @path as files_write_atomic() does, readable by all. Errors: NOMEM,
 * DENIED, IO. */
DEVID_MUST_CHECK enum devid_err enroll_result_write(const char *path,
	const struct enroll_result *result, struct devid_error *err);

/* Reads such a text. A member that is missing, unknown or beyond its bound is
 * SYNTAX; *@ret is set on success alone. */
DEVID_MUST_CHECK enum devid_err enroll_result_parse(const char *text,
	size_t len, struct enroll_result *ret, struct devid_error *err);

/* The same of the file @path, which may be of any owner: who calls has looked
 * at the folder. Errors: NOT_FOUND, DENIED (a link, or no regular file),
 * TOO_LARGE, IO, SYNTAX. */
DEVID_MUST_CHECK enum devid_err enroll_result_read(
	const char *path, struct enroll_result *ret, struct devid_error *err);

#endif

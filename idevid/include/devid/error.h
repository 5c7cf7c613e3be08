/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ERROR_H
#define DEVID_ERROR_H

/*
 * Errors. Every fallible function of the project returns enum devid_err and
 * must be checked; the text that explains it goes into a struct devid_error
 * that the caller supplies (it may be NULL). The first, most specific cause
 * wins: a later devid_fail() on a struct that holds a cause keeps its text.
 */

#include <devid/api.h>

#ifdef __cplusplus
extern "C" {
#endif

enum devid_err {
	DEVID_OK = 0,
	DEVID_ERR_NOMEM = -1,
	DEVID_ERR_INVALID = -2, /* an argument or input breaks its contract */
	DEVID_ERR_SYNTAX = -3,  /* bytes that are not of their format */
	DEVID_ERR_TOO_LARGE = -4,
	DEVID_ERR_IO = -5,
	DEVID_ERR_NOT_FOUND = -6,
	DEVID_ERR_EXISTS = -7,
	DEVID_ERR_DENIED = -8,  /* this peer may not ask this */
	DEVID_ERR_PURPOSE = -9, /* these bytes are none that the key signs */
	DEVID_ERR_STATE = -10,  /* right request, wrong time */
	DEVID_ERR_KEY_DISABLED = -11, /* 802.1AR 7.2 */
	DEVID_ERR_MISMATCH = -12, /* two things that must be equal are not */
	DEVID_ERR_UNSUPPORTED = -13,
	DEVID_ERR_PROTOCOL = -14, /* key socket protocol broken by the peer */
	DEVID_ERR_KEYD_ABSENT = -15,
	DEVID_ERR_TIMEOUT = -16,
	DEVID_ERR_CRYPTO = -17,
	DEVID_ERR_TPM = -18, /* a TPM answer with no class of its own */
	DEVID_ERR_TPM_ABSENT = -19,
	DEVID_ERR_TPM_LOCKOUT = -20,
	DEVID_ERR_TPM_FAILURE = -21,
	DEVID_ERR_UNREACHABLE = -22, /* network peer not reached */
	DEVID_ERR_NOT_GENUINE = -23, /* identity not proved */
	DEVID_ERR_REPLAYED = -24,    /* what counts once came again */
	/* Of the DevID module (802.1AR 7.2); with NOT_FOUND and KEY_DISABLED
	 * they are its errors. */
	DEVID_ERR_KEY_EXISTS = -25,
	DEVID_ERR_CERT_EXISTS = -26,
	DEVID_ERR_CERT_NOT_FOUND = -27,
	DEVID_ERR_CERT_DISABLED = -28,
	DEVID_ERR_IDEVID_KEY_DELETION = -29,
	DEVID_ERR_IDEVID_CERT_DELETION = -30,
	DEVID_ERR_IDEVID_CHAIN_DELETION = -31,
	DEVID_ERR_SUITE_MISMATCH = -32,
	DEVID_ERR_NOT_INITIALIZED = -33,
	DEVID_ERR_ERASED = -34, /* a key from before an erasure */
};

/* Lowest value of enum devid_err; values below it are not ours. */
#define DEVID_ERR_MIN DEVID_ERR_ERASED

#define DEVID_ERROR_TEXT_MAX 256

struct devid_error {
	enum devid_err code;
	char text[DEVID_ERROR_TEXT_MAX]; /* "" or NUL-terminated, one line */
};

#define DEVID_MUST_CHECK   __attribute__((warn_unused_result))
#define DEVID_PRINTF(f, a) __attribute__((format(printf, f, a)))

/*
 * Records @code and a formatted one-line cause in @err (NULL allowed) unless
 * it holds one already. Control characters in the text become '?'.
 * Returns @code, so that `return devid_fail(...)` reads well.
 */
enum devid_err devid_fail(struct devid_error *err, enum devid_err code,
	const char *fmt, ...) DEVID_PRINTF(3, 4);

/* Short fixed English name of @code; never NULL. */
DEVID_API const char *devid_err_name(enum devid_err code);

/* The text in @err, or the name of its code when there is none. */
DEVID_API const char *devid_error_text(const struct devid_error *err);

/* Forgets what @err holds, so that it can be used again. */
DEVID_API void devid_error_clear(struct devid_error *err);

#ifdef __cplusplus
}
#endif

#endif

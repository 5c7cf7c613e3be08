/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_NAMES_H
#define DEVID_AGENT_NAMES_H

/*
 * DNS names of RADIUS servers: those that a certificate bears, and those that
 * are admitted, each a whole name or "*.domain". Values without pointers; the
 * case of letters does not count (RFC 4343). Only DNS names of a certificate
 * are names here, never its common name (RFC 9525 2).
 */

#include <devid/error.h>

#include <stdbool.h>
#include <stddef.h>

#define NAMES_MAX 10  /* wpa_supplicant tells no more of one certificate */
#define NAMES_LEN 128 /* bytes of one, with its NUL; a limit of ours */

struct names {
	size_t n;
	char of[NAMES_MAX][NAMES_LEN];
};

/*
 * Adds @name, a host name or "*." before a domain of two labels at least, the
 * last of which is no number.
 * Errors: INVALID (neither), TOO_LARGE.
 */
DEVID_MUST_CHECK enum devid_err names_add(
	struct names *names, const char *name, struct devid_error *err);

/* Whether one name of @server is among the @admitted, or below a domain that
 * stands there with "*.". */
bool names_admit(const struct names *admitted, const struct names *server);

/* Whether one of @names begins with "*.". */
bool names_wild(const struct names *names);

/* "*." and the domain that @name is directly in, when that has two labels;
 * false otherwise. */
bool names_siblings(const char *name, char ret[NAMES_LEN]);

/* The names with @separator between them, those below domains without "*."
 * when @bare; @ret of @len is cut at worst. */
void names_join(const struct names *names, const char *separator, bool bare,
	char *ret, size_t len);

#endif

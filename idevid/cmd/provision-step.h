/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROVISION_STEP_H
#define DEVID_PROVISION_STEP_H

/* What the steps of `devid provision` share: the call, the way to devid-keyd.
 */

#include "cmd-files.h"
#include <devid/error.h>
#include "options.h"
#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 5280 A.1: ub-serial-number and ub-common-name. */
#define SUBJECT_VALUE_MAX 64
#define PEM_MAX           65536 /* bytes of a certificate file */

struct provision {
	const char *config;
	const char *alg;
	const char *serial;
	const char *model;
	const char *out;
	const char *key;
	const char *ek_certificate; /* borrowed, or NULL: what NV has */
	bool force;
	uint32_t given; /* options */
	struct cmd_env env;
};

/* Its options, into a struct provision. */
extern const struct option_set provision_options;

/* Says @why; the exit code. */
int provision_wrong_call(const char *why);

/* Whether --serial and --model are there and of a length that fits a subject.
 */
bool provision_subject_ok(const struct provision *p);

/* The IAK of the IDevID @key, by name. */
const char *provision_pair(const char *key);

/* Puts a request whose answer holds nothing; the exit code. */
int provision_put(struct provision *p, const struct wire_request *req);

/* What devid-keyd says of the key @name. Errors: NOT_FOUND with what to do,
 * the state of a TPM that is not well. */
DEVID_MUST_CHECK enum devid_err provision_get_key(struct provision *p,
	const char *name, struct wire_key *ret, struct devid_error *err);

#endif

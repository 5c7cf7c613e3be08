/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EK_POLICY_H
#define DEVID_EK_POLICY_H

/* What a CA's policy permits an EK certificate to say. */

#include "ek-cert.h"

void ek_policy_done(struct ek_policy *policy);

/* "padding,no-eku" into bits. Errors: INVALID names the unknown one. */
DEVID_MUST_CHECK enum devid_err ek_quirks_parse(
	const char *list, unsigned *ret, struct devid_error *err);

/* The names of @quirks, for messages: "padding, no-eku". */
void ek_quirks_text(unsigned quirks, char *buf, size_t size);

/* Whether the texts of @policy can be judged by. Errors: INVALID. */
DEVID_MUST_CHECK enum devid_err ek_policy_validate(
	const struct ek_policy *policy, struct devid_error *err);

/* Whether what @cert says is permitted; quirks are not looked at. Errors:
 * DENIED, text names the assertion. */
DEVID_MUST_CHECK enum devid_err ek_policy_check(const struct ek_policy *policy,
	const struct ek_cert *cert, struct devid_error *err);

#endif

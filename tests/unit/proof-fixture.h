/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PROOF_FIXTURE_H
#define TEST_PROOF_FIXTURE_H

/* A device, its TPM's vendor and a CA's view of both, for tests of proof.h.
 * Everything asserts. */

#include <stdbool.h>

#include "csr-fixture.h"
#include "proof.h"

extern struct csr_fixture *f; /* the device; changed before a check */
extern struct ek_trust *trust;
extern struct ek_policy policy; /* empty at first */
extern struct proof *proof;     /* of the last check */

/* Once for a group of tests. */
int proof_fixture_set_up(void **state);
int proof_fixture_tear_down(void **state);

/* A good device of these algorithms, its vendor trusted; and away with it. */
void start(enum key_alg alg, const char *ek);
void stop(void);

/* Encodes the request and judges it. */
bool check(void);

/* @rule (PROOF_NONE: none) fails with @cause in its detail, and no other rule
 * fails or warns. */
void assert_only(enum proof_rule rule, const char *cause);

#endif

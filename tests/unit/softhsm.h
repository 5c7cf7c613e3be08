/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SOFTHSM_H
#define TEST_SOFTHSM_H

/*
 * SoftHSM2 tokens of the test's own, in a temporary folder. Everything
 * asserts.
 */

#include "tempdir.h"
#include "token.h"

#define SOFTHSM_MODULE "/usr/lib/softhsm/libsofthsm2.so"
#define SOFTHSM_PIN    "1234-user"

struct softhsm {
	struct tempdir dir;
};

/* A folder without tokens; $SOFTHSM2_CONF names it. */
void softhsm_new(struct softhsm *hsm);
void softhsm_free(struct softhsm *hsm);

/* A token @label with SOFTHSM_PIN. */
void softhsm_add(const struct softhsm *hsm, const char *label);

/* The module that misbehaves as $P11_FAULT says: tests/fault/p11-fault.c. */
const char *softhsm_faulty_module(void);

/* A PIN as a file gives it, or as a person types it. */
struct pin softhsm_pin(const char *text, bool by_hand);

#endif

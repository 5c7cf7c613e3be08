/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_CSR_SUITES_H
#define TEST_CSR_SUITES_H

/* A request for each signature suite, made once for all cases of a program. */

#include "csr-fixture.h"

#define N_SUITES 3

extern const enum key_alg algs[N_SUITES];

/* By enum key_alg. */
extern struct csr_fixture fixtures[KEY_ALG_RSA2048 + 1];
extern struct tcg_csr csrs[KEY_ALG_RSA2048 + 1];

/* For cmocka_run_group_tests(). */
int csr_suites_new(void **state);
int csr_suites_done(void **state);

static inline struct der_view view(const uint8_t *data, size_t len)
{
	return (struct der_view) { data, len };
}

#endif

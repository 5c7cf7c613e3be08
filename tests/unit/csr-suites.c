/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include "csr-suites.h"

#include <stdlib.h>

const enum key_alg algs[N_SUITES] = { KEY_ALG_P256, KEY_ALG_P384,
	KEY_ALG_RSA2048 };

struct csr_fixture fixtures[KEY_ALG_RSA2048 + 1];
struct tcg_csr csrs[KEY_ALG_RSA2048 + 1];

int csr_suites_new(void **state)
{
	(void)state;
	(void)setenv("TSS2_LOG", "all+none", 0);
	for (size_t i = 0; i < N_OF(algs); i++) {
		struct csr_fixture *f = &fixtures[algs[i]];

		csr_fixture_new(f, algs[i], "P-256");
		csr_fixture_encode(f);
		assert_rc(tcg_csr_parse((struct der_view) { f->data, f->len },
				  &csrs[algs[i]], NULL),
			DEVID_OK);
	}
	return 0;
}

int csr_suites_done(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(algs); i++)
		csr_fixture_done(&fixtures[algs[i]]);
	return 0;
}

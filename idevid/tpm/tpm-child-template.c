/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-child-template.h"

#include <stddef.h>

#include "tpm-suite.h"

#define ATTRS_IMPORTED                                                         \
	(TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_NODA | TPMA_OBJECT_SIGN_ENCRYPT)
#define ATTRS_MADE                                                             \
	(ATTRS_IMPORTED | TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |     \
		TPMA_OBJECT_SENSITIVEDATAORIGIN)

static void fill(const struct tpm_suite *suite, bool imported, TPMT_PUBLIC *ret)
{
	tpm_suite_fill(suite, ret);
	ret->nameAlg = TPM2_ALG_SHA256;
	ret->objectAttributes = imported ? ATTRS_IMPORTED : ATTRS_MADE;
}

bool child_template_get(enum key_alg alg, bool imported, TPM2B_PUBLIC *ret)
{
	const struct tpm_suite *suite = tpm_suite_of(alg);

	if (!suite)
		return false;
	ret->size = 0;
	fill(suite, imported, &ret->publicArea);
	return true;
}

bool child_template_matches(
	const TPMT_PUBLIC *area, enum key_alg *ret_alg, bool *ret_imported)
{
	const struct tpm_suite *suite;

	for (size_t i = 0; (suite = tpm_suite_row(i / 2)); i++) {
		bool imported = i % 2 == 1;
		TPMT_PUBLIC want;

		fill(suite, imported, &want);
		if (!tpm_suite_same(area, &want))
			continue;
		*ret_alg = suite->alg;
		*ret_imported = imported;
		return true;
	}
	return false;
}

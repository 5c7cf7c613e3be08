/* SPDX-License-Identifier: Apache-2.0 */
/* A request for an LDevID, as a registrar reads it.
 * covers: OWN-evidence-csr */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ldevid-csr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static bool is_inside(struct view v, const uint8_t *data, size_t len)
{
	return v.len == 0 || (v.data >= data && v.data + v.len <= data + len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	enum ldevid_csr_rule rule = LDEVID_CSR_RULES;
	struct ldevid_csr_view csr;
	enum devid_err rc =
		ldevid_csr_read((struct view) { data, len }, &csr, &rule, NULL);

	if (rule >= LDEVID_CSR_RULES || !ldevid_csr_rule_name(rule))
		abort();
	if (rc != DEVID_OK)
		return 0;
	if (rule != LDEVID_CSR_NONE || csr.alg == KEY_ALG_NONE ||
		csr.n_ext > LDEVID_CSR_EXT_MAX ||
		memchr(csr.serial, 0, sizeof(csr.serial)) == NULL ||
		!is_inside(csr.spki, data, len) ||
		!is_inside(csr.evidence, data, len))
		abort();
	return 0;
}

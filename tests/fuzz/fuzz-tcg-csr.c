/* SPDX-License-Identifier: Apache-2.0 */
/* A TCG-CSR-IDEVID. Seeds: make-csr-seeds.c.
 * covers: TCG-13.1-structure */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tcg-csr.h"
#include "tpm-public.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void inside(struct view part, const uint8_t *data, size_t len)
{
	must(part.len <= len);
	must(part.len == 0 ||
		(part.data >= data && part.data + part.len <= data + len));
}

/* What was read and is written again has the same fields. */
static void write_again(const struct tcg_csr *csr)
{
	static uint8_t contents_buf[TCG_CSR_MAX], whole_buf[TCG_CSR_MAX];
	struct room contents = { contents_buf, sizeof(contents_buf), 0 };
	struct room whole = { whole_buf, sizeof(whole_buf), 0 };
	struct tcg_csr again;

	if (tcg_csr_encode_contents(
		    csr->hash_alg, csr->field, &contents, NULL) != DEVID_OK)
		return; /* another hash, or no room for the pad */
	if (tcg_csr_encode((struct view) { contents.data, contents.len },
		    csr->signature, &whole, NULL) != DEVID_OK)
		return;
	must(tcg_csr_parse((struct view) { whole.data, whole.len }, &again,
		     NULL) == DEVID_OK);
	must(tcg_csr_check_hash(&again, NULL) == DEVID_OK);
	for (int i = 0; i < TCG_CSR_PAD; i++) {
		must(again.field[i].len == csr->field[i].len);
		must(again.field[i].len == 0 ||
			memcmp(again.field[i].data, csr->field[i].data,
				again.field[i].len) == 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct view in = { data, len };
	struct devid_error err = { DEVID_OK, "" };
	struct tcg_csr csr;

	(void)!tcg_csr_parse_contents(in, &csr, NULL);
	if (tcg_csr_parse(in, &csr, &err) != DEVID_OK) {
		must(err.text[0] != '\0');
		return 0;
	}
	inside(csr.contents, data, len);
	inside(csr.signature, data, len);
	inside(csr.hash, csr.contents.data, csr.contents.len);
	inside(csr.hashed, csr.contents.data, csr.contents.len);
	for (int i = 0; i < TCG_CSR_N_FIELDS; i++)
		inside(csr.field[i], csr.hashed.data, csr.hashed.len);
	(void)!tcg_csr_check_hash(&csr, NULL);
	write_again(&csr);
	return 0;
}

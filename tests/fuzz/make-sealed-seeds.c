/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the seeds of fuzz-sealed into tests/fuzz/corpus. Run by hand when the
 * record changes:
 *
 *	make build/tests/fuzz/make-sealed-seeds
 *	build/tests/fuzz/make-sealed-seeds
 */
#include <stdio.h>
#include <stdlib.h>

#include "sealed-fixture.h"

static void save(enum key_alg alg, bool imported)
{
	uint8_t buf[4096];
	struct room out = { buf, sizeof(buf), 0 };
	struct tpm_sealed key;
	char path[96];
	FILE *f;

	sealed_fixture(alg, imported, &key);
	if (tpm_sealed_encode(&key, &out, NULL) != DEVID_OK)
		abort();
	(void)snprintf(path, sizeof(path), "tests/fuzz/corpus/sealed/%s-%s",
		key_alg_name(alg), imported ? "imported" : "made");
	f = fopen(path, "w");
	if (!f || fwrite(buf, 1, out.len, f) != out.len || fclose(f) != 0)
		abort();
}

int main(void)
{
	save(KEY_ALG_P256, false);
	save(KEY_ALG_P256, true);
	save(KEY_ALG_RSA2048, false);
	save(KEY_ALG_RSA2048, true);
	return 0;
}

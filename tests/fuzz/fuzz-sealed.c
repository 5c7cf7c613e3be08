/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sealed key, as it is, and with the digest at its end made right. What is
 * understood is written again and must come out the same. Seeds:
 * make-sealed-seeds.c.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sealed-fixture.h"
#include "tpm-public.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return setenv("TSS2_LOG", "all+none", 1);
}

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void parse(struct view in)
{
	static uint8_t buf[8192];
	struct room again = { buf, sizeof(buf), 0 };
	struct tpm_sealed key;
	struct key_blob spki;

	if (tpm_sealed_parse(in, &key, NULL) != DEVID_OK)
		return;
	must(key.epoch > 0 && key.parent.size == 34 && key.private.size > 0);
	must(key.private.size <= sizeof(key.private.buffer));
	must(tpm_sealed_encode(&key, &again, NULL) == DEVID_OK);
	must(again.len == in.len && memcmp(buf, in.data, in.len) == 0);
	(void)!tpm_public_spki(&key.pub.publicArea, &spki, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);

	must(copy != NULL);
	if (len > 0)
		memcpy(copy, data, len);
	parse((struct view) { copy, len });
	if (len > 32) {
		sealed_fixture_digest(copy, len);
		parse((struct view) { copy, len });
	}
	free(copy);
	return 0;
}

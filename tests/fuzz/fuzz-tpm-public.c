/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structures from a TPM: a public area and an attestation, each behind its
 * length in two bytes, then a signature. Seeds: make-csr-seeds.c.
 * covers: TPM-16-names TPM-10.12.12-attest
 */
#include <openssl/evp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tpm-public.h"
#include "tpm-template.h"
#include "tpm-signature.h"

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

static struct view take(struct view *in)
{
	struct view v = { in->data, 0 };

	if (in->len < 2)
		return v;
	v.data = in->data + 2;
	v.len = (size_t)in->data[0] << 8 | in->data[1];
	v.len = v.len < in->len - 2 ? v.len : in->len - 2;
	in->data += 2 + v.len;
	in->len -= 2 + v.len;
	return v;
}

/* Exactly as long as the part, so that a read beyond it is seen. */
static struct view copy_of(struct view in)
{
	uint8_t *copy = malloc(in.len ? in.len : 1);

	must(copy != NULL);
	if (in.len > 0)
		memcpy(copy, in.data, in.len);
	return (struct view) { copy, in.len };
}

static void use_public(const struct tpm_public *pub, struct view in)
{
	static uint8_t buf[sizeof(TPMT_PUBLIC)];
	struct room again = { buf, sizeof(buf), 0 };
	struct key_blob spki;
	enum key_alg alg;
	EVP_PKEY *pkey = NULL;

	/* There is one encoding: a Name is over what is shown. */
	must(tpm_public_encode(&pub->area, &again, NULL) == DEVID_OK);
	must(again.len == in.len &&
		memcmp(again.data, in.data, again.len) == 0);
	must(pub->name_len >= 34 && pub->name_len <= TPM_NAME_MAX);
	(void)template_matches(KEY_ROLE_IAK, &pub->area, &alg);
	(void)template_matches(KEY_ROLE_IDEVID, &pub->area, &alg);
	if (tpm_public_pkey(&pub->area, &pkey, NULL) == DEVID_OK)
		must(tpm_public_spki(&pub->area, &spki, NULL) == DEVID_OK);
	EVP_PKEY_free(pkey);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct view in = { data, len };
	struct view area = copy_of(take(&in));
	struct view attest = copy_of(take(&in));
	struct view signature = copy_of(in);
	struct tpm_certify certify;
	struct tpm_public pub;

	if (tpm_certify_parse(attest, &certify, NULL) == DEVID_OK)
		must(certify.name_len >= 34 &&
			certify.name_len <= TPM_NAME_MAX &&
			certify.extra_len <= sizeof(certify.extra));
	if (tpm_public_parse(area, &pub, NULL) == DEVID_OK) {
		use_public(&pub, area);
		(void)!tpm_signature_check(
			&pub.area, NULL, attest, signature, NULL);
	}
	free((void *)area.data);
	free((void *)attest.data);
	free((void *)signature.data);
	return 0;
}

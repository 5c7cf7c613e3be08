/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the seeds of fuzz-tcg-csr, fuzz-tpm-public and fuzz-challenge into the
 * folder given:
 *
 *	make build/tests/fuzz/make-csr-seeds
 *	build/tests/fuzz/make-csr-seeds tests/fuzz/corpus
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "credential.h"
#include "csr-fixture.h"
#include "ek-key-fixture.h"

static void write_seed(
	const char *dir, const char *name, const void *data, size_t len)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(data, 1, len, f) != len || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static void must(enum devid_err rc)
{
	if (rc != DEVID_OK) {
		(void)fprintf(stderr, "%s\n", devid_err_name(rc));
		exit(1);
	}
}

static size_t put(uint8_t *p, struct view v)
{
	p[0] = (uint8_t)(v.len >> 8);
	p[1] = (uint8_t)v.len;
	memcpy(p + 2, v.data, v.len);
	return 2 + v.len;
}

/* Public area and attestation behind their lengths, signature. */
static void write_structures(
	const char *dir, const char *name, const struct tcg_csr *csr)
{
	struct view sig = csr->field[TCG_CSR_SGN_CERTIFY_SIG];
	uint8_t buf[4096];
	size_t len = put(buf, csr->field[TCG_CSR_ATTEST_PUB]);

	len += put(buf + len, csr->field[TCG_CSR_SGN_CERTIFY]);
	memcpy(buf + len, sig.data, sig.len);
	write_seed(dir, name, buf, len + sig.len);
}

static void write_challenge(
	const char *dir, const char *name, const struct csr_fixture *f)
{
	static const uint8_t secret[CHALLENGE_SECRET_LEN];
	struct challenge challenge = { .deadline = 1781000000,
		.serial = CSR_FIXTURE_SERIAL,
		.ticket = { "ticket", 300 } };
	struct ek_key_room room;
	char pem[CHALLENGE_FILE_MAX];

	must(credential_make(ek_key_of(f->ek, &room),
		(struct view) { f->iak_name, f->iak_name_len }, secret,
		&challenge, NULL));
	must(challenge_encode(&challenge, pem, sizeof(pem), NULL));
	write_seed(dir, name, pem, strlen(pem));
}

int main(int argc, char **argv)
{
	static const struct {
		enum key_alg alg;
		const char *ek, *csr, *structures, *challenge;
	} seeds[] = {
		{ KEY_ALG_P256, "P-256", "tcg-csr/p256", "tpm-public/p256",
			"challenge/p256" },
		{ KEY_ALG_P384, "P-384", "tcg-csr/p384", "tpm-public/p384",
			"challenge/p384" },
		{ KEY_ALG_RSA2048, "RSA:2048", "tcg-csr/rsa2048",
			"tpm-public/rsa2048", "challenge/rsa2048" },
	};
	const struct challenge_answer answer = { .id = "identity",
		.ticket = { "ticket", 6 } };
	static struct csr_fixture f;
	char pem[CHALLENGE_FILE_MAX];

	if (argc != 2)
		return 2;
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		struct tcg_csr csr;

		csr_fixture_new(&f, seeds[i].alg, seeds[i].ek);
		csr_fixture_encode(&f);
		must(tcg_csr_parse(
			(struct view) { f.data, f.len }, &csr, NULL));
		write_seed(argv[1], seeds[i].csr, f.data, f.len);
		write_structures(argv[1], seeds[i].structures, &csr);
		write_challenge(argv[1], seeds[i].challenge, &f);
		csr_fixture_done(&f);
	}
	must(challenge_answer_encode(&answer, pem, sizeof(pem), NULL));
	write_seed(argv[1], "challenge/answer", pem, strlen(pem));
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the seeds of fuzz-profile and fuzz-san into the folder given, and the
 * root for fuzz-profile.c on stdout:
 *
 *	make build/tests/fuzz/make-profile-seeds
 *	build/tests/fuzz/make-profile-seeds tests/fuzz/corpus
 *
 * EC keys are new each time, so the root in fuzz-profile.c changes with it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "certs.h"

static void write_seed(
	const char *dir, const char *name, const struct certs_buf *buf)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(buf->data, 1, buf->len, f) != buf->len ||
		fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static void write_sans(const char *dir)
{
	static const struct {
		const char *name, *hex;
	} seeds[] = {
		{ "san/tpm", CERTS_SAN },
		{ "san/context-tag", "3018 a016 0608 2b06010505070804 a00a"
				     "3008 0603 2a0304 8001 41" },
		{ "san/permanent-id", "3017 a015 0608 2b06010505070803 a009"
				      "3007 0c02 6162 0601 2a" },
		{ "san/others", "3016 8101 61 8201 62 a402 3000 8601 75"
				"8704 7f000001 8801 2a" },
		{ "san/empty", "3000" },
	};

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		struct certs_buf buf = certs_hex(seeds[i].hex);

		write_seed(dir, seeds[i].name, &buf);
	}
}

/* Leaf and issuing CA, one behind the other. */
static void write_chain(const char *dir, const char *name,
	const struct certs_spec *spec, const char *key,
	const struct certs_node *issuer)
{
	struct certs_node leaf = certs_sign(spec, certs_key(key), issuer);

	certs_append(&leaf.der, issuer->der.data, issuer->der.len);
	write_seed(dir, name, &leaf.der);
	certs_done(&leaf);
}

int main(int argc, char **argv)
{
	struct certs_spec ca = certs_ca_spec("Fuzz Root");
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_node root, issuer;
	const struct certs_node *nodes[] = { &root };
	char *pem;

	if (argc != 2)
		return 2;
	root = certs_sign(&ca, certs_key("P-256"), NULL);
	ca = certs_ca_spec("Fuzz Issuer");
	issuer = certs_sign(&ca, certs_key("P-256"), &root);
	write_chain(argv[1], "profile/p256", &leaf, "P-256", &issuer);
	certs_set_ext(&leaf, CERTS_OID_KU, "ff", "030205a0");
	certs_set_ext(&leaf, CERTS_OID_BC, "", "30030101ff");
	certs_set_ext(&leaf, CERTS_OID_EKU, "", "3008 0606 6781050b0102");
	write_chain(argv[1], "profile/rsa-ca-eku", &leaf, "RSA:2048", &issuer);
	leaf = certs_idevid_spec();
	leaf.not_after = "U491231235959Z";
	leaf.tail = "8102 0001";
	certs_set_ext(&leaf, CERTS_OID_SAN, "ff",
		"3018 a016 0608 2b06010505070804 a00a"
		"3008 0603 2a0304 8001 41");
	write_chain(argv[1], "profile/p384-quirks", &leaf, "P-384", &issuer);
	write_sans(argv[1]);
	pem = certs_pem(nodes, 1);
	(void)fputs(pem, stdout);
	free(pem);
	certs_done(&root);
	certs_done(&issuer);
	return 0;
}

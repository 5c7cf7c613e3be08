/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the seeds of fuzz-ek-cert, fuzz-proof and fuzz-inspect into the
 * folder given, and the root for fuzz-ek-cert.c on stdout:
 *
 *	make build/tests/fuzz/make-ek-seeds
 *	build/tests/fuzz/make-ek-seeds tests/fuzz/corpus
 *
 * EC keys are new each time, so the root in fuzz-ek-cert.c changes with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csr-fixture.h"
#include "ek-fixture.h"

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

/* The EK certificate with @before and @behind (hex) around it. */
static void write_ek(const char *dir, const char *name, const char *type,
	const struct certs_node *root, const char *behind)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_node ek;

	if (type[0] == 'R')
		certs_set_ext(&spec, CERTS_OID_KU, "ff", "03020520");
	spec.behind = behind;
	ek = certs_sign(&spec, certs_key(type), root);
	write_seed(dir, name, ek.der.data, ek.der.len);
	certs_done(&ek);
}

static void write_header(const char *dir, const struct certs_node *root)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf buf = certs_hex("100100 0000 1002");
	struct certs_node ek = certs_sign(&spec, certs_key("P-256"), root);

	buf.data[3] = (uint8_t)((ek.der.len + 2) >> 8);
	buf.data[4] = (uint8_t)(ek.der.len + 2);
	certs_append(&buf, ek.der.data, ek.der.len);
	write_seed(dir, "ek-cert/nv-header", buf.data, buf.len);
	write_seed(dir, "inspect/nv-header", buf.data, buf.len);
	certs_done(&ek);
}

static void write_csr(const char *dir, const char *name, enum key_alg alg)
{
	static struct csr_fixture f;
	char path[64];

	csr_fixture_new(&f, alg, "P-256");
	csr_fixture_encode(&f);
	(void)snprintf(path, sizeof(path), "proof/%s", name);
	write_seed(dir, path, f.data, f.len);
	(void)snprintf(path, sizeof(path), "inspect/%s", name);
	write_seed(dir, path, f.data, f.len);
	csr_fixture_done(&f);
}

static void write_chain(const char *dir, const struct certs_node *root)
{
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node leaf = certs_sign(&spec, certs_key("P-256"), root);
	const struct certs_node *nodes[] = { &leaf, root };
	char *pem = certs_pem(nodes, 2);

	write_seed(dir, "inspect/chain", pem, strlen(pem));
	write_seed(dir, "inspect/idevid", leaf.der.data, leaf.der.len);
	write_seed(dir, "inspect/root", root->der.data, root->der.len);
	free(pem);
	certs_done(&leaf);
}

int main(int argc, char **argv)
{
	struct certs_spec spec = certs_ca_spec("Fuzz Root");
	struct certs_node root = certs_sign(&spec, certs_key("P-256"), NULL);
	const struct certs_node *nodes[] = { &root };
	char *pem = certs_pem(nodes, 1);

	if (argc != 2) {
		(void)fprintf(stderr, "usage: make-ek-seeds FOLDER\n");
		return 2;
	}
	write_ek(argv[1], "ek-cert/p256", "P-256", &root, "");
	write_ek(argv[1], "ek-cert/p384", "P-384", &root, "");
	write_ek(argv[1], "ek-cert/rsa2048", "RSA:2048", &root, "");
	write_ek(argv[1], "ek-cert/padding", "P-256", &root, "ffffffff");
	write_ek(argv[1], "inspect/ek", "P-256", &root, "");
	write_header(argv[1], &root);
	write_csr(argv[1], "p256", KEY_ALG_P256);
	write_csr(argv[1], "p384", KEY_ALG_P384);
	write_csr(argv[1], "rsa2048", KEY_ALG_RSA2048);
	write_chain(argv[1], &root);
	(void)fputs(pem, stdout);
	free(pem);
	certs_done(&root);
	return 0;
}

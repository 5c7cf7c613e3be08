/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the seeds of fuzz-evidence and fuzz-ldevid-csr into the folder given:
 *
 *	make build/tests/fuzz/make-evidence-seeds
 *	build/tests/fuzz/make-evidence-seeds tests/fuzz/corpus
 */
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evidence-fixture.h"
#include "ldevid-csr.h"

static void write_seed(const char *dir, const char *name, struct view v)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(v.data, 1, v.len, f) != v.len || fclose(f) != 0) {
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

static void write_request(const char *dir, const char *name,
	const struct ldevid_csr *what, const char *type)
{
	EVP_PKEY *key = certs_key(type);
	struct blob der = { NULL, 0 };

	must(ldevid_csr_write(what, key, &der, NULL));
	write_seed(dir, name, blob_view(&der));
	blob_done(&der);
	EVP_PKEY_free(key);
}

int main(int argc, char **argv)
{
	static struct evidence_fixture f;
	STACK_OF(X509_EXTENSION) *ext = sk_X509_EXTENSION_new_null();
	struct blob der = { NULL, 0 };
	struct ldevid_csr what;

	if (argc != 2) {
		(void)fprintf(stderr, "usage: make-evidence-seeds FOLDER\n");
		return 2;
	}
	evidence_fixture_new(&f);
	evidence_fixture_state(&f);
	must(evidence_write(&f.evidence, &der, NULL));
	write_seed(argv[1], "evidence/both", blob_view(&der));
	what = (struct ldevid_csr) { certs_x509(&f.idevid), ext,
		blob_view(&der) };
	(void)sk_X509_EXTENSION_push(
		ext, X509V3_EXT_conf_nid(NULL, NULL, NID_key_usage,
			     "critical,digitalSignature"));
	(void)sk_X509_EXTENSION_push(
		ext, X509V3_EXT_conf_nid(
			     NULL, NULL, NID_basic_constraints, "CA:FALSE"));
	write_request(argv[1], "ldevid-csr/evidence", &what, "P-256");
	what.evidence.len = 0;
	write_request(argv[1], "ldevid-csr/extensions", &what, "P-384");
	what.extensions = NULL;
	write_request(argv[1], "ldevid-csr/plain", &what, "RSA:2048");
	blob_done(&der);
	memset(&f.evidence.epoch, 0, sizeof(f.evidence.epoch));
	must(evidence_write(&f.evidence, &der, NULL));
	write_seed(argv[1], "evidence/key", blob_view(&der));
	blob_done(&der);
	X509_free(what.idevid);
	sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
	evidence_fixture_free(&f);
	return 0;
}

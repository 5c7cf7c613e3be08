/* SPDX-License-Identifier: Apache-2.0 */
#include "module-fixture.h"

#include "cmocka-all.h"

#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char fixture_warnings[2000];

static void warn(const char *line)
{
	size_t n = strlen(fixture_warnings);

	(void)snprintf(fixture_warnings + n, sizeof(fixture_warnings) - n,
		"%s\n", line);
}

void fixture_start(struct fixture *f, bool faulty)
{
	struct module_options options = { .state_dir = f->state.path,
		.store_certificates = f->in_nv };

	fixture_warnings[0] = '\0';
	assert_rc(keystore_tpm_new(faulty ? f->tpm.faulty_tcti : f->tpm.tcti,
			  &f->ks, NULL),
		DEVID_OK);
	options.keystore = f->ks;
	assert_rc(module_new(&options, warn, &f->m, NULL), DEVID_OK);
}

void fixture_stop(struct fixture *f)
{
	module_free(f->m);
	if (f->ks)
		f->ks->ops->free(f->ks);
	f->m = NULL;
	f->ks = NULL;
}

void fixture_restart(struct fixture *f)
{
	fixture_stop(f);
	fixture_start(f, false);
}

int fixture_setup(void **state)
{
	static struct fixture f;
	struct certs_spec spec = certs_ca_spec("Test CA");

	(void)setenv("TSS2_LOG", "all+none", 0);
	memset(&f, 0, sizeof(f));
	f.in_nv = true;
	swtpm_new(&f.tpm);
	f.state = tempdir_new();
	f.ca = certs_sign(&spec, certs_key("P-256"), NULL);
	fixture_start(&f, false);
	*state = &f;
	return 0;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	fixture_stop(f);
	swtpm_free(&f->tpm);
	tempdir_remove(&f->state);
	certs_done(&f->ca);
	return 0;
}

void fixture_create(struct fixture *f, enum key_alg alg)
{
	struct devid_error err = { DEVID_OK, "" };

	if (module_create(f->m, alg, &err) != DEVID_OK)
		fail_msg("create: %s", err.text);
}

struct wire_status *fixture_status(struct fixture *f)
{
	static struct wire_status st;

	module_status(f->m, &st);
	return &st;
}

struct wire_key fixture_idevid(struct fixture *f)
{
	struct wire_status *st = fixture_status(f);

	assert_true(st->n_keys > 0);
	assert_string_equal(st->keys[0].name, "idevid");
	return st->keys[0];
}

struct certs_node fixture_certify(
	struct fixture *f, const struct keystore_blob *spki, size_t more)
{
	struct certs_spec spec = certs_idevid_spec();
	static char hex[2 * 3000 + 1];
	const uint8_t *p = spki->data;
	EVP_PKEY *pub = d2i_PUBKEY(NULL, &p, (long)spki->len);

	assert_non_null(pub);
	if (more > 0) {
		memset(hex, '5', 2 * more);
		hex[2 * more] = '\0';
		certs_set_ext(&spec, "2a0304", "", hex);
	}
	return certs_sign(&spec, pub, &f->ca);
}

enum devid_err fixture_install(
	struct fixture *f, const struct certs_node *leaf, bool with_ca)
{
	struct certs_buf der = leaf->der;

	if (with_ca)
		certs_append(&der, f->ca.der.data, f->ca.der.len);
	return module_install(f->m, "idevid", der.data, der.len, NULL);
}

struct certs_node fixture_provision(struct fixture *f, enum key_alg alg)
{
	struct wire_key key;
	struct certs_node leaf;

	fixture_create(f, alg);
	key = fixture_idevid(f);
	leaf = fixture_certify(f, &key.spki, 0);
	assert_rc(fixture_install(f, &leaf, true), DEVID_OK);
	return leaf;
}

#define CONTEXT "TLS 1.3, client CertificateVerify"

struct module_sign fixture_tls13_request(enum key_alg alg)
{
	static uint8_t data[64 + sizeof(CONTEXT) + 32];
	struct module_sign what = { "idevid", SIG_ECDSA, HASH_SHA256, data,
		sizeof(data) };

	memset(data, ' ', 64);
	memcpy(data + 64, CONTEXT, sizeof(CONTEXT));
	memset(data + 64 + sizeof(CONTEXT), 0x11, 32);
	if (alg == KEY_ALG_P384)
		what.hash = HASH_SHA384;
	if (alg == KEY_ALG_RSA2048)
		what.scheme = SIG_RSAPSS;
	return what;
}

enum devid_err fixture_sign(
	struct fixture *f, enum key_alg alg, struct devid_error *err)
{
	struct module_sign what = fixture_tls13_request(alg);
	struct purpose_verdict verdict;
	struct keystore_sig sig = { .len = 0 };
	uint8_t zero[KEYSTORE_SIG_MAX] = { 0 };
	enum devid_err rc;

	rc = module_sign_purpose(f->m, &what, &verdict, err);
	if (rc != DEVID_OK)
		return rc;
	assert_int_equal(verdict.purpose, PURPOSE_TLS_CLIENT);
	rc = module_sign(f->m, &what, &sig, err);
	if (rc == DEVID_OK) {
		assert_true(sig.len > 0);
	} else {
		assert_int_equal(sig.len, 0);
		assert_memory_equal(sig.data, zero, sizeof(zero));
	}
	return rc;
}

bool fixture_file_exists(struct fixture *f, const char *name)
{
	return access(tempdir_file(&f->state, name), F_OK) == 0;
}

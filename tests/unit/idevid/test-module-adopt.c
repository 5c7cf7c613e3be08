/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TPM that has an identity when devid comes to it: its maker, or swtpm_setup
 * from 0.11, made IDevID and IAK from the TCG's templates, each filling the
 * unique field in another way, and may have put certificates into NV.
 */
#include "cmocka-all.h"

#include <stdio.h>

#include "module-fixture.h"
#include "tpm-public.h"

static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
	KEY_ALG_RSA2048 };

static const TPM2_HANDLE indices[] = {
	[KEY_IDEVID] = 0x01c90200, [KEY_IAK] = 0x01c90100
};

/* What a maker left in a TPM. */
struct made {
	enum key_alg alg;
	enum template_unique unique;
	struct key_blob spki[N_MAKER_ROLES];
	struct certs_node cert[N_MAKER_ROLES]; /* owned */
};

static void start_over(struct fixture *f)
{
	fixture_stop(f);
	swtpm_free(&f->tpm);
	tempdir_remove(&f->state);
	swtpm_new(&f->tpm);
	f->state = tempdir_new();
}

/* A TPM with both keys, and no state folder yet; the module is not started. */
static void make_keys(struct fixture *f, struct made *m)
{
	start_over(f);
	for (int r = 0; r < N_MAKER_ROLES; r++) {
		TPMT_PUBLIC area = swtpm_provision(
			&f->tpm, (enum key_id)r, m->alg, m->unique);

		assert_rc(tpm_public_spki(&area, &m->spki[r], NULL), DEVID_OK);
		m->cert[r] = fixture_certify(f, &m->spki[r], 0);
	}
}

/* And their certificates in NV, as swtpm_setup and others write them. */
static void make_identity(struct fixture *f, struct made *m)
{
	make_keys(f, m);
	for (int r = 0; r < N_MAKER_ROLES; r++)
		swtpm_nv_write(&f->tpm, indices[r], m->cert[r].der.data,
			m->cert[r].der.len);
}

static void made_done(struct made *m)
{
	for (int r = 0; r < N_MAKER_ROLES; r++)
		certs_done(&m->cert[r]);
}

/* Status has both keys, as the maker made them, and they sign. */
static void assert_adopted(
	struct fixture *f, const struct made *m, bool certified)
{
	struct wire_status *st = fixture_status(f);

	assert_int_equal(st->n_keys, N_MAKER_ROLES);
	for (int r = 0; r < N_MAKER_ROLES; r++) {
		const struct wire_key *key = &st->keys[r];

		if (!key->present || !key_blob_equal(&key->spki, &m->spki[r]))
			fail_msg("%s %s, unique variant %d: %s", key->name,
				key_alg_name(m->alg), m->unique,
				fixture_warnings);
		assert_int_equal(key->alg, m->alg);
		assert_int_equal(key->certified, certified);
		assert_int_equal(key->n_stored, certified);
	}
	assert_rc(fixture_sign(f, m->alg, NULL), DEVID_OK);
}

/* The chain that is given out is the maker's certificate. */
static void assert_chain(struct fixture *f, const struct made *m)
{
	static const char *const names[] = { "idevid", "iak" };
	const uint8_t *chain;
	size_t len;

	for (int r = 0; r < N_MAKER_ROLES; r++) {
		const struct certs_buf *der = &m->cert[r].der;

		assert_rc(fixture_chain(f, names[r], &chain, &len), DEVID_OK);
		assert_int_equal(len, der->len);
		assert_memory_equal(chain, der->data, len);
	}
}

typedef void check_fn(struct fixture *f, struct made *m);

/* For each algorithm and each known way to fill the field. */
static void each_variant(struct fixture *f, check_fn *check)
{
	for (size_t a = 0; a < N_OF(algs); a++) {
		for (int u = 0; u < N_TEMPLATE_UNIQUES; u++) {
			struct made m = { .alg = algs[a],
				.unique = (enum template_unique)u };

			check(f, &m);
			made_done(&m);
		}
	}
}

static void check_identity(struct fixture *f, struct made *m)
{
	make_identity(f, m);
	fixture_start(f, false);
	assert_string_equal(fixture_warnings, "");
	assert_adopted(f, m, true);
	assert_chain(f, m);
	assert_true(fixture_file_exists(f, "idevid.pem"));
	assert_true(fixture_file_exists(f, "idevid.key"));
	/* Asking for what is there is no error, and changes nothing. */
	assert_rc(module_create(f->m, "idevid", m->alg, false, NULL), DEVID_OK);
	assert_chain(f, m);
}

static void keys_with_certificates_adopted(void **state)
{
	each_variant(*state, check_identity);
}

/* The owner evicted them, or TPM2_Clear: the certificate says which key it
 * was, so that the right variant is found. */
static void check_evicted(struct fixture *f, struct made *m)
{
	make_identity(f, m);
	swtpm_evict(&f->tpm, TPM_HANDLE_IDEVID);
	swtpm_evict(&f->tpm, TPM_HANDLE_IAK);
	fixture_start(f, false);
	assert_non_null(strstr(fixture_warnings, "derived again"));
	assert_adopted(f, m, true);
	assert_chain(f, m);
}

static void evicted_keys_with_certificates_derived_again(void **state)
{
	each_variant(*state, check_evicted);
}

static void check_keys(struct fixture *f, struct made *m)
{
	make_keys(f, m);
	fixture_start(f, false);
	assert_string_equal(fixture_warnings, "");
	assert_adopted(f, m, false);
	assert_rc(module_create(f->m, "idevid", m->alg, false, NULL), DEVID_OK);
	assert_adopted(f, m, false);
	/* The device maker's certificate comes into NV. */
	assert_rc(fixture_install(f, &m->cert[KEY_IDEVID], false), DEVID_OK);
	swtpm_nv_equals(&f->tpm, indices[KEY_IDEVID],
		m->cert[KEY_IDEVID].der.data, m->cert[KEY_IDEVID].der.len);
}

static void keys_without_certificates_adopted(void **state)
{
	each_variant(*state, check_keys);
}

/* An IDevID is never replaced, whoever made it. */
static void other_algorithm_or_certificate_refused(void **state)
{
	struct fixture *f = *state;
	struct made m = { .alg = KEY_ALG_P384, .unique = UNIQUE_X_ONLY };
	struct devid_error err = { DEVID_OK, "" };
	struct certs_node own;

	make_identity(f, &m);
	fixture_start(f, false);
	assert_rc(module_create(f->m, "idevid", KEY_ALG_P256, false, &err),
		DEVID_ERR_KEY_EXISTS);
	assert_cause(&err, "idevid: a p384 key exists already");
	own = fixture_certify(f, &m.spki[KEY_IDEVID], 10);
	assert_rc(fixture_install(f, &own, false), DEVID_ERR_CERT_EXISTS);
	assert_adopted(f, &m, true);
	assert_chain(f, &m);
	certs_done(&own);
	made_done(&m);
}

/* A certificate that is of no key of this TPM, as after an exchange of the
 * chip's content: the key is not used under it. */
static void certificate_of_another_key_not_used(void **state)
{
	struct fixture *f = *state;
	struct made m = { .alg = KEY_ALG_P256, .unique = UNIQUE_X_ONLY };
	struct made other = { .alg = KEY_ALG_P256, .unique = UNIQUE_EMPTY };
	struct devid_error err = { DEVID_OK, "" };

	make_keys(f, &other);
	make_keys(f, &m);
	swtpm_nv_write(&f->tpm, indices[KEY_IDEVID],
		other.cert[KEY_IDEVID].der.data,
		other.cert[KEY_IDEVID].der.len);
	fixture_start(f, false);
	assert_non_null(strstr(fixture_warnings, "not the certificate's"));
	assert_rc(fixture_sign(f, KEY_ALG_P256, &err), DEVID_ERR_MISMATCH);
	made_done(&m);
	made_done(&other);
}

#define CASE(f)                                                                \
	cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(keys_with_certificates_adopted),
		CASE(evicted_keys_with_certificates_derived_again),
		CASE(keys_without_certificates_adopted),
		CASE(other_algorithm_or_certificate_refused),
		CASE(certificate_of_another_key_not_used),
	};

	return cmocka_run_group_tests_name("module-adopt", tests, NULL, NULL);
}

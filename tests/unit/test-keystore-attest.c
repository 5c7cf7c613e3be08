/* SPDX-License-Identifier: Apache-2.0 */
/* What the TPM keystore states and activates, on a software TPM as its vendor
 * ships it: <key>_<origin>_<use>. */
#include "cmocka-all.h"

#include <openssl/x509.h>
#include <stdlib.h>

#include "certs.h"
#include "credential.h"
#include "keystore.h"
#include "swtpm.h"
#include "tpm-public.h"
#include "tpm-template.h"

struct fixture {
	struct swtpm tpm;
	struct keystore *ks; /* owned; NULL while others are connected */
	/* What the last attest() gave. */
	struct keystore_attest said;
	struct tpm_public idevid, iak;
};

static const enum key_alg algs[] = { KEY_ALG_P256, KEY_ALG_P384,
	KEY_ALG_RSA2048 };

static const uint8_t secret[CHALLENGE_SECRET_LEN] =
	"0123456789abcdef0123456789abcde";

static void open_keystore(struct fixture *f, bool faulty)
{
	assert_rc(keystore_tpm_new(faulty ? f->tpm.faulty_tcti : f->tpm.tcti,
			  &f->ks, NULL),
		DEVID_OK);
}

/* Ends the connection; whatever is left then stays for ever. */
static void close_keystore(struct fixture *f)
{
	if (f->ks)
		f->ks->ops->free(f->ks);
	f->ks = NULL;
}

static int setup(void **state)
{
	static struct fixture f;

	(void)setenv("TSS2_LOG", "all+none", 0);
	memset(&f, 0, sizeof(f));
	swtpm_new_manufactured(&f.tpm);
	*state = &f;
	return 0;
}

static int setup_without_ek(void **state)
{
	static struct fixture f;

	(void)setenv("TSS2_LOG", "all+none", 0);
	memset(&f, 0, sizeof(f));
	swtpm_new(&f.tpm);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	close_keystore(f);
	swtpm_free(&f->tpm);
	return 0;
}

static void create_keys(struct fixture *f, enum key_alg alg)
{
	open_keystore(f, false);
	for (int role = 0; role < N_KEY_ROLES; role++)
		assert_rc(f->ks->ops->create(
				  f->ks, (enum key_role)role, alg, NULL, NULL),
			DEVID_OK);
}

static void remove_keys(struct fixture *f)
{
	close_keystore(f);
	swtpm_evict(&f->tpm, template_handle(KEY_ROLE_IDEVID));
	swtpm_evict(&f->tpm, template_handle(KEY_ROLE_IAK));
}

static struct der_view view(const struct keystore_blob *blob)
{
	return (struct der_view) { blob->data, blob->len };
}

static void attest(struct fixture *f)
{
	struct devid_error err = { DEVID_OK, "" };

	if (f->ks->ops->attest(f->ks, &f->said, &err) != DEVID_OK)
		fail_msg("attest: %s", err.text);
	assert_rc(tpm_public_parse(view(&f->said.idevid_pub), &f->idevid, NULL),
		DEVID_OK);
	assert_rc(tpm_public_parse(view(&f->said.iak_pub), &f->iak, NULL),
		DEVID_OK);
}

static void assert_nothing_left(struct fixture *f)
{
	close_keystore(f);
	assert_int_equal(swtpm_leftovers(&f->tpm), 0);
	open_keystore(f, false);
}

static EVP_PKEY *ek_of(const struct fixture *f)
{
	const uint8_t *p = f->said.ek_cert.data;
	X509 *cert = d2i_X509(NULL, &p, (long)f->said.ek_cert.len);
	EVP_PKEY *key;

	assert_non_null(cert);
	assert_ptr_equal(p, f->said.ek_cert.data + f->said.ek_cert.len);
	key = X509_get_pubkey(cert);
	X509_free(cert);
	assert_non_null(key);
	return key;
}

/* A credential for @ek (taken) and the object @name. */
static struct challenge make(EVP_PKEY *ek, const struct tpm_public *object)
{
	struct challenge ch = { .deadline = 0 };

	assert_rc(credential_make(ek, object->name, object->name_len, secret,
			  &ch, NULL),
		DEVID_OK);
	EVP_PKEY_free(ek);
	return ch;
}

static enum devid_err activate(
	struct fixture *f, const struct challenge *ch, struct devid_error *err)
{
	struct keystore_credential what = { ch->id_object, ch->id_object_len,
		ch->enc_secret, ch->enc_secret_len };
	struct keystore_secret got = { 0 }, zero = { 0 };
	enum devid_err rc = f->ks->ops->activate(f->ks, &what, &got, err);

	if (rc == DEVID_OK) {
		assert_int_equal(got.len, sizeof(secret));
		assert_memory_equal(got.data, secret, sizeof(secret));
	} else {
		assert_memory_equal(&got, &zero, sizeof(got));
	}
	return rc;
}

/* The whole way, for whichever EK the certificate says. */
static void assert_proves_itself(struct fixture *f, int ek_type)
{
	struct devid_error err = { DEVID_OK, "" };
	struct challenge ch;
	EVP_PKEY *ek;

	attest(f);
	ek = ek_of(f);
	assert_int_equal(EVP_PKEY_get_base_id(ek), ek_type);
	ch = make(ek, &f->iak);
	if (activate(f, &ch, &err) != DEVID_OK)
		fail_msg("activate: %s", err.text);
	assert_nothing_left(f);
}

/* ---- certify ---- */

static void every_alg_created_is_certified_by_its_iak(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < N_OF(algs); i++) {
		struct keystore_blob spki, of_area;
		struct tpm_certify cert;

		create_keys(f, algs[i]);
		attest(f);
		assert_rc(f->ks->ops->load(f->ks, KEY_ROLE_IDEVID, &spki, NULL),
			DEVID_OK);
		assert_rc(tpm_public_spki(&f->idevid.area, &of_area, NULL),
			DEVID_OK);
		assert_true(keystore_blob_equal(&spki, &of_area));
		assert_rc(
			tpm_certify_parse(view(&f->said.certify), &cert, NULL),
			DEVID_OK);
		assert_int_equal(cert.name_len, f->idevid.name_len);
		assert_memory_equal(cert.name, f->idevid.name, cert.name_len);
		assert_rc(tpm_signature_check(&f->iak.area, NULL,
				  view(&f->said.certify),
				  view(&f->said.certify_sig), NULL),
			DEVID_OK);
		/* A check that could not fail would pass this as well. */
		assert_rc(tpm_signature_check(&f->idevid.area, NULL,
				  view(&f->said.certify),
				  view(&f->said.certify_sig), NULL) == DEVID_OK,
			false);
		assert_nothing_left(f);
		remove_keys(f);
	}
}

static void every_alg_created_activates(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < N_OF(algs); i++) {
		create_keys(f, algs[i]);
		assert_proves_itself(f, EVP_PKEY_RSA);
		remove_keys(f);
	}
}

static void no_key_created_not_found(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct challenge ch = { .id_object_len = 2, .enc_secret_len = 2 };

	open_keystore(f, false);
	assert_rc(
		f->ks->ops->attest(f->ks, &f->said, &err), DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "idevid: no key at 0x81020000");
	devid_error_clear(&err);
	assert_rc(activate(f, &ch, &err), DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "iak: no key at 0x81020001");
}

/* The keystore knows the handles already when the keys go; as another process
 * would see to behind a resource manager. */
static void key_gone_from_known_handle_not_found(void **state)
{
	struct fixture *f = *state;
	static const char *const faults[] = {
		"once 00000173 rc 0000018b", /* ReadPublic: IDevID */
		"once 00000148 rc 0000028b", /* Certify: IAK */
	};

	create_keys(f, KEY_ALG_P256);
	close_keystore(f);
	open_keystore(f, true);
	attest(f);
	for (size_t i = 0; i < N_OF(faults); i++) {
		struct devid_error err = { DEVID_OK, "" };

		swtpm_set_fault(&f->tpm, faults[i]);
		assert_rc(f->ks->ops->attest(f->ks, &f->said, &err),
			DEVID_ERR_NOT_FOUND);
		assert_cause(&err, "gone from its handle");
		attest(f); /* looks for them again */
	}
	assert_nothing_left(f);
}

/* ---- EKs ---- */

static void p384_ek_persistent_activates(void **state)
{
	struct fixture *f = *state;

	swtpm_nv_remove(&f->tpm, EK_RSA_INDEX);
	create_keys(f, KEY_ALG_P256);
	assert_proves_itself(f, EVP_PKEY_EC);
}

static void rsa_ek_evicted_derived_and_activates(void **state)
{
	struct fixture *f = *state;

	swtpm_evict(&f->tpm, EK_RSA_HANDLE);
	create_keys(f, KEY_ALG_P256);
	assert_proves_itself(f, EVP_PKEY_RSA);
	close_keystore(f);
	assert_int_equal(swtpm_count(&f->tpm, CC_CREATE_PRIMARY), 3);
}

static void p384_ek_evicted_derived_and_activates(void **state)
{
	struct fixture *f = *state;

	swtpm_nv_remove(&f->tpm, EK_RSA_INDEX);
	swtpm_evict(&f->tpm, EK_P384_HANDLE);
	create_keys(f, KEY_ALG_P384);
	assert_proves_itself(f, EVP_PKEY_EC);
}

/* A primary key below the endorsement hierarchy, made persistent at @handle
 * if that is not 0; its public area. */
static TPMT_PUBLIC make_primary(
	struct fixture *f, const TPM2B_PUBLIC *in, TPM2_HANDLE handle)
{
	TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	TPM2B_DATA outside = { 0 };
	TPML_PCR_SELECTION pcrs = { 0 };
	ESYS_TR object = ESYS_TR_NONE, persistent = ESYS_TR_NONE;
	TPM2B_PUBLIC *made = NULL;
	struct tpm *conn = NULL;
	TPMT_PUBLIC area;

	assert_rc(tpm_open(f->tpm.tcti, &conn, NULL), DEVID_OK);
	assert_int_equal(Esys_CreatePrimary(conn->esys, ESYS_TR_RH_ENDORSEMENT,
				 ESYS_TR_PASSWORD, ESYS_TR_NONE, ESYS_TR_NONE,
				 &sensitive, in, &outside, &pcrs, &object,
				 &made, NULL, NULL, NULL),
		0);
	if (handle != 0)
		assert_int_equal(Esys_EvictControl(conn->esys, ESYS_TR_RH_OWNER,
					 object, ESYS_TR_PASSWORD, ESYS_TR_NONE,
					 ESYS_TR_NONE, handle, &persistent),
			0);
	area = made->publicArea;
	Esys_Free(made);
	assert_int_equal(Esys_FlushContext(conn->esys, object), 0);
	tpm_close(conn);
	return area;
}

/* Template L-2, TCG EK Credential Profile B.3.4. */
static EVP_PKEY *make_p256_ek(struct fixture *f, TPM2_HANDLE handle)
{
	TPM2B_PUBLIC in = { .publicArea = { .type = TPM2_ALG_ECC,
				    .nameAlg = TPM2_ALG_SHA256,
				    .objectAttributes = 0x000300b2 } };
	TPMS_ECC_PARMS *p = &in.publicArea.parameters.eccDetail;
	struct certs_buf policy = certs_hex("837197674484b3f81a90cc8d46a5d724"
					    "fd52d76e06520b64f2a1da1b331469aa");
	EVP_PKEY *key = NULL;
	TPMT_PUBLIC area;

	in.publicArea.authPolicy.size = (uint16_t)policy.len;
	memcpy(in.publicArea.authPolicy.buffer, policy.data, policy.len);
	p->symmetric = (TPMT_SYM_DEF_OBJECT) { .algorithm = TPM2_ALG_AES,
		.keyBits.aes = 128,
		.mode.aes = TPM2_ALG_CFB };
	p->scheme.scheme = TPM2_ALG_NULL;
	p->curveID = TPM2_ECC_NIST_P256;
	p->kdf.scheme = TPM2_ALG_NULL;
	in.publicArea.unique.ecc.x.size = 32;
	in.publicArea.unique.ecc.y.size = 32;
	area = make_primary(f, &in, handle);
	assert_rc(tpm_public_pkey(&area, &key, NULL), DEVID_OK);
	return key;
}

/* A certificate for @key (taken) in the NV index, @pad octets behind it. */
static void write_ek_cert(struct fixture *f, TPM2_HANDLE index, EVP_PKEY *key,
	int pad, size_t pad_len)
{
	struct certs_spec spec = certs_ca_spec("EK");
	struct certs_node ca = certs_sign(&spec, certs_key("P-256"), NULL);
	struct certs_node cert = certs_sign(&spec, key, &ca);
	struct certs_buf der = cert.der;

	memset(der.data + der.len, pad, pad_len);
	swtpm_nv_write(&f->tpm, index, der.data, der.len + pad_len);
	certs_done(&cert);
	certs_done(&ca);
}

static void p256_ek_derived_activates(void **state)
{
	struct fixture *f = *state;
	EVP_PKEY *ek;

	write_ek_cert(f, EK_P256_INDEX, make_p256_ek(f, 0), 0, 0);
	swtpm_nv_remove(&f->tpm, EK_RSA_INDEX);
	create_keys(f, KEY_ALG_P256);
	/* P-384 is there as well: P-256 goes before it. */
	assert_proves_itself(f, EVP_PKEY_EC);
	ek = ek_of(f);
	assert_int_equal(EVP_PKEY_get_bits(ek), 256);
	EVP_PKEY_free(ek);
}

static void padding_in_nv_is_no_part_of_the_certificate(void **state)
{
	struct fixture *f = *state;
	static const int pads[] = { 0x00, 0xff };

	create_keys(f, KEY_ALG_P256);
	close_keystore(f);
	swtpm_nv_remove(&f->tpm, EK_RSA_INDEX);
	for (size_t i = 0; i < N_OF(pads); i++) {
		write_ek_cert(
			f, EK_P256_INDEX, make_p256_ek(f, 0), pads[i], 200);
		open_keystore(f, false);
		assert_proves_itself(f, EVP_PKEY_EC); /* ek_of() looks */
		close_keystore(f);
	}
}

static void p256_ek_persistent_activates(void **state)
{
	struct fixture *f = *state;

	write_ek_cert(f, EK_P256_INDEX, make_p256_ek(f, EK_P256_HANDLE), 0, 0);
	swtpm_nv_remove(&f->tpm, EK_RSA_INDEX);
	create_keys(f, KEY_ALG_P256);
	assert_proves_itself(f, EVP_PKEY_EC);
	close_keystore(f);
	assert_int_equal(swtpm_count(&f->tpm, CC_CREATE_PRIMARY), 3);
}

static void another_key_at_the_ek_handle_is_passed_over(void **state)
{
	struct fixture *f = *state;
	TPM2B_PUBLIC in;

	swtpm_evict(&f->tpm, EK_RSA_HANDLE);
	assert_true(
		template_get(KEY_ROLE_IAK, KEY_ALG_RSA2048, UNIQUE_EMPTY, &in));
	(void)make_primary(f, &in, EK_RSA_HANDLE);
	create_keys(f, KEY_ALG_P256);
	assert_proves_itself(f, EVP_PKEY_RSA);
}

static void no_ek_certificate_not_found(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct challenge ch = { .id_object_len = 2, .enc_secret_len = 2 };

	create_keys(f, KEY_ALG_P256);
	assert_rc(
		f->ks->ops->attest(f->ks, &f->said, &err), DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "no EK certificate in NV (looked at 0x01c00002");
	devid_error_clear(&err);
	assert_rc(activate(f, &ch, &err), DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "no EK certificate in NV");
	assert_nothing_left(f);
}

static void ek_certificate_of_another_tpm_mismatch(void **state)
{
	struct fixture *f = *state;
	static const struct {
		TPM2_HANDLE index;
		const char *type;
	} kinds[] = { { EK_P384_INDEX, "P-384" }, { EK_P256_INDEX, "P-256" },
		{ EK_RSA_INDEX, "RSA:2048" } };

	create_keys(f, KEY_ALG_P256);
	close_keystore(f);
	swtpm_nv_remove(&f->tpm, EK_RSA_INDEX);
	for (size_t i = 0; i < N_OF(kinds); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct challenge ch;

		write_ek_cert(
			f, kinds[i].index, certs_key(kinds[i].type), 0, 0);
		open_keystore(f, false);
		attest(f);
		ch = make(ek_of(f), &f->iak);
		assert_rc(activate(f, &ch, &err), DEVID_ERR_MISMATCH);
		assert_cause(&err, "another key than its EK certificate");
		assert_nothing_left(f);
		close_keystore(f);
	}
}

static void no_certificate_in_the_index_syntax(void **state)
{
	struct fixture *f = *state;
	static const uint8_t inner[] = { 0x30, 3, 2, 1, 0 };
	static const uint8_t none[] = { 0xff, 0xff, 0xff, 0xff };
	struct devid_error err = { DEVID_OK, "" };
	struct challenge ch = { .id_object_len = 2, .enc_secret_len = 2 };

	create_keys(f, KEY_ALG_P256);
	close_keystore(f);
	swtpm_nv_write(&f->tpm, EK_RSA_INDEX, none, sizeof(none));
	open_keystore(f, false);
	assert_rc(f->ks->ops->attest(f->ks, &f->said, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "NV index 0x01c00002 holds no certificate");
	close_keystore(f);
	swtpm_nv_write(&f->tpm, EK_RSA_INDEX, inner, sizeof(inner));
	open_keystore(f, false);
	devid_error_clear(&err);
	assert_rc(activate(f, &ch, &err), DEVID_ERR_SYNTAX);
	assert_cause(&err, "NV index 0x01c00002 holds no certificate");
}

/* ---- credentials that are not for it ---- */

static void credential_for_another_iak_mismatch(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct challenge ch;

	create_keys(f, KEY_ALG_P256);
	attest(f);
	ch = make(ek_of(f), &f->idevid);
	assert_rc(activate(f, &ch, &err), DEVID_ERR_MISMATCH);
	assert_cause(&err, "another TPM or another IAK");
	assert_nothing_left(f);
	ch = make(ek_of(f), &f->iak);
	assert_rc(activate(f, &ch, NULL), DEVID_OK);
}

static void credential_for_another_ek_mismatch(void **state)
{
	struct fixture *f = *state;
	static const char *const types[] = { "RSA:2048", "P-256", "P-384" };

	create_keys(f, KEY_ALG_P256);
	for (size_t i = 0; i < 2 * N_OF(types); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct challenge ch;

		if (i == N_OF(types)) { /* and the same with an ECC EK */
			close_keystore(f);
			swtpm_nv_remove(&f->tpm, EK_RSA_INDEX);
			open_keystore(f, false);
		}
		attest(f);
		ch = make(certs_key(types[i % N_OF(types)]), &f->iak);
		assert_rc(activate(f, &ch, &err), DEVID_ERR_MISMATCH);
		assert_cause(&err, "another TPM or another IAK");
	}
	assert_nothing_left(f);
}

static void credential_changed_anywhere_refused(void **state)
{
	struct fixture *f = *state;
	struct challenge good;

	create_keys(f, KEY_ALG_P256);
	attest(f);
	good = make(ek_of(f), &f->iak);
	for (size_t i = 0; i < good.id_object_len; i += 7) {
		struct challenge ch = good;

		ch.id_object[i] ^= 1;
		assert_rc(activate(f, &ch, NULL) == DEVID_OK, false);
	}
	for (size_t i = 0; i < good.enc_secret_len; i += 31) {
		struct challenge ch = good;

		ch.enc_secret[i] ^= 1;
		assert_rc(activate(f, &ch, NULL) == DEVID_OK, false);
	}
	assert_rc(activate(f, &good, NULL), DEVID_OK);
	assert_nothing_left(f);
}

static void credential_of_another_length_syntax(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct challenge good, ch;

	create_keys(f, KEY_ALG_P256);
	attest(f);
	good = make(ek_of(f), &f->iak);
	for (int i = 0; i < 4; i++) {
		size_t *len = i % 2 ? &ch.id_object_len : &ch.enc_secret_len;

		ch = good;
		*len += i < 2 ? 1 : (size_t)-1;
		devid_error_clear(&err);
		assert_rc(activate(f, &ch, &err), DEVID_ERR_SYNTAX);
		assert_cause(&err, "no TPM2B_ID_OBJECT and");
	}
	assert_nothing_left(f);
}

/* ---- a TPM that refuses or breaks ---- */

static void endorsement_hierarchy_closed_denied(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };

	create_keys(f, KEY_ALG_P256);
	close_keystore(f);
	swtpm_close_endorsement(&f->tpm);
	open_keystore(f, false);
	assert_rc(f->ks->ops->attest(f->ks, &f->said, &err), DEVID_ERR_DENIED);
	assert_cause(&err, "endorsement hierarchy has an authorization value");
	assert_nothing_left(f);
}

/* Every command that there is on the way, refused once. */
static void command_refused_error_and_nothing_left(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *code;
		bool attest, activate; /* which of them sends it */
	} commands[] = {
		{ "0000017a", true, true },  /* GetCapability */
		{ "00000169", true, true },  /* NV_ReadPublic */
		{ "0000014e", true, true },  /* NV_Read */
		{ "00000173", true, true },  /* ReadPublic */
		{ "00000176", true, true },  /* StartAuthSession */
		{ "00000151", true, true },  /* PolicySecret */
		{ "0000016c", true, true },  /* PolicyCommandCode */
		{ "00000171", true, true },  /* PolicyOR */
		{ "00000148", true, false }, /* Certify */
		{ "00000131", false, true }, /* CreatePrimary */
		{ "00000147", false, true }, /* ActivateCredential */
	};
	struct challenge ch;

	swtpm_evict(&f->tpm, EK_RSA_HANDLE);
	create_keys(f, KEY_ALG_P256);
	attest(f);
	ch = make(ek_of(f), &f->iak);
	close_keystore(f);
	for (size_t i = 0; i < N_OF(commands); i++) {
		char line[64];

		(void)snprintf(
			line, sizeof(line), "%s rc 0000012f", commands[i].code);
		swtpm_set_fault(&f->tpm, line);
		open_keystore(f, true);
		assert_rc(f->ks->ops->attest(f->ks, &f->said, NULL),
			commands[i].attest ? DEVID_ERR_TPM : DEVID_OK);
		assert_rc(activate(f, &ch, NULL),
			commands[i].activate ? DEVID_ERR_TPM : DEVID_OK);
		close_keystore(f);
		assert_int_equal(swtpm_leftovers(&f->tpm), 0);
	}
	swtpm_set_fault(&f->tpm, NULL);
	open_keystore(f, false);
	assert_proves_itself(f, EVP_PKEY_RSA);
}

static void failure_mode_is_told_from_a_wrong_credential(void **state)
{
	struct fixture *f = *state;
	struct devid_error err = { DEVID_OK, "" };
	struct challenge ch;

	create_keys(f, KEY_ALG_P256);
	attest(f);
	ch = make(ek_of(f), &f->iak);
	close_keystore(f);
	open_keystore(f, true);
	assert_rc(activate(f, &ch, NULL), DEVID_OK);
	swtpm_set_fault(&f->tpm, "00000147 rc 00000101");
	assert_rc(activate(f, &ch, NULL), DEVID_ERR_MISMATCH);
	swtpm_set_fault(&f->tpm, "* rc 00000101");
	assert_rc(activate(f, &ch, &err), DEVID_ERR_TPM_FAILURE);
	swtpm_set_fault(&f->tpm, NULL);
	assert_nothing_left(f);
}

static void connection_lost_before_is_made_again(void **state)
{
	struct fixture *f = *state;
	struct challenge ch;

	create_keys(f, KEY_ALG_P256);
	attest(f);
	ch = make(ek_of(f), &f->iak);
	swtpm_stop(&f->tpm);
	swtpm_start(&f->tpm);
	attest(f);
	assert_rc(activate(f, &ch, NULL), DEVID_OK);
	swtpm_stop(&f->tpm);
	assert_rc(f->ks->ops->attest(f->ks, &f->said, NULL),
		DEVID_ERR_TPM_ABSENT);
	assert_rc(activate(f, &ch, NULL), DEVID_ERR_TPM_ABSENT);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(every_alg_created_is_certified_by_its_iak),
		CASE(every_alg_created_activates),
		CASE(no_key_created_not_found),
		CASE(key_gone_from_known_handle_not_found),
		CASE(p384_ek_persistent_activates),
		CASE(rsa_ek_evicted_derived_and_activates),
		CASE(p384_ek_evicted_derived_and_activates),
		CASE(p256_ek_derived_activates),
		CASE(p256_ek_persistent_activates),
		CASE(padding_in_nv_is_no_part_of_the_certificate),
		CASE(another_key_at_the_ek_handle_is_passed_over),
		cmocka_unit_test_setup_teardown(no_ek_certificate_not_found,
			setup_without_ek, teardown),
		CASE(ek_certificate_of_another_tpm_mismatch),
		CASE(no_certificate_in_the_index_syntax),
		CASE(credential_for_another_iak_mismatch),
		CASE(credential_for_another_ek_mismatch),
		CASE(credential_changed_anywhere_refused),
		CASE(credential_of_another_length_syntax),
		CASE(endorsement_hierarchy_closed_denied),
		CASE(command_refused_error_and_nothing_left),
		CASE(failure_mode_is_told_from_a_wrong_credential),
		CASE(connection_lost_before_is_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

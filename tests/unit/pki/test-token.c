/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#11 tokens and the keys in them, with SoftHSM2. */
#include "cmocka-all.h"

#include <dlfcn.h>
#include <openssl/x509.h>
#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "softhsm.h"
#include "token.h"
#include "token-key.h"
#include "token-make.h"

#define LABEL "ca one"

static struct softhsm hsm;
static struct devid_error err;

static int setup(void **state)
{
	(void)state;
	devid_error_clear(&err);
	softhsm_new(&hsm);
	softhsm_add(&hsm, LABEL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)unsetenv("P11_FAULT");
	(void)unsetenv("P11_FAULT_LOG");
	softhsm_free(&hsm);
	return 0;
}

static void fault(const char *what)
{
	assert_int_equal(
		what ? setenv("P11_FAULT", what, 1) : unsetenv("P11_FAULT"), 0);
}

static enum devid_err open_with(const char *module, const char *label,
	const char *text, bool by_hand, struct token **ret)
{
	const struct token_place place = { module, label };
	struct pin pin = softhsm_pin(text, by_hand);

	devid_error_clear(&err);
	return token_open(&place, &pin, ret, &err);
}

static struct token *open_good(const char *module)
{
	struct token *token = NULL;

	assert_rc(
		open_with(module, LABEL, SOFTHSM_PIN, false, &token), DEVID_OK);
	return token;
}

static void refused(const char *module, const char *label, const char *text,
	enum devid_err code, const char *cause)
{
	struct token *token = NULL;

	assert_rc(open_with(module, label, text, false, &token), code);
	assert_null(token);
	assert_cause(&err, cause);
}

static enum token_tries tries(const char *module)
{
	const struct token_place place = { module, LABEL };
	enum token_tries ret = TOKEN_TRIES_NONE;

	assert_rc(token_tries_left(&place, &ret, &err), DEVID_OK);
	return ret;
}

/* ---- opening ---- */

static void open_right_pin_again_and_again(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++)
		token_close(open_good(SOFTHSM_MODULE));
	assert_int_equal(tries(SOFTHSM_MODULE), TOKEN_TRIES_UNKNOWN);
}

static void open_absent_module_not_found(void **state)
{
	(void)state;
	refused("/nonexistent/x.so", LABEL, SOFTHSM_PIN, DEVID_ERR_NOT_FOUND,
		"/nonexistent/x.so");
	refused("/proc/self/exe", LABEL, SOFTHSM_PIN, DEVID_ERR_NOT_FOUND,
		"/proc/self/exe");
}

static void open_relative_module_refused(void **state)
{
	(void)state;
	refused("softhsm2.so", LABEL, SOFTHSM_PIN, DEVID_ERR_INVALID,
		"not an absolute path");
}

static void open_other_label_not_found(void **state)
{
	(void)state;
	refused(SOFTHSM_MODULE, "ca", SOFTHSM_PIN, DEVID_ERR_NOT_FOUND,
		"no token has this label");
	refused(SOFTHSM_MODULE, "ca one more", SOFTHSM_PIN, DEVID_ERR_NOT_FOUND,
		"no token has this label");
}

static void open_bad_label_refused(void **state)
{
	(void)state;
	refused(SOFTHSM_MODULE, "", SOFTHSM_PIN, DEVID_ERR_INVALID, "a label");
	refused(SOFTHSM_MODULE, "123456789012345678901234567890123",
		SOFTHSM_PIN, DEVID_ERR_INVALID, "a label has 1 to 32 bytes");
}

static void open_two_of_one_label_refused(void **state)
{
	(void)state;
	softhsm_add(&hsm, LABEL);
	refused(SOFTHSM_MODULE, LABEL, SOFTHSM_PIN, DEVID_ERR_EXISTS,
		"2 tokens have this label");
}

static void open_twice_at_once_refused(void **state)
{
	struct token *token = open_good(SOFTHSM_MODULE);

	(void)state;
	refused(SOFTHSM_MODULE, LABEL, SOFTHSM_PIN, DEVID_ERR_STATE,
		"open already");
	token_close(token);
}

static void open_two_tokens_of_one_module(void **state)
{
	struct token *one, *two = NULL;

	(void)state;
	softhsm_add(&hsm, "ca two");
	one = open_good(SOFTHSM_MODULE);
	assert_rc(open_with(SOFTHSM_MODULE, "ca two", SOFTHSM_PIN, false, &two),
		DEVID_OK);
	assert_rc(token_key_new(one, "k", "p256", &err), DEVID_OK);
	assert_rc(token_key_new(two, "k", "p256", &err), DEVID_OK);
	token_close(one);
	assert_rc(token_key_new(two, "k2", "p256", &err), DEVID_OK);
	token_close(two);
}

/* ---- PINs ---- */

/* What SoftHSM 2.6 shows of a wrong one: CKF_USER_PIN_COUNT_LOW. */
static void open_wrong_pin_denied_and_not_tried_again(void **state)
{
	struct token *token = NULL;

	(void)state;
	refused(SOFTHSM_MODULE, LABEL, "wrong", DEVID_ERR_DENIED,
		"wrong PIN; not tried again; the token says: few tries left");
	assert_int_equal(tries(SOFTHSM_MODULE), TOKEN_TRIES_FEW);
	/* The right one from a file: not tried either. */
	refused(SOFTHSM_MODULE, LABEL, SOFTHSM_PIN, DEVID_ERR_DENIED,
		"PIN not tried");
	/* A person may, and the token forgets. */
	assert_rc(open_with(SOFTHSM_MODULE, LABEL, SOFTHSM_PIN, true, &token),
		DEVID_OK);
	token_close(token);
	token_close(open_good(SOFTHSM_MODULE));
}

static size_t logins(void)
{
	FILE *f = fopen(tempdir_file(&hsm.dir, "log"), "r");
	size_t n = 0;
	int c;

	while (f && (c = getc(f)) != EOF)
		n += c == '\n';
	if (f)
		(void)fclose(f);
	return n;
}

/* covers: P11-pin */
static void open_wrong_pin_in_a_loop_tries_once(void **state)
{
	const char *module = softhsm_faulty_module();

	(void)state;
	assert_int_equal(
		setenv("P11_FAULT_LOG", tempdir_file(&hsm.dir, "log"), 1), 0);
	for (int i = 0; i < 20; i++) {
		struct token *token = NULL;

		assert_rc(open_with(module, LABEL, "wrong", false, &token),
			DEVID_ERR_DENIED);
	}
	assert_int_equal(logins(), 1);
}

/* Each flag for itself, with the right PIN: what is refused is never tried.
 * covers: P11-pin */
static void open_flags_of_tries_bind_programs(void **state)
{
	static const struct {
		const char *fault, *cause;
		enum devid_err rc, rc_by_hand;
		enum token_tries tries;
	} cases[] = {
		{ "flags 10000", "few tries left", DEVID_ERR_DENIED, DEVID_OK,
			TOKEN_TRIES_FEW },
		{ "flags 20000", "one try left", DEVID_ERR_DENIED, DEVID_OK,
			TOKEN_TRIES_LAST },
		{ "flags 40000", "PIN is locked", DEVID_ERR_STATE,
			DEVID_ERR_STATE, TOKEN_TRIES_NONE },
	};
	const char *module = softhsm_faulty_module();
	size_t expected = 0;

	(void)state;
	assert_int_equal(
		setenv("P11_FAULT_LOG", tempdir_file(&hsm.dir, "log"), 1), 0);
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct token *token = NULL;

		fault(cases[i].fault);
		refused(module, LABEL, SOFTHSM_PIN, cases[i].rc,
			cases[i].cause);
		assert_int_equal(logins(), expected);
		assert_int_equal(tries(module), cases[i].tries);
		assert_rc(open_with(module, LABEL, SOFTHSM_PIN, true, &token),
			cases[i].rc_by_hand);
		expected += cases[i].rc_by_hand == DEVID_OK;
		assert_int_equal(logins(), expected);
		token_close(token);
	}
}

static void open_wrong_last_try_by_hand_says_so(void **state)
{
	struct token *token = NULL;

	(void)state;
	fault("flags 20000");
	assert_rc(open_with(softhsm_faulty_module(), LABEL, "wrong", true,
			  &token),
		DEVID_ERR_DENIED);
	assert_cause(&err, "wrong PIN; not tried again; the token says: one "
			   "try left");
}

static void open_wrong_pin_of_silent_token_says_so(void **state)
{
	(void)state;
	fault("rv C_Login=a0"); /* CKR_PIN_INCORRECT without any flag */
	refused(softhsm_faulty_module(), LABEL, SOFTHSM_PIN, DEVID_ERR_DENIED,
		"the token does not say how many tries are left");
}

static void open_locked_by_the_try_is_told(void **state)
{
	(void)state;
	fault("rv C_Login=a4"); /* CKR_PIN_LOCKED */
	refused(softhsm_faulty_module(), LABEL, SOFTHSM_PIN, DEVID_ERR_STATE,
		"the PIN is locked now");
}

static void open_other_failure_is_no_wrong_pin(void **state)
{
	(void)state;
	fault("rv C_Login=30"); /* CKR_DEVICE_ERROR */
	refused(softhsm_faulty_module(), LABEL, SOFTHSM_PIN, DEVID_ERR_CRYPTO,
		"log in");
}

static void open_pin_of_impossible_length_not_tried(void **state)
{
	(void)state;
	refused(SOFTHSM_MODULE, LABEL, "123", DEVID_ERR_DENIED,
		"PIN not tried: this token's have 4 to 255 bytes");
	token_close(open_good(SOFTHSM_MODULE));
}

/* ---- keys ---- */

static void verify(
	const struct signer *s, struct view data, const struct signer_sig *sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int nid = signer_nid(s->public_key);
	bool sha384 = nid == NID_ecdsa_with_SHA384;

	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL,
				 sha384 ? EVP_sha384() : EVP_sha256(), NULL,
				 s->public_key),
		1);
	assert_int_equal(
		EVP_DigestVerify(ctx, sig->data, sig->len, data.data, data.len),
		1);
	EVP_MD_CTX_free(ctx);
}

static const struct {
	const char *name;
	int nid;
} algs[] = {
	{ "p256", NID_ecdsa_with_SHA256 },
	{ "p384", NID_ecdsa_with_SHA384 },
	{ "rsa2048", NID_sha256WithRSAEncryption },
	{ "rsa4096", NID_sha256WithRSAEncryption },
};

static void key_of_each_algorithm_signs(void **state)
{
	struct token *token = open_good(SOFTHSM_MODULE);
	uint8_t data[1000];

	(void)state;
	memset(data, 7, sizeof(data));
	for (size_t i = 0; i < N_OF(algs); i++) {
		struct signer *s = NULL;

		assert_rc(
			token_key_new(token, algs[i].name, algs[i].name, &err),
			DEVID_OK);
		assert_rc(token_key(token, algs[i].name, &s, &err), DEVID_OK);
		assert_int_equal(signer_nid(s->public_key), algs[i].nid);
		for (size_t n = 0; n < 20; n++) {
			const struct view view = { data, n * 50 };
			struct signer_sig sig;

			assert_rc(s->ops->sign(s, view, &sig, &err), DEVID_OK);
			verify(s, view, &sig);
		}
		signer_free(s);
	}
	token_close(token);
}

static void key_new_same_label_exists(void **state)
{
	struct token *token = open_good(SOFTHSM_MODULE);
	struct signer *s = NULL;

	(void)state;
	assert_rc(token_key_new(token, "k", "p256", &err), DEVID_OK);
	assert_rc(token_key_new(token, "k", "p384", &err), DEVID_ERR_EXISTS);
	assert_cause(&err, "there is a key k");
	assert_rc(token_key(token, "k", &s, NULL), DEVID_OK);
	signer_free(s);
	token_close(token);
}

static void key_new_bad_arguments_refused(void **state)
{
	struct token *token = open_good(SOFTHSM_MODULE);
	char label[66];

	(void)state;
	memset(label, 'a', 65);
	label[65] = '\0';
	assert_rc(
		token_key_new(token, "k", "p521", NULL), DEVID_ERR_UNSUPPORTED);
	assert_rc(token_key_new(token, "", "p256", NULL), DEVID_ERR_INVALID);
	assert_rc(token_key_new(token, label, "p256", NULL), DEVID_ERR_INVALID);
	token_close(token);
}

static void key_absent_not_found(void **state)
{
	struct token *token = open_good(SOFTHSM_MODULE);
	struct signer *s = NULL;

	(void)state;
	assert_rc(token_key(token, "k", &s, &err), DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "no private key k");
	assert_null(s);
	token_close(token);
}

/* ---- keys that another program put there ---- */

struct raw {
	CK_FUNCTION_LIST *m;
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session;
};

/* The module itself, beside an open token whose login holds for the process. */
static struct raw raw_open(void)
{
	void *module = dlopen(SOFTHSM_MODULE, RTLD_NOW | RTLD_LOCAL);
	CK_C_GetFunctionList get_list;
	struct raw raw = { 0 };
	CK_SLOT_ID slots[4];
	CK_ULONG n = 4;

	assert_non_null(module);
	*(void **)&get_list = dlsym(module, "C_GetFunctionList");
	assert_int_equal(get_list(&raw.m), CKR_OK);
	assert_int_equal(dlclose(module), 0); /* p11-kit holds it */
	assert_int_equal(raw.m->C_GetSlotList(CK_TRUE, slots, &n), CKR_OK);
	raw.slot = slots[0];
	assert_int_equal(raw.m->C_OpenSession(raw.slot,
				 CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
				 NULL, &raw.session),
		CKR_OK);
	return raw;
}

/* The session may be closed already. */
static void raw_close(struct raw *raw)
{
	(void)raw->m->C_CloseSession(raw->session);
}

struct raw_key {
	const char *label;
	CK_BBOOL sensitive, extractable, signs;
	CK_ULONG rsa_bits; /* 0: the curve */
	const char *curve; /* DER */
	size_t curve_len;
	CK_OBJECT_HANDLE pub, priv;
};

#define P256 "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07", 10
#define P521 "\x06\x05\x2b\x81\x04\x00\x23", 7

static void raw_generate(struct raw *raw, struct raw_key *key)
{
	CK_MECHANISM mechanism = { key->rsa_bits ? CKM_RSA_PKCS_KEY_PAIR_GEN
						 : CKM_EC_KEY_PAIR_GEN,
		NULL, 0 };
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE pub[] = {
		{ CKA_TOKEN, &yes, 1 },
		{ CKA_ID, (void *)(uintptr_t)key->label, strlen(key->label) },
		{ CKA_EC_PARAMS, (void *)(uintptr_t)key->curve,
			key->curve_len },
	};
	CK_ATTRIBUTE priv[] = {
		{ CKA_TOKEN, &yes, 1 },
		{ CKA_PRIVATE, &yes, 1 },
		{ CKA_LABEL, (void *)(uintptr_t)key->label,
			strlen(key->label) },
		{ CKA_ID, (void *)(uintptr_t)key->label, strlen(key->label) },
		{ CKA_SENSITIVE, &key->sensitive, 1 },
		{ CKA_EXTRACTABLE, &key->extractable, 1 },
		{ CKA_SIGN, &key->signs, 1 },
	};

	if (key->rsa_bits)
		pub[2] = (CK_ATTRIBUTE) { CKA_MODULUS_BITS, &key->rsa_bits,
			sizeof(key->rsa_bits) };
	assert_int_equal(
		raw->m->C_GenerateKeyPair(raw->session, &mechanism, pub,
			N_OF(pub), priv, N_OF(priv), &key->pub, &key->priv),
		CKR_OK);
}

static void key_refused(struct token *token, const char *label,
	enum devid_err code, const char *cause)
{
	struct signer *s = NULL;

	devid_error_clear(&err);
	assert_rc(token_key(token, label, &s, &err), code);
	assert_null(s);
	assert_cause(&err, cause);
}

/* Real keys of SoftHSM: each of these was made with C_GenerateKeyPair. */
static void key_made_wrong_elsewhere_refused(void **state)
{
	static const struct {
		struct raw_key key;
		enum devid_err rc;
		const char *cause;
	} cases[] = {
		{ { "good", 1, 0, 1, 0, P256, 0, 0 }, DEVID_OK, "" },
		{ { "clear", 0, 0, 1, 0, P256, 0, 0 }, DEVID_ERR_DENIED,
			"CKA_SENSITIVE" },
		{ { "loose", 1, 1, 1, 0, P256, 0, 0 }, DEVID_ERR_DENIED,
			"(CKA_EXTRACTABLE)" },
		{ { "mute", 1, 0, 0, 0, P256, 0, 0 }, DEVID_ERR_DENIED,
			"CKA_SIGN" },
		{ { "p521", 1, 0, 1, 0, P521, 0, 0 }, DEVID_ERR_UNSUPPORTED,
			"neither P-256 nor P-384" },
		{ { "rsa3072", 1, 0, 1, 3072, NULL, 0, 0, 0 },
			DEVID_ERR_UNSUPPORTED, "none of p256" },
	};
	struct token *token = open_good(SOFTHSM_MODULE);
	struct raw raw = raw_open();

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct raw_key key = cases[i].key;

		raw_generate(&raw, &key);
		if (cases[i].rc == DEVID_OK) {
			struct signer *s = NULL;

			assert_rc(token_key(token, key.label, &s, &err),
				DEVID_OK);
			signer_free(s);
			continue;
		}
		key_refused(token, key.label, cases[i].rc, cases[i].cause);
	}
	raw_close(&raw);
	token_close(token);
}

/* Made extractable and closed afterwards: it may have left in between.
 * covers: P11-key */
static void key_once_extractable_refused(void **state)
{
	struct token *token = open_good(SOFTHSM_MODULE);
	struct raw raw = raw_open();
	struct raw_key key = { "k", 1, 1, 1, 0, P256, 0, 0 };
	CK_BBOOL no = CK_FALSE;
	CK_ATTRIBUTE attr = { CKA_EXTRACTABLE, &no, 1 };

	(void)state;
	raw_generate(&raw, &key);
	assert_int_equal(
		raw.m->C_SetAttributeValue(raw.session, key.priv, &attr, 1),
		CKR_OK);
	key_refused(token, "k", DEVID_ERR_DENIED, "CKA_NEVER_EXTRACTABLE");
	raw_close(&raw);
	token_close(token);
}

/* What SoftHSM sets together, one at a time.
 * covers: P11-key */
static void key_each_bad_attribute_alone_refused(void **state)
{
	static const struct {
		const char *fault, *cause;
	} cases[] = {
		{ "attr 103=0", "(not CKA_SENSITIVE)" },
		{ "attr 162=1", "(CKA_EXTRACTABLE)" },
		{ "attr 163=0", "(not CKA_LOCAL)" },
		{ "attr 164=0", "(not CKA_NEVER_EXTRACTABLE)" },
		{ "attr 165=0", "(not CKA_ALWAYS_SENSITIVE)" },
		{ "attr 108=0", "(not CKA_SIGN)" },
	};
	struct token *token = open_good(softhsm_faulty_module());

	(void)state;
	assert_rc(token_key_new(token, "k", "p256", &err), DEVID_OK);
	for (size_t i = 0; i < N_OF(cases); i++) {
		fault(cases[i].fault);
		key_refused(token, "k", DEVID_ERR_DENIED, cases[i].cause);
		/* And a token that makes such keys leaves none behind. */
		devid_error_clear(&err);
		assert_rc(token_key_new(token, "bad", "p256", &err),
			DEVID_ERR_DENIED);
		assert_cause(&err, cases[i].cause);
		fault(NULL);
		key_refused(token, "bad", DEVID_ERR_NOT_FOUND, "no private");
	}
	token_close(token);
}

static void key_twice_with_one_label_refused(void **state)
{
	struct token *token = open_good(SOFTHSM_MODULE);
	struct raw raw = raw_open();
	struct raw_key key = { "k", 1, 0, 1, 0, P256, 0, 0 };

	(void)state;
	raw_generate(&raw, &key);
	raw_generate(&raw, &key);
	key_refused(token, "k", DEVID_ERR_EXISTS, "several private keys k");
	raw_close(&raw);
	token_close(token);
}

/* Public objects come into a token without a PIN. */
static void key_with_another_public_key_refused(void **state)
{
	struct token *token = open_good(SOFTHSM_MODULE);
	struct raw raw = raw_open();
	struct raw_key key = { "k", 1, 0, 1, 0, P256, 0, 0 };
	struct raw_key other = { "other", 1, 0, 1, 0, P256, 0, 0 };
	char id[] = "k";
	CK_ATTRIBUTE attr = { CKA_ID, id, 1 };

	(void)state;
	raw_generate(&raw, &key);
	raw_generate(&raw, &other);
	assert_int_equal(
		raw.m->C_SetAttributeValue(raw.session, other.pub, &attr, 1),
		CKR_OK);
	key_refused(token, "k", DEVID_ERR_EXISTS, "several public keys");
	assert_int_equal(raw.m->C_DestroyObject(raw.session, key.pub), CKR_OK);
	key_refused(token, "k", DEVID_ERR_MISMATCH, "not its own");
	assert_int_equal(
		raw.m->C_DestroyObject(raw.session, other.pub), CKR_OK);
	key_refused(token, "k", DEVID_ERR_NOT_FOUND, "no public key");
	raw_close(&raw);
	token_close(token);
}

/* ---- a token that goes away ---- */

static struct signer *new_signer(struct token *token)
{
	struct signer *s = NULL;

	assert_rc(token_key_new(token, "k", "p256", &err), DEVID_OK);
	assert_rc(token_key(token, "k", &s, &err), DEVID_OK);
	return s;
}

static enum devid_err sign_once(struct signer *s)
{
	const struct view data = { (const uint8_t *)"x", 1 };
	struct signer_sig sig;

	devid_error_clear(&err);
	return s->ops->sign(s, data, &sig, &err);
}

static void sign_with_lost_session_is_gone(void **state)
{
	struct token *token = open_good(SOFTHSM_MODULE);
	struct signer *s = new_signer(token);
	struct raw raw = raw_open();

	(void)state;
	assert_rc(sign_once(s), DEVID_OK);
	assert_false(token_gone(token));
	assert_int_equal(raw.m->C_CloseAllSessions(raw.slot), CKR_OK);
	assert_rc(sign_once(s), DEVID_ERR_UNREACHABLE);
	assert_true(token_gone(token));
	assert_cause(&err, "the token or the login is gone");
	raw_close(&raw);
	signer_free(s);
	token_close(token);
}

static void sign_logged_out_is_gone(void **state)
{
	struct token *token = open_good(SOFTHSM_MODULE);
	struct signer *s = new_signer(token);
	struct raw raw = raw_open();

	(void)state;
	assert_int_equal(raw.m->C_Logout(raw.session), CKR_OK);
	assert_rc(sign_once(s), DEVID_ERR_UNREACHABLE);
	raw_close(&raw);
	signer_free(s);
	token_close(token);
}

static void sign_return_values_have_their_class(void **state)
{
	static const struct {
		const char *fault;
		enum devid_err rc;
	} cases[] = {
		{ "rv C_Sign=32", DEVID_ERR_UNREACHABLE }, /* DEVICE_REMOVED */
		{ "rv C_Sign=b0", DEVID_ERR_UNREACHABLE }, /* SESSION_CLOSED */
		{ "rv C_Sign=b3",
			DEVID_ERR_UNREACHABLE }, /* SESSION_HANDLE_... */
		{ "rv C_Sign=e0",
			DEVID_ERR_UNREACHABLE }, /* TOKEN_NOT_PRESENT */
		{ "rv C_Sign=101",
			DEVID_ERR_UNREACHABLE },      /* USER_NOT_LOGGED_IN */
		{ "rv C_Sign=30", DEVID_ERR_CRYPTO }, /* DEVICE_ERROR */
		{ "rv C_Sign=5", DEVID_ERR_CRYPTO },  /* GENERAL_ERROR */
		{ "cut 1", DEVID_ERR_CRYPTO },
		{ "cut 64", DEVID_ERR_CRYPTO },
	};
	struct token *token = open_good(softhsm_faulty_module());
	struct signer *s = new_signer(token);

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		fault(cases[i].fault);
		assert_rc(sign_once(s), cases[i].rc);
		fault(NULL);
		assert_rc(sign_once(s), DEVID_OK);
	}
	signer_free(s);
	token_close(token);
}

#define THREADS 4

static void *sign_many(void *arg)
{
	uint8_t data[32] = { 0 };
	const struct view view = { data, sizeof(data) };
	struct signer *s = arg;
	struct signer_sig sig;

	for (int i = 0; i < 50; i++) {
		data[0] = (uint8_t)i;
		if (s->ops->sign(s, view, &sig, NULL) != DEVID_OK)
			return arg;
		verify(s, view, &sig);
	}
	return NULL;
}

static void sign_by_threads_with_one_signer(void **state)
{
	struct token *token = open_good(SOFTHSM_MODULE);
	struct signer *s = new_signer(token);
	pthread_t threads[THREADS];
	void *failed;

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, sign_many, s), 0);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	signer_free(s);
	token_close(token);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(open_right_pin_again_and_again),
		CASE(open_absent_module_not_found),
		CASE(open_relative_module_refused),
		CASE(open_other_label_not_found),
		CASE(open_bad_label_refused),
		CASE(open_two_of_one_label_refused),
		CASE(open_twice_at_once_refused),
		CASE(open_two_tokens_of_one_module),
		CASE(open_wrong_pin_denied_and_not_tried_again),
		CASE(open_wrong_pin_in_a_loop_tries_once),
		CASE(open_flags_of_tries_bind_programs),
		CASE(open_wrong_last_try_by_hand_says_so),
		CASE(open_wrong_pin_of_silent_token_says_so),
		CASE(open_locked_by_the_try_is_told),
		CASE(open_other_failure_is_no_wrong_pin),
		CASE(open_pin_of_impossible_length_not_tried),
		CASE(key_of_each_algorithm_signs),
		CASE(key_new_same_label_exists),
		CASE(key_new_bad_arguments_refused),
		CASE(key_absent_not_found),
		CASE(key_made_wrong_elsewhere_refused),
		CASE(key_once_extractable_refused),
		CASE(key_each_bad_attribute_alone_refused),
		CASE(key_twice_with_one_label_refused),
		CASE(key_with_another_public_key_refused),
		CASE(sign_with_lost_session_is_gone),
		CASE(sign_logged_out_is_gone),
		CASE(sign_return_values_have_their_class),
		CASE(sign_by_threads_with_one_signer),
	};

	return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}

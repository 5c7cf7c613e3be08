/* SPDX-License-Identifier: Apache-2.0 */
/* The request for an LDevID: what a device writes is read, and each rule that a
 * registrar refuses by tripped alone. */
#include "cmocka-all.h"

#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "certs.h"
#include "ldevid-csr.h"
#include "roca-key.h"

static const uint8_t bundle[] = { 0x30, 0x03, 0x02, 0x01, 0x05 };

static struct {
	struct certs_node ca, idevid;
	X509 *cert;
} w;

static int setup(void **state)
{
	struct certs_spec ca = certs_ca_spec("maker"),
			  idevid = certs_idevid_spec();

	(void)state;
	w.ca = certs_sign(&ca, certs_key("P-256"), NULL);
	w.idevid = certs_sign(&idevid, certs_key("P-256"), &w.ca);
	w.cert = certs_x509(&w.idevid);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	X509_free(w.cert);
	certs_done(&w.ca);
	certs_done(&w.idevid);
	return 0;
}

/* ---- written and read ---- */

static void add(STACK_OF(X509_EXTENSION) * list, int nid, const char *value)
{
	X509_EXTENSION *ext =
		X509V3_EXT_conf_nid(NULL, NULL, nid, (char *)(uintptr_t)value);

	assert_non_null(ext);
	assert_true(sk_X509_EXTENSION_push(list, ext) > 0);
}

static void is_read(struct view der, enum key_alg alg, EVP_PKEY *key)
{
	enum ldevid_csr_rule rule = LDEVID_CSR_SIZE;
	struct devid_error err = { DEVID_OK, "" };
	struct ldevid_csr_view csr;
	uint8_t *spki = NULL;
	int len = i2d_PUBKEY(key, &spki);

	if (ldevid_csr_read(der, &csr, &rule, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	assert_int_equal(rule, LDEVID_CSR_NONE);
	assert_int_equal(csr.alg, alg);
	assert_int_equal(csr.spki.len, len);
	assert_memory_equal(csr.spki.data, spki, csr.spki.len);
	assert_string_equal(csr.serial, "ACCC8E000001");
	assert_int_equal(csr.evidence.len, sizeof(bundle));
	assert_memory_equal(csr.evidence.data, bundle, sizeof(bundle));
	assert_int_equal(csr.n_ext, 2);
	assert_true(ldevid_csr_get_ext(&csr, OID_CE_KEY_USAGE)->critical);
	assert_non_null(ldevid_csr_get_ext(&csr, OID_CE_SUBJECT_ALT_NAME));
	assert_null(ldevid_csr_get_ext(&csr, OID_CE_EXT_KEY_USAGE));
	OPENSSL_free(spki);
}

/* covers: OWN-evidence-csr */
static void request_of_every_alg_is_read_as_it_was_written(void **state)
{
	static const struct {
		const char *type;
		enum key_alg alg;
	} cases[] = {
		{ "P-256", KEY_ALG_P256 },
		{ "P-384", KEY_ALG_P384 },
		{ "RSA:2048", KEY_ALG_RSA2048 },
		{ "RSA:3072", KEY_ALG_RSA3072 },
	};
	STACK_OF(X509_EXTENSION) *ext = sk_X509_EXTENSION_new_null();
	const struct ldevid_csr what = { w.cert, ext,
		{ bundle, sizeof(bundle) } };

	(void)state;
	add(ext, NID_key_usage, "critical,digitalSignature");
	add(ext, NID_subject_alt_name, "DNS:camera.site.example");
	for (size_t i = 0; i < N_OF(cases); i++) {
		EVP_PKEY *key = certs_key(cases[i].type);
		struct blob der = { NULL, 0 };

		assert_rc(ldevid_csr_write(&what, key, &der, NULL), DEVID_OK);
		is_read(blob_view(&der), cases[i].alg, key);
		blob_done(&der);
		EVP_PKEY_free(key);
	}
	sk_X509_EXTENSION_pop_free(ext, X509_EXTENSION_free);
}

static void request_for_nothing_more_has_no_attributes(void **state)
{
	const struct ldevid_csr what = { .idevid = w.cert };
	EVP_PKEY *key = certs_key("P-256");
	struct ldevid_csr_view csr;
	struct blob der = { NULL, 0 };

	(void)state;
	assert_rc(ldevid_csr_write(&what, key, &der, NULL), DEVID_OK);
	assert_rc(ldevid_csr_read(blob_view(&der), &csr, NULL, NULL), DEVID_OK);
	assert_int_equal(csr.n_ext, 0);
	assert_int_equal(csr.evidence.len, 0);
	blob_done(&der);
	EVP_PKEY_free(key);
}

static void request_that_cannot_be_written_is_told(void **state)
{
	static uint8_t large[LDEVID_CSR_MAX] = { 0x30, 0x82,
		(LDEVID_CSR_MAX - 4) >> 8, (LDEVID_CSR_MAX - 4) & 0xff };
	struct ldevid_csr what = { .idevid = w.cert };
	EVP_PKEY *key = certs_key("P-521");
	struct certs_spec nameless = certs_idevid_spec();
	struct certs_node node;
	struct blob der = { NULL, 0 };
	X509 *cert;

	(void)state;
	assert_rc(ldevid_csr_write(&what, key, &der, NULL),
		DEVID_ERR_UNSUPPORTED);
	EVP_PKEY_free(key);
	key = certs_key("P-256");
	what.evidence = (struct view) { large, sizeof(large) };
	assert_rc(
		ldevid_csr_write(&what, key, &der, NULL), DEVID_ERR_TOO_LARGE);
	nameless.sn = NULL;
	node = certs_sign(&nameless, certs_key("P-256"), &w.ca);
	cert = certs_x509(&node);
	what = (struct ldevid_csr) { .idevid = cert };
	assert_rc(ldevid_csr_write(&what, key, &der, NULL), DEVID_ERR_INVALID);
	assert_null(der.data);
	X509_free(cert);
	certs_done(&node);
	EVP_PKEY_free(key);
}

/* ---- requests of others ---- */

/* A request in the making: one thing of it is changed. */
struct making {
	EVP_PKEY *key;
	const EVP_MD *md;
	X509_REQ *req;
	STACK_OF(X509_EXTENSION) * ext;
};

static void name(struct making *m, const char *type, int tag, const char *text)
{
	X509_NAME *subject = X509_REQ_get_subject_name(m->req);

	assert_int_equal(X509_NAME_add_entry_by_txt(subject, type, tag,
				 (const unsigned char *)text, -1, -1, 0),
		1);
}

static void attribute(struct making *m, const char *oid, int type,
	const void *value, size_t len)
{
	ASN1_OBJECT *obj = OBJ_txt2obj(oid, 1);

	assert_int_equal(
		X509_REQ_add1_attr_by_OBJ(m->req, obj, type, value, (int)len),
		1);
	ASN1_OBJECT_free(obj);
}

static void change_nothing(struct making *m)
{
	(void)m;
}

static void other_names(struct making *m)
{
	name(m, "CN", MBSTRING_UTF8, "whatever");
	name(m, "O", MBSTRING_UTF8, "whoever");
}

static void two_serials(struct making *m)
{
	name(m, "serialNumber", MBSTRING_ASC, "ACCC8E000002");
}

static void serial_with_a_tab(struct making *m)
{
	X509_NAME *subject = X509_REQ_get_subject_name(m->req);

	X509_NAME_ENTRY_free(X509_NAME_delete_entry(subject, 0));
	name(m, "serialNumber", V_ASN1_UTF8STRING, "AC\tCC");
}

static void replace_key(struct making *m, EVP_PKEY *key)
{
	EVP_PKEY_free(m->key);
	m->key = key;
}

static void weak_curve(struct making *m)
{
	replace_key(m, EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-224"));
}

static void weak_rsa(struct making *m)
{
	replace_key(m, EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024));
}

static void edwards_curve(struct making *m)
{
	replace_key(m, EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
	m->md = NULL;
}

static void key_of_roca(struct making *m)
{
	replace_key(m, roca_key(2048));
}

static void sha1(struct making *m)
{
	m->md = EVP_sha1();
}

static void challenge_password(struct making *m)
{
	attribute(m, "1.2.840.113549.1.9.7", V_ASN1_UTF8STRING, "secret", 6);
}

static void evidence_with_two_values(struct making *m)
{
	ASN1_OBJECT *obj = OBJ_txt2obj("1.2.840.113549.1.9.16.2.59", 1);
	X509_ATTRIBUTE *both = X509_ATTRIBUTE_create_by_OBJ(
		NULL, obj, V_ASN1_SEQUENCE, bundle, sizeof(bundle));

	assert_int_equal(X509_ATTRIBUTE_set1_data(
				 both, V_ASN1_SEQUENCE, bundle, sizeof(bundle)),
		1);
	assert_int_equal(X509_REQ_add1_attr(m->req, both), 1);
	X509_ATTRIBUTE_free(both);
	ASN1_OBJECT_free(obj);
}

static void evidence_of_another_type(struct making *m)
{
	attribute(m, "1.2.840.113549.1.9.16.2.59", V_ASN1_OCTET_STRING, "x", 1);
}

static void known_extensions(struct making *m)
{
	add(m->ext, NID_basic_constraints, "critical,CA:FALSE");
	add(m->ext, NID_key_usage, "digitalSignature,keyAgreement");
	add(m->ext, NID_ext_key_usage, "clientAuth");
	add(m->ext, NID_subject_key_identifier, "00010203");
	add(m->ext, NID_subject_alt_name, "DNS:x.example");
}

static void extension_twice(struct making *m)
{
	add(m->ext, NID_ext_key_usage, "clientAuth");
	add(m->ext, NID_ext_key_usage, "serverAuth");
}

static void extension_of_a_ca(struct making *m)
{
	add(m->ext, NID_name_constraints, "permitted;DNS:site.example");
}

static void ca_true(struct making *m)
{
	add(m->ext, NID_basic_constraints, "CA:TRUE");
}

static void path_length(struct making *m)
{
	add(m->ext, NID_basic_constraints, "CA:FALSE,pathlen:0");
}

static void signs_certificates(struct making *m)
{
	add(m->ext, NID_key_usage, "digitalSignature,keyCertSign");
}

static void signs_lists(struct making *m)
{
	add(m->ext, NID_key_usage, "cRLSign");
}

/* The request with one change. */
static struct blob make(void (*change)(struct making *m))
{
	struct making m = { certs_key("P-256"), EVP_sha256(), X509_REQ_new(),
		sk_X509_EXTENSION_new_null() };
	struct blob ret = { NULL, 0 };
	uint8_t *der = NULL;
	int len;

	name(&m, "serialNumber", MBSTRING_ASC, "ACCC8E000001");
	change(&m);
	assert_int_equal(X509_REQ_set_pubkey(m.req, m.key), 1);
	if (sk_X509_EXTENSION_num(m.ext) > 0)
		assert_int_equal(X509_REQ_add_extensions(m.req, m.ext), 1);
	assert_true(X509_REQ_sign(m.req, m.key, m.md) > 0);
	len = i2d_X509_REQ(m.req, &der);
	assert_true(len > 0);
	ret.data = malloc((size_t)len);
	memcpy(ret.data, der, (size_t)len);
	ret.len = (size_t)len;
	OPENSSL_free(der);
	X509_REQ_free(m.req);
	EVP_PKEY_free(m.key);
	sk_X509_EXTENSION_pop_free(m.ext, X509_EXTENSION_free);
	return ret;
}

static void trips(struct view der, enum ldevid_csr_rule want)
{
	enum ldevid_csr_rule rule = LDEVID_CSR_NONE;
	struct devid_error err = { DEVID_OK, "" };
	struct ldevid_csr_view csr = { .n_ext = 77 };
	char text[64];

	if (ldevid_csr_read(der, &csr, &rule, &err) == DEVID_OK)
		fail_msg("does not trip %s", ldevid_csr_rule_name(want));
	assert_string_equal(
		ldevid_csr_rule_name(rule), ldevid_csr_rule_name(want));
	(void)snprintf(text, sizeof(text),
		"request: %s: ", ldevid_csr_rule_name(want)); /* fits */
	assert_cause(&err, text);
	assert_int_equal(csr.n_ext, 77);
}

static void requests_of_stock_clients_are_read(void **state)
{
	static void (*const fine[])(struct making *) = { change_nothing,
		other_names, known_extensions };

	(void)state;
	for (size_t i = 0; i < N_OF(fine); i++) {
		struct blob der = make(fine[i]);
		struct devid_error err = { DEVID_OK, "" };
		struct ldevid_csr_view csr;

		if (ldevid_csr_read(blob_view(&der), &csr, NULL, &err) !=
			DEVID_OK)
			fail_msg("%s", err.text);
		assert_string_equal(csr.serial, "ACCC8E000001");
		assert_int_equal(csr.n_ext, i == 2 ? LDEVID_CSR_EXT_MAX : 0);
		blob_done(&der);
	}
}

/* covers: OWN-evidence-csr */
static void each_wrong_thing_trips_its_rule(void **state)
{
	static const struct {
		void (*change)(struct making *m);
		enum ldevid_csr_rule rule;
	} cases[] = {
		{ two_serials, LDEVID_CSR_SUBJECT },
		{ serial_with_a_tab, LDEVID_CSR_SUBJECT },
		{ weak_curve, LDEVID_CSR_KEY_TYPE },
		{ weak_rsa, LDEVID_CSR_KEY_TYPE },
		{ edwards_curve, LDEVID_CSR_KEY_TYPE },
		{ key_of_roca, LDEVID_CSR_KEY_WEAK },
		{ sha1, LDEVID_CSR_ALGORITHM },
		{ challenge_password, LDEVID_CSR_ATTRIBUTE },
		{ evidence_with_two_values, LDEVID_CSR_ATTRIBUTE },
		{ evidence_of_another_type, LDEVID_CSR_ATTRIBUTE },
		{ extension_twice, LDEVID_CSR_EXTENSION },
		{ extension_of_a_ca, LDEVID_CSR_EXTENSION },
		{ ca_true, LDEVID_CSR_CA },
		{ path_length, LDEVID_CSR_CA },
		{ signs_certificates, LDEVID_CSR_CA },
		{ signs_lists, LDEVID_CSR_CA },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct blob der = make(cases[i].change);

		trips(blob_view(&der), cases[i].rule);
		blob_done(&der);
	}
}

/* covers: OWN-evidence-csr */
static void bytes_changed_trip_form_or_signature(void **state)
{
	struct blob der = make(known_extensions);
	static uint8_t large[1024 * 1024];
	uint8_t *version;

	(void)state;
	for (size_t n = 0; n < der.len; n++) {
		uint8_t *exact = malloc(n ? n : 1);

		memcpy(exact, der.data, n);
		trips((struct view) { exact, n }, LDEVID_CSR_ENCODING);
		free(exact);
	}
	der.data[der.len - 1] ^= 1;
	trips(blob_view(&der), LDEVID_CSR_SIGNATURE);
	der.data[der.len - 1] ^= 1;
	version = memmem(der.data, der.len, "\x02\x01\x00", 3);
	assert_non_null(version);
	version[2] = 1;
	trips(blob_view(&der), LDEVID_CSR_ENCODING);
	blob_done(&der);
	trips((struct view) { large, sizeof(large) }, LDEVID_CSR_SIZE);
}

/* Somebody else's key in a request that one signs oneself. */
static void key_of_somebody_else_trips_signature(void **state)
{
	struct blob mine = make(change_nothing), other = make(change_nothing);
	struct ldevid_csr_view a, b;

	(void)state;
	assert_rc(ldevid_csr_read(blob_view(&mine), &a, NULL, NULL), DEVID_OK);
	assert_rc(ldevid_csr_read(blob_view(&other), &b, NULL, NULL), DEVID_OK);
	assert_int_equal(a.spki.len, b.spki.len);
	memcpy((uint8_t *)(uintptr_t)a.spki.data, b.spki.data, b.spki.len);
	trips(blob_view(&mine), LDEVID_CSR_SIGNATURE);
	blob_done(&mine);
	blob_done(&other);
}

#define EVIDENCE_ATTR "3014 060b 2a864886f70d010910023b 3105 3003 020105"
#define EXTENSION_ATTR                                                         \
	"301b 0609 2a864886f70d01090e 310e 300c 300a 0603 551d25 0403 300101"

/* A request with the attributes @hex, which OpenSSL would not write; signed. */
static struct certs_buf request_with(EVP_PKEY *key, const char *hex)
{
	struct certs_buf attributes = certs_hex(hex), info, out, bits;
	struct certs_buf algorithm = certs_hex("300a 0608 2a8648ce3d040302");
	uint8_t *spki = NULL, sig[80];
	int len = i2d_PUBKEY(key, &spki);
	size_t sig_len = sizeof(sig);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	attributes = certs_tlv(0xa0, &attributes);
	info = certs_hex("020100 3000");
	certs_append(&info, spki, (size_t)len);
	certs_append(&info, attributes.data, attributes.len);
	out = certs_tlv(0x30, &info);
	assert_int_equal(
		EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(
		EVP_DigestSign(ctx, sig, &sig_len, out.data, out.len), 1);
	bits = certs_hex("00");
	certs_append(&bits, sig, sig_len);
	bits = certs_tlv(0x03, &bits);
	certs_append(&out, algorithm.data, algorithm.len);
	certs_append(&out, bits.data, bits.len);
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(spki);
	return certs_tlv(0x30, &out);
}

/* covers: OWN-evidence-csr */
static void attributes_that_no_library_writes_trip_their_rule(void **state)
{
	static const struct {
		const char *hex;
		enum ldevid_csr_rule rule; /* NONE: it is well */
	} cases[] = {
		{ "", LDEVID_CSR_NONE },
		{ EVIDENCE_ATTR EXTENSION_ATTR, LDEVID_CSR_NONE },
		{ EVIDENCE_ATTR EVIDENCE_ATTR, LDEVID_CSR_ATTRIBUTE },
		{ EXTENSION_ATTR EXTENSION_ATTR, LDEVID_CSR_ATTRIBUTE },
		{ "300f 060b 2a864886f70d010910023b 3100",
			LDEVID_CSR_ATTRIBUTE },
		{ "300f 0609 2a864886f70d01090e 3102 3000",
			LDEVID_CSR_ATTRIBUTE },
		{ "0500", LDEVID_CSR_ATTRIBUTE },
		{ "3015 0609 2a864886f70d01090e 3108 3006 3004 0602 2a03",
			LDEVID_CSR_EXTENSION },
	};
	EVP_PKEY *key = certs_key("P-256");

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct certs_buf der = request_with(key, cases[i].hex);
		struct view in = { der.data, der.len };
		struct ldevid_csr_view csr;

		if (cases[i].rule != LDEVID_CSR_NONE) {
			trips(in, cases[i].rule);
			continue;
		}
		assert_rc(ldevid_csr_read(in, &csr, NULL, NULL), DEVID_OK);
		assert_string_equal(csr.serial, "");
	}
	EVP_PKEY_free(key);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(request_of_every_alg_is_read_as_it_was_written),
		CASE(request_for_nothing_more_has_no_attributes),
		CASE(request_that_cannot_be_written_is_told),
		cmocka_unit_test(requests_of_stock_clients_are_read),
		cmocka_unit_test(each_wrong_thing_trips_its_rule),
		cmocka_unit_test(bytes_changed_trip_form_or_signature),
		cmocka_unit_test(
			attributes_that_no_library_writes_trip_their_rule),
		cmocka_unit_test(key_of_somebody_else_trips_signature),
	};

	return cmocka_run_group_tests_name("ldevid-csr", tests, NULL, NULL);
}

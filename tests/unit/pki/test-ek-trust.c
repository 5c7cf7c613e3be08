/* SPDX-License-Identifier: Apache-2.0 */
/* EK certificates up to their vendor's root, at first and once the issuer is
 * known. */
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cmocka-all.h"
#include "ek-fixture.h"
#include "ek-trust.h"
#include "ek-load.h"

#define NOW 1700000000 /* 2023-11-14 */

static struct certs_node root, ca, other_root; /* owned by the group */
static EVP_PKEY *ek_key;                       /* likewise */
static struct tempdir dir;

static void put(const char *name, const struct certs_node *node)
{
	ek_fixture_write(&dir, name, &node->der);
}

static struct ek_trust *load(void)
{
	struct devid_error err = { 0 };
	struct ek_trust *trust = NULL;

	if (ek_trust_new(dir.path, &trust, &err) != DEVID_OK)
		fail_msg("%s", err.text);
	return trust;
}

static struct ek_trust *usual(void)
{
	put("root.crt", &root);
	put("ca.cer", &ca);
	return load();
}

/* Loading the folder fails with @code and @cause. */
static void assert_no_trust(enum devid_err code, const char *cause)
{
	struct devid_error err = { 0 };
	struct ek_trust *trust = NULL;

	assert_rc(ek_trust_new(dir.path, &trust, &err), code);
	assert_null(trust);
	assert_cause(&err, cause);
}

static struct certs_buf ek_below(
	const struct certs_spec *spec, const struct certs_node *issuer)
{
	return certs_sign(spec, ek_key, issuer).der;
}

/* The verdict on @der; "" accepts. */
static void assert_verdict(
	struct ek_trust *trust, const struct certs_buf *der, const char *cause)
{
	struct ek_cert cert = ek_fixture_parse(der);
	struct devid_error err = { 0 };
	enum devid_err rc = ek_trust_check(trust, &cert, NOW, &err);

	if (rc != (cause[0] ? DEVID_ERR_NOT_GENUINE : DEVID_OK))
		fail_msg("%s: %s", cause, err.text);
	assert_cause(&err, cause);
	ek_cert_done(&cert);
}

static bool is_quick(struct ek_trust *trust, const struct certs_buf *der)
{
	struct ek_cert cert = ek_fixture_parse(der);
	bool quick = ek_trust_remembers(trust, &cert, NOW);

	ek_cert_done(&cert);
	return quick;
}

/* covers: RFC5280-ek-path */
static void check_good_chain_accepted_and_remembered(void **state)
{
	struct ek_trust *trust = usual();
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf first = ek_below(&spec, &ca), second;

	(void)state;
	spec.serial = "0102";
	second = ek_below(&spec, &ca);
	assert_false(is_quick(trust, &second));
	assert_verdict(trust, &first, "");
	assert_true(is_quick(trust, &second));
	assert_verdict(trust, &second, "");
	ek_trust_free(trust);
}

static void check_ek_below_root_itself_accepted(void **state)
{
	struct ek_trust *trust = usual();
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf der = ek_below(&spec, &root);

	(void)state;
	assert_verdict(trust, &der, "");
	assert_true(is_quick(trust, &der));
	ek_trust_free(trust);
}

static void check_without_key_id_remembered_by_name(void **state)
{
	struct ek_trust *trust = usual();
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf der;

	(void)state;
	certs_set_ext(&spec, CERTS_OID_AKI, "", NULL);
	der = ek_below(&spec, &ca);
	assert_verdict(trust, &der, "");
	assert_true(is_quick(trust, &der));
	ek_trust_free(trust);
}

/* Each is refused, whether its issuer is remembered or not. */
static void assert_refused_always(const struct certs_spec *spec,
	const struct certs_node *issuer, const char *cause)
{
	struct certs_spec good_spec = ek_fixture_spec();
	struct certs_buf good = ek_below(&good_spec, &ca);
	struct certs_buf bad = ek_below(spec, issuer);
	struct ek_trust *trust = usual();

	assert_verdict(trust, &bad, cause);
	assert_verdict(trust, &good, "");
	assert_verdict(trust, &bad, cause);
	assert_false(is_quick(trust, &bad));
	ek_trust_free(trust);
}

/* covers: RFC5280-ek-path */
static void check_unknown_vendor_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();

	(void)state;
	assert_refused_always(&spec, &other_root, "unknown vendor");
}

static void check_self_signed_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();

	(void)state;
	spec.cn = "Vendor CA"; /* claims the vendor's name */
	assert_refused_always(&spec, NULL, "unknown vendor");
}

/* The vendor's name and key identifier with another key.
 * covers: RFC5280-ek-path */
static void check_forged_signature_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_node forger = ca;

	(void)state;
	forger.key = other_root.key;
	assert_refused_always(&spec, &forger, "unknown vendor");
	certs_set_ext(&spec, CERTS_OID_AKI, "", NULL);
	assert_refused_always(&spec, &forger, "broken signature");
}

static void check_changed_bit_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf good = ek_below(&spec, &ca), bad = good;
	struct certs_buf serial = certs_hex("00c0ffee01");
	uint8_t *p = memmem(bad.data, bad.len, serial.data, serial.len);
	struct ek_trust *trust = usual();

	(void)state;
	assert_non_null(p);
	p[4] ^= 1;
	assert_verdict(trust, &bad, "broken signature");
	assert_verdict(trust, &good, "");
	assert_verdict(trust, &bad, "broken signature");
	ek_trust_free(trust);
}

static void check_time_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();

	(void)state;
	spec.not_after = "U221231235959Z";
	assert_refused_always(&spec, &ca, "expired on 2022-12-31 23:59:59Z");
	spec = ek_fixture_spec();
	spec.not_before = "U240101000000Z";
	assert_refused_always(&spec, &ca, "not yet valid, before 2024-01-01");
}

static void check_unknown_critical_extension_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();

	(void)state;
	certs_set_ext(&spec, "2a030405", "ff", "0500");
	assert_refused_always(&spec, &ca, "critical extension");
}

/* A remembered issuer is asked for its own time. */
static void check_issuer_out_of_time_refused(void **state)
{
	struct certs_spec ca_spec = certs_ca_spec("Short CA");
	struct certs_spec spec = ek_fixture_spec();
	struct certs_node shortly;
	struct devid_error err = { 0 };
	struct ek_trust *trust;
	struct certs_buf der;
	struct ek_cert cert;

	(void)state;
	ca_spec.not_after = "U240101000000Z";
	shortly = certs_sign(&ca_spec, certs_key("P-256"), &root);
	put("short.der", &shortly);
	trust = usual();
	der = ek_below(&spec, &shortly);
	assert_verdict(trust, &der, "");
	cert = ek_fixture_parse(&der);
	assert_rc(ek_trust_check(trust, &cert, NOW + 365 * 86400, &err),
		DEVID_ERR_NOT_GENUINE);
	assert_cause(&err, "CA \"CN=Short CA\": expired on 2024-01-01");
	ek_cert_done(&cert);
	ek_trust_free(trust);
	certs_done(&shortly);
}

/* Each intermediate is refused as an issuer, with @cause. */
static void assert_intermediate(
	const struct certs_spec *ca_spec, const char *type, const char *cause)
{
	struct certs_node bad = certs_sign(ca_spec, certs_key(type), &root);
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf der = ek_below(&spec, &bad);
	struct ek_trust *trust;

	put("bad.crt", &bad);
	trust = usual();
	assert_verdict(trust, &der, cause);
	ek_trust_free(trust);
	certs_done(&bad);
}

static void check_weak_path_refused(void **state)
{
	struct certs_spec spec = certs_ca_spec("Weak CA");

	(void)state;
	spec.digest = "SHA1";
	assert_intermediate(&spec, "P-256", "weak: the digest");
	spec.digest = "SHA256";
	assert_intermediate(&spec, "RSA:1024", "weak: its key");
}

/* covers: RFC5280-ek-path */
static void check_path_length_refused(void **state)
{
	struct certs_spec spec = certs_ca_spec("Zero CA");
	struct certs_node zero, below;
	struct certs_spec ek = ek_fixture_spec();
	struct ek_trust *trust;
	struct certs_buf der;

	(void)state;
	certs_set_ext(&spec, CERTS_OID_BC, "ff", "30060101ff020100");
	zero = certs_sign(&spec, certs_key("P-256"), &root);
	spec = certs_ca_spec("Below CA");
	below = certs_sign(&spec, certs_key("P-256"), &zero);
	put("zero.pem", &zero);
	put("below.pem", &below);
	trust = usual();
	der = ek_below(&ek, &below);
	assert_verdict(trust, &der, "path: more CAs below it");
	der = ek_below(&ek, &zero);
	assert_verdict(trust, &der, "");
	ek_trust_free(trust);
	certs_done(&zero);
	certs_done(&below);
}

/* No partial chains: an intermediate alone is no anchor. */
static void check_intermediate_is_no_anchor(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf der = ek_below(&spec, &ca);
	struct ek_trust *trust;

	(void)state;
	put("ca.crt", &ca);
	assert_no_trust(DEVID_ERR_INVALID, "no TPM vendor's root");
	put("other.crt", &other_root);
	trust = load();
	assert_verdict(trust, &der, "unknown vendor");
	ek_trust_free(trust);
}

static void check_sha1_root_accepted(void **state)
{
	struct certs_spec spec = certs_ca_spec("Old Root");
	struct certs_spec ek = ek_fixture_spec();
	struct certs_node old;
	struct ek_trust *trust;
	struct certs_buf der;

	(void)state;
	spec.digest = "SHA1";
	old = certs_sign(&spec, certs_key("P-256"), NULL);
	put("old.crt", &old);
	trust = load();
	der = ek_below(&ek, &old);
	assert_verdict(trust, &der, "");
	ek_trust_free(trust);
	certs_done(&old);
}

/* Name constraints need the whole path each time. */
static void check_name_constrained_issuer_not_remembered(void **state)
{
	struct certs_spec spec = certs_ca_spec("Bound CA");
	struct certs_spec ek = ek_fixture_spec();
	struct certs_node bound;
	struct ek_trust *trust;
	struct certs_buf der;

	(void)state;
	/* excluded: dNSName a.example */
	certs_set_ext(&spec, CERTS_OID_NC, "ff",
		"300f a10d 300b 8209 612e6578616d706c65");
	bound = certs_sign(&spec, certs_key("P-256"), &root);
	put("bound.crt", &bound);
	trust = usual();
	der = ek_below(&ek, &bound);
	assert_verdict(trust, &der, "");
	assert_false(is_quick(trust, &der));
	ek_trust_free(trust);
	certs_done(&bound);
}

/* ---- revocation ---- */

static void put_crl(const char *name, const struct certs_node *issuer,
	const char *revoked, const char *next)
{
	struct certs_buf crl = ek_fixture_crl(issuer, revoked, next);

	ek_fixture_write(&dir, name, &crl);
}

/* covers: RFC5280-policies */
static void check_policies_of_issuer_processed(void **state)
{
	struct certs_spec spec = certs_ca_spec("Policy CA");
	struct certs_spec ek = ek_fixture_spec();
	struct certs_node own;
	struct ek_trust *trust;
	struct certs_buf der;

	(void)state;
	certs_set_ext(&spec, CERTS_OID_CP, "", "3008 3006 0604 2a030401");
	own = certs_sign(&spec, certs_key("P-256"), &root);
	put("own.crt", &own);
	trust = usual();
	der = ek_below(&ek, &own);
	assert_verdict(trust, &der, "");
	assert_false(is_quick(trust, &der));
	ek_trust_free(trust);
	certs_done(&own);
	certs_set_ext(&spec, "551d24", "ff", "3003 8001 00");
	assert_intermediate(&spec, "P-256", "path: no policy");
	spec = certs_ca_spec("Policy CA");
	certs_set_ext(&spec, CERTS_OID_CP, "",
		"3010 3006 0604 2a030401 3006 0604 2a030401");
	assert_intermediate(&spec, "P-256", "malformed extension");
}

static void check_policies_of_ek_same_when_remembered(void **state)
{
	struct certs_spec spec = ek_fixture_spec();

	(void)state;
	certs_set_ext(&spec, CERTS_OID_CP, "", "3008 3006 0604 551d2000");
	certs_set_ext(&spec, "551d24", "", "3003 8001 00");
	assert_refused_always(&spec, &ca, "path: no policy");
}

/* covers: RFC5280-policies */
static void check_purpose_of_issuer_must_allow_ek(void **state)
{
	struct certs_spec spec = certs_ca_spec("Purpose CA");

	(void)state;
	certs_set_ext(&spec, CERTS_OID_EKU, "", EK_EKU);
	assert_intermediate(&spec, "P-256", "");
	certs_set_ext(&spec, CERTS_OID_EKU, "", "300a 0608 2b06010505070303");
	assert_intermediate(&spec, "P-256", "does not allow EK certificates");
}

/* NOW is the last second of the EK, or of its issuer's list. */
static void check_last_second_is_within_both_ways(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf der, good = ek_below(&spec, &ca);
	struct ek_trust *trust;

	(void)state;
	spec.not_after = "U231114221320Z";
	der = ek_below(&spec, &ca);
	for (int i = 0; i < 2; i++) {
		put_crl("ca.crl", &ca, NULL, i ? "U231114221320Z" : NULL);
		trust = usual();
		assert_verdict(trust, &der, "");
		assert_verdict(trust, &good, "");
		assert_true(is_quick(trust, &der));
		ek_trust_free(trust);
	}
	spec.not_after = "U231114221319Z";
	assert_refused_always(&spec, &ca, "expired on 2023-11-14 22:13:19Z");
}

/* covers: RFC5280-vendor-lists RFC5280-ek-path */
static void check_revoked_ek_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf revoked = ek_below(&spec, &ca), good;
	struct ek_trust *trust;

	(void)state;
	put_crl("ca.crl", &ca, "00c0ffee01", NULL);
	spec.serial = "0102";
	good = ek_below(&spec, &ca);
	trust = usual();
	assert_verdict(trust, &revoked, "revoked by its issuer");
	assert_verdict(trust, &good, "");
	assert_true(is_quick(trust, &good));
	assert_false(is_quick(trust, &revoked));
	assert_verdict(trust, &revoked, "revoked by its issuer");
	ek_trust_free(trust);
}

/* covers: RFC5280-vendor-lists RFC5280-ek-path */
static void check_revoked_issuer_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf der = ek_below(&spec, &ca);
	struct ek_trust *trust;

	(void)state;
	put_crl("root.crl", &root, "1122334455667788", NULL);
	trust = usual();
	assert_verdict(trust, &der, "CA \"CN=Vendor CA\": revoked");
	ek_trust_free(trust);
}

static void check_crl_out_of_date_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf der = ek_below(&spec, &ca);
	struct ek_trust *trust;

	(void)state;
	put_crl("ca.crl", &ca, NULL, "U230101000000Z");
	trust = usual();
	assert_verdict(trust, &der, "out of date");
	ek_trust_free(trust);
}

static void check_remembered_issuer_minds_end_of_crl(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf der = ek_below(&spec, &ca);
	struct devid_error err = { 0 };
	struct ek_trust *trust;
	struct ek_cert cert;

	(void)state;
	put_crl("ca.crl", &ca, NULL, "U240101000000Z");
	trust = usual();
	assert_verdict(trust, &der, "");
	cert = ek_fixture_parse(&der);
	assert_rc(ek_trust_check(trust, &cert, NOW + 365 * 86400, &err),
		DEVID_ERR_NOT_GENUINE);
	assert_cause(&err, "out of date");
	ek_cert_done(&cert);
	ek_trust_free(trust);
}

static void check_forged_crl_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf der = ek_below(&spec, &ca);
	struct certs_buf crl = ek_fixture_crl(&ca, NULL, NULL);
	struct ek_trust *trust;

	(void)state;
	crl.data[crl.len - 1] ^= 1;
	ek_fixture_write(&dir, "ca.crl", &crl);
	trust = usual();
	assert_verdict(trust, &der, "revocation list");
	assert_false(is_quick(trust, &der));
	ek_trust_free(trust);
}

/* ---- lists that cannot be used ---- */

#define OID_IDP "2.5.29.28"
#define OID_AKI "2.5.29.35"

/* A list of @issuer by the key of @signer, with the extension @oid of @value
 * (hex), critical but for the key identifier; NULL: none. @about: its one entry
 * names him as issuer. */
struct odd_list {
	const struct certs_node *issuer, *signer, *about;
	const char *oid, *value;
};

static void put_odd_list(const char *name, const struct odd_list *odd)
{
	struct certs_buf buf = ek_fixture_crl(odd->issuer, "00c0ffee01", NULL);
	const unsigned char *p = buf.data;
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)buf.len);
	unsigned char *out = buf.data;

	if (odd->about)
		ek_fixture_crl_issuer(crl, odd->about);
	if (odd->oid)
		ek_fixture_crl_ext(crl, odd->oid, odd->value,
			strcmp(odd->oid, OID_AKI) != 0);
	assert_true(X509_CRL_sign(crl, odd->signer->key, EVP_sha256()) > 0);
	buf.len = (size_t)i2d_X509_CRL(crl, &out);
	ek_fixture_write(&dir, name, &buf);
	X509_CRL_free(crl);
}

/* The EK that is on the list and one that is not are refused, alone and with
 * a good list beside; @note: loading tells. Another issuer's EK is taken. */
static void assert_list_refuses(const struct odd_list *odd, const char *note)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf on = ek_below(&spec, &ca), off;
	struct certs_buf other = ek_below(&spec, &root);
	struct ek_trust *trust;

	spec.serial = "0102";
	off = ek_below(&spec, &ca);
	put_odd_list("odd.crl", odd);
	for (int i = 0; i < 2; i++) {
		trust = usual();
		assert_verdict(trust, &on, "EK certificate: ");
		assert_verdict(trust, &off, "revocation list");
		assert_false(is_quick(trust, &off));
		assert_verdict(trust, &other, "");
		assert_non_null(strstr(ek_trust_get_note(trust, 0), note));
		assert_null(ek_trust_get_note(trust, 1));
		ek_trust_free(trust);
		put_crl("good.crl", &ca, NULL, NULL);
	}
	assert_int_equal(remove(tempdir_file(&dir, "good.crl")), 0);
}

/* covers: RFC5280-vendor-lists */
static void check_list_that_cannot_be_used_refuses(void **state)
{
	const struct odd_list reasons = { &ca, &ca, NULL, OID_IDP,
		"3004 8302 0640" };
	const struct odd_list delta = { &ca, &ca, NULL, "2.5.29.27",
		"0201 01" };
	const struct odd_list indirect = { &other_root, &other_root, &ca,
		OID_IDP, "3003 8401 ff" };
	const struct odd_list unknown = { &ca, &ca, NULL, "1.2.3.4", "0500" };

	(void)state;
	assert_list_refuses(&reasons, "only some reasons");
	assert_list_refuses(&delta, "is a delta");
	assert_list_refuses(&indirect, "is indirect");
	assert_list_refuses(&unknown, "critical extension");
}

/* covers: RFC5280-vendor-lists */
static void check_list_by_separate_signer_refuses(void **state)
{
	const struct odd_list odd = { &ca, &other_root, NULL, OID_AKI,
		"3006 8004 01020304" };
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf ek = ek_below(&spec, &ca);
	struct certs_spec signer_spec = certs_ca_spec("Vendor CA");
	struct certs_node signer;
	struct ek_trust *trust;

	(void)state;
	certs_set_ext(&signer_spec, CERTS_OID_BC, "ff", "3000");
	certs_set_ext(&signer_spec, CERTS_OID_KU, "ff", "0302 0102");
	signer = certs_sign(&signer_spec, certs_key("P-256"), &ca);
	put("signer.crt", &signer);
	put_odd_list("odd.crl", &odd);
	trust = usual();
	assert_non_null(strstr(ek_trust_get_note(trust, 0), "signer.crt"));
	assert_verdict(trust, &ek, "revocation list");
	ek_trust_free(trust);
	certs_done(&signer);
}

/* ---- loading ---- */

static void load_pem_with_several_certificates(void **state)
{
	const struct certs_node *nodes[] = { &root, &ca };
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf der = ek_below(&spec, &ca);
	char *pem = certs_pem(nodes, 2);
	struct ek_trust *trust;

	(void)state;
	tempdir_write(&dir, "both.PEM", pem, strlen(pem), 0644);
	tempdir_write(&dir, "README", "not read", 8, 0666);
	tempdir_write(&dir, ".hidden.pem", "not read", 8, 0666);
	free(pem);
	trust = load();
	assert_verdict(trust, &der, "");
	ek_trust_free(trust);
}

static void load_bad_file_refused(void **state)
{
	struct certs_spec spec = ek_fixture_spec();
	struct certs_buf ek = ek_below(&spec, &ca);
	struct certs_buf behind = root.der;
	static const char key[] = "-----BEGIN PRIVATE KEY-----\nAAAA\n"
				  "-----END PRIVATE KEY-----\n";
	static const struct {
		const char *name, *text;
	} files[] = {
		{ "x.pem", "" },
		{ "x.pem", "nothing" },
		{ "x.pem", key },
		{ "x.der", "\x30\x03\x02\x01" },
		{ "x.crl", "\x30\x03\x02\x01" },
		{ "x.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n" },
	};

	(void)state;
	put("root.crt", &root);
	for (size_t i = 0; i < N_OF(files); i++) {
		tempdir_write(&dir, files[i].name, files[i].text,
			strlen(files[i].text), 0644);
		assert_no_trust(DEVID_ERR_SYNTAX, files[i].name);
		(void)remove(tempdir_file(&dir, files[i].name));
	}
	ek_fixture_write(&dir, "ek.crt", &ek);
	assert_no_trust(DEVID_ERR_SYNTAX, "ek.crt: not a CA's");
	(void)remove(tempdir_file(&dir, "ek.crt"));
	certs_append(&behind, "\0", 1);
	ek_fixture_write(&dir, "behind.crt", &behind);
	assert_no_trust(DEVID_ERR_SYNTAX, "behind.crt");
}

static void load_what_others_can_write_refused(void **state)
{
	(void)state;
	put("root.crt", &root);
	assert_int_equal(chmod(tempdir_file(&dir, "root.crt"), 0664), 0);
	assert_no_trust(DEVID_ERR_DENIED, "root.crt");
	assert_int_equal(chmod(tempdir_file(&dir, "root.crt"), 0644), 0);
	assert_int_equal(chmod(dir.path, 0777), 0);
	assert_no_trust(DEVID_ERR_DENIED, "others can write");
	assert_int_equal(chmod(dir.path, 0700), 0);
}

static void load_missing_folder_refused(void **state)
{
	struct devid_error err = { 0 };
	struct ek_trust *trust = NULL;

	(void)state;
	assert_rc(ek_trust_new(tempdir_file(&dir, "none"), &trust, &err),
		DEVID_ERR_NOT_FOUND);
	assert_cause(&err, "none: ");
}

/* A root with a broken signature on itself is none. */
static void load_root_with_broken_signature_is_no_anchor(void **state)
{
	struct certs_buf der = root.der;

	(void)state;
	der.data[der.len - 1] ^= 1;
	ek_fixture_write(&dir, "root.crt", &der);
	assert_no_trust(DEVID_ERR_INVALID, "no TPM vendor's root");
}

static int new_dir(void **state)
{
	(void)state;
	dir = tempdir_new();
	return 0;
}

static int remove_dir(void **state)
{
	(void)state;
	tempdir_remove(&dir);
	return 0;
}

static int set_up(void **state)
{
	struct certs_spec spec = certs_ca_spec("Vendor Root");

	(void)state;
	root = certs_sign(&spec, certs_key("P-384"), NULL);
	spec = certs_ca_spec("Vendor CA");
	ca = certs_sign(&spec, certs_key("P-256"), &root);
	spec = certs_ca_spec("Other Root");
	other_root = certs_sign(&spec, certs_key("P-256"), NULL);
	ek_key = certs_key("P-256");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	certs_done(&root);
	certs_done(&ca);
	certs_done(&other_root);
	EVP_PKEY_free(ek_key);
	return 0;
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, new_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(check_good_chain_accepted_and_remembered),
		IN_DIR(check_ek_below_root_itself_accepted),
		IN_DIR(check_without_key_id_remembered_by_name),
		IN_DIR(check_unknown_vendor_refused),
		IN_DIR(check_self_signed_refused),
		IN_DIR(check_forged_signature_refused),
		IN_DIR(check_changed_bit_refused),
		IN_DIR(check_time_refused),
		IN_DIR(check_unknown_critical_extension_refused),
		IN_DIR(check_issuer_out_of_time_refused),
		IN_DIR(check_weak_path_refused),
		IN_DIR(check_path_length_refused),
		IN_DIR(check_intermediate_is_no_anchor),
		IN_DIR(check_sha1_root_accepted),
		IN_DIR(check_name_constrained_issuer_not_remembered),
		IN_DIR(check_policies_of_issuer_processed),
		IN_DIR(check_policies_of_ek_same_when_remembered),
		IN_DIR(check_purpose_of_issuer_must_allow_ek),
		IN_DIR(check_last_second_is_within_both_ways),
		IN_DIR(check_revoked_ek_refused),
		IN_DIR(check_revoked_issuer_refused),
		IN_DIR(check_crl_out_of_date_refused),
		IN_DIR(check_remembered_issuer_minds_end_of_crl),
		IN_DIR(check_forged_crl_refused),
		IN_DIR(check_list_that_cannot_be_used_refuses),
		IN_DIR(check_list_by_separate_signer_refuses),
		IN_DIR(load_pem_with_several_certificates),
		IN_DIR(load_bad_file_refused),
		IN_DIR(load_what_others_can_write_refused),
		IN_DIR(load_missing_folder_refused),
		IN_DIR(load_root_with_broken_signature_is_no_anchor),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

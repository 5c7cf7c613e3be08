/* SPDX-License-Identifier: Apache-2.0 */
/* The registrar: whom it gives an LDevID, and by which rule it refuses. */
#include "registrar-fixture.h"

#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>

#include "cmocka-all.h"
#include "hex.h"
#include "memory-signer.h"
#include "registrar-crl.h"
#include "store-issued.h"
#include "store-request.h"
#include <devid/profile.h>

/* A site with the device DEV1 on its list. */
struct scene {
	struct site_fixture site;
	struct device_fixture device;
};

static void begin(struct scene *s, void **state)
{
	site_fixture_init(&s->site, *state);
	device_fixture_init(&s->site, &s->device, 1, "P-256");
	site_fixture_list(&s->site, s->device.cert, STORE_LISTED);
}

static void end(struct scene *s)
{
	site_fixture_check_whole(s->site.r);
	device_fixture_done(&s->device);
	site_fixture_done(&s->site);
}

static struct registrar_answer enrol(struct scene *s, const char *label)
{
	return site_fixture_enrol(
		s->site.r, &s->device, label, false, s->site.now);
}

static void assert_refused(struct registrar_answer answer, const char *rule)
{
	assert_int_equal(answer.status, REGISTRAR_REFUSED);
	assert_string_equal(answer.rule, rule);
	assert_true(answer.text[0]);
	assert_null(answer.body.data);
}

static void refused(struct scene *s, const char *label, const char *rule)
{
	assert_refused(enrol(s, label), rule);
	assert_int_equal(
		site_fixture_count(s->site.r, "SELECT count(*) FROM issued"),
		0);
}

static X509 *issued(struct registrar_answer answer)
{
	if (answer.status != REGISTRAR_DONE)
		print_error("%s: %s\n", answer.rule, answer.text);
	assert_int_equal(answer.status, REGISTRAR_DONE);
	return site_fixture_cert(&answer);
}

/* ---- what a device gets ---- */

static void enrol_listed_gets_ldevid(void **state)
{
	struct devid_profile_report report;
	struct scene s;
	unsigned char *der = NULL;
	X509 *cert;
	int len;

	begin(&s, state);
	cert = issued(enrol(&s, NULL));
	len = i2d_X509(cert, &der);
	assert_true(devid_profile_check(der, (size_t)len, DEVID_PROFILE_LDEVID,
		DEVID_PROFILE_STRICT, &report));
	assert_string_equal(report.serial, "DEV1");
	assert_string_equal(report.model, "");
	assert_string_equal(report.hw_serial, "IBM:a1:c0ffee");
	assert_int_equal(X509_verify(cert, X509_get0_pubkey(s.site.r->ca)), 1);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), s.device.key), 1);
	assert_int_equal(X509_get_extended_key_usage(cert), XKU_SSL_CLIENT);
	OPENSSL_free(der);
	X509_free(cert);
	assert_int_equal(site_fixture_count(s.site.r,
				 "SELECT count(*) FROM site WHERE kind ="
				 " 'LDevID' AND unit = 'DEV1' AND model = 'M1'"
				 " AND state = 'listed'"
				 " AND profile = 'default'"),
		1);
	end(&s);
}

static void enrol_profile_web_is_a_server_too(void **state)
{
	struct scene s;
	X509 *cert;

	begin(&s, state);
	cert = issued(enrol(&s, "web"));
	assert_int_equal(X509_get_extended_key_usage(cert),
		XKU_SSL_CLIENT | XKU_SSL_SERVER);
	X509_free(cert);
	end(&s);
}

/* covers: OWN-registrar-once */
static void enrol_again_gives_the_same(void **state)
{
	struct scene s;
	X509 *one, *two;

	begin(&s, state);
	one = issued(enrol(&s, NULL));
	two = issued(enrol(&s, NULL));
	assert_int_equal(X509_cmp(one, two), 0);
	X509_free(two);
	/* and with other bytes for the same key */
	device_fixture_ask(&s.device, s.device.key, NULL);
	two = issued(enrol(&s, NULL));
	assert_int_equal(X509_cmp(one, two), 0);
	X509_free(one);
	X509_free(two);
	end(&s);
}

/* covers: OWN-registrar-room */
static void enrol_fifth_retires_the_oldest(void **state)
{
	struct scene s;

	begin(&s, state);
	for (int i = 0; i < 6; i++) {
		EVP_PKEY *key = certs_key("P-256");

		device_fixture_ask(&s.device, key, NULL);
		X509_free(issued(site_fixture_enrol(
			s.site.r, &s.device, NULL, false, s.site.now + i)));
		EVP_PKEY_free(key);
	}
	assert_int_equal(
		site_fixture_count(s.site.r, "SELECT count(*) FROM issued"
					     " WHERE state = 'live'"),
		4);
	assert_int_equal(
		site_fixture_count(s.site.r,
			"SELECT min(created) FROM issued WHERE state = 'live'"),
		s.site.now + 2);
	end(&s);
}

/* ---- renewal ---- */

/* The device shows its LDevID from here on. */
static void take(struct scene *s, X509 *ldevid)
{
	X509_free(s->device.cert);
	s->device.cert = ldevid;
}

static void renew_with_ldevid_gives_another(void **state)
{
	struct scene s;
	EVP_PKEY *key = certs_key("P-256");
	X509 *cert;

	begin(&s, state);
	take(&s, issued(enrol(&s, NULL)));
	device_fixture_ask(&s.device, key, NULL);
	cert = issued(site_fixture_enrol(
		s.site.r, &s.device, NULL, true, s.site.now));
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(cert), key), 1);
	X509_free(cert);
	EVP_PKEY_free(key);
	end(&s);
}

static void renew_same_key_only_after_half(void **state)
{
	struct scene s;
	X509 *one, *two;

	begin(&s, state);
	one = issued(enrol(&s, NULL));
	assert_int_equal(X509_up_ref(one), 1);
	take(&s, one);
	device_fixture_ask(&s.device, s.device.key, NULL);
	two = issued(site_fixture_enrol(
		s.site.r, &s.device, NULL, true, s.site.now + 3600));
	assert_int_equal(X509_cmp(one, two), 0);
	X509_free(two);
	two = issued(site_fixture_enrol(
		s.site.r, &s.device, NULL, true, s.site.now + 50000));
	assert_int_not_equal(X509_cmp(one, two), 0);
	X509_free(one);
	X509_free(two);
	end(&s);
}

/* Whatever fails with new ones, the one that works is not taken away.
 * covers: OWN-registrar-room */
static void renew_never_retires_what_it_shows(void **state)
{
	struct scene s;

	begin(&s, state);
	take(&s, issued(enrol(&s, NULL)));
	for (int i = 0; i < 6; i++) {
		EVP_PKEY *key = certs_key("P-256");

		device_fixture_ask(&s.device, key, NULL);
		X509_free(issued(site_fixture_enrol(
			s.site.r, &s.device, NULL, true, s.site.now + 1 + i)));
		EVP_PKEY_free(key);
	}
	assert_int_equal(
		site_fixture_count(s.site.r, "SELECT count(*) FROM issued"
					     " WHERE state = 'live'"),
		4);
	end(&s);
}

static void renew_with_idevid_refused(void **state)
{
	struct scene s;

	begin(&s, state);
	assert_refused(
		site_fixture_enrol(s.site.r, &s.device, NULL, true, s.site.now),
		"client-kind");
	end(&s);
}

static void enrol_with_ldevid_refused(void **state)
{
	struct scene s;

	begin(&s, state);
	take(&s, issued(enrol(&s, NULL)));
	device_fixture_ask(&s.device, s.device.key, NULL);
	assert_refused(enrol(&s, NULL), "client-kind");
	end(&s);
}

/* ---- who asks ---- */

static void set_state(struct scene *s, const char *state)
{
	char sql[96];
	struct db *db = s->site.r->store->db;

	(void)snprintf(sql, sizeof(sql), "UPDATE site SET state = '%s'", state);
	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(db_script(db, sql, NULL), DEVID_OK);
	assert_rc(db_commit(db, NULL), DEVID_OK);
}

static void client_by_state_of_the_list(void **state)
{
	struct scene s;

	begin(&s, state);
	set_state(&s, "retired");
	refused(&s, NULL, "client-retired");
	set_state(&s, "revoked");
	refused(&s, NULL, "client-revoked");
	set_state(&s, "listed");
	X509_free(issued(enrol(&s, NULL)));
	end(&s);
}

static void client_unlisted_refused(void **state)
{
	struct device_fixture other;
	struct scene s;

	begin(&s, state);
	device_fixture_init(&s.site, &other, 2, "P-256");
	assert_refused(
		site_fixture_enrol(s.site.r, &other, NULL, false, s.site.now),
		"client-unlisted");
	device_fixture_done(&other);
	end(&s);
}

/* Its certificate would be on the list, but nobody knows its maker. */
static void client_of_unknown_maker_refused(void **state)
{
	struct certs_spec root = certs_ca_spec("Maker Root");
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node maker = certs_sign(&root, certs_key("P-256"), NULL);
	struct certs_node node;
	struct scene s;

	begin(&s, state);
	spec.sn = "DEV1";
	spec.serial = "010200000001";
	node = certs_sign(&spec, certs_key("P-256"), &maker);
	take(&s, certs_x509(&node));
	refused(&s, NULL, "client-unknown");
	certs_done(&node);
	certs_done(&maker);
	end(&s);
}

/* A maker whose CA has the name of the site's gets nobody in as an LDevID. */
static void client_of_maker_with_the_sites_name_refused(void **state)
{
	struct certs_spec root = certs_ca_spec("Site CA");
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node maker = certs_sign(&root, certs_key("P-256"), NULL);
	struct certs_node node;
	struct scene s;
	X509 *ldevid;
	char hex[2 * 20 + 1];
	const ASN1_INTEGER *serial;

	begin(&s, state);
	ldevid = issued(enrol(&s, NULL));
	serial = X509_get0_serialNumber(ldevid);
	hex_encode(ASN1_STRING_get0_data(serial),
		(size_t)ASN1_STRING_length(serial), hex);
	spec.sn = "DEV1";
	spec.serial = hex;
	node = certs_sign(&spec, certs_key("P-256"), &maker);
	take(&s, certs_x509(&node));
	assert_refused(
		site_fixture_enrol(s.site.r, &s.device, NULL, true, s.site.now),
		"client-unknown");
	X509_free(ldevid);
	certs_done(&node);
	certs_done(&maker);
	end(&s);
}

static void client_without_names_refused(void **state)
{
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node node;
	struct scene s;

	begin(&s, state);
	spec.sn = NULL;
	spec.serial = "010200000001";
	node = certs_sign(&spec, certs_key("P-256"), &s.site.maker);
	take(&s, certs_x509(&node));
	refused(&s, NULL, "client-profile");
	certs_done(&node);
	end(&s);
}

static void client_not_yet_valid_refused(void **state)
{
	struct scene s;

	begin(&s, state);
	assert_refused(site_fixture_enrol(s.site.r, &s.device, NULL, false,
			       INT64_C(1000000000)),
		"client-invalid");
	end(&s);
}

static void client_revoked_by_its_maker_refused(void **state)
{
	struct scene s;

	begin(&s, state);
	site_fixture_lists(&s.site, s.device.cert, s.site.now + 3600);
	refused(&s, NULL, "client-maker-revoked");
	site_fixture_lists(&s.site, NULL, s.site.now - 3600);
	refused(&s, NULL, "client-no-list");
	site_fixture_lists(&s.site, NULL, s.site.now + 3600);
	X509_free(issued(enrol(&s, NULL)));
	end(&s);
}

/* ---- what it asks for ----
 * covers: OWN-registrar-names */
static void csr_of_another_unit_refused(void **state)
{
	struct device_fixture other;
	struct scene s;
	struct blob csr;

	begin(&s, state);
	device_fixture_init(&s.site, &other, 2, "P-256");
	csr = s.device.csr;
	s.device.csr = other.csr;
	other.csr = csr;
	refused(&s, NULL, "csr-serial-number");
	device_fixture_done(&other);
	end(&s);
}

static void csr_too_large_refused(void **state)
{
	struct scene s;

	begin(&s, state);
	blob_done(&s.device.csr);
	s.device.csr.len = 1u << 20;
	s.device.csr.data = calloc(1, s.device.csr.len);
	refused(&s, NULL, "csr-size");
	end(&s);
}

static void csr_broken_signature_refused(void **state)
{
	struct scene s;

	begin(&s, state);
	s.device.csr.data[s.device.csr.len - 1] ^= 1;
	refused(&s, NULL, "csr-signature");
	end(&s);
}

static void csr_key_of_other_type_refused(void **state)
{
	struct scene s;

	begin(&s, state);
	refused(&s, "p384", "csr-key-policy");
	end(&s);
}

static void csr_key_of_the_idevid_refused(void **state)
{
	struct scene s;

	begin(&s, state);
	device_fixture_ask(&s.device, s.device.idevid.key, NULL);
	refused(&s, NULL, "csr-key-taken");
	end(&s);
}

static void csr_key_of_another_unit_refused(void **state)
{
	struct device_fixture other;
	struct scene s;

	begin(&s, state);
	X509_free(issued(enrol(&s, NULL)));
	device_fixture_init(&s.site, &other, 2, "P-256");
	site_fixture_list(&s.site, other.cert, STORE_LISTED);
	device_fixture_ask(&other, s.device.key, NULL);
	assert_refused(
		site_fixture_enrol(s.site.r, &other, NULL, false, s.site.now),
		"csr-key-taken");
	device_fixture_done(&other);
	end(&s);
}

/* covers: OWN-registrar-names */
static void csr_extensions_refused(void **state)
{
	static const struct {
		int nid;
		const char *value, *rule;
	} cases[] = {
		{ NID_subject_alt_name, "DNS:radius.site.example",
			"csr-names" },
		{ NID_key_usage, "critical,digitalSignature,keyEncipherment",
			"csr-usage" },
		{ NID_ext_key_usage, "clientAuth,serverAuth", "csr-usage" },
		{ NID_basic_constraints, "critical,CA:TRUE", "csr-ca" },
		{ NID_name_constraints, "permitted;DNS:example",
			"csr-extension" },
	};
	struct scene s;

	begin(&s, state);
	for (size_t i = 0; i < N_OF(cases); i++) {
		X509_EXTENSION *ext = X509V3_EXT_conf_nid(
			NULL, NULL, cases[i].nid, cases[i].value);

		assert_non_null(ext);
		device_fixture_ask(&s.device, s.device.key, ext);
		X509_EXTENSION_free(ext);
		refused(&s, NULL, cases[i].rule);
	}
	end(&s);
}

static void csr_extensions_that_it_gets_are_fine(void **state)
{
	struct scene s;
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(
		NULL, NULL, NID_ext_key_usage, "clientAuth,serverAuth");

	begin(&s, state);
	device_fixture_ask(&s.device, s.device.key, ext);
	X509_free(issued(enrol(&s, "web")));
	X509_EXTENSION_free(ext);
	end(&s);
}

static void evidence_missing_refused(void **state)
{
	struct scene s;

	begin(&s, state);
	refused(&s, "strict", "evidence-missing");
	end(&s);
}

static void label_unknown_is_absent(void **state)
{
	struct registrar_answer answer;
	struct scene s;

	begin(&s, state);
	answer = enrol(&s, "nobody");
	assert_int_equal(answer.status, REGISTRAR_ABSENT);
	end(&s);
}

/* ---- approval ---- */

static enum devid_err decide(
	struct store *s, void *arg, struct devid_error *err)
{
	int64_t n = 0;

	return store_request_decide(s, arg, &n, err);
}

static void decide_now(struct scene *s, enum store_decision decision)
{
	struct store_request what = { .unit = "DEV1",
		.decision = decision,
		.decided = s->site.now,
		.who = "operator" };

	assert_rc(store_write(s->site.r->store, NULL, decide, &what, NULL),
		DEVID_OK);
}

static void manual_waits_until_approved(void **state)
{
	struct registrar_answer answer;
	struct scene s;

	begin(&s, state);
	for (int i = 0; i < 2; i++) {
		answer = enrol(&s, "manual");
		assert_int_equal(answer.status, REGISTRAR_PENDING);
		assert_int_equal(answer.retry_after, 60);
	}
	decide_now(&s, STORE_APPROVED);
	X509_free(issued(enrol(&s, "manual")));
	X509_free(issued(enrol(&s, "manual")));
	assert_int_equal(
		site_fixture_count(s.site.r, "SELECT count(*) FROM request"),
		0);
	end(&s);
}

static void manual_refused_stays_so(void **state)
{
	struct registrar_answer answer;
	struct scene s;

	begin(&s, state);
	answer = enrol(&s, "manual");
	assert_int_equal(answer.status, REGISTRAR_PENDING);
	decide_now(&s, STORE_REFUSED);
	refused(&s, "manual", "approval-refused");
	end(&s);
}

/* What was approved is these bytes and no others. */
static void manual_other_request_waits_again(void **state)
{
	struct registrar_answer answer;
	struct scene s;

	begin(&s, state);
	answer = enrol(&s, "manual");
	decide_now(&s, STORE_APPROVED);
	device_fixture_ask(&s.device, s.device.key, NULL);
	answer = enrol(&s, "manual");
	assert_int_equal(answer.status, REGISTRAR_PENDING);
	end(&s);
}

/* Nor is it a way around the person to renew into the profile. */
static void manual_is_for_renewals_from_elsewhere_too(void **state)
{
	struct registrar_answer answer;
	struct scene s;
	EVP_PKEY *key = certs_key("P-256");

	begin(&s, state);
	take(&s, issued(enrol(&s, NULL)));
	device_fixture_ask(&s.device, key, NULL);
	answer = site_fixture_enrol(
		s.site.r, &s.device, "manual", true, s.site.now);
	assert_int_equal(answer.status, REGISTRAR_PENDING);
	decide_now(&s, STORE_APPROVED);
	take(&s, issued(site_fixture_enrol(
			 s.site.r, &s.device, "manual", true, s.site.now)));
	EVP_PKEY_free(key);
	key = certs_key("P-256");
	device_fixture_ask(&s.device, key, NULL);
	X509_free(issued(site_fixture_enrol(
		s.site.r, &s.device, "manual", true, s.site.now)));
	EVP_PKEY_free(key);
	end(&s);
}

/* ---- troubles ---- */

static void token_gone_changes_nothing(void **state)
{
	struct registrar_answer answer;
	struct scene s;

	begin(&s, state);
	memory_signer_break(s.site.r->signer, true);
	answer = enrol(&s, NULL);
	assert_int_equal(answer.status, REGISTRAR_TROUBLE);
	assert_true(answer.retry_after > 0);
	assert_int_equal(
		site_fixture_count(s.site.r, "SELECT count(*) FROM issued"), 0);
	memory_signer_break(s.site.r->signer, false);
	X509_free(issued(enrol(&s, NULL)));
	end(&s);
}

struct racer {
	struct scene *scene;
	struct registrar *r;
	X509 *cert;
	pthread_t thread;
};

static void *race(void *arg)
{
	struct racer *in = arg;
	struct registrar_answer answer = site_fixture_enrol(
		in->r, &in->scene->device, NULL, false, in->scene->site.now);

	if (answer.status == REGISTRAR_DONE)
		in->cert = site_fixture_cert(&answer);
	return NULL;
}

/* covers: OWN-registrar-once */
static void two_registrars_give_one_certificate(void **state)
{
	struct scene s;
	struct racer racers[2] = { { &s, NULL, NULL, 0 },
		{ &s, NULL, NULL, 0 } };

	begin(&s, state);
	racers[0].r = s.site.r;
	racers[1].r = site_fixture_twin(&s.site, "registrar-2");
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race,
					 &racers[i]),
			0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(racers[i].thread, NULL), 0);
	assert_non_null(racers[0].cert);
	assert_non_null(racers[1].cert);
	assert_int_equal(X509_cmp(racers[0].cert, racers[1].cert), 0);
	for (int i = 0; i < 2; i++)
		X509_free(racers[i].cert);
	site_fixture_twin_done(racers[1].r);
	end(&s);
}

/* ---- nonce, list of revoked ---- */

static void nonce_is_of_its_client_alone(void **state)
{
	struct registrar_answer answer;
	struct scene s;
	struct registrar_ask ask;

	begin(&s, state);
	ask = (struct registrar_ask) { .client = { s.device.cert, NULL },
		.now = s.site.now };
	for (int i = 0; i < 2; i++) {
		registrar_nonce(s.site.r, &ask, &answer);
		assert_int_equal(answer.status, REGISTRAR_DONE);
		assert_int_equal(answer.body.len, REGISTRAR_NONCE_LEN);
		registrar_answer_done(&answer);
	}
	assert_int_equal(
		site_fixture_count(s.site.r, "SELECT count(*) FROM nonce"), 1);
	assert_rc(registrar_duties(s.site.r,
			  s.site.now + REGISTRAR_NONCE_SECONDS + 1, NULL),
		DEVID_OK);
	assert_int_equal(
		site_fixture_count(s.site.r, "SELECT count(*) FROM nonce"), 0);
	set_state(&s, "revoked");
	registrar_nonce(s.site.r, &ask, &answer);
	assert_refused(answer, "client-revoked");
	end(&s);
}

struct ending {
	const char *unit;
	int reason;
};

static enum devid_err end_unit(
	struct store *s, void *arg, struct devid_error *err)
{
	const struct ending *e = arg;
	int64_t n;
	enum devid_err rc = store_list_set_unit(s, e->unit,
		e->reason < 0 ? STORE_RETIRED : STORE_REVOKED, &n, err);

	return rc == DEVID_OK
		       ? store_issued_end(s, e->unit, 1000, e->reason, err)
		       : rc;
}

/* covers: OWN-registrar-revoked */
static void revoked_unit_is_in_the_list(void **state)
{
	struct ending ending = { "DEV1", 1 };
	struct scene s;

	begin(&s, state);
	s.site.conf.publish = strdup(s.site.dir.path);
	take(&s, issued(enrol(&s, NULL)));
	assert_rc(registrar_crl_keep(s.site.r, s.site.now, NULL), DEVID_OK);
	assert_rc(store_write(s.site.r->store, NULL, end_unit, &ending, NULL),
		DEVID_OK);
	assert_rc(registrar_crl_keep(s.site.r, s.site.now, NULL), DEVID_OK);
	assert_int_equal(
		site_fixture_count(s.site.r, "SELECT count(*) FROM site"
					     " WHERE state = 'revoked'"),
		2);
	assert_int_equal(
		site_fixture_count(s.site.r, "SELECT number FROM crl"), 2);
	device_fixture_ask(&s.device, s.device.key, NULL);
	assert_refused(
		site_fixture_enrol(s.site.r, &s.device, NULL, true, s.site.now),
		"client-revoked");
	end(&s);
}

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(enrol_listed_gets_ldevid),
		PLACE_CASE(enrol_profile_web_is_a_server_too),
		PLACE_CASE(enrol_again_gives_the_same),
		PLACE_CASE(enrol_fifth_retires_the_oldest),
		PLACE_CASE(renew_with_ldevid_gives_another),
		PLACE_CASE(renew_same_key_only_after_half),
		PLACE_CASE(renew_never_retires_what_it_shows),
		PLACE_CASE(renew_with_idevid_refused),
		PLACE_CASE(enrol_with_ldevid_refused),
		PLACE_CASE(client_by_state_of_the_list),
		PLACE_CASE(client_unlisted_refused),
		PLACE_CASE(client_of_unknown_maker_refused),
		PLACE_CASE(client_of_maker_with_the_sites_name_refused),
		PLACE_CASE(client_without_names_refused),
		PLACE_CASE(client_not_yet_valid_refused),
		PLACE_CASE(client_revoked_by_its_maker_refused),
		PLACE_CASE(csr_of_another_unit_refused),
		PLACE_CASE(csr_too_large_refused),
		PLACE_CASE(csr_broken_signature_refused),
		PLACE_CASE(csr_key_of_other_type_refused),
		PLACE_CASE(csr_key_of_the_idevid_refused),
		PLACE_CASE(csr_key_of_another_unit_refused),
		PLACE_CASE(csr_extensions_refused),
		PLACE_CASE(csr_extensions_that_it_gets_are_fine),
		PLACE_CASE(evidence_missing_refused),
		PLACE_CASE(label_unknown_is_absent),
		PLACE_CASE(manual_waits_until_approved),
		PLACE_CASE(manual_refused_stays_so),
		PLACE_CASE(manual_other_request_waits_again),
		PLACE_CASE(manual_is_for_renewals_from_elsewhere_too),
		PLACE_CASE(token_gone_changes_nothing),
		PLACE_CASE(two_registrars_give_one_certificate),
		PLACE_CASE(nonce_is_of_its_client_alone),
		PLACE_CASE(revoked_unit_is_in_the_list),
	};

	return place_run("registrar", cases, N_OF(cases));
}

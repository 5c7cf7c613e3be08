/* SPDX-License-Identifier: Apache-2.0 */
/* The registrar: evidence over its nonce, the counter of erasures, and a maker
 * that takes the site's name. */
#include "registrar-fixture.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "cmocka-all.h"
#include "evidence-fixture.h"
#include "hex.h"
#include "ldevid-csr.h"
#include "register-audit.h"
#include "store-client.h"
#include "tpm-counter.h"

/* A site with a second maker, whose device has an IAK. */
struct scene {
	struct site_fixture site;
	struct evidence_fixture said;
	struct device_fixture device;
	char nonce[STORE_HASH_MAX];
};

static void add_maker(struct site_fixture *f, const struct certs_node *ca)
{
	struct registrar_maker *m = &f->conf.makers[f->conf.n_makers++];
	X509 *cert = certs_x509(ca);
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem = NULL;
	long len;

	assert_true(PEM_write_bio_X509(bio, cert) == 1);
	len = BIO_get_mem_data(bio, &pem);
	tempdir_write(&f->dir, "second.pem", pem, (size_t)len, 0644);
	(void)snprintf(m->name, sizeof(m->name), "second");
	m->roots = strdup(tempdir_file(&f->dir, "second.pem"));
	m->crls = NULL;
	assert_rc(registrar_reload(f->r, NULL), DEVID_OK);
	BIO_free(bio);
	X509_free(cert);
}

/* The request with the evidence as it is stated now. */
static void ask(struct scene *s)
{
	struct blob evidence = { NULL, 0 };
	struct ldevid_csr what = { .idevid = s->device.cert };

	evidence_fixture_state(&s->said);
	assert_rc(evidence_write(&s->said.evidence, &evidence, NULL), DEVID_OK);
	what.evidence = blob_view(&evidence);
	blob_done(&s->device.csr);
	assert_rc(ldevid_csr_write(&what, s->said.key, &s->device.csr, NULL),
		DEVID_OK);
	blob_done(&evidence);
}

static enum devid_err put_nonce(
	struct store *s, void *arg, struct devid_error *err)
{
	const struct scene *in = arg;
	struct site_key key;

	assert_rc(site_key_of(in->device.cert, &key, NULL), DEVID_OK);
	return store_nonce_put(s, &key, in->nonce, in->site.now + 300, err);
}

static void give_nonce(struct scene *s, const char *nonce)
{
	hex_encode((const uint8_t *)nonce, strlen(nonce), s->nonce);
	assert_rc(store_write(s->site.r->store, NULL, put_nonce, s, NULL),
		DEVID_OK);
}

static void begin(struct scene *s, void **state)
{
	memset(s, 0, sizeof(*s));
	site_fixture_init(&s->site, *state);
	evidence_fixture_new(&s->said);
	add_maker(&s->site, &s->said.ca);
	s->device.cert = certs_x509(&s->said.idevid);
	site_fixture_list(&s->site, s->device.cert, STORE_LISTED);
	ask(s);
}

static void end(struct scene *s)
{
	site_fixture_check_whole(s->site.r);
	X509_free(s->device.cert);
	blob_done(&s->device.csr);
	evidence_fixture_free(&s->said);
	site_fixture_done(&s->site);
}

static struct registrar_answer enrol(struct scene *s)
{
	return site_fixture_enrol(
		s->site.r, &s->device, "strict", false, s->site.now);
}

static void refused(struct scene *s, const char *rule)
{
	struct registrar_answer answer = enrol(s);

	assert_int_equal(answer.status, REGISTRAR_REFUSED);
	assert_string_equal(answer.rule, rule);
	assert_int_equal(
		site_fixture_count(s->site.r, "SELECT count(*) FROM issued"),
		0);
}

static X509 *issued(struct scene *s)
{
	struct registrar_answer answer = enrol(s);

	if (answer.status != REGISTRAR_DONE)
		print_error("%s: %s\n", answer.rule, answer.text);
	assert_int_equal(answer.status, REGISTRAR_DONE);
	return site_fixture_cert(&answer);
}

/* ---- evidence ---- */

static void evidence_over_the_nonce_gets_a_certificate(void **state)
{
	struct scene s;
	X509 *one, *two;

	begin(&s, state);
	give_nonce(&s, EVIDENCE_FIXTURE_NONCE);
	one = issued(&s);
	assert_true(
		X509_get_ext_by_NID(one, NID_certificate_policies, -1) >= 0);
	assert_int_equal(site_fixture_count(s.site.r,
				 "SELECT count(*) FROM site WHERE kind ="
				 " 'LDevID' AND epoch IS NOT NULL"),
		1);
	assert_int_equal(
		site_fixture_count(s.site.r, "SELECT count(*) FROM nonce"), 0);
	two = issued(&s); /* though the nonce is used up */
	assert_int_equal(X509_cmp(one, two), 0);
	X509_free(one);
	X509_free(two);
	end(&s);
}

static void evidence_without_nonce_is_told_to_get_one(void **state)
{
	struct registrar_answer answer;
	struct scene s;

	begin(&s, state);
	answer = enrol(&s);
	assert_int_equal(answer.status, REGISTRAR_NONCE_GONE);
	end(&s);
}

static void evidence_over_another_nonce_refused(void **state)
{
	struct scene s;

	begin(&s, state);
	give_nonce(&s, "a nonce of a site, 32 bytes LONG");
	refused(&s, "evidence-nonce");
	end(&s);
}

/* The IAK is a device's of that serial number, but another maker's. */
static void evidence_of_another_makers_iak_refused(void **state)
{
	struct scene s;

	begin(&s, state);
	evidence_fixture_certify(&s.said, &s.site.maker);
	ask(&s);
	give_nonce(&s, EVIDENCE_FIXTURE_NONCE);
	refused(&s, "evidence-iak-chain");
	end(&s);
}

static void evidence_of_another_key_refused(void **state)
{
	struct scene s;
	EVP_PKEY *mine;

	begin(&s, state);
	give_nonce(&s, EVIDENCE_FIXTURE_NONCE);
	mine = s.said.key;
	s.said.key = certs_key("P-256");
	/* stated of one, asked for another */
	evidence_fixture_state(&s.said);
	{
		struct blob evidence = { NULL, 0 };
		struct ldevid_csr what = { .idevid = s.device.cert };

		assert_rc(evidence_write(&s.said.evidence, &evidence, NULL),
			DEVID_OK);
		what.evidence = blob_view(&evidence);
		blob_done(&s.device.csr);
		EVP_PKEY_free(s.said.key);
		s.said.key = certs_key("P-256");
		assert_rc(ldevid_csr_write(
				  &what, s.said.key, &s.device.csr, NULL),
			DEVID_OK);
		blob_done(&evidence);
	}
	EVP_PKEY_free(mine);
	refused(&s, "evidence-key");
	end(&s);
}

static void evidence_of_no_form_refused(void **state)
{
	static const uint8_t nothing[] = { 0x30, 0 };
	struct ldevid_csr what;
	struct scene s;

	begin(&s, state);
	give_nonce(&s, EVIDENCE_FIXTURE_NONCE);
	what = (struct ldevid_csr) { .idevid = s.device.cert,
		.evidence = { nothing, sizeof(nothing) } };
	blob_done(&s.device.csr);
	assert_rc(ldevid_csr_write(&what, s.said.key, &s.device.csr, NULL),
		DEVID_OK);
	refused(&s, "evidence-form");
	end(&s);
}

/* ---- the counter of erasures ---- */

static enum devid_err find_told(void *arg,
	const struct register_audit_line *line, struct devid_error *err)
{
	(void)err;
	*(bool *)arg |= strstr(line->line, "\"told\":\"epoch-lower\"") != NULL;
	return DEVID_OK;
}

static enum devid_err walk(struct store *s, void *arg, struct devid_error *err)
{
	return register_each_audit(s->reg, find_told, arg, err);
}

/* covers: OWN-registrar-epoch */
static void epoch_lower_than_before_is_told(void **state)
{
	struct scene s;
	struct db *db;
	bool told = false;

	begin(&s, state);
	db = s.site.r->store->db;
	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(db_script(db, "UPDATE site SET epoch = 1000000000", NULL),
		DEVID_OK);
	assert_rc(db_commit(db, NULL), DEVID_OK);
	give_nonce(&s, EVIDENCE_FIXTURE_NONCE);
	X509_free(issued(&s));
	assert_rc(store_read(s.site.r->store, walk, &told, NULL), DEVID_OK);
	assert_true(told);
	end(&s);
}

/* All that is stated is true of a counter that somebody else made. */
/* covers: OWN-registrar-counter */
static void epoch_of_another_counter_refused(void **state)
{
	struct scene s;

	begin(&s, state);
	tpm_counter_area(0x01804945, &s.said.counter);
	s.said.counter.attributes |= TPMA_NV_WRITTEN;
	ask(&s);
	give_nonce(&s, EVIDENCE_FIXTURE_NONCE);
	refused(&s, "evidence-epoch-index");
	end(&s);
}

/* Where that maker's devices have it, and no other maker's. */
static void epoch_of_the_makers_own_place_accepted(void **state)
{
	struct scene s;

	begin(&s, state);
	tpm_counter_area(0x01804945, &s.said.counter);
	s.said.counter.attributes |= TPMA_NV_WRITTEN;
	ask(&s);
	give_nonce(&s, EVIDENCE_FIXTURE_NONCE);
	s.site.conf.makers[0].epoch_nv = 0x01804945;
	refused(&s, "evidence-epoch-index");
	s.site.conf.makers[0].epoch_nv = 0;
	s.site.conf.makers[1].epoch_nv = 0x01804945;
	X509_free(issued(&s));
	end(&s);
}

/* ---- names ---- */

/* An admitted maker's CA called as the site's: what it issues is no LDevID,
 * also with the serial number of one. */
static void maker_called_as_the_site_refused(void **state)
{
	struct certs_spec root = certs_ca_spec("Site CA");
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node maker = certs_sign(&root, certs_key("P-256"), NULL);
	struct device_fixture one, other;
	struct registrar_answer answer;
	struct site_fixture f;
	char hex[2 * 20 + 1];
	X509 *ldevid;

	site_fixture_init(&f, *state);
	add_maker(&f, &maker);
	device_fixture_init(&f, &one, 1, "P-256");
	site_fixture_list(&f, one.cert, STORE_LISTED);
	answer = site_fixture_enrol(f.r, &one, NULL, false, f.now);
	ldevid = site_fixture_cert(&answer);
	hex_encode(
		ASN1_STRING_get0_data(X509_get0_serialNumber(ldevid)), 20, hex);
	spec.sn = "DEV1";
	spec.serial = hex;
	memset(&other, 0, sizeof(other));
	other.idevid = certs_sign(&spec, certs_key("P-256"), &maker);
	other.cert = certs_x509(&other.idevid);
	other.key = certs_key("P-256");
	device_fixture_ask(&other, other.key, NULL);
	answer = site_fixture_enrol(f.r, &other, NULL, false, f.now);
	assert_int_equal(answer.status, REGISTRAR_REFUSED);
	assert_string_equal(answer.rule, "client-unlisted");
	answer = site_fixture_enrol(f.r, &other, NULL, true, f.now);
	assert_string_equal(answer.rule, "client-kind");
	X509_free(ldevid);
	device_fixture_done(&one);
	device_fixture_done(&other);
	certs_done(&maker);
	site_fixture_done(&f);
}

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(evidence_over_the_nonce_gets_a_certificate),
		PLACE_CASE(evidence_without_nonce_is_told_to_get_one),
		PLACE_CASE(evidence_over_another_nonce_refused),
		PLACE_CASE(evidence_of_another_makers_iak_refused),
		PLACE_CASE(evidence_of_another_key_refused),
		PLACE_CASE(evidence_of_no_form_refused),
		PLACE_CASE(epoch_lower_than_before_is_told),
		PLACE_CASE(epoch_of_another_counter_refused),
		PLACE_CASE(epoch_of_the_makers_own_place_accepted),
		PLACE_CASE(maker_called_as_the_site_refused),
	};

	return place_run("registrar-evidence", cases, N_OF(cases));
}

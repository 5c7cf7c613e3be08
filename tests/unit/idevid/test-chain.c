/* SPDX-License-Identifier: Apache-2.0 */
/* Chain verification: only what leads to a given root is accepted, and the
 * remembered issuers change no verdict. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "certs.h"
#include "chain.h"

#define NOW 1800000000 /* 2027-01-15 */

static struct fixture {
	struct certs_node root, issuer, leaf;
} fix;

static int setup(void **state)
{
	struct certs_spec root = certs_ca_spec("Root");
	struct certs_spec issuer = certs_ca_spec("Issuing CA 1");
	struct certs_spec leaf = certs_idevid_spec();

	(void)state;
	fix.root = certs_sign(&root, certs_key("P-256"), NULL);
	fix.issuer = certs_sign(&issuer, certs_key("P-256"), &fix.root);
	fix.leaf = certs_sign(&leaf, certs_key("P-256"), &fix.issuer);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	certs_done(&fix.root);
	certs_done(&fix.issuer);
	certs_done(&fix.leaf);
	return 0;
}

static struct chain_store *store_with(const struct certs_node *root)
{
	struct view der = { root->der.data, root->der.len };
	struct chain_store *store = NULL;

	assert_int_equal(chain_store_new(&store, NULL), DEVID_OK);
	assert_int_equal(chain_store_add_root(store, der, NULL), DEVID_OK);
	return store;
}

static enum devid_err check(struct chain_store *store, time_t now,
	const struct certs_node *const *nodes,
	struct devid_chain_report *report)
{
	struct view certs[DEVID_CHAIN_MAX + 1];
	struct chain_query query = {
		.certs = certs, .now = now, .leaf_is_devid = true
	};

	for (; nodes[query.n_certs]; query.n_certs++)
		certs[query.n_certs] =
			(struct view) { nodes[query.n_certs]->der.data,
				nodes[query.n_certs]->der.len };
	return chain_check(store, &query, report);
}

#define CHAIN(...)                                                             \
	(const struct certs_node *const[])                                     \
	{                                                                      \
		__VA_ARGS__, NULL                                              \
	}

/* A fresh store with @root refuses the chain for @verdict, and the text names
 * @names. */
static void expect_refused(const struct certs_node *root,
	const struct certs_node *const *nodes, enum devid_chain_verdict verdict,
	const char *names)
{
	struct chain_store *store = store_with(root);
	struct devid_chain_report report;

	assert_int_equal(
		check(store, NOW, nodes, &report), DEVID_ERR_NOT_GENUINE);
	if (report.verdict != verdict || !strstr(report.text, names))
		fail_msg("%s: %s, not %s of %s",
			devid_chain_verdict_name(report.verdict), report.text,
			devid_chain_verdict_name(verdict), names);
	assert_true(report.clause[0] != '\0');
	assert_int_equal(report.n_path, 0);
	chain_store_free(store);
}

/* covers: RFC5280-path */
static void check_good_chain_accepted_then_cached(void **state)
{
	struct chain_store *store = store_with(&fix.root);
	struct devid_chain_report report;

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			check(store, NOW, CHAIN(&fix.leaf, &fix.issuer),
				&report),
			DEVID_OK);
		assert_int_equal(report.cached, i > 0);
		assert_int_equal(report.n_path, 2);
		assert_string_equal(report.path[0], "CN=Issuing CA 1");
		assert_string_equal(report.path[1], "CN=Root");
	}
	/* order and a root that is sent along do not matter */
	assert_int_equal(
		check(store, NOW, CHAIN(&fix.leaf, &fix.root, &fix.issuer),
			&report),
		DEVID_OK);
	chain_store_free(store);
}

static void check_all_key_types_accepted(void **state)
{
	static const char *const types[] = { "P-256", "P-384", "RSA:2048" };

	(void)state;
	for (size_t i = 0; i < 9; i++) {
		struct certs_spec ca = certs_ca_spec("R");
		struct certs_spec leaf = certs_idevid_spec();
		struct certs_node root, device, mid;
		struct devid_chain_report report;
		struct chain_store *store;

		root = certs_sign(&ca, certs_key(types[i % 3]), NULL);
		ca = certs_ca_spec("I");
		mid = certs_sign(&ca, certs_key(types[i / 3]), &root);
		device = certs_sign(&leaf, certs_key("P-256"), &mid);
		store = store_with(&root);
		for (int j = 0; j < 2; j++) {
			assert_int_equal(check(store, NOW, CHAIN(&device, &mid),
						 &report),
				DEVID_OK);
			assert_int_equal(report.cached, j);
		}
		chain_store_free(store);
		certs_done(&root);
		certs_done(&mid);
		certs_done(&device);
	}
}

/* covers: RFC5280-path */
static void check_other_root_refused(void **state)
{
	struct certs_spec spec = certs_ca_spec("Root"); /* of the same name */
	struct certs_node other = certs_sign(&spec, certs_key("P-256"), NULL);

	(void)state;
	expect_refused(&other, CHAIN(&fix.leaf, &fix.issuer),
		DEVID_CHAIN_UNKNOWN_ISSUER, "Issuing CA 1");
	expect_refused(&other, CHAIN(&fix.leaf, &fix.issuer, &fix.root),
		DEVID_CHAIN_OTHER_ROOT, "Root");
	certs_done(&other);
}

static void check_missing_intermediate_refused(void **state)
{
	(void)state;
	expect_refused(&fix.root, CHAIN(&fix.leaf), DEVID_CHAIN_UNKNOWN_ISSUER,
		"device certificate");
}

static void check_expired_issuer_named(void **state)
{
	struct certs_spec ca = certs_ca_spec("Old CA");
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_node mid, device;

	(void)state;
	ca.not_after = "U260101000000Z";
	mid = certs_sign(&ca, certs_key("P-256"), &fix.root);
	device = certs_sign(&leaf, certs_key("P-256"), &mid);
	expect_refused(&fix.root, CHAIN(&device, &mid), DEVID_CHAIN_EXPIRED,
		"issuing CA \"CN=Old CA\": expired on 2026-01-01");
	certs_done(&mid);
	certs_done(&device);
}

static void check_dates_of_leaf_judged(void **state)
{
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_node old, early;

	(void)state;
	leaf.not_after = "U261231235959Z";
	old = certs_sign(&leaf, certs_key("P-256"), &fix.issuer);
	expect_refused(&fix.root, CHAIN(&old, &fix.issuer), DEVID_CHAIN_EXPIRED,
		"device certificate");
	leaf = certs_idevid_spec();
	leaf.not_before = "U280101000000Z";
	early = certs_sign(&leaf, certs_key("P-256"), &fix.issuer);
	expect_refused(&fix.root, CHAIN(&early, &fix.issuer),
		DEVID_CHAIN_NOT_YET_VALID, "not valid before 2028-01-01");
	certs_done(&old);
	certs_done(&early);
}

/* covers: RFC5280-path */
static void check_intermediate_without_ca_refused(void **state)
{
	struct certs_spec ca = certs_ca_spec("No CA");
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_node mid, device;

	(void)state;
	for (int i = 0; i < 3; i++) {
		ca = certs_ca_spec("No CA");
		if (i == 0)
			certs_set_ext(&ca, CERTS_OID_BC, "ff", "3000");
		else if (i == 1) /* keyUsage alone makes no CA */
			certs_set_ext(&ca, CERTS_OID_BC, "", NULL);
		else /* no keyCertSign */
			certs_set_ext(&ca, CERTS_OID_KU, "ff", "03020780");
		mid = certs_sign(&ca, certs_key("P-256"), &fix.root);
		device = certs_sign(&leaf, certs_key("P-256"), &mid);
		expect_refused(&fix.root, CHAIN(&device, &mid),
			DEVID_CHAIN_NOT_A_CA, "No CA");
		certs_done(&mid);
		certs_done(&device);
	}
}

static void check_device_as_issuer_refused(void **state)
{
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_node forged;

	(void)state;
	leaf.sn = "FORGED";
	forged = certs_sign(&leaf, certs_key("P-256"), &fix.leaf);
	expect_refused(&fix.root, CHAIN(&forged, &fix.leaf, &fix.issuer),
		DEVID_CHAIN_NOT_A_CA, "ACCC8E000001");
	certs_done(&forged);
}

static void check_path_length_refused(void **state)
{
	struct certs_spec top = certs_ca_spec("Top");
	struct certs_spec sub = certs_ca_spec("Sub");
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_node a, b, device;

	(void)state;
	certs_set_ext(&top, CERTS_OID_BC, "ff", "3006 0101 ff 0201 00");
	a = certs_sign(&top, certs_key("P-256"), &fix.root);
	b = certs_sign(&sub, certs_key("P-256"), &a);
	device = certs_sign(&leaf, certs_key("P-256"), &b);
	expect_refused(&fix.root, CHAIN(&device, &b, &a),
		DEVID_CHAIN_PATH_LENGTH, "pathLenConstraint");
	certs_done(&a);
	certs_done(&b);
	certs_done(&device);
}

/* permittedSubtrees { directoryName @name } */
static void constrain(struct certs_spec *ca, const char *value)
{
	certs_set_ext(ca, CERTS_OID_NC, "ff", value);
}

/* Names under CN=M1M1 only. */
#define PERMIT_M1 "3017 a015 3013 a411 300f 310d 300b 0603 550403 0c04 4d314d31"
static void check_name_constraints_refused(void **state)
{
	struct certs_spec ca = certs_ca_spec("Narrow CA");
	struct certs_spec leaf = certs_idevid_spec();
	struct devid_chain_report report;
	struct certs_node mid, device;
	struct chain_store *store;

	(void)state;
	constrain(&ca, PERMIT_M1);
	mid = certs_sign(&ca, certs_key("P-256"), &fix.root);
	device = certs_sign(&leaf, certs_key("P-256"), &mid);
	expect_refused(&fix.root, CHAIN(&device, &mid),
		DEVID_CHAIN_NAME_CONSTRAINTS, "device certificate");
	certs_done(&device);
	/* a name inside passes, and is never answered from the cache */
	leaf.cn = "M1M1";
	device = certs_sign(&leaf, certs_key("P-256"), &mid);
	store = store_with(&fix.root);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			check(store, NOW, CHAIN(&device, &mid), &report),
			DEVID_OK);
		assert_false(report.cached);
	}
	chain_store_free(store);
	certs_done(&mid);
	certs_done(&device);
}

static void check_name_constraint_above_issuer_holds(void **state)
{
	struct certs_spec top = certs_ca_spec("Narrow");
	struct certs_spec sub = certs_ca_spec("M1M1");
	struct certs_spec good = certs_idevid_spec();
	struct certs_spec bad = certs_idevid_spec();
	struct devid_chain_report report;
	struct certs_node a, b, inside, outside;
	struct chain_store *store = store_with(&fix.root);

	(void)state;
	constrain(&top, PERMIT_M1);
	good.cn = "M1M1";
	a = certs_sign(&top, certs_key("P-256"), &fix.root);
	b = certs_sign(&sub, certs_key("P-256"), &a);
	inside = certs_sign(&good, certs_key("P-256"), &b);
	outside = certs_sign(&bad, certs_key("P-256"), &b);
	assert_int_equal(
		check(store, NOW, CHAIN(&inside, &b, &a), &report), DEVID_OK);
	assert_int_equal(check(store, NOW, CHAIN(&outside, &b, &a), &report),
		DEVID_ERR_NOT_GENUINE);
	assert_int_equal(report.verdict, DEVID_CHAIN_NAME_CONSTRAINTS);
	chain_store_free(store);
	certs_done(&a);
	certs_done(&b);
	certs_done(&inside);
	certs_done(&outside);
}

static void check_self_signed_leaf_refused(void **state)
{
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_node own = certs_sign(&leaf, certs_key("P-256"), NULL);

	(void)state;
	expect_refused(
		&fix.root, CHAIN(&own), DEVID_CHAIN_SELF_SIGNED, "ACCC8E");
	expect_refused(
		&fix.root, CHAIN(&fix.root), DEVID_CHAIN_SELF_SIGNED, "root");
	certs_done(&own);
}

static void check_broken_signature_refused_cached_or_not(void **state)
{
	struct chain_store *store = store_with(&fix.root);
	struct devid_chain_report report;
	struct certs_node bad = fix.leaf;

	(void)state;
	bad.der.data[bad.der.len - 1] ^= 1;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			check(store, NOW, CHAIN(&bad, &fix.issuer), &report),
			DEVID_ERR_NOT_GENUINE);
		assert_int_equal(report.verdict, DEVID_CHAIN_BAD_SIGNATURE);
		assert_int_equal(
			check(store, NOW, CHAIN(&fix.leaf, &fix.issuer),
				&report),
			DEVID_OK);
	}
	chain_store_free(store);
}

static void check_same_name_other_key_refused_when_cached(void **state)
{
	struct certs_spec ca = certs_ca_spec("Issuing CA 1");
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_node rogue = certs_sign(&ca, certs_key("P-256"), NULL);
	struct certs_node fake = certs_sign(&leaf, certs_key("P-256"), &rogue);
	struct chain_store *store = store_with(&fix.root);
	struct devid_chain_report report;

	(void)state;
	assert_int_equal(
		check(store, NOW, CHAIN(&fix.leaf, &fix.issuer), &report),
		DEVID_OK);
	assert_int_equal(check(store, NOW, CHAIN(&fake, &fix.issuer), &report),
		DEVID_ERR_NOT_GENUINE);
	assert_int_equal(
		check(store, NOW, CHAIN(&fake, &rogue, &fix.issuer), &report),
		DEVID_ERR_NOT_GENUINE);
	chain_store_free(store);
	certs_done(&rogue);
	certs_done(&fake);
}

static void check_cached_issuer_expires(void **state)
{
	struct certs_spec ca = certs_ca_spec("Short CA");
	struct certs_spec leaf = certs_idevid_spec();
	struct devid_chain_report report;
	struct certs_node mid, device;
	struct chain_store *store = store_with(&fix.root);

	(void)state;
	ca.not_before = "U261231000000Z";
	ca.not_after = "U280101000000Z";
	mid = certs_sign(&ca, certs_key("P-256"), &fix.root);
	device = certs_sign(&leaf, certs_key("P-256"), &mid);
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			check(store, NOW, CHAIN(&device, &mid), &report),
			DEVID_OK);
	assert_true(report.cached);
	assert_int_equal(
		check(store, 1830297601, CHAIN(&device, &mid), &report),
		DEVID_ERR_NOT_GENUINE);
	assert_int_equal(report.verdict, DEVID_CHAIN_EXPIRED);
	assert_non_null(strstr(report.text, "Short CA"));
	assert_int_equal(
		check(store, 1798675199, CHAIN(&device, &mid), &report),
		DEVID_ERR_NOT_GENUINE);
	chain_store_free(store);
	certs_done(&mid);
	certs_done(&device);
}

/* ---- policies, purposes, the last second ---- */

#define OID_PC  "551d24"       /* policyConstraints */
#define OID_IAP "551d36"       /* inhibitAnyPolicy */
#define DEMAND  "3003 8001 00" /* requireExplicitPolicy 0 */
#define ANY     "3008 3006 0604 551d2000"
#define OTHER   "3008 3006 0604 2a030401"
#define TWICE   "3010 3006 0604 2a030401 3006 0604 2a030401"

/* The verdict is this, also once a good leaf made the issuer known. */
static void expect_both_ways(const struct certs_spec *mid_spec,
	const struct certs_spec *leaf_spec, enum devid_chain_verdict verdict,
	bool remembered)
{
	struct certs_spec good_spec = certs_idevid_spec();
	struct certs_node mid =
		certs_sign(mid_spec, certs_key("P-256"), &fix.root);
	struct certs_node leaf =
		certs_sign(leaf_spec, certs_key("P-256"), &mid);
	struct certs_node good =
		certs_sign(&good_spec, certs_key("P-256"), &mid);
	struct chain_store *store = store_with(&fix.root);
	struct devid_chain_report report;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(check(store, NOW, CHAIN(&leaf, &mid), &report),
			verdict == DEVID_CHAIN_OK ? DEVID_OK
						  : DEVID_ERR_NOT_GENUINE);
		assert_int_equal(report.verdict, verdict);
		assert_int_equal(report.cached,
			i > 0 && remembered && verdict == DEVID_CHAIN_OK);
		(void)!check(store, NOW, CHAIN(&good, &mid), &report);
	}
	assert_int_equal(report.cached, remembered);
	chain_store_free(store);
	certs_done(&mid);
	certs_done(&leaf);
	certs_done(&good);
}

/* covers: RFC5280-policies */
static void check_policies_of_issuer_processed(void **state)
{
	static const struct {
		const char *value[3];
		enum devid_chain_verdict verdict;
	} cases[] = {
		{ { OTHER, NULL, NULL }, DEVID_CHAIN_OK },
		{ { OTHER, DEMAND, NULL }, DEVID_CHAIN_POLICY },
		{ { CERTS_POLICIES, DEMAND, NULL }, DEVID_CHAIN_OK },
		{ { ANY, DEMAND, NULL }, DEVID_CHAIN_OK },
		{ { ANY, DEMAND, "0201 00" }, DEVID_CHAIN_OK },
		{ { NULL, NULL, "0201 00" }, DEVID_CHAIN_OK },
		{ { TWICE, NULL, NULL }, DEVID_CHAIN_POLICY },
		{ { ANY, "3003 8001 ff", NULL }, DEVID_CHAIN_POLICY },
	};
	static const char *const oids[] = { CERTS_OID_CP, OID_PC, OID_IAP };
	struct certs_spec leaf = certs_idevid_spec();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct certs_spec mid = certs_ca_spec("Policy CA");

		for (size_t j = 0; j < 3; j++)
			if (cases[i].value[j])
				certs_set_ext(
					&mid, oids[j], "ff", cases[i].value[j]);
		expect_both_ways(&mid, &leaf, cases[i].verdict, false);
	}
}

/* Any policy of the lower CA counts for nothing below the upper one. */
static void check_inhibit_any_policy_holds_below(void **state)
{
	struct certs_spec spec = certs_ca_spec("Upper CA");
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_node upper, lower, device;

	(void)state;
	certs_set_ext(&spec, CERTS_OID_CP, "", ANY);
	certs_set_ext(&spec, OID_IAP, "ff", "0201 00");
	upper = certs_sign(&spec, certs_key("P-256"), &fix.root);
	spec = certs_ca_spec("Lower CA");
	certs_set_ext(&spec, CERTS_OID_CP, "", ANY);
	certs_set_ext(&spec, OID_PC, "ff", DEMAND);
	lower = certs_sign(&spec, certs_key("P-256"), &upper);
	device = certs_sign(&leaf, certs_key("P-256"), &lower);
	expect_refused(&fix.root, CHAIN(&device, &lower, &upper),
		DEVID_CHAIN_POLICY, "policy");
	certs_done(&upper);
	certs_done(&lower);
	certs_done(&device);
}

static void check_policies_of_leaf_same_when_cached(void **state)
{
	struct certs_spec mid = certs_ca_spec("Plain CA");
	struct certs_spec leaf = certs_idevid_spec();

	(void)state;
	expect_both_ways(&mid, &leaf, DEVID_CHAIN_OK, true);
	certs_set_ext(&leaf, CERTS_OID_CP, "", ANY);
	certs_set_ext(&leaf, OID_PC, "", DEMAND);
	expect_both_ways(&mid, &leaf, DEVID_CHAIN_POLICY, true);
	leaf = certs_idevid_spec();
	certs_set_ext(&leaf, CERTS_OID_CP, "", TWICE);
	expect_both_ways(&mid, &leaf, DEVID_CHAIN_POLICY, true);
}

/* covers: RFC5280-policies */
static void check_purpose_of_issuer_must_allow_tls(void **state)
{
	static const char *const ekus[] = { "300a 0608 2b06010505070301",
		"300a 0608 2b06010505070302", "3006 0604 551d2500",
		"300a 0608 2b06010505070303", "300a 0608 2b06010505070309" };
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_spec mid = certs_ca_spec("Purpose CA");

	(void)state;
	for (size_t i = 0; i < sizeof(ekus) / sizeof(ekus[0]); i++) {
		certs_set_ext(&mid, CERTS_OID_EKU, "", ekus[i]);
		expect_both_ways(&mid, &leaf,
			i < 3 ? DEVID_CHAIN_OK : DEVID_CHAIN_PURPOSE, i < 3);
	}
}

/* 2028-01-01 00:00:00, the notAfter of @leaf or @mid, is still within. */
static void assert_last_second(
	const struct certs_node *leaf, const struct certs_node *mid)
{
	struct devid_chain_report report;

	for (int known = 0; known < 2; known++) {
		for (int late = 0; late < 2; late++) {
			struct chain_store *store = store_with(&fix.root);

			if (known)
				assert_int_equal(
					check(store, NOW, CHAIN(leaf, mid),
						&report),
					DEVID_OK);
			assert_int_equal(check(store, 1830297600 + late,
						 CHAIN(leaf, mid), &report),
				late ? DEVID_ERR_NOT_GENUINE : DEVID_OK);
			assert_int_equal(report.cached, known && !late);
			chain_store_free(store);
		}
	}
}

static void check_last_second_is_within_both_ways(void **state)
{
	struct certs_spec ca = certs_ca_spec("Short CA");
	struct certs_spec spec = certs_idevid_spec();
	struct certs_node mid, leaf, short_leaf;

	(void)state;
	ca.not_after = "U280101000000Z";
	mid = certs_sign(&ca, certs_key("P-256"), &fix.root);
	leaf = certs_sign(&spec, certs_key("P-256"), &mid);
	spec.not_after = "U280101000000Z";
	short_leaf = certs_sign(&spec, certs_key("P-256"), &fix.issuer);
	assert_last_second(&leaf, &mid);
	assert_last_second(&short_leaf, &fix.issuer);
	certs_done(&mid);
	certs_done(&leaf);
	certs_done(&short_leaf);
}

static void check_weak_issuer_refused(void **state)
{
	struct certs_spec ca = certs_ca_spec("Weak CA");
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_node mid, device;

	(void)state;
	mid = certs_sign(&ca, certs_key("RSA:1024"), &fix.root);
	device = certs_sign(&leaf, certs_key("P-256"), &mid);
	expect_refused(
		&fix.root, CHAIN(&device, &mid), DEVID_CHAIN_WEAK, "Weak CA");
	certs_done(&mid);
	certs_done(&device);
	ca.digest = "SHA1";
	mid = certs_sign(&ca, certs_key("P-256"), &fix.root);
	device = certs_sign(&leaf, certs_key("P-256"), &mid);
	expect_refused(
		&fix.root, CHAIN(&device, &mid), DEVID_CHAIN_WEAK, "Weak CA");
	certs_done(&mid);
	certs_done(&device);
}

static void check_critical_extension_of_ca_refused(void **state)
{
	struct certs_spec ca = certs_ca_spec("Odd CA");
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_node mid, device;

	(void)state;
	certs_set_ext(&ca, "2a0304", "ff", "0500");
	mid = certs_sign(&ca, certs_key("P-256"), &fix.root);
	device = certs_sign(&leaf, certs_key("P-256"), &mid);
	expect_refused(&fix.root, CHAIN(&device, &mid),
		DEVID_CHAIN_CRITICAL_EXTENSION, "Odd CA");
	certs_done(&mid);
	certs_done(&device);
}

static void check_too_deep_refused(void **state)
{
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_node cas[DEVID_PATH_MAX], device;
	const struct certs_node *chain[DEVID_PATH_MAX + 2] = { &device };

	(void)state;
	for (int i = 0; i < DEVID_PATH_MAX; i++) {
		char name[16];
		struct certs_spec ca;

		(void)snprintf(name, sizeof(name), "CA %d", i);
		ca = certs_ca_spec(name);
		cas[i] = certs_sign(
			&ca, certs_key("P-256"), i ? &cas[i - 1] : &fix.root);
		chain[DEVID_PATH_MAX - i] = &cas[i];
	}
	device =
		certs_sign(&leaf, certs_key("P-256"), &cas[DEVID_PATH_MAX - 1]);
	expect_refused(&fix.root, chain, DEVID_CHAIN_TOO_LONG, "");
	certs_done(&device);
	device =
		certs_sign(&leaf, certs_key("P-256"), &cas[DEVID_PATH_MAX - 2]);
	{
		struct chain_store *store = store_with(&fix.root);
		struct devid_chain_report report;

		assert_int_equal(check(store, NOW, chain, &report), DEVID_OK);
		assert_int_equal(report.n_path, DEVID_PATH_MAX);
		chain_store_free(store);
	}
	certs_done(&device);
	for (int i = 0; i < DEVID_PATH_MAX; i++)
		certs_done(&cas[i]);
}

static void check_too_many_certificates_refused(void **state)
{
	const struct certs_node *chain[DEVID_CHAIN_MAX + 2] = { &fix.leaf };

	(void)state;
	for (int i = 1; i <= DEVID_CHAIN_MAX; i++)
		chain[i] = &fix.issuer;
	expect_refused(&fix.root, chain, DEVID_CHAIN_TOO_LONG, "");
}

static void check_malformed_certificate_refused(void **state)
{
	struct certs_node bad = fix.issuer;

	(void)state;
	bad.der.len--;
	expect_refused(&fix.root, CHAIN(&fix.leaf, &bad), DEVID_CHAIN_MALFORMED,
		"certificate 2");
	expect_refused(&fix.root, CHAIN(&bad), DEVID_CHAIN_MALFORMED, "");
}

static void add_root_only_takes_a_ca(void **state)
{
	struct certs_spec v1 = certs_ca_spec("V1");
	struct certs_node old;
	struct chain_store *store = store_with(&fix.root);
	struct devid_error err = { 0 };

	(void)state;
	assert_int_equal(
		chain_store_add_root(store,
			(struct view) { fix.leaf.der.data, fix.leaf.der.len },
			&err),
		DEVID_ERR_SYNTAX);
	assert_non_null(strstr(err.text, "not a CA"));
	v1.version = "";
	v1.n_ext = 0;
	old = certs_sign(&v1, certs_key("P-256"), NULL);
	assert_int_equal(
		chain_store_add_root(store,
			(struct view) { old.der.data, old.der.len }, NULL),
		DEVID_ERR_SYNTAX);
	assert_int_equal(chain_store_n_roots(store), 1);
	chain_store_free(store);
	certs_done(&old);
}

static void check_issuing_ca_as_anchor_accepted(void **state)
{
	struct chain_store *store = store_with(&fix.issuer);
	struct devid_chain_report report;

	(void)state;
	assert_int_equal(
		check(store, NOW, CHAIN(&fix.leaf), &report), DEVID_OK);
	assert_int_equal(report.n_path, 1);
	chain_store_free(store);
}

/* A store that the environment makes the system's must not help. */
static void check_system_store_not_used(void **state)
{
	const struct certs_node *const nodes[] = { &fix.root };
	char path[] = "/tmp/test-chain-XXXXXX";
	struct certs_spec spec = certs_ca_spec("Other");
	struct certs_node other = certs_sign(&spec, certs_key("P-256"), NULL);
	char *pem = certs_pem(nodes, 1);
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, pem, strlen(pem)), (ssize_t)strlen(pem));
	assert_int_equal(close(fd), 0);
	assert_int_equal(setenv("SSL_CERT_FILE", path, 1), 0);
	expect_refused(&other, CHAIN(&fix.leaf, &fix.issuer),
		DEVID_CHAIN_UNKNOWN_ISSUER, "Issuing CA 1");
	assert_int_equal(unsetenv("SSL_CERT_FILE"), 0);
	assert_int_equal(unlink(path), 0);
	free(pem);
	certs_done(&other);
}

static void check_cache_stays_bounded(void **state)
{
	struct chain_store *store = store_with(&fix.root);
	struct certs_spec leaf = certs_idevid_spec();
	struct devid_chain_report report;

	(void)state;
	for (int i = 0; i < CHAIN_ISSUERS_MAX + 3; i++) {
		struct certs_spec ca = certs_ca_spec("Many");
		struct certs_node mid =
			certs_sign(&ca, certs_key("P-256"), &fix.root);
		struct certs_node device =
			certs_sign(&leaf, certs_key("P-256"), &mid);

		assert_int_equal(
			check(store, NOW, CHAIN(&device, &mid), &report),
			DEVID_OK);
		assert_false(report.cached);
		certs_done(&mid);
		certs_done(&device);
	}
	chain_store_free(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_good_chain_accepted_then_cached),
		cmocka_unit_test(check_all_key_types_accepted),
		cmocka_unit_test(check_other_root_refused),
		cmocka_unit_test(check_missing_intermediate_refused),
		cmocka_unit_test(check_expired_issuer_named),
		cmocka_unit_test(check_dates_of_leaf_judged),
		cmocka_unit_test(check_intermediate_without_ca_refused),
		cmocka_unit_test(check_device_as_issuer_refused),
		cmocka_unit_test(check_path_length_refused),
		cmocka_unit_test(check_name_constraints_refused),
		cmocka_unit_test(check_name_constraint_above_issuer_holds),
		cmocka_unit_test(check_self_signed_leaf_refused),
		cmocka_unit_test(check_broken_signature_refused_cached_or_not),
		cmocka_unit_test(check_same_name_other_key_refused_when_cached),
		cmocka_unit_test(check_cached_issuer_expires),
		cmocka_unit_test(check_policies_of_issuer_processed),
		cmocka_unit_test(check_inhibit_any_policy_holds_below),
		cmocka_unit_test(check_policies_of_leaf_same_when_cached),
		cmocka_unit_test(check_purpose_of_issuer_must_allow_tls),
		cmocka_unit_test(check_last_second_is_within_both_ways),
		cmocka_unit_test(check_weak_issuer_refused),
		cmocka_unit_test(check_critical_extension_of_ca_refused),
		cmocka_unit_test(check_too_deep_refused),
		cmocka_unit_test(check_too_many_certificates_refused),
		cmocka_unit_test(check_malformed_certificate_refused),
		cmocka_unit_test(add_root_only_takes_a_ca),
		cmocka_unit_test(check_issuing_ca_as_anchor_accepted),
		cmocka_unit_test(check_system_store_not_used),
		cmocka_unit_test(check_cache_stays_bounded),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

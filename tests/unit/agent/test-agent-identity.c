/* SPDX-License-Identifier: Apache-2.0 */
#include "cmocka-all.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identity.h"
#include "log.h"
#include "tempdir.h"

static struct tempdir dir;
static struct identities list;
static struct identity_choice choice;

static void put(const char *name)
{
	tempdir_write(&dir, name, "x", 1, 0644);
}

static void take(const char *name)
{
	assert_int_equal(unlink(tempdir_file(&dir, name)), 0);
}

/* Three that can be used: ldevid-0, eap-0, idevid. */
static int setup(void **state)
{
	static const char *const names[] = { "ldevid-0", "eap-0", "idevid" };

	(void)state;
	dir = tempdir_new();
	memset(&choice, 0, sizeof(choice));
	for (size_t i = 0; i < 3; i++) {
		char file[32];

		assert_rc(identities_add(&list, names[i], NULL), DEVID_OK);
		(void)snprintf(file, sizeof(file), "%s.key", names[i]);
		put(file);
		(void)snprintf(file, sizeof(file), "%s.pem", names[i]);
		put(file);
	}
	/* What begins disabled is enabled by a mark, others without one. */
	put("ldevid-0.enabled");
	put("ldevid-0.cert-enabled");
	assert_rc(identities_place(&list, dir.path, NULL), DEVID_OK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	identities_done(&list);
	tempdir_remove(&dir);
	return 0;
}

/* A try that ended so, behind our certificate. */
static struct attach ended(enum attach_class class)
{
	struct attach a;

	attach_begin(&a, 0, 0);
	a.class = class;
	a.tls_offered = true;
	a.flight = FLIGHT_WHOLE;
	(void)snprintf(a.reason, sizeof(a.reason), "because");
	return a;
}

static void begin(size_t want)
{
	identity_choice_begin(&choice, &list, "eth0");
	assert_int_equal(choice.now, want);
}

static bool fails(enum attach_class class)
{
	struct attach a = ended(class);

	return identity_choice_next(&choice, &list, &a, "eth0");
}

static void why_not_is_what_the_files_say(void **state)
{
	const struct identity *id = &list.of[0];

	(void)state;
	assert_null(identity_why_not(id));
	take("ldevid-0.cert-enabled");
	assert_string_equal(
		identity_why_not(id), "the certificate is disabled");
	take("ldevid-0.enabled");
	assert_string_equal(identity_why_not(id), "the key is disabled");
	id = &list.of[1];
	assert_null(identity_why_not(id));
	put("eap-0.cert-disabled");
	assert_string_equal(
		identity_why_not(id), "the certificate is disabled");
	put("eap-0.disabled");
	assert_string_equal(identity_why_not(id), "the key is disabled");
	id = &list.of[0];
	take("ldevid-0.pem");
	assert_non_null(strstr(identity_why_not(id), "no certificate"));
	take("ldevid-0.key");
	assert_non_null(strstr(identity_why_not(id), "no key"));
}

static void file_has_no_marks(void **state)
{
	(void)state;
	put("file.disabled");
	assert_rc(identities_set_file(&list, tempdir_file(&dir, "idevid.key"),
			  tempdir_file(&dir, "idevid.key"), NULL),
		DEVID_OK);
	assert_int_equal(list.n, 1);
	assert_string_equal(list.of[0].name, "file");
	assert_null(identity_why_not(&list.of[0]));
}

static void stamp_tells_a_file_that_was_replaced(void **state)
{
	static const char *const files[] = { "ldevid-0.key", "ldevid-0.pem" };
	struct identity_stamp a, b;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char path[PATH_MAX];

		identity_stamp(&list.of[0], &a);
		identity_stamp(&list.of[0], &b);
		assert_true(identity_stamp_equal(&a, &b));
		put("new"); /* as the key service does: another file */
		(void)snprintf(
			path, sizeof(path), "%s", tempdir_file(&dir, "new"));
		assert_int_equal(rename(path, tempdir_file(&dir, files[i])), 0);
		identity_stamp(&list.of[0], &b);
		assert_false(identity_stamp_equal(&a, &b));
	}
	take("ldevid-0.pem");
	identity_stamp(&list.of[0], &a);
	assert_false(identity_stamp_equal(&a, &b));
}

/* covers: OWN-choose */
static void round_goes_through_all_in_order_and_then_waits(void **state)
{
	(void)state;
	for (int round = 0; round < 2; round++) {
		begin(0);
		assert_true(fails(ATTACH_CLASS_CERT_REJECTED));
		begin(1);
		assert_true(fails(ATTACH_CLASS_AUTHZ_DENIED));
		begin(2);
		assert_false(fails(ATTACH_CLASS_KEY_UNAVAILABLE));
	}
	begin(0);
}

static void other_failures_leave_the_turn(void **state)
{
	static const enum attach_class others[] = {
		ATTACH_CLASS_NO_AUTHENTICATOR,
		ATTACH_CLASS_SERVER_UNTRUSTED,
		ATTACH_CLASS_TIMEOUT,
		ATTACH_CLASS_NO_EAP_TLS,
		ATTACH_CLASS_OPEN_PORT,
	};

	(void)state;
	begin(0);
	assert_true(fails(ATTACH_CLASS_CERT_REJECTED));
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		begin(1);
		assert_false(fails(others[i]));
	}
	begin(1);
	/* and nothing of it is said of the identity */
	assert_int_equal(choice.passed[1].class, ATTACH_CLASS_NONE);
}

static void blame_is_by_evidence(void **state)
{
	struct attach a = ended(ATTACH_CLASS_AUTHZ_DENIED);

	(void)state;
	assert_true(identity_is_blamed(&a));
	a.tls_offered = false; /* it was the outer identity */
	assert_false(identity_is_blamed(&a));
	a = ended(ATTACH_CLASS_TLS_FAILED);
	assert_true(identity_is_blamed(&a));
	a.flight = FLIGHT_BEGUN;
	assert_true(identity_is_blamed(&a));
	a.flight = FLIGHT_HEARD; /* before our certificate */
	assert_false(identity_is_blamed(&a));
	a = ended(ATTACH_CLASS_TLS_FAILED);
	(void)strcpy(a.local_alert, "decode error"); /* ours */
	assert_false(identity_is_blamed(&a));
}

static void one_that_cannot_be_used_has_no_try(void **state)
{
	(void)state;
	take("ldevid-0.enabled");
	take("eap-0.pem");
	begin(2);
	assert_int_equal(choice.passed[0].class, ATTACH_CLASS_KEY_UNAVAILABLE);
	assert_string_equal(choice.passed[0].reason, "the key is disabled");
	assert_non_null(strstr(choice.passed[1].reason, "no certificate"));
	assert_false(fails(ATTACH_CLASS_CERT_REJECTED));
	begin(2);
	/* enabled: seen when the round is over, and at once when told */
	put("ldevid-0.enabled");
	identity_choice_renew(&choice);
	begin(0);
	assert_int_equal(choice.passed[1].class, ATTACH_CLASS_NONE);
}

static void none_that_can_be_used_leaves_the_first(void **state)
{
	(void)state;
	take("ldevid-0.enabled");
	put("eap-0.disabled");
	put("idevid.disabled");
	begin(0);
	assert_false(fails(ATTACH_CLASS_KEY_UNAVAILABLE));
	begin(0);
}

static void renewed_keeps_the_one_in_use_until_the_next_try(void **state)
{
	(void)state;
	begin(0);
	assert_true(fails(ATTACH_CLASS_CERT_REJECTED));
	begin(1);
	identity_choice_good(&choice);
	identity_choice_renew(&choice);
	assert_int_equal(choice.now, 1);
	assert_int_equal(choice.passed[0].class, ATTACH_CLASS_CERT_REJECTED);
	/* refused in a re-authentication: the new ones have their try */
	assert_true(fails(ATTACH_CLASS_CERT_REJECTED));
	begin(0);
	assert_int_equal(choice.passed[0].class, ATTACH_CLASS_NONE);
}

/* What failed is there no more: nobody waits for that. */
static void renewed_in_the_last_try_begins_anew_at_once(void **state)
{
	(void)state;
	begin(0);
	assert_true(fails(ATTACH_CLASS_CERT_REJECTED));
	begin(1);
	assert_true(fails(ATTACH_CLASS_CERT_REJECTED));
	begin(2);
	identity_choice_renew(&choice);
	assert_true(fails(ATTACH_CLASS_CERT_REJECTED));
	begin(0);
	assert_int_equal(choice.passed[2].class, ATTACH_CLASS_NONE);
}

static void one_in_use_that_is_refused_gives_way_to_the_preferred(void **state)
{
	(void)state;
	begin(0);
	assert_true(fails(ATTACH_CLASS_CERT_REJECTED));
	begin(1);
	identity_choice_good(&choice);
	begin(1);
	assert_true(fails(ATTACH_CLASS_AUTHZ_DENIED));
	begin(0);
}

static void single_one_is_never_passed_over(void **state)
{
	(void)state;
	list.n = 1;
	take("ldevid-0.enabled");
	begin(0);
	assert_int_equal(choice.passed[0].class, ATTACH_CLASS_NONE);
	assert_false(fails(ATTACH_CLASS_CERT_REJECTED));
	begin(0);
	list.n = 3; /* for teardown */
}

static void told_is_of_the_same_words(void **state)
{
	struct attach a = ended(ATTACH_CLASS_CERT_REJECTED);

	(void)state;
	begin(0);
	assert_false(identity_is_told(&choice, &a));
	assert_true(fails(ATTACH_CLASS_CERT_REJECTED));
	assert_false(identity_is_told(&choice, &a)); /* of another one */
	choice.now = 0;
	assert_true(identity_is_told(&choice, &a));
	a.reason[0] = 'B';
	assert_false(identity_is_told(&choice, &a));
}

static void passed_text_names_the_others_and_is_cut(void **state)
{
	char text[128], small[16];

	(void)state;
	begin(0);
	assert_true(fails(ATTACH_CLASS_CERT_REJECTED));
	begin(1);
	assert_true(fails(ATTACH_CLASS_AUTHZ_DENIED));
	begin(2);
	identity_passed_text(&choice, &list, "idevid", text, sizeof(text));
	assert_string_equal(text, "ldevid-0: CERT_REJECTED: because; "
				  "eap-0: AUTHZ_DENIED: because");
	identity_passed_text(&choice, &list, "ldevid-0", text, sizeof(text));
	assert_string_equal(text, "eap-0: AUTHZ_DENIED: because");
	identity_passed_text(&choice, &list, "idevid", small, sizeof(small));
	assert_string_equal(small, "ldevid-0: CERT_");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(why_not_is_what_the_files_say),
		TEST(file_has_no_marks),
		TEST(stamp_tells_a_file_that_was_replaced),
		TEST(round_goes_through_all_in_order_and_then_waits),
		TEST(other_failures_leave_the_turn),
		TEST(blame_is_by_evidence),
		TEST(one_that_cannot_be_used_has_no_try),
		TEST(none_that_can_be_used_leaves_the_first),
		TEST(renewed_keeps_the_one_in_use_until_the_next_try),
		TEST(renewed_in_the_last_try_begins_anew_at_once),
		TEST(one_in_use_that_is_refused_gives_way_to_the_preferred),
		TEST(single_one_is_never_passed_over),
		TEST(told_is_of_the_same_words),
		TEST(passed_text_names_the_others_and_is_cut),
	};

	log_init("test-agent-identity", (enum log_level)0); /* says nothing */
	return cmocka_run_group_tests(tests, NULL, NULL);
}

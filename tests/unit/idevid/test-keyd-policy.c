/* SPDX-License-Identifier: Apache-2.0 */
/* Who may ask for what. */
#include "cmocka-all.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "keyd-conf.h"
#include "keyd-policy.h"
#include "tempdir.h"
#include "tpm.h"

static void list_names_numbers_groups_resolved(void **state)
{
	struct policy_list list;

	(void)state;
	assert_rc(policy_parse_list("root, www-data,\t4711 @root @4712", false,
			  &list, NULL),
		DEVID_OK);
	assert_int_equal(list.n, 5);
	assert_int_equal(list.entries[0].id, 0);
	assert_false(list.entries[0].group);
	assert_int_equal(list.entries[1].id, 33);
	assert_int_equal(list.entries[2].id, 4711);
	assert_true(list.entries[3].group);
	assert_int_equal(list.entries[3].id, 0);
	assert_true(list.entries[4].group);
	assert_int_equal(list.entries[4].id, 4712);
}

static void list_empty_is_nobody(void **state)
{
	static const char *const texts[] = { "", " ", ",", " , ,," };
	struct policy_list list;

	(void)state;
	for (size_t i = 0; i < N_OF(texts); i++) {
		assert_rc(policy_parse_list(texts[i], false, &list, NULL),
			DEVID_OK);
		assert_int_equal(list.n, 0);
	}
}

static void list_unknown_name_refused_and_named(void **state)
{
	static const char *const bad[] = { "no-such-user-x", "@no-such-group-x",
		"@", "-1", "+1", "0x0", "4294967295", "4294967296",
		"18446744073709551616", "1 2x" };

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		struct policy_list list = { .n = 77 };
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(policy_parse_list(bad[i], false, &list, &err),
			DEVID_ERR_INVALID);
		assert_cause(&err, "no such user or group");
		assert_int_equal(list.n, 77); /* untouched */
	}
}

static void list_unknown_name_lenient_skipped(void **state)
{
	struct policy_list list;

	(void)state;
	assert_rc(policy_parse_list("no-such-user-x,root,@no-such-group-x",
			  true, &list, NULL),
		DEVID_OK);
	assert_int_equal(list.n, 1);
}

static void list_largest_uid_accepted(void **state)
{
	struct policy_list list;

	(void)state;
	assert_rc(
		policy_parse_list("4294967294", false, &list, NULL), DEVID_OK);
	assert_int_equal(list.entries[0].id, 4294967294u);
}

static void list_too_many_or_too_long_refused(void **state)
{
	struct policy_list list;
	char text[400] = "";
	char longest[100];

	(void)state;
	for (int i = 0; i < POLICY_ENTRIES_MAX; i++)
		strcat(text, "1,");
	assert_rc(policy_parse_list(text, false, &list, NULL), DEVID_OK);
	strcat(text, "1");
	assert_rc(policy_parse_list(text, false, &list, NULL),
		DEVID_ERR_TOO_LARGE);
	memset(longest, 'a', 65);
	longest[65] = '\0';
	assert_rc(policy_parse_list(longest, true, &list, NULL),
		DEVID_ERR_INVALID);
	longest[64] = '\0';
	assert_rc(policy_parse_list(longest, true, &list, NULL), DEVID_OK);
}

static struct policy make(const char *client, const char *server,
	const char *csr, const char *manage)
{
	struct policy p = { .is_limited = { false } };

	assert_rc(policy_parse_list(client, false, &p.tls_client, NULL), 0);
	assert_rc(policy_parse_list(server, false, &p.tls_server, NULL), 0);
	assert_rc(policy_parse_list(csr, false, &p.csr, NULL), 0);
	assert_rc(policy_parse_list(
			  manage, false, &p.managers[ROLE_MANAGER_MAKER], NULL),
		0);
	return p;
}

static void permissions_each_list_gives_its_own(void **state)
{
	struct policy p = make("1", "2", "3", "4");

	(void)state;
	for (unsigned uid = 0; uid < 6; uid++) {
		struct peer peer = { .uid = uid, .gid = 100 };
		unsigned want = PERM_ANYONE;

		if (uid >= 1 && uid <= 4)
			want |= 1u << (uid - 1);
		assert_int_equal(policy_permissions(&p, &peer), want);
		assert_int_equal(
			policy_is_listed(&p, &peer), want != PERM_ANYONE);
	}
}

/* covers: OWN-role-manager */
static void managers_each_of_their_roles(void **state)
{
	struct policy p = make("1", "2", "3", "4");
	struct peer ldevid = { .uid = 5, .gid = 100 },
		    owner = { .uid = 6, .gid = 100 };

	(void)state;
	assert_rc(policy_parse_list(
			  "5", false, &p.managers[ROLE_MANAGER_LDEVID], NULL),
		DEVID_OK);
	assert_rc(policy_parse_list(
			  "6", false, &p.managers[ROLE_MANAGER_OWNER], NULL),
		DEVID_OK);
	assert_int_equal(policy_permissions(&p, &ldevid),
		PERM_ANYONE | PERM_MANAGE_LDEVID);
	assert_int_equal(
		policy_permissions(&p, &owner), PERM_ANYONE | PERM_MANAGE_KEYS);
	assert_true(policy_is_listed(&p, &owner));
	assert_int_equal(PERM_MANAGER(ROLE_MANAGER_MAKER), PERM_MANAGE);
}

static void key_with_users_is_theirs(void **state)
{
	struct policy p = make("1", "1,2", "3", "4");
	struct peer one = { .uid = 1, .gid = 100 },
		    two = { .uid = 2, .gid = 100 };
	enum key_id id;

	(void)state;
	assert_true(key_id_by_name("tls-1", &id));
	assert_true(policy_may_use(&p, &one, id));
	p.is_limited[id] = true;
	assert_rc(policy_parse_list("2", false, &p.users[id], NULL), DEVID_OK);
	assert_false(policy_may_use(&p, &one, id));
	assert_true(policy_may_use(&p, &two, id));
	assert_true(policy_may_use(&p, &one, KEY_IDEVID));
}

static void permissions_root_has_none_by_itself(void **state)
{
	struct policy p = make("1", "1", "1", "1");
	struct peer peer = { .uid = 0 };

	(void)state;
	assert_int_equal(policy_permissions(&p, &peer), PERM_ANYONE);
}

static void permissions_group_primary_and_supplementary(void **state)
{
	struct policy p = make("@7", "@8", "", "@9");
	struct peer peer = {
		.uid = 8, .gid = 7, .groups = { 5, 9 }, .n_groups = 2
	};

	(void)state;
	assert_int_equal(policy_permissions(&p, &peer),
		PERM_ANYONE | PERM_TLS_CLIENT | PERM_MANAGE);
	peer.n_groups = 1;
	assert_int_equal(
		policy_permissions(&p, &peer), PERM_ANYONE | PERM_TLS_CLIENT);
}

static void permissions_user_number_is_no_group_number(void **state)
{
	struct policy p = make("7", "@7", "", "");
	struct peer user = { .uid = 7, .gid = 1 }, group = { .gid = 7 };

	(void)state;
	group.uid = 1;
	assert_int_equal(
		policy_permissions(&p, &user), PERM_ANYONE | PERM_TLS_CLIENT);
	assert_int_equal(
		policy_permissions(&p, &group), PERM_ANYONE | PERM_TLS_SERVER);
}

static void default_root_holds_all_and_others_nothing(void **state)
{
	struct peer root = { .uid = 0 }, www = { .uid = 33, .gid = 33 },
		    other = { .uid = 61234, .gid = 61234 };
	struct policy p;

	(void)state;
	policy_default(&p);
	assert_int_equal(policy_permissions(&p, &root), 127);
	assert_int_equal(
		policy_permissions(&p, &www), PERM_ANYONE | PERM_TLS_SERVER);
	assert_int_equal(policy_permissions(&p, &other), PERM_ANYONE);
}

static void peer_of_socket_is_this_process(void **state)
{
	struct peer peer;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
	assert_rc(policy_get_peer(fds[0], &peer, NULL), DEVID_OK);
	assert_int_equal(peer.pid, getpid());
	assert_int_equal(peer.uid, geteuid());
	assert_int_equal(peer.gid, getegid());
	(void)close(fds[0]);
	(void)close(fds[1]);
	assert_rc(policy_get_peer(-1, &peer, NULL), DEVID_ERR_IO);
}

/* The file of a password: its line, and nobody else may read it. */
static void auth_of_a_file_that_others_can_read_refused(void **state)
{
	static const struct {
		unsigned mode;
		enum devid_err rc;
	} cases[] = { { 0600, DEVID_OK }, { 0640, DEVID_OK },
		{ 0644, DEVID_ERR_DENIED }, { 0641, DEVID_ERR_DENIED } };
	struct tempdir dir = tempdir_new();
	const char *path = tempdir_file(&dir, "auth");

	(void)state;
	for (size_t i = 0; i < N_OF(cases); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct tpm_auth auth = { .len = 0 };

		tempdir_write(&dir, "auth", "pass\n", 5, cases[i].mode);
		assert_rc(keyd_conf_auth(&auth, path, NULL, NULL, &err),
			cases[i].rc);
		if (cases[i].rc == DEVID_OK) {
			assert_int_equal(auth.len, 4);
			assert_memory_equal(auth.data, "pass", 4);
		} else {
			assert_non_null(strstr(err.text, "it is secret"));
		}
	}
	tempdir_remove(&dir);
}

static void add_user(struct policy_list *list, bool group, unsigned id)
{
	list->entries[list->n++] = (struct policy_entry) { group, id };
}

/* The files of a key are for whom the service tells of it, in the order that
 * the kernel wants.
 * covers: OWN-role-listed */
static void readers_are_who_may_see_the_key(void **state)
{
	struct policy p = { .tls_client.n = 0 };
	struct readers who;
	enum key_id tls, eap;

	(void)state;
	assert_true(key_id_by_name("tls-0", &tls));
	assert_true(key_id_by_name("eap-0", &eap));
	add_user(&p.tls_server, false, 33);
	add_user(&p.tls_server, true, 7);
	add_user(&p.csr, false, 9);
	add_user(&p.csr, false, 33);
	add_user(&p.tls_client, false, 5);
	add_user(&p.managers[ROLE_MANAGER_OWNER], false, 0);
	policy_readers(&p, tls, &who);
	assert_int_equal(who.n, 4);
	assert_int_equal(who.list[0].id, 0);
	assert_int_equal(who.list[1].id, 9);
	assert_int_equal(who.list[2].id, 33);
	assert_false(who.list[2].group);
	assert_int_equal(who.list[3].id, 7);
	assert_true(who.list[3].group);
	policy_readers(&p, eap, &who);
	assert_int_equal(who.n, 4); /* 0, 5, 9, 33 */
	assert_int_equal(who.list[1].id, 5);
	p.is_limited[tls] = true;
	add_user(&p.users[tls], false, 11);
	policy_readers(&p, tls, &who);
	assert_int_equal(who.n, 2);
	assert_int_equal(who.list[1].id, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(auth_of_a_file_that_others_can_read_refused),
		cmocka_unit_test(list_names_numbers_groups_resolved),
		cmocka_unit_test(list_empty_is_nobody),
		cmocka_unit_test(readers_are_who_may_see_the_key),
		cmocka_unit_test(list_unknown_name_refused_and_named),
		cmocka_unit_test(list_unknown_name_lenient_skipped),
		cmocka_unit_test(list_largest_uid_accepted),
		cmocka_unit_test(list_too_many_or_too_long_refused),
		cmocka_unit_test(permissions_each_list_gives_its_own),
		cmocka_unit_test(managers_each_of_their_roles),
		cmocka_unit_test(key_with_users_is_theirs),
		cmocka_unit_test(permissions_root_has_none_by_itself),
		cmocka_unit_test(permissions_group_primary_and_supplementary),
		cmocka_unit_test(permissions_user_number_is_no_group_number),
		cmocka_unit_test(default_root_holds_all_and_others_nothing),
		cmocka_unit_test(peer_of_socket_is_this_process),
	};

	return cmocka_run_group_tests_name("keyd-policy", tests, NULL, NULL);
}

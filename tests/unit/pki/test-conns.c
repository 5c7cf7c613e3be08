/* SPDX-License-Identifier: Apache-2.0 */
/* The table of connections, with real sockets. */
#include "cmocka-all.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conns.h"

#define MAX 16

static int pairs[64][2];
static int n_pairs;

static int setup(void **state)
{
	n_pairs = 0;
	return http_conns_new(MAX, (struct http_conns **)state, NULL);
}

static int teardown(void **state)
{
	for (int i = 0; i < n_pairs; i++) {
		(void)close(pairs[i][0]);
		(void)close(pairs[i][1]);
	}
	http_conns_free(*state);
	return 0;
}

/* One of a station that has shown who it is. */
static bool add_known(struct http_conns *c, int fd, int64_t now)
{
	bool added = http_conns_add(c, fd, HTTP_STATIONS, now);

	http_conns_known(c, fd);
	return added;
}

/* Our end of a new connection. */
static int connection(void)
{
	int *pair = pairs[n_pairs++];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	return pair[0];
}

static bool ended(int fd)
{
	char byte;

	return recv(fd, &byte, 1, MSG_DONTWAIT) == 0;
}

static void add_up_to_the_limit_then_shut_down(void **state)
{
	int fd;

	for (int i = 0; i < MAX; i++)
		assert_true(add_known(*state, connection(), 0));
	fd = connection();
	assert_false(add_known(*state, fd, 0));
	assert_true(ended(fd));
	assert_int_equal(http_conns_count(*state), MAX);
}

static void add_public_leaves_a_quarter_to_stations(void **state)
{
	for (int i = 0; i < MAX - MAX / 4; i++)
		assert_true(
			http_conns_add(*state, connection(), HTTP_PUBLIC, 0));
	assert_false(http_conns_add(*state, connection(), HTTP_PUBLIC, 0));
	for (int i = 0; i < MAX / 4; i++)
		assert_true(add_known(*state, connection(), 0));
	assert_false(add_known(*state, connection(), 0));
}

static void add_after_others_closed_finds_their_room(void **state)
{
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < MAX; i++)
			assert_true(add_known(*state, connection(), 0));
		assert_int_equal(http_conns_count(*state), MAX);
		while (n_pairs > 0) {
			(void)close(pairs[--n_pairs][0]);
			(void)close(pairs[n_pairs][1]);
		}
	}
	assert_int_equal(http_conns_count(*state), 0);
}

static void add_descriptor_used_again_counts_once(void **state)
{
	int first = connection(), again;

	assert_true(http_conns_add(*state, first, HTTP_PUBLIC, 0));
	(void)close(first);
	again = connection(); /* the lowest number that is free */
	assert_int_equal(again, first);
	assert_true(add_known(*state, again, 0));
	assert_int_equal(http_conns_count(*state), 1);
	pairs[0][0] = -1; /* closed here already */
}

static void add_no_descriptor_refused(void **state)
{
	assert_false(http_conns_add(*state, -1, HTTP_STATIONS, 0));
	assert_int_equal(http_conns_count(*state), 0);
}

static void expire_without_a_request_in_time(void **state)
{
	int fd = connection();

	assert_true(add_known(*state, fd, 1000));
	http_conns_expire(*state, 1000 + HTTP_REQUEST_SECONDS * 1000);
	assert_false(ended(fd));
	http_conns_expire(*state, 1001 + HTTP_REQUEST_SECONDS * 1000);
	assert_true(ended(fd));
}

static void expire_handshake_not_done_in_time(void **state)
{
	int slow = connection(), done = connection();

	assert_true(http_conns_add(*state, slow, HTTP_STATIONS, 1000));
	assert_true(add_known(*state, done, 1000));
	http_conns_expire(*state, 1000 + HTTP_HANDSHAKE_SECONDS * 1000);
	assert_false(ended(slow));
	http_conns_expire(*state, 1001 + HTTP_HANDSHAKE_SECONDS * 1000);
	assert_true(ended(slow));
	assert_false(ended(done));
}

/* Sockets of this test have no address, which is one as well. */
static void add_a_quarter_in_handshakes_from_one_source(void **state)
{
	int fd, first = connection();

	assert_true(http_conns_add(*state, first, HTTP_STATIONS, 0));
	for (int i = 1; i < MAX / 4; i++)
		assert_true(
			http_conns_add(*state, connection(), HTTP_STATIONS, 0));
	fd = connection();
	assert_false(http_conns_add(*state, fd, HTTP_STATIONS, 0));
	assert_true(ended(fd));
	/* The public has no handshakes. */
	assert_true(http_conns_add(*state, connection(), HTTP_PUBLIC, 0));
	http_conns_known(*state, first);
	http_conns_known(*state, first);
	assert_true(http_conns_add(*state, connection(), HTTP_STATIONS, 0));
	assert_false(http_conns_add(*state, connection(), HTTP_STATIONS, 0));
	/* What was closed counts no more. */
	(void)close(pairs[1][0]);
	pairs[1][0] = -1;
	assert_true(http_conns_add(*state, connection(), HTTP_STATIONS, 1000));
}

static void expire_not_while_at_work(void **state)
{
	int fd = connection();

	assert_true(add_known(*state, fd, 0));
	http_conns_busy(*state, fd);
	http_conns_expire(*state, INT64_MAX / 2);
	assert_false(ended(fd));
}

static void expire_an_answer_not_read_in_time(void **state)
{
	int fd = connection();

	assert_true(add_known(*state, fd, 0));
	http_conns_busy(*state, fd);
	http_conns_answered(*state, fd, 5000);
	http_conns_expire(*state, 5000 + HTTP_ANSWER_SECONDS * 1000);
	assert_false(ended(fd));
	http_conns_expire(*state, 5001 + HTTP_ANSWER_SECONDS * 1000);
	assert_true(ended(fd));
}

static void expire_time_begins_anew_after_an_answer(void **state)
{
	int fd = connection();

	assert_true(add_known(*state, fd, 0));
	http_conns_busy(*state, fd);
	http_conns_answered(*state, fd, 10000);
	http_conns_idle(*state, fd, 20000);
	http_conns_expire(*state, 20000 + HTTP_REQUEST_SECONDS * 1000);
	assert_false(ended(fd));
	http_conns_expire(*state, 20001 + HTTP_REQUEST_SECONDS * 1000);
	assert_true(ended(fd));
}

/* The number belongs to something else by now. */
static void expire_closed_one_leaves_others_alone(void **state)
{
	int first = connection(), again;

	assert_true(http_conns_add(*state, first, HTTP_PUBLIC, 0));
	(void)close(first);
	again = connection();
	assert_int_equal(again, first);
	http_conns_expire(*state, INT64_MAX / 2);
	http_conns_end_idle(*state);
	assert_false(ended(again));
	assert_int_equal(http_conns_count(*state), 0);
	pairs[0][0] = -1;
}

static void end_idle_spares_those_at_work(void **state)
{
	int idle = connection(), works = connection(), answers = connection();

	assert_true(add_known(*state, idle, 0));
	assert_true(add_known(*state, works, 0));
	assert_true(add_known(*state, answers, 0));
	http_conns_busy(*state, works);
	http_conns_busy(*state, answers);
	http_conns_answered(*state, answers, 0);
	http_conns_end_idle(*state);
	assert_true(ended(idle));
	assert_false(ended(works));
	assert_false(ended(answers));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
		T(add_up_to_the_limit_then_shut_down),
		T(add_public_leaves_a_quarter_to_stations),
		T(add_after_others_closed_finds_their_room),
		T(add_descriptor_used_again_counts_once),
		T(add_no_descriptor_refused),
		T(expire_without_a_request_in_time),
		T(expire_handshake_not_done_in_time),
		T(add_a_quarter_in_handshakes_from_one_source),
		T(expire_not_while_at_work),
		T(expire_an_answer_not_read_in_time),
		T(expire_time_begins_anew_after_an_answer),
		T(expire_closed_one_leaves_others_alone),
		T(end_idle_spares_those_at_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The table of connections, with real sockets. */
#include "cmocka-all.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conns.h"

#define MAX 16

static int pairs[64][2];
static int n_pairs;

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

/* Our end of a new connection from 127.0.0.@host. */
static int connection_from(unsigned host)
{
	int *pair = pairs[n_pairs++];
	struct sockaddr_in addr = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	struct sockaddr_in from = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl((INADDR_LOOPBACK & ~0xffu) | host) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	pair[1] = socket(AF_INET, SOCK_STREAM, 0);
	assert_true(pair[1] >= 0);
	assert_int_equal(
		bind(pair[1], (struct sockaddr *)&from, sizeof(from)), 0);
	assert_int_equal(connect(pair[1], (struct sockaddr *)&addr, len), 0);
	pair[0] = accept(fd, NULL, NULL);
	assert_true(pair[0] >= 0);
	(void)close(fd);
	return pair[0];
}

#define HOSTS 5 /* from 2 on */

/* Whether no two hosts of the tests share a place by the secret hash. */
static bool are_apart(struct http_conns *c)
{
	bool seen[HTTP_SOURCES] = { false };
	bool apart = true;

	for (unsigned i = 0; i < HOSTS; i++) {
		int fd = connection_from(2 + i);
		uint16_t source;

		assert_true(http_conns_add(c, fd, HTTP_PUBLIC, 0));
		source = http_conns_source(c, fd);
		apart = apart && !seen[source];
		seen[source] = true;
	}
	while (n_pairs > 0) {
		(void)close(pairs[--n_pairs][0]);
		(void)close(pairs[n_pairs][1]);
	}
	(void)http_conns_count(c);
	return apart;
}

static int setup(void **state)
{
	struct http_conns **conns = (struct http_conns **)state;

	n_pairs = 0;
	if (http_conns_new(MAX, conns, NULL) != DEVID_OK)
		return -1;
	while (!are_apart(*conns)) {
		http_conns_free(*conns);
		if (http_conns_new(MAX, conns, NULL) != DEVID_OK)
			return -1;
	}
	return 0;
}

#define SIDE_MAX (MAX - MAX / 4)

/* Who has most gives up what waited longest, his own for a new one of his. */
static void add_above_the_limit_own_idle_one_goes(void **state)
{
	int oldest = connection();

	assert_true(http_conns_add(*state, oldest, HTTP_PUBLIC, 0));
	for (int i = 1; i < SIDE_MAX; i++)
		assert_true(
			http_conns_add(*state, connection(), HTTP_PUBLIC, i));
	assert_true(http_conns_add(*state, connection(), HTTP_PUBLIC, 50));
	assert_true(ended(oldest));
	assert_int_equal(http_conns_count(*state), SIDE_MAX);
}

static void add_above_the_limit_without_an_idle_one_shut_down(void **state)
{
	int fd;

	for (int i = 0; i < SIDE_MAX; i++) {
		fd = connection();
		assert_true(http_conns_add(*state, fd, HTTP_PUBLIC, 0));
		http_conns_busy(*state, fd);
	}
	fd = connection();
	assert_false(http_conns_add(*state, fd, HTTP_PUBLIC, 0));
	assert_true(ended(fd));
	assert_null(http_conns_head(*state, fd));
	assert_int_equal(http_conns_count(*state), SIDE_MAX);
}

/* The new one is nobody yet, and the others have shown who they are. */
static void add_station_above_the_limit_ends_no_known_one_of_its_own(
	void **state)
{
	int fd;

	for (int i = 0; i < SIDE_MAX; i++)
		assert_true(add_known(*state, connection(), 0));
	fd = connection();
	assert_false(add_known(*state, fd, 0));
	assert_true(ended(fd));
}

static void add_either_side_leaves_a_quarter_to_the_other(void **state)
{
	for (int i = 0; i < 2 * MAX; i++)
		(void)http_conns_add(*state, connection(), HTTP_PUBLIC, 0);
	for (int i = 0; i < MAX / 4; i++)
		assert_true(add_known(*state, connection(), 0));
	assert_int_equal(http_conns_count(*state), MAX);
	assert_false(add_known(*state, connection(), 0));
}

static void add_public_finds_a_quarter_beside_stations(void **state)
{
	for (int i = 0; i < SIDE_MAX; i++)
		assert_true(add_known(*state, connection(), 0));
	for (int i = 0; i < MAX / 4; i++)
		assert_true(
			http_conns_add(*state, connection(), HTTP_PUBLIC, 0));
	assert_int_equal(http_conns_count(*state), MAX);
}

/* Fills a side from host 2, with one of host 3 among them; the last one. */
static int fill(struct http_conns *c, enum http_side side, int ret[SIDE_MAX])
{
	for (int i = 0; i < SIDE_MAX - 1; i++) {
		ret[i] = connection_from(2);
		assert_true(http_conns_add(c, ret[i], side, i));
		http_conns_known(c, ret[i]);
	}
	ret[SIDE_MAX - 1] = connection_from(3);
	assert_true(http_conns_add(c, ret[SIDE_MAX - 1], side, 0));
	http_conns_known(c, ret[SIDE_MAX - 1]);
	return ret[SIDE_MAX - 1];
}

static void add_of_another_address_idle_one_of_the_fullest_goes(void **state)
{
	int fds[SIDE_MAX], other = fill(*state, HTTP_PUBLIC, fds);

	http_conns_busy(*state, fds[0]);
	http_conns_busy(*state, fds[1]);
	http_conns_answered(*state, fds[1], 0);
	assert_true(
		http_conns_add(*state, connection_from(4), HTTP_PUBLIC, 50));
	assert_true(ended(fds[2]));
	assert_false(ended(fds[0]));
	assert_false(ended(fds[1]));
	assert_false(ended(other));
	assert_int_equal(http_conns_count(*state), SIDE_MAX);
}

/* An answer that is not read, then a request that waits for its answer. */
static void add_of_another_address_busy_ones_of_the_fullest_go(void **state)
{
	int fds[SIDE_MAX], other = fill(*state, HTTP_PUBLIC, fds);

	for (int i = 0; i < SIDE_MAX - 1; i++)
		http_conns_busy(*state, fds[i]);
	http_conns_answered(*state, fds[5], 0);
	assert_true(
		http_conns_add(*state, connection_from(4), HTTP_PUBLIC, 50));
	assert_true(ended(fds[5]));
	assert_true(
		http_conns_add(*state, connection_from(4), HTTP_PUBLIC, 50));
	assert_true(ended(fds[0]));
	assert_false(ended(other));
}

/* A handshake before a station that has shown who it is; its request never. */
static void add_station_of_another_address_handshake_goes_first(void **state)
{
	int fds[SIDE_MAX], shakes;

	(void)fill(*state, HTTP_STATIONS, fds);
	(void)close(fds[0]);
	(void)http_conns_count(*state);
	shakes = connection_from(2);
	pairs[0][0] = -1;
	assert_true(http_conns_add(*state, shakes, HTTP_STATIONS, 50));
	assert_true(
		http_conns_add(*state, connection_from(4), HTTP_STATIONS, 50));
	assert_true(ended(shakes));
	for (int i = 1; i < SIDE_MAX; i++)
		assert_false(ended(fds[i]));
	assert_true(
		http_conns_add(*state, connection_from(5), HTTP_STATIONS, 50));
	assert_true(ended(fds[1]));
	for (int i = 2; i < SIDE_MAX - 1; i++)
		http_conns_busy(*state, fds[i]);
	assert_false(
		http_conns_add(*state, connection_from(6), HTTP_STATIONS, 50));
}

static void source_by_address(void **state)
{
	int a = connection_from(2), b = connection_from(2),
	    c = connection_from(3);

	assert_true(http_conns_add(*state, a, HTTP_PUBLIC, 0));
	assert_true(http_conns_add(*state, b, HTTP_PUBLIC, 0));
	assert_true(http_conns_add(*state, c, HTTP_PUBLIC, 0));
	assert_int_equal(
		http_conns_source(*state, a), http_conns_source(*state, b));
	assert_true(http_conns_source(*state, a) < HTTP_SOURCES);
	assert_int_not_equal(
		http_conns_source(*state, a), http_conns_source(*state, c));
}

/* A descriptor is in use until it is closed, whosever the place is. */
static void ended_counts_what_was_shut_down_until_it_is_closed(void **state)
{
	int fd, oldest = connection();

	assert_true(http_conns_add(*state, oldest, HTTP_PUBLIC, 0));
	for (int i = 1; i < SIDE_MAX; i++)
		assert_true(
			http_conns_add(*state, connection(), HTTP_PUBLIC, i));
	assert_int_equal(http_conns_ended(*state), 0);
	assert_true(http_conns_add(*state, connection(), HTTP_PUBLIC, 50));
	assert_int_equal(http_conns_ended(*state), 1);
	assert_null(http_conns_head(*state, oldest));
	http_conns_busy(*state, oldest);
	assert_int_equal(http_conns_count(*state), SIDE_MAX);

	for (int i = 0; i < MAX / 4; i++)
		assert_true(add_known(*state, connection(), 0));
	fd = connection();
	assert_false(add_known(*state, fd, 0));
	assert_int_equal(http_conns_ended(*state), 2);
	(void)close(oldest);
	assert_int_equal(http_conns_ended(*state), 1);
	(void)close(fd);
	assert_int_equal(http_conns_ended(*state), 0);
	assert_int_equal(http_conns_count(*state), MAX);
}

static void add_after_others_closed_finds_their_room(void **state)
{
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < SIDE_MAX; i++)
			assert_true(add_known(*state, connection(), 0));
		assert_int_equal(http_conns_count(*state), SIDE_MAX);
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
		T(add_above_the_limit_own_idle_one_goes),
		T(add_above_the_limit_without_an_idle_one_shut_down),
		T(add_station_above_the_limit_ends_no_known_one_of_its_own),
		T(add_either_side_leaves_a_quarter_to_the_other),
		T(add_public_finds_a_quarter_beside_stations),
		T(add_of_another_address_idle_one_of_the_fullest_goes),
		T(add_of_another_address_busy_ones_of_the_fullest_go),
		T(add_station_of_another_address_handshake_goes_first),
		T(source_by_address),
		T(ended_counts_what_was_shut_down_until_it_is_closed),
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

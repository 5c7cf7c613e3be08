/* SPDX-License-Identifier: Apache-2.0 */
/* To which socket the agent speaks. */
#include "cmocka-all.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctrl.h"

static char dir[] = "/tmp/devid-ctrl.XXXXXX";
static char there[64], link_to_it[64], file[64];
static sd_event *event;
static int server;

static int setup(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	FILE *f;

	(void)state;
	if (!mkdtemp(dir) || sd_event_new(&event) < 0)
		return -1;
	(void)snprintf(there, sizeof(there), "%s/there", dir);
	(void)snprintf(link_to_it, sizeof(link_to_it), "%s/link", dir);
	(void)snprintf(file, sizeof(file), "%s/file", dir);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", there);
	server = socket(AF_UNIX, SOCK_DGRAM, 0);
	f = fopen(file, "w");
	if (server < 0 || !f || fclose(f) != 0 ||
		bind(server, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -1;
	return symlink(there, link_to_it);
}

static int teardown(void **state)
{
	(void)state;
	sd_event_unref(event);
	(void)close(server);
	(void)unlink(there);
	(void)unlink(link_to_it);
	(void)unlink(file);
	return rmdir(dir);
}

static enum devid_err connect_to(
	const char *path, uid_t uid, struct devid_error *err)
{
	const struct ctrl_options options = {
		.server = path, .client_dir = dir, .uid = uid, .gid = getegid()
	};
	struct ctrl *ctrl = NULL;
	enum devid_err rc = ctrl_open(event, &options, &ctrl, err);

	ctrl_close(ctrl);
	return rc;
}

static void open_socket_of_the_supplicant_connects(void **state)
{
	(void)state;
	assert_int_equal(connect_to(there, geteuid(), NULL), DEVID_OK);
}

static void open_link_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_int_equal(
		connect_to(link_to_it, geteuid(), &err), DEVID_ERR_DENIED);
	assert_non_null(strstr(err.text, "a link"));
}

static void open_file_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_int_equal(connect_to(file, geteuid(), &err), DEVID_ERR_DENIED);
	assert_non_null(strstr(err.text, "not a socket"));
}

static void open_socket_of_another_user_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	assert_int_equal(
		connect_to(there, geteuid() + 1, &err), DEVID_ERR_DENIED);
	assert_non_null(strstr(err.text, "belongs to user"));
}

static void open_nothing_there_unreachable(void **state)
{
	char path[80];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/no", dir);
	assert_int_equal(
		connect_to(path, geteuid(), NULL), DEVID_ERR_UNREACHABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(open_socket_of_the_supplicant_connects),
		cmocka_unit_test(open_link_refused),
		cmocka_unit_test(open_file_refused),
		cmocka_unit_test(open_socket_of_another_user_refused),
		cmocka_unit_test(open_nothing_there_unreachable),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

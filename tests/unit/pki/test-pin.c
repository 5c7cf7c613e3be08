/* SPDX-License-Identifier: Apache-2.0 */
/* Where PINs come from: descriptor, file, prompt. */
#include "cmocka-all.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tempdir.h"
#include "token.h"
#include "trace.h"
#include "pin.h"

static struct devid_error err;

static int setup(void **state)
{
	devid_error_clear(&err);
	return tempdir_setup(state);
}

/* ---- descriptor ---- */

static int pipe_with(const char *data, size_t len)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], data, len), (ssize_t)len);
	assert_int_equal(close(fds[1]), 0);
	return fds[0];
}

static enum devid_err read_fd(int fd, struct pin *pin)
{
	const struct pin_source source = { .fd = fd };

	devid_error_clear(&err);
	return pin_read(&source, pin, &err);
}

static void read_fd_until_end_or_newline(void **state)
{
	struct pin pin = { 0 };
	int fd = pipe_with("12 34", 5);

	(void)state;
	assert_rc(read_fd(fd, &pin), DEVID_OK);
	assert_string_equal(pin.text, "12 34");
	assert_int_equal(pin.len, 5);
	assert_false(pin.by_hand);
	(void)close(fd);
}

static void read_fd_two_lines_two_pins(void **state)
{
	struct pin pin = { 0 };
	int fd = pipe_with("first\nsecond\n", 13);

	(void)state;
	assert_rc(read_fd(fd, &pin), DEVID_OK);
	assert_string_equal(pin.text, "first");
	assert_rc(read_fd(fd, &pin), DEVID_OK);
	assert_string_equal(pin.text, "second");
	assert_rc(read_fd(fd, &pin), DEVID_ERR_INVALID);
	assert_cause(&err, "empty");
	(void)close(fd);
}

static void read_fd_longest_taken_one_more_refused(void **state)
{
	char text[TOKEN_PIN_MAX + 1];
	struct pin pin = { 0 };
	int fd;

	(void)state;
	memset(text, 'x', sizeof(text));
	fd = pipe_with(text, TOKEN_PIN_MAX);
	assert_rc(read_fd(fd, &pin), DEVID_OK);
	assert_int_equal(pin.len, TOKEN_PIN_MAX);
	(void)close(fd);
	fd = pipe_with(text, TOKEN_PIN_MAX + 1);
	assert_rc(read_fd(fd, &pin), DEVID_ERR_INVALID);
	assert_cause(&err, "longer than 255");
	(void)close(fd);
}

static void read_fd_nul_byte_refused(void **state)
{
	struct pin pin = { 0 };
	int fd = pipe_with("12\0"
			   "34",
		5);

	(void)state;
	assert_rc(read_fd(fd, &pin), DEVID_ERR_INVALID);
	assert_cause(&err, "NUL");
	assert_int_equal(pin.len, 0);
	(void)close(fd);
}

static void read_fd_closed_fails(void **state)
{
	struct pin pin = { 0 };

	(void)state;
	assert_rc(read_fd(1000, &pin), DEVID_ERR_IO);
}

static void read_no_source_refused(void **state)
{
	struct pin pin = { 0 };

	(void)state;
	assert_rc(read_fd(-1, &pin), DEVID_ERR_INVALID);
	assert_cause(&err, "nothing says");
}

/* ---- file ---- */

static enum devid_err read_file(const char *path, struct pin *pin)
{
	const struct pin_source source = { .fd = -1, .file = path };

	devid_error_clear(&err);
	return pin_read(&source, pin, &err);
}

static void read_file_of_owner_only(void **state)
{
	static const unsigned modes[] = { 0600, 0400 };
	struct pin pin = { 0 };

	for (size_t i = 0; i < N_OF(modes); i++) {
		tempdir_write(*state, "f", "1234\n", 5, modes[i]);
		assert_rc(read_file(tempdir_file(*state, "f"), &pin), DEVID_OK);
		assert_string_equal(pin.text, "1234");
		assert_int_equal(unlink(tempdir_file(*state, "f")), 0);
	}
}

static void read_file_open_to_others_refused(void **state)
{
	static const unsigned modes[] = { 0644, 0640, 0604, 0620, 0602, 0610,
		0601 };
	struct pin pin = { 0 };

	for (size_t i = 0; i < N_OF(modes); i++) {
		tempdir_write(*state, "f", "1234", 4, modes[i]);
		assert_rc(read_file(tempdir_file(*state, "f"), &pin),
			DEVID_ERR_DENIED);
		assert_cause(&err, "it must be 0600 or 0400");
		assert_int_equal(pin.len, 0);
	}
}

static void read_file_owned_by_another_refused(void **state)
{
	const char *path = tempdir_file(*state, "f");
	struct pin pin = { 0 };

	if (geteuid() != 0) {
		print_message("skipped: only root can give a file away\n");
		skip();
	}
	tempdir_write(*state, "f", "1234", 4, 0600);
	assert_int_equal(chown(path, 61234, 0), 0);
	assert_rc(read_file(path, &pin), DEVID_ERR_DENIED);
	assert_cause(&err, "owned by uid 61234");
}

static void read_file_absent_link_or_fifo_refused(void **state)
{
	struct pin pin = { 0 };

	assert_rc(read_file(tempdir_file(*state, "f"), &pin),
		DEVID_ERR_NOT_FOUND);
	tempdir_write(*state, "f", "1234", 4, 0600);
	assert_int_equal(symlink("f", tempdir_file(*state, "l")), 0);
	assert_rc(read_file(tempdir_file(*state, "l"), &pin), DEVID_ERR_IO);
	assert_int_equal(mkfifo(tempdir_file(*state, "p"), 0600), 0);
	assert_rc(read_file(tempdir_file(*state, "p"), &pin), DEVID_ERR_DENIED);
	assert_cause(&err, "not a regular file");
}

static void read_file_empty_refused(void **state)
{
	struct pin pin = { 0 };

	tempdir_write(*state, "f", "\n1234", 5, 0600);
	assert_rc(
		read_file(tempdir_file(*state, "f"), &pin), DEVID_ERR_INVALID);
	assert_cause(&err, "empty");
}

/* ---- prompt ---- */

/* What a child with a terminal, or without one, found. */
struct report {
	enum devid_err rc;
	struct pin pin;
	char cause[DEVID_ERROR_TEXT_MAX];
};

static void ask_and_report(int out)
{
	const struct pin_source source = { -1, NULL, true, "token \"ca\"" };
	struct report report = { 0 };
	struct devid_error why = { DEVID_OK, "" };

	report.rc = pin_read(&source, &report.pin, &why);
	memcpy(report.cause, why.text, sizeof(why.text));
	_exit(write(out, &report, sizeof(report)) == sizeof(report) ? 0 : 1);
}

/* Reads the terminal until @part shows, or its end; returns what was there. */
static size_t read_terminal(int fd, const char *part, char *ret, size_t max)
{
	size_t n = 0;

	while (n + 1 < max) {
		ssize_t r = read(fd, ret + n, max - 1 - n);

		if (r <= 0) /* EIO: the child is gone */
			break;
		n += (size_t)r;
		ret[n] = '\0';
		if (part && strstr(ret, part))
			break;
	}
	ret[n] = '\0';
	return n;
}

static bool has_no_echo(void *tty)
{
	struct termios mode;

	assert_int_equal(tcgetattr(*(int *)tty, &mode), 0);
	return (mode.c_lflag & ECHO) == 0;
}

/* Types @keys at the prompt; what the terminal showed goes to @shown. */
static struct report prompt(const char *keys, char *shown, size_t max)
{
	struct report report;
	int fds[2], tty, status;
	size_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = forkpty(&tty, NULL, NULL, NULL);
	if (pid == 0) {
		if (!trace_me())
			_exit(1);
		ask_and_report(fds[1]);
	}
	assert_true(pid > 0);
	(void)close(fds[1]);
	/* The prompt comes before the echo goes, and a key that interrupts is
	 * lost between that and the reading: nobody types that fast. */
	assert_true(trace_to_read(pid, has_no_echo, &tty));
	n = read_terminal(tty, "PIN of token \"ca\": ", shown, max);
	assert_non_null(strstr(shown, "PIN of token \"ca\": "));
	assert_int_equal(write(tty, keys, strlen(keys)), strlen(keys));
	(void)read_terminal(tty, NULL, shown + n, max - n);
	assert_int_equal(read(fds[0], &report, sizeof(report)), sizeof(report));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)close(fds[0]);
	(void)close(tty);
	return report;
}

static void read_prompt_by_hand_without_echo(void **state)
{
	char shown[512];
	struct report report = prompt("Sesame 1\n", shown, sizeof(shown));

	(void)state;
	assert_int_equal(report.rc, DEVID_OK);
	assert_string_equal(report.pin.text, "Sesame 1");
	assert_int_equal(report.pin.len, 8);
	assert_true(report.pin.by_hand);
	assert_null(strstr(shown, "Sesame"));
}

static void read_prompt_empty_or_interrupted_refused(void **state)
{
	char shown[512];
	struct report report = prompt("\n", shown, sizeof(shown));

	(void)state;
	assert_int_equal(report.rc, DEVID_ERR_INVALID);
	assert_int_equal(report.pin.len, 0);
	assert_non_null(strstr(report.cause, "none typed"));
	report = prompt("12\x03", shown, sizeof(shown));
	assert_int_equal(report.rc, DEVID_ERR_STATE);
	assert_non_null(strstr(report.cause, "interrupted at the prompt"));
	assert_int_equal(report.pin.len, 0);
}

/* Standard input is no substitute. */
static void read_prompt_without_terminal_fails(void **state)
{
	int fds[2], in = pipe_with("1234\n", 5), status;
	struct report report;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		(void)dup2(in, 0);
		(void)setsid();
		ask_and_report(fds[1]);
	}
	assert_int_equal(read(fds[0], &report, sizeof(report)), sizeof(report));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(report.rc, DEVID_ERR_IO);
	assert_non_null(strstr(report.cause, "no terminal"));
	(void)close(in);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void done_erases(void **state)
{
	struct pin pin = { "1234", 4, true };
	static const struct pin none;

	(void)state;
	pin_done(&pin);
	assert_memory_equal(&pin, &none, sizeof(pin));
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, tempdir_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(read_fd_until_end_or_newline),
		CASE(read_fd_two_lines_two_pins),
		CASE(read_fd_longest_taken_one_more_refused),
		CASE(read_fd_nul_byte_refused),
		CASE(read_fd_closed_fails),
		CASE(read_no_source_refused),
		CASE(read_file_of_owner_only),
		CASE(read_file_open_to_others_refused),
		CASE(read_file_owned_by_another_refused),
		CASE(read_file_absent_link_or_fifo_refused),
		CASE(read_file_empty_refused),
		CASE(read_prompt_by_hand_without_echo),
		CASE(read_prompt_empty_or_interrupted_refused),
		CASE(read_prompt_without_terminal_fails),
		CASE(done_erases),
	};

	return cmocka_run_group_tests_name("pin", tests, NULL, NULL);
}

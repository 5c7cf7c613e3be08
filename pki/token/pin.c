/* SPDX-License-Identifier: Apache-2.0 */
#include "pin.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/ui.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "fail.h"
#include "token.h"

#define UI_INTERRUPTED (-2) /* of UI_process(3) */

CLEANUP_DEFINE(ui, UI *, UI_free)

/*
 * Byte by byte, so that what follows the line stays for the next reader of
 * the same descriptor.
 */
static enum devid_err read_line(
	int fd, const char *name, struct pin *pin, struct devid_error *err)
{
	pin->len = 0;
	for (;;) {
		char c;
		ssize_t n = read(fd, &c, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return devid_fail(err, DEVID_ERR_IO, "pin: %s: %s",
				name, strerror(errno));
		if (n == 0 || c == '\n')
			break;
		if (c == '\0')
			return devid_fail(err, DEVID_ERR_INVALID,
				"pin: %s: has a NUL byte", name);
		if (pin->len == TOKEN_PIN_MAX)
			return devid_fail(err, DEVID_ERR_INVALID,
				"pin: %s: longer than %d bytes", name,
				TOKEN_PIN_MAX);
		pin->text[pin->len++] = c;
	}
	pin->text[pin->len] = '\0';
	return DEVID_OK;
}

static enum devid_err check_file(
	const char *path, const struct stat *st, struct devid_error *err)
{
	if (!S_ISREG(st->st_mode))
		return devid_fail(err, DEVID_ERR_DENIED,
			"pin: %s: not a regular file", path);
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return devid_fail(err, DEVID_ERR_DENIED,
			"pin: %s: owned by uid %u, not by root or this user",
			path, (unsigned)st->st_uid);
	if (st->st_mode & (S_IRWXG | S_IRWXO))
		return devid_fail(err, DEVID_ERR_DENIED,
			"pin: %s: others than its owner have rights (mode "
			"%04o; it must be 0600 or 0400)",
			path, (unsigned)(st->st_mode & 07777));
	return DEVID_OK;
}

static enum devid_err read_file(
	const char *path, struct pin *pin, struct devid_error *err)
{
	CLEANUP(cleanup_close)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	enum devid_err rc;
	struct stat st;

	if (fd < 0)
		return devid_fail(err,
			errno == ENOENT ? DEVID_ERR_NOT_FOUND : DEVID_ERR_IO,
			"pin: %s: %s", path, strerror(errno));
	if (fstat(fd, &st) < 0)
		return devid_fail(err, DEVID_ERR_IO, "pin: %s: %s", path,
			strerror(errno));
	rc = check_file(path, &st, err);
	return rc == DEVID_OK ? read_line(fd, path, pin, err) : rc;
}

/*
 * OpenSSL's console: no echo, and the terminal is as before also after a
 * signal. It would take standard input where there is no terminal, so that is
 * looked at first.
 */
static enum devid_err ask(
	const char *what, struct pin *pin, struct devid_error *err)
{
	CLEANUP(cleanup_ui) UI *ui = UI_new_method(UI_OpenSSL());
	int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	char prompt[128];
	int r;

	if (tty < 0)
		return devid_fail(err, DEVID_ERR_IO,
			"pin: no terminal to ask at (/dev/tty: %s)",
			strerror(errno));
	(void)close(tty); /* only whether it is there */
	(void)snprintf(prompt, sizeof(prompt),
		"PIN of %s: ", what ? what : "the token"); /* may cut */
	if (!ui || UI_add_input_string(
			   ui, prompt, 0, pin->text, 1, TOKEN_PIN_MAX) <= 0)
		return fail_no_memory_for(err, "pin");
	r = UI_process(ui);
	if (r == UI_INTERRUPTED)
		return devid_fail(err, DEVID_ERR_STATE,
			"pin: interrupted at the prompt; nothing was tried");
	if (r != 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"pin: none typed, or longer than %d bytes",
			TOKEN_PIN_MAX);
	pin->len = strlen(pin->text);
	pin->by_hand = true;
	return DEVID_OK;
}

enum devid_err pin_read(const struct pin_source *source, struct pin *ret,
	struct devid_error *err)
{
	struct pin pin = { "", 0, false };
	enum devid_err rc;

	if (source->fd >= 0)
		rc = read_line(source->fd, "descriptor", &pin, err);
	else if (source->file)
		rc = read_file(source->file, &pin, err);
	else if (source->prompt)
		rc = ask(source->what, &pin, err);
	else
		rc = devid_fail(err, DEVID_ERR_INVALID,
			"pin: nothing says where it comes from");
	if (rc == DEVID_OK && pin.len == 0)
		rc = devid_fail(err, DEVID_ERR_INVALID, "pin: empty");
	if (rc == DEVID_OK)
		*ret = pin;
	pin_done(&pin);
	return rc;
}

void pin_done(struct pin *pin)
{
	OPENSSL_cleanse(pin, sizeof(*pin));
}

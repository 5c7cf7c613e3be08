/* SPDX-License-Identifier: Apache-2.0 */
#include "est-public.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "http-reply.h"
#include "http-target.h"

#define NAME_ROOM 128 /* bytes of a file's name, with the NUL */
#define LIST_MAX  (64 << 20)

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

bool est_public_name(const char *path, const char **ret_name, size_t *ret_len)
{
	static const char end[] = ".crl";
	size_t len = strcspn(path, "?");
	char before = '.';

	if (len < sizeof(end) + 1 || path[0] != '/' || len > NAME_ROOM ||
		memcmp(path + len - (sizeof(end) - 1), end, sizeof(end) - 1) !=
			0)
		return false;
	for (size_t i = 1; i < len; i++) {
		char c = path[i];

		if (!is_alnum(c) && c != '-' && c != '_' &&
			!(c == '.' && before != '.'))
			return false;
		before = c;
	}
	*ret_name = path + 1;
	*ret_len = len - 1;
	return true;
}

static void say(struct est_server *s, struct evhttp_request *req, int status,
	const char *text)
{
	const struct http_content content = { "text/plain", text,
		strlen(text) };

	http_header(req, "Cache-Control", "no-store");
	if (status == 405)
		http_header(req, "Allow", "GET, HEAD");
	http_reply_bytes(&s->http, req, status, &content);
}

/* The file below the publish folder; -1: there is none that may be sent. */
static int open_file(
	const char *dir, const char *name, size_t len, struct stat *ret_st)
{
	char copy[NAME_ROOM];
	CLEANUP(cleanup_close)
	int at = dir ? open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	CLEANUP(cleanup_close) int fd = -1;

	memcpy(copy, name, len);
	copy[len] = '\0';
	if (at >= 0)
		fd = openat(at, copy,
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, ret_st) < 0 || !S_ISREG(ret_st->st_mode) ||
		ret_st->st_size > LIST_MAX)
		return -1;
	return steal_fd(&fd);
}

static void send_file(struct est_server *s, struct evhttp_request *req,
	const char *name, size_t len)
{
	struct stat st;
	int fd = open_file(s->conf->publish, name, len, &st);
	struct evbuffer *body = fd < 0 ? NULL : evbuffer_new();

	if (fd < 0) {
		say(s, req, 404, "target: nothing is here\n");
		return;
	}
	/* RFC 2585 4 */
	http_header(req, "Content-Type", "application/pkix-crl");
	http_header(req, "Cache-Control", "max-age=300");
	/* It closes the file when all was sent; and at once when it fails. */
	if (!body || (st.st_size > 0 &&
			     evbuffer_add_file(body, fd, 0, st.st_size) < 0)) {
		(void)close(fd);
		http_reply(&s->http, req, 503, NULL);
	} else {
		if (st.st_size == 0)
			(void)close(fd);
		http_reply(&s->http, req, 200, body);
	}
	if (body)
		evbuffer_free(body);
}

void est_on_public(struct evhttp_request *req, void *arg)
{
	struct est_server *s = arg;
	const char *why, *name, *trouble;
	int status = http_begin(&s->http, req, &why);
	enum evhttp_cmd_type method = evhttp_request_get_command(req);
	const char *path = http_target_path(evhttp_request_get_uri(req));
	size_t len;

	if (status != 0)
		say(s, req, status, why);
	else if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD)
		say(s, req, 405, "method: not this one here\n");
	else if (path && strcspn(path, "?") == strlen("/healthz") &&
		 strncmp(path, "/healthz", strlen("/healthz")) == 0) {
		trouble = est_line_health(s->line, http_clock());
		say(s, req, trouble ? 503 : 200, trouble ? trouble : "ok\n");
	} else if (path && est_public_name(path, &name, &len))
		send_file(s, req, name, len);
	else
		say(s, req, 404, "target: nothing is here\n");
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "station-http.h"

#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cleanup.h"
#include "fail.h"

#define CONNECT_SECONDS 10L
#define TOTAL_SECONDS   60L
#define TRIES           6
#define WAIT_MAX        60 /* seconds between two tries */

struct station_http {
	const struct station_access *access; /* borrowed */
	CURL *curl;                          /* owned */
	char message[CURL_ERROR_SIZE];
	struct blob body; /* with a NUL behind it */
	bool too_long;
	bool refused; /* how the last call ended */
};

CLEANUP_DEFINE(slist, struct curl_slist *, curl_slist_free_all)

static size_t on_body(char *data, size_t size, size_t n, void *arg)
{
	struct station_http *h = arg;
	struct blob *body = &h->body;
	uint8_t *bigger;

	n *= size; /* 1, says libcurl */
	if (n > STATION_REPLY_MAX - body->len) {
		h->too_long = true;
		return 0;
	}
	bigger = realloc(body->data, body->len + n + 1);
	if (!bigger)
		return 0;
	body->data = bigger;
	memcpy(body->data + body->len, data, n);
	body->len += n;
	body->data[body->len] = '\0';
	return n;
}

static bool set_options(struct station_http *h)
{
	const struct station_access *a = h->access;
	CURL *c = h->curl;
	static const char agent[] = "devid-station/" DEVID_VERSION;

	return curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https") == 0 &&
	       curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == 0 &&
	       curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == 0 &&
	       curl_easy_setopt(c, CURLOPT_PROXY, "") == 0 &&
	       curl_easy_setopt(c, CURLOPT_USERAGENT, agent) == 0 &&
	       curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
		       (long)CURL_HTTP_VERSION_1_1) == 0 &&
	       curl_easy_setopt(c, CURLOPT_SSLVERSION,
		       (long)CURL_SSLVERSION_TLSv1_2) == 0 &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == 0 &&
	       curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) == 0 &&
	       curl_easy_setopt(c, CURLOPT_CAINFO, a->ca_cert) == 0 &&
	       curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == 0 &&
	       curl_easy_setopt(c, CURLOPT_SSLCERT, a->cert) == 0 &&
	       curl_easy_setopt(c, CURLOPT_SSLKEY, a->key) == 0 &&
	       curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS) ==
		       0 &&
	       curl_easy_setopt(c, CURLOPT_TIMEOUT, TOTAL_SECONDS) == 0 &&
	       curl_easy_setopt(c, CURLOPT_ERRORBUFFER, h->message) == 0 &&
	       curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body) == 0 &&
	       curl_easy_setopt(c, CURLOPT_WRITEDATA, h) == 0;
}

/* Paths are put behind it. What is refused may hold a password. */
static enum devid_err check_url(const char *url, struct devid_error *err)
{
	if (strncmp(url, "https://", 8) != 0 || !url[8])
		return devid_fail(err, DEVID_ERR_INVALID,
			"--ca: %s: not an https:// URL", url);
	if (url[8 + strcspn(url + 8, "/?#@ ")])
		return devid_fail(err, DEVID_ERR_INVALID,
			"--ca: it is more than https://HOST[:PORT]");
	return DEVID_OK;
}

enum devid_err station_http_new(const struct station_access *access,
	struct station_http **ret, struct devid_error *err)
{
	enum devid_err rc = check_url(access->ca, err);
	struct station_http *h;

	if (rc != DEVID_OK)
		return rc;
	h = calloc(1, sizeof(*h));
	if (!h || curl_global_init(CURL_GLOBAL_DEFAULT) != 0) {
		free(h);
		return fail_no_memory(err);
	}
	h->access = access;
	h->curl = curl_easy_init();
	if (!h->curl || !set_options(h)) {
		station_http_free(h);
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"libcurl lacks what is needed");
	}
	*ret = h;
	return DEVID_OK;
}

void station_http_free(struct station_http *h)
{
	if (!h)
		return;
	if (h->curl)
		curl_easy_cleanup(h->curl);
	blob_done(&h->body);
	free(h);
	curl_global_cleanup();
}

static enum devid_err code_of(long status)
{
	switch (status) {
	case 400:
	case 415:
		return DEVID_ERR_SYNTAX;
	case 403:
		return DEVID_ERR_DENIED;
	case 404:
		return DEVID_ERR_NOT_FOUND;
	case 409:
		return DEVID_ERR_EXISTS;
	case 410:
		return DEVID_ERR_TIMEOUT;
	case 413:
		return DEVID_ERR_TOO_LARGE;
	case 422:
		return DEVID_ERR_NOT_GENUINE;
	case 429:
	case 503:
		return DEVID_ERR_UNREACHABLE;
	default:
		return DEVID_ERR_PROTOCOL;
	}
}

/* Of what a CA means by 409, one may have been done. */
static bool is_replay(long status, const char *error)
{
	return status == 409 && error &&
	       strcmp(error, devid_err_name(DEVID_ERR_REPLAYED)) == 0;
}

enum devid_err station_http_error(const char *what, long status,
	struct view body, struct devid_error *err)
{
	json_t *json = body.len > 0 ? json_loadb((const char *)body.data,
					      body.len, 0, NULL)
				    : NULL;
	const char *rule = NULL, *message = NULL, *error = NULL;
	enum devid_err code = code_of(status);

	/* What is not there stays NULL. */
	if (json)
		(void)json_unpack(json, "{s?s, s?s, s?s}", "message", &message,
			"error", &error, "rule", &rule);
	if (is_replay(status, error))
		code = DEVID_ERR_REPLAYED;
	if (message)
		code = devid_fail(err, code,
			"%s: refused by the CA (%ld): %s%s%s%s", what, status,
			message, rule ? " [" : "", rule ? rule : "",
			rule ? "]" : "");
	else
		code = devid_fail(
			err, code, "%s: the CA answers %ld", what, status);
	json_decref(json);
	return code;
}

/* curl hands on OpenSSL's words for a port that answers in the clear. */
static bool is_no_tls(CURLcode code, const char *text)
{
	static const char *const words[] = { "wrong version number",
		"http request", "packet length too long",
		"record layer failure" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (code == CURLE_SSL_CONNECT_ERROR && strstr(text, words[i]))
			return true;
	}
	return false;
}

bool station_http_is_refusal(long status, enum devid_err code)
{
	return status >= 400 && status < 500 && status != 429 &&
	       code != DEVID_ERR_REPLAYED;
}

bool station_http_refused(const struct station_http *h)
{
	return h->refused;
}

/* What an exchange that failed below HTTP stands for. */
static enum devid_err transport_error(const struct station_http *h,
	const char *what, CURLcode code, struct devid_error *err)
{
	const char *text =
		h->message[0] ? h->message : curl_easy_strerror(code);
	enum devid_err rc = DEVID_ERR_UNREACHABLE;

	switch (code) {
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		rc = DEVID_ERR_INVALID;
		break;
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		rc = DEVID_ERR_NOT_GENUINE;
		break;
	case CURLE_WRITE_ERROR:
		rc = h->too_long ? DEVID_ERR_TOO_LARGE : DEVID_ERR_NOMEM;
		break;
	default: /* of some ninety: no answer came */
		break;
	}
	if (is_no_tls(code, text))
		return devid_fail(err, rc,
			"%s: %s: this port does not speak TLS: plain HTTP, "
			"or another service",
			what, h->access->ca);
	return devid_fail(err, rc, "%s: %s: %s", what, h->access->ca, text);
}

static bool make_url(struct station_http *h, const struct station_call *call)
{
	size_t len = strlen(h->access->ca);
	char *name =
		call->name ? curl_easy_escape(h->curl, call->name, 0) : NULL;
	CLEANUP(cleanup_free) char *url = NULL;
	bool ok = !call->name || name;

	while (len > 0 && h->access->ca[len - 1] == '/')
		len--;
	if (ok && asprintf(&url, "%.*s%s%s", (int)len, h->access->ca,
			  call->path, name ? name : "") < 0)
		url = NULL;
	curl_free(name);
	return url && curl_easy_setopt(h->curl, CURLOPT_URL, url) == 0;
}

static struct curl_slist *make_headers(const struct station_call *call)
{
	CLEANUP(cleanup_free) char *type = NULL;
	struct curl_slist *list, *longer;

	if (asprintf(&type, "Content-Type:%s%s", call->type ? " " : "",
		    call->type ? call->type : "") < 0) {
		type = NULL;
		return NULL;
	}
	list = curl_slist_append(NULL, type);
	/* Not waited for: bodies are small. */
	longer = list ? curl_slist_append(list, "Expect:") : NULL;
	if (!longer)
		curl_slist_free_all(list);
	return longer;
}

/* One exchange; *@ret_status is 0 when there was none. */
static CURLcode ask_once(struct station_http *h,
	const struct station_call *call, struct curl_slist *headers,
	long *ret_status)
{
	CURLcode code;

	blob_done(&h->body);
	h->too_long = false;
	h->message[0] = '\0';
	*ret_status = 0;
	code = curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, headers);
	if (code == 0 && call->type) {
		code = curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE,
			(curl_off_t)call->body.len);
		if (code == 0)
			code = curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS,
				call->body.data ? (const char *)call->body.data
						: "");
	} else if (code == 0) {
		code = curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L);
	}
	if (code == 0)
		code = curl_easy_perform(h->curl);
	if (code == 0)
		code = curl_easy_getinfo(
			h->curl, CURLINFO_RESPONSE_CODE, ret_status);
	return code;
}

/* Seconds until the next try: what the CA names, or one more each time. */
static unsigned wait_of(const struct station_http *h, unsigned tried)
{
	curl_off_t after = 0;

	if (curl_easy_getinfo(h->curl, CURLINFO_RETRY_AFTER, &after) != 0 ||
		after <= 0)
		after = tried;
	return after > WAIT_MAX ? WAIT_MAX : (unsigned)after;
}

static void wait_for(unsigned seconds)
{
	struct timespec left = { .tv_sec = (time_t)seconds };

	while (nanosleep(&left, &left) < 0)
		; /* a signal; what is left is waited for */
}

static bool may_try_again(CURLcode code, long status)
{
	return code == CURLE_COULDNT_CONNECT ||
	       (code == 0 && (status == 429 || status == 503));
}

enum devid_err station_http_ask(struct station_http *h,
	const struct station_call *call, struct blob *ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_slist) struct curl_slist *headers = make_headers(call);
	enum devid_err rc;
	CURLcode code;
	long status;

	h->refused = false;
	if (!headers || !make_url(h, call))
		return fail_no_memory(err);
	code = ask_once(h, call, headers, &status);
	for (unsigned i = 1; i < TRIES && may_try_again(code, status); i++) {
		wait_for(wait_of(h, i));
		code = ask_once(h, call, headers, &status);
	}
	(void)curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, NULL);
	if (code != 0)
		return transport_error(h, call->what, code, err);
	if (status < 200 || status > 299) {
		rc = station_http_error(
			call->what, status, blob_view(&h->body), err);
		h->refused = station_http_is_refusal(status, rc);
		return rc;
	}
	if (!h->body.data && !(h->body.data = calloc(1, 1)))
		return fail_no_memory(err);
	*ret = blob_take(&h->body);
	return DEVID_OK;
}

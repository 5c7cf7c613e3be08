/* SPDX-License-Identifier: Apache-2.0 */
#include "est-link.h"

#include <curl/curl.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

struct est_link {
	struct est_link_conf conf; /* borrowed members */
	CURL *curl;                /* owned */
	char message[CURL_ERROR_SIZE];
	struct blob body;
	size_t max;
	bool full;
};

CLEANUP_DEFINE(slist, struct curl_slist *, curl_slist_free_all)

enum devid_err est_link_init(const char *modules, struct devid_error *err)
{
	/* Before anybody else: a configuration could load other providers. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 ||
		curl_global_init(CURL_GLOBAL_DEFAULT) != 0 ||
		OSSL_PROVIDER_set_default_search_path(NULL, modules) != 1 ||
		!OSSL_PROVIDER_load(NULL, "default"))
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "TLS: cannot be initialised");
	if (!OSSL_PROVIDER_load(NULL, "devid"))
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"provider: %s/devid.so cannot be loaded", modules);
	ERR_clear_error();
	return DEVID_OK;
}

/* ---- TLS ---- */

/* Called for each new connection, when libcurl has set up its own. */
static CURLcode on_tls(CURL *curl, void *ctx, void *user)
{
	const struct est_link_conf *conf = &((struct est_link *)user)->conf;
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(ctx);

	(void)curl;
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	/* A clock that is certainly wrong says nothing of a certificate. */
	if (time(NULL) < conf->floor)
		(void)X509_VERIFY_PARAM_set_flags(
			param, X509_V_FLAG_NO_CHECK_TIME);
	if (!conf->cert)
		return CURLE_OK;
	if (SSL_CTX_use_certificate(ctx, conf->cert) != 1 ||
		(conf->above && SSL_CTX_set1_chain(ctx, conf->above) != 1) ||
		SSL_CTX_use_PrivateKey(ctx, conf->key) != 1)
		return CURLE_SSL_CERTPROBLEM;
	return CURLE_OK;
}

/* ---- answers ---- */

/* Refuses what goes beyond the bound; nothing else bounds a body in chunks. */
static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct est_link *link = user;
	size_t len = size * n;
	uint8_t *more;

	if (len > link->max - link->body.len) {
		link->full = true;
		return 0;
	}
	more = realloc(link->body.data, link->body.len + len + 1);
	if (!more)
		return 0;
	memcpy(more + link->body.len, data, len);
	link->body.data = more;
	link->body.len += len;
	return len;
}

void est_answer_done(struct est_answer *answer)
{
	blob_done(&answer->body);
}

/* ---- options ---- */

#define SET(option, value) (curl_easy_setopt(c, option, value) == CURLE_OK)

static bool set_bounds(CURL *c)
{
	return SET(CURLOPT_PROTOCOLS_STR, "https") &&
	       SET(CURLOPT_REDIR_PROTOCOLS_STR, "https") &&
	       SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_NOSIGNAL, 1L) &&
	       SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) &&
	       SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
	       SET(CURLOPT_CONNECTTIMEOUT, (long)EST_LINK_CONNECT_SECONDS) &&
	       SET(CURLOPT_TIMEOUT, (long)EST_LINK_TOTAL_SECONDS) &&
	       SET(CURLOPT_LOW_SPEED_LIMIT, (long)EST_LINK_SLOW_BYTES) &&
	       SET(CURLOPT_LOW_SPEED_TIME, (long)EST_LINK_SLOW_SECONDS);
}

/* CAPATH has a default of its own, which would stay in force beside the
 * anchors. */
static bool set_tls(CURL *c, struct est_link *link)
{
	struct curl_blob anchors = { (void *)(uintptr_t)link->conf.anchors.data,
		link->conf.anchors.len, CURL_BLOB_COPY };

	return SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
	       SET(CURLOPT_SSL_VERIFYPEER, 1L) &&
	       SET(CURLOPT_SSL_VERIFYHOST, 2L) && SET(CURLOPT_CAINFO, NULL) &&
	       SET(CURLOPT_CAPATH, NULL) &&
	       SET(CURLOPT_CAINFO_BLOB, &anchors) &&
	       SET(CURLOPT_CA_CACHE_TIMEOUT, 0L) &&
	       SET(CURLOPT_SSL_CTX_FUNCTION, on_tls) &&
	       SET(CURLOPT_SSL_CTX_DATA, link);
}

/* "" is the word for no proxy, whatever the environment has. */
static bool set_rest(CURL *c, struct est_link *link)
{
	const char *proxy = link->conf.proxy ? link->conf.proxy : "";

	return SET(CURLOPT_PROXY, proxy) && SET(CURLOPT_NOPROXY, "") &&
	       SET(CURLOPT_USERAGENT, "devid-enroll/" DEVID_VERSION) &&
	       SET(CURLOPT_ERRORBUFFER, link->message) &&
	       SET(CURLOPT_WRITEFUNCTION, on_body) &&
	       SET(CURLOPT_WRITEDATA, link);
}

enum devid_err est_link_new(const struct est_link_conf *conf,
	struct est_link **ret, struct devid_error *err)
{
	CLEANUP(cleanup_est_link)
	struct est_link *link = calloc(1, sizeof(*link));

	if (!link)
		return fail_no_memory(err);
	link->conf = *conf;
	link->curl = curl_easy_init();
	if (!link->curl || !set_bounds(link->curl) ||
		!set_tls(link->curl, link) || !set_rest(link->curl, link))
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"libcurl: does not take what is needed of it");
	*ret = STEAL(link);
	return DEVID_OK;
}

void est_link_free(struct est_link *link)
{
	if (!link)
		return;
	if (link->curl)
		curl_easy_cleanup(link->curl);
	blob_done(&link->body);
	free(link);
}

/* ---- why there is no answer ---- */

static bool says(const struct est_link *link, const char *part)
{
	return strstr(link->message, part) != NULL;
}

/* A handshake or a connection that broke: by an alert about our certificate
 * (TLS 1.3 tells it only at the first read), by our own key, or otherwise. */
static enum enroll_class class_of_tls(const struct est_link *link)
{
	if (says(link, "devid"))
		return ENROLL_KEY_UNAVAILABLE;
	if (says(link, "alert"))
		return ENROLL_EST_REFUSED;
	if (says(link, "reset") || says(link, "SYSCALL") ||
		says(link, "unexpected eof"))
		return ENROLL_EST_UNREACHABLE;
	return ENROLL_EST_MALFORMED;
}

static enum enroll_class class_of(const struct est_link *link, CURLcode code)
{
	switch (code) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
		return ENROLL_EST_UNTRUSTED;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_PROXY:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
		return ENROLL_EST_UNREACHABLE;
	case CURLE_OPERATION_TIMEDOUT:
		return ENROLL_EST_TIMEOUT;
	case CURLE_FILESIZE_EXCEEDED:
		return ENROLL_EST_TOO_LARGE;
	case CURLE_WRITE_ERROR:
		return link->full ? ENROLL_EST_TOO_LARGE : ENROLL_LOCAL;
	case CURLE_OUT_OF_MEMORY:
		return ENROLL_LOCAL;
	case CURLE_SSL_CERTPROBLEM:
		return ENROLL_KEY_UNAVAILABLE;
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
		return class_of_tls(link);
	default:
		return ENROLL_EST_MALFORMED;
	}
}

/* What the verification of the server's chain said; with the clock where it is
 * about time, because that may be what is wrong. */
static void tell_untrusted(struct est_link *link, struct devid_error *err)
{
	long result = X509_V_OK;
	time_t now = time(NULL);
	char clock[32] = "";
	struct tm tm;

	(void)curl_easy_getinfo(link->curl, CURLINFO_SSL_VERIFYRESULT, &result);
	if (result == X509_V_ERR_CERT_HAS_EXPIRED ||
		result == X509_V_ERR_CERT_NOT_YET_VALID) {
		if (gmtime_r(&now, &tm))
			(void)strftime(clock, sizeof(clock), "%Y-%m-%d", &tm);
		(void)devid_fail(err, DEVID_ERR_NOT_GENUINE,
			"registrar %s: its certificate: %s (the clock here "
			"says %s)",
			link->conf.host, X509_verify_cert_error_string(result),
			clock);
	} else if (result != X509_V_OK) {
		(void)devid_fail(err, DEVID_ERR_NOT_GENUINE,
			"registrar %s: its certificate: %s", link->conf.host,
			X509_verify_cert_error_string(result));
	} else {
		(void)devid_fail(err, DEVID_ERR_NOT_GENUINE, "registrar %s: %s",
			link->conf.host, link->message);
	}
}

static enum enroll_class tell(
	struct est_link *link, CURLcode code, struct devid_error *err)
{
	enum enroll_class class = class_of(link, code);
	const char *text =
		link->message[0] ? link->message : curl_easy_strerror(code);

	if (class == ENROLL_EST_UNTRUSTED)
		tell_untrusted(link, err);
	else if (class == ENROLL_EST_TOO_LARGE)
		(void)devid_fail(err, DEVID_ERR_TOO_LARGE,
			"registrar %s: an answer of more than %zu bytes",
			link->conf.host, link->max);
	else
		(void)devid_fail(err, DEVID_ERR_UNREACHABLE, "registrar %s: %s",
			link->conf.host, text);
	return class;
}

/* ---- asking ---- */

static bool add(struct curl_slist **list, const char *name, const char *value)
{
	char line[160];
	struct curl_slist *more;

	if (snprintf(line, sizeof(line), "%s:%s%s", name, *value ? " " : "",
		    value) >= (int)sizeof(line))
		return false;
	more = curl_slist_append(*list, line);
	if (more)
		*list = more;
	return more != NULL;
}

/* Media types without parameters: there are servers that compare the text. */
static bool set_headers(
	CURL *c, const struct est_ask *ask, struct curl_slist **list)
{
	if (!add(list, "Accept", ask->accept) || !add(list, "Expect", ""))
		return false;
	if (ask->post_type &&
		(!add(list, "Content-Type", ask->post_type) ||
			!add(list, "Content-Transfer-Encoding", "base64")))
		return false;
	return SET(CURLOPT_HTTPHEADER, *list);
}

static bool set_ask(struct est_link *link, const struct est_ask *ask)
{
	CURL *c = link->curl;
	char url[1024];

	if (snprintf(url, sizeof(url), "https://%s:%u%s", link->conf.host,
		    link->conf.port, ask->path) >= (int)sizeof(url) ||
		!SET(CURLOPT_URL, url) ||
		!SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)ask->max))
		return false;
	if (!ask->post_type)
		return SET(CURLOPT_HTTPGET, 1L);
	return SET(CURLOPT_POST, 1L) &&
	       SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)ask->body.len) &&
	       SET(CURLOPT_POSTFIELDS, (const char *)ask->body.data);
}

static void take_answer(struct est_link *link, struct est_answer *ret)
{
	curl_off_t retry = 0;
	const char *type = NULL, *location = NULL;

	(void)curl_easy_getinfo(
		link->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	(void)curl_easy_getinfo(link->curl, CURLINFO_CONTENT_TYPE, &type);
	(void)curl_easy_getinfo(link->curl, CURLINFO_REDIRECT_URL, &location);
	(void)curl_easy_getinfo(link->curl, CURLINFO_RETRY_AFTER, &retry);
	(void)snprintf(ret->type, sizeof(ret->type), "%.*s",
		EST_LINK_TYPE_MAX - 1, type ? type : "");
	(void)snprintf(ret->location, sizeof(ret->location), "%.*s",
		EST_LINK_URL_MAX - 1, location ? location : "");
	ret->retry_after = retry > ENROLL_RETRY_MAX_SECONDS
				   ? ENROLL_RETRY_MAX_SECONDS
				   : (long)(retry < 0 ? 0 : retry);
	ret->body = blob_take(&link->body);
}

enum enroll_class est_link_ask(struct est_link *link, const struct est_ask *ask,
	struct est_answer *ret, struct devid_error *err)
{
	CLEANUP(cleanup_slist) struct curl_slist *headers = NULL;
	CURLcode code;

	*ret = (struct est_answer) { 0 };
	blob_done(&link->body);
	link->max = ask->max;
	link->full = false;
	link->message[0] = '\0';
	if (!set_ask(link, ask) || !set_headers(link->curl, ask, &headers)) {
		(void)devid_fail(err, DEVID_ERR_NOMEM,
			"libcurl: does not take the request");
		return ENROLL_LOCAL;
	}
	code = curl_easy_perform(link->curl);
	(void)curl_easy_setopt(link->curl, CURLOPT_HTTPHEADER, NULL);
	(void)curl_easy_setopt(link->curl, CURLOPT_POSTFIELDS, NULL);
	ERR_clear_error();
	if (code != CURLE_OK)
		return tell(link, code, err);
	take_answer(link, ret);
	return ENROLL_CLASS_NONE;
}

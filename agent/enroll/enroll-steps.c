/* SPDX-License-Identifier: Apache-2.0 */
#include "enroll-steps.h"

#include <limits.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "client.h"
#include "enroll-key.h"
#include "enroll-request.h"
#include "enroll-server.h"
#include "est-ops.h"
#include "files.h"
#include "issued.h"
#include "log.h"
#include "site-document.h"
#include "wallclock.h"

#define SITE_NAME "site.json" /* in the staging folder */

struct run {
	const struct enroll_call *call; /* borrowed */
	struct enroll_result *result;   /* borrowed */
	struct devid_error err;         /* why a step failed */
	char host[ENROLL_HOST_MAX + 1];
	struct enroll_identity identity;
	struct est_link *link; /* owned */
	struct est_server server;
	STACK_OF(X509) * cacerts; /* owned */
	STACK_OF(X509) * answer;  /* owned */
	struct wire_key key;
	struct blob request;
	bool settled; /* nothing is left to be done */
};

/* NONE goes on, unless the result says that it is pending. */
typedef enum enroll_class step_fn(struct run *r);

struct step {
	const char *name;
	step_fn *run;
};

static const char *socket_of(const struct run *r)
{
	return r->call->settings->socket;
}

static enum enroll_class of_key(enum devid_err rc)
{
	return rc == DEVID_OK            ? ENROLL_CLASS_NONE
	       : rc == DEVID_ERR_NOMEM   ? ENROLL_LOCAL
	       : rc == DEVID_ERR_IO      ? ENROLL_LOCAL
	       : rc == DEVID_ERR_INVALID ? ENROLL_LOCAL
					 : ENROLL_KEY_UNAVAILABLE;
}

static enum enroll_class of_disk(enum devid_err rc)
{
	return rc == DEVID_OK ? ENROLL_CLASS_NONE : ENROLL_LOCAL;
}

/* ---- to the registrar ---- */

static enum enroll_class find_server(struct run *r)
{
	return enroll_server_find(r->call, r->host, &r->err);
}

static enum enroll_class load_identity(struct run *r)
{
	enum devid_err rc = enroll_identity_load(
		socket_of(r), r->call->identity, &r->identity, &r->err);

	return rc == DEVID_OK ? ENROLL_CLASS_NONE : ENROLL_KEY_UNAVAILABLE;
}

static enum enroll_class open_link(struct run *r)
{
	const struct enroll_settings *s = r->call->settings;
	const struct est_link_conf conf = {
		.host = r->host,
		.port = s->port,
		.proxy = s->proxy,
		.anchors = r->call->anchors,
		.floor = wallclock_floor(0, NULL),
		.cert = r->identity.cert,
		.above = r->identity.above,
		.key = r->identity.key,
	};

	r->server.label = s->label;
	if (est_link_new(&conf, &r->link, &r->err) != DEVID_OK)
		return ENROLL_LOCAL;
	r->server.link = r->link;
	return ENROLL_CLASS_NONE;
}

static enum enroll_class get_cacerts(struct run *r)
{
	return est_cacerts(&r->server, &r->cacerts, &r->err);
}

/* ---- the request ---- */

/* A server without nonces gets evidence all the same: it shows where the key
 * is, if not when that was said. */
static enum enroll_class get_nonce(struct run *r, struct est_nonce *ret)
{
	enum enroll_class class = est_nonce(&r->server, ret, &r->err);

	if (class != ENROLL_CLASS_NONE || ret->len > 0)
		return class;
	ret->len = sizeof(ret->data);
	return RAND_bytes(ret->data, (int)ret->len) == 1 ? ENROLL_CLASS_NONE
							 : ENROLL_LOCAL;
}

/* Empty where this device has no certified IAK: the server decides whether that
 * is enough. */
static enum enroll_class get_evidence(struct run *r, struct blob *ret)
{
	struct devid_error why = { DEVID_OK, "" };
	struct est_nonce nonce = { .len = 0 };
	enum enroll_class class = get_nonce(r, &nonce);
	enum devid_err rc;

	if (class != ENROLL_CLASS_NONE)
		return class;
	rc = enroll_key_evidence(socket_of(r), r->call->key,
		(struct view) { nonce.data, nonce.len }, ret, &why);
	if (rc == DEVID_OK)
		return ENROLL_CLASS_NONE;
	if (rc == DEVID_ERR_CERT_NOT_FOUND || rc == DEVID_ERR_NOT_FOUND ||
		rc == DEVID_ERR_UNSUPPORTED) {
		log_warn("evidence: %s: asked for, and left out: %s",
			r->call->key, devid_error_text(&why));
		return ENROLL_CLASS_NONE;
	}
	(void)devid_fail(&r->err, rc, "evidence: %s", devid_error_text(&why));
	return of_key(rc);
}

static enum enroll_class make_request(
	struct run *r, const struct csrattrs *attrs)
{
	CLEANUP(blob_done) struct blob evidence = { NULL, 0 };
	const struct enroll_request what = {
		.identity = &r->identity, .attrs = attrs, .key = r->call->key
	};
	struct enroll_request with = what;
	enum enroll_class class = ENROLL_CLASS_NONE;

	if (attrs->attestation)
		class = get_evidence(r, &evidence);
	if (class != ENROLL_CLASS_NONE)
		return class;
	with.evidence = blob_view(&evidence);
	class = of_key(enroll_request_make(&with, &r->request, &r->err));
	if (class != ENROLL_CLASS_NONE)
		return class;
	return of_disk(enroll_request_save(
		r->call->staging, blob_view(&r->request), &r->err));
}

/* A new one, by what the server asks for now. */
static enum enroll_class new_request(struct run *r)
{
	CLEANUP(blob_done) struct blob der = { NULL, 0 };
	struct csrattrs attrs;
	enum key_alg alg;
	enum enroll_class class =
		est_csrattrs(&r->server, &der, &attrs, &r->err);

	if (class != ENROLL_CLASS_NONE)
		return class;
	if (attrs.other_key)
		log_warn("csrattrs: %s: asks for no type of key that there is "
			 "here",
			r->host);
	if (attrs.challenge_password)
		log_warn("csrattrs: %s: asks for a challengePassword, which is "
			 "left out",
			r->host);
	alg = enroll_request_key_type(&attrs, r->call->settings->key_type);
	class = of_key(enroll_key_make(
		socket_of(r), r->call->key, alg, &r->key, &r->err));
	return class == ENROLL_CLASS_NONE ? make_request(r, &attrs) : class;
}

/* What a run before this one did: made a key, kept a request, installed the
 * certificate of it. */
static enum enroll_class find_request(struct run *r)
{
	const struct client_change enable = {
		.op = WIRE_CERT_ENABLE, .arg = 1, .key = r->call->key
	};
	struct devid_error why = { DEVID_OK, "" };
	enum devid_err rc =
		client_find_key(socket_of(r), r->call->key, &r->key, &why);

	if (rc != DEVID_OK)
		return ENROLL_CLASS_NONE; /* it is made, or says why not */
	rc = enroll_request_load(
		r->call->staging, &r->key.spki, &r->request, &why);
	if (rc != DEVID_OK || !r->key.certified)
		return rc == DEVID_OK || rc == DEVID_ERR_NOT_FOUND
			       ? ENROLL_CLASS_NONE
			       : (devid_fail(&r->err, rc, "%s",
					  devid_error_text(&why)),
					 ENROLL_LOCAL);
	r->settled = true;
	return of_key(client_change(socket_of(r), &enable, &r->err));
}

static enum enroll_class prepare_request(struct run *r)
{
	return r->request.len > 0 ? ENROLL_CLASS_NONE : new_request(r);
}

/* ---- enrolment ---- */

static void pending(struct run *r)
{
	r->result->end = ENROLL_PENDING;
	r->result->has_retry_after = true;
	r->result->retry_after = r->server.retry_after;
	enroll_result_set_reason(
		r->result, "simpleenroll: the registrar has not decided yet");
}

/* What was refused once is made anew the next time: it may have been for what
 * is in it. */
static enum enroll_class ask_once(struct run *r, enum est_enrolled *ret)
{
	enum enroll_class class = est_enroll(
		&r->server, blob_view(&r->request), ret, &r->answer, &r->err);

	if (class == ENROLL_EST_REFUSED &&
		enroll_request_forget(r->call->staging, &r->err) != DEVID_OK)
		return ENROLL_LOCAL;
	return class;
}

static enum enroll_class enroll(struct run *r)
{
	enum est_enrolled how = EST_PENDING;
	enum enroll_class class = ask_once(r, &how);

	if (class == ENROLL_CLASS_NONE && how == EST_STALE) {
		blob_done(&r->request);
		class = new_request(r);
		if (class == ENROLL_CLASS_NONE)
			class = ask_once(r, &how);
	}
	if (class != ENROLL_CLASS_NONE)
		return class;
	if (how == EST_STALE) {
		(void)devid_fail(&r->err, DEVID_ERR_DENIED,
			"simpleenroll: the registrar knows no nonce of its "
			"own");
		return ENROLL_EST_REFUSED;
	}
	if (how == EST_PENDING)
		pending(r);
	return ENROLL_CLASS_NONE;
}

static enum enroll_class install(struct run *r)
{
	CLEANUP(blob_done) struct blob chain = { NULL, 0 };
	struct devid_error why = { DEVID_OK, "" };
	time_t now = time(NULL);
	const struct issued_ask ask = {
		.answer = r->answer,
		.cacerts = r->cacerts,
		.spki = &r->key.spki,
		.identity = r->identity.cert,
		.now = now,
		.clock_is_wrong = now < wallclock_floor(0, NULL),
	};
	enum devid_err rc = issued_check(&ask, &chain, &r->err);

	if (rc != DEVID_OK)
		return rc == DEVID_ERR_NOMEM ? ENROLL_LOCAL
					     : ENROLL_EST_WRONG_CERT;
	rc = enroll_key_install(
		socket_of(r), r->call->key, blob_view(&chain), &why);
	if (rc == DEVID_OK)
		return ENROLL_CLASS_NONE;
	(void)devid_fail(&r->err, rc, "%s", devid_error_text(&why));
	/* its bytes, or the module */
	return rc == DEVID_ERR_INVALID || rc == DEVID_ERR_MISMATCH ||
			       rc == DEVID_ERR_SYNTAX ||
			       rc == DEVID_ERR_SUITE_MISMATCH
		       ? ENROLL_EST_WRONG_CERT
		       : of_key(rc);
}

/* ---- the document ---- */

static enum enroll_class get_document(struct run *r)
{
	CLEANUP(blob_done) struct blob json = { NULL, 0 };
	CLEANUP(cleanup_site_document) struct site_document *doc = NULL;
	char path[PATH_MAX];
	enum enroll_class class = est_document(&r->server, &json, &r->err);

	if (class != ENROLL_CLASS_NONE)
		return class;
	if (site_document_parse(blob_view(&json), &doc, &r->err) != DEVID_OK)
		return ENROLL_DOCUMENT;
	if (snprintf(path, sizeof(path), "%s/%s", r->call->staging,
		    SITE_NAME) >= (int)sizeof(path))
		return ENROLL_LOCAL;
	return of_disk(
		files_write_atomic(path, json.data, json.len, 0644, &r->err));
}

/* ---- drop ---- */

static enum enroll_class drop_key(struct run *r)
{
	return of_key(enroll_key_drop(socket_of(r), r->call->key, &r->err));
}

static enum enroll_class forget_request(struct run *r)
{
	return of_disk(enroll_request_forget(r->call->staging, &r->err));
}

/* ---- the tables ---- */

static const struct step enrol_steps[] = {
	{ "request kept", find_request },
	{ "registrar", find_server },
	{ "identity", load_identity },
	{ "connection", open_link },
	{ "cacerts", get_cacerts },
	{ "request", prepare_request },
	{ "simpleenroll", enroll },
	{ "certificate", install },
	{ NULL, NULL },
};

static const struct step document_steps[] = {
	{ "registrar", find_server },
	{ "identity", load_identity },
	{ "connection", open_link },
	{ "document", get_document },
	{ NULL, NULL },
};

/* The request goes first: with it and without the key nothing can be done. */
static const struct step drop_steps[] = {
	{ "request", forget_request },
	{ "key", drop_key },
	{ NULL, NULL },
};

static const struct step *const tables[ENROLL_OP_COUNT] = {
	[ENROLL_OP_ENROL] = enrol_steps,
	[ENROLL_OP_DOCUMENT] = document_steps,
	[ENROLL_OP_DROP] = drop_steps,
};

static void tell_failure(struct run *r, enum enroll_class class)
{
	struct enroll_result *result = r->result;

	result->end = ENROLL_FAILED;
	result->class = class;
	result->has_retry_after = r->server.retry_after > 0;
	result->retry_after = r->server.retry_after;
	enroll_result_set_reason(result, devid_error_text(&r->err));
}

/* Of the keys that there are; a device that never made one has none. */
static void tell_epoch(struct run *r)
{
	struct wire_status *status = calloc(1, sizeof(*status));

	if (status && client_status(socket_of(r), status, NULL) == DEVID_OK &&
		status->erasure.epoch > 0 &&
		status->erasure.epoch <= INT64_MAX) {
		r->result->has_epoch = true;
		r->result->epoch = status->erasure.epoch;
	}
	free(status);
}

static void certs_done(STACK_OF(X509) * certs)
{
	sk_X509_pop_free(certs, X509_free);
}

void enroll_steps_run(const struct enroll_call *call, struct enroll_result *ret)
{
	struct run r = { .call = call, .result = ret };

	*ret = (struct enroll_result) { .op = call->op, .end = ENROLL_DONE };
	(void)snprintf(ret->key, sizeof(ret->key), "%s", call->key);
	for (const struct step *s = tables[call->op];
		s->name && !r.settled && ret->end == ENROLL_DONE; s++) {
		enum enroll_class class = s->run(&r);

		log_debug("%s: %s", s->name,
			class == ENROLL_CLASS_NONE ? "done"
						   : enroll_class_name(class));
		if (class != ENROLL_CLASS_NONE)
			tell_failure(&r, class);
	}
	if (call->op == ENROLL_OP_ENROL && ret->end == ENROLL_DONE)
		tell_epoch(&r);
	est_link_free(r.link);
	enroll_identity_done(&r.identity);
	certs_done(r.cacerts);
	certs_done(r.answer);
	blob_done(&r.request);
}

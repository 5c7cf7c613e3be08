/* SPDX-License-Identifier: Apache-2.0 */
#include "keyd-requests.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "module-attest.h"
#include "module-cert.h"
#include "module-certify.h"
#include "module-erase.h"
#include "module-owner.h"
#include "module-sign.h"

/* The longest a TPM may take before devid-keyd gives up and starts afresh:
 * vendors state up to 90 s for an RSA key, a second for a signature. */
#define LIMIT_CREATE_SECONDS 240
#define LIMIT_SIGN_SECONDS   90 /* a lost key may be derived again */
#define LIMIT_SECONDS        30

/* What a handler works on. */
struct call {
	struct requests *r;
	const struct peer *peer;
	unsigned perms;
	const struct wire_request *req;
	struct room out; /* WIRE_ANSWER_DATA_MAX bytes for the answer's data */
};

typedef enum devid_err handler_fn(struct call *c, struct devid_error *err);

static struct view data_of(const struct call *c)
{
	return (struct view) { c->req->data, c->req->data_len };
}

/* The permission that managing the key @name needs; any manager's for a name
 * of no key, who is then told so. */
static unsigned manager_of(const char *name)
{
	enum key_id id;

	return key_id_by_name(name, &id) ? PERM_MANAGER(key_id_row(id)->manager)
					 : PERM_MANAGE_ANY;
}

static void log_done(const struct call *c, const char *what)
{
	log_info("%s%s%s: by uid %u pid %d", what, *c->req->name ? ": " : "",
		c->req->name, (unsigned)c->peer->uid, (int)c->peer->pid);
}

/* Of keys that are not listed only what the peer uses. */
static void keep_visible(const struct call *c, struct wire_status *status)
{
	size_t n = 0;

	for (size_t i = 0; i < status->n_keys; i++) {
		enum key_id id;

		if (!key_id_by_name(status->keys[i].name, &id) ||
			!policy_may_see(c->r->policy, c->peer, id))
			continue;
		if (n != i)
			status->keys[n] = status->keys[i];
		n++;
	}
	status->n_keys = n;
}

static enum devid_err do_status(struct call *c, struct devid_error *err)
{
	static struct wire_status status; /* large; one request at a time */

	if (c->perms & PERM_MANAGE_ANY)
		module_recover(c->r->module);
	module_status(c->r->module, &status);
	keep_visible(c, &status);
	status.signatures = c->r->signatures;
	status.refused = c->r->refused;
	return wire_encode_status(&status, &c->out, err);
}

static enum devid_err do_ping(struct call *c, struct devid_error *err)
{
	(void)c; /* an answer is all there is to it */
	(void)err;
	return DEVID_OK;
}

static enum devid_err not_a_user(struct call *c, struct devid_error *err)
{
	return devid_fail(err, DEVID_ERR_DENIED,
		"%s: uid %u is not among the users of this key", c->req->name,
		(unsigned)c->peer->uid);
}

static enum devid_err do_chain(struct call *c, struct devid_error *err)
{
	struct view chain = { NULL, 0 };
	enum devid_err rc;
	enum key_id id;

	/* Whether there is such a key or not. */
	if (key_id_by_name(c->req->name, &id) &&
		!policy_may_see(c->r->policy, c->peer, id))
		return not_a_user(c, err);
	rc = module_chain(c->r->module, c->req->name,
		(c->perms & manager_of(c->req->name)) != 0, &chain, err);
	if (rc != DEVID_OK)
		return rc;
	memcpy(c->out.data, chain.data, chain.len); /* WIRE_CHAIN_MAX at most */
	c->out.len = chain.len;
	return DEVID_OK;
}

static const char *tls_name(unsigned version)
{
	return version == 0x0304 ? " TLS 1.3"
				 : (version == 0x0303 ? " TLS 1.2" : "");
}

static enum devid_err do_sign(struct call *c, struct devid_error *err)
{
	const struct module_sign what = { c->req->name, c->req->arg,
		c->req->hash, c->req->data, c->req->data_len };
	struct purpose_verdict verdict;
	struct key_sig sig;
	enum devid_err rc;
	enum key_id id;

	/* Before anything is told of it, also that there is none. */
	if (key_id_by_name(c->req->name, &id) &&
		(!policy_may_use(c->r->policy, c->peer, id) ||
			!policy_may_see(c->r->policy, c->peer, id)))
		return not_a_user(c, err);
	rc = module_sign_purpose(c->r->module, &what, &verdict, err);
	if (rc != DEVID_OK)
		return rc;
	if (!(c->perms & (unsigned)verdict.purpose))
		return devid_fail(err, DEVID_ERR_DENIED,
			"%s: uid %u may not sign for %s", c->req->name,
			(unsigned)c->peer->uid, purpose_name(verdict.purpose));
	rc = module_sign(c->r->module, &what, &sig, err);
	if (rc != DEVID_OK)
		return rc;
	memcpy(c->out.data, sig.data, sig.len);
	c->out.len = sig.len;
	c->r->signatures++;
	log_info("signed: %s: %s%s for uid %u pid %d", c->req->name,
		purpose_name(verdict.purpose), tls_name(verdict.tls_version),
		(unsigned)c->peer->uid, (int)c->peer->pid);
	return DEVID_OK;
}

static enum devid_err do_create(struct call *c, struct devid_error *err)
{
	enum devid_err rc;

	rc = module_create(c->r->module, c->req->name,
		(enum key_alg)c->req->arg, c->req->hash != 0, err);
	if (rc == DEVID_OK)
		log_done(c, "key created");
	return rc;
}

static enum devid_err do_install(struct call *c, struct devid_error *err)
{
	enum devid_err rc;

	rc = module_install(
		c->r->module, c->req->name, data_of(c), c->req->arg != 0, err);
	if (rc == DEVID_OK)
		log_done(c, "certificate installed");
	return rc;
}

static enum devid_err do_enable(struct call *c, struct devid_error *err)
{
	enum devid_err rc;

	rc = module_enable(c->r->module, c->req->name, c->req->arg != 0, err);
	if (rc == DEVID_OK)
		log_done(c, c->req->arg ? "key enabled" : "key disabled");
	return rc;
}

static enum devid_err do_delete(struct call *c, struct devid_error *err)
{
	enum devid_err rc = module_delete(c->r->module, c->req->name, err);

	if (rc == DEVID_OK)
		log_done(c, "key deleted");
	return rc;
}

static enum devid_err do_init(struct call *c, struct devid_error *err)
{
	enum devid_err rc = module_init(c->r->module, err);

	if (rc == DEVID_OK)
		log_done(c, "module initialised");
	return rc;
}

static enum devid_err do_stir(struct call *c, struct devid_error *err)
{
	return module_stir(c->r->module, data_of(c), err);
}

static enum devid_err do_cert_enable(struct call *c, struct devid_error *err)
{
	enum devid_err rc;

	rc = module_cert_enable(
		c->r->module, c->req->name, c->req->arg != 0, err);
	if (rc == DEVID_OK)
		log_done(c, c->req->arg ? "certificate enabled"
					: "certificate disabled");
	return rc;
}

static enum devid_err do_cert_delete(struct call *c, struct devid_error *err)
{
	enum devid_err rc = module_cert_delete(c->r->module, c->req->name, err);

	if (rc == DEVID_OK)
		log_done(c, "certificate deleted");
	return rc;
}

static enum devid_err do_chain_install(struct call *c, struct devid_error *err)
{
	enum devid_err rc;

	if (c->req->data_len == 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: no certificates to install", c->req->name);
	rc = module_install_above(c->r->module, c->req->name, data_of(c), err);
	if (rc == DEVID_OK)
		log_done(c, "chain installed");
	return rc;
}

static enum devid_err do_chain_delete(struct call *c, struct devid_error *err)
{
	const struct view nothing = { NULL, 0 };
	enum devid_err rc =
		module_install_above(c->r->module, c->req->name, nothing, err);

	if (rc == DEVID_OK)
		log_done(c, "chain deleted");
	return rc;
}

static enum devid_err do_import(struct call *c, struct devid_error *err)
{
	struct wire_import what;
	enum devid_err rc = wire_decode_import(data_of(c), &what, err);

	if (rc == DEVID_OK)
		rc = module_import(c->r->module, c->req->name, &what,
			c->req->arg != 0, err);
	if (rc == DEVID_OK)
		log_done(c, "key imported");
	return rc;
}

static enum devid_err do_persist(struct call *c, struct devid_error *err)
{
	enum devid_err rc;

	rc = module_persist(c->r->module, c->req->name, c->req->arg != 0, err);
	if (rc == DEVID_OK)
		log_done(c, c->req->arg ? "key made persistent"
					: "key no longer persistent");
	return rc;
}

static enum devid_err do_erase(struct call *c, struct devid_error *err)
{
	enum devid_err rc = module_erase(c->r->module, err);

	if (rc == DEVID_OK)
		log_done(c, "all keys of the owner erased");
	return rc;
}

static enum devid_err do_attest(struct call *c, struct devid_error *err)
{
	static struct wire_attest said; /* large; one request at a time */
	struct view ek_cert = { c->req->data, c->req->data_len };
	enum devid_err rc =
		module_attest(c->r->module, c->req->name, ek_cert, &said, err);

	if (rc == DEVID_OK)
		rc = wire_encode_attest(&said, &c->out, err);
	if (rc == DEVID_OK)
		log_done(c, "keys attested");
	return rc;
}

static enum devid_err do_activate(struct call *c, struct devid_error *err)
{
	struct wire_credential what;
	struct wire_secret secret = { 0 };
	enum devid_err rc = wire_decode_credential(data_of(c), &what, err);

	if (rc == DEVID_OK)
		rc = module_activate(
			c->r->module, c->req->name, &what, &secret, err);
	if (rc == DEVID_OK) {
		memcpy(c->out.data, secret.data, secret.len);
		c->out.len = secret.len;
		log_done(c, "credential opened");
	}
	OPENSSL_cleanse(&secret, sizeof(secret));
	return rc;
}

typedef enum devid_err state_fn(struct module *m, const char *name,
	struct view nonce, struct wire_certify *ret, struct devid_error *err);

static enum devid_err do_state(
	struct call *c, state_fn *fn, const char *done, struct devid_error *err)
{
	static struct wire_certify said; /* large; one request at a time */
	enum devid_err rc =
		fn(c->r->module, c->req->name, data_of(c), &said, err);

	if (rc == DEVID_OK)
		rc = wire_encode_certify(&said, &c->out, err);
	if (rc == DEVID_OK)
		log_done(c, done);
	return rc;
}

static enum devid_err do_certify(struct call *c, struct devid_error *err)
{
	return do_state(c, module_certify, "key certified", err);
}

static enum devid_err do_epoch(struct call *c, struct devid_error *err)
{
	return do_state(
		c, module_certify_epoch, "counter of erasures certified", err);
}

#define PERM_ROLE 0

/* The request table: operation, who, when, how long. */
static const struct {
	enum wire_op op;
	const char *name;
	/* Permissions, one of which is needed; 0: what the key's role says. */
	unsigned any_of;
	unsigned limit; /* seconds */
	handler_fn *handler;
} table[] = {
	{ WIRE_STATUS, "status", PERM_ANYONE, LIMIT_CREATE_SECONDS, do_status },
	{ WIRE_CHAIN, "chain", PERM_ANYONE, LIMIT_SECONDS, do_chain },
	/* Of these the purpose decides, in do_sign(): who may have nothing
	 * signed has no bytes looked at. */
	{ WIRE_SIGN, "sign", PERM_SIGN, LIMIT_SIGN_SECONDS, do_sign },
	{ WIRE_CREATE, "create", PERM_ROLE, LIMIT_CREATE_SECONDS, do_create },
	{ WIRE_INSTALL, "install", PERM_ROLE, LIMIT_SECONDS, do_install },
	{ WIRE_ENABLE, "enable", PERM_ROLE, LIMIT_SECONDS, do_enable },
	{ WIRE_PING, "ping", PERM_ANYONE, LIMIT_SECONDS, do_ping },
	{ WIRE_DELETE, "delete", PERM_ROLE, LIMIT_SECONDS, do_delete },
	{ WIRE_ATTEST, "attest", PERM_MANAGE, LIMIT_CREATE_SECONDS, do_attest },
	/* The EK may have to be derived. */
	{ WIRE_ACTIVATE, "activate", PERM_MANAGE, LIMIT_CREATE_SECONDS,
		do_activate },
	{ WIRE_INIT, "init", PERM_MANAGE, LIMIT_CREATE_SECONDS, do_init },
	{ WIRE_STIR, "stir", PERM_MANAGE, LIMIT_SECONDS, do_stir },
	{ WIRE_CERT_ENABLE, "cert-enable", PERM_ROLE, LIMIT_SECONDS,
		do_cert_enable },
	{ WIRE_CERT_DELETE, "cert-delete", PERM_ROLE, LIMIT_SECONDS,
		do_cert_delete },
	{ WIRE_CHAIN_INSTALL, "chain-install", PERM_ROLE, LIMIT_SECONDS,
		do_chain_install },
	{ WIRE_CHAIN_DELETE, "chain-delete", PERM_ROLE, LIMIT_SECONDS,
		do_chain_delete },
	{ WIRE_IMPORT, "import", PERM_ROLE, LIMIT_CREATE_SECONDS, do_import },
	{ WIRE_PIN, "pin", PERM_ROLE, LIMIT_SECONDS, do_persist },
	{ WIRE_ERASE, "erase", PERM_MANAGE, LIMIT_CREATE_SECONDS, do_erase },
	/* The IAK may have to be derived. */
	{ WIRE_CERTIFY, "certify", PERM_ROLE, LIMIT_CREATE_SECONDS,
		do_certify },
	/* The counter is of no key; it is shown for an LDevID. */
	{ WIRE_EPOCH, "epoch", PERM_MANAGE_LDEVID, LIMIT_CREATE_SECONDS,
		do_epoch },
};

static unsigned limit_of(const struct requests *r, unsigned own)
{
	return r->limit != 0 && r->limit < own ? r->limit : own;
}

static enum devid_err dispatch(struct call *c, struct devid_error *err)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		enum devid_err rc;
		unsigned any_of;

		if (table[i].op != (enum wire_op)c->req->op)
			continue;
		any_of = table[i].any_of;
		if (any_of == PERM_ROLE)
			any_of = manager_of(c->req->name);
		if (!(c->perms & any_of))
			return devid_fail(err, DEVID_ERR_DENIED,
				"%s: not permitted to uid %u", table[i].name,
				(unsigned)c->peer->uid);
		/* A TPM that hangs must not hang the service: SIGALRM ends
		 * it, and it is started again. */
		(void)alarm(limit_of(c->r, table[i].limit));
		rc = table[i].handler(c, err);
		(void)alarm(0);
		return rc;
	}
	return devid_fail(err, DEVID_ERR_PROTOCOL,
		"key socket: no operation %u", c->req->op);
}

static const char *op_name(const struct wire_request *req)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].op == (enum wire_op)req->op)
			return table[i].name;
	}
	return "request";
}

/*
 * The count of @uid: its own, or one whose time is over; while there is none
 * such, the last one, shared with all others who are too many, or lines would
 * be had by having many uids.
 */
static struct refusal_count *refusals_of(
	struct requests *r, uid_t uid, time_t now)
{
	struct refusal_count *place = &r->refusals[REFUSAL_USERS];

	for (int i = REFUSAL_USERS - 1; i >= 0; i--) {
		struct refusal_count *c = &r->refusals[i];

		if (c->since != 0 && c->uid == uid)
			return c;
		if (c->since == 0 || now - c->since >= REFUSAL_SECONDS)
			place = c;
	}
	return place;
}

/* Tells what was not logged and begins anew, for @uid. */
static void begin_count(const struct requests *r, struct refusal_count *c,
	uid_t uid, time_t now)
{
	if (c->dropped > 0 && c == &r->refusals[REFUSAL_USERS])
		log_warn("refused: %u more of other users", c->dropped);
	else if (c->dropped > 0)
		log_warn("refused: %u more of uid %u", c->dropped,
			(unsigned)c->uid);
	*c = (struct refusal_count) { .uid = uid, .since = now };
}

void requests_refuse(
	struct requests *r, const struct peer *peer, const char *what)
{
	struct refusal_count *c;
	struct timespec clock;
	time_t now;

	(void)clock_gettime(CLOCK_MONOTONIC, &clock); /* cannot fail */
	now = clock.tv_sec + 1;                       /* 0 is never */
	r->refused++;
	c = refusals_of(r, peer->uid, now);
	if (c->since == 0 || now - c->since >= REFUSAL_SECONDS)
		begin_count(r, c, peer->uid, now);
	if (c->lines == REFUSAL_LINES) {
		c->dropped++;
		return;
	}
	c->lines++;
	log_warn("refused: %s (uid %u pid %d)", what, (unsigned)peer->uid,
		(int)peer->pid);
}

bool requests_answer(struct requests *r, const struct peer *peer,
	struct view in, struct room *ret)
{
	static uint8_t data[WIRE_ANSWER_DATA_MAX]; /* one request at a time */
	struct wire_request req = { 0 };
	struct devid_error err = { DEVID_OK, "" };
	struct call call = {
		.r = r,
		.peer = peer,
		.perms = policy_permissions(r->policy, peer),
		.req = &req,
		.out = { data, sizeof(data), 0 },
	};
	struct wire_answer ans = { 0 };
	char why[DEVID_ERROR_TEXT_MAX + 2 * KEY_NAME_MAX];
	bool encoded;

	ans.code = wire_decode_request(in, &req, &err);
	if (ans.code == DEVID_OK)
		ans.code = dispatch(&call, &err);
	ans.op = req.op & 0x7f;
	ans.data = data;
	ans.data_len = call.out.len;
	if (ans.code != DEVID_OK) {
		(void)snprintf(why, sizeof(why), "%s%s%s: %s", op_name(&req),
			*req.name ? " " : "", req.name,
			devid_error_text(&err)); /* fits */
		requests_refuse(r, peer, why);
		ans.data = (const uint8_t *)err.text;
		ans.data_len = strlen(err.text);
	}
	encoded = wire_encode_answer(&ans, ret, NULL) == DEVID_OK;
	OPENSSL_cleanse(data, call.out.len); /* the secret of a credential */
	return encoded && ans.code != DEVID_ERR_PROTOCOL;
}

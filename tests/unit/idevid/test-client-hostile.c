/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile devid-keyd does not take over its client: whatever comes back over
 * the key socket, each call of client.h ends with a refusal, and holds nothing
 * afterwards that it was sent. The provider believes no signature.
 */
#include "cmocka-all.h"

#include <dirent.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "certs.h"
#include "client.h"
#include "device.h"
#include "hostile-keyd.h"

static struct hostile_keyd h;

/* ---- every call ---- */

static enum devid_err call_status(struct devid_error *err)
{
	static struct wire_status status;

	return client_status(h.path, &status, err);
}

static enum devid_err call_find_key(struct devid_error *err)
{
	struct wire_key key;

	return client_find_key(h.path, "idevid", &key, err);
}

static enum devid_err call_chain(struct devid_error *err)
{
	static uint8_t buf[WIRE_CHAIN_MAX];
	struct room chain = { buf, sizeof(buf), 0 };

	return client_chain(h.path, "idevid", &chain, err);
}

static enum devid_err call_change(struct devid_error *err)
{
	const struct client_change change = {
		.op = WIRE_ENABLE, .arg = 1, .key = "tls-0"
	};

	return client_change(h.path, &change, err);
}

static enum devid_err call_import(struct devid_error *err)
{
	const struct wire_import what = { { (const uint8_t *)"\x30\x00", 2 },
		{ NULL, 0 } };

	return client_import(h.path, "tls-0", &what, false, err);
}

static enum devid_err call_sign(struct devid_error *err)
{
	const struct client_sign what = { "idevid", SIG_ECDSA, HASH_SHA256,
		(const uint8_t *)"data", 4 };
	struct key_sig sig = { .len = 7 };
	enum devid_err rc = client_sign(h.path, &what, &sig, err);

	assert_true(rc == DEVID_OK || sig.len == 7);
	return rc;
}

static enum devid_err call_attest(struct devid_error *err)
{
	static struct wire_attest said;

	return client_attest(
		h.path, "idevid", (struct view) { NULL, 0 }, &said, err);
}

static const struct view nonce = { (const uint8_t *)"some nonce", 10 };

static enum devid_err call_certify(struct devid_error *err)
{
	static struct wire_certify said;

	return client_certify(h.path, "ldevid-0", nonce, &said, err);
}

static enum devid_err call_epoch(struct devid_error *err)
{
	static struct wire_certify said;

	return client_epoch(h.path, nonce, &said, err);
}

static enum devid_err call_activate(struct devid_error *err)
{
	const struct wire_credential what = { (const uint8_t *)"id", 2,
		(const uint8_t *)"secret", 6 };
	struct wire_secret secret = { .len = 7 };
	enum devid_err rc =
		client_activate(h.path, "idevid", &what, &secret, err);

	assert_true(rc == DEVID_OK || secret.len == 7);
	return rc;
}

static const struct call {
	enum wire_op op;
	enum devid_err (*make)(struct devid_error *err);
	bool empty; /* an answer without data is one */
} calls[] = {
	{ WIRE_STATUS, call_status, false },
	{ WIRE_STATUS, call_find_key, false },
	{ WIRE_CHAIN, call_chain, true },
	{ WIRE_ENABLE, call_change, true },
	{ WIRE_IMPORT, call_import, true },
	{ WIRE_SIGN, call_sign, false },
	{ WIRE_ATTEST, call_attest, false },
	{ WIRE_ACTIVATE, call_activate, false },
	{ WIRE_CERTIFY, call_certify, false },
	{ WIRE_EPOCH, call_epoch, false },
};

/* ---- what comes back ---- */

static uint8_t op_of(struct view req)
{
	return req.data[1];
}

static const struct view nothing = { (const uint8_t *)"", 0 };

static void leave(int fd, struct view req, void *arg)
{
	(void)fd;
	(void)req;
	(void)arg;
}

static void send_empty_record(int fd, struct view req, void *arg)
{
	(void)req;
	(void)arg;
	(void)hostile_send(fd, "", 0);
}

/* As long as @arg says, of an answer that has no more than its header. */
static void send_part_of_header(int fd, struct view req, void *arg)
{
	uint8_t record[WIRE_ANSWER_MAX];

	(void)hostile_record(record, op_of(req), DEVID_OK, nothing);
	(void)hostile_send(fd, record, *(size_t *)arg);
}

/* One byte of the header changed: at @arg[0], by @arg[1]. */
static void send_other_header(int fd, struct view req, void *arg)
{
	uint8_t record[WIRE_ANSWER_MAX];
	const uint8_t *how = arg;
	size_t len = hostile_record(record, op_of(req), DEVID_OK,
		(struct view) { (const uint8_t *)"data", 4 });

	record[how[0]] ^= how[1];
	(void)hostile_send(fd, record, len);
}

static void send_request_back(int fd, struct view req, void *arg)
{
	(void)arg;
	(void)hostile_send(fd, req.data, req.len);
}

/* The largest answer, whose header fits it, and @arg bytes behind it. */
static void send_largest(int fd, struct view req, void *arg)
{
	static uint8_t record[WIRE_ANSWER_MAX + 4096];
	static uint8_t data[WIRE_ANSWER_DATA_MAX];
	size_t len = hostile_record(record, op_of(req), DEVID_OK,
		(struct view) { data, sizeof(data) });

	(void)hostile_send(fd, record, len + *(size_t *)arg);
}

/* No answer of this request, again and again, until the client has left. */
static void send_endlessly(int fd, struct view req, void *arg)
{
	uint8_t record[WIRE_ANSWER_MAX];
	size_t len = hostile_record(
		record, (uint8_t)(op_of(req) + 1), DEVID_OK, nothing);

	(void)arg;
	while (hostile_send(fd, record, len))
		;
}

#define REFUSAL "no\x1b[2J\r\nroot: a second line \x9b"

/* A refusal with a long text that would draw on a terminal. */
static size_t make_refusal(uint8_t *record, uint8_t op)
{
	uint8_t text[8000];

	memset(text, 'x', sizeof(text));
	memcpy(text, REFUSAL, sizeof(REFUSAL) - 1);
	return hostile_record(record, op, DEVID_ERR_DENIED,
		(struct view) { text, sizeof(text) });
}

static void send_refusal(int fd, struct view req, void *arg)
{
	uint8_t record[WIRE_ANSWER_MAX];

	(void)arg;
	(void)hostile_send(fd, record, make_refusal(record, op_of(req)));
}

/* The same with file descriptors, which the client never asked for. */
static void send_descriptors(int fd, struct view req, void *arg)
{
	uint8_t record[WIRE_ANSWER_MAX];
	struct iovec part = { record, make_refusal(record, op_of(req)) };
	union {
		struct cmsghdr align;
		uint8_t data[CMSG_SPACE(3 * sizeof(int))];
	} room = { .data = { 0 } };
	struct msghdr msg = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = room.data,
		.msg_controllen = sizeof(room.data) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);
	const int fds[3] = { fd, h.listen, STDERR_FILENO };

	(void)arg;
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(head), fds, sizeof(fds));
	(void)sendmsg(fd, &msg, MSG_NOSIGNAL);
}

static size_t open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

/* All calls end with @want. */
static void all_end(hostile_fn *answer, void *arg, enum devid_err want)
{
	for (size_t i = 0; i < N_OF(calls); i++) {
		struct devid_error err = { DEVID_OK, "" };
		enum devid_err rc;

		h.answer = answer;
		h.arg = arg;
		rc = calls[i].make(&err);
		if (rc != want || err.code != want)
			fail_msg("operation %d: %s, %s", calls[i].op,
				devid_err_name(rc), err.text);
	}
}

/* ---- the cases ---- */

/* covers: OWN-hostile-keyd */
static void no_answer_is_told_as_keyd_gone(void **state)
{
	(void)state;
	all_end(leave, NULL, DEVID_ERR_KEYD_ABSENT);
	all_end(send_empty_record, NULL, DEVID_ERR_KEYD_ABSENT);
}

/* covers: OWN-hostile-keyd */
static void answer_of_another_form_is_refused(void **state)
{
	/* version, not an answer, another operation, no error there is, more
	 * data than there is, less */
	static uint8_t how[][2] = { { 0, 0xff }, { 1, 0x80 }, { 1, 0x40 },
		{ 2, 0x7f }, { 7, 0x40 }, { 4, 0x80 }, { 7, 0x06 } };

	(void)state;
	for (size_t len = 1; len < WIRE_ANSWER_HEADER; len++)
		all_end(send_part_of_header, &len, DEVID_ERR_PROTOCOL);
	for (size_t i = 0; i < N_OF(how); i++)
		all_end(send_other_header, how[i], DEVID_ERR_PROTOCOL);
	all_end(send_request_back, NULL, DEVID_ERR_PROTOCOL);
}

/* No call takes as much as a record may have.
 * covers: OWN-hostile-keyd */
static void answer_of_any_length_is_refused(void **state)
{
	static size_t more[] = { 0, 1, 4096 };

	(void)state;
	for (size_t i = 0; i < N_OF(more); i++)
		all_end(send_largest, &more[i], DEVID_ERR_PROTOCOL);
}

/* covers: OWN-hostile-keyd */
static void answers_without_end_end_with_the_first(void **state)
{
	(void)state;
	all_end(send_endlessly, NULL, DEVID_ERR_PROTOCOL);
}

/* covers: OWN-hostile-keyd */
static void refusal_draws_on_no_terminal(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(calls); i++) {
		struct devid_error err = { DEVID_OK, "" };

		h.answer = send_refusal;
		assert_rc(calls[i].make(&err), DEVID_ERR_DENIED);
		assert_cause(&err, "no?[2J??root: a second line ?xxx");
		assert_true(strlen(err.text) < sizeof(err.text));
	}
}

/* covers: OWN-hostile-keyd */
static void descriptors_are_not_taken(void **state)
{
	size_t before;

	(void)state;
	hostile_keyd_stop(&h); /* it has some of its own */
	before = open_files();
	hostile_keyd_start(&h);
	all_end(send_descriptors, NULL, DEVID_ERR_DENIED);
	hostile_keyd_stop(&h);
	assert_int_equal(open_files(), before);
	hostile_keyd_start(&h);
}

/* Each call knows whether its answer has something in it. */
static void send_nothing(int fd, struct view req, void *arg)
{
	uint8_t record[WIRE_ANSWER_MAX];

	(void)arg;
	(void)hostile_send(fd, record,
		hostile_record(record, op_of(req), DEVID_OK, nothing));
}

/* covers: OWN-hostile-keyd */
static void answer_without_what_was_asked_for_is_refused(void **state)
{
	(void)state;
	h.answer = send_nothing;
	for (size_t i = 0; i < N_OF(calls); i++)
		assert_rc(calls[i].make(NULL),
			calls[i].empty ? DEVID_OK : DEVID_ERR_PROTOCOL);
}

/* ---- the provider, above that ---- */

/* What the status says of idevid, and how a request for a signature and one for
 * the chain are answered. */
struct lie {
	struct wire_key key;
	struct key_sig sig;
	struct view chain;
};

static void lie_well_formed(int fd, struct view req, void *arg)
{
	static uint8_t record[WIRE_ANSWER_MAX], data[WIRE_ANSWER_DATA_MAX];
	static struct wire_status status;
	const struct lie *lie = arg;
	struct room out = { data, sizeof(data), 0 };
	struct view answer = { lie->sig.data, lie->sig.len };

	if (op_of(req) == WIRE_CHAIN)
		answer = lie->chain;
	if (op_of(req) == WIRE_STATUS) {
		memset(&status, 0, sizeof(status));
		status.n_keys = 1;
		status.keys[0] = lie->key;
		if (wire_encode_status(&status, &out, NULL) == DEVID_OK)
			answer = (struct view) { out.data, out.len };
	}
	(void)hostile_send(fd, record,
		hostile_record(record, op_of(req), DEVID_OK, answer));
}

static struct key_blob spki_of(EVP_PKEY *key)
{
	struct key_blob spki;
	uint8_t *p = spki.data;

	spki.len = (size_t)i2d_PUBKEY(key, &p);
	return spki;
}

static struct lie lie_of(EVP_PKEY *key)
{
	return (struct lie) {
		.key = { .name = "idevid",
			.alg = KEY_ALG_P256,
			.present = 1,
			.certified = 1,
			.enabled = 1,
			.cert_enabled = 1,
			.place = "0x81020000",
			.spki = spki_of(key) },
		.sig = { .len = 8, .data = "no sig" },
		.chain = { (const uint8_t *)"\x30\x84\xff\xff\xff\xff", 6 },
	};
}

static OSSL_LIB_CTX *libctx;
static OSSL_PROVIDER *plain, *devid;

/* All that devid: gives; the last key is the caller's. */
static EVP_PKEY *load_all(struct lie *lie, unsigned *ret_certs)
{
	OSSL_STORE_CTX *store;
	EVP_PKEY *key = NULL;

	*ret_certs = 0;
	h.answer = lie_well_formed;
	h.arg = lie;
	store = OSSL_STORE_open_ex(
		"devid:idevid", libctx, NULL, NULL, NULL, NULL, NULL, NULL);
	while (store && !OSSL_STORE_eof(store)) {
		OSSL_STORE_INFO *info = OSSL_STORE_load(store);
		int type = info ? OSSL_STORE_INFO_get_type(info) : 0;

		if (type == OSSL_STORE_INFO_PKEY && !key)
			key = OSSL_STORE_INFO_get1_PKEY(info);
		*ret_certs += type == OSSL_STORE_INFO_CERT;
		OSSL_STORE_INFO_free(info);
	}
	(void)OSSL_STORE_close(store);
	return key;
}

/* Whether @key signs. */
static bool signs(EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t sig[KEY_SIG_MAX];
	size_t len = sizeof(sig);
	bool ok =
		EVP_DigestSignInit_ex(
			ctx, NULL, "SHA256", libctx, NULL, key, NULL) == 1 &&
		EVP_DigestSign(ctx, sig, &len, (const uint8_t *)"data", 4) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

/* A signature by @key over what signs() asks for, as @lie's. */
static void sign_data(struct lie *lie, EVP_PKEY *key)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	lie->sig.len = sizeof(lie->sig.data);
	assert_int_equal(
		EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, lie->sig.data, &lie->sig.len,
				 (const uint8_t *)"data", 4),
		1);
	EVP_MD_CTX_free(ctx);
}

/* A signature by another key than was shown, of no form, and of any length.
 * covers: OWN-hostile-keyd */
static void provider_believes_no_signature(void **state)
{
	EVP_PKEY *shown = certs_key("P-256"), *other = certs_key("P-256");
	struct lie lie = lie_of(shown);
	unsigned n_certs;
	EVP_PKEY *key = load_all(&lie, &n_certs);

	(void)state;
	assert_non_null(key);
	assert_int_equal(n_certs, 0); /* what came is no certificate */
	for (lie.sig.len = 0; lie.sig.len <= KEY_SIG_MAX; lie.sig.len += 8)
		assert_false(signs(key));
	sign_data(&lie, other);
	assert_false(signs(key));
	sign_data(&lie, shown);
	assert_true(signs(key));
	EVP_PKEY_free(key);
	EVP_PKEY_free(shown);
	EVP_PKEY_free(other);
	ERR_clear_error();
}

/* A public key that is none, or of another type than is told of it.
 * covers: OWN-hostile-keyd */
static void provider_loads_no_broken_key(void **state)
{
	EVP_PKEY *shown = certs_key("P-256");
	struct lie lie = lie_of(shown);
	const struct key_blob good = lie.key.spki;
	unsigned n_certs;

	(void)state;
	for (size_t len = 0; len < good.len; len++) {
		lie.key.spki.len = len;
		assert_null(load_all(&lie, &n_certs));
	}
	lie.key.spki = good;
	lie.key.spki.data[good.len - 1] ^= 1; /* not on the curve */
	assert_null(load_all(&lie, &n_certs));
	lie.key.spki = good;
	lie.key.spki.data[4] ^= 1;
	assert_null(load_all(&lie, &n_certs));
	EVP_PKEY_free(shown);
	ERR_clear_error();
}

/* A name that would be a path elsewhere; a place that draws on a terminal.
 * covers: OWN-hostile-keyd */
static void status_with_other_names_is_refused(void **state)
{
	static const char *const names[] = { "../../etc/passwd", "a\nb", "" };
	EVP_PKEY *shown = certs_key("P-256");
	struct lie lie = lie_of(shown);
	struct devid_error err = { DEVID_OK, "" };

	(void)state;
	h.answer = lie_well_formed;
	h.arg = &lie;
	assert_rc(call_find_key(&err), DEVID_OK);
	for (size_t i = 0; i < N_OF(names); i++) {
		strcpy(lie.key.name, names[i]);
		assert_rc(call_status(NULL), DEVID_ERR_PROTOCOL);
	}
	lie = lie_of(shown);
	strcpy(lie.key.place, "\x1b[2J");
	assert_rc(call_status(NULL), DEVID_ERR_PROTOCOL);
	EVP_PKEY_free(shown);
}

static int start(void **state)
{
	(void)state;
	hostile_keyd_start(&h);
	(void)setenv("DEVID_KEYD_SOCKET", h.path, 1);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	hostile_keyd_stop(&h);
	return 0;
}

static int load_provider(void **state)
{
	(void)state;
	libctx = OSSL_LIB_CTX_new();
	if (OSSL_PROVIDER_set_default_search_path(libctx, device_build()) != 1)
		return -1;
	plain = OSSL_PROVIDER_load(libctx, "default");
	devid = OSSL_PROVIDER_load(libctx, "devid");
	return plain && devid ? 0 : -1;
}

static int unload_provider(void **state)
{
	(void)state;
	if (OSSL_PROVIDER_unload(devid) != 1 ||
		OSSL_PROVIDER_unload(plain) != 1)
		return -1;
	OSSL_LIB_CTX_free(libctx);
	return 0;
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(no_answer_is_told_as_keyd_gone),
		CASE(answer_of_another_form_is_refused),
		CASE(answer_of_any_length_is_refused),
		CASE(answers_without_end_end_with_the_first),
		CASE(refusal_draws_on_no_terminal),
		CASE(descriptors_are_not_taken),
		CASE(answer_without_what_was_asked_for_is_refused),
		CASE(provider_believes_no_signature),
		CASE(provider_loads_no_broken_key),
		CASE(status_with_other_names_is_refused),
	};

	return cmocka_run_group_tests_name(
		"client-hostile", tests, load_provider, unload_provider);
}

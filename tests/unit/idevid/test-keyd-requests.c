/* SPDX-License-Identifier: Apache-2.0 */
/* Who may ask devid-keyd for what: the request table, one peer a list. */
#include "cmocka-all.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "fake-keystore.h"
#include "keyd-requests.h"
#include "log.h"
#include "module.h"
#include "tempdir.h"
#include "wire.h"

/* Users by what they hold; the permissions are those of keyd-policy.h. */
enum who {
	NOBODY,
	CLIENT,
	SERVER,
	CSR,
	MAKER,
	LDEVID,
	OWNER,
	N_WHO
};

static struct {
	struct tempdir dir;
	struct keystore *ks;
	struct module *module;
	struct policy policy;
	struct requests requests;
} w;

static void quiet(const char *line)
{
	(void)line; /* not what is tested */
}

static void list(struct policy_list *ret, unsigned uid)
{
	*ret = (struct policy_list) { .entries = { { false, uid } }, .n = 1 };
}

static int setup(void **state)
{
	struct module_options options = { .state_dir = NULL };

	(void)state;
	memset(&w, 0, sizeof(w));
	log_init("test", LOG_LEVEL_ERROR);
	w.dir = tempdir_new();
	fake_keystore_new(&w.ks);
	options.keystore = w.ks;
	options.state_dir = w.dir.path;
	assert_rc(module_new(&options, quiet, &w.module, NULL), DEVID_OK);
	list(&w.policy.tls_client, CLIENT);
	list(&w.policy.tls_server, SERVER);
	list(&w.policy.csr, CSR);
	list(&w.policy.managers[ROLE_MANAGER_MAKER], MAKER);
	list(&w.policy.managers[ROLE_MANAGER_LDEVID], LDEVID);
	list(&w.policy.managers[ROLE_MANAGER_OWNER], OWNER);
	w.requests.module = w.module;
	w.requests.policy = &w.policy;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	module_free(w.module);
	w.ks->ops->free(w.ks);
	tempdir_remove(&w.dir);
	return 0;
}

/* What @who is answered; a status goes to @ret, unless that is NULL, the text
 * of an error to @err. */
static enum devid_err ask(enum who who, const struct wire_request *req,
	struct wire_status *ret, struct devid_error *err)
{
	static uint8_t in[WIRE_REQUEST_MAX], out[WIRE_ANSWER_MAX];
	struct room record = { in, sizeof(in), 0 };
	struct room answer = { out, sizeof(out), 0 };
	struct peer peer = { .uid = who, .gid = 1000, .pid = 1 };
	struct wire_answer got;

	assert_rc(wire_encode_request(req, &record, NULL), DEVID_OK);
	(void)requests_answer(&w.requests, &peer,
		(struct view) { in, record.len },
		&answer); /* may end the connection */
	assert_rc(wire_decode_answer(
			  (struct view) { out, answer.len }, &got, NULL),
		DEVID_OK);
	if (ret && got.code == DEVID_OK)
		assert_rc(wire_decode_status(
				  (struct view) { got.data, got.data_len }, ret,
				  NULL),
			DEVID_OK);
	if (got.code != DEVID_OK)
		return devid_fail(err, got.code, "%.*s", (int)got.data_len,
			(const char *)got.data);
	return DEVID_OK;
}

/* By the table, before anything else: other refusals may be DENIED as well. */
static bool is_barred(const struct devid_error *err)
{
	return err->code == DEVID_ERR_DENIED &&
	       strstr(err->text, ": not permitted to uid ");
}

static struct wire_request request(uint8_t op, const char *name)
{
	struct wire_request req = { .op = op };

	(void)snprintf(req.name, sizeof(req.name), "%s", name);
	if (op == WIRE_CREATE)
		req.arg = KEY_ALG_P256;
	return req;
}

#define BIT(who) (1u << (who))

/* Everything that changes a key, of each role: its managers and nobody else.
 * covers: OWN-role-manager */
static void keys_are_managed_by_the_managers_of_their_role(void **state)
{
	static const uint8_t ops[] = { WIRE_CREATE, WIRE_INSTALL, WIRE_ENABLE,
		WIRE_DELETE, WIRE_CERT_ENABLE, WIRE_CERT_DELETE,
		WIRE_CHAIN_INSTALL, WIRE_CHAIN_DELETE, WIRE_IMPORT, WIRE_PIN,
		WIRE_CERTIFY };
	static const struct {
		const char *name;
		unsigned may;
	} cases[] = {
		{ "idevid", BIT(MAKER) },
		{ "iak-3", BIT(MAKER) },
		{ "ldevid-0", BIT(LDEVID) },
		{ "eap-0", BIT(OWNER) },
		{ "tls-7", BIT(OWNER) },
		/* Whoever manages anything is told that there is no such. */
		{ "other", BIT(MAKER) | BIT(LDEVID) | BIT(OWNER) },
		{ "", BIT(MAKER) | BIT(LDEVID) | BIT(OWNER) },
	};

	(void)state;
	for (size_t o = 0; o < N_OF(ops); o++) {
		for (size_t c = 0; c < N_OF(cases); c++) {
			struct wire_request req =
				request(ops[o], cases[c].name);

			for (int who = NOBODY; who < N_WHO; who++) {
				struct devid_error err = { DEVID_OK, "" };

				(void)ask((enum who)who, &req, NULL, &err);
				assert_int_equal(is_barred(&err),
					(cases[c].may & BIT(who)) == 0);
			}
		}
	}
}

static void module_is_managed_by_the_makers_users(void **state)
{
	static const uint8_t ops[] = { WIRE_ATTEST, WIRE_ACTIVATE, WIRE_INIT,
		WIRE_STIR, WIRE_ERASE };

	(void)state;
	for (size_t o = 0; o < N_OF(ops); o++) {
		struct wire_request req = request(ops[o], "idevid");

		for (int who = NOBODY; who < N_WHO; who++) {
			struct devid_error err = { DEVID_OK, "" };

			(void)ask((enum who)who, &req, NULL, &err);
			assert_int_equal(is_barred(&err), who != MAKER);
		}
	}
}

/* covers: OWN-evidence-keyd */
static void counter_is_certified_for_who_manages_ldevids(void **state)
{
	static const uint8_t nonce[WIRE_NONCE_MIN] = "a nonce";
	struct wire_request create = request(WIRE_CREATE, "ldevid-0");
	struct wire_request req = request(WIRE_EPOCH, "iak");

	(void)state;
	req.data = nonce;
	req.data_len = sizeof(nonce);
	assert_rc(ask(LDEVID, &req, NULL, NULL), DEVID_ERR_NOT_FOUND);
	assert_rc(ask(LDEVID, &create, NULL, NULL), DEVID_OK);
	for (int who = NOBODY; who < N_WHO; who++) {
		struct devid_error err = { DEVID_OK, "" };

		assert_rc(ask((enum who)who, &req, NULL, &err),
			who == LDEVID ? DEVID_OK : DEVID_ERR_DENIED);
		assert_int_equal(is_barred(&err), who != LDEVID);
	}
}

/* covers: OWN-evidence-keyd */
static void key_is_certified_for_its_managers(void **state)
{
	static const uint8_t nonce[WIRE_NONCE_MIN] = "a nonce";
	struct wire_request create = request(WIRE_CREATE, "ldevid-0");
	struct wire_request enable = request(WIRE_ENABLE, "ldevid-0");
	struct wire_request req = request(WIRE_CERTIFY, "ldevid-0");

	(void)state;
	req.data = nonce;
	req.data_len = sizeof(nonce);
	assert_rc(ask(LDEVID, &req, NULL, NULL), DEVID_ERR_NOT_FOUND);
	assert_rc(ask(LDEVID, &create, NULL, NULL), DEVID_OK);
	assert_rc(ask(LDEVID, &req, NULL, NULL), DEVID_ERR_KEY_DISABLED);
	enable.arg = 1;
	assert_rc(ask(LDEVID, &enable, NULL, NULL), DEVID_OK);
	assert_rc(ask(LDEVID, &req, NULL, NULL), DEVID_OK);
	assert_rc(ask(MAKER, &req, NULL, NULL), DEVID_ERR_DENIED);
}

static void everybody_may_ask_how_it_is(void **state)
{
	static const uint8_t ops[] = { WIRE_STATUS, WIRE_PING, WIRE_CHAIN };

	(void)state;
	for (size_t o = 0; o < N_OF(ops); o++) {
		struct wire_request req = request(ops[o], "idevid");

		for (int who = NOBODY; who < N_WHO; who++)
			assert_int_not_equal(
				ask((enum who)who, &req, NULL, NULL),
				DEVID_ERR_DENIED);
	}
}

static bool has_key(const struct wire_status *st, const char *name)
{
	for (size_t i = 0; i < st->n_keys; i++) {
		if (strcmp(st->keys[i].name, name) == 0)
			return true;
	}
	return false;
}

/* covers: OWN-role-listed */
static void keys_that_are_not_listed_are_shown_to_users_only(void **state)
{
	static struct wire_status st;
	const struct wire_request status = request(WIRE_STATUS, "");
	const struct wire_request chain = request(WIRE_CHAIN, "tls-0");
	const struct wire_request no_chain = request(WIRE_CHAIN, "tls-5");
	const struct wire_request listed_chain =
		request(WIRE_CHAIN, "ldevid-0");
	const unsigned uses_tls =
		BIT(SERVER) | BIT(CSR) | BIT(MAKER) | BIT(LDEVID) | BIT(OWNER);
	const unsigned signs = BIT(CLIENT) | BIT(SERVER) | BIT(CSR);
	struct wire_request create = request(WIRE_CREATE, "tls-0");
	struct wire_request sign = request(WIRE_SIGN, "tls-0");
	struct wire_request no_sign = request(WIRE_SIGN, "tls-5");
	enum key_id id;

	(void)state;
	/* As its type does not: whose key it is hears so. */
	sign.arg = no_sign.arg = SIG_RSAPSS;
	sign.hash = no_sign.hash = HASH_SHA256;
	sign.data = no_sign.data = (const uint8_t *)"x";
	sign.data_len = no_sign.data_len = 1;
	assert_rc(ask(OWNER, &create, NULL, NULL), DEVID_OK);
	create = request(WIRE_CREATE, "ldevid-0");
	assert_rc(ask(LDEVID, &create, NULL, NULL), DEVID_OK);
	for (int who = NOBODY; who < N_WHO; who++) {
		assert_rc(ask((enum who)who, &status, &st, NULL), DEVID_OK);
		assert_true(has_key(&st, "idevid"));
		assert_true(has_key(&st, "ldevid-0"));
		assert_int_equal(
			has_key(&st, "tls-0"), (uses_tls & BIT(who)) != 0);
		/* A refusal of a user's is that there is none installed. */
		assert_rc(ask((enum who)who, &chain, NULL, NULL),
			uses_tls & BIT(who) ? DEVID_ERR_CERT_NOT_FOUND
					    : DEVID_ERR_DENIED);
		assert_rc(ask((enum who)who, &no_chain, NULL, NULL),
			uses_tls & BIT(who) ? DEVID_ERR_NOT_FOUND
					    : DEVID_ERR_DENIED);
		if (signs & BIT(who)) {
			assert_rc(ask((enum who)who, &sign, NULL, NULL),
				uses_tls & BIT(who) ? DEVID_ERR_SUITE_MISMATCH
						    : DEVID_ERR_DENIED);
			assert_rc(ask((enum who)who, &no_sign, NULL, NULL),
				uses_tls & BIT(who) ? DEVID_ERR_NOT_FOUND
						    : DEVID_ERR_DENIED);
		}
		assert_rc(ask((enum who)who, &listed_chain, NULL, NULL),
			DEVID_ERR_CERT_NOT_FOUND);
	}
	/* And of those who sign as a server, the key's own users. */
	assert_true(key_id_by_name("tls-0", &id));
	w.policy.is_limited[id] = true;
	list(&w.policy.users[id], CLIENT);
	assert_rc(ask(SERVER, &chain, NULL, NULL), DEVID_ERR_DENIED);
	assert_rc(ask(CLIENT, &chain, NULL, NULL), DEVID_ERR_CERT_NOT_FOUND);
}

/* Of those who may sign as a server, the key's users only. */
static void key_with_users_signs_for_them_only(void **state)
{
	static const char context[] = "TLS 1.3, server CertificateVerify";
	uint8_t data[64 + sizeof(context) + 32];
	const struct wire_request create = request(WIRE_CREATE, "tls-0");
	struct wire_request sign = request(WIRE_SIGN, "tls-0");
	enum key_id id;

	(void)state;
	memset(data, ' ', 64);
	memcpy(data + 64, context, sizeof(context));
	memset(data + 64 + sizeof(context), 0x11, 32);
	sign.arg = SIG_ECDSA;
	sign.hash = HASH_SHA256;
	sign.data = data;
	sign.data_len = sizeof(data);
	assert_rc(ask(OWNER, &create, NULL, NULL), DEVID_OK);
	assert_rc(ask(SERVER, &sign, NULL, NULL), DEVID_OK);
	assert_rc(ask(CLIENT, &sign, NULL, NULL), DEVID_ERR_DENIED);
	assert_rc(ask(NOBODY, &sign, NULL, NULL), DEVID_ERR_DENIED);
	assert_true(key_id_by_name("tls-0", &id));
	w.policy.is_limited[id] = true;
	list(&w.policy.users[id], OWNER);
	assert_rc(ask(SERVER, &sign, NULL, NULL), DEVID_ERR_DENIED);
	list(&w.policy.users[id], SERVER);
	assert_rc(ask(SERVER, &sign, NULL, NULL), DEVID_OK);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(keys_are_managed_by_the_managers_of_their_role),
		CASE(module_is_managed_by_the_makers_users),
		CASE(counter_is_certified_for_who_manages_ldevids),
		CASE(key_is_certified_for_its_managers),
		CASE(everybody_may_ask_how_it_is),
		CASE(keys_that_are_not_listed_are_shown_to_users_only),
		CASE(key_with_users_signs_for_them_only),
	};

	return cmocka_run_group_tests_name("keyd-requests", tests, NULL, NULL);
}

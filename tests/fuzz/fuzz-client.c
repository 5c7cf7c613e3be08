/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's side of the key socket, and what doctor and status make of the
 * answers, over a real socket. The first byte chooses the call; then comes an
 * answer for each connection that it makes, behind its u16 length. Where there
 * is none left, the connection is closed.
 * covers: OWN-hostile-keyd
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "facts-keyd.h"
#include "hostile-keyd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct hostile_keyd keyd;

/* Nothing is looked at once the client has its answer: the next input may be
 * there. */
static void answer_next(int fd, struct view req, void *arg)
{
	static uint8_t record[UINT16_MAX];
	struct view *rest = arg;
	struct view answer;

	(void)req;
	if (rest->len < 2)
		return;
	answer.len = (size_t)rest->data[0] << 8 | rest->data[1];
	answer.data = rest->data + 2;
	if (answer.len > rest->len - 2)
		answer.len = rest->len - 2;
	rest->data = answer.data + answer.len;
	rest->len -= 2 + answer.len;
	memcpy(record, answer.data, answer.len);
	(void)hostile_send(fd, record, answer.len);
}

/* What is told of an error is one line for any terminal. */
static void check_error(enum devid_err rc, const struct devid_error *err)
{
	if (rc != err->code || rc > DEVID_OK || rc < DEVID_ERR_MIN)
		abort();
	for (const char *p = err->text; *p; p++) {
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			abort();
	}
}

static enum devid_err find_key(struct devid_error *err)
{
	struct wire_key key;
	enum devid_err rc = client_find_key(keyd.path, "idevid", &key, err);

	if (rc == DEVID_OK && strcmp(key.name, "idevid") != 0)
		abort();
	return rc;
}

static enum devid_err chain(struct devid_error *err)
{
	static uint8_t buf[WIRE_CHAIN_MAX];
	struct room room = { buf, sizeof(buf), 0 };
	enum devid_err rc = client_chain(keyd.path, "idevid", &room, err);

	if (room.len > sizeof(buf))
		abort();
	return rc;
}

static enum devid_err change(struct devid_error *err)
{
	const struct client_change what = { .op = WIRE_PIN, .key = "tls-0" };

	return client_change(keyd.path, &what, err);
}

static enum devid_err sign(struct devid_error *err)
{
	const struct client_sign what = { "idevid", SIG_ECDSA, HASH_SHA256,
		(const uint8_t *)"data", 4 };
	struct key_sig sig = { .len = 0 };
	enum devid_err rc = client_sign(keyd.path, &what, &sig, err);

	if ((rc == DEVID_OK) != (sig.len > 0) || sig.len > sizeof(sig.data))
		abort();
	return rc;
}

static enum devid_err attest(struct devid_error *err)
{
	static struct wire_attest said;

	return client_attest(
		keyd.path, "idevid", (struct view) { NULL, 0 }, &said, err);
}

static enum devid_err activate(struct devid_error *err)
{
	const struct wire_credential what = { (const uint8_t *)"id", 2,
		(const uint8_t *)"secret", 6 };
	struct wire_secret secret = { .len = 0 };
	enum devid_err rc =
		client_activate(keyd.path, "idevid", &what, &secret, err);

	if ((rc == DEVID_OK) != (secret.len > 0))
		abort();
	return rc;
}

static const struct view nonce = { (const uint8_t *)"some nonce", 10 };

static enum devid_err certify(struct devid_error *err)
{
	static struct wire_certify said;
	enum devid_err rc =
		client_certify(keyd.path, "ldevid-0", nonce, &said, err);

	if (rc == DEVID_OK && (said.attest.len == 0 || said.public.len == 0))
		abort();
	return rc;
}

static enum devid_err epoch(struct devid_error *err)
{
	static struct wire_certify said;

	return client_epoch(keyd.path, nonce, &said, err);
}

/* As `devid status --json` has it: it can be written, whatever was said. */
static enum devid_err facts(struct devid_error *err)
{
	struct facts_keyd *asked = facts_keyd_ask(keyd.path);
	json_t *all =
		json_pack("{s:o, s:o}", "keystore", facts_keyd_keystore(asked),
			"identities", facts_keyd_identities(asked));
	char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
	enum devid_err rc = asked->rc;

	if (!text)
		abort();
	*err = asked->err;
	free(text);
	json_decref(all);
	free(asked);
	return rc;
}

static void remove_folder(void)
{
	tempdir_remove(&keyd.dir);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static enum devid_err (*const calls[])(
		struct devid_error * err) = { facts, find_key, chain, change,
		sign, attest, activate, certify, epoch };
	struct devid_error err = { DEVID_OK, "" };
	struct view rest;
	enum devid_err rc;

	if (!keyd.answer) {
		keyd.answer = answer_next;
		hostile_keyd_start(&keyd);
		(void)atexit(remove_folder);
	}
	if (len < 1)
		return 0;
	rest = (struct view) { data + 1, len - 1 };
	keyd.arg = &rest;
	rc = calls[data[0] % (sizeof(calls) / sizeof(calls[0]))](&err);
	check_error(rc, &err);
	return 0;
}

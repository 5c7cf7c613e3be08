/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"

#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fail.h"
#include "token-private.h"

CLEANUP_DEFINE(token, struct token *, token_close)

#define SLOTS_MAX 256 /* slots with a token; a limit of ours */

static bool is_gone(CK_RV rv)
{
	switch (rv) {
	case CKR_CRYPTOKI_NOT_INITIALIZED:
	case CKR_DEVICE_REMOVED:
	case CKR_KEY_HANDLE_INVALID:
	case CKR_OBJECT_HANDLE_INVALID:
	case CKR_SESSION_CLOSED:
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_USER_NOT_LOGGED_IN:
		return true;
	default:
		return false;
	}
}

enum devid_err token_result(const struct token *token, CK_RV rv,
	const char *what, struct devid_error *err)
{
	if (rv == CKR_OK)
		return DEVID_OK;
	if (is_gone(rv))
		return devid_fail(err, DEVID_ERR_UNREACHABLE,
			"token: %s: %s: the token or the login is gone (%s)",
			token->label, what, p11_kit_strerror(rv));
	return devid_fail(err, DEVID_ERR_CRYPTO, "token: %s: %s: %s (0x%lx)",
		token->label, what, p11_kit_strerror(rv), (unsigned long)rv);
}

enum devid_err token_session(const struct token *token, bool writable,
	CK_SESSION_HANDLE *ret, struct devid_error *err)
{
	CK_FLAGS flags = CKF_SERIAL_SESSION | (writable ? CKF_RW_SESSION : 0);

	return token_result(token,
		token->module->C_OpenSession(
			token->slot, flags, NULL, NULL, ret),
		"open session", err);
}

static enum devid_err load(
	struct token *token, const char *path, struct devid_error *err)
{
	CK_RV rv;

	if (path[0] != '/')
		return devid_fail(err, DEVID_ERR_INVALID,
			"token: %s: not an absolute path of a module", path);
	/* Managed by p11-kit: others of this process may use it as well. */
	token->module = p11_kit_module_load(path, 0);
	if (!token->module) {
		const char *why = p11_kit_message();

		return devid_fail(err, DEVID_ERR_NOT_FOUND, "token: %s: %s",
			path, why ? why : "cannot be loaded");
	}
	rv = p11_kit_module_initialize(token->module);
	if (rv != CKR_OK)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"token: %s: cannot be initialized: %s", path,
			p11_kit_strerror(rv));
	token->initialized = true;
	return DEVID_OK;
}

/* Labels are padded with blanks and have no NUL (3.2, CK_TOKEN_INFO). */
static bool has_label(const CK_TOKEN_INFO *info, const char *label)
{
	size_t len = strlen(label);

	if (memcmp(info->label, label, len) != 0)
		return false;
	while (len < TOKEN_LABEL_MAX && info->label[len] == ' ')
		len++;
	return len == TOKEN_LABEL_MAX;
}

static enum devid_err find_slot(
	struct token *token, CK_TOKEN_INFO *ret, struct devid_error *err)
{
	CK_FUNCTION_LIST *m = token->module;
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG n = SLOTS_MAX;
	CK_TOKEN_INFO info;
	size_t found = 0;
	CK_RV rv = m->C_GetSlotList(CK_TRUE, slots, &n);

	if (rv != CKR_OK)
		return token_result(token, rv, "list slots", err);
	for (CK_ULONG i = 0; i < n; i++) {
		if (m->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
			!has_label(&info, token->label))
			continue; /* also one that was just pulled out */
		token->slot = slots[i];
		*ret = info;
		found++;
	}
	if (found == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"token: %s: no token has this label", token->label);
	if (found > 1)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"token: %s: %zu tokens have this label", token->label,
			found);
	return DEVID_OK;
}

/* Loads the module and finds the token; not logged in. */
static enum devid_err attach(const struct token_place *place,
	struct token **ret, CK_TOKEN_INFO *ret_info, struct devid_error *err)
{
	CLEANUP(cleanup_token) struct token *token = calloc(1, sizeof(*token));
	size_t len = strlen(place->label);
	enum devid_err rc;

	if (!token)
		return fail_no_memory_for(err, "token");
	if (len == 0 || len > TOKEN_LABEL_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"token: %.40s: a label has 1 to %d bytes", place->label,
			TOKEN_LABEL_MAX);
	memcpy(token->label, place->label, len);
	rc = load(token, place->module, err);
	/* Static analysis does not know that a failure is never DEVID_OK. */
	if (rc != DEVID_OK || !token->module)
		return rc;
	rc = find_slot(token, ret_info, err);
	if (rc == DEVID_OK)
		*ret = STEAL(token);
	return rc;
}

static enum token_tries tries_of(CK_FLAGS flags)
{
	if (flags & CKF_USER_PIN_LOCKED)
		return TOKEN_TRIES_NONE;
	if (flags & CKF_USER_PIN_FINAL_TRY)
		return TOKEN_TRIES_LAST;
	if (flags & CKF_USER_PIN_COUNT_LOW)
		return TOKEN_TRIES_FEW;
	return TOKEN_TRIES_UNKNOWN;
}

const char *token_tries_text(enum token_tries tries)
{
	switch (tries) {
	case TOKEN_TRIES_NONE:
		return "the token says: locked";
	case TOKEN_TRIES_LAST:
		return "the token says: one try left";
	case TOKEN_TRIES_FEW:
		return "the token says: few tries left";
	case TOKEN_TRIES_UNKNOWN:
		break;
	}
	return "the token does not say how many tries are left";
}

enum devid_err token_tries_left(const struct token_place *place,
	enum token_tries *ret, struct devid_error *err)
{
	CLEANUP(cleanup_token) struct token *token = NULL;
	CK_TOKEN_INFO info = { .flags = 0 };
	enum devid_err rc = attach(place, &token, &info, err);

	if (rc == DEVID_OK)
		*ret = tries_of(info.flags);
	return rc;
}

/*
 * Whether this PIN may be tried at all. A PIN that nobody typed is the same
 * at the next start of the program: when it was wrong once, only a person
 * tries again.
 */
static enum devid_err check_may_try(const struct token *token,
	const CK_TOKEN_INFO *info, const struct pin *pin,
	struct devid_error *err)
{
	enum token_tries tries = tries_of(info->flags);

	if (!(info->flags & CKF_TOKEN_INITIALIZED) ||
		!(info->flags & CKF_USER_PIN_INITIALIZED))
		return devid_fail(err, DEVID_ERR_STATE,
			"token: %s: not initialized, or has no user PIN",
			token->label);
	if (tries == TOKEN_TRIES_NONE)
		return devid_fail(err, DEVID_ERR_STATE,
			"token: %s: the PIN is locked; the security officer "
			"has to set a new one",
			token->label);
	if (tries != TOKEN_TRIES_UNKNOWN && !pin->by_hand)
		return devid_fail(err, DEVID_ERR_DENIED,
			"token: %s: PIN not tried: a wrong one was given "
			"before and %s; log in once with a PIN typed at a "
			"prompt: devid-ca token-key",
			token->label, token_tries_text(tries));
	/* Such a PIN is wrong for sure; 0 is for "no limit known". */
	if ((info->ulMaxPinLen > 0 && pin->len > info->ulMaxPinLen) ||
		pin->len < info->ulMinPinLen)
		return devid_fail(err, DEVID_ERR_DENIED,
			"token: %s: PIN not tried: this token's have %lu to "
			"%lu bytes",
			token->label, (unsigned long)info->ulMinPinLen,
			(unsigned long)info->ulMaxPinLen);
	return DEVID_OK;
}

/* The flags are read again: they count the try that was just made. */
static enum devid_err tell_wrong(
	const struct token *token, struct devid_error *err)
{
	enum token_tries tries = TOKEN_TRIES_UNKNOWN;
	CK_TOKEN_INFO info;

	if (token->module->C_GetTokenInfo(token->slot, &info) == CKR_OK)
		tries = tries_of(info.flags);
	return devid_fail(err, DEVID_ERR_DENIED,
		"token: %s: wrong PIN; not tried again; %s", token->label,
		token_tries_text(tries));
}

static enum devid_err log_in(
	struct token *token, const struct pin *pin, struct devid_error *err)
{
	CK_RV rv = token->module->C_Login(
		token->session, CKU_USER, (CK_UTF8CHAR_PTR)pin->text, pin->len);

	switch (rv) {
	case CKR_OK:
		token->logged_in = true;
		return DEVID_OK;
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
		return tell_wrong(token, err);
	case CKR_PIN_LOCKED:
		return devid_fail(err, DEVID_ERR_STATE,
			"token: %s: the PIN is locked now", token->label);
	case CKR_USER_ALREADY_LOGGED_IN: /* our PIN would not be looked at */
		return devid_fail(err, DEVID_ERR_STATE,
			"token: %s: this process has it open already",
			token->label);
	default:
		return token_result(token, rv, "log in", err);
	}
}

enum devid_err token_open(const struct token_place *place,
	const struct pin *pin, struct token **ret, struct devid_error *err)
{
	CLEANUP(cleanup_token) struct token *token = NULL;
	CK_TOKEN_INFO info = { .flags = 0 };
	enum devid_err rc = attach(place, &token, &info, err);

	if (rc != DEVID_OK || !token) /* as above */
		return rc;
	rc = check_may_try(token, &info, pin, err);
	if (rc != DEVID_OK)
		return rc;
	rc = token_session(token, false, &token->session, err);
	if (rc != DEVID_OK)
		return rc;
	token->open = true;
	rc = log_in(token, pin, err);
	if (rc == DEVID_OK)
		*ret = STEAL(token);
	return rc;
}

bool token_gone(struct token *token)
{
	return atomic_load(&token->gone);
}

/* Nothing can be done about a failure here: the token may be gone. */
void token_close(struct token *token)
{
	if (!token)
		return;
	if (token->logged_in)
		(void)token->module->C_Logout(token->session);
	if (token->open)
		(void)token->module->C_CloseSession(token->session);
	if (token->initialized)
		(void)p11_kit_module_finalize(token->module);
	if (token->module)
		p11_kit_module_release(token->module);
	free(token);
}

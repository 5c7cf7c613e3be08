/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-status.h"

#include <jansson.h>
#include <string.h>

int serve_status(enum devid_err code, enum proof_rule rule)
{
	if (code == DEVID_OK)
		return 200;
	if (rule == PROOF_STRUCTURE)
		return 400;
	if (rule != PROOF_NONE)
		return 422;
	switch (code) {
	case DEVID_ERR_INVALID:
	case DEVID_ERR_SYNTAX:
	case DEVID_ERR_UNSUPPORTED:
		return 400;
	case DEVID_ERR_DENIED:
		return 403;
	case DEVID_ERR_NOT_FOUND:
		return 404;
	case DEVID_ERR_EXISTS:
	case DEVID_ERR_REPLAYED:
		return 409;
	case DEVID_ERR_TIMEOUT:
		return 410;
	case DEVID_ERR_TOO_LARGE:
		return 413;
	case DEVID_ERR_MISMATCH:
	case DEVID_ERR_NOT_GENUINE:
		return 422;
	/* The register or the token: it may be better in a moment. */
	case DEVID_ERR_NOMEM:
	case DEVID_ERR_IO:
	case DEVID_ERR_STATE:
	case DEVID_ERR_UNREACHABLE:
	case DEVID_ERR_CRYPTO:
		return 503;
	/* What only a device has to say. */
	case DEVID_OK:
	case DEVID_ERR_PURPOSE:
	case DEVID_ERR_KEY_DISABLED:
	case DEVID_ERR_KEY_EXISTS:
	case DEVID_ERR_CERT_EXISTS:
	case DEVID_ERR_CERT_NOT_FOUND:
	case DEVID_ERR_CERT_DISABLED:
	case DEVID_ERR_IDEVID_KEY_DELETION:
	case DEVID_ERR_IDEVID_CERT_DELETION:
	case DEVID_ERR_IDEVID_CHAIN_DELETION:
	case DEVID_ERR_SUITE_MISMATCH:
	case DEVID_ERR_NOT_INITIALIZED:
	case DEVID_ERR_ERASED:
	case DEVID_ERR_PROTOCOL:
	case DEVID_ERR_KEYD_ABSENT:
	case DEVID_ERR_TPM:
	case DEVID_ERR_TPM_ABSENT:
	case DEVID_ERR_TPM_LOCKOUT:
	case DEVID_ERR_TPM_FAILURE:
		break;
	}
	return 500;
}

char *serve_error_json(
	enum devid_err code, enum proof_rule rule, const char *text)
{
	char safe[DEVID_ERROR_TEXT_MAX];
	json_t *message = json_string(text);
	json_t *json;
	char *dump = NULL;
	size_t n;

	if (!message) {
		/* Bytes of a peer that are not UTF-8. */
		n = strnlen(text, sizeof(safe) - 1);
		for (size_t i = 0; i < n; i++)
			safe[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
		safe[n] = '\0';
		message = json_string(safe);
	}
	json = json_pack("{s:s, s:s?, s:o}", "error", devid_err_name(code),
		"rule", rule == PROOF_NONE ? NULL : proof_rule_id(rule),
		"message", message);
	if (json)
		dump = json_dumps(json, JSON_COMPACT);
	json_decref(json);
	return dump;
}

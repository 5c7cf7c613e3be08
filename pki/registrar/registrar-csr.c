/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar-csr.h"

#include <string.h>

#include "oid.h"
#include "san.h"

static enum devid_err refuse(
	struct verdict *v, enum registrar_rule rule, const char *text)
{
	return verdict_refuse(v, registrar_rule_name(rule), "%s", text);
}

/* The names of a device are its maker's word: it may ask for its own and gets
 * no others. */
static enum devid_err check_names(const struct cert_ext *ext,
	const struct client *client, struct verdict *v)
{
	struct san_parts parts = { .n_names = 0 };

	if (!ext)
		return DEVID_OK;
	if (san_split(ext->value, &parts, NULL) != DEVID_OK ||
		parts.n_names != 1 || !parts.hw_module.data ||
		!client->hw_module.data ||
		!view_equal(parts.hw_module, client->hw_module))
		return refuse(v, REGISTRAR_CSR_NAMES,
			"asks for a subjectAltName that is not the device's "
			"HardwareModuleName");
	return DEVID_OK;
}

/* RFC 5280 4.2.1.3: digitalSignature alone. */
static bool is_signature_only(struct view value)
{
	static const uint8_t only[] = { DER_BIT_STRING, 2, 7, 0x80 };
	const struct view wanted = { only, sizeof(only) };

	return view_equal(value, wanted);
}

static bool purposes_fit(struct view value, bool server)
{
	struct view list, oid;

	if (!der_take_tag(&value, DER_SEQUENCE, &list) || value.len != 0)
		return false;
	while (list.len > 0) {
		if (!der_take_tag(&list, DER_OID, &oid))
			return false;
		if (!oid_is(oid, OID_KP_CLIENT_AUTH) &&
			!(server && oid_is(oid, OID_KP_SERVER_AUTH)))
			return false;
	}
	return true;
}

static enum devid_err check_usage(const struct ldevid_csr_view *csr,
	const struct registrar_profile *profile, struct verdict *v)
{
	const struct cert_ext *usage =
		ldevid_csr_get_ext(csr, OID_CE_KEY_USAGE);
	const struct cert_ext *purposes =
		ldevid_csr_get_ext(csr, OID_CE_EXT_KEY_USAGE);

	if (usage && !is_signature_only(usage->value))
		return refuse(v, REGISTRAR_CSR_USAGE,
			"asks for a keyUsage other than digitalSignature");
	if (purposes && !purposes_fit(purposes->value, profile->server))
		return refuse(v, REGISTRAR_CSR_USAGE,
			"asks for purposes that the profile does not give");
	return DEVID_OK;
}

enum devid_err registrar_csr_judge(const struct csr_question *question,
	struct ldevid_csr_view *ret, struct verdict *v, struct devid_error *err)
{
	const struct client *client = question->client;
	const struct registrar_profile *profile = question->profile;
	struct devid_error cause = { DEVID_OK, "" };
	enum ldevid_csr_rule rule = LDEVID_CSR_NONE;
	enum devid_err rc = ldevid_csr_read(question->der, ret, &rule, &cause);

	if (rc != DEVID_OK && rule == LDEVID_CSR_NONE)
		return devid_fail(err, rc, "%s", devid_error_text(&cause));
	if (rc != DEVID_OK)
		return verdict_refuse(v, registrar_csr_rule_name(rule), "%s",
			devid_error_text(&cause));
	if (ret->serial[0] && strcmp(ret->serial, client->serial) != 0)
		return verdict_refuse(v,
			registrar_rule_name(REGISTRAR_CSR_SERIAL_NUMBER),
			"%s asks for a certificate of %s", client->serial,
			ret->serial);
	if (!(profile->key_types & 1u << ret->alg))
		return verdict_refuse(v,
			registrar_rule_name(REGISTRAR_CSR_KEY_POLICY),
			"profile %s takes no %s key", profile->name,
			key_alg_title(ret->alg));
	if (!client->site && view_equal(ret->spki, client->spki))
		return refuse(v, REGISTRAR_CSR_KEY_TAKEN,
			"the key is that of the IDevID");
	rc = check_names(
		ldevid_csr_get_ext(ret, OID_CE_SUBJECT_ALT_NAME), client, v);
	return rc == DEVID_OK ? check_usage(ret, profile, v) : rc;
}

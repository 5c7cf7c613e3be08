/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar-rules.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const names[REGISTRAR_RULES] = {
	[REGISTRAR_RULE_NONE] = "",
	[REGISTRAR_CLIENT_UNKNOWN] = "client-unknown",
	[REGISTRAR_CLIENT_MAKER_REVOKED] = "client-maker-revoked",
	[REGISTRAR_CLIENT_NO_LIST] = "client-no-list",
	[REGISTRAR_CLIENT_INVALID] = "client-invalid",
	[REGISTRAR_CLIENT_PROFILE] = "client-profile",
	[REGISTRAR_CLIENT_KIND] = "client-kind",
	[REGISTRAR_CLIENT_UNLISTED] = "client-unlisted",
	[REGISTRAR_CLIENT_REVOKED] = "client-revoked",
	[REGISTRAR_CLIENT_RETIRED] = "client-retired",
	[REGISTRAR_CSR_SERIAL_NUMBER] = "csr-serial-number",
	[REGISTRAR_CSR_KEY_POLICY] = "csr-key-policy",
	[REGISTRAR_CSR_KEY_TAKEN] = "csr-key-taken",
	[REGISTRAR_CSR_NAMES] = "csr-names",
	[REGISTRAR_CSR_USAGE] = "csr-usage",
	[REGISTRAR_EVIDENCE_MISSING] = "evidence-missing",
	[REGISTRAR_EVIDENCE_FORM] = "evidence-form",
	[REGISTRAR_EVIDENCE_EPOCH_INDEX] = "evidence-epoch-index",
	[REGISTRAR_APPROVAL] = "approval-refused",
};

static const char *const csr_names[LDEVID_CSR_RULES] = {
	[LDEVID_CSR_NONE] = "",
	[LDEVID_CSR_SIZE] = "csr-size",
	[LDEVID_CSR_ENCODING] = "csr-encoding",
	[LDEVID_CSR_SUBJECT] = "csr-subject",
	[LDEVID_CSR_KEY_TYPE] = "csr-key-type",
	[LDEVID_CSR_KEY_WEAK] = "csr-key-weak",
	[LDEVID_CSR_ALGORITHM] = "csr-algorithm",
	[LDEVID_CSR_ATTRIBUTE] = "csr-attribute",
	[LDEVID_CSR_EXTENSION] = "csr-extension",
	[LDEVID_CSR_CA] = "csr-ca",
	[LDEVID_CSR_SIGNATURE] = "csr-signature",
};

const char *registrar_rule_name(enum registrar_rule rule)
{
	return names[rule];
}

const char *registrar_csr_rule_name(enum ldevid_csr_rule rule)
{
	return csr_names[rule];
}

enum devid_err verdict_refuse(
	struct verdict *v, const char *rule, const char *fmt, ...)
{
	va_list args;

	if (v->rule)
		return DEVID_ERR_DENIED;
	v->rule = rule;
	va_start(args, fmt);
	(void)vsnprintf(v->text, sizeof(v->text), fmt, args); /* may be cut */
	va_end(args);
	for (char *p = v->text; *p; p++) {
		if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
			*p = '?';
	}
	return DEVID_ERR_DENIED;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_REGISTRAR_PRIVATE_H
#define DEVID_REGISTRAR_PRIVATE_H

/* What the parts of registrar.h share. */

#include "build-cert.h"
#include "maker-trust.h"
#include "registrar-rules.h"
#include "registrar.h"
#include "site-key.h"
#include "store.h"
#include "token.h"

struct registrar {
	const struct registrar_conf *conf; /* borrowed */
	struct store *store;               /* owned */
	struct token *token;               /* owned; NULL: not opened */
	struct signer *signer;             /* owned; the CA's key */
	struct signer *audit_signer;       /* owned */
	X509 *ca;                          /* owned; its certificate */
	STACK_OF(X509) * above;            /* owned; above @ca */
	struct build_issuer *issuer;       /* owned */
	struct maker_trust *trust;         /* owned */
	char ca_issuer[SITE_ISSUER_MAX];   /* of what @ca issues */
	uint8_t issuer_hash[32]; /* SHA-256 of its Name, DER: CRL numbers */
	int64_t ca_not_before, ca_not_after;
};

#endif

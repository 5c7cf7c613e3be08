/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EST_TLS_H
#define DEVID_EST_TLS_H

/*
 * TLS of the EST server. A client is asked for a certificate and may do without
 * (RFC 7030 4.1.1: cacerts is for those too who have none). TLS proves that it
 * has the key of the one that it shows; whose that is, the registrar judges,
 * which can say by what rule it refuses: an alert cannot.
 */

#include "registrar-conf.h"

#include <openssl/ssl.h>

/* Bytes of a client's certificates that are read. */
#define EST_TLS_CERTS_MAX 32768

/* From certificate and key of @conf; @names (borrowed) are told to clients as
 * the CAs that theirs may come from. Errors: as http_tls_new(), NOMEM. */
DEVID_MUST_CHECK enum devid_err est_tls_new(const struct registrar_conf *conf,
	const STACK_OF(X509_NAME) * names, SSL_CTX **ret,
	struct devid_error *err);

#endif

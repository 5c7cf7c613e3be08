/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_TLS_H
#define DEVID_SERVE_TLS_H

/*
 * TLS of the stations' side: 1.2 or later, a client certificate always, no
 * session is resumed (each connection proves who it is), little memory.
 */

#include "ca.h"

#include <openssl/ssl.h>

/* From tls_certificate, tls_key and client_ca of @conf. Errors: INVALID,
 * NOT_FOUND, DENIED (a key that others can read). */
DEVID_MUST_CHECK enum devid_err serve_tls_new(
	const struct ca_conf *conf, SSL_CTX **ret, struct devid_error *err);

/*
 * The station whose certificate @ssl has verified, by its SHA-256; NULL when
 * there is none. *@ret_fingerprint is filled when there was a certificate.
 */
const struct ca_station *serve_tls_station(
	const struct ca_conf *conf, SSL *ssl, uint8_t ret_fingerprint[32]);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* The peers of TLS connections. */
#include <devid/verify.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fail.h"
#include "verify-judge.h"

#define POSSESSION "RFC 8446 4.4.3; RFC 5246 7.4.3, 7.4.8"

/* Of TLS 1.2, what makes the server sign, with keys and digests of today.
 * Static RSA (kRSA) is left out: who decrypts has signed nothing. */
#define SUITES "HIGH:!aNULL:!eNULL:!PSK:!SRP:!kRSA:!SHA1"

bool verify_limit_tls(SSL_CTX *ctx)
{
	/* OpenSSL takes that of the context's own family, and no notice of
	 * the other */
	return SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(ctx, SUITES) == 1;
}

/* DTLS counts its versions downwards; only named ones are good. */
static bool judge_version(SSL *ssl, struct devid_verify_result *result)
{
	int version = SSL_version(ssl);

	(void)snprintf(result->tls_version, sizeof(result->tls_version), "%s",
		SSL_get_version(ssl));
	if (version == TLS1_2_VERSION || version == TLS1_3_VERSION ||
		version == DTLS1_2_VERSION)
		return true;
	(void)verify_refuse(result, DEVID_REASON_TLS, "RFC 8996",
		"%s is neither TLS 1.2, TLS 1.3 nor DTLS 1.2",
		result->tls_version);
	return false;
}

/* Records what the handshake alone says; false when it proves nothing. */
static bool judge_handshake(SSL *ssl, struct devid_verify_result *result)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
	int auth = cipher ? SSL_CIPHER_get_auth_nid(cipher) : NID_auth_null;

	if (!SSL_is_init_finished(ssl) || !cipher) {
		(void)verify_refuse(result, DEVID_REASON_TLS, POSSESSION,
			"the TLS handshake is not finished");
		return false;
	}
	if (!judge_version(ssl, result))
		return false;
	if (auth == NID_auth_null || auth == NID_auth_psk) {
		(void)verify_refuse(result, DEVID_REASON_NO_CERT, POSSESSION,
			"cipher suite %s authenticates by no certificate",
			SSL_CIPHER_get_name(cipher));
		return false;
	}
	return true;
}

/* Whether a server signs in a handshake by @cipher. In TLS 1.3 it always does
 * where it presents a certificate. */
static bool is_signing(const SSL_CIPHER *cipher)
{
	int kx = SSL_CIPHER_get_kx_nid(cipher);

	return kx == NID_kx_any || kx == NID_kx_ecdhe || kx == NID_kx_dhe;
}

/*
 * Whether a signature of the peer was verified: in this handshake, or for a
 * resumed session in the one that made it. A client's certificate never comes
 * without CertificateVerify; a server's does in TLS 1.2, and then the suite
 * tells, which the session keeps. That there was a signature does not: after a
 * renegotiation OpenSSL remembers that of the handshake before.
 */
static bool has_signed(SSL *ssl)
{
	int nid;

	if (!SSL_session_reused(ssl) &&
		SSL_get_peer_signature_type_nid(ssl, &nid) != 1)
		return false;
	return SSL_is_server(ssl) || is_signing(SSL_get_current_cipher(ssl));
}

enum devid_err devid_verifier_check_ssl(struct devid_verifier *v, SSL *ssl,
	const char *serial, struct devid_verify_result *ret)
{
	STACK_OF(X509) * chain;
	X509 *leaf;

	verify_result_init(ret);
	if (chain_store_n_roots(v->store) == 0)
		return DEVID_ERR_INVALID;
	if (!judge_handshake(ssl, ret))
		return DEVID_ERR_NOT_GENUINE;
	leaf = SSL_get0_peer_certificate(ssl);
	if (!leaf)
		return verify_refuse(ret, DEVID_REASON_NO_CERT, POSSESSION,
			"the peer presented no certificate");
	/* NULL is an empty chain, and a server's resumed session has none */
	chain = SSL_get_peer_cert_chain(ssl);
	if (!chain && SSL_session_reused(ssl))
		return verify_refuse(ret, DEVID_REASON_NO_CERT,
			"RFC 8446 4.6.1; RFC 5077 5",
			"the resumed session holds no chain to judge");
	ret->possession = has_signed(ssl);
	if (!ret->possession)
		(void)verify_refuse(ret, DEVID_REASON_POSSESSION, POSSESSION,
			"the peer signed nothing: cipher suite %s",
			SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)));
	/* refused or not: it describes the certificate */
	return verify_x509(v, leaf, chain, serial, ret);
}

/* Refuses in the midst of a handshake what cannot become proof. */
static bool judge_negotiated(SSL *ssl, struct devid_verify_result *result)
{
	const SSL_CIPHER *cipher = SSL_get_pending_cipher(ssl);

	if (!judge_version(ssl, result))
		return false;
	if (SSL_is_server(ssl) || !cipher || is_signing(cipher))
		return true;
	(void)verify_refuse(result, DEVID_REASON_POSSESSION, POSSESSION,
		"the peer would sign nothing: cipher suite %s",
		SSL_CIPHER_get_name(cipher));
	return false;
}

/* The alert that fits: OpenSSL derives it from a verification error. */
static int x509_error(const struct devid_verify_result *result)
{
	if (result->reason == DEVID_REASON_CHAIN) {
		switch (result->chain.verdict) {
		case DEVID_CHAIN_EXPIRED:
			return X509_V_ERR_CERT_HAS_EXPIRED;
		case DEVID_CHAIN_NOT_YET_VALID:
			return X509_V_ERR_CERT_NOT_YET_VALID;
		case DEVID_CHAIN_UNKNOWN_ISSUER:
		case DEVID_CHAIN_OTHER_ROOT:
		case DEVID_CHAIN_SELF_SIGNED:
			return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
		case DEVID_CHAIN_BAD_SIGNATURE:
			return X509_V_ERR_CERT_SIGNATURE_FAILURE;
		case DEVID_CHAIN_OK:
		case DEVID_CHAIN_NOT_JUDGED:
		case DEVID_CHAIN_MALFORMED:
		case DEVID_CHAIN_NOT_A_CA:
		case DEVID_CHAIN_PATH_LENGTH:
		case DEVID_CHAIN_NAME_CONSTRAINTS:
		case DEVID_CHAIN_WEAK:
		case DEVID_CHAIN_TOO_LONG:
		case DEVID_CHAIN_CRITICAL_EXTENSION:
		case DEVID_CHAIN_POLICY:
		case DEVID_CHAIN_PURPOSE:
		case DEVID_CHAIN_ORDER:
		case DEVID_CHAIN_OTHER:
			break;
		}
	}
	return X509_V_ERR_CERT_REJECTED; /* alert bad_certificate */
}

/* Takes the place of OpenSSL's chain verification in a handshake. */
static int verify_callback(X509_STORE_CTX *store_ctx, void *arg)
{
	const struct verify_binding *binding = arg;
	struct devid_verifier *v = binding->verifier;
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		store_ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
	CLEANUP(cleanup_free)
	struct devid_verify_result *result = malloc(sizeof(*result));
	X509 *leaf = X509_STORE_CTX_get0_cert(store_ctx);
	enum devid_err rc;

	if (!result || !leaf) {
		X509_STORE_CTX_set_error(store_ctx, X509_V_ERR_OUT_OF_MEM);
		return 0;
	}
	verify_result_init(result);
	(void)judge_negotiated(ssl, result); /* what it refuses, stays so */
	rc = verify_x509(v, leaf, X509_STORE_CTX_get0_untrusted(store_ctx),
		binding->serial, result);
	if (v->report)
		v->report(v->report_arg, ssl, result);
	X509_STORE_CTX_set_error(
		store_ctx, rc == DEVID_OK ? X509_V_OK : x509_error(result));
	return rc == DEVID_OK;
}

/* Makes what the callback is given; the verifier owns it. */
static struct verify_binding *bind_serial(
	struct devid_verifier *v, const char *serial)
{
	struct verify_binding *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	if (serial) {
		b->serial = strdup(serial);
		if (!b->serial) {
			free(b);
			return NULL;
		}
	}
	b->verifier = v;
	b->next = v->bindings;
	v->bindings = b;
	return b;
}

enum devid_err devid_verifier_setup_ctx(struct devid_verifier *v, SSL_CTX *ctx,
	const char *serial, struct devid_error *err)
{
	struct verify_binding *binding;

	if (chain_store_n_roots(v->store) == 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"verifier: no root was added, nobody can be genuine");
	if (!verify_limit_tls(ctx)) {
		ERR_clear_error();
		return devid_fail(err, DEVID_ERR_CRYPTO,
			"verifier: OpenSSL offers no TLS 1.2 suite");
	}
	binding = bind_serial(v, serial);
	if (!binding)
		return fail_no_memory_for(err, "verifier");
	SSL_CTX_set_verify(
		ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, verify_callback, binding);
	return DEVID_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "est-tls.h"

#include <openssl/x509_vfy.h>

#include "fail.h"
#include "http-tls.h"

static int take_any(X509_STORE_CTX *ctx, void *arg)
{
	(void)arg; /* there is none */
	X509_STORE_CTX_set_error(ctx, X509_V_OK);
	return 1;
}

enum devid_err est_tls_new(const struct registrar_conf *conf,
	const STACK_OF(X509_NAME) * names, SSL_CTX **ret,
	struct devid_error *err)
{
	const struct http_tls_files files = { conf->certificate, conf->key };
	STACK_OF(X509_NAME) * copy;
	SSL_CTX *ctx = NULL;
	enum devid_err rc;

	if (!conf->certificate || !conf->key)
		return devid_fail(err, DEVID_ERR_INVALID,
			"serve: certificate and key of [registrar] are wanted");
	rc = http_tls_new(&files, &ctx, err);
	if (rc != DEVID_OK)
		return rc;
	copy = SSL_dup_CA_list(names);
	if (!copy) {
		SSL_CTX_free(ctx);
		return fail_no_memory_for(err, "serve");
	}
	SSL_CTX_set_client_CA_list(ctx, copy); /* takes it */
	SSL_CTX_set_max_cert_list(ctx, EST_TLS_CERTS_MAX);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(ctx, take_any, NULL);
	*ret = ctx;
	return DEVID_OK;
}

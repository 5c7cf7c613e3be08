/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-tls.h"

#include <string.h>

#include "http-tls.h"

static enum devid_err ask_for_station(
	SSL_CTX *ctx, const char *client_ca, struct devid_error *err)
{
	STACK_OF(X509_NAME) * names;

	SSL_CTX_set_verify(
		ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_verify_depth(ctx, 4);
	if (SSL_CTX_load_verify_locations(ctx, client_ca, NULL) != 1)
		return http_tls_fail("client_ca", client_ca, err);
	names = SSL_load_client_CA_file(client_ca);
	if (!names)
		return http_tls_fail("client_ca", client_ca, err);
	SSL_CTX_set_client_CA_list(ctx, names); /* takes it */
	return DEVID_OK;
}

enum devid_err serve_tls_new(
	const struct ca_conf *conf, SSL_CTX **ret, struct devid_error *err)
{
	const struct http_tls_files files = { conf->tls_certificate,
		conf->tls_key };
	SSL_CTX *ctx = NULL;
	enum devid_err rc;

	if (!conf->tls_certificate || !conf->tls_key || !conf->client_ca)
		return devid_fail(err, DEVID_ERR_INVALID,
			"serve: stations need certificate, key and client_ca");
	rc = http_tls_new(&files, &ctx, err);
	if (rc == DEVID_OK)
		rc = ask_for_station(ctx, conf->client_ca, err);
	if (rc != DEVID_OK) {
		SSL_CTX_free(ctx);
		return rc;
	}
	*ret = ctx;
	return DEVID_OK;
}

const struct ca_station *serve_tls_station(
	const struct ca_conf *conf, SSL *ssl, uint8_t ret_fingerprint[32])
{
	X509 *cert = SSL_get0_peer_certificate(ssl);

	if (!cert || SSL_get_verify_result(ssl) != X509_V_OK ||
		/* It may have been in time when the connection began. */
		X509_cmp_current_time(X509_get0_notAfter(cert)) <= 0 ||
		X509_digest(cert, EVP_sha256(), ret_fingerprint, NULL) != 1)
		return NULL;
	for (size_t i = 0; i < conf->n_stations; i++) {
		if (memcmp(conf->stations[i].fingerprint, ret_fingerprint,
			    32) == 0)
			return &conf->stations[i];
	}
	return NULL;
}

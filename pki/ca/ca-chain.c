/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-chain.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "key-bundle.h"

struct measure {
	unsigned n, n_all;
	size_t len, len_all; /* bytes of DER */
};

/* Roots are what the other end must have already: a device reads them, and
 * passes over them. */
static struct measure measure(const char *pem)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new_mem_buf(pem, -1);
	struct measure m = { 0 };

	while (bio) {
		CLEANUP(cleanup_x509)
		X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		size_t len;

		if (!cert)
			break;
		len = (size_t)i2d_X509(cert, NULL); /* it was parsed */
		m.n_all++;
		m.len_all += len;
		if (X509_check_issued(cert, cert) == X509_V_OK)
			continue;
		m.n++;
		m.len += len;
	}
	ERR_clear_error(); /* the end of the text */
	return m;
}

enum devid_err ca_chain_check(const char *path, const char *pem,
	size_t *ret_len, struct devid_error *err)
{
	const struct measure m = measure(pem);

	if (m.n >= KEY_CHAIN_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: %u certificates below the root, devices keep %d",
			path, m.n, KEY_CHAIN_MAX - 1);
	if (m.n_all > KEY_ABOVE_CERTS)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: %u certificates with the roots, devices read %d",
			path, m.n_all, KEY_ABOVE_CERTS);
	if (m.len_all > KEY_ABOVE_DER)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: %zu bytes of certificates with the roots, devices "
			"read %d",
			path, m.len_all, KEY_ABOVE_DER);
	if (strlen(pem) > KEY_ABOVE_PEM)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: %zu bytes of PEM, devices read %d: leave out what "
			"is no certificate",
			path, strlen(pem), KEY_ABOVE_PEM);
	*ret_len = m.len;
	return DEVID_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "pem-chain.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "cleanup-openssl.h"
#include "what-is.h"

enum devid_err pem_chain_to_der(const char *what, const char *path,
	struct view pem, struct room *ret, struct devid_error *err)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	uint8_t *p = ret->data;
	char form[WHAT_IS_MAX];
	size_t done = 0;

	while (bio) {
		CLEANUP(cleanup_x509)
		X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
		int n = cert ? i2d_X509(cert, NULL) : 0;

		if (!cert)
			break;
		if (n <= 0 || (size_t)n > ret->size - done)
			return devid_fail(err, DEVID_ERR_TOO_LARGE,
				"%s: %s: chain too large", what, path);
		done += (size_t)i2d_X509(cert, &p);
	}
	ERR_clear_error(); /* the end of the file is one */
	what_is_for(pem, WHAT_IS_CERT, form);
	if (done == 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: %s: no certificate in PEM: the file is %s", what,
			path, form);
	ret->len = done;
	return DEVID_OK;
}

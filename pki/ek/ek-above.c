/* SPDX-License-Identifier: Apache-2.0 */
#include "ek-above.h"

#include "cleanup-openssl.h"
#include "cleanup.h"

/* Takes one off the front; NULL when there is none. */
static X509 *take(struct view *in)
{
	const unsigned char *p = in->data;
	X509 *cert = d2i_X509(NULL, &p, (long)in->len);

	if (cert) {
		in->len -= (size_t)(p - in->data);
		in->data = p;
	}
	return cert;
}

bool ek_above_read(struct view in, STACK_OF(X509) * ret)
{
	for (int n = 0; in.len > 0; n++) {
		CLEANUP(cleanup_x509) X509 *cert = take(&in);

		if (!cert || n == EK_ABOVE_MAX || sk_X509_push(ret, cert) == 0)
			return false;
		(void)STEAL(cert); /* @ret has it */
	}
	return true;
}

bool ek_above_holds(STACK_OF(X509) * certs, const X509 *cert)
{
	for (int i = 0; i < sk_X509_num(certs); i++) {
		if (X509_cmp(sk_X509_value(certs, i), cert) == 0)
			return true;
	}
	return false;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EK_CRL_H
#define DEVID_EK_CRL_H

/* Which revocation lists of TPM vendors can be used: whole ones, direct ones
 * (RFC 5280 5). Not checked: their signature and time, which OpenSSL judges. */

#include <openssl/x509.h>
#include <stdbool.h>

/* Why @crl says too little to clear anybody ("is a delta"), or NULL. */
const char *ek_crl_defect(const X509_CRL *crl);

/* Whether @crl is about certificates of @issuer: it is his, or it is indirect
 * and names him in an entry. */
bool ek_crl_concerns(X509_CRL *crl, const X509_NAME *issuer);

#endif

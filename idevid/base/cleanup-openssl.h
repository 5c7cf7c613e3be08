/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CLEANUP_OPENSSL_H
#define DEVID_CLEANUP_OPENSSL_H

/* Scope cleanup for types of OpenSSL that more than one file owns. */

#include "cleanup.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

/* Memory of OpenSSL's allocator. */
static inline void cleanup_openssl(void *p)
{
	OPENSSL_free(*(void **)p);
}

CLEANUP_DEFINE(asn1_integer, ASN1_INTEGER *, ASN1_INTEGER_free)
CLEANUP_DEFINE(bio, BIO *, BIO_free_all)
CLEANUP_DEFINE(bld, OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)
CLEANUP_DEFINE(bn, BIGNUM *, BN_free)
CLEANUP_DEFINE(ecdsa, ECDSA_SIG *, ECDSA_SIG_free)
CLEANUP_DEFINE(md_ctx, EVP_MD_CTX *, EVP_MD_CTX_free)
CLEANUP_DEFINE(params, OSSL_PARAM *, OSSL_PARAM_free)
CLEANUP_DEFINE(pctx, EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
CLEANUP_DEFINE(pkey, EVP_PKEY *, EVP_PKEY_free)
CLEANUP_DEFINE(store_ctx, X509_STORE_CTX *, X509_STORE_CTX_free)
CLEANUP_DEFINE(x509, X509 *, X509_free)
CLEANUP_DEFINE(x509_crl, X509_CRL *, X509_CRL_free)
CLEANUP_DEFINE(x509_req, X509_REQ *, X509_REQ_free)

#endif

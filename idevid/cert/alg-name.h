/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ALG_NAME_H
#define DEVID_ALG_NAME_H

/* Which algorithm a refusal is about: what is not taken has a name too. */

#include "view.h"

#include <openssl/x509.h>

#define ALG_NAME_MAX 64

/* "rsassaPss", "ED25519", "sha1WithRSAEncryption", else the dotted form: the
 * algorithm in the AlgorithmIdentifier @alg, which begins with its header.
 * "malformed" when there is none. */
void alg_name(struct view alg, char out[ALG_NAME_MAX]);

/* The same of the key in the content of a SubjectPublicKeyInfo, and in a
 * certificate, whether or not OpenSSL can decode the key. */
void alg_name_of_key(struct view spki, char out[ALG_NAME_MAX]);
void alg_name_of_cert(const X509 *cert, char out[ALG_NAME_MAX]);

#endif

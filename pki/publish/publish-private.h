/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PUBLISH_PRIVATE_H
#define DEVID_PUBLISH_PRIVATE_H

/* What the parts of publication share: tries, the responder. */

#include "publish-name.h"
#include "publish.h"

#define PUBLISH_TRIES 8 /* of a transaction; each time another got on */

/* Of the stored answer about a certificate in this state: one made before it
 * was revoked is not found any more. */
void publish_ocsp_name(const struct ca *ca, const struct register_cert *cert,
	char ret[PUBLISH_NAME_MAX]);

/* Who answers, and how it and the CA are named in CertID and ResponderID. */
struct responder {
	struct signer *signer; /* borrowed */
	X509 *cert;            /* borrowed; NULL: the CA itself */
	uint8_t key_hash[20];
	int64_t not_after; /* of its certificate */
	int64_t seconds;   /* that its answers hold */
};

/* Errors: STATE (no key at hand, or its certificate has expired). */
DEVID_MUST_CHECK enum devid_err responder_init(const struct ca *ca, int64_t now,
	struct responder *ret, struct devid_error *err);

/* SHA-1 (@len 20) or SHA-256 (32) of the CA's name and public key. */
DEVID_MUST_CHECK enum devid_err publish_issuer_hashes(const struct ca *ca,
	size_t len, uint8_t *ret_name, uint8_t *ret_key,
	struct devid_error *err);

/* Signs what is known of @cert (NULL: nothing) into @what, whose CertID and
 * nonce are set; sets when it ends. */
DEVID_MUST_CHECK enum devid_err publish_ocsp_sign(
	const struct responder *responder, const struct register_cert *cert,
	struct build_ocsp *what, struct blob *ret, struct devid_error *err);

#endif

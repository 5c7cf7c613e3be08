/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PUBLISH_PRIVATE_H
#define DEVID_PUBLISH_PRIVATE_H

/* What the parts of publication share: tries, the responder. */

#include "publish-name.h"
#include "publish.h"

#define PUBLISH_TRIES 8 /* of a transaction; each time another got on */

/* Who answers, and how it and the CA are named in CertID and ResponderID. */
struct responder {
	struct signer *signer; /* borrowed */
	X509 *cert;            /* borrowed; NULL: the CA itself */
	uint8_t key_hash[20];
	int64_t not_after; /* of its certificate */
	int64_t seconds;   /* that its answers hold */
};

#endif

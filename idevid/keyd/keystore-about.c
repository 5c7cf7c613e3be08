/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore-about.h"

#include <string.h>

#include "cert.h"
#include "tpm-attributes.h"

#define EVALUATION_COMPLETED 2

void keystore_about_ek(struct view ek, struct wire_about *ret)
{
	struct tpm_attributes said;
	struct cert_view cert;

	_Static_assert(
		sizeof(ret->fips_version) >= sizeof(said.fips_version), "fits");
	ret->cc_eal = ret->cc_plus = ret->fips_level = 0;
	memset(ret->fips_version, 0, sizeof(ret->fips_version));
	if (cert_parse(ek, &cert, NULL) != DEVID_OK ||
		tpm_attributes_read(&cert, &said, NULL) != DEVID_OK)
		return;
	if (said.eal > 0 && said.eal_status == EVALUATION_COMPLETED) {
		ret->cc_eal = (uint8_t)said.eal;
		ret->cc_plus = said.eal_plus;
	}
	ret->fips_level = (uint8_t)said.fips_level;
	memcpy(ret->fips_version, said.fips_version, sizeof(said.fips_version));
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "ecdsa-der.h"

#include <openssl/ecdsa.h>

#include "cleanup-openssl.h"
#include "cleanup.h"

size_t ecdsa_der(struct view r, struct view s, uint8_t *ret)
{
	CLEANUP(cleanup_ecdsa) ECDSA_SIG *sig = ECDSA_SIG_new();
	CLEANUP(cleanup_bn) BIGNUM *bn_r = NULL;
	CLEANUP(cleanup_bn) BIGNUM *bn_s = NULL;
	int len;

	if (r.len > ECDSA_INT_MAX || s.len > ECDSA_INT_MAX)
		return 0;
	bn_r = BN_bin2bn(r.data, (int)r.len, NULL);
	bn_s = BN_bin2bn(s.data, (int)s.len, NULL);
	if (!sig || !bn_r || !bn_s || !ECDSA_SIG_set0(sig, bn_r, bn_s))
		return 0;
	(void)STEAL(bn_r); /* the signature's now */
	(void)STEAL(bn_s);
	len = i2d_ECDSA_SIG(sig, &ret);
	return len > 0 ? (size_t)len : 0;
}

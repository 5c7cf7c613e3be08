/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PRIVATE_KEY_PARTS_H
#define DEVID_PRIVATE_KEY_PARTS_H

/*
 * What PKCS#8 is made of, as views that point into it; nothing is copied and
 * nothing is computed. For private-key.c only.
 */

#include "der.h"
#include <devid/error.h>

/* OneAsymmetricKey (RFC 5958 2), which PrivateKeyInfo (RFC 5208 5) is too. */
struct pkcs8_parts {
	struct view algorithm; /* content of the OID */
	struct view curve;     /* of EC: the same; empty: not named */
	struct view private;   /* content of the OCTET STRING */
	struct view public;    /* bits of the BIT STRING; empty: none */
};

/* Errors: SYNTAX, UNSUPPORTED (encrypted). */
DEVID_MUST_CHECK enum devid_err pkcs8_parts_parse(
	struct view in, struct pkcs8_parts *ret, struct devid_error *err);

enum rsa_part {
	RSA_N,
	RSA_E,
	RSA_D,
	RSA_P,
	RSA_Q,
	RSA_DP,
	RSA_DQ,
	RSA_QINV,
	N_RSA_PARTS,
};

#define RSA_PART_MAX 512 /* RSA-4096 */

/* RSAPrivateKey (RFC 8017 A.1.2) of two primes. */
struct rsa_parts {
	struct view number[N_RSA_PARTS]; /* without leading zeros; not empty */
};

/* Numbers may be longer than RSA_PART_MAX. Errors:
 * SYNTAX, UNSUPPORTED (more than two primes). */
DEVID_MUST_CHECK enum devid_err rsa_parts_parse(
	struct view in, struct rsa_parts *ret, struct devid_error *err);

/* ECPrivateKey (RFC 5915 3). */
struct ec_parts {
	struct view private; /* at most as long as a coordinate */
	struct view point;   /* empty: not there */
};

/* Of a key on @curve, with coordinates of @field bytes. Errors: SYNTAX,
 * MISMATCH (it names another curve). */
DEVID_MUST_CHECK enum devid_err ec_parts_parse(struct view in,
	struct view curve, size_t field, struct ec_parts *ret,
	struct devid_error *err);

#endif

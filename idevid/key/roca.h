/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ROCA_H
#define DEVID_ROCA_H

/*
 * RSA moduli of CVE-2017-15361 ("ROCA", Nemec and others, ACM CCS 2017): a
 * library that is in many security chips, TPMs among them, made primes of the
 * form k M + (65537^a mod M), where M is a product of small primes. Whoever has
 * the public key of such a pair can compute the private one. Their product has,
 * modulo each prime that divides M, a residue that is a power of 65537; of
 * other moduli one in 200 million has that.
 */

#include "der.h"
#include <devid/error.h>

#include <stdbool.h>

/* Whether @modulus, an unsigned number, has the form. */
bool roca_has_form(struct view modulus);

/* Fails when it has, with @what, whose key it is, in the text. Errors:
 * INVALID. */
DEVID_MUST_CHECK enum devid_err roca_check(
	struct view modulus, const char *what, struct devid_error *err);

/* The same for the key in a DER SubjectPublicKeyInfo; one that is not RSA, or
 * of no size of ours (key.h), passes. */
DEVID_MUST_CHECK enum devid_err roca_check_spki(
	struct view spki, const char *what, struct devid_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CERT_H
#define DEVID_CERT_H

/*
 * The parts of an X.509 certificate as they are encoded (RFC 5280 4.1), for
 * rules that a decoded object can no longer answer: which time type, which
 * string type, which algorithm bytes. It reads structure; what the values
 * mean is for profile.h. No signature is checked here.
 */

#include "der.h"
#include <devid/error.h>
#include "oid.h"

#define CERT_DER_MAX 16384 /* octets of one certificate; a limit of ours */
#define CERT_EXT_MAX 32    /* extensions of one; a limit of ours */

#define CERT_TAG_PRINTABLE 0x13
#define CERT_TAG_UTC_TIME  0x17
#define CERT_TAG_GEN_TIME  0x18

struct cert_time {
	uint8_t tag;
	struct view text; /* borrowed */
};

struct cert_ext {
	struct view oid;   /* borrowed */
	struct view value; /* borrowed, inside the OCTET STRING */
	bool critical;
	bool default_encoded; /* critical FALSE written out: not DER */
};

struct cert_view {
	struct view tbs;       /* with its header: what is signed */
	struct view signature; /* octets inside the BIT STRING */
	unsigned version;      /* 1, 2 or 3 */
	struct view serial;    /* INTEGER content */
	struct view inner_alg;
	struct view outer_alg; /* AlgorithmIdentifier with its header */
	struct view issuer;    /* RDNSequence content */
	struct view subject;   /* RDNSequence content */
	struct cert_time not_before;
	struct cert_time not_after;
	struct view spki;       /* SubjectPublicKeyInfo content */
	struct view spki_whole; /* the same with its header */
	bool has_unique_id;
	struct cert_ext ext[CERT_EXT_MAX];
	size_t n_ext;
};

/*
 * Reads the certificate @der; the views of *@ret point into it. SYNTAX when
 * it is not strict DER of a Certificate or has bytes behind it, TOO_LARGE
 * beyond the limits above.
 */
DEVID_MUST_CHECK enum devid_err cert_parse(
	struct view der, struct cert_view *ret, struct devid_error *err);

/* Takes one Extension off the front of @list, which is not empty. False: it is
 * not DER of its form (RFC 5280 4.1). */
bool cert_take_ext(struct view *list, struct cert_ext *ret);

/* Whether @name is DER of an RDNSequence's content, for cert_name_find(). */
bool cert_name_is_valid(struct view name);

/* The first extension @oid, NULL when there is none. Borrowed. */
const struct cert_ext *cert_get_ext(const struct cert_view *cert, enum oid oid);

/* Whether basicConstraints claim a CA (RFC 5280 4.2.1.9). */
bool cert_claims_ca(const struct cert_view *cert);

/*
 * The place of the first of the @n certificates in @ders that is no CA's, when
 * the one at place 0 is: a chain begins with the end entity's (RFC 8446 4.4.2)
 * and this one does not. Else 0.
 */
size_t cert_misplaced_leaf(const struct view *ders, size_t n);

/*
 * Counts the attributes @type in the RDNSequence @name and gives the first
 * one's string tag and content (neither is written when the count is 0).
 */
size_t cert_name_find(struct view name, enum oid type, uint8_t *ret_tag,
	struct view *ret_value);

#endif

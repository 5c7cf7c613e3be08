/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROFILE_RULES_H
#define DEVID_PROFILE_RULES_H

/*
 * The predicates of the DevID profile, one per rule of profile.h. Each looks
 * at what rules_prepare() found and answers PASS, FAIL or NOT_APPLICABLE; a
 * predicate whose subject another rule refused already is NOT_APPLICABLE, so
 * that one fault trips one rule.
 */

#include "cert.h"
#include <devid/profile.h>
#include "san.h"

enum rules_key_type {
	RULES_KEY_OTHER,
	RULES_KEY_RSA,
	RULES_KEY_EC,
};

/* keyUsage bits, RFC 5280 4.2.1.3, bit 0 lowest */
#define RULES_KU_DIGITAL_SIGNATURE 0x001u
#define RULES_KU_KEY_ENCIPHERMENT  0x004u
#define RULES_KU_DATA_ENCIPHERMENT 0x008u
#define RULES_KU_CERT_SIGN         0x020u
#define RULES_KU_CRL_SIGN          0x040u

enum rules_part {
	RULES_ABSENT,
	RULES_BAD, /* present, not of its form */
	RULES_GOOD,
};

struct rules_input {
	enum devid_profile_kind kind;
	struct cert_view cert;
	enum rules_key_type key_type;
	unsigned key_bits; /* modulus or field size; 0: no acceptable key */
	enum rules_part key_usage_state;
	unsigned key_usage;
	enum rules_part san_state;
	struct san_parts san;
	struct devid_error san_error;
	enum rules_part hw_state;
	struct san_hw_module hw;
	struct devid_error hw_error;
	enum rules_part perm_id_state;
	struct san_perm_id perm_id;
	struct devid_error perm_id_error;
	enum rules_part policies_state;
	enum rules_part eku_state;
	unsigned policy_caps; /* bit n: capability n of certificatePolicies */
	unsigned eku_caps;    /* the same of extendedKeyUsage */
	bool eku_tls;         /* it holds a purpose of TLS, or any */
	bool eku_other; /* it holds one that is neither that nor a capability */
};

/* Bits of policy_caps and eku_caps: 2.23.133.11.1.n */
#define RULES_CAP_RESIDENCY  0x2u
#define RULES_CAP_FIXED      0x4u
#define RULES_CAP_RESTRICTED 0x8u

typedef enum devid_verdict rules_predicate(
	const struct rules_input *in, char detail[DEVID_DETAIL_MAX]);

rules_predicate rules_version, rules_serial_positive, rules_serial_length,
	rules_signature_equal, rules_signature_strength, rules_signature_suite,
	rules_key_strength, rules_key_suite, rules_issuer_name,
	rules_validity_encoding, rules_not_after, rules_subject_serial,
	rules_subject_serial_type, rules_no_unique_id, rules_extension_unique,
	rules_extension_critical, rules_extension_defaults,
	rules_authority_key_id;

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_PROFILE_EXT_H
#define DEVID_PROFILE_EXT_H

/* The rules about key usage, names and policies. */

#include "profile-rules.h"

rules_predicate rules_key_usage, rules_key_usage_critical,
	rules_key_usage_no_ca, rules_key_usage_fits_key,
	rules_key_usage_minimal, rules_not_ca, rules_san_syntax,
	rules_san_not_critical, rules_hw_module_present, rules_hw_module_syntax,
	rules_hw_module_encoding, rules_permanent_id_syntax,
	rules_policies_syntax, rules_tcg_capability, rules_tcg_other_key,
	rules_eku, rules_eku_capability;

#endif

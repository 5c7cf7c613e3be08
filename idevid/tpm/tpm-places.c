/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-places.h"

#include <stddef.h>
#include <string.h>

/* Of number 0 of each role, and from one number to the next. */
static const struct {
	uint32_t handle, nv, step; /* nv 0: its certificate is a file */
} first[N_KEY_ROLES] = {
	[KEY_ROLE_IDEVID] = { TPM_HANDLE_IDEVID, 0x01c90200u, 0x10 },
	[KEY_ROLE_IAK] = { TPM_HANDLE_IAK, 0x01c90100u, 0x10 },
	[KEY_ROLE_LDEVID] = { 0x81040120u, 0, 1 },
	[KEY_ROLE_EAP] = { 0x81040130u, 0, 1 },
	[KEY_ROLE_TLS] = { 0x81040140u, 0, 1 },
};

static uint32_t handle_of(enum key_id id)
{
	enum key_role role = key_id_role(id);

	return first[role].handle + first[role].step * key_id_number(id);
}

static uint32_t nv_of(enum key_id id)
{
	enum key_role role = key_id_role(id);

	return first[role].nv == 0
		       ? 0
		       : first[role].nv + first[role].step * key_id_number(id);
}

void tpm_places_default(struct tpm_places *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (int i = 0; i < N_KEYS; i++) {
		ret->handle[i] = handle_of((enum key_id)i);
		ret->nv[i] = nv_of((enum key_id)i);
	}
	ret->parent = 0x81040000u;
	ret->epoch = 0x01804944u;
}

/* All places, an index of a certificate as both that it takes. */
static size_t list(const struct tpm_places *places, uint32_t *ret)
{
	size_t n = 0;

	for (int i = 0; i < N_KEYS; i++) {
		ret[n++] = places->handle[i];
		if (places->nv[i] != 0) {
			ret[n++] = places->nv[i];
			ret[n++] = places->nv[i] + 1;
		}
	}
	ret[n++] = places->parent;
	ret[n++] = places->epoch;
	return n;
}

bool tpm_places_ok(const struct tpm_places *places, const char **ret_what)
{
	uint32_t all[3 * N_KEYS + 2];
	size_t n = list(places, all);

	for (int i = 0; i < N_KEYS; i++) {
		*ret_what = key_id_name((enum key_id)i);
		if (places->handle[i] >> 24 != 0x81 ||
			(places->nv[i] != 0 && places->nv[i] >> 24 != 0x01))
			return false;
	}
	*ret_what = "the owner's parent or counter";
	if (places->parent >> 24 != 0x81 || places->epoch >> 24 != 0x01)
		return false;
	*ret_what = "two of them at one place";
	for (size_t i = 0; i < n; i++) {
		for (size_t k = i + 1; k < n; k++) {
			if (all[i] == all[k])
				return false;
		}
	}
	return true;
}

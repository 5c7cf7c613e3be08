/* SPDX-License-Identifier: Apache-2.0 */
#include "role.h"

#include <assert.h>
#include <devid/profile.h>
#include <stdio.h>
#include <string.h>

#define CLIENT PURPOSE_TLS_CLIENT
#define SERVER PURPOSE_TLS_SERVER
#define CSR    PURPOSE_CSR

static const struct role roles[N_KEY_ROLES] = {
	[KEY_ROLE_IDEVID] = { .name = "idevid",
		.what = "identity that the maker gave the device",
		.home = ROLE_HOME_MAKER,
		.n = N_KEY_PAIRS,
		.manager = ROLE_MANAGER_MAKER,
		.purposes = CLIENT | SERVER | CSR,
		.listed = true,
		.enabled = true,
		.profile = DEVID_PROFILE_IDEVID },
	[KEY_ROLE_IAK] = { .name = "iak",
		.what = "attests the IDevID of the same number",
		.home = ROLE_HOME_MAKER,
		.n = N_KEY_PAIRS,
		.manager = ROLE_MANAGER_MAKER,
		.purposes = 0,
		.listed = true,
		.enabled = true,
		.profile = DEVID_PROFILE_IAK },
	[KEY_ROLE_LDEVID] = { .name = "ldevid",
		.what = "identity that the site gave the device",
		.home = ROLE_HOME_OWNER,
		.n = 4,
		.manager = ROLE_MANAGER_LDEVID,
		.purposes = CLIENT | SERVER | CSR,
		.imports = true,
		.deletes = true,
		.listed = true,
		.enabled = false,
		.profile = DEVID_PROFILE_LDEVID },
	[KEY_ROLE_EAP] = { .name = "eap",
		.what = "802.1X key of the owner",
		.home = ROLE_HOME_OWNER,
		.n = 4,
		.manager = ROLE_MANAGER_OWNER,
		.purposes = CLIENT | CSR,
		.imports = true,
		.deletes = true,
		.listed = false,
		.enabled = true,
		.profile = -1 },
	[KEY_ROLE_TLS] = { .name = "tls",
		.what = "HTTPS key of the owner",
		.home = ROLE_HOME_OWNER,
		.n = 8,
		.manager = ROLE_MANAGER_OWNER,
		.purposes = SERVER | CSR,
		.imports = true,
		.deletes = true,
		.listed = false,
		.enabled = true,
		.profile = -1 },
};

/* Every key and its name, in the order of enum key_id. */
static const struct {
	enum key_role role;
	unsigned number;
	const char *name;
} keys[N_KEYS] = {
	{ KEY_ROLE_IDEVID, 0, "idevid" },
	{ KEY_ROLE_IAK, 0, "iak" },
	{ KEY_ROLE_IDEVID, 1, "idevid-1" },
	{ KEY_ROLE_IAK, 1, "iak-1" },
	{ KEY_ROLE_IDEVID, 2, "idevid-2" },
	{ KEY_ROLE_IAK, 2, "iak-2" },
	{ KEY_ROLE_IDEVID, 3, "idevid-3" },
	{ KEY_ROLE_IAK, 3, "iak-3" },
	{ KEY_ROLE_LDEVID, 0, "ldevid-0" },
	{ KEY_ROLE_LDEVID, 1, "ldevid-1" },
	{ KEY_ROLE_LDEVID, 2, "ldevid-2" },
	{ KEY_ROLE_LDEVID, 3, "ldevid-3" },
	{ KEY_ROLE_EAP, 0, "eap-0" },
	{ KEY_ROLE_EAP, 1, "eap-1" },
	{ KEY_ROLE_EAP, 2, "eap-2" },
	{ KEY_ROLE_EAP, 3, "eap-3" },
	{ KEY_ROLE_TLS, 0, "tls-0" },
	{ KEY_ROLE_TLS, 1, "tls-1" },
	{ KEY_ROLE_TLS, 2, "tls-2" },
	{ KEY_ROLE_TLS, 3, "tls-3" },
	{ KEY_ROLE_TLS, 4, "tls-4" },
	{ KEY_ROLE_TLS, 5, "tls-5" },
	{ KEY_ROLE_TLS, 6, "tls-6" },
	{ KEY_ROLE_TLS, 7, "tls-7" },
};

const char *purpose_name(enum purpose purpose)
{
	switch (purpose) {
	case PURPOSE_TLS_CLIENT:
		return "tls-client";
	case PURPOSE_TLS_SERVER:
		return "tls-server";
	case PURPOSE_CSR:
		return "csr";
	}
	return "unknown";
}

const struct role *role_row(enum key_role role)
{
	return &roles[role];
}

enum key_role key_id_role(enum key_id id)
{
	assert((unsigned)id < N_KEYS);
	return keys[id].role;
}

unsigned key_id_number(enum key_id id)
{
	assert((unsigned)id < N_KEYS);
	return keys[id].number;
}

const struct role *key_id_row(enum key_id id)
{
	return &roles[key_id_role(id)];
}

const char *key_id_name(enum key_id id)
{
	assert((unsigned)id < N_KEYS);
	return keys[id].name;
}

const char *key_role_name(enum key_role role)
{
	return roles[role].name;
}

bool key_id_of(enum key_role role, unsigned number, enum key_id *ret)
{
	for (int i = 0; i < N_KEYS; i++) {
		if (keys[i].role == role && keys[i].number == number) {
			*ret = (enum key_id)i;
			return true;
		}
	}
	return false;
}

/* Whether @name is the one of key @i, or its other form. */
static bool is_name_of(int i, const char *name)
{
	char full[32];

	if (strcmp(name, keys[i].name) == 0)
		return true;
	(void)snprintf(full, sizeof(full), "%s-%u", roles[keys[i].role].name,
		keys[i].number); /* fits */
	return strcmp(name, full) == 0 ||
	       (keys[i].number == 0 &&
		       strcmp(name, roles[keys[i].role].name) == 0);
}

bool key_id_by_name(const char *name, enum key_id *ret)
{
	for (int i = 0; i < N_KEYS; i++) {
		if (is_name_of(i, name)) {
			*ret = (enum key_id)i;
			return true;
		}
	}
	return false;
}

const char *key_id_mark(enum key_id id, bool of_cert)
{
	if (key_id_row(id)->enabled)
		return of_cert ? ".cert-disabled" : ".disabled";
	return of_cert ? ".cert-enabled" : ".enabled";
}

bool key_id_is_enabled(enum key_id id, bool there)
{
	return key_id_row(id)->enabled != there;
}

bool key_id_pair(enum key_id id, struct key_pair *ret)
{
	unsigned number = key_id_number(id);

	return key_id_row(id)->home == ROLE_HOME_MAKER &&
	       key_id_of(KEY_ROLE_IDEVID, number, &ret->idevid) &&
	       key_id_of(KEY_ROLE_IAK, number, &ret->iak);
}

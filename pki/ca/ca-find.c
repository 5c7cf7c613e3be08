/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-find.h"

#include <string.h>

#include "register-cert.h"
#include "register-device.h"

static enum devid_err other_device(const struct register_device *want,
	const struct register_device *found, const char *what,
	struct devid_error *err)
{
	return devid_fail(err, DEVID_ERR_EXISTS,
		"%s: %s has certificates already, of device %s", want->serial,
		what, found->serial);
}

/* Which of two keys a device's certificates have. */
struct same_keys {
	const uint8_t (*key_fingerprint)[32]; /* borrowed */
	bool same[N_MAKER_ROLES];
};

static enum devid_err compare_key(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	struct same_keys *s = arg;

	(void)err; /* cannot fail */
	if (cert->state == REGISTER_LIVE &&
		memcmp(s->key_fingerprint[cert->role], cert->key_fingerprint,
			32) == 0)
		s->same[cert->role] = true;
	return DEVID_OK;
}

/* For a device that is not in the register. */
static enum devid_err check_new_device(const struct register_device *want,
	const struct register_holders *h, struct devid_error *err)
{
	/* A TPM whose keys were told to be known to others is not believed
	 * again: it would get the same keys certified, or others made from the
	 * same seed. */
	if (h->found[REGISTER_BY_EK_COMPROMISED])
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: its TPM had device %s, revoked for keyCompromise",
			want->serial,
			h->device[REGISTER_BY_EK_COMPROMISED].serial);
	/* A TPM with two EK certificates would else get two identities for one
	 * key. */
	if (h->found[REGISTER_BY_KEY])
		return other_device(want, &h->device[REGISTER_BY_KEY],
			"its IDevID key", err);
	return DEVID_OK;
}

enum devid_err ca_find_device(struct ca *ca, const struct register_device *want,
	const uint8_t (*key_fingerprint)[32], struct ca_found *ret,
	struct devid_error *err)
{
	const struct register_identity who = { want->serial,
		want->ek_fingerprint, key_fingerprint[KEY_ROLE_IDEVID] };
	struct same_keys keys = { key_fingerprint, { false } };
	struct register_holders h;
	enum devid_err rc;

	ret->known = false;
	rc = register_find_holders(ca->reg, &who, &h, err);
	if (rc != DEVID_OK)
		return rc;
	if (h.found[REGISTER_BY_EK] &&
		strcmp(h.device[REGISTER_BY_EK].serial, want->serial) != 0)
		return other_device(want, &h.device[REGISTER_BY_EK],
			"the EK of its TPM", err);
	if (!h.found[REGISTER_BY_SERIAL])
		return check_new_device(want, &h, err);
	ret->device = h.device[REGISTER_BY_SERIAL];
	if (strcmp(ret->device.serial, want->serial) != 0)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this serial number differs only in case from that "
			"of device %s, and is one name with it",
			want->serial, ret->device.serial);
	if (memcmp(ret->device.ek_fingerprint, want->ek_fingerprint, 32) != 0)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this serial number was issued to another TPM",
			want->serial);
	rc = register_certs_of_device(
		ca->reg, ret->device.id, compare_key, &keys, err);
	if (rc != DEVID_OK)
		return rc;
	if (!keys.same[KEY_ROLE_IDEVID] || !keys.same[KEY_ROLE_IAK])
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this serial number was issued to other keys of "
			"the same TPM",
			want->serial);
	if (strcmp(ret->device.model, want->model) != 0)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this device was issued as model \"%s\", not "
			"\"%s\"",
			want->serial, ret->device.model, want->model);
	ret->known = true;
	if (ca->conf->again == CA_AGAIN_REFUSE)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this device has its certificates already",
			want->serial);
	return DEVID_OK;
}

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

/* What the certificates of a device say about a pair of keys. */
struct pairs {
	const struct ca_wanted *want;
	unsigned n_live;          /* IDevIDs */
	enum key_alg last;        /* type of the last of these */
	bool same[N_MAKER_ROLES]; /* live, in its own role */
	bool same_alg;            /* a live IDevID of this type */
	bool used;                /* one of both keys, in any certificate */
	bool compromised;         /* one was revoked for keyCompromise */
};

#define KEY_COMPROMISE 1 /* CRLReason, RFC 5280 5.3.1 */

static enum devid_err note_cert(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	struct pairs *p = arg;
	bool live = cert->state == REGISTER_LIVE;

	(void)err; /* cannot fail */
	for (int i = 0; i < N_MAKER_ROLES; i++) {
		if (memcmp(p->want->key_fingerprint[i], cert->key_fingerprint,
			    32) != 0)
			continue;
		p->used = true;
		if (live && cert->role == (enum key_role)i)
			p->same[i] = true;
	}
	if (cert->state == REGISTER_REVOKED && cert->reason == KEY_COMPROMISE)
		p->compromised = true;
	if (!live || cert->role != KEY_ROLE_IDEVID)
		return DEVID_OK;
	p->n_live++;
	p->last = cert->alg;
	if (cert->alg == p->want->alg)
		p->same_alg = true;
	return DEVID_OK;
}

/* A device never gets a second IDevID of a type: which of both would be told
 * apart by nothing but the key, and a TPM makes another of the same template
 * only from another seed. */
static enum devid_err check_keys(const struct pairs *p, struct devid_error *err)
{
	const char *serial = p->want->device->serial;

	/* As of a device that was revoked as a whole: check_new_device(). */
	if (p->compromised)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: a certificate of this device was revoked for "
			"keyCompromise",
			serial);
	if (p->same_alg && !p->used)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this serial number was issued to other keys of "
			"the same TPM",
			serial);
	/* Revoked, or in another pair. */
	if (p->used)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: IDevID or IAK has a certificate already, but not "
			"with the other key of this request",
			serial);
	return DEVID_OK;
}

/* How many there may be is for the maker to say. */
static enum devid_err check_number(
	const struct ca *ca, const struct pairs *p, struct devid_error *err)
{
	const char *serial = p->want->device->serial;

	if (p->n_live < ca->conf->identities)
		return DEVID_OK;
	if (p->n_live >= N_KEY_PAIRS)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this device has %u identities already, as many "
			"as it can have",
			serial, p->n_live);
	return devid_fail(err, DEVID_ERR_EXISTS,
		"%s: this device has an identity of type %s already; one of "
		"type %s beside it takes identities = %u in [ca] of "
		"devid-ca.conf, or more",
		serial, key_alg_title(p->last), key_alg_title(p->want->alg),
		p->n_live + 1);
}

/* The keys of a live device that has this serial number and this TPM. */
static enum devid_err judge_pair(struct ca *ca, const struct pairs *p,
	const struct register_holders *h, struct ca_found *ret,
	struct devid_error *err)
{
	enum devid_err rc;

	if (p->same[KEY_ROLE_IDEVID] && p->same[KEY_ROLE_IAK]) {
		if (ca->conf->again == CA_AGAIN_REFUSE)
			return devid_fail(err, DEVID_ERR_EXISTS,
				"%s: this device has its certificates already",
				p->want->device->serial);
		ret->what = CA_FOUND_SAME;
		return DEVID_OK;
	}
	rc = check_keys(p, err);
	/* A TPM with two EK certificates. */
	if (rc == DEVID_OK && h->found[REGISTER_BY_KEY])
		rc = other_device(p->want->device, &h->device[REGISTER_BY_KEY],
			"its IDevID key", err);
	if (rc == DEVID_OK)
		rc = check_number(ca, p, err);
	if (rc == DEVID_OK)
		ret->what = CA_FOUND_FURTHER;
	return rc;
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

/* Of the device that has this serial number. */
static enum devid_err check_device(const struct register_device *want,
	const struct register_device *has, struct devid_error *err)
{
	if (strcmp(has->serial, want->serial) != 0)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this serial number differs only in case from that "
			"of device %s, and is one name with it",
			want->serial, has->serial);
	if (memcmp(has->ek_fingerprint, want->ek_fingerprint, 32) != 0)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this serial number was issued to another TPM",
			want->serial);
	return DEVID_OK;
}

static enum devid_err check_model(const struct register_device *want,
	const struct register_device *has, struct devid_error *err)
{
	if (strcmp(has->model, want->model) != 0)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"%s: this device was issued as model \"%s\", not "
			"\"%s\"",
			want->serial, has->model, want->model);
	return DEVID_OK;
}

enum devid_err ca_find_device(struct ca *ca, const struct ca_wanted *want,
	struct ca_found *ret, struct devid_error *err)
{
	const struct register_device *d = want->device;
	const struct register_identity who = { d->serial, d->ek_fingerprint,
		want->key_fingerprint[KEY_ROLE_IDEVID] };
	struct pairs pairs = { .want = want };
	struct register_holders h;
	enum devid_err rc;

	ret->what = CA_FOUND_NONE;
	rc = register_find_holders(ca->reg, &who, &h, err);
	if (rc != DEVID_OK)
		return rc;
	if (h.found[REGISTER_BY_EK] &&
		strcmp(h.device[REGISTER_BY_EK].serial, d->serial) != 0)
		return other_device(
			d, &h.device[REGISTER_BY_EK], "the EK of its TPM", err);
	if (!h.found[REGISTER_BY_SERIAL])
		return check_new_device(d, &h, err);
	ret->device = h.device[REGISTER_BY_SERIAL];
	rc = check_device(d, &ret->device, err);
	if (rc == DEVID_OK)
		rc = register_certs_of_device(
			ca->reg, ret->device.id, note_cert, &pairs, err);
	if (rc == DEVID_OK)
		rc = check_model(d, &ret->device, err);
	return rc == DEVID_OK ? judge_pair(ca, &pairs, &h, ret, err) : rc;
}

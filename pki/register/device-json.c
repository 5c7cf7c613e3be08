/* SPDX-License-Identifier: Apache-2.0 */
#include "device-json.h"

#include <stdio.h>
#include <time.h>

#include "cert-time.h"
#include "cleanup-json.h"
#include "cleanup.h"
#include "fail.h"
#include "hex.h"
#include "key.h"
#include "reason.h"
#include "register-cert.h"

const char *device_state_name(enum register_state state)
{
	switch (state) {
	case REGISTER_LIVE:
		return "live";
	case REGISTER_REVOKED:
		return "revoked";
	case REGISTER_REPLACED:
		return "replaced";
	}
	return "unknown";
}

void device_time_text(int64_t when, char ret[DEVICE_TIME_MAX])
{
	struct tm tm;

	if (!pki_time_utc(when, &tm) ||
		strftime(ret, DEVICE_TIME_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		ret[0] = '\0';
}

static enum devid_err add_cert(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	char serial[2 * SERIAL_LEN + 1], issuer[65], key[65];
	char created[DEVICE_TIME_MAX], revoked_at[DEVICE_TIME_MAX];
	bool revoked = cert->state == REGISTER_REVOKED;
	json_t *entry;

	hex_encode(cert->serial, cert->serial_len, serial);
	hex_encode(cert->issuer, 32, issuer);
	hex_encode(cert->key_fingerprint, 32, key);
	device_time_text(cert->created, created);
	device_time_text(cert->revoked_at, revoked_at);
	entry = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s?, s:s}",
		"role", key_role_name(cert->role), "type",
		key_alg_name(cert->alg), "serial", serial, "issuer", issuer,
		"state", device_state_name(cert->state), "created", created,
		"revoked_at", revoked ? revoked_at : NULL, "reason",
		revoked ? reason_name(cert->reason) : NULL, "key_fingerprint",
		key);
	/* takes the entry; NULL is refused */
	if (json_array_append_new(arg, entry) < 0)
		return fail_no_memory(err);
	return DEVID_OK;
}

static json_t *pack_device(const struct register_device *d, json_t *certs)
{
	char ek[65], ek_cert[65], created[DEVICE_TIME_MAX];

	hex_encode(d->ek_fingerprint, 32, ek);
	hex_encode(d->ek_cert_fingerprint, 32, ek_cert);
	device_time_text(d->created, created);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s,"
			 " s:O}",
		"serial", d->serial, "model", d->model, "state",
		device_state_name(d->state), "created", created, "station",
		d->station, "tpm_vendor", d->tpm_vendor, "tpm_model",
		d->tpm_model, "tpm_firmware", d->tpm_firmware, "ek_fingerprint",
		ek, "ek_cert_fingerprint", ek_cert, "certificates", certs);
}

enum devid_err device_json(struct reg *reg,
	const struct register_device *device, json_t **ret,
	struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *certs = json_array();
	enum devid_err rc;

	if (!certs)
		return fail_no_memory(err);
	rc = register_certs_of_device(reg, device->id, add_cert, certs, err);
	if (rc != DEVID_OK)
		return rc;
	*ret = pack_device(device, certs);
	if (!*ret)
		return devid_fail(err, DEVID_ERR_INVALID,
			"device %s: cannot stand in JSON", device->serial);
	return DEVID_OK;
}

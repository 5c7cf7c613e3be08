/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-show.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cleanup.h"

static const char *const state_names[] = {
	[REGISTER_LIVE] = "live",
	[REGISTER_REVOKED] = "revoked",
	[REGISTER_REPLACED] = "replaced",
};

/* @len bytes in hex; @buf has room for twice as many and a NUL. */
static const char *hex(const uint8_t *data, size_t len, char *buf)
{
	buf[0] = '\0';
	for (size_t i = 0; i < len; i++)
		(void)snprintf(buf + 2 * i, 3, "%02x", data[i]);
	return buf;
}

static enum devid_err add_cert(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	char serial[2 * SERIAL_LEN + 1], key[65];
	json_t *entry;

	entry = json_pack("{s:s, s:s, s:s, s:s, s:I}", "key",
		key_role_name(cert->role), "serial",
		hex(cert->serial, cert->serial_len, serial), "state",
		state_names[cert->state], "key_fingerprint",
		hex(cert->key_fingerprint, 32, key), "created",
		(json_int_t)cert->created);
	if (entry && cert->state == REGISTER_REVOKED &&
		json_object_set_new(entry, "revoked",
			json_integer((json_int_t)cert->revoked_at)) < 0) {
		json_decref(entry);
		entry = NULL;
	}
	/* Takes the entry; NULL is refused. */
	if (json_array_append_new(arg, entry) < 0)
		return devid_fail(err, DEVID_ERR_NOMEM, "no memory");
	return DEVID_OK;
}

static enum devid_err dump(const struct register_device *d, json_t *certs,
	char **ret, struct devid_error *err)
{
	char ek[65];
	json_t *json = json_pack(
		"{s:s, s:s, s:s, s:s, s:I, s:s, s:{s:s, s:s, s:s}, s:O}",
		"serial", d->serial, "model", d->model, "state",
		state_names[d->state], "station", d->station, "created",
		(json_int_t)d->created, "ek_fingerprint",
		hex(d->ek_fingerprint, 32, ek), "tpm", "vendor", d->tpm_vendor,
		"model", d->tpm_model, "firmware", d->tpm_firmware,
		"certificates", certs);
	CLEANUP(cleanup_free)
	char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

	json_decref(json);
	if (!text || asprintf(ret, "%s\n", text) < 0)
		return devid_fail(err, DEVID_ERR_NOMEM, "no memory");
	return DEVID_OK;
}

enum devid_err serve_show(
	struct ca *ca, const char *serial, char **ret, struct devid_error *err)
{
	struct register_device device;
	json_t *certs = json_array();
	enum devid_err rc;

	rc = register_begin_read(ca->reg, err);
	if (rc == DEVID_OK) {
		rc = register_device_by_serial(ca->reg, serial, &device, err);
		if (rc == DEVID_OK)
			rc = register_certs_of_device(
				ca->reg, device.id, add_cert, certs, err);
		register_rollback(ca->reg); /* nothing was written */
	}
	if (rc == DEVID_OK)
		rc = dump(&device, certs, ret, err);
	json_decref(certs);
	return rc;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-revoke.h"

#include <string.h>
#include <time.h>

#include "ca-jobs.h"
#include "device-json.h"
#include "fail.h"
#include "hex.h"
#include "reason.h"
#include "register-cert.h"
#include "register-device.h"
#include "register-revoke.h"

#define CERTS_MAX N_MAKER_KEYS /* live certificates of one device */

struct revoke {
	const char *serial;
	int reason;
	int64_t certs[CERTS_MAX];
	size_t n_certs;
	json_t *more; /* owned; for the audit log: serial numbers, and why */
};

/* Under the name of a role those of all its certificates. */
static enum devid_err note_serial(json_t *more, const char *role,
	const char *serial, struct devid_error *err)
{
	json_t *all = json_object_get(more, role);

	if (!all) {
		all = json_array();
		if (json_object_set_new(more, role, all) < 0)
			return fail_no_memory_for(err, "revoke");
	}
	if (json_array_append_new(all, json_string(serial)) < 0)
		return fail_no_memory_for(err, "revoke");
	return DEVID_OK;
}

static enum devid_err note_cert(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	char serial[2 * SERIAL_LEN + 1];
	struct revoke *r = arg;

	if (cert->state != REGISTER_LIVE)
		return DEVID_OK;
	if (r->n_certs == CERTS_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: more than %d live certificates", r->serial,
			CERTS_MAX);
	r->certs[r->n_certs++] = cert->id;
	hex_encode(cert->serial, cert->serial_len, serial);
	return note_serial(r->more, key_role_name(cert->role), serial, err);
}

static enum devid_err revoke_device(struct ca *ca, struct revoke *r,
	int64_t device, struct devid_error *err)
{
	int64_t now = (int64_t)time(NULL);
	enum devid_err rc;

	r->n_certs = 0;
	json_decref(r->more); /* another try */
	r->more = json_pack("{s:i}", "reason", r->reason);
	if (!r->more)
		return fail_no_memory_for(err, "revoke");
	/* Whoever adds a pair has done it before, or finds no live device. */
	rc = register_device_hold(ca->reg, device, err);
	if (rc == DEVID_OK)
		rc = register_certs_of_device(
			ca->reg, device, note_cert, r, err);
	for (size_t i = 0; rc == DEVID_OK && i < r->n_certs; i++)
		rc = register_cert_revoke(
			ca->reg, r->certs[i], now, r->reason, err);
	if (rc == DEVID_OK)
		rc = register_device_set_state(
			ca->reg, device, REGISTER_REVOKED, err);
	return rc;
}

/* ---- a second time ---- */

struct earlier {
	int64_t device; /* the newest that was revoked; 0: none */
	int64_t when;
	int reason;
};

static enum devid_err note_revoked_device(void *arg,
	const struct register_device *device, struct devid_error *err)
{
	struct earlier *e = arg;

	(void)err; /* cannot fail */
	if (device->state == REGISTER_REVOKED && device->id > e->device)
		e->device = device->id;
	return DEVID_OK;
}

static enum devid_err note_revoked_cert(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	struct earlier *e = arg;

	(void)err; /* cannot fail */
	if (cert->state != REGISTER_REVOKED)
		return DEVID_OK;
	e->when = cert->revoked_at;
	e->reason = cert->reason;
	return DEVID_OK;
}

enum devid_err ca_revoked_before(
	struct ca *ca, const char *serial, struct devid_error *cause)
{
	struct earlier e = { .device = 0 };
	struct devid_error err = { DEVID_OK, "" };
	char when[DEVICE_TIME_MAX];
	enum devid_err rc = register_each_device_named(
		ca->reg, serial, note_revoked_device, &e, &err);

	if (rc == DEVID_OK && e.device)
		rc = register_certs_of_device(
			ca->reg, e.device, note_revoked_cert, &e, &err);
	if (rc != DEVID_OK)
		return fail_with(cause, rc, &err);
	if (!e.when)
		return DEVID_ERR_NOT_FOUND;
	device_time_text(e.when, when);
	devid_error_clear(cause);
	return devid_fail(cause, DEVID_ERR_NOT_FOUND,
		"register: %s: revoked already, at %s for %s", serial, when,
		reason_name(e.reason));
}

static enum devid_err work(
	struct ca *ca, struct ca_job *job, void *state, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct register_device device;
	struct revoke *r = state;
	enum devid_err rc;

	rc = register_device_by_serial(ca->reg, r->serial, &device, &cause);
	if (rc == DEVID_ERR_NOT_FOUND)
		rc = ca_revoked_before(ca, r->serial, &cause);
	if (rc == DEVID_ERR_NOT_FOUND)
		ca_job_refuse(job, &cause);
	else if (rc == DEVID_OK)
		rc = revoke_device(ca, r, device.id, &cause);
	if (rc != DEVID_OK && job->code == DEVID_OK)
		return fail_with(err, rc, &cause);
	return ca_audit_job(ca,
		&(struct ca_event) { "revoke", r->serial, r->more }, job, err);
}

enum devid_err ca_revoke(struct ca *ca, const char *serial, int reason,
	const char *who, struct devid_error *err)
{
	struct revoke state = { .serial = serial, .reason = reason };
	struct ca_job job = { .station = who };
	const struct ca_batch batch = { &job, 1, &state, sizeof(state), work };
	enum devid_err rc;

	rc = ca_run_batch(ca, &batch, err);
	json_decref(state.more);
	if (rc == DEVID_OK && job.code != DEVID_OK)
		rc = devid_fail(
			err, job.code, "%s", devid_error_text(&job.error));
	return rc;
}

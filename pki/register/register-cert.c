/* SPDX-License-Identifier: Apache-2.0 */
#include "register-cert.h"

#include <inttypes.h>
#include <string.h>

#include "fail.h"
#include "register-device.h"
#include "register-private.h"

enum column {
	AT_ID,
	AT_DEVICE,
	AT_ROLE,
	AT_ALG,
	AT_STATE,
	AT_CREATED,
	AT_REVOKED_AT,
	AT_REASON,
	AT_KEY,
	AT_SERIAL,
	AT_ISSUER,
	AT_DER, /* where it is asked for */
};

static enum devid_err read_row(const struct db_value *c, size_t n,
	struct register_cert *ret, struct devid_error *err)
{
	memset(ret, 0, sizeof(*ret));
	ret->id = c[AT_ID].num;
	ret->device = c[AT_DEVICE].num; /* 0 in place of NULL */
	ret->role = (enum key_role)c[AT_ROLE].num;
	ret->alg = (enum key_alg)c[AT_ALG].num;
	ret->state = (enum register_state)c[AT_STATE].num;
	ret->created = c[AT_CREATED].num;
	ret->revoked_at = c[AT_REVOKED_AT].num;
	ret->reason = (int)c[AT_REASON].num;
	ret->serial_len = c[AT_SERIAL].len;
	if (c[AT_ROLE].num < 0 || c[AT_ROLE].num >= N_MAKER_ROLES ||
		!key_alg_is_known(ret->alg) ||
		c[AT_STATE].num < REGISTER_LIVE ||
		c[AT_STATE].num > REGISTER_REPLACED ||
		!register_copy_blob(&c[AT_KEY], ret->key_fingerprint, 32) ||
		ret->serial_len > SERIAL_LEN ||
		!register_copy_blob(
			&c[AT_SERIAL], ret->serial, ret->serial_len) ||
		!register_copy_blob(&c[AT_ISSUER], ret->issuer, 32) ||
		(n > AT_DER && c[AT_DER].type != DB_BLOB))
		return register_damaged(err, "certificate");
	if (n > AT_DER) {
		ret->der = c[AT_DER].data;
		ret->der_len = c[AT_DER].len;
	}
	return DEVID_OK;
}

/* ---- adding, finding ---- */

enum devid_err register_cert_add(struct reg *reg,
	const struct register_cert *what, struct devid_error *err)
{
	struct db_value params[] = {
		what->device ? DB_INT_V(what->device) : DB_NULL_V,
		DB_INT_V(0),
		DB_INT_V(what->role),
		DB_INT_V(what->alg),
		DB_INT_V(what->state),
		DB_INT_V(what->created),
		DB_INT_V(what->revoked_at),
		DB_INT_V(what->reason),
		DB_INT_V(register_key_prefix(what->key_fingerprint)),
		DB_BLOB_V(what->key_fingerprint, 32),
		DB_BLOB_V(what->serial, what->serial_len),
		DB_BLOB_V(what->der, what->der_len),
	};
	enum devid_err rc;

	/* Without its place in the sequence no list would have it. */
	if (what->state == REGISTER_REVOKED)
		return devid_fail(err, DEVID_ERR_INVALID,
			"register: certificate: is revoked once it is there");
	if (!key_alg_is_known(what->alg))
		return devid_fail(err, DEVID_ERR_INVALID,
			"register: certificate: no type of its key");
	if (!what->der || what->der_len == 0 || what->serial_len == 0 ||
		what->serial_len > SERIAL_LEN)
		return devid_fail(err, DEVID_ERR_INVALID,
			"register: certificate: no DER or serial number");
	rc = register_issuer_number(
		reg, what->issuer, true, &params[1].num, err);
	if (rc == DEVID_OK)
		rc = db_run(reg->db, REG_QUERY(CERT_ADD, params, 12), NULL,
			NULL, err);
	if (rc == DEVID_OK && db_changes(reg->db) == 0)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"register: certificate: its serial number was given "
			"out already, or its key or one of this type has a "
			"live one");
	return rc;
}

struct one {
	struct reg *reg;
	struct register_cert *out;
	bool found;
};

static enum devid_err note_one(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	struct one *o = arg;
	enum devid_err rc = read_row(columns, n_columns, o->out, err);

	if (rc != DEVID_OK)
		return rc;
	o->found = true;
	o->out->der = register_hold(o->reg, &columns[AT_DER]);
	return o->out->der ? DEVID_OK : fail_no_memory_for(err, "register");
}

static enum devid_err get_one(struct reg *reg, struct db_query query,
	struct register_cert *ret, struct devid_error *err)
{
	struct register_cert out;
	struct one o = { reg, &out, false };
	enum devid_err rc = db_run(reg->db, query, note_one, &o, err);

	if (rc != DEVID_OK)
		return rc;
	if (!o.found)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"register: no such certificate");
	*ret = out;
	return DEVID_OK;
}

enum devid_err register_cert_by_serial(struct reg *reg,
	const uint8_t issuer[32], struct view serial, struct register_cert *ret,
	struct devid_error *err)
{
	struct db_value params[] = { DB_INT_V(0),
		DB_BLOB_V(serial.data, serial.len) };
	enum devid_err rc =
		register_issuer_number(reg, issuer, false, &params[0].num, err);

	return rc == DEVID_OK
		       ? get_one(reg, REG_QUERY(CERT_BY_SERIAL, params, 2), ret,
				 err)
		       : rc;
}

/* ---- revoking ---- */

/* ---- walks ---- */

struct walk {
	register_cert_fn *fn;
	void *arg;
};

static enum devid_err give(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	const struct walk *w = arg;
	struct register_cert cert;
	enum devid_err rc = read_row(columns, n_columns, &cert, err);

	return rc == DEVID_OK ? w->fn(w->arg, &cert, err) : rc;
}

enum devid_err register_certs_of_device(struct reg *reg, int64_t device,
	register_cert_fn *fn, void *arg, struct devid_error *err)
{
	const struct db_value param = DB_INT_V(device);
	struct walk w = { fn, arg };

	return db_run(
		reg->db, REG_QUERY(CERTS_OF_DEVICE, &param, 1), give, &w, err);
}

enum devid_err register_each_cert(struct reg *reg,
	const struct register_page *page, register_cert_fn *fn, void *arg,
	struct devid_error *err)
{
	struct db_value params[] = { DB_INT_V(0), DB_INT_V(page->after),
		DB_INT_V(page->limit) };
	struct walk w = { fn, arg };
	enum devid_err rc = register_issuer_number(
		reg, page->issuer, false, &params[0].num, err);

	if (rc == DEVID_OK)
		rc = db_run(reg->db, REG_QUERY(EACH_CERT, params, 3), give, &w,
			err);
	return rc;
}

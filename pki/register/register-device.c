/* SPDX-License-Identifier: Apache-2.0 */
#include "register-device.h"

#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "register-private.h"
enum column {
	AT_ID,
	AT_STATE,
	AT_CREATED,
	AT_SERIAL,
	AT_MODEL,
	AT_EK,
	AT_EK_CERT,
	AT_TPM_VENDOR,
	AT_TPM_MODEL,
	AT_TPM_FIRMWARE,
	AT_STATION,
};

static enum devid_err read_row(const struct db_value *c,
	struct register_device *ret, struct devid_error *err)
{
	memset(ret, 0, sizeof(*ret));
	ret->id = c[AT_ID].num;
	ret->state = (enum register_state)c[AT_STATE].num;
	ret->created = c[AT_CREATED].num;
	if (c[AT_STATE].num < REGISTER_LIVE ||
		c[AT_STATE].num > REGISTER_REPLACED ||
		!register_copy_text(
			&c[AT_SERIAL], ret->serial, sizeof(ret->serial)) ||
		!register_copy_text(
			&c[AT_MODEL], ret->model, sizeof(ret->model)) ||
		!register_copy_blob(&c[AT_EK], ret->ek_fingerprint, 32) ||
		!register_copy_blob(
			&c[AT_EK_CERT], ret->ek_cert_fingerprint, 32) ||
		!register_copy_text(&c[AT_TPM_VENDOR], ret->tpm_vendor,
			sizeof(ret->tpm_vendor)) ||
		!register_copy_text(&c[AT_TPM_MODEL], ret->tpm_model,
			sizeof(ret->tpm_model)) ||
		!register_copy_text(&c[AT_TPM_FIRMWARE], ret->tpm_firmware,
			sizeof(ret->tpm_firmware)) ||
		!register_copy_text(
			&c[AT_STATION], ret->station, sizeof(ret->station)))
		return register_damaged(err, "device");
	return DEVID_OK;
}

struct one {
	struct register_device *out;
	bool found;
};

static enum devid_err note_one(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	struct one *o = arg;

	(void)n_columns;
	o->found = true;
	return read_row(columns, o->out, err);
}

static void fold(const char *serial, char ret[REGISTER_NAME_MAX])
{
	size_t i;

	/* As lower() of both databases has it, in any locale. */
	for (i = 0; serial[i] && i + 1 < REGISTER_NAME_MAX; i++)
		ret[i] = serial[i] >= 'A' && serial[i] <= 'Z'
				 ? (char)(serial[i] - 'A' + 'a')
				 : serial[i];
	ret[i] = '\0';
}

enum devid_err register_device_by_serial(struct reg *reg, const char *serial,
	struct register_device *ret, struct devid_error *err)
{
	char folded[REGISTER_NAME_MAX];
	struct db_value params[] = { DB_TEXT_V(serial), DB_NULL_V };
	struct register_device out;
	struct one o = { &out, false };
	enum devid_err rc;

	fold(serial, folded);
	params[1] = DB_TEXT_V(folded);
	rc = db_run(reg->db, REG_QUERY(DEVICE_BY_SERIAL, params, 2), note_one,
		&o, err);
	if (rc != DEVID_OK)
		return rc;
	if (!o.found)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"register: %s: no such live device", serial);
	*ret = out;
	return DEVID_OK;
}

/* The schema and the statement below say 0 for it. */
_Static_assert(KEY_ROLE_IDEVID == 0, "role of an IDevID");

int64_t register_key_prefix(const uint8_t fingerprint[32])
{
	return (int64_t)bytes_load(fingerprint, 8);
}

static enum devid_err note_holder(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	struct register_holders *h = arg;
	int64_t which = columns[0].num;

	(void)n_columns;
	if (which < 0 || which >= REGISTER_N_HOLDERS)
		return register_damaged(err, "device");
	if (h->found[which] && columns[1 + AT_ID].num < h->device[which].id)
		return DEVID_OK;
	h->found[which] = true;
	return read_row(columns + 1, &h->device[which], err);
}

enum devid_err register_find_holders(struct reg *reg,
	const struct register_identity *who, struct register_holders *ret,
	struct devid_error *err)
{
	char folded[REGISTER_NAME_MAX];
	struct db_value params[] = {
		DB_BLOB_V(who->ek_fingerprint, 32),
		DB_INT_V(register_key_prefix(who->key_fingerprint)),
		DB_BLOB_V(who->key_fingerprint, 32), DB_NULL_V,
		DB_BLOB_V(who->ek_fingerprint, 16), /* what the index has */
	};

	fold(who->serial, folded);
	params[3] = DB_TEXT_V(folded);
	memset(ret->found, 0, sizeof(ret->found));
	return db_run(reg->db, REG_QUERY(FIND_HOLDERS, params, 5), note_holder,
		ret, err);
}

enum devid_err register_device_add(
	struct reg *reg, struct register_device *what, struct devid_error *err)
{
	const struct db_value params[] = {
		DB_INT_V(what->created),
		DB_TEXT_V(what->serial),
		DB_TEXT_V(what->model),
		DB_BLOB_V(what->ek_fingerprint, 32),
		DB_BLOB_V(what->ek_cert_fingerprint, 32),
		DB_TEXT_V(what->tpm_vendor),
		DB_TEXT_V(what->tpm_model),
		DB_TEXT_V(what->tpm_firmware),
		DB_TEXT_V(what->station),
	};
	int64_t id = 0;
	enum devid_err rc =
		db_insert(reg->db, REG_QUERY(DEVICE_ADD, params, 9), &id, err);

	if (rc != DEVID_OK)
		return rc;
	if (id == 0)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"register: %s: a live device has this serial number "
			"or this EK",
			what->serial);
	what->id = id;
	what->state = REGISTER_LIVE;
	return DEVID_OK;
}

enum devid_err register_is_barred(struct reg *reg,
	const uint8_t ek_fingerprint[32], const uint8_t key_fingerprint[32],
	bool *ret, struct devid_error *err)
{
	const struct db_value params[] = {
		DB_BLOB_V(ek_fingerprint, 32),
		DB_INT_V(register_key_prefix(key_fingerprint)),
		DB_BLOB_V(key_fingerprint, 32),
	};
	int64_t found = 0;
	enum devid_err rc =
		register_int(reg, REG_QUERY(IS_BARRED, params, 3), &found, err);

	*ret = found != 0;
	return rc;
}

enum devid_err register_device_remove(
	struct reg *reg, int64_t id, struct devid_error *err)
{
	const struct db_value param = DB_INT_V(id);

	return db_run(
		reg->db, REG_QUERY(DEVICE_REMOVE, &param, 1), NULL, NULL, err);
}

enum devid_err register_device_hold(
	struct reg *reg, int64_t id, struct devid_error *err)
{
	const struct db_value param = DB_INT_V(id);
	enum devid_err rc = db_run(
		reg->db, REG_QUERY(DEVICE_HOLD, &param, 1), NULL, NULL, err);

	if (rc == DEVID_OK && db_changes(reg->db) == 0)
		return devid_fail(err, DEVID_ERR_STATE,
			"register: device %" PRId64 ": not live any more", id);
	return rc;
}

enum devid_err register_device_set_state(struct reg *reg, int64_t id,
	enum register_state state, struct devid_error *err)
{
	const struct db_value params[] = { DB_INT_V(id), DB_INT_V(state) };
	enum devid_err rc = db_run(reg->db,
		REG_QUERY(DEVICE_SET_STATE, params, 2), NULL, NULL, err);

	if (rc == DEVID_OK && db_changes(reg->db) == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"register: device %" PRId64 ": not there", id);
	return rc;
}

struct walk {
	register_device_fn *fn;
	void *arg;
};

static enum devid_err give(void *arg, const struct db_value *columns,
	size_t n_columns, struct devid_error *err)
{
	const struct walk *w = arg;
	struct register_device device;
	enum devid_err rc = read_row(columns, &device, err);

	(void)n_columns;
	return rc == DEVID_OK ? w->fn(w->arg, &device, err) : rc;
}

enum devid_err register_each_device(struct reg *reg,
	const struct register_page *page, register_device_fn *fn, void *arg,
	struct devid_error *err)
{
	const struct db_value params[] = { DB_INT_V(page->after),
		DB_INT_V(page->limit) };
	struct walk w = { fn, arg };

	return db_run(
		reg->db, REG_QUERY(EACH_DEVICE, params, 2), give, &w, err);
}

enum devid_err register_each_device_named(struct reg *reg, const char *serial,
	register_device_fn *fn, void *arg, struct devid_error *err)
{
	char folded[REGISTER_NAME_MAX];
	struct db_value params[] = { DB_TEXT_V(serial), DB_NULL_V };
	struct walk w = { fn, arg };

	fold(serial, folded);
	params[1] = DB_TEXT_V(folded);
	return db_run(reg->db, REG_QUERY(EACH_DEVICE_NAMED, params, 2), give,
		&w, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The register of devices with several pairs of keys, on both databases. */
#include "cmocka-all.h"
#include "db-open.h"
#include "register-cert.h"
#include "register-device.h"
#include "register-fixture.h"
#include "register-revoke.h"

static void begin(struct reg *reg)
{
	assert_rc(register_begin(reg, NULL), DEVID_OK);
}

static void commit(struct reg *reg)
{
	assert_rc(register_commit(reg, NULL), DEVID_OK);
}

static void spoil(const struct place *p, const char *sql)
{
	struct db *db = NULL;

	assert_rc(db_open(p->uri, &db, NULL), DEVID_OK);
	assert_rc(db_begin(db, NULL), DEVID_OK);
	assert_rc(db_script(db, sql, NULL), DEVID_OK);
	assert_rc(db_commit(db, NULL), DEVID_OK);
	db_close(db);
}

/* One live IDevID of a type per device, also between two processes. */
static void cert_add_second_of_type_refused(void **state)
{
	struct reg *reg = place_open(*state);
	struct register_device device = fixture_device(1);
	struct register_cert first, second;
	int64_t id;

	begin(reg);
	assert_rc(register_device_add(reg, &device, NULL), DEVID_OK);
	first = fixture_cert(1, KEY_ROLE_IDEVID, device.id);
	second = fixture_cert(2, KEY_ROLE_IDEVID, device.id);
	assert_rc(register_cert_add(reg, &first, NULL), DEVID_OK);
	assert_rc(register_cert_add(reg, &second, NULL), DEVID_ERR_EXISTS);
	second.alg = KEY_ALG_P384;
	assert_rc(register_cert_add(reg, &second, NULL), DEVID_OK);
	/* The IAKs go with them. */
	first = fixture_cert(1, KEY_ROLE_IAK, device.id);
	second = fixture_cert(2, KEY_ROLE_IAK, device.id);
	assert_rc(register_cert_add(reg, &first, NULL), DEVID_OK);
	assert_rc(register_cert_add(reg, &second, NULL), DEVID_OK);
	/* What was revoked is in nobody's way. */
	id = fixture_count(reg, "SELECT id FROM cert WHERE alg = 2");
	assert_rc(register_cert_revoke(reg, id, 1, 4, NULL), DEVID_OK);
	second = fixture_cert(3, KEY_ROLE_IDEVID, device.id);
	second.alg = KEY_ALG_P384;
	assert_rc(register_cert_add(reg, &second, NULL), DEVID_OK);
	commit(reg);
	register_close(reg);
}

static void cert_add_without_type_refused(void **state)
{
	struct reg *reg = place_open(*state);
	struct register_cert cert = fixture_cert(1, KEY_ROLE_IDEVID, 0);
	struct devid_error err = { 0 };

	cert.alg = KEY_ALG_NONE;
	begin(reg);
	assert_rc(register_cert_add(reg, &cert, &err), DEVID_ERR_INVALID);
	assert_cause(&err, "no type of its key");
	register_rollback(reg);
	register_close(reg);
}

static enum devid_err pass_over(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	(void)arg;
	(void)cert;
	(void)err;
	return DEVID_OK;
}

static void cert_of_unknown_type_is_damage(void **state)
{
	static const char *const how[] = { "UPDATE cert SET alg = 0",
		"UPDATE cert SET alg = 99" };
	struct reg *reg = place_open(*state);
	struct devid_error err = { 0 };

	fixture_issue_now(reg, NULL, 1);
	for (size_t i = 0; i < N_OF(how); i++) {
		spoil(*state, how[i]);
		begin(reg);
		assert_rc(
			register_certs_of_device(reg, 1, pass_over, NULL, &err),
			DEVID_ERR_IO);
		register_rollback(reg);
	}
	register_close(reg);
}

static void device_hold_of_revoked_refused(void **state)
{
	struct reg *reg = place_open(*state);
	struct register_device device = fixture_device(1);

	begin(reg);
	assert_rc(register_device_add(reg, &device, NULL), DEVID_OK);
	assert_rc(register_device_hold(reg, device.id, NULL), DEVID_OK);
	assert_rc(register_device_set_state(
			  reg, device.id, REGISTER_REVOKED, NULL),
		DEVID_OK);
	assert_rc(register_device_hold(reg, device.id, NULL), DEVID_ERR_STATE);
	register_rollback(reg);
	register_close(reg);
}

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(cert_add_second_of_type_refused),
		PLACE_CASE(cert_add_without_type_refused),
		PLACE_CASE(cert_of_unknown_type_is_damage),
		PLACE_CASE(device_hold_of_revoked_refused),
	};

	return place_run("register-pairs", cases, N_OF(cases));
}

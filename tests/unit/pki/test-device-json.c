/* SPDX-License-Identifier: Apache-2.0 */
/* A device as every command and the service tell it: what is written here is
 * what other programs rely on. */
#include "cmocka-all.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device-json.h"
#include "publish-fixture.h"
#include "reason.h"
#include "register-device.h"

static int setup(void **state)
{
	struct publish_fixture *f = calloc(1, sizeof(*f));

	publish_fixture_init(f, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	publish_fixture_done(*state);
	free(*state);
	return 0;
}

static char *hex_of(const uint8_t *data, size_t len, char *ret)
{
	for (size_t i = 0; i < len; i++)
		(void)sprintf(ret + 2 * i, "%02x", data[i]);
	return ret;
}

static json_t *json_of(struct publish_fixture *f, const char *serial)
{
	struct register_device device;
	json_t *json = NULL;

	assert_rc(register_begin_read(f->ca.reg, NULL), DEVID_OK);
	assert_rc(register_device_by_serial(f->ca.reg, serial, &device, NULL),
		DEVID_OK);
	assert_rc(device_json(f->ca.reg, &device, &json, NULL), DEVID_OK);
	register_rollback(f->ca.reg);
	return json;
}

/* One of the fixture's certificates; its key's fingerprint is the hash of the
 * serial number. */
static json_t *cert_of(struct publish_fixture *f, const char *role,
	const uint8_t serial[SERIAL_LEN], bool revoked)
{
	char number[2 * SERIAL_LEN + 1], issuer[65], key[65];
	uint8_t fingerprint[32];

	assert_int_equal(EVP_Digest(serial, SERIAL_LEN, fingerprint, NULL,
				 EVP_sha256(), NULL),
		1);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:s?, s:s}",
		"role", role, "type", "p256", "serial",
		hex_of(serial, SERIAL_LEN, number), "issuer",
		hex_of(f->ca.issuer_hash, 32, issuer), "state",
		revoked ? "revoked" : "live", "created", "2023-11-14T22:13:20Z",
		"revoked_at", revoked ? "2023-11-14T22:14:20Z" : NULL, "reason",
		revoked ? "superseded" : NULL, "key_fingerprint",
		hex_of(fingerprint, 32, key));
}

static void json_every_member_as_documented(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t certs[N_MAKER_ROLES][SERIAL_LEN], ek[32];
	char ek_text[65], zeros[65];
	json_t *json, *want;

	publish_fixture_device(f, "A1", certs);
	publish_fixture_revoke(f, certs[KEY_ROLE_IAK], 1700000060, 4);
	assert_int_equal(EVP_Digest("A1", 2, ek, NULL, EVP_sha256(), NULL), 1);
	(void)snprintf(zeros, sizeof(zeros), "%064d", 0);
	want = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s,"
			 " s:[o, o]}",
		"serial", "A1", "model", "M1", "state", "live", "created",
		"2023-11-14T22:13:20Z", "station", "line-1", "tpm_vendor",
		"id:49424d00", "tpm_model", "swtpm", "tpm_firmware",
		"id:20230101", "ek_fingerprint", hex_of(ek, 32, ek_text),
		"ek_cert_fingerprint", zeros, "certificates",
		cert_of(f, "idevid", certs[KEY_ROLE_IDEVID], false),
		cert_of(f, "iak", certs[KEY_ROLE_IAK], true));
	assert_non_null(want);
	json = json_of(f, "A1");
	if (!json_equal(json, want)) {
		(void)json_dumpf(json, stderr, JSON_INDENT(2));
		fail();
	}
	json_decref(json);
	json_decref(want);
}

/* RFC 5280 5.3.1, but for what can be lifted. */
static void reason_names_and_codes_are_one_to_one(void **state)
{
	static const int codes[] = { 0, 1, 2, 3, 4, 5, 9, 10 };

	(void)state;
	for (size_t i = 0; i < N_OF(codes); i++)
		assert_int_equal(
			reason_by_name(reason_name(codes[i])), codes[i]);
	assert_string_equal(reason_name(1), "keyCompromise");
	assert_string_equal(reason_name(6), "unknown");
	assert_int_equal(reason_by_name("unknown"), -1);
}

static void json_serial_not_utf8_invalid(void **state)
{
	struct register_device device = { .serial = "A\xff" };
	struct publish_fixture *f = *state;
	json_t *json = NULL;

	assert_rc(register_begin_read(f->ca.reg, NULL), DEVID_OK);
	assert_rc(device_json(f->ca.reg, &device, &json, NULL),
		DEVID_ERR_INVALID);
	register_rollback(f->ca.reg);
	assert_null(json);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(json_every_member_as_documented),
		cmocka_unit_test(reason_names_and_codes_are_one_to_one),
		CASE(json_serial_not_utf8_invalid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

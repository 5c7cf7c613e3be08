/* SPDX-License-Identifier: Apache-2.0 */
/* devid-ca.conf, and the record that waits for an answer. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ticket-seal.h"
#include "ca-ticket.h"
#include "ca.h"
#include "tempdir.h"
#include "ca-conf.h"

#define HEAD "[ca]\nname = a\nregister = sqlite:/x\ncertificate = /c.pem\n"

static enum devid_err load(
	const char *text, struct ca_conf *conf, struct devid_error *err)
{
	struct tempdir dir = tempdir_new();
	enum devid_err rc;

	tempdir_write(&dir, "ca.conf", text, strlen(text), 0600);
	rc = ca_conf_load(tempdir_file(&dir, "ca.conf"), conf, err);
	tempdir_remove(&dir);
	return rc;
}

static void load_least_has_defaults(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct ca_conf conf;

	(void)state;
	assert_rc(load(HEAD, &conf, &err), DEVID_OK);
	assert_string_equal(conf.instance, "ca");
	assert_int_equal(conf.challenge_seconds, 86400);
	assert_int_equal(conf.again, CA_AGAIN_SAME);
	assert_int_equal(conf.identities, 1);
	assert_int_equal(conf.crl_hours, 168);
	assert_int_equal(conf.delta_hours, 24);
	assert_int_equal(conf.ocsp_hours, 72);
	assert_int_equal(conf.connections_max, 1024);
	assert_int_equal(conf.n_stations, 0);
	ca_conf_done(&conf);
}

#define PRINT                                                                  \
	"00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:"                     \
	"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

static void load_stations_are_told_apart(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct ca_conf conf;

	(void)state;
	assert_rc(load(HEAD "[station one]\nfingerprint = " PRINT
			    "\nroles = issue, read\nrate = 60\n"
			    "[station two]\nfingerprint = "
			    "ffffffffffffffffffffffffffffffff"
			    "ffffffffffffffffffffffffffffffff\n",
			  &conf, &err),
		DEVID_OK);
	assert_int_equal(conf.n_stations, 2);
	assert_string_equal(conf.stations[0].name, "one");
	assert_int_equal(conf.stations[0].fingerprint[1], 0x11);
	assert_int_equal(conf.stations[0].fingerprint[31], 0xff);
	assert_int_equal(conf.stations[0].roles, CA_ROLE_ISSUE | CA_ROLE_READ);
	assert_int_equal(conf.stations[0].rate, 60);
	assert_int_equal(conf.stations[1].roles, 0);
	ca_conf_done(&conf);
}

static const struct {
	const char *text, *cause;
} bad[] = {
	{ "[ca]\nregister = sqlite:/x\ncertificate = /c\n", "ca.name" },
	{ "[ca]\nname = a\ncertificate = /c\n", "ca.register" },
	{ "[ca]\nname = a\nregister = sqlite:/x\n", "ca.certificate" },
	{ "[ca]\nname = a b\n", "name of letters" },
	{ "[ca]\ninstance = a/b\n", "name of letters" },
	{ "[ca]\ncertificate = c.pem\n", "not an absolute path" },
	{ "[ca]\nchallenge_seconds = 0\n", "from 1 to" },
	{ "[ca]\nchallenge_seconds = 2678401\n", "from 1 to" },
	{ "[ca]\nchallenge_key = key\n", "not an absolute path" },
	{ "[ca]\nagain = maybe\n", "neither same nor refuse" },
	{ "[ca]\nidentities = 0\n", "from 1 to 4" },
	{ "[ca]\nidentities = 5\n", "from 1 to 4" },
	{ "[ca]\ncrl_url = ftp://x\n", "not an http" },
	{ "[ca]\nocsp_url = http://x/\"y\n", "not an http" },
	{ "[ca]\ncrl_hours = 0\n", "from 1 to" },
	{ "[ca]\nnosuch = 1\n", "no such setting" },
	{ "[token]\nmodule = x.so\n", "not an absolute path" },
	{ "[ek]\neal_min = 8\n", "from 1 to 7" },
	{ "[ek]\nfips_min = 0\n", "from 1 to 4" },
	{ "[ek]\nquirks = padding,nonsense\n", "nonsense" },
	{ "[ek]\nassertions = perhaps\n", "neither yes nor no" },
	{ "[ek]\nmodels = a\nfirmware_min = IFX\n",
		":3: ek.firmware_min: IFX: not VENDOR=hex digits" },
	{ "[ek]\nmanufacturers = id:53544D20\n",
		":2: ek.manufacturers: id:53544D20: neither up to 4" },
	{ "[ca]\nname = a\nregister = sqlite:x.db\n",
		":3: ca.register: the path behind sqlite: is not absolute" },
	{ "[ca]\nregister = mysql:x\n", ":2: ca.register: neither sqlite" },
	{ "[ca]\ncrl_url = http:///x.crl\n", "has no host" },
	{ "[serve]\nlisten = https://ca:8443\n",
		":2: serve.listen: 'https://ca:8443' is a URL" },
	{ "[serve]\nlisten = ca\n", "is not host:port" },
	{ "[serve]\nlisten = ca:65536\n", "a port from 0 to 65535" },
	{ "[serve]\nlisten_public = ::1:80\n", "stands in brackets" },
	{ HEAD "[serve]\nlisten = :1\nlisten_public = :1\n",
		":7: serve.listen_public: the same as serve.listen" },
	{ HEAD "[token]\nocsp_key = a\n",
		":6: token.ocsp_key: goes with token.ocsp_certificate" },
	{ HEAD "[token]\nocsp_certificate = /a\n",
		":6: token.ocsp_certificate: goes with token.ocsp_key" },
	{ HEAD "[token]\nkey = a\naudit_key = a\n",
		":7: token.audit_key: the CA's own key" },
	{ HEAD "[token]\nkey = a\nocsp_key = a\nocsp_certificate = /c\n",
		"token.ocsp_key: the CA's own key" },
	{ HEAD "[ca]\nname = b\n", "ca.name: set before, in line" },
	{ HEAD "[station a]\nfingerprint = " PRINT
	       "\n[station b]\nfingerprint = " PRINT "\n",
		":8: station b.fingerprint: that of station a too" },
	{ "[serve]\nconnections_max = 15\n", "from 16 to" },
	{ HEAD "[station x]\nroles = issue\n", "fingerprint: not set" },
	{ "[station x]\nfingerprint = 1234\n", "not a SHA-256" },
	{ "[station x]\nfingerprint = " PRINT ":00\n", "not a SHA-256" },
	{ "[station x]\nfingerprint = 0g\n", "not a SHA-256" },
	{ "[station x]\nroles = root\n", "roles are" },
	{ "[station x]\nrate = -1\n", "from 0 to" },
	/* An operator at the CA has an '@' in the register; no station may. */
	{ "[station x@y]\nrate = 1\n", "name of letters" },
};

static void load_bad_value_names_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		struct devid_error err = { DEVID_OK, "" };
		struct ca_conf conf;

		assert_rc(load(bad[i].text, &conf, &err), DEVID_ERR_INVALID);
		assert_cause(&err, bad[i].cause);
		assert_cause(&err, "ca.conf");
	}
}

static void load_too_many_stations_are_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	char *text = calloc(1, 65536);
	struct ca_conf conf;
	size_t len = 0;

	(void)state;
	assert_non_null(text);
	for (int i = 0; i <= CA_STATIONS_MAX; i++)
		len += (size_t)snprintf(text + len, 65536 - len,
			"[station s%d]\nrate = 1\n", i);
	assert_rc(load(text, &conf, &err), DEVID_ERR_TOO_LARGE);
	assert_cause(&err, "stations");
	free(text);
}

static struct ca_ticket a_ticket(void)
{
	struct ca_ticket t = { .deadline = INT64_MAX - 5,
		.device = { .serial = "S",
			.model = "M",
			.tpm_vendor = "IFX ",
			.tpm_model = "SLB",
			.tpm_firmware = "1",
			.station = "line-1" },
		.hw_serial = "IFX :A:B" };

	memset(t.secret_hash, 9, 32);
	memset(t.device.ek_fingerprint, 1, 32);
	memset(t.device.ek_cert_fingerprint, 2, 32);
	for (int i = 0; i < N_MAKER_ROLES; i++) {
		t.spki[i].len = 91;
		memset(t.spki[i].data, 3 + i, 91);
		memset(t.key_fingerprint[i], 5 + i, 32);
	}
	return t;
}

static void ticket_round_trip_keeps_all(void **state)
{
	const struct ca_ticket in = a_ticket();
	uint8_t buf[CA_TICKET_MAX];
	struct ca_ticket out;
	size_t len;

	(void)state;
	assert_rc(ca_ticket_encode(&in, buf, &len, NULL), DEVID_OK);
	assert_rc(ca_ticket_parse(buf, len, &out, NULL), DEVID_OK);
	assert_true(in.deadline == out.deadline);
	assert_memory_equal(
		in.secret_hash, out.secret_hash, sizeof(in.secret_hash));
	assert_memory_equal(&in.device, &out.device, sizeof(in.device));
	assert_string_equal(in.hw_serial, out.hw_serial);
	for (int i = 0; i < N_MAKER_ROLES; i++) {
		assert_int_equal(in.spki[i].len, out.spki[i].len);
		assert_memory_equal(
			in.spki[i].data, out.spki[i].data, in.spki[i].len);
		assert_memory_equal(
			in.key_fingerprint[i], out.key_fingerprint[i], 32);
	}
}

/* Cut anywhere, or longer, or of another version: never read. */
static void ticket_other_length_is_refused(void **state)
{
	const struct ca_ticket in = a_ticket();
	uint8_t buf[CA_TICKET_MAX];
	struct ca_ticket out;
	size_t len;

	(void)state;
	assert_rc(ca_ticket_encode(&in, buf, &len, NULL), DEVID_OK);
	for (size_t n = 0; n < len; n++)
		assert_rc(
			ca_ticket_parse(buf, n, &out, NULL), DEVID_ERR_SYNTAX);
	buf[len] = 0;
	assert_rc(ca_ticket_parse(buf, len + 1, &out, NULL), DEVID_ERR_SYNTAX);
	buf[0]++;
	assert_rc(ca_ticket_parse(buf, len, &out, NULL), DEVID_ERR_SYNTAX);
}

/* What a proof can give at most, with keys of 2048 bits. */
static void ticket_of_longest_texts_fits(void **state)
{
	struct ca_ticket in = a_ticket(), out;
	struct register_device *d = &in.device;
	char *names[] = { d->serial, d->model, d->tpm_vendor, d->tpm_model,
		d->tpm_firmware };
	uint8_t buf[CA_TICKET_MAX];
	size_t len;

	(void)state;
	for (size_t i = 0; i < N_OF(names); i++)
		memset(names[i], 'x', REGISTER_NAME_MAX - 1);
	memset(d->station, 'x', REGISTER_WHO_MAX - 1);
	memset(in.hw_serial, 'x', CA_HW_SERIAL_MAX - 1);
	in.spki[0].len = in.spki[1].len = 550; /* RSA-4096 */
	assert_rc(ca_ticket_encode(&in, buf, &len, NULL), DEVID_OK);
	assert_rc(ca_ticket_parse(buf, len, &out, NULL), DEVID_OK);
	assert_memory_equal(&in.device, &out.device, sizeof(in.device));
	assert_string_equal(in.hw_serial, out.hw_serial);
}

static void ticket_too_large_is_refused(void **state)
{
	struct ca_ticket in = a_ticket();
	uint8_t buf[CA_TICKET_MAX];
	size_t len;

	(void)state;
	in.spki[0].len = in.spki[1].len = sizeof(in.spki[0].data);
	assert_rc(ca_ticket_encode(&in, buf, &len, NULL), DEVID_ERR_TOO_LARGE);
}

static void seal_key_is_made_once(void **state)
{
	struct tempdir dir = tempdir_new();
	const char *path = tempdir_file(&dir, "key");
	uint8_t first[CA_SEAL_KEY_LEN], again[CA_SEAL_KEY_LEN];
	struct stat st;

	(void)state;
	assert_rc(ca_seal_load(path, first, NULL), DEVID_OK);
	assert_rc(ca_seal_load(path, again, NULL), DEVID_OK);
	assert_memory_equal(first, again, sizeof(first));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(tempdir_count(&dir), 1);
	tempdir_remove(&dir);
}

static void seal_key_others_may_read_is_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct tempdir dir = tempdir_new();
	uint8_t key[CA_SEAL_KEY_LEN] = { 1 };

	(void)state;
	tempdir_write(&dir, "key", key, sizeof(key), 0640);
	assert_rc(ca_seal_load(tempdir_file(&dir, "key"), key, &err),
		DEVID_ERR_DENIED);
	assert_cause(&err, "0640");
	tempdir_remove(&dir);
}

static void seal_key_of_another_is_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct tempdir dir = tempdir_new();
	uint8_t key[CA_SEAL_KEY_LEN] = { 1 };

	(void)state;
	if (geteuid() != 0)
		skip(); /* cannot give a file away */
	tempdir_write(&dir, "key", key, sizeof(key), 0600);
	assert_int_equal(chown(tempdir_file(&dir, "key"), 12345, 0), 0);
	assert_rc(ca_seal_load(tempdir_file(&dir, "key"), key, &err),
		DEVID_ERR_DENIED);
	assert_cause(&err, "owned by uid 12345");
	tempdir_remove(&dir);
}

/* Another register has another key, and each always the same. */
static void seal_key_is_bound_to_register(void **state)
{
	const uint8_t secret[REGISTER_SECRET_LEN] = { 5 };
	const uint8_t other[REGISTER_SECRET_LEN] = { 6 };
	uint8_t keys[4][CA_SEAL_KEY_LEN] = { { 1 }, { 1 }, { 1 }, { 1 } };

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_rc(ca_seal_bind(keys[i], i == 2 ? other : secret, NULL),
			DEVID_OK);
	assert_memory_equal(keys[0], keys[1], CA_SEAL_KEY_LEN);
	assert_memory_not_equal(keys[0], keys[2], CA_SEAL_KEY_LEN);
	assert_memory_not_equal(keys[0], keys[3], CA_SEAL_KEY_LEN);
}

static void seal_key_of_other_size_is_refused(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	struct tempdir dir = tempdir_new();
	uint8_t key[CA_SEAL_KEY_LEN] = { 1 };

	(void)state;
	tempdir_write(&dir, "key", key, sizeof(key) - 1, 0600);
	assert_rc(ca_seal_load(tempdir_file(&dir, "key"), key, &err),
		DEVID_ERR_SYNTAX);
	assert_cause(&err, "31 bytes");
	tempdir_remove(&dir);
}

/* The whole ticket, its length and the id are under the seal. */
static void seal_changed_ticket_is_refused(void **state)
{
	const uint8_t key[CA_SEAL_KEY_LEN] = { 1 }, other[32] = { 2 };
	uint8_t id[CHALLENGE_ID_LEN] = { 3 };
	struct challenge_ticket good = { "ticket", 40 };
	struct view sealed;

	(void)state;
	assert_rc(ca_seal_add(key, id, &good, NULL), DEVID_OK);
	assert_int_equal(good.len, 40 + CA_SEAL_LEN);
	assert_rc(ca_seal_open(key, id, &good, &sealed, NULL), DEVID_OK);
	assert_ptr_equal(sealed.data, good.data);
	assert_int_equal(sealed.len, 40);
	assert_rc(ca_seal_open(other, id, &good, &sealed, NULL),
		DEVID_ERR_NOT_FOUND);
	for (size_t i = 0; i < good.len; i++) {
		struct challenge_ticket changed = good;

		changed.data[i] ^= 1;
		assert_rc(ca_seal_open(key, id, &changed, &sealed, NULL),
			DEVID_ERR_NOT_FOUND);
	}
	for (size_t len = 0; len <= good.len + 1; len++) {
		struct challenge_ticket changed = good;

		changed.len = len;
		assert_rc(ca_seal_open(key, id, &changed, &sealed, NULL),
			len == good.len ? DEVID_OK : DEVID_ERR_NOT_FOUND);
	}
	id[CHALLENGE_ID_LEN - 1] ^= 1;
	assert_rc(ca_seal_open(key, id, &good, &sealed, NULL),
		DEVID_ERR_NOT_FOUND);
}

static void seal_without_room_is_refused(void **state)
{
	const uint8_t key[CA_SEAL_KEY_LEN] = { 1 },
		      id[CHALLENGE_ID_LEN] = { 3 };
	struct challenge_ticket ticket = { "ticket", CA_TICKET_MAX + 1 };

	(void)state;
	assert_rc(ca_seal_add(key, id, &ticket, NULL), DEVID_ERR_TOO_LARGE);
	ticket.len = CA_TICKET_MAX;
	assert_rc(ca_seal_add(key, id, &ticket, NULL), DEVID_OK);
	assert_int_equal(ticket.len, CHALLENGE_TICKET_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(load_least_has_defaults),
		cmocka_unit_test(load_stations_are_told_apart),
		cmocka_unit_test(load_bad_value_names_it),
		cmocka_unit_test(load_too_many_stations_are_refused),
		cmocka_unit_test(ticket_round_trip_keeps_all),
		cmocka_unit_test(ticket_other_length_is_refused),
		cmocka_unit_test(ticket_of_longest_texts_fits),
		cmocka_unit_test(ticket_too_large_is_refused),
		cmocka_unit_test(seal_key_is_made_once),
		cmocka_unit_test(seal_key_others_may_read_is_refused),
		cmocka_unit_test(seal_key_of_other_size_is_refused),
		cmocka_unit_test(seal_key_of_another_is_refused),
		cmocka_unit_test(seal_key_is_bound_to_register),
		cmocka_unit_test(seal_changed_ticket_is_refused),
		cmocka_unit_test(seal_without_room_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

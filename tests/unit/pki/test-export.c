/* SPDX-License-Identifier: Apache-2.0 */
/* The register for RADIUS servers, tables and programs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cmocka.h>
#include <jansson.h>

#include "export.h"
#include "publish-fixture.h"
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

/* What is written, as text; free with free(). */
static char *written(struct publish_fixture *f, enum export_format format,
	struct export_only *only, enum devid_err want)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(register_begin_read(f->ca.reg, NULL), DEVID_OK);
	assert_int_equal(
		export_write(f->ca.reg, format, only, out, NULL), want);
	register_rollback(f->ca.reg);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void hex_of(const uint8_t *data, size_t len, char *ret)
{
	for (size_t i = 0; i < len; i++)
		(void)sprintf(ret + 2 * i, "%02x", data[i]);
}

/* A row of the list, its key made with OpenSSL from the CA's certificate. */
static void row_of(struct publish_fixture *f, const uint8_t *serial,
	const char *unit, const char *word, char ret[512])
{
	char name[256], issuer[65], number[2 * SERIAL_LEN + 1];
	uint8_t hash[32];

	X509_NAME_oneline(
		X509_get_subject_name(f->build.ca), name, sizeof(name));
	assert_int_equal(
		EVP_Digest(name, strlen(name), hash, NULL, EVP_sha256(), NULL),
		1);
	hex_of(hash, sizeof(hash), issuer);
	hex_of(serial, SERIAL_LEN, number);
	(void)snprintf(ret, 512,
		"{\"issuer\":\"%s\",\"certificate\":\"%s\","
		"\"kind\":\"IDevID\",\"unit\":\"%s\",\"model\":\"%s\","
		"\"state\":\"%s\"}\n",
		issuer, number, unit, unit[0] ? "M1" : "", word);
}

static void set_state(struct publish_fixture *f, const char *serial,
	enum register_state new_state)
{
	struct register_device device;

	assert_int_equal(register_begin(f->ca.reg, NULL), DEVID_OK);
	assert_int_equal(
		register_device_by_serial(f->ca.reg, serial, &device, NULL),
		DEVID_OK);
	assert_int_equal(register_device_set_state(
				 f->ca.reg, device.id, new_state, NULL),
		DEVID_OK);
	assert_int_equal(register_commit(f->ca.reg, NULL), DEVID_OK);
}

static void site_idevids_live_and_revoked(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN], b[N_MAKER_ROLES][SERIAL_LEN];
	char live[512], gone[512], want[1024], *text;

	publish_fixture_device(f, "A1", a);
	publish_fixture_device(f, "B1", b);
	publish_fixture_revoke(f, b[KEY_ROLE_IDEVID], FIXTURE_NOW, 1);
	row_of(f, a[KEY_ROLE_IDEVID], "A1", "listed", live);
	row_of(f, b[KEY_ROLE_IDEVID], "B1", "revoked", gone);
	(void)snprintf(want, sizeof(want), "%s%s", live, gone);
	text = written(f, EXPORT_SITE, NULL, DEVID_OK);
	assert_string_equal(text, want);
	free(text);
}

/* One row for each; of a revoked one the device's other is as good as before.
 * covers: OWN-several-idevids */
static void site_each_identity_of_device_has_its_row(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN], b[N_MAKER_ROLES][SERIAL_LEN];
	char first[512], second[512], want[1024], *text;

	publish_fixture_device(f, "A1", a);
	publish_fixture_further(f, "A1", KEY_ALG_P384, b);
	row_of(f, b[KEY_ROLE_IDEVID], "A1", "listed", second);
	for (int revoked = 0; revoked < 2; revoked++) {
		if (revoked)
			publish_fixture_revoke(
				f, a[KEY_ROLE_IDEVID], FIXTURE_NOW, 4);
		row_of(f, a[KEY_ROLE_IDEVID], "A1",
			revoked ? "revoked" : "listed", first);
		(void)snprintf(want, sizeof(want), "%s%s", first, second);
		text = written(f, EXPORT_SITE, NULL, DEVID_OK);
		assert_string_equal(text, want);
		free(text);
	}
}

static void csv_tells_types(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];
	char *text;

	publish_fixture_device(f, "A1", a);
	publish_fixture_further(f, "A1", KEY_ALG_RSA2048, a);
	text = written(f, EXPORT_CSV, NULL, DEVID_OK);
	assert_non_null(strstr(text, "A1,M1,idevid,p256,live,"));
	assert_non_null(strstr(text, "A1,M1,iak,p256,live,"));
	assert_non_null(strstr(text, "A1,M1,idevid,rsa2048,live,"));
	assert_non_null(strstr(text, "A1,M1,iak,rsa2048,live,"));
	free(text);
}

/* Whoever asks for his own learns which certificates are to be refused, and of
 * the others' no more than that. */
static void site_revoked_of_others_without_their_number(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN], b[N_MAKER_ROLES][SERIAL_LEN];
	char row[512], list[] = "A1\n", *text;
	struct export_only *only;

	publish_fixture_device(f, "A1", a);
	publish_fixture_device(f, "B1", b);
	publish_fixture_revoke(f, b[KEY_ROLE_IDEVID], FIXTURE_NOW, 1);
	set_state(f, "B1", REGISTER_REVOKED);
	row_of(f, b[KEY_ROLE_IDEVID], "", "revoked", row);
	assert_int_equal(export_only_parse(list, &only, NULL), DEVID_OK);
	text = written(f, EXPORT_SITE, only, DEVID_OK);
	assert_non_null(strstr(text, row));
	assert_null(strstr(text, "B1"));
	free(text);
	export_only_free(only);
}

static void site_device_replaced_left_out(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];
	char *text;

	publish_fixture_device(f, "A1", a);
	set_state(f, "A1", REGISTER_REPLACED);
	text = written(f, EXPORT_SITE, NULL, DEVID_OK);
	assert_string_equal(text, "");
	free(text);
}

static void serial_of_device(struct publish_fixture *f, const char *sql)
{
	assert_int_equal(register_begin(f->ca.reg, NULL), DEVID_OK);
	assert_int_equal(
		db_script(register_db(f->ca.reg), sql, NULL), DEVID_OK);
	assert_int_equal(register_commit(f->ca.reg, NULL), DEVID_OK);
}

/* What somebody else wrote into the register ends no string of the list. */
static void site_quote_in_serial_escaped(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];
	char *text;

	publish_fixture_device(f, "A1", a);
	serial_of_device(f, "UPDATE device SET serial = 'A\"\\1'");
	text = written(f, EXPORT_SITE, NULL, DEVID_OK);
	assert_non_null(strstr(text, "\"unit\":\"A\\\"\\\\1\""));
	free(text);
}

static void site_serial_that_is_no_text_refused(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];

	publish_fixture_device(f, "A1", a);
	serial_of_device(f, "UPDATE device SET serial = CAST(x'41ff' AS TEXT)");
	free(written(f, EXPORT_SITE, NULL, DEVID_ERR_INVALID));
}

static void only_named_devices_written(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];
	char list[] = "C1\r\nA1\n\nnot-there\n", *text;
	struct export_only *only;

	publish_fixture_device(f, "A1", a);
	publish_fixture_device(f, "B1", a);
	publish_fixture_device(f, "C1", a);
	assert_int_equal(export_only_parse(list, &only, NULL), DEVID_OK);
	text = written(f, EXPORT_SITE, only, DEVID_OK);
	assert_non_null(strstr(text, "\"A1\""));
	assert_non_null(strstr(text, "\"C1\""));
	assert_null(strstr(text, "B1"));
	free(text);
	export_only_free(only);
}

static void assert_next(const struct export_only *only, size_t *at,
	const char *serial, size_t number, enum export_found found)
{
	struct export_line line = { NULL, 0, EXPORT_ABSENT };

	assert_true(export_only_next(only, at, &line));
	assert_string_equal(line.serial, serial);
	assert_int_equal(line.line, number);
	assert_int_equal(line.found, found);
}

/* Each once, where it stands first, with what the register has of it. */
static void only_says_what_was_found(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];
	char list[] = "no\r\n\nR1\nA1\nno\nX1";
	struct export_only *only;
	struct export_line line;
	size_t at = 0;

	publish_fixture_device(f, "A1", a);
	publish_fixture_device(f, "R1", a);
	publish_fixture_device(f, "X1", a);
	set_state(f, "R1", REGISTER_REVOKED);
	set_state(f, "X1", REGISTER_REPLACED);
	assert_int_equal(export_only_parse(list, &only, NULL), DEVID_OK);
	free(written(f, EXPORT_SITE, only, DEVID_OK));
	assert_next(only, &at, "no", 1, EXPORT_ABSENT);
	assert_next(only, &at, "R1", 3, EXPORT_REVOKED);
	assert_next(only, &at, "A1", 4, EXPORT_LIVE);
	assert_next(only, &at, "X1", 6, EXPORT_NOT_LIVE);
	assert_false(export_only_next(only, &at, &line));
	export_only_free(only);
}

static void only_empty_list_nothing_written(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];
	struct export_only *only;
	char list[] = "", *text;

	publish_fixture_device(f, "A1", a);
	assert_int_equal(export_only_parse(list, &only, NULL), DEVID_OK);
	text = written(f, EXPORT_JSON, only, DEVID_OK);
	assert_string_equal(text, "");
	free(text);
	export_only_free(only);
}

/* covers: RFC4180-csv */
static void csv_quoted_and_formulas_defused(void **state)
{
	static const struct {
		const char *model; /* as SQL text */
		const char *want;  /* in the record */
	} cases[] = {
		{ "plain", "A1,plain,idevid,p256,live," },
		{ "a,b", "A1,\"a,b\",idevid,p256,live," },
		{ "a\"b", "A1,\"a\"\"b\",idevid,p256,live," },
		{ "a\nb", "A1,\"a\nb\",idevid,p256,live," },
		{ "=1+1", "A1,\"'=1+1\",idevid,p256,live," },
		{ "+1", "A1,\"'+1\",idevid,p256,live," },
		{ "-1", "A1,\"'-1\",idevid,p256,live," },
		{ "@x", "A1,\"'@x\",idevid,p256,live," },
		{ "\tx", "A1,\"'\tx\",idevid,p256,live," },
		{ "a=b", "A1,a=b,idevid,p256,live," },
		{ "", "A1,,idevid,p256,live," },
	};
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];

	publish_fixture_device(f, "A1", a);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char sql[128], *text;

		(void)snprintf(sql, sizeof(sql),
			"UPDATE device SET model = '%s'", cases[i].model);
		assert_int_equal(register_begin(f->ca.reg, NULL), DEVID_OK);
		assert_int_equal(
			db_script(register_db(f->ca.reg), sql, NULL), DEVID_OK);
		assert_int_equal(register_commit(f->ca.reg, NULL), DEVID_OK);
		text = written(f, EXPORT_CSV, NULL, DEVID_OK);
		if (!strstr(text, cases[i].want))
			fail_msg("'%s' is not in %s", cases[i].want, text);
		free(text);
	}
}

/* Header and records have as many fields, and end with CR LF. */
static void csv_every_certificate_a_record(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];
	size_t lines = 0, commas = 0;
	char serial[2 * SERIAL_LEN + 1], *text;

	publish_fixture_device(f, "A1", a);
	publish_fixture_device(f, "A2", a);
	publish_fixture_revoke(f, a[0], 1700000060, 4);
	text = written(f, EXPORT_CSV, NULL, DEVID_OK);
	assert_memory_equal(
		text, "device,model,role,type,state,certificate,", 41);
	for (const char *p = text; *p; p++) {
		commas += *p == ',';
		if (*p == '\n') {
			assert_int_equal(p[-1], '\r');
			assert_int_equal(commas, 16);
			commas = 0;
			lines++;
		}
	}
	assert_int_equal(lines, 1 + 2 * N_MAKER_ROLES);
	hex_of(a[0], SERIAL_LEN, serial);
	assert_non_null(strstr(text, serial));
	assert_non_null(strstr(text, ",2023-11-14T22:14:20Z,superseded,"));
	free(text);
}

static void json_each_line_a_device(void **state)
{
	static const char *const names[] = { "A1", "A2" };
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];
	char *text, *save = NULL;
	size_t n = 0;

	publish_fixture_device(f, "A1", a);
	publish_fixture_device(f, "A2", a);
	text = written(f, EXPORT_JSON, NULL, DEVID_OK);
	for (char *line = strtok_r(text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save), n++) {
		json_t *o = json_loads(line, 0, NULL);

		assert_non_null(o);
		assert_true(n < 2);
		assert_string_equal(
			json_string_value(json_object_get(o, "serial")),
			names[n]);
		assert_int_equal(
			json_array_size(json_object_get(o, "certificates")),
			N_MAKER_ROLES);
		json_decref(o);
	}
	assert_int_equal(n, 2);
	free(text);
}

/* More devices than are read at once, each once. */
static void json_many_pages_all_written(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];
	size_t lines = 0;
	char name[16], *text;

	for (int i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "A%d", i);
		publish_fixture_device(f, name, a);
	}
	text = written(f, EXPORT_JSON, NULL, DEVID_OK);
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 300);
	free(text);
}

/* /dev/full, and not a file that somebody wrote in its place. */
static FILE *open_full(void)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct stat st = { 0 };
	FILE *full;

	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(st.st_rdev, makedev(1, 7)); /* Linux devices.txt */
	full = fdopen(fd, "w");
	assert_non_null(full);
	return full;
}

static void write_full_disk_error(void **state)
{
	struct publish_fixture *f = *state;
	uint8_t a[N_MAKER_ROLES][SERIAL_LEN];
	FILE *full = open_full();

	publish_fixture_device(f, "A1", a);
	assert_int_equal(register_begin_read(f->ca.reg, NULL), DEVID_OK);
	assert_int_equal(export_write(f->ca.reg, EXPORT_CSV, NULL, full, NULL),
		DEVID_ERR_IO);
	register_rollback(f->ca.reg);
	(void)fclose(full); /* fails as well */
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(site_idevids_live_and_revoked),
		CASE(site_each_identity_of_device_has_its_row),
		CASE(csv_tells_types),
		CASE(site_revoked_of_others_without_their_number),
		CASE(site_device_replaced_left_out),
		CASE(site_quote_in_serial_escaped),
		CASE(site_serial_that_is_no_text_refused),
		CASE(only_named_devices_written),
		CASE(only_says_what_was_found),
		CASE(only_empty_list_nothing_written),
		CASE(csv_quoted_and_formulas_defused),
		CASE(csv_every_certificate_a_record),
		CASE(json_each_line_a_device),
		CASE(json_many_pages_all_written),
		CASE(write_full_disk_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

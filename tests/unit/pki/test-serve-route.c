/* SPDX-License-Identifier: Apache-2.0 */
/* What a request asks for. */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ca.h"
#include "reason.h"
#include "serve-route.h"
#include "serve-status.h"
#include "tcg-csr.h"

static struct serve_route route;

static const struct serve_route *ask(enum http_side side,
	enum serve_method method, const char *target, const char *type,
	const char *body)
{
	const struct serve_call call = { side, method, target, type,
		(const uint8_t *)body, strlen(body) };

	serve_route(&call, "line1", &route);
	return &route;
}

static int status(enum http_side side, enum serve_method method,
	const char *target, const char *type, const char *body)
{
	const struct serve_route *r = ask(side, method, target, type, body);

	return r->action == SERVE_REFUSE ? r->status : 200;
}

#define BYTES "application/octet-stream"
#define PEM   "application/x-pem-file"
#define JSON  "application/json"
#define OCSP  "application/ocsp-request"

static void route_each_right_request_found(void **state)
{
	static const struct {
		enum http_side side;
		enum serve_method method;
		const char *target, *type, *body;
		enum serve_action action;
		unsigned role;
	} rows[] = {
		{ HTTP_STATIONS, SERVE_POST, "/v1/challenge", BYTES, "x",
			SERVE_CHALLENGE, CA_ROLE_ISSUE },
		{ HTTP_STATIONS, SERVE_POST, "/v1/issue", PEM, "x", SERVE_ISSUE,
			CA_ROLE_ISSUE },
		{ HTTP_STATIONS, SERVE_POST, "/v1/revoke", JSON,
			"{\"serial\":\"S\",\"reason\":\"keyCompromise\"}",
			SERVE_REVOKE, CA_ROLE_REVOKE },
		{ HTTP_STATIONS, SERVE_GET, "/v1/device/S", NULL, "",
			SERVE_SHOW, CA_ROLE_READ },
		{ HTTP_STATIONS, SERVE_GET, "/metrics", NULL, "", SERVE_METRICS,
			CA_ROLE_READ },
		{ HTTP_PUBLIC, SERVE_POST, "/ocsp", OCSP, "x", SERVE_OCSP, 0 },
		{ HTTP_PUBLIC, SERVE_GET, "/ocsp/eA%3D%3D", NULL, "",
			SERVE_OCSP, 0 },
		{ HTTP_PUBLIC, SERVE_GET, "/healthz", NULL, "", SERVE_HEALTH,
			0 },
		{ HTTP_PUBLIC, SERVE_GET, "/line1.crl", NULL, "", SERVE_FILE,
			0 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		const struct serve_route *r = ask(rows[i].side, rows[i].method,
			rows[i].target, rows[i].type, rows[i].body);

		assert_int_equal(r->action, rows[i].action);
		assert_int_equal(r->role, rows[i].role);
		/* And on the other side there is nothing. */
		assert_int_equal(
			status(!rows[i].side, rows[i].method, rows[i].target,
				rows[i].type, rows[i].body),
			404);
	}
}

static void route_body_handed_on_as_it_is(void **state)
{
	const struct serve_route *r =
		ask(HTTP_STATIONS, SERVE_POST, "/v1/challenge", BYTES, "bytes");

	(void)state;
	assert_int_equal(r->input_len, 5);
	assert_memory_equal(r->input, "bytes", 5);
}

static void route_other_targets_refused(void **state)
{
	static const char *const targets[] = { "/", "/v1", "/v1/",
		"/v1/challenge/", "/V1/challenge", "/v1//challenge",
		"/v1/../v1/challenge", "/v1/challengex", "/ocspx", "/?/ocsp",
		"/line1.crl/", "/line1.crl/?", "/line2.crl", "/line1.cr?l",
		"/%6cine1.crl", "/..", "http://ca.example",
		"http://ca.example?/healthz", "https://ca.example/" };

	(void)state;
	for (size_t i = 0; i < N_OF(targets); i++) {
		assert_int_equal(status(HTTP_STATIONS, SERVE_POST, targets[i],
					 BYTES, "x"),
			404);
		assert_int_equal(
			status(HTTP_PUBLIC, SERVE_GET, targets[i], NULL, ""),
			404);
	}
}

static void route_target_that_is_no_path_refused(void **state)
{
	static const char *const targets[] = { "*", "", "healthz",
		"ca.example:80", "ftp://ca.example/healthz", "http:/healthz",
		"http:///healthz", "http://?/healthz" };

	(void)state;
	for (size_t i = 0; i < N_OF(targets); i++)
		assert_int_equal(
			status(HTTP_PUBLIC, SERVE_GET, targets[i], NULL, ""),
			400);
}

/* RFC 9112 3.2.1, 3.2.2: in absolute form, with a query, and with the slashes
 * that clients add.
 * covers: RFC9112-heads */
static void route_other_forms_of_a_target_found(void **state)
{
	static const char *const targets[] = { "http://ca.example/line1.crl",
		"HTTP://ca.example:80/line1.crl", "https://[::1]/line1.crl",
		"http://ca.example//line1.crl?x", "//line1.crl", "///line1.crl",
		"/line1.crl?", "/line1.crl?a=b?c/d" };
	static const char *const ocsp[] = { "/ocsp/eA%3D%3D", "//ocsp/eA%3D%3D",
		"/ocsp//eA%3D%3D", "/ocsp/eA==?x", "http://a/ocsp/eA==" };

	(void)state;
	for (size_t i = 0; i < N_OF(targets); i++)
		assert_int_equal(
			ask(HTTP_PUBLIC, SERVE_GET, targets[i], NULL, "")
				->action,
			SERVE_FILE);
	for (size_t i = 0; i < N_OF(ocsp); i++) {
		assert_int_equal(
			ask(HTTP_PUBLIC, SERVE_GET, ocsp[i], NULL, "")->action,
			SERVE_OCSP);
		assert_int_equal(route.input_len, 1);
	}
	assert_int_equal(
		ask(HTTP_PUBLIC, SERVE_POST, "//ocsp?x", OCSP, "x")->action,
		SERVE_OCSP);
	assert_int_equal(
		ask(HTTP_STATIONS, SERVE_GET,
			"https://ca.example/v1/device/S%3F?x", NULL, "")
			->action,
		SERVE_SHOW);
	assert_string_equal(route.serial, "S?");
}

/* covers: RFC9110-http */
static void route_other_method_refused(void **state)
{
	(void)state;
	assert_int_equal(
		status(HTTP_STATIONS, SERVE_GET, "/v1/challenge", BYTES, ""),
		405);
	assert_string_equal(route.allow, "POST");
	assert_int_equal(
		status(HTTP_PUBLIC, SERVE_POST, "/healthz", NULL, ""), 405);
	assert_string_equal(route.allow, "GET, HEAD");
	assert_int_equal(
		status(HTTP_PUBLIC, SERVE_OTHER, "/line1.crl", NULL, ""), 405);
	assert_int_equal(
		status(HTTP_PUBLIC, SERVE_GET, "/ocsp", OCSP, ""), 405);
	assert_int_equal(
		status(HTTP_PUBLIC, SERVE_POST, "/ocsp/eA", OCSP, "x"), 405);
}

/* covers: RFC9110-http */
static void route_other_media_type_refused(void **state)
{
	static const char *const bad[] = { NULL, "", "application",
		"application/octet-streamx", "text/plain", PEM };

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_int_equal(status(HTTP_STATIONS, SERVE_POST,
					 "/v1/challenge", bad[i], "x"),
			415);
}

/* covers: RFC9110-http */
static void route_media_type_with_parameters_accepted(void **state)
{
	static const char *const good[] = { "Application/Octet-Stream",
		BYTES ";x=y", BYTES " ; x=y", BYTES " " };

	(void)state;
	for (size_t i = 0; i < N_OF(good); i++)
		assert_int_equal(status(HTTP_STATIONS, SERVE_POST,
					 "/v1/challenge", good[i], "x"),
			200);
}

static void route_body_of_the_limit_accepted_above_refused(void **state)
{
	static const struct {
		enum http_side side;
		const char *target, *type;
		size_t max;
	} rows[] = {
		{ HTTP_STATIONS, "/v1/challenge", BYTES, TCG_CSR_MAX },
		{ HTTP_STATIONS, "/v1/issue", PEM, 6144 },
		{ HTTP_PUBLIC, "/ocsp", OCSP, OCSP_REQUEST_MAX },
	};
	char *body = malloc(TCG_CSR_MAX + 2);

	(void)state;
	assert_non_null(body);
	memset(body, 'x', TCG_CSR_MAX + 2);
	for (size_t i = 0; i < N_OF(rows); i++) {
		body[rows[i].max] = '\0';
		assert_int_equal(status(rows[i].side, SERVE_POST,
					 rows[i].target, rows[i].type, body),
			200);
		body[rows[i].max] = 'x';
		body[rows[i].max + 1] = '\0';
		assert_int_equal(status(rows[i].side, SERVE_POST,
					 rows[i].target, rows[i].type, body),
			413);
		body[rows[i].max + 1] = 'x';
	}
	free(body);
}

/* Whoever names none of the reasons is told all of them. */
static void reason_names_all_known(void **state)
{
	char *names = strdup(reason_names()), *save = NULL;
	size_t n = 0;

	(void)state;
	for (char *name = strtok_r(names, ", ", &save); name;
		name = strtok_r(NULL, ", ", &save), n++)
		assert_string_equal(reason_name(reason_by_name(name)), name);
	free(names);
	assert_int_equal(n, 8);
}

static void route_revoke_reads_serial_and_reason(void **state)
{
	const struct serve_route *r = ask(HTTP_STATIONS, SERVE_POST,
		"/v1/revoke", JSON,
		" {\"reason\": \"superseded\", \"serial\": \"A \\u00e9\"} ");

	(void)state;
	assert_int_equal(r->action, SERVE_REVOKE);
	assert_int_equal(r->reason, 4);
	assert_string_equal(r->serial, "A \xc3\xa9");
}

static void route_revoke_other_bodies_refused(void **state)
{
	static const char *const bad[] = { "", "{", "[]", "null", "\"\"",
		"{\"serial\":\"S\"}", "{\"reason\":\"superseded\"}",
		"{\"serial\":\"\",\"reason\":\"superseded\"}",
		"{\"serial\":1,\"reason\":\"superseded\"}",
		"{\"serial\":\"S\",\"reason\":\"7\"}",
		"{\"serial\":\"S\",\"reason\":\"unused\"}",
		"{\"serial\":\"S\",\"reason\":\"certificateHold\"}",
		"{\"serial\":\"S\",\"reason\":\"superseded\",\"x\":1}",
		"{\"serial\":\"S\",\"serial\":\"T\",\"reason\":"
		"\"superseded\"}",
		"{\"serial\":\"a\\u0000b\",\"reason\":\"superseded\"}",
		"{\"serial\":\"\xff\",\"reason\":\"superseded\"}",
		"{\"serial\":\"S\",\"reason\":\"superseded\"} x",
		"{\"serial\":\"0123456789012345678901234567890123456789"
		"012345678901234567890123X\",\"reason\":\"superseded\"}" };

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++)
		assert_int_equal(status(HTTP_STATIONS, SERVE_POST, "/v1/revoke",
					 JSON, bad[i]),
			400);
}

static void route_device_name_is_decoded(void **state)
{
	const struct serve_route *r = ask(
		HTTP_STATIONS, SERVE_GET, "/v1/device/A%2fB%20%7E", NULL, "");

	(void)state;
	assert_int_equal(r->action, SERVE_SHOW);
	assert_string_equal(r->serial, "A/B ~");
}

static void route_device_bad_names_refused(void **state)
{
	static const char *const bad[] = { "", "%", "%2", "%2g", "%g2", "a%00b",
		"%0a", "%7f", "%80", "A%c3%a9", "A\xc3\xa9",
		"0123456789012345678901234567890123456789012345678901234567890"
		"1234" };
	char target[128];

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		(void)snprintf(target, sizeof(target), "/v1/device/%s", bad[i]);
		assert_int_equal(
			status(HTTP_STATIONS, SERVE_GET, target, NULL, ""),
			400);
	}
}

static void route_ocsp_get_is_decoded(void **state)
{
	static const struct {
		const char *in, *want;
		size_t len;
	} rows[] = { { "MAA=", "0", 2 }, { "MAA%3d", "0", 2 },
		{ "Pz8%2FPj4%2B", "\x3f\x3f\x3f>>>", 6 },
		{ "Pz8/Pj4+", "\x3f\x3f\x3f>>>", 6 }, { "eA==", "x", 1 },
		{ "eHl6", "xyz", 3 } };
	char target[64];

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++) {
		(void)snprintf(target, sizeof(target), "/ocsp/%s", rows[i].in);
		(void)ask(HTTP_PUBLIC, SERVE_GET, target, NULL, "");
		assert_int_equal(route.action, SERVE_OCSP);
		assert_int_equal(route.input_len, rows[i].len);
		assert_memory_equal(
			route.input, rows[i].want, strlen(rows[i].want));
	}
}

static void route_ocsp_get_not_base64_refused(void **state)
{
	static const char *const bad[] = { "", "e", "eA", "eA=", "=eA=", "e===",
		"====", "eA==eA==", "eA%20=", "eA!=", "eA%0a=", "eHl6 " };
	char target[64];

	(void)state;
	for (size_t i = 0; i < N_OF(bad); i++) {
		(void)snprintf(target, sizeof(target), "/ocsp/%s", bad[i]);
		assert_int_equal(
			status(HTTP_PUBLIC, SERVE_GET, target, NULL, ""), 400);
	}
}

static void route_ocsp_get_longest_accepted_above_refused(void **state)
{
	char target[4096] = "/ocsp/";
	size_t longest = OCSP_REQUEST_MAX / 3 * 4; /* and two bytes more */

	(void)state;
	memset(target + 6, 'A', longest);
	strcpy(target + 6 + longest, "AAA=");
	(void)ask(HTTP_PUBLIC, SERVE_GET, target, NULL, "");
	assert_int_equal(route.action, SERVE_OCSP);
	assert_int_equal(route.input_len, OCSP_REQUEST_MAX);
	strcpy(target + 6 + longest, "AAAA");
	assert_int_equal(status(HTTP_PUBLIC, SERVE_GET, target, NULL, ""), 400);
	strcpy(target + 6 + longest, "AAAAAAAA");
	assert_int_equal(status(HTTP_PUBLIC, SERVE_GET, target, NULL, ""), 400);
}

/* covers: RFC2585-media-types */
static void route_every_published_file_found(void **state)
{
	static const char *const names[] = { "/line1.crl", "/line1-delta.crl",
		"/line1.cer", "/root.cer", "/line1-chain.pem" };
	static const char *const types[] = { "application/pkix-crl",
		"application/pkix-crl", "application/pkix-cert",
		"application/pkix-cert", PEM };

	(void)state;
	_Static_assert(N_OF(names) == SERVE_N_FILES, "every file");
	for (size_t i = 0; i < N_OF(names); i++) {
		char name[64];

		(void)ask(HTTP_PUBLIC, SERVE_GET, names[i], NULL, "");
		assert_int_equal(route.action, SERVE_FILE);
		assert_int_equal(route.file, i);
		serve_file_name(route.file, "line1", name, sizeof(name));
		assert_string_equal(name, names[i] + 1);
		assert_string_equal(serve_file_type(route.file), types[i]);
	}
}

/* covers: RFC9110-http */
static void status_each_error_mapped(void **state)
{
	static const struct {
		enum devid_err code;
		enum proof_rule rule;
		int status;
	} rows[] = {
		{ DEVID_OK, PROOF_NONE, 200 },
		{ DEVID_ERR_SYNTAX, PROOF_NONE, 400 },
		{ DEVID_ERR_DENIED, PROOF_NONE, 403 },
		{ DEVID_ERR_NOT_FOUND, PROOF_NONE, 404 },
		{ DEVID_ERR_EXISTS, PROOF_NONE, 409 },
		{ DEVID_ERR_REPLAYED, PROOF_NONE, 409 },
		{ DEVID_ERR_TIMEOUT, PROOF_NONE, 410 },
		{ DEVID_ERR_TOO_LARGE, PROOF_NONE, 413 },
		{ DEVID_ERR_MISMATCH, PROOF_NONE, 422 },
		{ DEVID_ERR_UNREACHABLE, PROOF_NONE, 503 },
		{ DEVID_ERR_CRYPTO, PROOF_NONE, 503 },
		{ DEVID_ERR_TPM, PROOF_NONE, 500 },
		{ DEVID_ERR_SYNTAX, PROOF_STRUCTURE, 400 },
		{ DEVID_ERR_SYNTAX, PROOF_EK_ENCODING, 422 },
		{ DEVID_ERR_MISMATCH, PROOF_HASH, 422 },
	};

	(void)state;
	for (size_t i = 0; i < N_OF(rows); i++)
		assert_int_equal(serve_status(rows[i].code, rows[i].rule),
			rows[i].status);
}

static void error_json_tells_code_rule_and_message(void **state)
{
	char *json =
		serve_error_json(DEVID_ERR_MISMATCH, PROOF_NONE, "a \"b\" \\");

	(void)state;
	assert_string_equal(json, "{\"error\":\"does not match\",\"rule\":null,"
				  "\"message\":\"a \\\"b\\\" \\\\\"}");
	free(json);
}

static void error_json_peers_bytes_made_harmless(void **state)
{
	char *json = serve_error_json(DEVID_ERR_SYNTAX, PROOF_NONE, "x\xff\n");

	(void)state;
	assert_non_null(strstr(json, "\"message\":\"x?\\n\""));
	free(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(route_each_right_request_found),
		cmocka_unit_test(route_body_handed_on_as_it_is),
		cmocka_unit_test(route_other_targets_refused),
		cmocka_unit_test(route_target_that_is_no_path_refused),
		cmocka_unit_test(route_other_forms_of_a_target_found),
		cmocka_unit_test(route_other_method_refused),
		cmocka_unit_test(route_other_media_type_refused),
		cmocka_unit_test(route_media_type_with_parameters_accepted),
		cmocka_unit_test(
			route_body_of_the_limit_accepted_above_refused),
		cmocka_unit_test(reason_names_all_known),
		cmocka_unit_test(route_revoke_reads_serial_and_reason),
		cmocka_unit_test(route_revoke_other_bodies_refused),
		cmocka_unit_test(route_device_name_is_decoded),
		cmocka_unit_test(route_device_bad_names_refused),
		cmocka_unit_test(route_ocsp_get_is_decoded),
		cmocka_unit_test(route_ocsp_get_not_base64_refused),
		cmocka_unit_test(route_ocsp_get_longest_accepted_above_refused),
		cmocka_unit_test(route_every_published_file_found),
		cmocka_unit_test(status_each_error_mapped),
		cmocka_unit_test(error_json_tells_code_rule_and_message),
		cmocka_unit_test(error_json_peers_bytes_made_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

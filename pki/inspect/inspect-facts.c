/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect-facts.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "hex.h"
#include "inspect-private.h"

#define HASH_LEN 32 /* SHA-256 */

void inspect_rule(struct inspect_run *run, const char *rule, const char *clause,
	enum devid_verdict verdict, const char *detail)
{
	char text[DEVID_ERROR_TEXT_MAX];
	json_t *entry;

	(void)snprintf(text, sizeof(text), "%s", detail); /* may cut */
	for (char *p = text; *p; p++) {
		if ((uint8_t)*p < 0x20 || (uint8_t)*p > 0x7e)
			*p = '?'; /* so it is UTF-8 too */
	}
	entry = json_pack("{s:s, s:s, s:s, s:s}", "rule", rule, "clause",
		clause, "verdict", devid_verdict_name(verdict), "detail", text);
	if (json_array_append_new(run->rules, entry) != 0)
		run->failed = true;
	run->refused |= verdict == DEVID_FAIL;
}

void inspect_check(struct inspect_run *run, const char *rule,
	const char *clause, enum devid_err rc, const struct devid_error *err)
{
	inspect_rule(run, rule, clause,
		rc == DEVID_OK ? DEVID_PASS : DEVID_FAIL,
		rc == DEVID_OK ? "" : devid_error_text(err));
}

void inspect_flag(struct inspect_run *run, const char *rule, const char *clause,
	bool good, const char *detail)
{
	inspect_rule(run, rule, clause, good ? DEVID_PASS : DEVID_FAIL,
		good ? "" : detail);
}

void inspect_set(
	struct inspect_run *run, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		run->failed = true;
}

void inspect_escaped(struct inspect_run *run, json_t *object, const char *key,
	struct view bytes)
{
	CLEANUP(cleanup_free) char *text = malloc(4 * bytes.len + 1);
	size_t n = 0;

	if (!text) {
		run->failed = true;
		return;
	}
	text[0] = '\0';
	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t c = bytes.data[i];

		n += (size_t)sprintf(
			text + n, c < 0x20 || c > 0x7e ? "\\x%02x" : "%c", c);
	}
	if (bytes.len > 0)
		inspect_set(run, object, key, json_string(text));
}

void inspect_text(struct inspect_run *run, json_t *object, const char *key,
	const char *text)
{
	inspect_escaped(run, object, key,
		(struct view) { (const uint8_t *)text, strlen(text) });
}

void inspect_hex(struct inspect_run *run, json_t *object, const char *key,
	struct view bytes)
{
	CLEANUP(cleanup_free) char *text = malloc(2 * bytes.len + 1);

	if (!text) {
		run->failed = true;
		return;
	}
	hex_encode(bytes.data, bytes.len, text);
	if (bytes.len > 0)
		inspect_set(run, object, key, json_string(text));
}

void inspect_sha256(struct inspect_run *run, json_t *object, const char *key,
	struct view bytes)
{
	uint8_t hash[HASH_LEN];

	if (EVP_Digest(bytes.data, bytes.len, hash, NULL, EVP_sha256(), NULL) !=
		1)
		run->failed = true;
	else
		inspect_hex(
			run, object, key, (struct view) { hash, sizeof(hash) });
}

/* ---- for a person ---- */

static void print_value(FILE *f, int depth, const char *key, json_t *value);

static void print_object(FILE *f, int depth, json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value)
		print_value(f, depth, key, value);
}

static void print_value(FILE *f, int depth, const char *key, json_t *value)
{
	int width = 22 - 2 * depth;
	json_t *item;
	size_t i;

	(void)fprintf(f, "%*s%-*s ", 2 * depth, "", width, key);
	if (json_is_string(value)) {
		(void)fprintf(f, "%s\n", json_string_value(value));
	} else if (json_is_integer(value)) {
		(void)fprintf(
			f, "%lld\n", (long long)json_integer_value(value));
	} else if (json_is_boolean(value)) {
		(void)fprintf(f, "%s\n", json_is_true(value) ? "yes" : "no");
	} else if (json_is_object(value)) {
		(void)fprintf(f, "\n");
		print_object(f, depth + 1, value);
	} else {
		(void)fprintf(f, "\n");
		json_array_foreach(value, i, item)
		{
			if (json_is_object(item))
				print_object(f, depth + 1, item);
			if (json_is_object(item) &&
				i + 1 < json_array_size(value))
				(void)fprintf(f, "%*s--\n", 2 * depth + 2, "");
			if (json_is_string(item))
				(void)fprintf(f, "%*s%s\n", 2 * depth + 2, "",
					json_string_value(item));
		}
	}
}

static void print_rule(FILE *f, json_t *rule)
{
	const char *verdict =
		json_string_value(json_object_get(rule, "verdict"));
	const char *detail = json_string_value(json_object_get(rule, "detail"));
	const char *mark = strcmp(verdict, "fail") == 0   ? "REFUSED"
			   : strcmp(verdict, "warn") == 0 ? "warning"
			   : strcmp(verdict, "pass") == 0 ? "holds"
							  : "-";

	(void)fprintf(f, "  %-8s %-22s %s%s(%s)\n", mark,
		json_string_value(json_object_get(rule, "rule")), detail,
		detail[0] ? " " : "",
		json_string_value(json_object_get(rule, "clause")));
}

int inspect_print(FILE *f, const char *name, const json_t *report)
{
	json_t *rules = json_object_get(report, "rules"), *rule;
	size_t i;

	(void)fprintf(f, "%s: %s\n", name,
		json_string_value(json_object_get(report, "kind")));
	print_object(f, 1, json_object_get(report, "subject"));
	(void)fprintf(f, "rules\n");
	json_array_foreach(rules, i, rule) print_rule(f, rule);
	return fflush(f) == 0 && !ferror(f) ? 0 : -1;
}

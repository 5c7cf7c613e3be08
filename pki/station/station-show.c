/* SPDX-License-Identifier: Apache-2.0 */
#include "station-show.h"

#include <jansson.h>
#include <stdio.h>

#include "cleanup-json.h"
#include "cleanup.h"
#include "fail.h"

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static void print_device(const json_t *d, FILE *out)
{
	const char *vendor = text_of(d, "tpm_vendor");

	(void)fprintf(out, "%s  %s  %s  %s\n", text_of(d, "serial"),
		text_of(d, "model"), text_of(d, "state"),
		text_of(d, "created"));
	(void)fprintf(out, "  TPM     %s%s%s %s, EK %s\n", vendor,
		*vendor ? " " : "", text_of(d, "tpm_model"),
		text_of(d, "tpm_firmware"), text_of(d, "ek_fingerprint"));
	(void)fprintf(out, "  asked   by %s\n", text_of(d, "station"));
}

static void print_cert(const json_t *cert, FILE *out)
{
	(void)fprintf(out, "  %-6s  %-7s  %s  %s  %s", text_of(cert, "role"),
		text_of(cert, "type"), text_of(cert, "serial"),
		text_of(cert, "created"), text_of(cert, "state"));
	if (json_is_string(json_object_get(cert, "revoked_at")))
		(void)fprintf(out, " %s, %s", text_of(cert, "revoked_at"),
			text_of(cert, "reason"));
	(void)putc('\n', out);
}

enum devid_err station_show_text(
	struct view json, struct blob *ret, struct devid_error *err)
{
	CLEANUP(cleanup_json)
	json_t *d = json_loadb((const char *)json.data, json.len,
		JSON_REJECT_DUPLICATES, NULL);
	char *text = NULL;
	size_t len = 0, i;
	json_t *cert;
	FILE *out;
	bool failed;

	if (!json_is_object(d))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"show: what the CA answered is no JSON object");
	out = open_memstream(&text, &len);
	if (!out)
		return fail_no_memory_for(err, "show");
	print_device(d, out);
	json_array_foreach(json_object_get(d, "certificates"), i, cert)
		print_cert(cert, out);
	failed = ferror(out);
	if (fclose(out) != 0 || failed) {
		free(text);
		return fail_no_memory_for(err, "show");
	}
	*ret = (struct blob) { (uint8_t *)text, len };
	return DEVID_OK;
}

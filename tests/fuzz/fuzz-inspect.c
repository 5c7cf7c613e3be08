/* SPDX-License-Identifier: Apache-2.0 */
/* Any file at all: what it is, its facts and rules. Seeds: make-ek-seeds.c;
 * challenge and answer are those of fuzz-challenge. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect.h"
#include "inspect-facts.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static FILE *sink;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	sink = fopen("/dev/null", "w");
	must(sink != NULL);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct inspect_options options = { .now = 1700000000 };
	struct devid_error err = { 0 };
	json_t *report = NULL, *rule;
	bool refused = false, found = false;
	enum devid_err rc;
	size_t i;

	rc = inspect(
		&options, (struct view) { data, len }, &report, &refused, &err);
	if (rc != DEVID_OK) {
		must(rc == DEVID_ERR_SYNTAX && err.text[0] != '\0');
		return 0;
	}
	json_array_foreach(json_object_get(report, "rules"), i, rule)
	{
		const char *verdict =
			json_string_value(json_object_get(rule, "verdict"));

		must(json_object_size(rule) == 4 && verdict);
		found |= strcmp(verdict, "fail") == 0;
	}
	must(i > 0 && found == refused);
	must(inspect_print(sink, "file", report) == 0);
	json_decref(report);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What devid doctor reads of files that anybody may have written: facts and the
 * agent's files as JSON, what is known of certificates, references and
 * settings.
 */
#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fact.h"
#include "facts-agent.h"
#include "facts-host.h"
#include "judge.h"
#include "known.h"
#include "pick.h"
#include "report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A line is one, whatever it quotes. */
static void check_lines(const struct findings *f)
{
	for (size_t i = 0; i < f->n; i++) {
		if (strpbrk(f->list[i].evidence, "\n\r\x1b") ||
			strpbrk(f->list[i].subject, "\n\r\x1b"))
			abort();
	}
}

static void judge(const json_t *facts, FILE *out)
{
	static struct findings found;
	const struct finding *first = NULL;
	json_t *report;

	judge_facts(facts, &found);
	check_lines(&found);
	if (judge_word(&found, &first) != JUDGE_USABLE && !first)
		abort();
	report_print(&found, out);
	report = report_json(&found);
	if (!report)
		abort();
	json_decref(report);
}

/* A copy has nothing that another copy would leave out. */
static void pick(const json_t *json, const struct pick *list)
{
	json_t *once = pick_copy(json, list);
	json_t *twice = once ? pick_copy(once, list) : NULL;

	if (once && !json_equal(once, twice))
		abort();
	json_decref(once);
	json_decref(twice);
}

static void as_json(const uint8_t *data, size_t len, FILE *out)
{
	json_t *json =
		json_loadb((const char *)data, len, JSON_DECODE_ANY, NULL);

	if (!json)
		return;
	fact_tame_all(json);
	judge(json, out);
	pick(json, pick_agent);
	pick(json, pick_history);
	pick(json, pick_trust);
	json_decref(json);
}

static char *written; /* what went out */
static size_t n_written;

/* Whatever came in: no private key goes out. */
static void check_no_key(FILE *out)
{
	if (fflush(out) == 0 && written &&
		memmem(written, n_written, "PRIVATE KEY", 11))
		abort();
}

static void as_file(const uint8_t *data, size_t len, FILE *out)
{
	struct view text = { data, len };
	struct devid_error err = { DEVID_OK, "" };
	char path[FACTS_TPM_PATH_MAX];
	char *copy = malloc(len + 1);

	if (!copy)
		return;
	memcpy(copy, data, len);
	copy[len] = '\0';
	facts_host_tpm_path(copy, path);
	if (known_certificates("f", text, out, &err) != DEVID_OK &&
		err.code == DEVID_OK)
		abort();
	(void)(known_reference("f", text, out, NULL) == DEVID_OK);
	(void)(known_chain(text, out, NULL) == DEVID_OK);
	check_no_key(out);
	(void)(known_settings("f", copy, out, NULL) == DEVID_OK);
	(void)facts_agent_judge_ca(text);
	json_decref(facts_agent_read_trust(text));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	FILE *out = open_memstream(&written, &n_written);

	if (!out)
		return 0;
	as_file(data, len, out);
	as_json(data, len, out);
	(void)fclose(out);
	free(written);
	return 0;
}

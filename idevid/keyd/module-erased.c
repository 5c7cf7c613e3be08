/* SPDX-License-Identifier: Apache-2.0 */
#include "module-erased.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup.h"
#include "fail.h"
#include "files.h"
#include "hex.h"

#define MARK_MAX 256 /* bytes of `erased`; a limit of ours */

/* What the keystore says of itself; not @known: its hierarchy is closed. */
struct seed {
	bool known;
	uint8_t id[KEYSTORE_SEED_LEN];
};

struct mark {
	uint32_t resets;
	struct seed owner, module;
};

static enum devid_err ask(struct module *m, enum keystore_seed which,
	struct seed *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc =
		m->keystore->ops->seed(m->keystore, which, ret->id, &cause);

	ret->known = rc == DEVID_OK;
	return rc == DEVID_OK || rc == DEVID_ERR_DENIED
		       ? DEVID_OK
		       : fail_with(err, rc, &cause);
}

/* "-" where it is not known. */
static void put_seed(const struct seed *seed, char ret[2 * 32 + 1])
{
	_Static_assert(KEYSTORE_SEED_LEN == 32, "as the buffers");
	ret[0] = '-';
	ret[1] = '\0';
	if (seed->known)
		hex_encode(seed->id, sizeof(seed->id), ret);
}

static enum devid_err write_mark(
	struct module *m, const struct mark *mark, struct devid_error *err)
{
	char path[PATH_MAX], text[MARK_MAX], owner[65], module[65];
	enum devid_err rc = module_state_file(m, "erased", path, err);
	int n;

	put_seed(&mark->owner, owner);
	put_seed(&mark->module, module);
	n = snprintf(text, sizeof(text),
		"resets %" PRIu32 "\nowner %s\nmodule %s\n", mark->resets,
		owner, module); /* fits */
	return rc == DEVID_OK
		       ? files_write_atomic(path, text, (size_t)n, 0644, err)
		       : rc;
}

enum devid_err module_erased_note(
	struct module *m, uint32_t resets, struct devid_error *err)
{
	struct mark mark = { .resets = resets };
	enum devid_err rc = ask(m, KEYSTORE_SEED_OWNER, &mark.owner, err);

	if (rc == DEVID_OK)
		rc = ask(m, KEYSTORE_SEED_MODULE, &mark.module, err);
	if (rc == DEVID_OK)
		rc = write_mark(m, &mark, err);
	if (rc != DEVID_OK)
		return rc;
	m->erasure.erased = 1;
	m->erasure.erased_at = resets;
	m->erasure.where = WIRE_ERASED_HERE;
	return DEVID_OK;
}

/* Takes "@name VALUE\n" off the front of *@text; NULL: it does not begin so. */
static char *take_line(char **text, const char *name)
{
	size_t len = strlen(name);
	char *value = *text, *end = strchr(*text, '\n');

	if (!end || strncmp(value, name, len) != 0 || value[len] != ' ')
		return NULL;
	*end = '\0';
	*text = end + 1;
	return value + len + 1;
}

static bool parse_seed(const char *value, struct seed *ret)
{
	if (!value)
		return false;
	ret->known = strcmp(value, "-") != 0;
	return !ret->known ||
	       (strlen(value) == 2 * sizeof(ret->id) &&
		       hex_decode(value, ret->id, sizeof(ret->id)));
}

static bool parse_number(const char *value, uint32_t *ret)
{
	unsigned long n;
	char *end;

	if (!value || *value < '0' || *value > '9')
		return false;
	errno = 0;
	n = strtoul(value, &end, 10);
	*ret = (uint32_t)n;
	return errno == 0 && *end == '\0' && n <= UINT32_MAX;
}

static bool parse(char *text, struct mark *ret)
{
	return parse_number(take_line(&text, "resets"), &ret->resets) &&
	       parse_seed(take_line(&text, "owner"), &ret->owner) &&
	       parse_seed(take_line(&text, "module"), &ret->module) &&
	       *text == '\0';
}

/* Errors: NOT_FOUND, SYNTAX. */
static enum devid_err read_mark(
	struct module *m, struct mark *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *data = NULL;
	char path[PATH_MAX];
	size_t len = 0;
	enum devid_err rc = module_state_file(m, "erased", path, err);

	if (rc == DEVID_OK)
		rc = files_read(path, MARK_MAX, &data, &len, err);
	if (rc == DEVID_OK &&
		(strlen((char *)data) != len || !parse((char *)data, ret)))
		rc = devid_fail(err, DEVID_ERR_SYNTAX,
			"read %s: does not say when and where the owner's keys "
			"were erased",
			path);
	return rc;
}

void module_erased_read(struct module *m)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct mark mark = { 0 };
	enum devid_err rc = read_mark(m, &mark, &cause);

	m->erasure.erased = rc == DEVID_OK;
	m->erasure.erased_at = rc == DEVID_OK ? mark.resets : 0;
	m->erasure.where = WIRE_ERASED_UNKNOWN;
	if (rc != DEVID_OK && rc != DEVID_ERR_NOT_FOUND)
		m->warn(cause.text);
}

static bool same(const struct seed *a, const struct seed *b)
{
	return memcmp(a->id, b->id, sizeof(a->id)) == 0;
}

/* What both tell, as far as they are known then and now. */
static enum wire_erased_in judge(
	const struct mark *then, const struct mark *now)
{
	bool owner = then->owner.known && now->owner.known;
	bool module = then->module.known && now->module.known;

	if (owner && same(&then->owner, &now->owner))
		return WIRE_ERASED_HERE;
	if (module && !same(&then->module, &now->module))
		return WIRE_ERASED_ELSEWHERE;
	if (!owner)
		return WIRE_ERASED_UNKNOWN;
	return module ? WIRE_ERASED_CLEARED : WIRE_ERASED_NOT_HERE;
}

void module_erased_judge(struct module *m)
{
	struct mark then = { 0 }, now = { 0 };

	m->erasure.where = WIRE_ERASED_UNKNOWN;
	if (!m->erasure.erased || read_mark(m, &then, NULL) != DEVID_OK ||
		ask(m, KEYSTORE_SEED_OWNER, &now.owner, NULL) != DEVID_OK)
		return;
	/* Seldom needed, and costs a key that is derived. */
	if (judge(&then, &now) != WIRE_ERASED_HERE &&
		ask(m, KEYSTORE_SEED_MODULE, &now.module, NULL) != DEVID_OK)
		return;
	m->erasure.where = (uint8_t)judge(&then, &now);
}

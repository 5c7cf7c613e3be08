/* SPDX-License-Identifier: Apache-2.0 */
#include "identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"
#include "log.h"

_Static_assert(IDENTITIES_MAX <= 32, "a bit for each");

enum devid_err identities_add(
	struct identities *list, const char *name, struct devid_error *err)
{
	struct identity *id = &list->of[list->n];
	enum key_id key;

	if (!key_id_by_name(name, &key))
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s': there is no key of that name", name);
	if (!(key_id_row(key)->purposes & PURPOSE_TLS_CLIENT))
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s': %s keys do not sign for %s", name,
			key_id_row(key)->name,
			purpose_name(PURPOSE_TLS_CLIENT));
	for (size_t i = 0; i < list->n; i++) {
		if (strcmp(list->of[i].name, key_id_name(key)) == 0)
			return devid_fail(err, DEVID_ERR_INVALID,
				"'%s' stands there twice", name);
	}
	memset(id, 0, sizeof(*id));
	(void)snprintf(id->name, sizeof(id->name), "%s",
		key_id_name(key)); /* fits: a name of the table */
	id->id = key;
	list->n++;
	return DEVID_OK;
}

static enum devid_err place(
	struct identity *id, const char *dir, struct devid_error *err)
{
	const char *const endings[N_IDENTITY_FILES] = {
		[IDENTITY_KEY] = ".key",
		[IDENTITY_CERT] = ".pem",
		[IDENTITY_MARK] = key_id_mark(id->id, false),
		[IDENTITY_CERT_MARK] = key_id_mark(id->id, true),
	};

	for (int i = 0; i < N_IDENTITY_FILES; i++) {
		free(id->path[i]);
		if (asprintf(&id->path[i], "%s/%s%s", dir, id->name,
			    endings[i]) < 0) {
			id->path[i] = NULL;
			return fail_no_memory(err);
		}
	}
	return DEVID_OK;
}

enum devid_err identities_place(
	struct identities *list, const char *dir, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	for (size_t i = 0; i < list->n && rc == DEVID_OK; i++)
		rc = place(&list->of[i], dir, err);
	return rc;
}

enum devid_err identities_set_file(struct identities *list, const char *key,
	const char *cert, struct devid_error *err)
{
	struct identity *id = &list->of[0];

	identities_done(list);
	(void)snprintf(id->name, sizeof(id->name), "%s", IDENTITY_FILE);
	id->id = KEY_NONE;
	list->n = 1;
	id->path[IDENTITY_KEY] = strdup(key);
	id->path[IDENTITY_CERT] = strdup(cert);
	if (!id->path[IDENTITY_KEY] || !id->path[IDENTITY_CERT])
		return fail_no_memory(err);
	return DEVID_OK;
}

void identities_done(struct identities *list)
{
	for (size_t i = 0; i < list->n; i++) {
		for (int f = 0; f < N_IDENTITY_FILES; f++)
			free(list->of[i].path[f]);
	}
	memset(list, 0, sizeof(*list));
}

/* As its mark says; keyd looks again when it is to sign. */
static bool is_enabled(const struct identity *id, enum identity_what mark)
{
	return id->id == KEY_NONE ||
	       key_id_is_enabled(id->id, access(id->path[mark], F_OK) == 0);
}

const char *identity_why_not(const struct identity *id)
{
	if (access(id->path[IDENTITY_KEY], R_OK) < 0)
		return "the device has no key yet";
	if (access(id->path[IDENTITY_CERT], R_OK) < 0)
		return "the device has no certificate yet";
	if (!is_enabled(id, IDENTITY_MARK))
		return "the key is disabled";
	if (!is_enabled(id, IDENTITY_CERT_MARK))
		return "the certificate is disabled";
	return NULL;
}

void identity_stamp(const struct identity *id, struct identity_stamp *ret)
{
	memset(ret, 0, sizeof(*ret)); /* of a file that is not there */
	for (int i = IDENTITY_KEY; i <= IDENTITY_CERT; i++) {
		struct stat st;

		if (stat(id->path[i], &st) < 0)
			continue;
		ret->file[i].dev = st.st_dev;
		ret->file[i].ino = st.st_ino;
		ret->file[i].changed = st.st_mtim;
	}
}

bool identity_stamp_equal(
	const struct identity_stamp *a, const struct identity_stamp *b)
{
	for (int i = IDENTITY_KEY; i <= IDENTITY_CERT; i++) {
		if (a->file[i].dev != b->file[i].dev ||
			a->file[i].ino != b->file[i].ino ||
			a->file[i].changed.tv_sec !=
				b->file[i].changed.tv_sec ||
			a->file[i].changed.tv_nsec !=
				b->file[i].changed.tv_nsec)
			return false;
	}
	return true;
}

void identity_choice_reset(struct identity_choice *choice)
{
	memset(choice, 0, sizeof(*choice));
}

void identity_choice_renew(struct identity_choice *choice)
{
	choice->renewed = true;
}

/* Notes why the files of @i speak against it; false: they do not. */
static bool pass_over(struct identity_choice *choice,
	const struct identities *list, size_t i, const char *port)
{
	struct identity_verdict *v = &choice->passed[i];
	const char *why = identity_why_not(&list->of[i]);

	if (!why)
		return false;
	choice->tried |= 1u << i;
	if (v->class != ATTACH_CLASS_KEY_UNAVAILABLE ||
		strcmp(v->reason, why) != 0)
		log_warn("port: %s: %s passed over: %s", port, list->of[i].name,
			why);
	v->class = ATTACH_CLASS_KEY_UNAVAILABLE;
	(void)snprintf(v->reason, sizeof(v->reason), "%s", why); /* fits */
	return true;
}

/* The first that has not had its turn and can be used is in turn. */
static bool find_next(struct identity_choice *choice,
	const struct identities *list, const char *port)
{
	for (size_t i = 0; i < list->n; i++) {
		if (choice->tried & (1u << i) ||
			pass_over(choice, list, i, port))
			continue;
		choice->now = i;
		return true;
	}
	choice->tried = 0;
	choice->now = 0;
	return false;
}

void identity_choice_begin(struct identity_choice *choice,
	const struct identities *list, const char *port)
{
	if (choice->renewed)
		identity_choice_reset(choice);
	if (list->n > 1 && pass_over(choice, list, choice->now, port))
		(void)find_next(choice, list, port); /* else: the first */
}

bool identity_is_blamed(const struct attach *a)
{
	switch (a->class) {
	case ATTACH_CLASS_KEY_UNAVAILABLE:
	case ATTACH_CLASS_CERT_REJECTED:
		return true;
	case ATTACH_CLASS_AUTHZ_DENIED:
		/* before TLS it was the outer identity that was turned away */
		return a->tls_offered;
	case ATTACH_CLASS_TLS_FAILED:
		/* a certificate that is too long, or of a kind unknown to it */
		return a->flight >= FLIGHT_BEGUN && !a->local_alert[0];
	case ATTACH_CLASS_NONE:
	case ATTACH_CLASS_NO_AUTHENTICATOR:
	case ATTACH_CLASS_SERVER_UNTRUSTED:
	case ATTACH_CLASS_TIMEOUT:
	case ATTACH_CLASS_NO_EAP_TLS:
	case ATTACH_CLASS_OPEN_PORT:
	case ATTACH_CLASS_SERVER_CHANGED:
		return false;
	}
	return false;
}

bool identity_is_told(
	const struct identity_choice *choice, const struct attach *a)
{
	const struct identity_verdict *v = &choice->passed[choice->now];

	return v->class != ATTACH_CLASS_NONE && v->class == a->class &&
	       strcmp(v->reason, a->reason) == 0;
}

bool identity_choice_next(struct identity_choice *choice,
	const struct identities *list, const struct attach *a, const char *port)
{
	struct identity_verdict *v = &choice->passed[choice->now];
	const char *was = list->of[choice->now].name;
	bool told = identity_is_told(choice, a);

	if (!identity_is_blamed(a))
		return false;
	if (choice->renewed) /* what failed is there no more */
		return true;
	v->class = a->class;
	memcpy(v->reason, a->reason, sizeof(v->reason));
	choice->tried |= 1u << choice->now;
	if (!find_next(choice, list, port))
		return false;
	if (told)
		log_debug("port: %s: %s passed over, %s is next", port, was,
			list->of[choice->now].name);
	else
		log_info("port: %s: %s passed over, %s is next", port, was,
			list->of[choice->now].name);
	return true;
}

void identity_choice_good(struct identity_choice *choice)
{
	choice->tried = 0;
	choice->passed[choice->now].class = ATTACH_CLASS_NONE;
}

void identity_passed_text(const struct identity_choice *choice,
	const struct identities *list, const char *used, char *out, size_t len)
{
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < list->n && n < len; i++) {
		const struct identity_verdict *v = &choice->passed[i];

		if (v->class == ATTACH_CLASS_NONE ||
			strcmp(list->of[i].name, used) == 0)
			continue;
		n += (size_t)snprintf(out + n, len - n, "%s%s: %s: %s",
			n ? "; " : "", list->of[i].name,
			attach_class_name(v->class), v->reason);
	}
}

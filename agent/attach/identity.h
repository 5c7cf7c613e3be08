/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_IDENTITY_H
#define DEVID_AGENT_IDENTITY_H

/*
 * What a device may show of itself at a port: keys of devid-keyd with their
 * certificates, in the order in which its owner prefers them, and whose turn it
 * is. Whether one can be used is read from the files in keyd's state folder;
 * keyd is not asked. What is in a certificate is not looked at.
 */

#include "attach.h"
#include <devid/error.h>
#include "keyref.h"
#include "role.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define IDENTITIES_MAX N_KEYS /* each once */

/* The name of an identity that is two files and no key of keyd's. */
#define IDENTITY_FILE "file"

/* Its files, as keyd has them in its folder, and the end of their names. */
enum identity_what {
	IDENTITY_KEY,
	IDENTITY_CERT,
	IDENTITY_MARK,      /* whether keyd signs with it: key_id_mark() */
	IDENTITY_CERT_MARK, /* the same for its certificate */
};
#define N_IDENTITY_FILES 4

struct identity {
	char name[KEY_NAME_MAX + 1];
	enum key_id id;               /* NONE: it is two files */
	char *path[N_IDENTITY_FILES]; /* owned; the last two may be NULL */
};

struct identities {
	struct identity of[IDENTITIES_MAX];
	size_t n;
};

/* Adds the key @name, last in order. Errors: INVALID (no such key, one that
 * does not sign as a TLS client, or there already). */
DEVID_MUST_CHECK enum devid_err identities_add(
	struct identities *list, const char *name, struct devid_error *err);

/* Where those that were added have their files: below @dir. Error: NOMEM. */
DEVID_MUST_CHECK enum devid_err identities_place(
	struct identities *list, const char *dir, struct devid_error *err);

/* The one identity is these two files. Error: NOMEM. */
DEVID_MUST_CHECK enum devid_err identities_set_file(struct identities *list,
	const char *key, const char *cert, struct devid_error *err);

void identities_done(struct identities *list);

/* Why @id cannot be used, as its files say; NULL: it can. Static. */
const char *identity_why_not(const struct identity *id);

/* A key or certificate that was replaced has another one. */
struct identity_stamp {
	struct {
		dev_t dev;
		ino_t ino;
		struct timespec changed;
	} file[2];
};

void identity_stamp(const struct identity *id, struct identity_stamp *ret);
bool identity_stamp_equal(
	const struct identity_stamp *a, const struct identity_stamp *b);

/* Why one was passed over. */
struct identity_verdict {
	enum attach_class class; /* NONE: it was not */
	char reason[ATTACH_REASON_MAX];
};

/* Of one port. All zeros: none was tried, the first is next. */
struct identity_choice {
	size_t now;     /* the one in use, or next */
	uint32_t tried; /* bits: had their turn in this round */
	bool renewed;   /* the next try begins with the first */
	struct identity_verdict passed[IDENTITIES_MAX];
};

/* Another network, or another list: nothing that was said of them holds any
 * longer. */
void identity_choice_reset(struct identity_choice *choice);

/* The same from the next try on: keys or certificates are others. The one in
 * use stays so until then. */
void identity_choice_renew(struct identity_choice *choice);

/*
 * A try begins: settles on the one in turn. One that cannot be used gives its
 * turn to the next, which is logged for @port once; where none can be used,
 * the first of them has it all the same, so that the port says why.
 */
void identity_choice_begin(struct identity_choice *choice,
	const struct identities *list, const char *port);

/*
 * The try @a of the one in turn has failed. Whether that is for this identity,
 * and another one, which is in turn then, has not been tried in this round.
 * False as well when the round is over: it begins again with the first.
 */
bool identity_choice_next(struct identity_choice *choice,
	const struct identities *list, const struct attach *a,
	const char *port);

/* The one in turn is let in: the next round begins with what is said then. */
void identity_choice_good(struct identity_choice *choice);

/* Whether a try that ended as @a speaks against the identity it was made with,
 * and not the network, the server or devid itself. */
bool identity_is_blamed(const struct attach *a);

/* Whether the one in turn failed like this before. */
bool identity_is_told(
	const struct identity_choice *choice, const struct attach *a);

/* Those that were passed over, but @used: "ldevid-0: CLASS: reason; ...", cut
 * where it does not fit; "" when there is none. */
void identity_passed_text(const struct identity_choice *choice,
	const struct identities *list, const char *used, char *out, size_t len);

#endif

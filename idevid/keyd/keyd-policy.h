/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEYD_POLICY_H
#define DEVID_KEYD_POLICY_H

/*
 * Who may ask devid-keyd for what: one table of requests, and lists of users
 * from the configuration. Peers are known by the credentials that the kernel
 * keeps for their end of the socket, never by what they say.
 */

#include <devid/error.h>
#include "readers.h"
#include "role.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What a peer may hold, as bits. The low three are enum purpose, the next three
 * who may manage, by enum role_manager. */
enum permission {
	PERM_TLS_CLIENT = 1,
	PERM_TLS_SERVER = 2,
	PERM_CSR = 4,
	PERM_MANAGE = 8,
	PERM_MANAGE_LDEVID = 16,
	PERM_MANAGE_KEYS = 32,
	PERM_ANYONE = 64, /* every local peer */
};

/* The bit of who may manage keys of a role. */
#define PERM_MANAGER(manager) (1u << (3 + (unsigned)(manager)))

/* Whoever has none of these manages nothing. */
#define PERM_MANAGE_ANY (PERM_MANAGE | PERM_MANAGE_LDEVID | PERM_MANAGE_KEYS)

/* Whoever has none of these has nothing signed, whatever the bytes are. */
#define PERM_SIGN (PERM_TLS_CLIENT | PERM_TLS_SERVER | PERM_CSR)

#define POLICY_ENTRIES_MAX 64 /* per list; a limit of ours */
#define POLICY_GROUPS_MAX  32 /* supplementary groups looked at */

struct policy_entry {
	bool group;
	unsigned id; /* uid_t or gid_t */
};

struct policy_list {
	struct policy_entry entries[POLICY_ENTRIES_MAX];
	size_t n;
};

struct policy {
	struct policy_list tls_client, tls_server, csr;
	struct policy_list managers[N_ROLE_MANAGERS];
	/* Who may use a key, of those who may sign for a purpose at all; where
	 * it is not limited, all of them. */
	bool is_limited[N_KEYS];
	struct policy_list users[N_KEYS];
};

struct peer {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	gid_t groups[POLICY_GROUPS_MAX];
	size_t n_groups;
};

/*
 * Parses a comma-separated list of user names, numeric uids and @groups into
 * *@ret. Names that this machine does not know are skipped when @lenient (for
 * the built-in lists) and else INVALID.
 */
DEVID_MUST_CHECK enum devid_err policy_parse_list(const char *text,
	bool lenient, struct policy_list *ret, struct devid_error *err);

/* The lists in force when the configuration names none. */
void policy_default(struct policy *ret);

/* Reads the peer's credentials off a connected socket. Errors: IO. */
DEVID_MUST_CHECK enum devid_err policy_get_peer(
	int fd, struct peer *ret, struct devid_error *err);

/* All permissions of @peer, as bits of enum permission. */
unsigned policy_permissions(const struct policy *p, const struct peer *peer);

/* Whether @peer, who may sign for its purposes, may do so with key @id. */
bool policy_may_use(
	const struct policy *p, const struct peer *peer, enum key_id id);

/*
 * Whether @peer may be told of key @id and have its certificates: everybody
 * where its role is listed, else its users, who are those of the key, or where
 * it is not limited those of its purposes, and whoever manages keys.
 */
bool policy_may_see(
	const struct policy *p, const struct peer *peer, enum key_id id);

/* The same of the key's files: who they are. */
void policy_readers(
	const struct policy *p, enum key_id id, struct readers *ret);

/* Whether @peer is in any list of a purpose or of managers. */
bool policy_is_listed(const struct policy *p, const struct peer *peer);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "keyd-policy.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ENTRY_LEN_MAX 64 /* longest name looked up; a limit of ours */

static bool parse_number(const char *s, unsigned *ret)
{
	uint64_t n = 0; /* 2^32 must not become 0, which is root */

	if (!*s)
		return false;
	for (; *s; s++) {
		if (*s < '0' || *s > '9' || n > UINT32_MAX)
			return false;
		n = n * 10 + (uint64_t)(*s - '0');
	}
	*ret = (unsigned)n;
	return n < UINT32_MAX; /* (uid_t)-1 is nobody's */
}

static bool resolve(const char *name, struct policy_entry *ret)
{
	struct passwd *pw;
	struct group *gr;

	ret->group = name[0] == '@';
	if (parse_number(name + (ret->group ? 1 : 0), &ret->id))
		return true;
	if (ret->group) {
		gr = getgrnam(name + 1);
		if (gr)
			ret->id = gr->gr_gid;
		return gr != NULL;
	}
	pw = getpwnam(name);
	if (pw)
		ret->id = pw->pw_uid;
	return pw != NULL;
}

static enum devid_err add_entry(const char *name, bool lenient,
	struct policy_list *list, struct devid_error *err)
{
	struct policy_entry entry;

	if (!resolve(name, &entry))
		return lenient ? DEVID_OK
			       : devid_fail(err, DEVID_ERR_INVALID,
					 "'%s': no such user or group", name);
	if (list->n == POLICY_ENTRIES_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"more than %d users", POLICY_ENTRIES_MAX);
	list->entries[list->n++] = entry;
	return DEVID_OK;
}

enum devid_err policy_parse_list(const char *text, bool lenient,
	struct policy_list *ret, struct devid_error *err)
{
	struct policy_list list = { .n = 0 };

	while (*text) {
		char name[ENTRY_LEN_MAX + 1];
		size_t len;
		enum devid_err rc;

		text += strspn(text, " ,\t");
		len = strcspn(text, " ,\t");
		if (len == 0)
			break;
		if (len > ENTRY_LEN_MAX)
			return devid_fail(err, DEVID_ERR_INVALID,
				"user name longer than %d bytes",
				ENTRY_LEN_MAX);
		memcpy(name, text, len);
		name[len] = '\0';
		text += len;
		rc = add_entry(name, lenient, &list, err);
		if (rc != DEVID_OK)
			return rc;
	}
	*ret = list;
	return DEVID_OK;
}

void policy_default(struct policy *ret)
{
	static const struct {
		size_t offset;
		const char *users;
	} defaults[] = {
		{ offsetof(struct policy, tls_client),
			"root,devid-eap,devid-enroll" },
		{ offsetof(struct policy, tls_server), "root,www-data" },
		{ offsetof(struct policy, csr), "root,devid-enroll" },
		{ offsetof(struct policy, managers[ROLE_MANAGER_MAKER]),
			"root" },
		{ offsetof(struct policy, managers[ROLE_MANAGER_LDEVID]),
			"root,devid-enroll" },
		{ offsetof(struct policy, managers[ROLE_MANAGER_OWNER]),
			"root" },
	};

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		struct policy_list *list =
			(void *)((char *)ret + defaults[i].offset);

		if (policy_parse_list(defaults[i].users, true, list, NULL) !=
			DEVID_OK)
			list->n = 0; /* fixed text: cannot fail */
	}
}

enum devid_err policy_get_peer(
	int fd, struct peer *ret, struct devid_error *err)
{
	socklen_t len = sizeof(struct ucred);
	struct peer peer = { .n_groups = 0 };
	struct ucred cred;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return devid_fail(err, DEVID_ERR_IO,
			"key socket: peer credentials: %s", strerror(errno));
	peer.pid = cred.pid;
	peer.uid = cred.uid;
	peer.gid = cred.gid;
	len = sizeof(peer.groups);
	/* A peer in more groups than fit gets what its own gid gives it. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer.groups, &len) == 0)
		peer.n_groups = len / sizeof(peer.groups[0]);
	*ret = peer;
	return DEVID_OK;
}

static bool in_group(const struct peer *peer, gid_t gid)
{
	if (peer->gid == gid)
		return true;
	for (size_t i = 0; i < peer->n_groups; i++) {
		if (peer->groups[i] == gid)
			return true;
	}
	return false;
}

static bool listed(const struct policy_list *list, const struct peer *peer)
{
	for (size_t i = 0; i < list->n; i++) {
		const struct policy_entry *e = &list->entries[i];

		if (e->group ? in_group(peer, e->id) : peer->uid == e->id)
			return true;
	}
	return false;
}

unsigned policy_permissions(const struct policy *p, const struct peer *peer)
{
	unsigned perms = PERM_ANYONE;

	if (listed(&p->tls_client, peer))
		perms |= PERM_TLS_CLIENT;
	if (listed(&p->tls_server, peer))
		perms |= PERM_TLS_SERVER;
	if (listed(&p->csr, peer))
		perms |= PERM_CSR;
	for (int i = 0; i < N_ROLE_MANAGERS; i++) {
		if (listed(&p->managers[i], peer))
			perms |= PERM_MANAGER(i);
	}
	return perms;
}

bool policy_may_use(
	const struct policy *p, const struct peer *peer, enum key_id id)
{
	return !p->is_limited[id] || listed(&p->users[id], peer);
}

/* Whose list a purpose has. */
static const struct policy_list *list_of(
	const struct policy *p, unsigned purpose)
{
	switch (purpose) {
	case PURPOSE_TLS_CLIENT:
		return &p->tls_client;
	case PURPOSE_TLS_SERVER:
		return &p->tls_server;
	default:
		return &p->csr;
	}
}

bool policy_may_see(
	const struct policy *p, const struct peer *peer, enum key_id id)
{
	const struct role *row = key_id_row(id);
	unsigned perms = policy_permissions(p, peer);

	if (row->listed || perms & PERM_MANAGE_ANY)
		return true;
	return p->is_limited[id] ? listed(&p->users[id], peer)
				 : (perms & row->purposes) != 0;
}

static void add_readers(struct readers *ret, const struct policy_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		readers_add(ret, list->entries[i].group, list->entries[i].id);
}

void policy_readers(const struct policy *p, enum key_id id, struct readers *ret)
{
	unsigned purposes = key_id_row(id)->purposes;

	ret->n = 0;
	for (int i = 0; i < N_ROLE_MANAGERS; i++)
		add_readers(ret, &p->managers[i]);
	if (p->is_limited[id]) {
		add_readers(ret, &p->users[id]);
		return;
	}
	for (unsigned bit = 1; bit <= PURPOSE_CSR; bit <<= 1) {
		if (purposes & bit)
			add_readers(ret, list_of(p, bit));
	}
}

bool policy_is_listed(const struct policy *p, const struct peer *peer)
{
	return policy_permissions(p, peer) != PERM_ANYONE;
}

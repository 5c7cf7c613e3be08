/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The request table of devid-keyd on a keystore in memory. The first byte
 * chooses the peer; the rest is its record. A peer without a permission must
 * never get what needs it, and the IAK never signs.
 */
#include <stdint.h>
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake-keystore.h"
#include "keyd-requests.h"
#include "log.h"
#include "module-sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct requests requests;
static struct policy policy;
static char folder[64];

static void quiet(const char *line)
{
	(void)line;
}

static void remove_folder(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[PATH_MAX];

	while (dir && (entry = readdir(dir))) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder,
			entry->d_name); /* fits */
		(void)unlink(path);
	}
	if (dir)
		(void)closedir(dir);
	(void)rmdir(folder);
}

static void start(void)
{
	struct module_options options = { .state_dir = folder,
		.store_certificates = true };

	log_init("fuzz", (enum log_level)0);
	(void)snprintf(folder, sizeof(folder), "%s/devid-fuzz.XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(folder))
		abort();
	(void)atexit(remove_folder);
	fake_keystore_new(&options.keystore);
	if (module_new(&options, quiet, &requests.module, NULL) != DEVID_OK)
		abort();
	if (policy_parse_list("1", false, &policy.tls_client, NULL) != 0 ||
		policy_parse_list("2", false, &policy.tls_server, NULL) != 0 ||
		policy_parse_list("3", false, &policy.csr, NULL) != 0 ||
		policy_parse_list("4", false,
			&policy.managers[ROLE_MANAGER_MAKER], NULL) != 0 ||
		policy_parse_list("5", false,
			&policy.managers[ROLE_MANAGER_LDEVID], NULL) != 0 ||
		policy_parse_list("6", false,
			&policy.managers[ROLE_MANAGER_OWNER], NULL) != 0)
		abort();
	requests.policy = &policy;
}

/* Users 4 to 6 are the managers of the roles. */
static bool manages(unsigned uid, const char *name)
{
	enum key_id id;

	return key_id_by_name(name, &id) &&
	       uid == 4 + (unsigned)key_id_row(id)->manager;
}

/* Whether the peer @uid may have had this answered without an error. */
static void check_allowed(unsigned uid, struct view record)
{
	struct wire_request req;

	if (wire_decode_request(record, &req, NULL) != DEVID_OK)
		abort();
	switch (req.op) {
	case WIRE_STATUS:
	case WIRE_CHAIN:
	case WIRE_PING:
		break;
	case WIRE_SIGN: {
		struct purpose_verdict v;
		struct module_sign what = { req.name, req.arg, req.hash,
			req.data, req.data_len };

		if (module_sign_purpose(requests.module, &what, &v, NULL) !=
				DEVID_OK ||
			(unsigned)v.purpose != 1u << (uid - 1))
			abort();
		break;
	}
	case WIRE_ATTEST:
	case WIRE_ACTIVATE:
	case WIRE_INIT:
	case WIRE_STIR:
	case WIRE_ERASE:
		if (uid != 4)
			abort();
		break;
	case WIRE_EPOCH:
		if (!manages(uid, "ldevid-0"))
			abort();
		break;
	case WIRE_CREATE:
	case WIRE_INSTALL:
	case WIRE_ENABLE:
	case WIRE_CERT_ENABLE:
	case WIRE_CHAIN_INSTALL:
		if (!manages(uid, req.name))
			abort();
		break;
	case WIRE_DELETE:
	case WIRE_CERT_DELETE:
	case WIRE_CHAIN_DELETE:
	case WIRE_IMPORT:
	case WIRE_PIN:
	case WIRE_CERTIFY:
		/* Never a key of the maker's. */
		if (uid == 4 || !manages(uid, req.name))
			abort();
		break;
	default:
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static uint8_t buf[WIRE_ANSWER_MAX];
	struct room out = { buf, sizeof(buf), 0 };
	struct wire_answer ans;
	struct peer peer = { .pid = 1 };
	struct view record;
	bool keep;

	if (!requests.module)
		start();
	if (len < 1)
		return 0;
	peer.uid = data[0] % 8;
	peer.gid = peer.uid;
	record = (struct view) { data + 1, len - 1 };
	keep = requests_answer(&requests, &peer, record, &out);
	if (out.len == 0 || out.len > out.size ||
		wire_decode_answer((struct view) { out.data, out.len }, &ans,
			NULL) != DEVID_OK ||
		keep == (ans.code == DEVID_ERR_PROTOCOL))
		abort();
	if (ans.code == DEVID_OK)
		check_allowed(peer.uid, record);
	return 0;
}

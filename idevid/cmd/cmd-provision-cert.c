/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-provision-cert.h"

#include <stdio.h>
#include <string.h>

#include "cmd-provision-io.h"
#include "der.h"
#include "pem-chain.h"
#include "profile-tell.h"
#include "provision-step.h"

/* PEM certificates of @path as DER, one behind the other. */
static enum devid_err read_chain(const char *path, struct room *ret,
	size_t *ret_leaf_len, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *pem = NULL;
	struct view in, content, leaf;
	size_t pem_len;
	enum devid_err rc;
	uint8_t tag;

	rc = provision_read(path, PEM_MAX, &pem, &pem_len, err);
	if (rc == DEVID_OK)
		rc = pem_chain_to_der(
			"cert", path, (struct view) { pem, pem_len }, ret, err);
	if (rc != DEVID_OK)
		return rc;
	in = (struct view) { ret->data, ret->len };
	if (!der_take(&in, &tag, &content, &leaf))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"cert: %s: not a DER certificate", path);
	*ret_leaf_len = leaf.len;
	return DEVID_OK;
}

bool provision_profile_ok(
	struct provision *p, const char *key, const uint8_t *der, size_t len)
{
	if (profile_tell(key, (struct view) { der, len }))
		return true;
	if (p->force)
		(void)fprintf(stderr,
			"devid: cert: %s: goes on all the same (--force)\n",
			key);
	return p->force;
}

void provision_tell_installed(struct provision *p, const char *name)
{
	struct wire_key key = { .n_certs = 0 };

	(void)printf("certificate of %s installed\n", name);
	if (provision_get_key(p, name, &key, NULL) == DEVID_OK &&
		key.n_stored > 0 && key.n_stored < key.n_certs)
		(void)printf("of its chain of %d the TPM has %d, the rest is "
			     "on the disk only\n",
			key.n_certs, key.n_stored);
}

int provision_cert(struct provision *p, const char *path)
{
	CLEANUP(cleanup_free) uint8_t *der = malloc(WIRE_CHAIN_MAX);
	struct room chain = { der, WIRE_CHAIN_MAX, 0 };
	struct wire_request req = { .op = WIRE_INSTALL, .data = der };
	size_t leaf_len = 0;
	struct devid_error err = { DEVID_OK, "" };
	int code;

	if (!der || read_chain(path, &chain, &leaf_len, &err) != DEVID_OK)
		return cmd_fail(&err);
	req.data_len = chain.len;
	if (!provision_profile_ok(p, p->key, der, leaf_len))
		return EXIT_FAILURE;
	memcpy(req.name, p->key, strlen(p->key));
	code = provision_put(p, &req);
	if (code == EXIT_SUCCESS)
		provision_tell_installed(p, p->key);
	return code;
}

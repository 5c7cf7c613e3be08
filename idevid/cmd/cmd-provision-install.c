/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-provision-install.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "cmd-provision-cert.h"
#include "cmd-provision-io.h"
#include "fail.h"
#include "key-bundle.h"
#include "pem-chain.h"
#include "provision-step.h"

struct bundle {
	const char *path;
	size_t n;
	X509 *certs[KEY_BUNDLE_CERTS]; /* owned */
	uint8_t der[KEY_BUNDLE_DER];   /* what they were read from */
};

/* One key's part of the work. */
struct leaf {
	const char *name;
	X509 *cert;                    /* borrowed from the bundle */
	uint8_t chain[WIRE_CHAIN_MAX]; /* DER, leaf first */
	size_t len, leaf_len;
};

static void bundle_free(struct bundle *b)
{
	for (size_t i = 0; i < b->n; i++)
		X509_free(b->certs[i]);
	free(b);
}

CLEANUP_DEFINE(bundle, struct bundle *, bundle_free)

static enum devid_err parse_bundle(
	struct bundle *b, size_t der_len, struct devid_error *err)
{
	const uint8_t *p = b->der, *end = b->der + der_len;

	while (p < end) {
		X509 *cert = b->n < KEY_BUNDLE_CERTS
				     ? d2i_X509(NULL, &p, end - p)
				     : NULL;

		if (!cert)
			return devid_fail(err, DEVID_ERR_TOO_LARGE,
				"install: %s: more than %d certificates",
				b->path, KEY_BUNDLE_CERTS);
		b->certs[b->n++] = cert;
	}
	return DEVID_OK;
}

static enum devid_err read_bundle(
	const char *path, struct bundle **ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *pem = NULL;
	CLEANUP(cleanup_bundle) struct bundle *b = calloc(1, sizeof(*b));
	struct room der = { NULL, KEY_BUNDLE_DER, 0 };
	size_t pem_len = 0;
	enum devid_err rc;

	if (!b)
		return fail_no_memory(err);
	der.data = b->der;
	b->path = strcmp(path, "-") == 0 ? "standard input" : path;
	rc = provision_read(path, KEY_BUNDLE_PEM, &pem, &pem_len, err);
	if (rc == DEVID_OK)
		rc = pem_chain_to_der("install", b->path,
			(struct view) { pem, pem_len }, &der, err);
	if (rc == DEVID_OK)
		rc = parse_bundle(b, der.len, err);
	if (rc == DEVID_OK)
		*ret = STEAL(b);
	return rc;
}

static bool has_key(const X509 *cert, const struct key_blob *spki)
{
	CLEANUP(cleanup_free) unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);

	return len > 0 && (size_t)len == spki->len &&
	       memcmp(der, spki->data, spki->len) == 0;
}

/* The certificate of the key, NULL when there is none. Errors: MISMATCH for
 * two that differ: only one of them could ever be installed. */
static enum devid_err find_leaf(struct provision *p, const struct bundle *b,
	struct leaf *leaf, struct devid_error *err)
{
	struct wire_key key = { .alg = KEY_ALG_NONE };
	enum devid_err rc = provision_get_key(p, leaf->name, &key, err);

	if (rc != DEVID_OK)
		return rc;
	for (size_t i = 0; i < b->n; i++) {
		if (!has_key(b->certs[i], &key.spki))
			continue;
		if (leaf->cert && X509_cmp(leaf->cert, b->certs[i]) != 0)
			return devid_fail(err, DEVID_ERR_MISMATCH,
				"install: %s: two certificates of the %s key",
				b->path, leaf->name);
		leaf->cert = b->certs[i];
	}
	return DEVID_OK;
}

static bool issued(X509 *issuer, X509 *subject)
{
	bool ok = X509_check_issued(issuer, subject) == X509_V_OK &&
		  X509_verify(subject, X509_get0_pubkey(issuer)) == 1;

	ERR_clear_error(); /* a no is no error */
	return ok;
}

/* Who issued @below, NULL when it is not in the file or is a root: that one
 * is what the other end must have already (RFC 5246 7.4.2). */
static X509 *issuer_of(const struct bundle *b, X509 *below)
{
	for (size_t i = 0; i < b->n; i++) {
		X509 *cert = b->certs[i];

		if (cert != below && issued(cert, below) && !issued(cert, cert))
			return cert;
	}
	return NULL;
}

/* Leaf and intermediates, one behind the other. They fit: all of them came
 * out of as many bytes, and none is taken twice. Errors: TOO_LARGE: more than
 * a device keeps; without its end the chain would be of no use. */
static enum devid_err build_chain(
	const struct bundle *b, struct leaf *leaf, struct devid_error *err)
{
	uint8_t *out = leaf->chain;
	X509 *cert = leaf->cert;

	for (int n = 0; cert && n < KEY_CHAIN_MAX; n++) {
		size_t done = (size_t)(out - leaf->chain);
		int len = i2d_X509(cert, NULL);

		if (len <= 0 || (size_t)len > sizeof(leaf->chain) - done)
			break;
		(void)i2d_X509(cert, &out); /* measured before */
		if (n == 0)
			leaf->leaf_len = (size_t)len;
		cert = issuer_of(b, cert);
	}
	if (cert)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"install: %s: the chain of %s has more than %d "
			"certificates below its root",
			b->path, leaf->name, KEY_CHAIN_MAX);
	leaf->len = (size_t)(out - leaf->chain);
	return DEVID_OK;
}

static enum devid_err find_both(struct provision *p, const struct bundle *b,
	struct leaf *leaves, size_t n, struct devid_error *err)
{
	const struct leaf *missing = NULL;
	bool any = false;

	for (size_t i = 0; i < n; i++) {
		enum devid_err rc = find_leaf(p, b, &leaves[i], err);

		if (rc != DEVID_OK)
			return rc;
		if (leaves[i].cert)
			any = true;
		else
			missing = &leaves[i];
	}
	if (!any)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"install: %s: no certificate in it is of a key of this "
			"TPM",
			b->path);
	if (missing)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"install: %s: no certificate of the %s key in it; a "
			"single one is for 'devid provision cert'",
			b->path, missing->name);
	return DEVID_OK;
}

static int install(struct provision *p, const struct leaf *leaf)
{
	struct wire_request req = {
		.op = WIRE_INSTALL, .data = leaf->chain, .data_len = leaf->len
	};

	memcpy(req.name, leaf->name, strlen(leaf->name));
	return provision_put(p, &req);
}

/* The IAK first: a device that has the IDevID has all. What of a chain found
 * room is told when no later certificate can take it any more. */
static int install_all(struct provision *p, const struct leaf *leaves, size_t n)
{
	int code = EXIT_SUCCESS;
	size_t done = 0;

	while (code == EXIT_SUCCESS && done < n) {
		code = install(p, &leaves[done]);
		if (code == EXIT_SUCCESS)
			done++;
	}
	for (size_t i = 0; i < done; i++)
		provision_tell_installed(p, leaves[i].name);
	return code;
}

int provision_install(struct provision *p, const char *path)
{
	static struct leaf leaves[N_MAKER_ROLES]; /* large */
	CLEANUP(cleanup_bundle) struct bundle *b = NULL;
	struct devid_error err = { DEVID_OK, "" };
	bool ok = true;

	leaves[0].name = provision_pair(p->key);
	leaves[1].name = p->key;
	if (read_bundle(path, &b, &err) != DEVID_OK || !b ||
		find_both(p, b, leaves, N_MAKER_ROLES, &err) != DEVID_OK)
		return cmd_fail(&err);
	/* Both are looked at before either is installed for good. */
	for (size_t i = 0; i < N_MAKER_ROLES; i++) {
		if (build_chain(b, &leaves[i], &err) != DEVID_OK)
			return cmd_fail(&err);
		if (!provision_profile_ok(p, leaves[i].name, leaves[i].chain,
			    leaves[i].leaf_len))
			ok = false;
	}
	return ok ? install_all(p, leaves, N_MAKER_ROLES) : EXIT_FAILURE;
}

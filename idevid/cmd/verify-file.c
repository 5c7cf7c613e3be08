/* SPDX-License-Identifier: Apache-2.0 */
#include "verify-file.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "cleanup.h"
#include "cmd-file.h"
#include "fail.h"
#include "verify-judge.h"
#include "verify-peer.h"
#include "what-is.h"

#define CHAIN_FILE_MAX (1024 * 1024) /* bytes; a limit of ours */

struct ders {
	struct devid_der certs[DEVID_CHAIN_MAX + 1]; /* one too many: refused */
	size_t n;
};

static void cleanup_ders(struct ders *d)
{
	for (size_t i = 0; i < d->n; i++)
		OPENSSL_free((void *)(uintptr_t)d->certs[i].data);
}

/* Reads the certificates of @bio as raw DER, so that faults of their
 * encoding are still there to be seen. Other PEM blocks are skipped. */
static void read_blocks(BIO *bio, struct ders *d)
{
	char *name, *header;
	unsigned char *data;
	long len;

	while (d->n <= DEVID_CHAIN_MAX &&
		PEM_read_bio(bio, &name, &header, &data, &len) == 1) {
		if (strcmp(name, PEM_STRING_X509) == 0)
			d->certs[d->n++] =
				(struct devid_der) { data, (size_t)len };
		else
			OPENSSL_clear_free(data, (size_t)len);
		OPENSSL_free(name);
		OPENSSL_free(header);
	}
}

enum devid_err peer_check_file(struct devid_verifier *v, const char *path,
	const char *serial, struct peer_outcome *ret, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob pem = { NULL, 0 };
	CLEANUP(cleanup_bio) BIO *bio = NULL;
	CLEANUP(cleanup_ders) struct ders d = { .n = 0 };
	char form[WHAT_IS_MAX];
	enum devid_err rc = cmd_file_read(path, CHAIN_FILE_MAX, &pem, err);

	if (strcmp(path, "-") == 0)
		path = "standard input"; /* in messages */
	if (rc != DEVID_OK)
		return rc;
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	if (!bio)
		return fail_no_memory_for(err, path);
	read_blocks(bio, &d);
	what_is_for((struct view) { pem.data, pem.len }, WHAT_IS_CERT, form);
	if (d.n == 0)
		rc = devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: no certificate in PEM: the file is %s", path,
			form);
	else if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
		rc = devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: malformed PEM behind certificate %zu", path, d.n);
	ERR_clear_error();
	if (rc != DEVID_OK && d.n <= DEVID_CHAIN_MAX)
		return rc;
	memset(ret, 0, sizeof(*ret));
	rc = devid_verifier_check_der(v, d.certs, d.n, serial, &ret->result);
	if (rc != DEVID_OK && rc != DEVID_ERR_NOT_GENUINE)
		return devid_fail(err, rc, "%s: not judged: %s", path,
			devid_err_name(rc));
	ret->status = rc == DEVID_OK ? PEER_GENUINE : PEER_NOT_GENUINE;
	return DEVID_OK;
}

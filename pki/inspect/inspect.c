/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "bytes.h"
#include "cleanup-openssl.h"
#include "fail.h"
#include "inspect-cert.h"
#include "inspect-csr.h"
#include "inspect-other.h"
#include "inspect-private.h"
#include "key.h"
#include "what-is.h"

struct blocks {
	char first[32]; /* name of the first PEM block, "" none */
	struct view certs[INSPECT_CERTS_MAX]; /* owned */
	size_t n_certs;
	struct view request, crl; /* owned */
};

static void cleanup_blocks(struct blocks *b)
{
	for (size_t i = 0; i < b->n_certs; i++)
		OPENSSL_free((void *)(uintptr_t)b->certs[i].data);
	OPENSSL_free((void *)(uintptr_t)b->request.data);
	OPENSSL_free((void *)(uintptr_t)b->crl.data);
}

/* Files one PEM block; what is of no use here is freed. */
static void file_block(
	struct blocks *b, const char *name, unsigned char *data, long len)
{
	struct view der = { data, (size_t)len };

	if (b->first[0] == '\0')
		(void)snprintf(b->first, sizeof(b->first), "%s", name);
	if (strcmp(name, PEM_STRING_X509) == 0 &&
		b->n_certs < INSPECT_CERTS_MAX)
		b->certs[b->n_certs++] = der;
	else if ((strcmp(name, PEM_STRING_X509_REQ) == 0 ||
			 strcmp(name, PEM_STRING_X509_REQ_OLD) == 0) &&
		 !b->request.data)
		b->request = der;
	else if (strcmp(name, PEM_STRING_X509_CRL) == 0 && !b->crl.data)
		b->crl = der;
	else
		OPENSSL_clear_free(data, (size_t)len); /* may be a key */
}

static void read_pem(struct view data, struct blocks *b)
{
	CLEANUP(cleanup_bio)
	BIO *bio = BIO_new_mem_buf(data.data, (int)data.len);
	char *name, *header;
	unsigned char *der;
	long len;

	while (bio && PEM_read_bio(bio, &name, &header, &der, &len) == 1) {
		file_block(b, name, der, len);
		OPENSSL_free(name);
		OPENSSL_free(header);
	}
	ERR_clear_error();
}

static bool inspect_pem(struct inspect_run *run, struct view data)
{
	CLEANUP(cleanup_blocks) struct blocks b = { .n_certs = 0 };

	read_pem(data, &b);
	if (strcmp(b.first, "DEVID CHALLENGE") == 0)
		inspect_challenge(run, data);
	else if (strcmp(b.first, "DEVID ANSWER") == 0)
		inspect_answer(run, data);
	else if (b.request.data)
		inspect_request(run, b.request);
	else if (b.n_certs > 0)
		inspect_chain(run, b.certs, b.n_certs);
	else if (b.crl.data)
		inspect_crl(run, b.crl);
	else
		return false;
	return true;
}

/* csrContents begin with version, TPM_ALG_ID of a hash and its size; the whole
 * request with version and two larger sizes (TCG DevID 13.1). */
static bool is_contents(struct view data)
{
	uint64_t alg = bytes_load(data.data + 4, 4);
	uint64_t len = bytes_load(data.data + 8, 4);

	return (alg == 0x4 && len == 20) || (alg == HASH_SHA256 && len == 32) ||
	       (alg == HASH_SHA384 && len == 48) ||
	       (alg == HASH_SHA512 && len == 64);
}

static bool is_request(struct view data)
{
	const unsigned char *p = data.data;
	CLEANUP(cleanup_x509_req)
	X509_REQ *req = d2i_X509_REQ(NULL, &p, (long)data.len);

	ERR_clear_error();
	return req != NULL;
}

static bool is_crl(struct view data)
{
	const unsigned char *p = data.data;
	CLEANUP(cleanup_x509_crl)
	X509_CRL *crl = d2i_X509_CRL(NULL, &p, (long)data.len);

	ERR_clear_error();
	return crl != NULL;
}

static bool inspect_binary(struct inspect_run *run, struct view data)
{
	static const uint8_t nv_header[] = { 0x10, 0x01, 0x00 };
	char form[WHAT_IS_MAX];
	bool may_be_cert;

	what_is(data, form);
	/* Not an attribute certificate, nor a key. */
	may_be_cert =
		!what_is_known(data) || strcmp(form, WHAT_IS_CERT_DER) == 0;
	if (data.len >= 12 && bytes_load(data.data, 4) == TCG_CSR_STRUCT_VER)
		inspect_csr(run, data, is_contents(data));
	else if (data.len > 2 && data.data[0] == DER_SEQUENCE &&
		 is_request(data))
		inspect_request(run, data);
	else if (data.len > 2 && data.data[0] == DER_SEQUENCE && is_crl(data))
		inspect_crl(run, data);
	else if (data.len > 2 && may_be_cert &&
		 (data.data[0] == DER_SEQUENCE ||
			 memcmp(data.data, nv_header, 3) == 0))
		inspect_chain(run, &data, 1);
	else
		return false;
	return true;
}

enum devid_err inspect(const struct inspect_options *options, struct view data,
	json_t **ret, bool *ret_refused, struct devid_error *err)
{
	struct inspect_run run = {
		.options = options,
		.subject = json_object(),
		.rules = json_array(),
	};
	char form[WHAT_IS_MAX];
	bool pem = memmem(data.data, data.len, "-----BEGIN ", 11) != NULL;
	bool known;

	run.failed = !run.subject || !run.rules;
	known = pem ? inspect_pem(&run, data) : inspect_binary(&run, data);
	if (!known) {
		what_is(data, form);
		json_decref(run.subject);
		json_decref(run.rules);
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"no TCG-CSR, certificate, request, revocation list, "
			"challenge or answer: the file is %s",
			form);
	}
	*ret = json_pack("{s:s, s:o, s:o}", "kind", run.kind, "subject",
		run.subject, "rules", run.rules);
	if (*ret && !run.failed) {
		*ret_refused = run.refused;
		return DEVID_OK;
	}
	json_decref(*ret);
	return fail_no_memory(err);
}

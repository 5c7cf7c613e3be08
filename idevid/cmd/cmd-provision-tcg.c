/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd-provision-tcg.h"

#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#include "challenge.h"
#include "client.h"
#include "cmd-provision-io.h"
#include "fail.h"
#include "provision-ek.h"
#include "provision-step.h"
#include "tcg-csr.h"
#include "tpm-public.h"
#include "tpm-signature.h"

#define SIGNATURE_MAX 600 /* TPMT_SIGNATURE, RSA-4096 */

static struct view text_of(const char *text)
{
	return (struct view) { (const uint8_t *)text, text ? strlen(text) : 0 };
}

static struct view view_of(const struct key_blob *blob)
{
	return (struct view) { blob->data, blob->len };
}

static enum devid_err encode_contents(struct provision *p, enum sig_hash hash,
	struct room *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free)
	struct wire_attest *said = malloc(sizeof(*said));
	CLEANUP(cleanup_free)
	struct provision_ek *ek = calloc(1, sizeof(*ek));
	struct view field[TCG_CSR_N_FIELDS] = { 0 };
	enum devid_err rc = DEVID_OK;

	if (!said || !ek)
		return fail_no_memory(err);
	if (p->ek_certificate)
		rc = provision_ek_read(p->ek_certificate, ek, err);
	if (rc == DEVID_OK)
		rc = client_attest(
			p->env.socket, p->key, view_of(&ek->cert), said, err);
	if (rc == DEVID_OK)
		rc = provision_ek_add(ek,
			(struct view) {
				said->ek_chain.data, said->ek_chain.len },
			err);
	if (rc != DEVID_OK)
		return rc;
	field[TCG_CSR_PROD_CA_DATA] =
		(struct view) { ek->above, ek->above_len };
	field[TCG_CSR_PROD_MODEL] = text_of(p->model);
	field[TCG_CSR_PROD_SERIAL] = text_of(p->serial);
	field[TCG_CSR_EK_CERT] = view_of(&said->ek_cert);
	field[TCG_CSR_ATTEST_PUB] = view_of(&said->iak_pub);
	field[TCG_CSR_SIGNING_PUB] = view_of(&said->idevid_pub);
	field[TCG_CSR_SGN_CERTIFY] = view_of(&said->certify);
	field[TCG_CSR_SGN_CERTIFY_SIG] = view_of(&said->certify_sig);
	return tcg_csr_encode_contents(hash, field, ret, err);
}

/* The IDevID's signature over what is in @what as TPMT_SIGNATURE. */
static enum devid_err sign_contents(struct provision *p,
	const struct client_sign *what, struct room *ret,
	struct devid_error *err)
{
	struct key_sig sig;
	enum devid_err rc;

	rc = client_sign(p->env.socket, what, &sig, err);
	if (rc != DEVID_OK)
		return rc;
	return tpm_signature_encode(what->scheme, what->hash,
		(struct view) { sig.data, sig.len }, ret, err);
}

/* The whole request. */
static enum devid_err make_request(
	struct provision *p, struct room *ret, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *buf = malloc(TCG_CSR_MAX);
	struct room contents = { buf, TCG_CSR_MAX, 0 };
	uint8_t sig_buf[SIGNATURE_MAX];
	struct room sig = { sig_buf, sizeof(sig_buf), 0 };
	struct wire_key key = { .alg = KEY_ALG_NONE };
	struct client_sign what = { .key = p->key };
	enum devid_err rc;

	if (!buf)
		return fail_no_memory(err);
	rc = provision_get_key(p, p->key, &key, err);
	if (rc != DEVID_OK)
		return rc;
	what.scheme = key_alg_scheme(key.alg);
	what.hash = key_alg_hash(key.alg);
	rc = encode_contents(p, what.hash, &contents, err);
	if (rc != DEVID_OK)
		return rc;
	what.data = contents.data;
	what.data_len = contents.len;
	rc = sign_contents(p, &what, &sig, err);
	if (rc != DEVID_OK)
		return rc;
	return tcg_csr_encode((struct view) { contents.data, contents.len },
		(struct view) { sig.data, sig.len }, ret, err);
}

/* The register of a CA, and a challenge, hold serials of these only. */
static bool is_printable(const char *text)
{
	for (; *text; text++) {
		if (*text < 0x20 || *text > 0x7e)
			return false;
	}
	return true;
}

int provision_request(struct provision *p)
{
	CLEANUP(cleanup_free) uint8_t *buf = malloc(TCG_CSR_MAX);
	CLEANUP(cleanup_output) struct output *out = NULL;
	struct room request = { buf, TCG_CSR_MAX, 0 };
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	if (!provision_subject_ok(p) || !is_printable(p->serial) ||
		(p->model && !is_printable(p->model)))
		return provision_wrong_call("--serial (and --model) take 1 to "
					    "64 characters of printable ASCII");
	if ((!p->out || strcmp(p->out, "-") == 0) && isatty(STDOUT_FILENO))
		return provision_wrong_call("a request is binary and not for "
					    "a terminal: --out FILE");
	rc = buf ? provision_out(p, 0644, &out, &err) : fail_no_memory(&err);
	if (rc == DEVID_OK)
		rc = make_request(p, &request, &err);
	if (rc == DEVID_OK)
		rc = output_put(out, request.data, request.len, &err);
	return rc == DEVID_OK ? EXIT_SUCCESS : cmd_fail(&err);
}

/* Has the TPM open the challenge. */
static enum devid_err answer_challenge(struct provision *p,
	const struct challenge *in, struct challenge_answer *ret,
	struct devid_error *err)
{
	struct wire_credential what = { in->id_object, in->id_object_len,
		in->enc_secret, in->enc_secret_len };
	struct devid_error cause = { DEVID_OK, "" };
	struct wire_secret secret = { 0 };
	enum devid_err rc;

	rc = client_activate(p->env.socket, p->key, &what, &secret, &cause);
	if (rc == DEVID_OK && secret.len != CHALLENGE_SECRET_LEN)
		rc = devid_fail(&cause, DEVID_ERR_MISMATCH,
			"it holds a secret of %zu bytes", secret.len);
	if (rc == DEVID_OK) {
		memcpy(ret->id, in->id, sizeof(ret->id));
		memcpy(ret->secret, secret.data, sizeof(ret->secret));
		ret->ticket = in->ticket;
	}
	OPENSSL_cleanse(&secret, sizeof(secret));
	if (rc != DEVID_OK)
		return devid_fail(err, rc, "answer: challenge for %s: %s",
			in->serial, devid_error_text(&cause));
	return DEVID_OK;
}

int provision_answer(struct provision *p, const char *path)
{
	CLEANUP(cleanup_output) struct output *out = NULL;
	CLEANUP(cleanup_free) uint8_t *pem = NULL;
	struct devid_error err = { DEVID_OK, "" };
	struct challenge_answer answer = { 0 };
	char text[CHALLENGE_FILE_MAX];
	struct challenge in;
	size_t len = 0;
	enum devid_err rc;

	rc = provision_read(path, CHALLENGE_FILE_MAX, &pem, &len, &err);
	if (rc == DEVID_OK)
		rc = challenge_parse(pem, len, &in, &err);
	if (rc == DEVID_OK)
		rc = provision_out(p, 0600, &out, &err);
	if (rc == DEVID_OK)
		rc = answer_challenge(p, &in, &answer, &err);
	if (rc == DEVID_OK)
		rc = challenge_answer_encode(&answer, text, sizeof(text), &err);
	if (rc == DEVID_OK)
		rc = output_put(out, text, strlen(text), &err);
	OPENSSL_cleanse(&answer, sizeof(answer));
	OPENSSL_cleanse(text, sizeof(text));
	return rc == DEVID_OK ? EXIT_SUCCESS : cmd_fail(&err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "known.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>

#include "cleanup-openssl.h"
#include "conf.h"
#include "keyref.h"

static enum devid_err put(BIO *bio, FILE *out, struct devid_error *err)
{
	char *text;
	long len = BIO_get_mem_data(bio, &text);

	if (len > 0 && fwrite(text, 1, (size_t)len, out) != (size_t)len)
		return devid_fail(err, DEVID_ERR_IO, "bundle: not written");
	return DEVID_OK;
}

static enum devid_err put_chain(struct view der, BIO *to)
{
	const uint8_t *p = der.data, *end = der.data + der.len;

	while (p < end) {
		CLEANUP(cleanup_x509)
		X509 *cert = d2i_X509(NULL, &p, (long)(end - p));

		if (!cert || !PEM_write_bio_X509(to, cert)) {
			ERR_clear_error();
			return DEVID_ERR_SYNTAX;
		}
	}
	return DEVID_OK;
}

enum devid_err known_certificates(
	const char *path, struct view pem, FILE *out, struct devid_error *err)
{
	CLEANUP(cleanup_bio)
	BIO *from = BIO_new_mem_buf(pem.data, (int)pem.len);
	CLEANUP(cleanup_bio) BIO *to = BIO_new(BIO_s_mem());
	int n = 0;

	while (from && to) {
		CLEANUP(cleanup_x509)
		X509 *cert = PEM_read_bio_X509_AUX(from, NULL, NULL, NULL);

		if (!cert)
			break;
		if (!PEM_write_bio_X509(to, cert))
			return devid_fail(
				err, DEVID_ERR_NOMEM, "%s: no memory", path);
		n++;
	}
	ERR_clear_error(); /* the end of the file is one */
	if (n == 0 && (!to || pem.len == 0 || put_chain(pem, to) != DEVID_OK))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"%s: no certificate in it", path);
	return put(to, out, err);
}

enum devid_err known_chain(struct view der, FILE *out, struct devid_error *err)
{
	CLEANUP(cleanup_bio) BIO *to = BIO_new(BIO_s_mem());

	if (!to)
		return devid_fail(err, DEVID_ERR_NOMEM, "chain: no memory");
	if (put_chain(der, to) != DEVID_OK)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "chain: not a DER certificate");
	return put(to, out, err);
}

enum devid_err known_reference(
	const char *path, struct view pem, FILE *out, struct devid_error *err)
{
	CLEANUP(cleanup_bio)
	BIO *from = BIO_new_mem_buf(pem.data, (int)pem.len);
	CLEANUP(cleanup_bio) BIO *to = BIO_new(BIO_s_mem());
	CLEANUP(cleanup_openssl) char *label = NULL, *header = NULL;
	CLEANUP(cleanup_openssl) unsigned char *der = NULL;
	uint8_t again[KEYREF_DER_MAX];
	struct keyref ref;
	size_t again_len;
	enum devid_err rc;
	long len = 0;

	if (!from || !PEM_read_bio(from, &label, &header, &der, &len) ||
		strcmp(label, KEYREF_PEM_NAME) != 0) {
		ERR_clear_error();
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "%s: no key reference", path);
	}
	rc = keyref_parse(der, (size_t)len, &ref, err);
	if (rc == DEVID_OK)
		rc = keyref_encode(&ref, again, &again_len, err);
	if (rc != DEVID_OK)
		return rc;
	if (!to ||
		!PEM_write_bio(to, KEYREF_PEM_NAME, "", again, (long)again_len))
		return devid_fail(err, DEVID_ERR_NOMEM, "%s: no memory", path);
	return put(to, out, err);
}

/* Shown as it was understood; the rest of its line is not. */
static enum devid_err show(void *target, const char *value, const char *rest,
	const struct conf_setting *row, struct devid_error *err)
{
	FILE *out = *(FILE **)target;

	(void)rest; /* no pattern */
	(void)err;
	(void)fprintf(out, "%s.%s = ", row->section, row->name);
	for (; *value; value++)
		(void)fputc((unsigned char)*value < ' ' ? '?' : *value, out);
	(void)fputc('\n', out);
	return DEVID_OK;
}

/* A URL may have a user's name and password in it, before its last '@'. */
static enum devid_err show_proxy(void *target, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	const char *at = strrchr(value, '@');
	const char *scheme = strstr(value, "://");
	FILE *out = *(FILE **)target;

	if (!at)
		return show(target, value, rest, row, err);
	(void)fprintf(out, "%s.%s = ", row->section, row->name);
	if (scheme && scheme < at)
		(void)fprintf(out, "%.*s://", (int)(scheme - value), value);
	(void)fputs("(hidden)", out);
	for (; *at; at++)
		(void)fputc((unsigned char)*at < ' ' ? '?' : *at, out);
	(void)fputc('\n', out);
	return DEVID_OK;
}

/* devid.conf(5); tests/docs holds this to it. */
#define SETTINGS(X)                                                            \
	X("keyd", "socket")                                                    \
	X("keyd", "tcti")                                                      \
	X("keyd", "state_dir")                                                 \
	X("keyd", "metrics_file")                                              \
	X("keyd", "connections_max")                                           \
	X("keyd", "tpm_timeout")                                               \
	X("keyd", "certificate_in_nv")                                         \
	X("keyd", "shutdown_every")                                            \
	X("keyd", "lockout_reset")                                             \
	X("keyd", "tls_client")                                                \
	X("keyd", "tls_server")                                                \
	X("keyd", "csr")                                                       \
	X("keyd", "manage")                                                    \
	X("keyd", "manage_ldevid")                                             \
	X("keyd", "manage_keys")                                               \
	X("keyd", "parent_handle")                                             \
	X("keyd", "epoch_nv")                                                  \
	X("keyd", "minimum_certification")                                     \
	X("keyd", "owner_auth")                                                \
	X("keyd", "endorsement_auth")                                          \
	X("key *", "users")                                                    \
	X("key *", "handle")                                                   \
	X("key *", "nv")                                                       \
	X("agent", "ports")                                                    \
	X("agent", "state_dir")                                                \
	X("agent", "run_dir")                                                  \
	X("agent", "supplicant")                                               \
	X("agent", "supplicant_user")                                          \
	X("agent", "provider_dir")                                             \
	X("agent", "hooks_dir")                                                \
	X("agent", "keyd_socket")                                              \
	X("agent", "identity")                                                 \
	X("agent", "key")                                                      \
	X("agent", "cert")                                                     \
	X("agent", "clock_floor")                                              \
	X("agent", "start_wait")                                               \
	X("agent", "auth_wait")                                                \
	X("agent", "open_port")                                                \
	X("agent", "owner_identity")                                           \
	X("eap", "identity")                                                   \
	X("eap", "tls_min")                                                    \
	X("eap", "tls_max")                                                    \
	X("eap", "trust")                                                      \
	X("eap", "ca")                                                         \
	X("eap", "server_name")                                                \
	X("enroll", "onboard")                                                 \
	X("enroll", "registrar")                                               \
	X("enroll", "label")                                                   \
	X("enroll", "est_trust")                                               \
	X("enroll", "proxy")                                                   \
	X("enroll", "key_type")                                                \
	X("enroll", "program")                                                 \
	X("enroll", "user")                                                    \
	X("enroll", "hooks")                                                   \
	X("device", "firmware_version")

/* clang-format off */
#define SHOW(section, name) { section, name, show, 0, 0, 0 },
#define SKIP(section, name) { section, name, conf_skip, 0, 0, 0 },
#define END { NULL, NULL, NULL, 0, 0, 0 }

static const struct conf_setting shown[] = {
	{ "enroll", "proxy", show_proxy, 0, 0, 0 }, /* before the others */
	SETTINGS(SHOW)
	SKIP("keyd", "*")
	SKIP("agent", "*")
	SKIP("eap", "*")
	SKIP("enroll", "*")
	SKIP("device", "*")
	SKIP("key *", "*")
	SKIP("*", "*") /* of nobody: known_names() tells of it */
	END,
};

static const struct conf_setting names[] = { SETTINGS(SKIP) END };
/* clang-format on */

enum devid_err known_settings(
	const char *path, const char *text, FILE *out, struct devid_error *err)
{
	return conf_parse(path, text, shown, &out, err);
}

enum devid_err known_names(
	const char *path, const char *text, struct devid_error *err)
{
	return conf_parse(path, text, names, NULL, err);
}

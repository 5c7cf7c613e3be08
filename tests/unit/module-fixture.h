/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_MODULE_FIXTURE_H
#define TEST_MODULE_FIXTURE_H

/* A DevID module on a software TPM of its own. Everything asserts. */

#include <stdbool.h>
#include <stddef.h>

#include "certs.h"
#include "module.h"
#include "swtpm.h"

struct fixture {
	struct swtpm tpm;
	struct tempdir state;
	struct keystore *ks; /* owned */
	struct module *m;    /* owned */
	struct certs_node ca;
	bool in_nv;
};

/* What the module warned of since it was started. */
extern char fixture_warnings[2000];

/* For cmocka: a new TPM and a module on it; *@state is the fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Starts the module, through the faulty TCTI or not; ends it; does both. */
void fixture_start(struct fixture *f, bool faulty);
void fixture_stop(struct fixture *f);
void fixture_restart(struct fixture *f);

/* Makes the keys. */
void fixture_create(struct fixture *f, enum key_alg alg);

/* Valid until the next call. */
struct wire_status *fixture_status(struct fixture *f);

/* What the status says of the IDevID key. */
struct wire_key fixture_idevid(struct fixture *f);

/* A certificate for the public key @spki, grown by @more bytes. */
struct certs_node fixture_certify(
	struct fixture *f, const struct keystore_blob *spki, size_t more);

/* Installs @leaf, and the certificate of its CA behind it or not. */
enum devid_err fixture_install(
	struct fixture *f, const struct certs_node *leaf, bool with_ca);

/* A device with key and certificate, which is the caller's. */
struct certs_node fixture_provision(struct fixture *f, enum key_alg alg);

/* A TLS 1.3 CertificateVerify of a client, for a key of @alg. */
struct module_sign fixture_tls13_request(enum key_alg alg);

/* Signs it as devid-keyd does: purpose first, then the signature. */
enum devid_err fixture_sign(
	struct fixture *f, enum key_alg alg, struct devid_error *err);

/* Whether the state folder has @name. */
bool fixture_file_exists(struct fixture *f, const char *name);

#endif

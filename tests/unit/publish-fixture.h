/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_PUBLISH_FIXTURE_H
#define TEST_PUBLISH_FIXTURE_H

/* A CA with keys in memory, a register, a publish folder, devices.
 * Asserts. */

#include "build-fixture.h"
#include "ca.h"
#include "tempdir.h"

struct publish_fixture {
	struct build_fixture build;
	struct tempdir dir;
	struct ca_conf conf;
	struct ca ca; /* name "unit" */
};

/* @uri: of an empty register; NULL: SQLite, in the fixture's folder. */
void publish_fixture_init(struct publish_fixture *f, const char *uri);
void publish_fixture_done(struct publish_fixture *f);

/* Opens the same CA once more, as another process would. */
void publish_fixture_open(
	struct publish_fixture *f, const char *instance, struct ca *ret);
void publish_fixture_close(struct ca *ca);

/* Adds device @serial with an IDevID and an IAK; their serial numbers. */
void publish_fixture_device(struct publish_fixture *f, const char *serial,
	uint8_t ret[N_KEY_ROLES][SERIAL_LEN]);

/* Revokes one certificate. */
void publish_fixture_revoke(struct publish_fixture *f,
	const uint8_t serial[SERIAL_LEN], int64_t when, int reason);

/* Makes a certificate of an OCSP responder, and its key, the CA's. */
void publish_fixture_delegate(struct publish_fixture *f, int64_t not_after);

#endif

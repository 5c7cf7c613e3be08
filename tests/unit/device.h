/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_DEVICE_H
#define TEST_DEVICE_H

/*
 * A device for tests: a software TPM and the devid-keyd of the same build,
 * with an IDevID key and its certificate. Both die with the test. Everything
 * asserts.
 */

#include <sys/types.h>

#include "certs.h"
#include "keyref.h"
#include "keystore.h"
#include "swtpm.h"
#include "tempdir.h"

struct device {
	struct swtpm tpm;
	struct tempdir dir; /* of devid-keyd: state, socket, configuration */
	pid_t keyd;         /* 0 while it does not run */
	enum key_alg alg;
	struct keyref ref;
	struct certs_node leaf;
};

/* Where this build's programs are: $DEVID_BUILD, or the folder above the
 * test's own. Borrowed, static. */
const char *device_build(void);

/* A new device, running, with a key of @alg that @ca certified. */
void device_new(
	struct device *dev, enum key_alg alg, const struct certs_node *ca);
void device_free(struct device *dev);

/* Ends devid-keyd, and checks that it ended well; starts it again. */
void device_stop_keyd(struct device *dev);
void device_start_keyd(struct device *dev);

/* Makes its key socket the one that clients in this process find. */
void device_use(const struct device *dev);

#endif

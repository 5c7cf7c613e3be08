/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_FACT_CERT_H
#define DEVID_FACT_CERT_H

/* Certificates as facts. @der is one certificate. */

#include <jansson.h>
#include <stddef.h>

#include "view.h"

/* Its names, validity and fingerprint; json null when it is none. */
json_t *fact_certificate(struct view der);

/* Its text of PEM; NULL without memory. */
json_t *fact_pem(struct view der);

/* Hex SHA-256 of @in, at most @size bytes with the zero; "" on failure. */
void fact_sha256(struct view in, char *ret, size_t size);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_IDENTITY_PRINT_H
#define DEVID_IDENTITY_PRINT_H

/* Prints for people what facts.h has gathered of keys and keystore. */

#include <jansson.h>
#include <stdbool.h>

/* One key; @well: the keystore answers now. */
void identity_print(const json_t *key, bool well);

/* A certificate, indented. */
void identity_print_certificate(const json_t *cert);

/* What there is to know of a keystore beside its state. */
void keystore_print(const json_t *keystore);

#endif

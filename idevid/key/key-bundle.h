/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_KEY_BUNDLE_H
#define DEVID_KEY_BUNDLE_H

/* What a CA hands a device in one file: the certificates of both its keys and
 * all above them, roots as well. Limits of ours, which the device holds at its
 * last step and the CA before it issues. */

#include "key.h"
#include "wire.h"

#define KEY_BUNDLE_CERTS 16
#define KEY_BUNDLE_DER   WIRE_CHAIN_MAX /* bytes */
#define KEY_BUNDLE_PEM   65536          /* bytes, with what stands between */

/* The share of those above: each of a device's own takes what it may. */
#define KEY_ABOVE_CERTS (KEY_BUNDLE_CERTS - N_MAKER_ROLES)
#define KEY_ABOVE_DER   (KEY_BUNDLE_DER - N_MAKER_ROLES * KEY_CERT_MAX)
#define KEY_ABOVE_PEM   (KEY_BUNDLE_PEM - N_MAKER_ROLES * KEY_CERT_MAX * 3 / 2)

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_TPM_NV_HEADER_H
#define DEVID_TPM_NV_HEADER_H

/*
 * What tools for TPM 1.2 put before a certificate in NV, and some vendors of
 * TPM 2.0 still do (TCG PC Client 1.2, 7.4.5): TCG_TAG_PCCLIENT_STORED_CERT,
 * TCG_FULL_CERT, the length of what follows, TCG_TAG_PCCLIENT_FULL_CERT.
 */

#include "view.h"

/*
 * Takes the header off the front of @in; false, and @in as it was, when there
 * is none. *@ret_len is what it says of the length of the DER behind it; it is
 * for the caller to compare.
 */
bool tpm_nv_header_take(struct view *in, size_t *ret_len);

#endif

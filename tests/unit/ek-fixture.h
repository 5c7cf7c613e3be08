/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_EK_FIXTURE_H
#define TEST_EK_FIXTURE_H

/* A TPM vendor for tests: EK certificates, CRLs, trust folders. Everything
 * asserts. */

#include "certs.h"
#include "ek-cert.h"
#include "tempdir.h"

#define EK_OID_SDA "551d09"
#define EK_EKU     "3007 0605 6781050801" /* tcg-kp-EKCertificate */

/* TPMSpecification 2.0, level 0, revision 138 */
#define EK_SPECIFICATION                                                       \
	"3017 0605 6781050210 310e 300c 0c03322e30 020100 0202008a"

/* A good specification of an EK certificate: Infineon, model "SLB 9672",
 * firmware id:00010102, EAL 4+ completed, FIPS level 2; for an EC key. */
struct certs_spec ek_fixture_spec(void);

/* Hex of a subjectAltName with these names; NULL leaves one out. Valid until
 * the 16th next call. */
const char *ek_fixture_san(
	const char *manufacturer, const char *model, const char *version);

/* Hex of subject directory attributes: one TPMSecurityAssertions with the
 * content @assertions (hex). Valid as above. */
const char *ek_fixture_sda(const char *assertions);

/* DER of a revocation list of @issuer, with the serial number @revoked (hex,
 * NULL: none), valid until 2049 or until @next ("U..."). */
struct certs_buf ek_fixture_crl(
	const struct certs_node *issuer, const char *revoked, const char *next);

/* Writes the certificate or other DER to @name in @dir. */
void ek_fixture_write(const struct tempdir *dir, const char *name,
	const struct certs_buf *der);

/* ek_cert_parse() of what is in @der; asserts that it is read. */
struct ek_cert ek_fixture_parse(const struct certs_buf *der);

#endif

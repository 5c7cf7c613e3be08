/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the lab's frauds: preloaded into an unmodified wpa_supplicant, it lets a
 * thief present a certificate whose key he does not have. OpenSSL would refuse
 * to pair a foreign key with it, so this answers that question with yes; then
 * the handshake carries the genuine certificate and a signature by the thief's
 * key, and only the server's check of that signature is left.
 */
#include <openssl/x509.h>

__attribute__((visibility("default"))) int X509_check_private_key(
	const X509 *certificate, const EVP_PKEY *key)
{
	(void)certificate; /* that they do not belong together is the point */
	(void)key;
	return 1;
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-crl N: milliseconds to build and sign a CRL of N entries with the CA's
 * own code, key in memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmocka-all.h"

#include "build.h"
#include "memory-signer.h"
#include "build-cert.h"
#include "build-crl.h"

int main(int argc, char **argv)
{
	const struct build_urls urls = { NULL, NULL, NULL };
	size_t n = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	struct build_revoked *entries = calloc(n + 1, sizeof(*entries));
	struct signer *signer = memory_signer_new("p256");
	X509 *cert = memory_signer_ca(signer, "bench");
	struct build_crl what = { .number = 1,
		.this_update = time(NULL),
		.next_update = time(NULL) + 86400,
		.n = n,
		.entries = entries };
	struct devid_error err = { DEVID_OK, "" };
	struct build_issuer *issuer = NULL;
	struct timespec a, b;
	struct blob der = { NULL, 0 };

	if (n == 0 || !entries)
		return 2;
	for (size_t i = 0; i < n; i++) {
		assert_rc(build_serial(entries[i].serial, &err), DEVID_OK);
		entries[i].serial_len = SERIAL_LEN;
		entries[i].when = time(NULL);
		entries[i].reason = (int)(i % 6);
	}
	assert_rc(
		build_issuer_new(cert, signer, &urls, &issuer, &err), DEVID_OK);
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	assert_rc(build_crl(issuer, &what, &der, &err), DEVID_OK);
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	(void)printf("{\"entries\":%zu,\"bytes\":%zu,\"ms\":%.1f}\n", n,
		der.len,
		(double)(b.tv_sec - a.tv_sec) * 1e3 +
			(double)(b.tv_nsec - a.tv_nsec) / 1e6);
	blob_done(&der);
	free(entries);
	build_issuer_free(issuer);
	X509_free(cert);
	signer_free(signer);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "flight.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "wpaconf.h"

#define CHAIN_MAX 32768 /* bytes of PEM */
/*
 * TLS 1.3 (RFC 8446 4.4, 5.2): message headers 16, Finished 32, three records
 * of 22. TLS 1.2 with its ClientKeyExchange comes to about the same.
 */
#define OVERHEAD      130
#define PER_CERT      5
#define SIGNATURE_EC  72
#define SIGNATURE_RSA 256 /* and the larger ones of longer certificates */

/* Bytes of DER in the base64 body that begins at @p. */
static size_t body_len(const char *p, const char *end)
{
	size_t chars = 0;

	for (; p < end && *p != '-'; p++)
		chars += *p != '\n' && *p != '\r' && *p != '=';
	return chars * 3 / 4;
}

uint32_t flight_fragments_of(const char *pem, size_t len)
{
	static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
	const char *end = pem + len;
	size_t total = 0;
	size_t leaf = 0;
	const char *p = pem;

	while ((p = memmem(p, (size_t)(end - p), begin, sizeof(begin) - 1))) {
		size_t n;

		p += sizeof(begin) - 1;
		n = body_len(p, end);
		leaf = leaf ? leaf : n;
		total += n + PER_CERT;
	}
	if (total == 0)
		return 0;
	/* An RSA key of 2048 bits alone makes a certificate that long. */
	total += OVERHEAD + (leaf > 760 ? SIGNATURE_RSA : SIGNATURE_EC);
	return (uint32_t)((total + WPACONF_FRAGMENT - 1) / WPACONF_FRAGMENT);
}

/* Whoever owns it: the certificate belongs to the key service, and its length
 * decides nothing. */
uint32_t flight_fragments(const char *path)
{
	CLEANUP(cleanup_close)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	CLEANUP(cleanup_free) char *text = NULL;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
		st.st_size <= 0 || st.st_size > CHAIN_MAX)
		return 0;
	text = malloc((size_t)st.st_size);
	if (!text)
		return 0;
	n = read(fd, text, (size_t)st.st_size);
	return n > 0 ? flight_fragments_of(text, (size_t)n) : 0;
}

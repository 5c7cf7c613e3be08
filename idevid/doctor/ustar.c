/* SPDX-License-Identifier: Apache-2.0 */
#include "ustar.h"

#include <stdio.h>
#include <string.h>

/* Where the fields of a header are, and how long. */
enum {
	NAME = 0,
	MODE = 100,
	UID = 108,
	GID = 116,
	SIZE = 124,
	MTIME = 136,
	CHECKSUM = 148,
	TYPE = 156,
	MAGIC = 257,
	UNAME = 265,
	GNAME = 297,
};
#define SIZE_LIMIT 077777777777ull /* eleven octal digits */

/* The digits of @value and a NUL in @width bytes. */
static void put_octal(unsigned char *field, int width, unsigned long long value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%0*llo", width - 1, value);
	memcpy(field, text, (size_t)width);
}

/* All bytes added, those of the field itself taken as blanks. */
static void put_checksum(unsigned char h[USTAR_BLOCK])
{
	unsigned sum = 0;

	memset(h + CHECKSUM, ' ', 8);
	for (int i = 0; i < USTAR_BLOCK; i++)
		sum += h[i];
	put_octal(h + CHECKSUM, 7, sum);
}

enum devid_err ustar_header(const char *name, uint64_t len, time_t mtime,
	unsigned char h[USTAR_BLOCK], struct devid_error *err)
{
	size_t name_len = strlen(name);

	if (name_len > USTAR_NAME_MAX || len > SIZE_LIMIT)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"tar: %.100s: too long", name);
	memset(h, 0, USTAR_BLOCK);
	memcpy(h + NAME, name, name_len);
	put_octal(h + MODE, 8, 0644);
	put_octal(h + UID, 8, 0);
	put_octal(h + GID, 8, 0);
	put_octal(h + SIZE, 12, len);
	/* A clock of before 1970 is not told. */
	put_octal(h + MTIME, 12,
		mtime > 0 ? (unsigned long long)mtime & SIZE_LIMIT : 0);
	h[TYPE] = '0';
	memcpy(h + MAGIC, "ustar\00000", 8);
	memcpy(h + UNAME, "root", 4);
	memcpy(h + GNAME, "root", 4);
	put_checksum(h);
	return DEVID_OK;
}

enum devid_err ustar_add(struct output *out, const char *name, struct view data,
	time_t mtime, struct devid_error *err)
{
	static const unsigned char zeros[USTAR_BLOCK];
	unsigned char header[USTAR_BLOCK];
	size_t rest = data.len % USTAR_BLOCK;
	enum devid_err rc;

	rc = ustar_header(name, data.len, mtime, header, err);
	if (rc == DEVID_OK)
		rc = output_write(out, header, sizeof(header), err);
	if (rc == DEVID_OK && data.len > 0)
		rc = output_write(out, data.data, data.len, err);
	if (rc == DEVID_OK && rest > 0)
		rc = output_write(out, zeros, USTAR_BLOCK - rest, err);
	return rc;
}

enum devid_err ustar_end(struct output *out, struct devid_error *err)
{
	static const unsigned char zeros[2 * USTAR_BLOCK];

	return output_write(out, zeros, sizeof(zeros), err);
}

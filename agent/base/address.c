/* SPDX-License-Identifier: Apache-2.0 */
#include "address.h"

#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "fail.h"
#include "files.h"

enum devid_err address_path(const char *run_dir, const char *port,
	char ret[PATH_MAX], struct devid_error *err)
{
	size_t len = strlen(port);
	int n;

	/* What the kernel takes for a name (dev_valid_name()), and no more. */
	if (len == 0 || len >= IFNAMSIZ || port[0] == '.' ||
		strpbrk(port, "/: \t\n\v\f\r"))
		return devid_fail(err, DEVID_ERR_INVALID,
			"address: not the name of an interface");
	n = snprintf(ret, PATH_MAX, "%s/domain.%s", run_dir, port);
	if (n < 0 || n >= PATH_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"address: %s: name too long", port);
	return DEVID_OK;
}

static enum devid_err write_note(
	const char *path, const char *domain, struct devid_error *err)
{
	return files_write_unsynced(path, domain, strlen(domain), 0644, err);
}

enum devid_err address_note(const char *run_dir, const char *port,
	const char *domain, struct devid_error *err)
{
	char path[PATH_MAX];
	enum devid_err refused = DEVID_OK, rc;

	rc = address_path(run_dir, port, path, err);
	if (rc != DEVID_OK)
		return rc;
	if (!domain)
		domain = "";
	if (*domain)
		refused = domain_check(domain, err);
	rc = write_note(path, refused == DEVID_OK ? domain : "", err);
	return refused != DEVID_OK ? refused : rc;
}

enum devid_err address_read(const char *run_dir, const char *port,
	char ret_domain[DOMAIN_MAX + 1], struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	char path[PATH_MAX];
	size_t len;
	enum devid_err rc;

	rc = address_path(run_dir, port, path, err);
	if (rc == DEVID_OK)
		rc = files_read(path, DOMAIN_MAX, &text, &len, err);
	if (rc != DEVID_OK)
		return rc;
	if (strlen((const char *)text) != len) /* a NUL in it */
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s: domain: not a DNS name", path);
	if (len > 0)
		rc = domain_check((const char *)text, err);
	if (rc == DEVID_OK)
		memcpy(ret_domain, text, len + 1);
	return rc;
}

enum devid_err address_forget(
	const char *run_dir, const char *port, struct devid_error *err)
{
	char path[PATH_MAX];
	enum devid_err rc = address_path(run_dir, port, path, err);

	if (rc != DEVID_OK)
		return rc;
	if (unlink(path) < 0 && errno != ENOENT)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", path, strerror(errno));
	return DEVID_OK;
}

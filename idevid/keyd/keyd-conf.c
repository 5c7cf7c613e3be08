/* SPDX-License-Identifier: Apache-2.0 */
#include "keyd-conf.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "files.h"
#include "keyd-policy.h"
#include "tpm.h"

enum devid_err keyd_conf_place(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	unsigned long n;
	char *end;

	(void)rest; /* no pattern */
	(void)row;
	errno = 0;
	n = strtoul(value, &end, 16);
	if (strncmp(value, "0x", 2) != 0 || *end || errno || n > UINT32_MAX)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s': not a handle as 0x81020010", value);
	*(uint32_t *)member = (uint32_t)n;
	return DEVID_OK;
}

static enum devid_err find_key(
	const char *name, enum key_id *ret, struct devid_error *err)
{
	if (!key_id_by_name(name, ret))
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s': there is no key of that name", name);
	/* [key tls] would look as if it were all of them, and two sections
	 * could be of one key. */
	if (strcmp(name, key_id_name(*ret)) != 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s': the name of this key is %s", name,
			key_id_name(*ret));
	return DEVID_OK;
}

enum devid_err keyd_conf_key_place(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	uint32_t *places = member; /* N_KEYS */
	enum key_id id;
	enum devid_err rc = find_key(rest, &id, err);

	if (rc == DEVID_OK && places[id] == 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"%s keeps no certificate in NV", rest);
	return rc == DEVID_OK
		       ? keyd_conf_place(&places[id], value, rest, row, err)
		       : rc;
}

enum devid_err keyd_conf_users(void *member, const char *value,
	const char *rest, const struct conf_setting *row,
	struct devid_error *err)
{
	struct policy *policy = member;
	enum key_id id;
	enum devid_err rc = find_key(rest, &id, err);

	(void)row;
	if (rc != DEVID_OK)
		return rc;
	policy->is_limited[id] = true;
	return policy_parse_list(value, false, &policy->users[id], err);
}

/* The password in @path, without the end of its line. */
static enum devid_err read_auth(
	const char *path, struct tpm_auth *ret, struct devid_error *err)
{
	struct blob file = { NULL, 0 };
	enum devid_err rc = files_read_secret(
		path, sizeof(ret->data) + 1, S_IRWXO, &file, err);
	size_t len = file.len;

	if (rc != DEVID_OK)
		return rc;
	if (len > 0 && file.data[len - 1] == '\n')
		len--;
	if (len == 0 || len > sizeof(ret->data)) {
		rc = devid_fail(err, DEVID_ERR_INVALID,
			"%s: a password of %zu bytes, 1 to %zu are taken", path,
			len, sizeof(ret->data));
	} else {
		memcpy(ret->data, file.data, len);
		ret->len = (uint8_t)len;
	}
	OPENSSL_cleanse(file.data, file.len);
	blob_done(&file);
	return rc;
}

enum devid_err keyd_conf_auth(void *member, const char *value, const char *rest,
	const struct conf_setting *row, struct devid_error *err)
{
	char *path = NULL;
	enum devid_err rc = conf_path(&path, value, err);

	(void)rest; /* no pattern */
	(void)row;
	if (rc == DEVID_OK)
		rc = read_auth(path, member, err);
	free(path);
	return rc;
}

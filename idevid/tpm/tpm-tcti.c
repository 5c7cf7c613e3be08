/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-tcti.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tctildr.h>

#include "conf.h"
#include "tpm-device.h"

#define NAME_MAX_LEN 255
#define PORT_MAX     65535

/* What the simulators' modules take: key=value, a comma between them. */
static enum devid_err check_pairs(
	const char *name, const char *text, struct devid_error *err)
{
	static const char *const keys[] = { "host", "port", "path" };

	while (*text) {
		size_t len = strcspn(text, ","), key = strcspn(text, "=,");
		bool known = false;
		unsigned port;
		char value[8];

		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			known |= text[key] == '=' && strlen(keys[i]) == key &&
				 memcmp(text, keys[i], key) == 0;
		if (!known || key + 1 == len)
			return devid_fail(err, DEVID_ERR_INVALID,
				"'%.*s' is not host=, port= or path= of %s",
				(int)len, text, name);
		(void)snprintf(value, sizeof(value), "%.*s",
			(int)(len - key - 1), text + key + 1);
		if (memcmp(text, "port", key) == 0 &&
			(len - key - 1 >= sizeof(value) ||
				conf_uint(value, 1, PORT_MAX, &port, NULL) !=
					DEVID_OK))
			return devid_fail(err, DEVID_ERR_INVALID,
				"'%.*s' is not port= with 1 to %d", (int)len,
				text, PORT_MAX);
		text += len + (text[len] == ',');
	}
	return DEVID_OK;
}

static enum devid_err check_argument(
	const char *name, const char *text, struct devid_error *err)
{
	/* The library would look for one itself, and could not say later which
	 * is missing. */
	if (strcmp(name, "device") == 0 && !*text)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'device' names no device: write " TPM_DEVICE_AUTO
			", or device: and its path");
	if (strcmp(name, "device") == 0 && *text != '/')
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is not an absolute path of a device", text);
	if (strcmp(name, "swtpm") == 0 || strcmp(name, "mssim") == 0)
		return check_pairs(name, text, err);
	return DEVID_OK;
}

enum devid_err tpm_tcti_check(const char *tcti, struct devid_error *err)
{
	TSS2_TCTI_INFO *info = NULL;
	char name[NAME_MAX_LEN + 1];
	bool found_later = strcmp(tcti, TPM_DEVICE_AUTO) == 0;
	size_t len;

	if (found_later)
		tcti = "device";
	len = strcspn(tcti, ":");
	if (len == 0 || len > NAME_MAX_LEN)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%.80s' does not begin with a module's name", tcti);
	memcpy(name, tcti, len);
	name[len] = '\0';
	if (strncmp(tcti, "/dev/", 5) == 0)
		return devid_fail(err, DEVID_ERR_INVALID,
			"'%s' is a device: write device:%s", tcti, tcti);
	if (Tss2_TctiLdr_GetInfo(name, &info) != TSS2_RC_SUCCESS)
		return devid_fail(err, DEVID_ERR_INVALID,
			"no module '%s' is on this machine "
			"(libtss2-tcti-%s.so.0)",
			name, name);
	Tss2_TctiLdr_FreeInfo(&info);
	if (found_later)
		return DEVID_OK;
	return check_argument(name, tcti[len] ? tcti + len + 1 : "", err);
}

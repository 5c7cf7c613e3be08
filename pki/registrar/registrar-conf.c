/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar-conf.h"

#include <string.h>

enum devid_err registrar_conf_load(
	const char *path, struct registrar_conf *ret, struct devid_error *err)
{
	(void)path;
	memset(ret, 0, sizeof(*ret));
	return devid_fail(err, DEVID_ERR_UNSUPPORTED, "registrar: no settings");
}

void registrar_conf_done(struct registrar_conf *conf)
{
	memset(conf, 0, sizeof(*conf));
}

const struct registrar_profile *registrar_conf_profile(
	const struct registrar_conf *conf, const char *label)
{
	const char *name = label ? label : "default";

	for (size_t i = 0; i < conf->n_profiles; i++) {
		if (strcmp(conf->profiles[i].name, name) == 0)
			return &conf->profiles[i];
	}
	return NULL;
}

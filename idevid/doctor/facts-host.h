/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_FACTS_HOST_H
#define DEVID_FACTS_HOST_H

/* What the machine tells: the way to the TPM, room on disk, interfaces. For
 * facts-*.c. */

#include <jansson.h>

#include "places.h"

#define FACTS_TPM_PATH_MAX 256

/* The file that @tcti leads to (a device, swtpm's socket), or "" when it leads
 * elsewhere or nobody can say. */
void facts_host_tpm_path(const char *tcti, char ret[FACTS_TPM_PATH_MAX]);

/* `path` or null; `state` "ok", "missing" or "unseen"; `detail` as ls(1). */
json_t *facts_host_tpm(const struct places *places);

/* The folders of state: `path`; `state` "ok", "missing", "unseen", "full",
 * "read-only"; `detail`. */
json_t *facts_host_folders(const struct places *places);

/* Interfaces that the settings or @agent name: `name`, `exists`, `up`,
 * `carrier`, `mtu`, `addresses` (none that is only of the link). */
json_t *facts_host_links(const struct places *places, const json_t *agent);

#endif

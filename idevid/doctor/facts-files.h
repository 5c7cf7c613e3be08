/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_FACTS_FILES_H
#define DEVID_FACTS_FILES_H

/*
 * The files that programs are given for a key: its reference and its
 * certificates, held against what devid-keyd says of the key. For facts-*.c.
 *
 * The state of a file is "ok", "missing", "unseen" (this user may not look),
 * "damaged" (not of its format), "foreign" (of another key, or another
 * certificate than devid-keyd's), "differs" (the same certificate, others
 * above it), "unchecked" (devid-keyd does not answer), "software" (a private
 * key where agent.key names one). "chosen": agent.key or agent.cert names it.
 */

#include <jansson.h>

#include "facts-keyd.h"
#include "places.h"

json_t *facts_files_json(
	const struct places *places, const struct facts_keyd *keyd);

#endif

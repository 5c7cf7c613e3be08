/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_CLEANUP_JSON_H
#define DEVID_CLEANUP_JSON_H

/* Scope cleanup for a JSON value. */

#include "cleanup.h"

#include <jansson.h>

CLEANUP_DEFINE(json, json_t *, json_decref)

#endif

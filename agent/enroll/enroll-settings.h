/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_ENROLL_SETTINGS_H
#define DEVID_ENROLL_SETTINGS_H

/*
 * What devid-enroll reads in devid.conf: the section [enroll], the key socket
 * and where the provider is. What the agent reads in [enroll] is passed over.
 */

#include <devid/error.h>

#include "cleanup.h"
#include "key.h"

#define ENROLL_HOST_MAX  253 /* characters of a name (RFC 1035 2.3.4) */
#define ENROLL_LABEL_MAX 64  /* characters; a limit of ours */

struct enroll_settings {
	char *socket;     /* owned; of devid-keyd */
	char *modules;    /* owned; the provider's folder */
	char *host;       /* owned; NULL: devid-registrar in DHCP's domain */
	unsigned port;    /* 443 */
	char *label;      /* owned; NULL: none */
	char *trust_file; /* owned; NULL: what the agent gives (radius) */
	char *proxy;      /* owned URL; NULL: none */
	enum key_alg key_type;
};

/* Loads @path; *@ret is the caller's. Errors: those of conf_load(). */
DEVID_MUST_CHECK enum devid_err enroll_settings_load(const char *path,
	struct enroll_settings **ret, struct devid_error *err);

/* The same of a text; @path is only for messages. */
DEVID_MUST_CHECK enum devid_err enroll_settings_parse(const char *path,
	const char *text, struct enroll_settings **ret,
	struct devid_error *err);

void enroll_settings_free(struct enroll_settings *settings);

CLEANUP_DEFINE(enroll_settings, struct enroll_settings *, enroll_settings_free)

#endif

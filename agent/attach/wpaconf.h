/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_WPACONF_H
#define DEVID_AGENT_WPACONF_H

/*
 * Every text that wpa_supplicant and its OpenSSL are configured with. Free
 * text goes in as hexadecimal only, so that no value can end its line and
 * begin another (CVE-2016-4476); the flags of phase1, which wpa_supplicant
 * searches with strstr(), are generated from booleans. Pure functions.
 */

#include <devid/error.h>
#include "names.h"

#include <stdbool.h>
#include <stddef.h>

#define WPACONF_COMMAND_MAX 3072 /* bytes; wpa_supplicant's buffer is 8192 */
#define WPACONF_FRAGMENT    1266 /* bytes of EAP-TLS data in one frame at most */
#define WPACONF_FILE_MAX    2048 /* bytes of a generated file */

enum wpaconf_tls {
	WPACONF_TLS_1_2,
	WPACONF_TLS_1_3,
};

enum wpaconf_trust {
	WPACONF_TRUST_CA,   /* a CA file and server names, then the agent */
	WPACONF_TRUST_NONE, /* the agent decides alone */
};

struct wpaconf_network {
	const char *identity;    /* borrowed: outer identity */
	const char *client_cert; /* borrowed: path */
	const char *private_key; /* borrowed: path */
	enum wpaconf_trust trust;
	const char *ca;            /* borrowed: path; with TRUST_CA */
	const struct names *names; /* borrowed; with TRUST_CA */
	enum wpaconf_tls tls_min;
	enum wpaconf_tls tls_max;
	unsigned mtu;     /* of the interface, or 0 */
	bool ignore_time; /* clock known to be wrong */
};

/* The n-th setting of a network block, as "name value". @n from 0; false
 * when there is no such one. Truncation is impossible for values within
 * CONF_VALUE_MAX. */
bool wpaconf_setting(const struct wpaconf_network *net, size_t n,
	char out[WPACONF_COMMAND_MAX]);

/* The phase1 string of @net. */
void wpaconf_phase1(const struct wpaconf_network *net, char *out, size_t len);

/* Writes @text as lower-case hex digits. Error: TOO_LARGE. */
DEVID_MUST_CHECK enum devid_err wpaconf_hex(
	const char *text, char *out, size_t out_len);

/* The configuration file that each INTERFACE_ADD names. */
const char *wpaconf_interface_file(void);

/*
 * The OpenSSL configuration of the supplicant: provider devid from
 * @provider_dir, or none where that is NULL. OpenSSL's own folder is no answer:
 * devid.so is there for PREFIX=/usr alone. Error: INVALID when the path holds a
 * character that means something there.
 */
DEVID_MUST_CHECK enum devid_err wpaconf_openssl_file(const char *provider_dir,
	char out[WPACONF_FILE_MAX], struct devid_error *err);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "places.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf.h"
#include "tpm-device.h"
#include "wire.h"

#define AT(member) offsetof(struct places, member), 0, 0

static const struct conf_setting settings[] = {
	{ "keyd", "socket", conf_to_path, AT(socket) },
	{ "keyd", "tcti", conf_to_string, AT(tcti) },
	{ "keyd", "state_dir", conf_to_path, AT(state_dir) },
	{ "keyd", "*", conf_skip, 0, 0, 0 },
	{ "agent", "ports", conf_to_string, AT(ports) },
	{ "agent", "keyd_socket", conf_to_path, AT(agent_socket) },
	{ "agent", "state_dir", conf_to_path, AT(agent_state_dir) },
	{ "agent", "run_dir", conf_to_path, AT(run_dir) },
	{ "agent", "key", conf_to_path, AT(key) },
	{ "agent", "cert", conf_to_path, AT(cert) },
	{ "agent", "*", conf_skip, 0, 0, 0 },
	{ "eap", "trust", conf_to_string, AT(trust) },
	{ "eap", "ca", conf_to_path, AT(ca) },
	{ "eap", "server_name", conf_to_string, AT(server_name) },
	{ "eap", "*", conf_skip, 0, 0, 0 },
	{ "enroll", "registrar", conf_to_string, AT(registrar) },
	{ "enroll", "*", conf_skip, 0, 0, 0 },
	{ NULL, NULL, NULL, 0, 0, 0 },
};

static enum devid_err set_defaults(struct places *p, struct devid_error *err)
{
	const struct {
		char **member;
		const char *value;
	} rows[] = {
		{ &p->socket, WIRE_SOCKET_DEFAULT },
		{ &p->tcti, TPM_DEVICE_AUTO },
		{ &p->state_dir, "/var/lib/devid" },
		{ &p->agent_socket, WIRE_SOCKET_DEFAULT },
		{ &p->agent_state_dir, "/var/lib/devid" },
		{ &p->run_dir, "/run/devid" },
		{ &p->trust, "pinned" },
	};
	enum devid_err rc = DEVID_OK;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rc == DEVID_OK && !*rows[i].member)
			rc = conf_string(rows[i].member, rows[i].value, err);
	}
	return rc;
}

enum devid_err places_load(
	const char *config, struct places *ret, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct places p = { 0 };
	enum devid_err rc;

	if (!config)
		config = secure_getenv("DEVID_CONFIG");
	p.named = config != NULL;
	rc = conf_string(&p.config, config ? config : CONF_DEFAULT_PATH, err);
	if (rc == DEVID_OK) {
		p.read = conf_load(p.config, settings, &p, &cause);
		(void)snprintf(p.read_text, sizeof(p.read_text), "%s",
			cause.text); /* as long */
		p.unseen = p.read != DEVID_OK && access(p.config, R_OK) < 0 &&
			   errno == EACCES;
		rc = set_defaults(&p, err);
	}
	if (rc == DEVID_OK && secure_getenv("DEVID_KEYD_SOCKET"))
		rc = conf_string(&p.socket, wire_socket_path(), err);
	if (rc != DEVID_OK) {
		places_done(&p);
		return rc;
	}
	*ret = p;
	return DEVID_OK;
}

void places_done(struct places *p)
{
	free(p->config);
	free(p->socket);
	free(p->tcti);
	free(p->state_dir);
	free(p->agent_socket);
	free(p->agent_state_dir);
	free(p->run_dir);
	free(p->key);
	free(p->cert);
	free(p->ports);
	free(p->trust);
	free(p->ca);
	free(p->server_name);
	free(p->registrar);
}

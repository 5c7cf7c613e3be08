/* SPDX-License-Identifier: Apache-2.0 */
#include "bundle-parts.h"

#include <limits.h>
#include <string.h>
#include <sys/utsname.h>

#include "blob.h"
#include "cleanup-json.h"
#include "cleanup.h"
#include "client.h"
#include "fact.h"
#include "known.h"
#include "logs.h"
#include "look.h"
#include "pick.h"
#include "report.h"
#include "way.h"

#define PART_FILE_MAX 1048576 /* bytes read of one; a limit of ours */

static enum devid_err print_json(
	const json_t *json, FILE *out, struct devid_error *err)
{
	if (!json || json_dumpf(json, out, JSON_INDENT(2)) < 0)
		return devid_fail(err, DEVID_ERR_NOMEM, "no memory");
	(void)fputc('\n', out);
	return DEVID_OK;
}

static enum devid_err print_report(
	const struct bundle_input *in, FILE *out, struct devid_error *err)
{
	(void)err;
	report_print(in->findings, out);
	way_print(in->facts, out);
	return DEVID_OK;
}

static enum devid_err print_findings(
	const struct bundle_input *in, FILE *out, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *json = report_json(in->findings);

	return print_json(json, out, err);
}

/* All of it is ours, but for what the agent wrote. */
static enum devid_err print_facts(
	const struct bundle_input *in, FILE *out, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *all = json_copy((json_t *)in->facts);
	json_t *agent =
		pick_copy(json_object_get(in->facts, "agent"), pick_agent);

	if (!all || json_object_set_new(
			    all, "agent", agent ? agent : json_null()) < 0)
		return devid_fail(err, DEVID_ERR_NOMEM, "no memory");
	return print_json(all, out, err);
}

static enum devid_err look_at(
	const char *path, struct blob *ret, struct devid_error *err)
{
	switch (look_file(path, PART_FILE_MAX, ret, err)) {
	case LOOK_SEEN:
		return DEVID_OK;
	case LOOK_MISSING:
		return DEVID_ERR_NOT_FOUND;
	case LOOK_UNSEEN:
		return DEVID_ERR_DENIED;
	case LOOK_WRONG:
		break;
	}
	return DEVID_ERR_IO;
}

static enum devid_err print_settings(
	const struct bundle_input *in, FILE *out, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob text = { NULL, 0 };
	enum devid_err rc = look_at(in->places->config, &text, err);

	if (rc != DEVID_OK)
		return rc;
	(void)fprintf(out, "# what %s sets\n", in->places->config);
	return known_settings(
		in->places->config, (const char *)text.data, out, err);
}

/* The first line of os-release(5) that has a name for people. */
static void print_os(FILE *out)
{
	CLEANUP(cleanup_fclose) FILE *in = fopen("/etc/os-release", "re");
	char line[256];

	while (in && fgets(line, sizeof(line), in)) {
		if (strncmp(line, "PRETTY_NAME=", 12) == 0)
			(void)fputs(line, out);
	}
}

static enum devid_err print_system(
	const struct bundle_input *in, FILE *out, struct devid_error *err)
{
	const json_t *tpm = json_object_get(in->facts, "tpm");
	struct utsname name;

	(void)err;
	(void)fprintf(out, "devid %s, at %s by uid %lld\n", DEVID_VERSION,
		fact_text(in->facts, "time"), fact_number(in->facts, "uid"));
	if (uname(&name) == 0)
		(void)fprintf(out, "%s %s %s\n", name.sysname, name.release,
			name.machine);
	print_os(out);
	(void)fprintf(out, "TPM: %s %s\n", fact_text(tpm, "path"),
		fact_text(tpm, "detail"));
	return DEVID_OK;
}

static enum devid_err print_chain(const struct bundle_input *in, enum key_id id,
	FILE *out, struct devid_error *err)
{
	CLEANUP(cleanup_free) uint8_t *der = malloc(WIRE_CHAIN_MAX);
	struct room chain = { der, WIRE_CHAIN_MAX, 0 };
	enum devid_err rc;

	if (!der)
		return devid_fail(err, DEVID_ERR_NOMEM, "no memory");
	rc = client_chain(in->places->socket, key_id_name(id), &chain, err);
	if (rc != DEVID_OK)
		return rc;
	return known_chain((struct view) { der, chain.len }, out, err);
}

/* What is understood of a file in @dir. */
static enum devid_err print_file(const char *dir, const char *name,
	enum devid_err (*known)(const char *path, struct view text, FILE *out,
		struct devid_error *err),
	FILE *out, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob text = { NULL, 0 };
	char path[PATH_MAX];
	enum devid_err rc;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	rc = look_at(path, &text, err);
	return rc == DEVID_OK ? known(path, blob_view(&text), out, err) : rc;
}

static enum devid_err print_key_file(const struct bundle_input *in,
	enum key_id id, FILE *out, struct devid_error *err)
{
	char name[64];

	(void)snprintf(
		name, sizeof(name), "%s.pem", key_id_name(id)); /* fits */
	return print_file(
		in->places->state_dir, name, known_certificates, out, err);
}

static enum devid_err print_reference(const struct bundle_input *in,
	enum key_id id, FILE *out, struct devid_error *err)
{
	char name[64];

	(void)snprintf(
		name, sizeof(name), "%s.key", key_id_name(id)); /* fits */
	return print_file(
		in->places->state_dir, name, known_reference, out, err);
}

static enum devid_err known_json(const char *path, struct view text,
	const struct pick *list, FILE *out, struct devid_error *err)
{
	CLEANUP(cleanup_json)
	json_t *all = json_loadb((const char *)text.data, text.len, 0, NULL);
	CLEANUP(cleanup_json) json_t *known = pick_copy(all, list);

	if (!known)
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "%s: not of its form", path);
	return print_json(known, out, err);
}

static enum devid_err known_history(
	const char *path, struct view text, FILE *out, struct devid_error *err)
{
	return known_json(path, text, pick_history, out, err);
}

static enum devid_err known_trust(
	const char *path, struct view text, FILE *out, struct devid_error *err)
{
	return known_json(path, text, pick_trust, out, err);
}

static enum devid_err print_history(
	const struct bundle_input *in, FILE *out, struct devid_error *err)
{
	return print_file(in->places->agent_state_dir, "history.json",
		known_history, out, err);
}

static enum devid_err print_trust(
	const struct bundle_input *in, FILE *out, struct devid_error *err)
{
	return print_file(in->places->agent_state_dir, "server-trust.json",
		known_trust, out, err);
}

static enum devid_err print_radius_ca(
	const struct bundle_input *in, FILE *out, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob text = { NULL, 0 };
	const char *path = in->places->ca;
	enum devid_err rc;

	if (!path)
		return devid_fail(
			err, DEVID_ERR_NOT_FOUND, "devid.conf: eap.ca not set");
	rc = look_at(path, &text, err);
	return rc == DEVID_OK
		       ? known_certificates(path, blob_view(&text), out, err)
		       : rc;
}

static enum devid_err print_logs(
	const struct bundle_input *in, FILE *out, struct devid_error *err)
{
	enum devid_err rc;
	size_t n;

	(void)in; /* it is of the machine */
	rc = logs_print(out, &n, err);
	if (rc == DEVID_OK && n == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"no line of devid-keyd and devid-agent in a journal "
			"that this user may read");
	return rc;
}

const struct bundle_part bundle_parts[] = {
	{ .name = "doctor.txt",
		.print = print_report,
		.proves =
			"What devid doctor found when this was made. Its word, by the "
			"facts\n  in status.json; nothing here is signed." },
	{ .name = "doctor.json",
		.print = print_findings,
		.proves = "The same for a program." },
	{ .name = "status.json",
		.print = print_facts,
		.proves =
			"What the user who made this could see: times are of the "
			"device's clock,\n  which may be wrong. Whoever is root on "
			"the device can make any of it up." },
	{ .name = "system.txt",
		.print = print_system,
		.proves = "Which system it was, and who asked." },
	{ .name = "settings.txt",
		.print = print_settings,
		.proves =
			"The settings of devid.conf(5) that are in force after a "
			"restart; a\n  program that was not restarted may have "
			"others. Others are left out." },
	{ .name = "certificates/%s-keyd.pem",
		.of_key = print_chain,
		.role = KEY_ROLE_IDEVID,
		.proves =
			"Which unit this is meant to be: the chain that devid-keyd "
			"gives out,\n  verified against the maker's root. That its "
			"key is in this unit shows only\n  a handshake (devid "
			"verify)." },
	{ .name = "certificates/%s-keyd.pem",
		.of_key = print_chain,
		.role = KEY_ROLE_IAK,
		.proves = "The same of the attestation key." },
	{ .name = "certificates/%s-file.pem",
		.of_key = print_key_file,
		.role = KEY_ROLE_IDEVID,
		.proves = "What programs are given. Where it differs from "
			  "idevid-keyd.pem somebody\n  changed the file after "
			  "devid-keyd had started." },
	{ .name = "certificates/%s-file.pem",
		.of_key = print_key_file,
		.role = KEY_ROLE_IAK,
		.proves = "The same of the attestation key." },
	{ .name = "certificates/radius-ca.pem",
		.print = print_radius_ca,
		.proves =
			"By which CA RADIUS servers are judged (trust = pinned)." },
	{ .name = "state/%s-reference.pem",
		.of_key = print_reference,
		.role = KEY_ROLE_IDEVID,
		.proves =
			"Which key programs ask for, by its public half. It is no "
			"private key:\n  there is none outside the TPM." },
	{ .name = "state/history.json",
		.print = print_history,
		.proves =
			"The last attaches of each port as devid-agent saw them, by "
			"its clock." },
	{ .name = "state/server-trust.json",
		.print = print_trust,
		.proves =
			"Which RADIUS server was the first to let the device in "
			"(trust = first-use),\n  and since when." },
	{ .name = "logs/journal.txt",
		.print = print_logs,
		.proves =
			"What devid-keyd and devid-agent logged: each signature and "
			"refusal with user\n  and process. As good as the journal; "
			"journalctl --verify says more where it\n  is sealed." },
	{ .name = NULL },
};

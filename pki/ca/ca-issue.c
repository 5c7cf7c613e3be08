/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-issue.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "build-cert.h"
#include "ca-clock.h"
#include "ca-find.h"
#include "ca-jobs.h"
#include "ca-ticket.h"
#include "cleanup-json.h"
#include "cleanup.h"
#include "digest.h"
#include "fail.h"
#include "hex.h"
#include "ordered-id.h"
#include "pem-text.h"
#include "register-cert.h"
#include "register-clock.h"
#include "register-device.h"
#include "ticket-seal.h"

/* Room that all of a batch share, some KB that stay in the cache. That is why
 * answers are read one by one, inside the register's transaction: a batch takes
 * a millisecond for it. */
struct step2 {
	struct challenge_answer answer;
	uint8_t secret_hash[32];
	struct ca_ticket ticket;
	struct ca_found found;
};

/* The answer as it came; of its secret the hash is kept. */
static enum devid_err read_answer(
	const struct ca_job *job, struct step2 *s, struct devid_error *err)
{
	enum devid_err rc = challenge_answer_parse(
		job->input, job->input_len, &s->answer, err);

	if (rc != DEVID_OK)
		return rc;
	if (!digest_hash(
		    s->answer.secret, sizeof(s->answer.secret), s->secret_hash))
		rc = devid_fail(err, DEVID_ERR_CRYPTO, "ca: no SHA-256");
	OPENSSL_cleanse(s->answer.secret, sizeof(s->answer.secret));
	return rc;
}

/* The station that asked; people at the CA's command line, who have an '@' in
 * their names as no station has, stand in for each other. */
static bool same_station(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || (strchr(a, '@') && strchr(b, '@'));
}

/* What this CA, or another of its register, has found out about the request. */
static enum devid_err open_ticket(
	const struct ca *ca, struct step2 *s, struct devid_error *err)
{
	struct view sealed;
	enum devid_err rc = ca_seal_open(
		ca->seal_key, s->answer.id, &s->answer.ticket, &sealed, err);

	if (rc != DEVID_OK)
		return rc;
	/* It is the CA's, as its seal says: of another version. */
	if (ca_ticket_parse(sealed.data, sealed.len, &s->ticket, NULL) !=
		DEVID_OK)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"answer: its challenge was made by another version of "
			"this CA");
	return DEVID_OK;
}

/* Behind its deadline; made by a clock that was ahead, so that nobody knows how
 * long it was to hold; or so old that the register may have forgotten that it
 * was answered (serve-duties.c), whatever its deadline says. */
static bool is_late(const struct step2 *s)
{
	int64_t made = (int64_t)(ordered_id_time(s->answer.id) / 1000);
	int64_t now = (int64_t)time(NULL);

	return now > s->ticket.deadline ||
	       now - made > CA_CHALLENGE_SECONDS_MAX ||
	       ca_clock_is_early(made, now);
}

/* Whoever sets the clock back makes challenges hold again of which the register
 * may have forgotten that they were answered. Asked of the register itself:
 * another process may have done it just now. */
static enum devid_err check_turns(
	struct ca *ca, const struct ca_ticket *t, struct devid_error *err)
{
	int64_t turns = 0;
	enum devid_err rc = register_clock_turns(ca->reg, &turns, err);

	if (rc == DEVID_OK && turns != t->turns)
		return devid_fail(err, DEVID_ERR_TIMEOUT,
			"answer: its challenge was made before the CA's clock "
			"was set back");
	return rc;
}

/* Uses up the challenge that is answered; what is wrong with the answer then is
 * the job's trouble, and the challenge is used up all the same. */
static enum devid_err take(struct ca *ca, const struct ca_job *job,
	struct step2 *s, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	const struct ca_ticket *t = &s->ticket;
	enum devid_err rc;

	/* Whoever has another's challenge must not use it up. */
	if (!same_station(t->device.station, job->station))
		return devid_fail(err, DEVID_ERR_DENIED,
			"answer: the challenge was made for station %s",
			t->device.station);
	rc = register_challenge_use(ca->reg, s->answer.id, &cause);
	if (rc == DEVID_ERR_EXISTS)
		return devid_fail(err, DEVID_ERR_REPLAYED,
			"answer: replayed: its challenge was answered before");
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	rc = check_turns(ca, t, err);
	if (rc != DEVID_OK)
		return rc;
	if (is_late(s))
		return devid_fail(err, DEVID_ERR_TIMEOUT,
			"answer: its challenge has expired");
	/* Of hashes of 32 random bytes; nothing is told by their time. */
	if (CRYPTO_memcmp(t->secret_hash, s->secret_hash,
		    sizeof(s->secret_hash)) != 0)
		return devid_fail(err, DEVID_ERR_MISMATCH,
			"answer: not the secret of the challenge: another TPM, "
			"or an answer to another request");
	return DEVID_OK;
}

/* Certificates of one pair of keys as PEM, by their roles. */
struct pem_writer {
	char *pem[N_MAKER_ROLES]; /* owned; NULL: none yet */
	char serial[N_MAKER_ROLES][2 * SERIAL_LEN + 1];
	const uint8_t *issuer; /* borrowed; of 32 bytes: this CA */
	bool other_issuer;     /* one of them has another */
	const uint8_t (*key_fingerprint)[32]; /* borrowed: of the pair */
};

static void writer_done(struct pem_writer *w)
{
	for (int i = 0; i < N_MAKER_ROLES; i++)
		free(w->pem[i]);
}

static enum devid_err write_pem(
	void *arg, const struct register_cert *cert, struct devid_error *err)
{
	struct pem_writer *w = arg;
	size_t size = pem_text_size("CERTIFICATE", cert->der_len);
	char **pem = &w->pem[cert->role];

	if (cert->state != REGISTER_LIVE ||
		memcmp(cert->key_fingerprint, w->key_fingerprint[cert->role],
			sizeof(cert->key_fingerprint)) != 0)
		return DEVID_OK;
	if (memcmp(cert->issuer, w->issuer, sizeof(cert->issuer)) != 0)
		w->other_issuer = true;
	hex_encode(cert->serial, cert->serial_len, w->serial[cert->role]);
	free(*pem);
	*pem = malloc(size);
	if (!*pem)
		return fail_no_memory_for(err, "ca");
	return pem_text_write("CERTIFICATE",
		(struct view) { cert->der, cert->der_len }, *pem, size, err);
}

static enum devid_err add_cert(struct ca *ca, const struct ca_ticket *t,
	struct register_cert *cert, struct pem_writer *w,
	struct devid_error *err)
{
	const struct build_devid what = { .role = cert->role,
		.spki = &t->spki[cert->role],
		.cert_serial = cert->serial,
		.not_before = cert->created,
		.serial = t->device.serial,
		.model = t->device.model,
		.hw_serial = t->hw_serial,
		.ek_fingerprint = t->device.ek_cert_fingerprint };
	CLEANUP(blob_done) struct blob der = { NULL, 0 };
	enum devid_err rc;

	rc = build_devid(ca->issuer, &what, &der, err);
	if (rc != DEVID_OK)
		return rc;
	cert->der = der.data;
	cert->der_len = der.len;
	rc = register_cert_add(ca->reg, cert, err);
	return rc == DEVID_OK ? write_pem(w, cert, err) : rc;
}

/* Both certificates of a pair whose device has its row. */
static enum devid_err add_certs(struct ca *ca, struct ca_ticket *t,
	struct pem_writer *w, struct devid_error *err)
{
	uint8_t serials[N_MAKER_ROLES][SERIAL_LEN];
	enum devid_err rc = build_serials(serials, N_MAKER_ROLES, err);

	for (int i = 0; rc == DEVID_OK && i < N_MAKER_ROLES; i++) {
		struct register_cert cert = { .device = t->device.id,
			.role = (enum key_role)i,
			.alg = t->alg,
			.state = REGISTER_LIVE,
			.serial_len = SERIAL_LEN,
			.created = t->device.created };

		memcpy(cert.issuer, ca->issuer_hash, sizeof(cert.issuer));
		memcpy(cert.key_fingerprint, t->key_fingerprint[i],
			sizeof(cert.key_fingerprint));
		memcpy(cert.serial, serials[i], SERIAL_LEN);
		rc = add_cert(ca, t, &cert, w, err);
	}
	return rc;
}

/* Adds the device where nobody is in its way. The unique indexes are left to
 * tell of most, and the rest is asked behind the insert, not before it: on
 * PostgreSQL that has waited then for whoever was at the same EK, and the next
 * statement sees what came of it. */
static enum devid_err add_device(struct ca *ca, struct ca_ticket *t,
	bool *ret_added, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct register_device *d = &t->device;
	bool barred = false;
	enum devid_err rc;

	d->created = (int64_t)time(NULL);
	d->state = REGISTER_LIVE;
	*ret_added = false;
	rc = register_device_add(ca->reg, d, &cause);
	if (rc == DEVID_ERR_EXISTS)
		return DEVID_OK;
	if (rc != DEVID_OK)
		return fail_with(err, rc, &cause);
	rc = register_is_barred(ca->reg, d->ek_fingerprint,
		t->key_fingerprint[KEY_ROLE_IDEVID], &barred, err);
	if (rc == DEVID_OK && barred)
		return register_device_remove(ca->reg, d->id, err);
	*ret_added = rc == DEVID_OK;
	return rc;
}

/* A device that is there may get a further pair. Whoever adds one, or revokes
 * the device, holds its row from before he looks until the commit: so no two
 * processes see the same number of pairs, and none is left out when all are
 * revoked. */
static enum devid_err hold_device(struct ca *ca, const struct ca_wanted *want,
	struct ca_found *found, struct devid_error *err)
{
	enum devid_err rc =
		register_device_hold(ca->reg, found->device.id, err);

	return rc == DEVID_OK ? ca_find_device(ca, want, found, err) : rc;
}

/* Adds the device, or tells what is there in its place. Errors: as
 * ca_find_device(); STATE when another process has just changed it. */
static enum devid_err add_or_find(struct ca *ca, struct ca_ticket *t,
	struct ca_found *ret, struct devid_error *err)
{
	const struct ca_wanted want = { &t->device, t->key_fingerprint,
		t->alg };
	bool added;
	enum devid_err rc = add_device(ca, t, &added, err);

	ret->what = CA_FOUND_NONE;
	if (rc != DEVID_OK || added)
		return rc;
	rc = ca_find_device(ca, &want, ret, err);
	if (rc == DEVID_OK && ret->what == CA_FOUND_FURTHER)
		rc = hold_device(ca, &want, ret, err);
	if (rc == DEVID_OK && ret->what == CA_FOUND_NONE)
		return devid_fail(err, DEVID_ERR_STATE,
			"%s: the register has just changed", t->device.serial);
	if (rc == DEVID_OK)
		t->device.id = ret->device.id;
	return rc;
}

/* The device's certificates, new or as they are in the register, and those of
 * the CAs. */
static enum devid_err write_output(struct ca *ca, struct ca_job *job,
	const struct pem_writer *w, struct devid_error *err)
{
	const char *parts[] = { w->pem[KEY_ROLE_IDEVID], w->pem[KEY_ROLE_IAK],
		ca->chain_pem };
	size_t size = 1;
	char *p;

	if (!parts[0] || !parts[1])
		return devid_fail(err, DEVID_ERR_IO,
			"register: a live device lacks a certificate");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		size += strlen(parts[i]);
	job->output = p = malloc(size);
	if (!p)
		return fail_no_memory_for(err, "ca");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		p = stpcpy(p, parts[i]);
	return DEVID_OK;
}

static enum devid_err issue(struct ca *ca, struct ca_job *job, struct step2 *s,
	struct pem_writer *w, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	w->issuer = ca->issuer_hash;
	w->key_fingerprint = s->ticket.key_fingerprint;
	rc = s->found.what == CA_FOUND_SAME
		     ? register_certs_of_device(
			       ca->reg, s->ticket.device.id, write_pem, w, err)
		     : add_certs(ca, &s->ticket, w, err);
	if (rc == DEVID_OK && w->other_issuer) {
		/* This CA's chain would not fit them. */
		(void)devid_fail(&cause, DEVID_ERR_EXISTS,
			"%s: its certificates are another issuing CA's; ask "
			"that one",
			s->ticket.device.serial);
		ca_job_refuse(job, &cause);
		return DEVID_OK;
	}
	return rc == DEVID_OK ? write_output(ca, job, w, err) : rc;
}

/* Whether an error of judge() is about this answer alone. */
static bool is_jobs_own(enum devid_err code)
{
	return code == DEVID_ERR_NOT_FOUND || code == DEVID_ERR_EXISTS ||
	       code == DEVID_ERR_DENIED || code == DEVID_ERR_TIMEOUT ||
	       code == DEVID_ERR_MISMATCH || code == DEVID_ERR_REPLAYED;
}

/* Everything but the certificates. An answer that cannot be read is refused
 * here; any other error is returned. */
static enum devid_err judge(struct ca *ca, struct ca_job *job, struct step2 *s,
	struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	enum devid_err rc;

	if (read_answer(job, s, &cause) != DEVID_OK) {
		ca_job_refuse(job, &cause);
		return DEVID_OK;
	}
	rc = open_ticket(ca, s, err);
	if (rc == DEVID_OK)
		rc = take(ca, job, s, err);
	return rc == DEVID_OK ? add_or_find(ca, &s->ticket, &s->found, err)
			      : rc;
}

/* For the audit log: which certificates, for which TPM. */
static json_t *tell_issued(
	const struct ca_ticket *t, const struct pem_writer *w)
{
	char ek[2 * 32 + 1];

	hex_encode(t->device.ek_fingerprint, 32, ek);
	return json_pack("{s:s, s:s, s:s, s:s}", "type", key_alg_name(t->alg),
		"idevid", w->serial[KEY_ROLE_IDEVID], "iak",
		w->serial[KEY_ROLE_IAK], "ek", ek);
}

static const char *event_name(enum ca_found_what found)
{
	switch (found) {
	case CA_FOUND_SAME:
		return "issue-again";
	case CA_FOUND_FURTHER:
		return "issue-further";
	case CA_FOUND_NONE:
		break;
	}
	return "issue";
}

static enum devid_err work(
	struct ca *ca, struct ca_job *job, void *state, struct devid_error *err)
{
	struct devid_error cause = { DEVID_OK, "" };
	struct step2 *s = state;
	CLEANUP(writer_done) struct pem_writer w = { .issuer = NULL };
	CLEANUP(cleanup_json) json_t *more = NULL;
	struct ca_event event = { "issue", s->ticket.device.serial, NULL };
	enum devid_err rc = DEVID_OK;

	/* The last job's. */
	s->ticket.device.serial[0] = '\0';
	s->found.what = CA_FOUND_NONE;
	if (job->code == DEVID_OK) {
		rc = judge(ca, job, s, &cause);
		if (is_jobs_own(rc))
			ca_job_refuse(job, &cause);
		else if (rc != DEVID_OK)
			return fail_with(err, rc, &cause);
	}
	if (job->code == DEVID_OK) {
		rc = issue(ca, job, s, &w, err);
		if (rc != DEVID_OK)
			return rc;
		memcpy(job->serial, s->ticket.device.serial,
			sizeof(job->serial));
		event.more = more = tell_issued(&s->ticket, &w);
		if (!more)
			return fail_no_memory_for(err, "issue");
		event.name = event_name(s->found.what);
	}
	return ca_audit_job(ca, &event, job, err);
}

enum devid_err ca_issue(struct ca *ca, struct ca_job *jobs, size_t n_jobs,
	struct devid_error *err)
{
	CLEANUP(cleanup_free) struct step2 *s = malloc(sizeof(*s));
	struct devid_error cause = { DEVID_OK, "" };
	const struct ca_batch batch = { jobs, n_jobs, s, 0, work };

	if (!s || !ca->has_seal_key) {
		(void)devid_fail(&cause,
			s ? DEVID_ERR_INVALID : DEVID_ERR_NOMEM,
			s ? "ca: no key of challenges" : "ca: no memory");
		return devid_fail(err, ca_refuse_all(jobs, n_jobs, &cause),
			"%s", devid_error_text(&cause));
	}
	return ca_run_batch(ca, &batch, err);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "serve-duties.h"

#include <openssl/rand.h>
#include <string.h>
#include <time.h>

#include "ca-clock.h"
#include "ca-judge.h"
#include "ek-load.h"
#include "log.h"
#include "publish-files.h"
#include "publish-ocsp.h"
#include "publish.h"
#include "register-cert.h"
#include "register-revoke.h"
#include "serve-status.h"
#include "serve-worker.h"

#define SECOND 1000 /* milliseconds */
#define MINUTE (60 * SECOND)

/* The shortest time between two lists made because of revocations. */
#define LIST_PAUSE (10 * SECOND)

/* How often it is looked whether something was revoked elsewhere. */
#define LIST_LOOK (5 * SECOND)

/* How often it is looked whether the register is there, and the token after
 * trouble. */
#define PROBE (5 * SECOND)

/* How often the same trouble is told. */
#define LOG_PAUSE MINUTE

/* How often the files are compared with the register. */
#define FILES_LOOK MINUTE

/* Marks of answered challenges stay for as long as a challenge can hold under
 * any configuration, for as much as a clock may be ahead unnoticed, and a day
 * for clocks that differ. */
#define PURGE_AFTER                                                            \
	(CA_CHALLENGE_SECONDS_MAX + CA_CLOCK_AHEAD + 86400) /* seconds */

/* Marks removed between two looks at the queue. */
#define PURGE_PORTION 1024

/* How long it is told that something was from the future, though it was mended
 * at once: whoever asks once in some minutes is to see it. */
#define EARLY_TOLD (10 * MINUTE)

/* OCSP answers signed between two looks at the queue. */
#define OCSP_PORTION 64

static const struct {
	const char *name;
	int64_t every; /* milliseconds; each looks whether there is anything */
} table[SERVE_N_DUTIES] = {
	[SERVE_DUTY_CLOCK] = { "clock", PROBE },
	[SERVE_DUTY_CRL] = { "revocation list", LIST_LOOK },
	[SERVE_DUTY_DELTA] = { "delta list", LIST_LOOK },
	[SERVE_DUTY_OCSP] = { "OCSP answers", 10 * MINUTE },
	[SERVE_DUTY_PURGE] = { "marks of old challenges", 60 * MINUTE },
	[SERVE_DUTY_PROBE] = { "register or token", PROBE },
	[SERVE_DUTY_TRUST] = { "TPM vendors' roots: those from before stay",
		60 * MINUTE },
};

/* A duty's turn. */
struct turn {
	struct ca *ca; /* borrowed */
	enum serve_duty duty;
	int64_t now;
	bool more; /* only a portion was done: there may be more to do */
};

static enum devid_err do_purge(struct turn *turn, struct devid_error *err)
{
	struct ca *ca = turn->ca;
	enum devid_err rc = register_begin(ca->reg, err);
	int64_t n = 0;

	if (rc != DEVID_OK)
		return rc;
	rc = register_challenge_purge(ca->reg,
		(int64_t)time(NULL) - PURGE_AFTER, PURGE_PORTION, &n, err);
	if (rc != DEVID_OK) {
		register_rollback(ca->reg);
		return rc;
	}
	rc = register_commit(ca->reg, err);
	turn->more = rc == DEVID_OK && n == PURGE_PORTION;
	return rc;
}

/* Something says that it is not valid yet. It is mended at once; that it could
 * happen is a person's to look into. */
static void tell_early(struct serve_duties *d, int64_t now, const char *what)
{
	log_error("serve: %s: made at a time that is still to come: this clock "
		  "is behind, or one was ahead: made again",
		what);
	d->early = now;
}

static enum devid_err do_clock(struct serve_duties *d, const struct turn *turn,
	struct devid_error *err)
{
	enum ca_clock clock = CA_CLOCK_RIGHT;
	enum devid_err rc = ca_clock_check(turn->ca, false, &clock, err);
	bool back = rc == DEVID_OK && clock == CA_CLOCK_BACK;

	if (back && !d->clock_back) {
		log_error("serve: " CA_CLOCK_BACK_TEXT);
		d->early = turn->now;
	}
	/* Answers may have been made meanwhile by one that was ahead. */
	if ((back && !d->clock_back) || (rc == DEVID_OK && d->clock_wrong))
		d->due[SERVE_DUTY_OCSP] = turn->now;
	if (rc == DEVID_OK)
		d->clock_back = back;
	d->clock_wrong = turn->ca->clock_wrong;
	return rc;
}

static enum devid_err do_ocsp(
	struct serve_duties *d, struct turn *turn, struct devid_error *err)
{
	struct ca *ca = turn->ca;
	bool early = false;
	enum devid_err rc;
	int64_t n = 0;

	/* Who names no responder in certificates needs no answers. */
	if (!ca->ocsp_signer && !ca->conf->ocsp_url)
		return DEVID_OK;
	rc = publish_ocsp_early(ca, &early, err);
	if (early)
		tell_early(d, turn->now, table[turn->duty].name);
	if (rc == DEVID_OK)
		rc = publish_ocsp(ca, OCSP_PORTION, &n, err);
	turn->more = rc == DEVID_OK && n == OCSP_PORTION;
	return rc;
}

/* New roots and lists of TPM vendors replace the old ones only as a whole. */
static enum devid_err do_trust(struct ca *ca, struct devid_error *err)
{
	struct ek_trust *trust = NULL;
	enum devid_err rc;

	if (!ca->conf->ek_roots)
		return DEVID_OK;
	rc = ek_trust_new(ca->conf->ek_roots, &trust, err);
	if (rc != DEVID_OK)
		return rc;
	for (size_t i = 0; ek_trust_get_note(trust, i); i++)
		log_warn("serve: %s", ek_trust_get_note(trust, i));
	ca_set_trust(ca, trust);
	log_info("serve: TPM vendors' roots and lists read again");
	return DEVID_OK;
}

/* Nothing tells that a register is back but its use; of the token's use there
 * is enough, but for when it failed. */
static enum devid_err do_probe(
	struct serve_duties *d, struct ca *ca, struct devid_error *err)
{
	static const char text[] = "devid-ca: is the token there?";
	const struct view data = { (const uint8_t *)text, sizeof(text) - 1 };
	struct signer *s = ca->audit_signer;
	struct signer_sig sig;
	enum devid_err rc = register_begin_read(ca->reg, err);
	int64_t n = 0;

	if (rc != DEVID_OK)
		return rc;
	rc = register_last_revoked(ca->reg, ca->issuer_hash, &n, err);
	register_rollback(ca->reg);
	if (rc == DEVID_OK && d->use_failed && s)
		rc = s->ops->sign(s, data, &sig, err);
	if (rc == DEVID_OK)
		d->use_failed = false;
	return rc;
}

/* A tenth more or less, so that processes which were started together do not
 * go to the register together for ever. */
static int64_t about(int64_t ms)
{
	uint16_t random = 0;

	/* Without random bytes they go together. */
	(void)!RAND_bytes((unsigned char *)&random, sizeof(random));
	return ms - ms / 10 + ms / 5 * random / UINT16_MAX;
}

/* Revocations go to the delta list, where there is one: it is short. */
static enum serve_duty list_of_revocations(const struct ca *ca)
{
	return ca->conf->delta_url ? SERVE_DUTY_DELTA : SERVE_DUTY_CRL;
}

/*
 * Makes a list when the newest one in the register has less than half of its
 * time left, or lacks a revocation, whoever made it and wherever that was
 * revoked; when another process was first, its list is written to our folder.
 */
static enum devid_err do_list(struct serve_duties *d, const struct turn *turn,
	struct devid_error *err)
{
	struct ca *ca = turn->ca;
	enum serve_duty duty = turn->duty;
	int64_t now = turn->now;
	bool delta = duty == SERVE_DUTY_DELTA;
	unsigned hours = delta ? ca->conf->delta_hours : ca->conf->crl_hours;
	int64_t half = (int64_t)hours * 3600 / 2;
	struct publish_newest newest;
	enum devid_err rc;

	if (!ca->conf->publish || (delta && !ca->conf->delta_url))
		return DEVID_OK;
	if (ca->clock_wrong) /* others may have signed what we only write */
		return publish_files(ca, err);
	rc = publish_newest(ca, delta, &newest, err);
	if (rc != DEVID_OK)
		return rc;
	if (newest.early)
		tell_early(d, now, table[duty].name);
	if (newest.early || newest.expires - (int64_t)time(NULL) <= half)
		return publish_crl(ca, delta, err);
	if (newest.lacks && duty == list_of_revocations(ca) &&
		(d->made[duty] == 0 || now - d->made[duty] >= LIST_PAUSE)) {
		d->made[duty] = now;
		return publish_crl(ca, delta, err);
	}
	if (newest.expires == d->seen[duty] && now < d->files)
		return DEVID_OK;
	d->seen[duty] = newest.expires;
	d->files = now + FILES_LOOK;
	return publish_files(ca, err);
}

static bool ca_signs_nothing(const struct turn *turn)
{
	return turn->ca->clock_wrong && (turn->duty == SERVE_DUTY_OCSP ||
						turn->duty == SERVE_DUTY_PURGE);
}

static enum devid_err do_duty(
	struct serve_duties *d, struct turn *turn, struct devid_error *err)
{
	/* What would be signed now would say the wrong time, and what would be
	 * forgotten is not old. */
	if (ca_signs_nothing(turn))
		return DEVID_OK;
	switch (turn->duty) {
	case SERVE_DUTY_CLOCK:
		return do_clock(d, turn, err);
	case SERVE_DUTY_CRL:
	case SERVE_DUTY_DELTA:
		return do_list(d, turn, err);
	case SERVE_DUTY_OCSP:
		return do_ocsp(d, turn, err);
	case SERVE_DUTY_PURGE:
		return do_purge(turn, err);
	case SERVE_DUTY_TRUST:
		return do_trust(turn->ca, err);
	case SERVE_DUTY_PROBE:
		return do_probe(d, turn->ca, err);
	case SERVE_N_DUTIES:
		break;
	}
	return DEVID_OK;
}

void serve_duties_init(struct serve_duties *d, int64_t now)
{
	memset(d, 0, sizeof(*d));
	/* They were read when the CA was opened. */
	d->due[SERVE_DUTY_TRUST] = now + about(table[SERVE_DUTY_TRUST].every);
}

void serve_duties_reload(struct serve_duties *d)
{
	d->due[SERVE_DUTY_TRUST] = 0;
}

void serve_duties_revoked(
	struct serve_duties *d, const struct ca *ca, int64_t now)
{
	enum serve_duty duty = list_of_revocations(ca);
	int64_t due = d->made[duty] > 0 ? d->made[duty] + LIST_PAUSE : now;

	if (due < d->due[duty])
		d->due[duty] = due;
}

void serve_duties_used(
	struct serve_duties *d, enum devid_err code, enum proof_rule rule)
{
	if (serve_status(code, rule) == 503)
		d->use_failed = true;
}

const char *serve_duties_trouble(const struct serve_duties *d, int64_t now)
{
	if (d->clock_wrong)
		return "clock: cannot be right\n";
	if (d->use_failed || d->failed[SERVE_DUTY_PROBE] ||
		d->failed[SERVE_DUTY_CLOCK])
		return "register or token: the last use failed\n";
	if (d->early > 0 && now - d->early <= EARLY_TOLD)
		return "clock: something was made at a time still to come\n";
	return NULL;
}

/* Tells what came of a duty; the same trouble not each time. */
static void note(struct serve_duties *d, enum serve_duty duty, int64_t now,
	const struct devid_error *err)
{
	bool failed = err->code != DEVID_OK;

	if (failed && (!d->failed[duty] || now - d->logged[duty] > LOG_PAUSE)) {
		log_error("serve: %s: %s", table[duty].name,
			devid_error_text(err));
		d->logged[duty] = now;
	}
	d->failed[duty] = failed;
	/* What else can fail with these is not theirs. */
	if (err->code == DEVID_ERR_UNREACHABLE || err->code == DEVID_ERR_CRYPTO)
		d->use_failed = true;
}

int64_t serve_duties_run(
	struct serve_duties *d, struct ca *ca, int64_t now, bool *ret_published)
{
	int64_t next = INT64_MAX;

	*ret_published = false;
	/* Nothing is signed or forgotten by a clock that was not looked at. */
	for (int i = SERVE_DUTY_CRL; i <= SERVE_DUTY_PURGE; i++) {
		if (now >= d->due[i])
			d->due[SERVE_DUTY_CLOCK] = now;
	}
	for (int i = 0; i < SERVE_N_DUTIES; i++) {
		struct turn turn = { ca, (enum serve_duty)i, now, false };
		struct devid_error err = { DEVID_OK, "" };

		if (now >= d->due[i]) {
			if (do_duty(d, &turn, &err) == DEVID_OK &&
				(i == SERVE_DUTY_CRL || i == SERVE_DUTY_DELTA))
				*ret_published = true;
			note(d, turn.duty, now, &err);
			d->due[i] =
				turn.more ? now : now + about(table[i].every);
		}
		if (d->due[i] < next)
			next = d->due[i];
	}
	return next;
}

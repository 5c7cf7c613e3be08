/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar-enrol.h"

#include <stdio.h>
#include <string.h>

#include "digest.h"
#include "hex.h"
#include "registrar-answer.h"
#include "registrar-audit.h"
#include "registrar-csr.h"
#include "registrar-issue.h"
#include "store-client.h"
#include "store-request.h"

enum step {
	STEP_ISSUE,
	STEP_GIVE,  /* what was issued before */
	STEP_WAIT,  /* for a person */
	STEP_PROVE, /* evidence is to be judged first */
	STEP_REFUSE,
	STEP_NONCE, /* the one that its evidence has is gone */
};

/* What the database says about a request. */
struct known {
	bool issued; /* a live certificate for its key */
	struct store_issued live;
	struct blob der; /* owned: that certificate */
	bool asked;      /* by this client, these bytes */
	struct store_request request;
	char nonce[STORE_HASH_MAX]; /* "" : none */
	int64_t epoch;              /* highest that the unit had */
	char maker[STORE_NAME_MAX];
};

struct enrolment {
	struct registrar *r;             /* borrowed */
	const struct registrar_ask *ask; /* borrowed */
	const struct registrar_profile *profile;
	struct client client; /* owned */
	struct ldevid_csr_view csr;
	char spki[STORE_HASH_MAX], csr_hash[STORE_HASH_MAX];
	struct known known; /* owned */
	bool proved;        /* the evidence was judged, or there is none */
	struct residency residency;
	char nonce[STORE_HASH_MAX]; /* that its evidence has; "": none */
	struct verdict v;
	enum step step;
	struct blob cert; /* owned: the answer */
};

/* ---- what is known ---- */

static void known_done(struct known *k)
{
	blob_done(&k->der);
	memset(k, 0, sizeof(*k));
}

/* NOT_FOUND is an answer. */
static enum devid_err found(enum devid_err rc, bool *ret)
{
	*ret = rc == DEVID_OK;
	return rc == DEVID_ERR_NOT_FOUND ? DEVID_OK : rc;
}

static enum devid_err find_maker(struct store *s, struct enrolment *e,
	struct known *k, struct devid_error *err)
{
	bool there = true;
	enum devid_err rc = DEVID_OK;

	if (e->client.site)
		rc = found(store_issued_maker(s, &e->client.key, k->maker, err),
			&there);
	else
		(void)snprintf(k->maker, sizeof(k->maker), "%s",
			e->client.maker); /* shorter */
	return rc == DEVID_OK && !there
		       ? devid_fail(err, DEVID_ERR_IO,
				 "registrar: an LDevID is on the list that it "
				 "did not issue")
		       : rc;
}

static enum devid_err look(
	struct store *s, struct enrolment *e, struct devid_error *err)
{
	struct known *k = &e->known;
	bool there = false;
	enum devid_err rc;

	known_done(k);
	rc = client_look(s, &e->client, &e->v, err);
	if (rc == DEVID_OK)
		rc = find_maker(s, e, k, err);
	if (rc == DEVID_OK)
		rc = found(
			store_issued_live(s, e->spki, &k->live, &k->der, err),
			&k->issued);
	if (rc == DEVID_OK)
		rc = found(store_request_find(s, e->spki, &k->request, err),
			&there);
	k->asked =
		there && strcmp(k->request.csr, e->csr_hash) == 0 &&
		strcmp(k->request.client.issuer, e->client.key.issuer) == 0 &&
		strcmp(k->request.client.certificate,
			e->client.key.certificate) == 0 &&
		strcmp(k->request.profile, e->profile->name) == 0;
	if (rc == DEVID_OK)
		rc = found(store_nonce_get(s, &e->client.key, e->ask->now,
				   k->nonce, err),
			&there);
	if (rc == DEVID_OK && !there)
		k->nonce[0] = '\0';
	if (rc == DEVID_OK)
		rc = store_list_epoch(s, e->client.row.unit, &k->epoch, err);
	return rc;
}

/* ---- what is to be done ---- */

/* A renewal with the same key gets another certificate once half of the time
 * is over; before that it is the same request, made again. */
static bool is_due(const struct enrolment *e)
{
	const struct store_issued *live = &e->known.live;

	return e->ask->renew && strcmp(live->csr, e->csr_hash) != 0 &&
	       e->ask->now >=
		       live->created + (live->not_after - live->created) / 2;
}

static enum step refuse(
	struct enrolment *e, enum registrar_rule rule, const char *text)
{
	(void)verdict_refuse(&e->v, registrar_rule_name(rule), "%s", text);
	return STEP_REFUSE;
}

static enum step decide_issued(struct enrolment *e)
{
	const struct store_issued *live = &e->known.live;

	if (strcmp(live->unit, e->client.row.unit) != 0)
		return refuse(e, REGISTRAR_CSR_KEY_TAKEN,
			"another unit has a certificate for this key");
	if (strcmp(live->profile, e->profile->name) != 0)
		return refuse(e, REGISTRAR_CSR_KEY_TAKEN,
			"there is a certificate of another profile for this "
			"key");
	return STEP_GIVE;
}

static enum step decide_evidence(struct enrolment *e)
{
	bool has = e->csr.evidence.len > 0;

	if (e->profile->residency == REGISTRAR_RESIDENCY_REQUIRED && !has)
		return refuse(e, REGISTRAR_EVIDENCE_MISSING,
			"the profile demands evidence that the key lives in "
			"the device's TPM");
	if (!has || e->profile->residency == REGISTRAR_RESIDENCY_NO)
		return STEP_ISSUE;
	return e->known.nonce[0] ? STEP_PROVE : STEP_NONCE;
}

/* A person has approved what is renewed, but not in another profile. */
static bool needs_person(const struct enrolment *e)
{
	return e->profile->manual &&
	       !(e->ask->renew &&
		       strcmp(e->client.row.profile, e->profile->name) == 0);
}

static enum step decide(struct enrolment *e)
{
	const struct known *k = &e->known;

	if (k->issued && !is_due(e))
		return decide_issued(e);
	if (needs_person(e) && k->asked) {
		if (k->request.decision == STORE_PENDING)
			return STEP_WAIT;
		if (k->request.decision == STORE_REFUSED)
			return refuse(e, REGISTRAR_APPROVAL,
				"the site's staff refused it");
		/* Its evidence was judged when it was first asked for. */
		e->residency.epoch = k->request.epoch;
		e->residency.shown =
			e->csr.evidence.len > 0 &&
			e->profile->residency != REGISTRAR_RESIDENCY_NO;
		e->nonce[0] = '\0';
		return STEP_ISSUE;
	}
	return e->proved ? STEP_ISSUE : decide_evidence(e);
}

static enum devid_err read_known(
	struct store *s, void *arg, struct devid_error *err)
{
	struct enrolment *e = arg;
	enum devid_err rc = look(s, e, err);

	if (rc == DEVID_OK)
		e->step = decide(e);
	return rc;
}

static enum devid_err prove(struct enrolment *e, struct devid_error *err)
{
	const struct residency_ask ask = { e->r, &e->client, &e->csr,
		e->profile, e->known.maker, e->known.nonce, e->ask->now };
	enum devid_err rc = residency_check(&ask, &e->residency, &e->v, err);

	memcpy(e->nonce, e->known.nonce, sizeof(e->nonce));
	e->proved = rc == DEVID_OK;
	return rc;
}

/* ---- doing it ---- */

/* What a person has to know of the counter; NULL: nothing. */
static const char *tell_epoch(const struct enrolment *e)
{
	if (e->residency.epoch == STORE_NO_EPOCH ||
		e->known.epoch == STORE_NO_EPOCH)
		return NULL;
	if (e->residency.epoch < e->known.epoch)
		return "epoch-lower";
	return e->residency.epoch == e->known.epoch && !e->ask->renew
		       ? "epoch-again"
		       : NULL;
}

static enum devid_err audit(struct store *s, const struct enrolment *e,
	const char *name, const struct site_key *got, struct devid_error *err)
{
	const struct registrar_event event = {
		.now = e->ask->now,
		.name = name,
		.unit = e->client.row.unit[0] ? e->client.row.unit
					      : e->client.serial,
		.client = &e->client.key,
		.certificate = got,
		.profile = e->profile->name,
		.maker = e->known.maker[0] ? e->known.maker : NULL,
		.key = e->spki[0] ? e->spki : NULL,
		.epoch = e->residency.epoch,
		.told = got ? tell_epoch(e) : NULL,
		.refused = e->v.rule ? &e->v : NULL,
	};

	return registrar_audit(s, &event, err);
}

static enum devid_err use_nonce(
	struct store *s, struct enrolment *e, struct devid_error *err)
{
	enum devid_err rc = DEVID_OK;

	if (e->nonce[0])
		rc = store_nonce_use(s, &e->client.key, e->nonce, err);
	if (rc == DEVID_ERR_NOT_FOUND)
		e->step = STEP_NONCE;
	return rc;
}

static enum devid_err put_request(
	struct store *s, struct enrolment *e, struct devid_error *err)
{
	struct store_request request = { .client = e->client.key,
		.decision = STORE_PENDING,
		.epoch = e->residency.epoch,
		.asked = e->ask->now };
	enum devid_err rc = use_nonce(s, e, err);

	if (rc != DEVID_OK)
		return rc;
	memcpy(request.spki, e->spki, sizeof(request.spki));
	memcpy(request.csr, e->csr_hash, sizeof(request.csr));
	memcpy(request.unit, e->client.row.unit, sizeof(request.unit));
	(void)snprintf(request.profile, sizeof(request.profile), "%s",
		e->profile->name); /* fits */
	rc = store_request_put(s, &request, err);
	if (rc == DEVID_OK)
		rc = audit(s, e, "ask", NULL, err);
	if (rc == DEVID_OK)
		e->step = STEP_WAIT;
	return rc;
}

static enum devid_err issue(
	struct store *s, struct enrolment *e, struct devid_error *err)
{
	const struct issue what = { e->r, &e->client, e->profile, &e->csr,
		e->spki, e->csr_hash, e->known.maker, e->residency,
		e->ask->renew, e->known.issued, e->ask->now };
	struct site_key got;
	enum devid_err rc = use_nonce(s, e, err);

	if (rc == DEVID_OK)
		rc = registrar_issue(s, &what, &e->cert, &got, err);
	if (rc == DEVID_OK)
		rc = store_request_drop(s, e->spki, err);
	if (rc == DEVID_OK)
		rc = audit(s, e, e->ask->renew ? "renew" : "enrol", &got, err);
	return rc;
}

/* Whoever revokes the unit comes before or after this: rows that decide are
 * held, and then looked at again. */
static enum devid_err act(struct store *s, void *arg, struct devid_error *err)
{
	struct enrolment *e = arg;
	int64_t n = 0;
	enum devid_err rc = look(s, e, err);

	blob_done(&e->cert);
	if (rc == DEVID_OK)
		rc = store_list_hold(s, e->client.row.unit, &n, err);
	if (rc == DEVID_OK)
		rc = look(s, e, err);
	if (rc != DEVID_OK)
		return rc;
	e->step = decide(e);
	if (e->step != STEP_ISSUE)
		return DEVID_OK; /* others did something meanwhile */
	if (needs_person(e) && !e->known.asked)
		return put_request(s, e, err);
	return issue(s, e, err);
}

static enum devid_err tell_refusal(
	struct store *s, void *arg, struct devid_error *err)
{
	return audit(s, arg, "refuse", NULL, err);
}

/* ---- the whole ---- */

static bool hash_hex(struct view data, char ret[STORE_HASH_MAX])
{
	uint8_t hash[32];

	if (!digest_hash(data.data, data.len, hash))
		return false;
	hex_encode(hash, sizeof(hash), ret);
	return true;
}

/* IEEE 802.1AR: an IDevID asks for its first, an LDevID for its next. */
static enum devid_err check_kind(struct enrolment *e)
{
	if (e->client.site == e->ask->renew)
		return DEVID_OK;
	return verdict_refuse(&e->v, registrar_rule_name(REGISTRAR_CLIENT_KIND),
		e->ask->renew ? "only an LDevID of this site renews"
			      : "an LDevID is renewed by simplereenroll; "
				"simpleenroll is for IDevIDs");
}

static enum devid_err judge(struct enrolment *e, struct devid_error *err)
{
	const struct csr_question question = { e->ask->csr, &e->client,
		e->profile };
	enum devid_err rc = check_kind(e);

	if (rc == DEVID_OK)
		rc = registrar_csr_judge(&question, &e->csr, &e->v, err);
	if (rc == DEVID_OK && (!hash_hex(e->csr.spki, e->spki) ||
				      !hash_hex(e->ask->csr, e->csr_hash)))
		rc = devid_fail(err, DEVID_ERR_CRYPTO, "registrar: no SHA-256");
	if (rc == DEVID_OK)
		rc = store_read(e->r->store, read_known, e, err);
	if (rc == DEVID_OK && e->step == STEP_PROVE)
		rc = prove(e, err);
	else if (rc == DEVID_OK && e->step != STEP_ISSUE)
		return rc;
	if (rc == DEVID_OK)
		rc = store_write(e->r->store, e->r->audit_signer, act, e, err);
	return rc == DEVID_ERR_NOT_FOUND && e->step == STEP_NONCE ? DEVID_OK
								  : rc;
}

static void answer(struct enrolment *e, struct registrar_answer *ret)
{
	switch (e->step) {
	case STEP_GIVE:
		ret->body = blob_take(&e->known.der);
		ret->status = REGISTRAR_DONE;
		break;
	case STEP_ISSUE:
		ret->body = blob_take(&e->cert);
		ret->status = REGISTRAR_DONE;
		break;
	case STEP_WAIT:
		answer_set(ret, REGISTRAR_PENDING, "waits for approval");
		ret->retry_after = e->profile->retry_after;
		break;
	case STEP_NONCE:
		answer_set(ret, REGISTRAR_NONCE_GONE,
			"its evidence has no nonce that counts");
		break;
	case STEP_PROVE:
	case STEP_REFUSE:
		answer_refuse(ret, &e->v);
		break;
	}
}

void registrar_enrol(struct registrar *r, const struct registrar_ask *ask,
	struct registrar_answer *ret)
{
	struct devid_error err = { DEVID_OK, "" };
	struct enrolment e = { .r = r,
		.ask = ask,
		.profile = registrar_conf_profile(r->conf, ask->label),
		.residency = { false, STORE_NO_EPOCH } };
	bool known_client;
	enum devid_err rc;

	answer_set(ret, REGISTRAR_ABSENT, "no such label");
	if (!e.profile)
		return;
	rc = client_judge(r, ask, &e.client, &e.v, &err);
	known_client = rc == DEVID_OK;
	if (rc == DEVID_OK)
		rc = judge(&e, &err);
	if (rc == DEVID_OK)
		answer(&e, ret);
	/* Of who cannot even say who he is there is no end. */
	if (e.v.rule && known_client &&
		store_write(r->store, r->audit_signer, tell_refusal, &e,
			&err) != DEVID_OK)
		answer_trouble(ret, &err);
	else if (rc != DEVID_OK)
		answer_failure(ret, rc, &e.v, &err);
	known_done(&e.known);
	blob_done(&e.cert);
	client_done(&e.client);
}

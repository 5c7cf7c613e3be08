/* SPDX-License-Identifier: Apache-2.0 */
#include "register-revoke.h"

#include <inttypes.h>
#include <string.h>

#include "fail.h"
#include "register-private.h"

/* Gives the revoked certificate @id of @issuer its place in the sequence. */
static enum devid_err number_it(
	struct reg *reg, int64_t id, int64_t issuer, struct devid_error *err)
{
	const struct db_value owner = DB_INT_V(issuer);
	struct db_value params[] = { DB_INT_V(id), DB_INT_V(0) };
	enum devid_err rc = register_int(
		reg, REG_QUERY(REVOKED_NEXT, &owner, 1), &params[1].num, err);

	return rc == DEVID_OK
		       ? db_run(reg->db, REG_QUERY(REVOKED_SET, params, 2),
				 NULL, NULL, err)
		       : rc;
}

enum devid_err register_cert_revoke(struct reg *reg, int64_t id, int64_t when,
	int reason, struct devid_error *err)
{
	const struct db_value params[] = { DB_INT_V(id), DB_INT_V(when),
		DB_INT_V(reason) };
	int64_t was = -1, issuer = 0;
	enum devid_err rc = register_int(
		reg, REG_QUERY(CERT_REVOKE, params, 3), &issuer, err);

	if (rc != DEVID_OK)
		return rc;
	if (issuer)
		return number_it(reg, id, issuer, err);
	rc = register_int(
		reg, REG_QUERY(CERT_REVOKE_LOOK, params, 1), &was, err);
	if (rc == DEVID_OK && was < 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND,
			"register: certificate %" PRId64 ": not there", id);
	if (rc == DEVID_OK && was != reason)
		return devid_fail(err, DEVID_ERR_EXISTS,
			"register: certificate %" PRId64 ": revoked already, "
			"for reason %" PRId64,
			id, was);
	return rc;
}

struct revoked_walk {
	const uint8_t *issuer; /* borrowed */
	register_cert_fn *fn;
	void *arg;
	int64_t n, last; /* of this page */
};

static enum devid_err give_revoked(void *arg, const struct db_value *c,
	size_t n_columns, struct devid_error *err)
{
	struct revoked_walk *w = arg;
	struct register_cert cert = { .state = REGISTER_REVOKED };

	(void)n_columns;
	cert.id = c[0].num;
	cert.revoked_at = c[1].num;
	cert.reason = (int)c[2].num;
	cert.serial_len = c[3].len;
	cert.revoked_seq = c[4].num;
	memcpy(cert.issuer, w->issuer, 32);
	if (cert.serial_len > SERIAL_LEN ||
		!register_copy_blob(&c[3], cert.serial, cert.serial_len))
		return register_damaged(err, "certificate");
	w->n++;
	w->last = cert.revoked_seq;
	return w->fn(w->arg, &cert, err);
}

enum devid_err register_each_revoked(struct reg *reg,
	const struct register_revoked *which, register_cert_fn *fn, void *arg,
	struct devid_error *err)
{
	struct revoked_walk w = { which->issuer, fn, arg, 0, which->after };
	int64_t number = 0;
	enum devid_err rc =
		register_issuer_number(reg, which->issuer, false, &number, err);

	do {
		const struct db_value params[] = { DB_INT_V(number),
			DB_INT_V(w.last), DB_INT_V(REG_PAGE) };

		w.n = 0;
		if (rc == DEVID_OK)
			rc = db_run(reg->db, REG_QUERY(EACH_REVOKED, params, 3),
				give_revoked, &w, err);
	} while (rc == DEVID_OK && w.n == REG_PAGE);
	return rc;
}

enum devid_err register_last_revoked(struct reg *reg, const uint8_t issuer[32],
	int64_t *ret, struct devid_error *err)
{
	struct db_value param = DB_INT_V(0);
	int64_t last = 0;
	enum devid_err rc =
		register_issuer_number(reg, issuer, false, &param.num, err);

	if (rc == DEVID_OK)
		rc = register_int(
			reg, REG_QUERY(REVOKED_LAST, &param, 1), &last, err);
	if (rc == DEVID_OK)
		*ret = last;
	return rc;
}

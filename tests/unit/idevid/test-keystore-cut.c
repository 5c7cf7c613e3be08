/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kill at each command to the TPM of what changes something: afterwards, and
 * when it was asked for again, a key is wholly there or wholly gone.
 */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>

#include "owner-fixture.h"
#include "tpm-owner.h"

#define TLS   owner_id("tls-0")
#define PLACE 0x81040140u

/* Not that many commands are in any of them. */
#define CUTS_MAX 60

/* As the TPM sees the end of a process: the command under way was run or was
 * not, and no other follows. */
static const char *const ends[] = { "hangup", "lost" };

struct cut {
	struct keystore_fixture f;
	EVP_PKEY *private;        /* NULL: the key is made */
	struct key_sealed sealed; /* len 0: it was not made yet */
	bool persistent;          /* it is to be at its place */
};

/* What is cut; to be asked for again until it succeeds. */
typedef enum devid_err cut_op(struct cut *c);

static void setup(struct cut *c)
{
	swtpm_new(&c->f.tpm);
	keystore_fixture_open(&c->f, true);
}

static void done(struct cut *c)
{
	keystore_fixture_close(&c->f);
	swtpm_free(&c->f.tpm);
}

/* A service that starts, on a TPM where the one of before left what it had. */
static void start_anew(struct cut *c)
{
	swtpm_set_fault(&c->f.tpm, NULL);
	owner_reopen(&c->f, true);
	if (c->sealed.len > 0)
		owner_give(&c->f, TLS, &c->sealed);
}

/* Runs @op with all from its command number @n on cut; whether it had so many.
 */
static bool run_cut(struct cut *c, cut_op *op, unsigned n, const char *end)
{
	char line[64];
	enum devid_err rc;

	start_anew(c);
	(void)snprintf(line, sizeof(line), "after %u * %s\n", n, end);
	swtpm_set_fault(&c->f.tpm, line);
	rc = op(c);
	swtpm_set_fault(&c->f.tpm, NULL);
	if (rc == DEVID_OK)
		return false;
	assert_int_equal(rc, DEVID_ERR_TPM_ABSENT);
	start_anew(c);
	return true;
}

static enum devid_err op_make(struct cut *c)
{
	const struct keystore_ops *ops = c->f.ks->ops;
	struct key_sealed sealed;
	enum devid_err rc =
		c->private
			? ops->take_in(c->f.ks, TLS, c->private, &sealed, NULL)
			: ops->make(c->f.ks, TLS, KEY_ALG_P256, &sealed, NULL);

	if (rc != DEVID_OK)
		return rc;
	c->sealed = sealed;
	owner_give(&c->f, TLS, &sealed);
	return DEVID_OK;
}

static enum devid_err op_persist(struct cut *c)
{
	return owner_persist(&c->f, TLS, c->persistent, NULL);
}

static enum devid_err op_erase(struct cut *c)
{
	return owner_erase(&c->f, NULL);
}

static uint64_t epoch_of(struct cut *c)
{
	uint64_t epoch = 0;
	uint32_t resets;

	assert_rc(
		c->f.ks->ops->epoch(c->f.ks, &epoch, &resets, NULL), DEVID_OK);
	return epoch;
}

/* The first key: counter, parent and key are made. */
static void cut_first_key(EVP_PKEY *private)
{
	unsigned n = 0;

	for (size_t e = 0; e < N_OF(ends); e++) {
		bool more = true;

		for (n = 0; more; n++) {
			struct cut c = { .private = private };

			assert_true(n < CUTS_MAX);
			setup(&c);
			more = run_cut(&c, op_make, n, ends[e]);
			assert_true(!more || c.sealed.len == 0);
			if (more)
				assert_rc(op_make(&c), DEVID_OK);
			assert_rc(owner_sign(&c.f, TLS, NULL), DEVID_OK);
			assert_int_equal(epoch_of(&c), 1); /* counted once */
			done(&c);
		}
		assert_true(n > 5);
	}
}

/* covers: OWN-tpm-cut */
static void key_made_cut_anywhere_is_made_again(void **state)
{
	(void)state;
	cut_first_key(NULL);
}

/* covers: OWN-tpm-cut */
static void key_taken_in_cut_anywhere_is_taken_in_again(void **state)
{
	EVP_PKEY *private = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");

	(void)state;
	cut_first_key(private);
	EVP_PKEY_free(private);
}

/* It serves at each moment, and is where it is to be in the end. */
static void cut_persist(bool persistent)
{
	for (size_t e = 0; e < N_OF(ends); e++) {
		bool more = true;
		unsigned n = 0;

		for (n = 0; more; n++) {
			struct cut c = { .persistent = !persistent };

			assert_true(n < CUTS_MAX);
			setup(&c);
			assert_rc(op_make(&c), DEVID_OK);
			assert_rc(op_persist(&c), DEVID_OK);
			c.persistent = persistent;
			more = run_cut(&c, op_persist, n, ends[e]);
			assert_rc(owner_sign(&c.f, TLS, NULL), DEVID_OK);
			assert_rc(op_persist(&c), DEVID_OK);
			assert_true(c.f.ks->ops->is_persistent(c.f.ks, TLS) ==
				    persistent);
			assert_rc(owner_sign(&c.f, TLS, NULL), DEVID_OK);
			done(&c);
		}
		assert_true(n > 3);
	}
}

/* covers: OWN-tpm-cut */
static void key_put_at_its_place_cut_anywhere_serves(void **state)
{
	(void)state;
	cut_persist(true);
}

/* covers: OWN-tpm-cut */
static void key_taken_from_its_place_cut_anywhere_serves(void **state)
{
	(void)state;
	cut_persist(false);
}

static void nothing_is_there(struct cut *c)
{
	struct tpm *conn = owner_connect(&c->f);

	assert_int_equal(owner_object(conn, PLACE), ESYS_TR_NONE);
	assert_int_equal(owner_object(conn, OWNER_PARENT), ESYS_TR_NONE);
	tpm_close(conn);
	keystore_fixture_open(&c->f, true);
}

/* Between the cut and the next call it is one or the other: the counter goes on
 * when nothing that signs is left. */
static void is_whole_or_gone(struct cut *c)
{
	enum devid_err rc = owner_sign(&c->f, TLS, NULL);

	if (rc == DEVID_OK) {
		assert_int_equal(epoch_of(c), 1);
		return;
	}
	assert_int_equal(rc, DEVID_ERR_ERASED);
	assert_int_equal(epoch_of(c), 2);
	nothing_is_there(c);
}

/* covers: OWN-tpm-cut OWN-erase-resumed */
static void keys_erased_cut_anywhere_end_with_the_next_call(void **state)
{
	(void)state;
	for (size_t e = 0; e < N_OF(ends); e++) {
		bool more = true;
		unsigned n = 0;

		for (n = 0; more; n++) {
			struct cut c = { .persistent = true };

			assert_true(n < CUTS_MAX);
			setup(&c);
			assert_rc(op_make(&c), DEVID_OK);
			assert_rc(op_persist(&c), DEVID_OK);
			more = run_cut(&c, op_erase, n, ends[e]);
			if (more)
				is_whole_or_gone(&c);
			assert_rc(op_erase(&c), DEVID_OK);
			nothing_is_there(&c);
			owner_give(&c.f, TLS, &c.sealed);
			assert_rc(
				owner_load(&c.f, TLS, NULL), DEVID_ERR_ERASED);
			done(&c);
		}
		assert_true(n > 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_made_cut_anywhere_is_made_again),
		cmocka_unit_test(key_taken_in_cut_anywhere_is_taken_in_again),
		cmocka_unit_test(key_put_at_its_place_cut_anywhere_serves),
		cmocka_unit_test(key_taken_from_its_place_cut_anywhere_serves),
		cmocka_unit_test(
			keys_erased_cut_anywhere_end_with_the_next_call),
	};

	(void)setenv("TSS2_LOG", "all+none", 0);
	return cmocka_run_group_tests_name("keystore-cut", tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates above the EK's that a TPM brings along in NV. */
#include "cmocka-all.h"

#include "attest-fixture.h"
#include "certs.h"
#include "tpm-ek-chain.h"

#define N_CERTS 3

/* Some CAs' certificates, one behind the other, and where each ends. */
struct chain {
	struct certs_buf all;
	size_t ends[N_CERTS];
};

static struct chain make_chain(void)
{
	struct chain c = { .all.len = 0 };

	for (int i = 0; i < N_CERTS; i++) {
		struct certs_spec spec = certs_ca_spec("Chip CA");
		struct certs_node ca =
			certs_sign(&spec, certs_key("P-256"), NULL);

		certs_append(&c.all, ca.der.data, ca.der.len);
		c.ends[i] = c.all.len;
		certs_done(&ca);
	}
	return c;
}

static void write_part(struct attest_fixture *f, TPM2_HANDLE n,
	const struct certs_buf *buf, size_t from, size_t to)
{
	swtpm_nv_write(
		&f->on.tpm, EK_CHAIN_INDEX + n, buf->data + from, to - from);
}

/* A new keystore carries these bytes. */
static void assert_carried(
	struct attest_fixture *f, const uint8_t *want, size_t len)
{
	attest_open(f, false);
	attest_now(f);
	assert_int_equal(f->said.ek_chain.len, len);
	assert_memory_equal(f->said.ek_chain.data, want, len);
	attest_nothing_left(f);
	attest_close(f);
}

static int setup(void **state)
{
	struct attest_fixture *f;

	assert_int_equal(attest_setup(state), 0);
	f = *state;
	attest_create(f, KEY_ALG_P256);
	attest_close(f);
	return 0;
}

static void no_chain_in_nv_none_carried(void **state)
{
	assert_carried(*state, NULL, 0);
}

/* covers: EK-chain */
static void chain_in_one_index_carried(void **state)
{
	struct attest_fixture *f = *state;
	struct chain c = make_chain();

	write_part(f, 0, &c.all, 0, c.all.len);
	assert_carried(f, c.all.data, c.all.len);
}

/* TCG EK Credential Profile 2.2.1.5.2: a certificate that does not fit goes on
 * in the next index.
 * covers: EK-chain */
static void chain_across_indices_carried(void **state)
{
	struct attest_fixture *f = *state;
	struct chain c = make_chain();
	size_t cut = c.ends[0] + 100, again = c.ends[1] + 1;

	write_part(f, 0, &c.all, 0, cut);
	write_part(f, 1, &c.all, cut, again);
	write_part(f, 2, &c.all, again, c.all.len);
	assert_carried(f, c.all.data, c.all.len);
	/* What is behind a gap is not of this chain. */
	swtpm_nv_remove(&f->on.tpm, EK_CHAIN_INDEX + 1);
	assert_carried(f, c.all.data, c.ends[0]);
}

static void padding_between_left_out(void **state)
{
	static const int pads[] = { 0x00, 0xff };
	struct attest_fixture *f = *state;
	struct chain c = make_chain();

	for (size_t i = 0; i < N_OF(pads); i++) {
		struct certs_buf in = { .len = c.ends[0] + 50 };

		memset(in.data, pads[i], in.len);
		memcpy(in.data, c.all.data, c.ends[0]);
		write_part(f, 0, &in, 0, in.len);
		write_part(f, 1, &c.all, c.ends[0], c.all.len);
		assert_carried(f, c.all.data, c.all.len);
	}
}

static void what_is_no_certificate_left_out(void **state)
{
	struct attest_fixture *f = *state;
	struct chain c = make_chain();
	struct certs_buf in = c.all;

	in.data[c.ends[1]] = 0x31; /* no SEQUENCE */
	write_part(f, 0, &in, 0, in.len);
	assert_carried(f, c.all.data, c.ends[1]);
}

static void more_than_fit_left_out(void **state)
{
	struct attest_fixture *f = *state;
	struct chain c = make_chain();
	size_t one = c.ends[0], n = 0;
	uint8_t want[WIRE_EK_CHAIN_MAX];

	/* Of certificates of one size as many as fit, from the first on. */
	for (TPM2_HANDLE i = 0; i < 16; i++)
		write_part(f, i, &c.all, 0, one);
	for (; (n + 1) * one <= sizeof(want); n++)
		memcpy(want + n * one, c.all.data, one);
	assert_true(n < 16);
	assert_carried(f, want, n * one);
}

/* An index that others wrote, or made another way. */
static void what_cannot_be_read_left_out(void **state)
{
	struct attest_fixture *f = *state;
	struct chain c = make_chain();
	struct key_blob cert;
	struct view ek;

	attest_open(f, false);
	attest_now(f);
	cert = f->said.ek_cert;
	ek = (struct view) { cert.data, cert.len };
	attest_close(f);
	write_part(f, 0, &c.all, 0, c.all.len);
	swtpm_set_fault(&f->on.tpm, "00000169 rc 00000922"); /* NV_ReadPublic */
	attest_open(f, true);
	assert_rc(
		f->on.ks->ops->attest(f->on.ks, KEY_IDEVID, ek, &f->said, NULL),
		DEVID_OK);
	assert_int_equal(f->said.ek_chain.len, 0);
	attest_close(f);
	swtpm_set_fault(&f->on.tpm, "00000169 rc 00000101"); /* failure mode */
	attest_open(f, true);
	assert_rc(
		f->on.ks->ops->attest(f->on.ks, KEY_IDEVID, ek, &f->said, NULL),
		DEVID_ERR_TPM_FAILURE);
}

static void take_cut_anywhere_gives_no_certificate(void **state)
{
	struct chain c = make_chain();

	(void)state;
	for (size_t len = 0; len < c.ends[0]; len++) {
		struct view in = { c.all.data, len }, got;

		assert_false(tpm_ek_chain_take(&in, &got));
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, attest_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		CASE(no_chain_in_nv_none_carried),
		CASE(chain_in_one_index_carried),
		CASE(chain_across_indices_carried),
		CASE(padding_between_left_out),
		CASE(what_is_no_certificate_left_out),
		CASE(more_than_fit_left_out),
		CASE(what_cannot_be_read_left_out),
		cmocka_unit_test(take_cut_anywhere_gives_no_certificate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

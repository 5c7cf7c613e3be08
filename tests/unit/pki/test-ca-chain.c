/* SPDX-License-Identifier: Apache-2.0 */
/* What a CA hands devices above their certificates, by a device's limits. */
#include "cmocka-all.h"

#include <stdlib.h>

#include "ca-chain.h"
#include "certs.h"
#include "key-bundle.h"

static struct certs_node root, below;

static int setup(void **state)
{
	struct certs_spec spec = certs_ca_spec("Root");

	(void)state;
	root = certs_sign(&spec, certs_key("P-256"), NULL);
	spec = certs_ca_spec("Below");
	below = certs_sign(&spec, certs_key("P-256"), &root);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	certs_done(&root);
	certs_done(&below);
	return 0;
}

/* A root of @size bytes; in that many a DER length has two octets. */
static struct certs_node root_of(size_t size)
{
	struct certs_spec spec = certs_ca_spec("Large root");
	char value[2 * CERTS_MAX] = "";
	size_t had = root.der.len, n = size - had;

	assert_true(2 * n < sizeof(value));
	for (size_t i = 0; i < n; i++)
		memcpy(value + 2 * i, "00", 3);
	certs_set_ext(&spec, "2a0304", "", value);
	return certs_sign(&spec, certs_key("P-256"), NULL);
}

/* @n_below of a CA below the root, and @n_roots of @top. */
static enum devid_err check(size_t n_below, const struct certs_node *top,
	size_t n_roots, size_t *ret_len, struct devid_error *err)
{
	const struct certs_node *nodes[40];
	enum devid_err rc;
	char *pem;

	assert_true(n_below + n_roots <= N_OF(nodes));
	for (size_t i = 0; i < n_below + n_roots; i++)
		nodes[i] = i < n_below ? &below : top;
	pem = certs_pem(nodes, n_below + n_roots);
	devid_error_clear(err);
	rc = ca_chain_check("chain.pem", pem, ret_len, err);
	free(pem);
	return rc;
}

static void check_below_the_root_counted(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	size_t len = 0;

	(void)state;
	assert_rc(check(3, &root, 1, &len, &err), DEVID_OK);
	assert_int_equal(len, 3 * below.der.len);
	assert_rc(check(4, &root, 1, &len, &err), DEVID_ERR_TOO_LARGE);
	assert_string_equal(err.text,
		"chain.pem: 4 certificates below the root, devices keep 3");
}

static void check_with_the_roots_counted(void **state)
{
	struct devid_error err = { DEVID_OK, "" };
	size_t len = 0;

	(void)state;
	assert_rc(check(1, &root, 13, &len, &err), DEVID_OK);
	assert_int_equal(len, below.der.len);
	assert_rc(check(1, &root, 14, &len, &err), DEVID_ERR_TOO_LARGE);
	assert_string_equal(err.text,
		"chain.pem: 15 certificates with the roots, devices read 14");
}

/* Each is small enough, and few. */
static void check_bytes_with_the_roots_measured(void **state)
{
	struct certs_node large = root_of(5000);
	struct devid_error err = { DEVID_OK, "" };
	size_t n = KEY_ABOVE_DER / large.der.len, len = 0;

	(void)state;
	assert_in_range(n, 1, 3);
	assert_rc(check(0, &large, n, &len, &err), DEVID_OK);
	assert_int_equal(len, 0);
	assert_rc(check(0, &large, n + 1, &len, &err), DEVID_ERR_TOO_LARGE);
	assert_cause(&err, "bytes of certificates with the roots, devices "
			   "read 12288");
	certs_done(&large);
}

/* What stands between certificates is carried along. */
static void check_text_between_measured(void **state)
{
	static char pem[KEY_ABOVE_PEM + 2];
	const struct certs_node *node = &below;
	char *one = certs_pem(&node, 1);
	struct devid_error err = { DEVID_OK, "" };
	size_t len = 0;

	(void)state;
	memset(pem, '\n', sizeof(pem) - 1);
	memcpy(pem, one, strlen(one));
	assert_rc(ca_chain_check("c", pem, &len, &err), DEVID_ERR_TOO_LARGE);
	assert_cause(&err, "bytes of PEM, devices read");
	pem[KEY_ABOVE_PEM] = '\0';
	assert_rc(ca_chain_check("c", pem, &len, NULL), DEVID_OK);
	assert_int_equal(len, below.der.len);
	free(one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_below_the_root_counted),
		cmocka_unit_test(check_with_the_roots_counted),
		cmocka_unit_test(check_bytes_with_the_roots_measured),
		cmocka_unit_test(check_text_between_measured),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The owner's keys on a disk that ends at any call, by a kill and by a power
 * cut, with the TPM of all runs behind it: what is there afterwards is wholly
 * there, and what is gone is wholly gone.
 */
#include "cmocka-all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "certs.h"
#include "crash-fixture.h"
#include "files.h"
#include "keystore-tpm.h"
#include "module-cert.h"
#include "module-erase.h"
#include "module-owner.h"
#include "module-sign.h"
#include "module.h"
#include "swtpm.h"

#define KEY      "tls-0"
#define RUNS_MAX 100 /* calls on the disk of one operation; far more */

static struct {
	struct swtpm tpm;
	struct crash_disks disks;
	struct certs_node ca, old, new;
	struct certs_buf pkcs8; /* what the certificates are of */
} w;

/* ---- a module on a folder ---- */

struct unit {
	struct keystore *ks;
	struct module *m;
};

static void quiet(const char *line)
{
	(void)line; /* that there was a cut */
}

static struct unit unit_open(const char *dir)
{
	struct module_options options = { .state_dir = dir };
	struct unit u;

	assert_rc(keystore_tpm_new(w.tpm.tcti, NULL, &u.ks, NULL), DEVID_OK);
	options.keystore = u.ks;
	assert_rc(module_new(&options, quiet, &u.m, NULL), DEVID_OK);
	return u;
}

static void unit_close(struct unit *u)
{
	module_free(u->m);
	u->ks->ops->free(u->ks);
}

static bool unit_has(struct unit *u, const char *name)
{
	static struct wire_status st;

	module_status(u->m, &st);
	for (size_t i = 0; i < st.n_keys; i++) {
		if (strcmp(st.keys[i].name, name) == 0)
			return true;
	}
	return false;
}

static enum devid_err unit_sign(struct unit *u, const char *name)
{
	static const char context[] = "TLS 1.3, server CertificateVerify";
	uint8_t data[64 + sizeof(context) + 32];
	struct module_sign what = { name, SIG_ECDSA, HASH_SHA256, data,
		sizeof(data) };
	struct purpose_verdict verdict;
	struct key_sig sig;
	enum devid_err rc;

	memset(data, ' ', 64);
	memcpy(data + 64, context, sizeof(context));
	memset(data + 64 + sizeof(context), 0x11, 32);
	rc = module_sign_purpose(u->m, &what, &verdict, NULL);
	return rc == DEVID_OK ? module_sign(u->m, &what, &sig, NULL) : rc;
}

/* ---- operations ---- */

static struct view der_of(const struct certs_node *cert)
{
	return (struct view) { cert->der.data, cert->der.len };
}

static enum devid_err op_create(struct unit *u)
{
	return module_create(u->m, KEY, KEY_ALG_P256, false, NULL);
}

static enum devid_err op_create_persistent(struct unit *u)
{
	return module_create(u->m, KEY, KEY_ALG_P256, true, NULL);
}

static enum devid_err import_key(struct unit *u, const struct certs_node *cert)
{
	const struct wire_import what = { { w.pkcs8.data, w.pkcs8.len },
		cert ? der_of(cert) : (struct view) { NULL, 0 } };

	return module_import(u->m, KEY, &what, true, NULL);
}

static enum devid_err op_import(struct unit *u)
{
	return import_key(u, NULL);
}

static enum devid_err op_import_certified(struct unit *u)
{
	return import_key(u, &w.old);
}

static enum devid_err op_install(struct unit *u)
{
	return module_install(u->m, KEY, der_of(&w.old), false, NULL);
}

static enum devid_err op_replace(struct unit *u)
{
	return module_install(u->m, KEY, der_of(&w.new), true, NULL);
}

static enum devid_err op_chain(struct unit *u)
{
	return module_install_above(u->m, KEY, der_of(&w.ca), NULL);
}

static enum devid_err op_cert_delete(struct unit *u)
{
	return module_cert_delete(u->m, KEY, NULL);
}

static enum devid_err op_delete(struct unit *u)
{
	return module_delete(u->m, KEY, NULL);
}

static enum devid_err op_disable(struct unit *u)
{
	return module_enable(u->m, KEY, false, NULL);
}

static enum devid_err op_chain_delete(struct unit *u)
{
	const struct view nothing = { NULL, 0 };

	return module_install_above(u->m, KEY, nothing, NULL);
}

static enum devid_err op_cert_disable(struct unit *u)
{
	return module_cert_enable(u->m, KEY, false, NULL);
}

static enum devid_err op_erase(struct unit *u)
{
	return module_erase(u->m, NULL);
}

/* ---- what must hold afterwards ---- */

/* Certificates that may be there, beside none. */
enum chains {
	NO_CHAIN = 1,
	OLD_CHAIN = 2,
	NEW_CHAIN = 4,
	LONG_CHAIN = 8
};

static unsigned chain_of(struct unit *u)
{
	const size_t old = w.old.der.len, whole = old + w.ca.der.len;
	struct view chain = { NULL, 0 };
	enum devid_err rc = module_chain(u->m, KEY, true, &chain, NULL);

	if (rc == DEVID_ERR_CERT_NOT_FOUND)
		return NO_CHAIN;
	assert_rc(rc, DEVID_OK);
	if (chain.len == w.new.der.len &&
		memcmp(chain.data, w.new.der.data, chain.len) == 0)
		return NEW_CHAIN;
	assert_true(chain.len == old || chain.len == whole);
	assert_memory_equal(chain.data, w.old.der.data, old);
	return chain.len == old ? OLD_CHAIN : LONG_CHAIN;
}

static void assert_no_file(const char *dir)
{
	static const char *const suffixes[] = { ".sealed", ".gone", ".key",
		".pem" };
	char path[PATH_MAX];

	for (size_t i = 0; i < N_OF(suffixes); i++) {
		(void)snprintf(
			path, sizeof(path), "%s/" KEY "%s", dir, suffixes[i]);
		assert_false(files_exists(path));
	}
}

struct cut {
	const char *name;
	enum devid_err (*before[3])(struct unit *u); /* NULL: no more */
	enum devid_err (*op)(struct unit *u);
	bool may_be_gone;
	bool may_be_disabled;
	unsigned chains; /* bits of enum chains */
	bool persistent; /* it was to be so from its making */
};

static bool is_persistent(struct unit *u)
{
	static struct wire_status st;

	module_status(u->m, &st);
	for (size_t i = 0; i < st.n_keys; i++) {
		if (strcmp(st.keys[i].name, KEY) == 0)
			return st.keys[i].persistent;
	}
	return false;
}

static void assert_whole(const struct cut *cut, const char *dir)
{
	struct unit u = unit_open(dir);

	if (unit_has(&u, KEY)) {
		enum devid_err rc = unit_sign(&u, KEY);

		assert_true(is_persistent(&u) || !cut->persistent);
		if (rc == DEVID_ERR_KEY_DISABLED && cut->may_be_disabled)
			assert_rc(
				module_enable(u.m, KEY, true, NULL), DEVID_OK);
		else if (rc == DEVID_ERR_CERT_DISABLED && cut->may_be_disabled)
			assert_rc(module_cert_enable(u.m, KEY, true, NULL),
				DEVID_OK);
		else
			assert_rc(rc, DEVID_OK);
		assert_true(chain_of(&u) & cut->chains);
	} else {
		assert_true(cut->may_be_gone);
		assert_no_file(dir);
		/* Name and place are free. */
		assert_rc(op_create_persistent(&u), DEVID_OK);
		assert_rc(unit_sign(&u, KEY), DEVID_OK);
	}
	assert_rc(module_erase(u.m, NULL), DEVID_OK); /* for the next run */
	unit_close(&u);
}

static bool work(const void *arg, const char *dir, int fd)
{
	const struct cut *cut = arg;
	char *kill_at = strdup(getenv("FILE_FAULT_KILL"));
	struct unit u;
	bool ok;

	(void)fd;
	assert_non_null(kill_at);
	assert_int_equal(unsetenv("FILE_FAULT_KILL"), 0);
	u = unit_open(dir);
	for (size_t i = 0; i < N_OF(cut->before) && cut->before[i]; i++)
		assert_rc(cut->before[i](&u), DEVID_OK);
	assert_int_equal(setenv("FILE_FAULT_KILL", kill_at, 1), 0);
	ok = cut->op(&u) == DEVID_OK;
	assert_int_equal(unsetenv("FILE_FAULT_KILL"), 0);
	unit_close(&u);
	free(kill_at);
	return ok;
}

static void power_cut(void)
{
	swtpm_stop(&w.tpm);
	swtpm_start(&w.tpm);
}

/* Cuts the operation at each call; how many there were. */
static unsigned cut_at_each_call(const struct cut *cut, bool power)
{
	unsigned n = 1;

	for (;; n++) {
		const struct crash_run run = {
			.work = work, .arg = cut, .kill_at = n
		};
		struct crash_told told = { .n = 0 };
		bool killed;

		assert_true(n < RUNS_MAX);
		crash_disks_new(&w.disks);
		killed = crash_run(&run, w.disks.real, w.disks.shadow, &told);
		crash_told_done(&told);
		if (power)
			power_cut();
		assert_whole(cut, power ? w.disks.shadow : w.disks.real);
		if (!killed)
			return n - 1;
	}
}

static const struct cut cuts[] = {
	{ "create", { NULL }, op_create, true, false, NO_CHAIN, false },
	{ "create persistent", { NULL }, op_create_persistent, true, false,
		NO_CHAIN, true },
	{ "import", { NULL }, op_import_certified, true, false,
		NO_CHAIN | OLD_CHAIN, true },
	{ "install", { op_import }, op_install, false, false,
		NO_CHAIN | OLD_CHAIN, false },
	{ "replace", { op_import, op_install }, op_replace, false, false,
		OLD_CHAIN | NEW_CHAIN, false },
	{ "chain", { op_import, op_install }, op_chain, false, false,
		OLD_CHAIN | LONG_CHAIN, false },
	{ "delete certificate", { op_import, op_install }, op_cert_delete,
		false, false, NO_CHAIN | OLD_CHAIN, false },
	{ "delete", { op_import, op_install }, op_delete, true, false,
		OLD_CHAIN, true },
	{ "delete chain", { op_import, op_install, op_chain }, op_chain_delete,
		false, false, OLD_CHAIN | LONG_CHAIN, false },
	{ "disable certificate", { op_import, op_install }, op_cert_disable,
		false, true, OLD_CHAIN, false },
	{ "disable", { op_create }, op_disable, false, true, NO_CHAIN, false },
	{ "erase", { op_import, op_install }, op_erase, true, false, OLD_CHAIN,
		false },
};

/* covers: OWN-atomic */
static void killed_at_each_call_on_the_disk(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(cuts); i++) {
		unsigned n = cut_at_each_call(&cuts[i], false);

		print_message("%s: %u calls\n", cuts[i].name, n);
		assert_true(n > 0);
	}
}

/* covers: OWN-atomic */
static void power_cut_at_each_call_on_the_disk(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_OF(cuts); i++)
		assert_true(cut_at_each_call(&cuts[i], true) > 0);
}

static int setup(void **state)
{
	struct certs_spec ca = certs_ca_spec("Test CA");
	struct certs_spec leaf = certs_idevid_spec();
	PKCS8_PRIV_KEY_INFO *info;
	uint8_t *p = w.pkcs8.data;

	(void)state;
	(void)setenv("TSS2_LOG", "all+none", 0);
	swtpm_new(&w.tpm);
	w.ca = certs_sign(&ca, certs_key("P-256"), NULL);
	w.old = certs_sign(&leaf, certs_key("P-256"), &w.ca);
	certs_set_ext(&leaf, "2a0304", "", "0500");
	assert_int_equal(EVP_PKEY_up_ref(w.old.key), 1);
	w.new = certs_sign(&leaf, w.old.key, &w.ca);
	info = EVP_PKEY2PKCS8(w.old.key);
	assert_non_null(info);
	w.pkcs8.len = (size_t)i2d_PKCS8_PRIV_KEY_INFO(info, &p);
	PKCS8_PRIV_KEY_INFO_free(info);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	crash_disks_done(&w.disks);
	certs_done(&w.new);
	certs_done(&w.old);
	certs_done(&w.ca);
	swtpm_free(&w.tpm);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_each_call_on_the_disk),
		cmocka_unit_test(power_cut_at_each_call_on_the_disk),
	};

	(void)argc;
	crash_load_faults(argv);
	return cmocka_run_group_tests_name(
		"module-crash", tests, setup, teardown);
}

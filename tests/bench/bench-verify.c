/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-verify SECONDS: how many leaves per second one core verifies, each a
 * different unit below one issuing CA, from DER to verdict. Prints three
 * numbers: devid_verifier_check_der(); d2i_X509() with
 * devid_verifier_check_chain(); and d2i_X509() alone.
 */
#include "certs.h"
#include <devid/verify.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N_LEAVES    200
#define SECONDS_MAX 60

enum {
	EXIT_USAGE = 2
};

struct fleet {
	struct certs_node issuer;
	struct certs_node leaves[N_LEAVES];
	STACK_OF(X509) * untrusted; /* owned: the issuer */
	struct devid_verifier *verifier;
};

static double now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fleet_init(struct fleet *fleet)
{
	struct certs_spec ca = certs_ca_spec("Bench root");
	struct certs_spec issuing = certs_ca_spec("Bench issuing");
	struct certs_spec leaf = certs_idevid_spec();
	struct certs_node root = certs_sign(&ca, certs_key("P-384"), NULL);
	const struct certs_node *pem_nodes[] = { &root };
	char *pem = certs_pem(pem_nodes, 1);
	char serial[32];

	fleet->issuer = certs_sign(&issuing, certs_key("P-256"), &root);
	leaf.serial = serial;
	for (unsigned i = 0; i < N_LEAVES; i++) {
		snprintf(serial, sizeof(serial), "4a5b6c7d8e9f0011%04x", i);
		fleet->leaves[i] =
			certs_sign(&leaf, certs_key("P-256"), &fleet->issuer);
	}
	fleet->untrusted = sk_X509_new_null();
	if (!fleet->untrusted ||
		!sk_X509_push(fleet->untrusted, certs_x509(&fleet->issuer)) ||
		devid_verifier_new(&fleet->verifier, NULL) != DEVID_OK ||
		devid_verifier_add_root_pem(
			fleet->verifier, pem, strlen(pem), NULL) != DEVID_OK)
		abort();
	free(pem);
	certs_done(&root);
}

static void fleet_done(struct fleet *fleet)
{
	devid_verifier_free(fleet->verifier);
	sk_X509_pop_free(fleet->untrusted, X509_free);
	for (unsigned i = 0; i < N_LEAVES; i++)
		certs_done(&fleet->leaves[i]);
	certs_done(&fleet->issuer);
}

typedef enum devid_err check_fn(const struct fleet *fleet,
	const struct certs_node *leaf, struct devid_verify_result *ret);

static enum devid_err check_der(const struct fleet *fleet,
	const struct certs_node *leaf, struct devid_verify_result *ret)
{
	struct devid_der chain[] = {
		{ leaf->der.data, leaf->der.len },
		{ fleet->issuer.der.data, fleet->issuer.der.len },
	};

	return devid_verifier_check_der(fleet->verifier, chain, 2, NULL, ret);
}

static enum devid_err check_x509(const struct fleet *fleet,
	const struct certs_node *leaf, struct devid_verify_result *ret)
{
	X509 *cert = certs_x509(leaf);
	enum devid_err rc = devid_verifier_check_chain(
		fleet->verifier, cert, fleet->untrusted, NULL, ret);

	X509_free(cert);
	return rc;
}

static enum devid_err decode(const struct fleet *fleet,
	const struct certs_node *leaf, struct devid_verify_result *ret)
{
	(void)fleet; /* nothing is judged */
	(void)ret;
	X509_free(certs_x509(leaf));
	return DEVID_OK;
}

/* Checks per second, or -1 when a check fails. */
static double rate(const struct fleet *fleet, check_fn *check, double seconds)
{
	struct devid_verify_result result;
	double start, passed;
	unsigned long n = 0;

	for (unsigned i = 0; i < N_LEAVES; i++) {
		if (check(fleet, &fleet->leaves[i], &result) != DEVID_OK) {
			fprintf(stderr, "bench-verify: %s\n", result.text);
			return -1;
		}
	}
	start = now();
	do {
		for (unsigned i = 0; i < N_LEAVES; i++) {
			if (check(fleet, &fleet->leaves[i], &result) !=
				DEVID_OK)
				return -1;
		}
		n += N_LEAVES;
		passed = now() - start;
	} while (passed < seconds);
	return (double)n / passed;
}

int main(int argc, char **argv)
{
	double seconds = argc == 2 ? strtod(argv[1], NULL) : 0;
	struct fleet fleet = { 0 };
	double der, x509, d2i;

	if (!(seconds > 0 && seconds <= SECONDS_MAX)) {
		fprintf(stderr, "usage: bench-verify SECONDS\n");
		return EXIT_USAGE;
	}
	fleet_init(&fleet);
	der = rate(&fleet, check_der, seconds);
	x509 = rate(&fleet, check_x509, seconds);
	d2i = rate(&fleet, decode, seconds / 2);
	fleet_done(&fleet);
	if (der < 0 || x509 < 0)
		return EXIT_FAILURE;
	printf("%.0f %.0f %.0f\n", der, x509, d2i);
	return EXIT_SUCCESS;
}

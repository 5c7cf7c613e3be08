/* SPDX-License-Identifier: Apache-2.0 */
#include "identity-print.h"

#include <stdio.h>
#include <string.h>

#include "fact.h"

/* What a lost disk would take along; an owner's key is on the disk itself. */
static void print_stored(int n, int stored)
{
	if (stored == 0)
		(void)printf(
			"           its chain of %d is on the disk only\n", n);
	else if (stored < n)
		(void)printf(
			"           of its chain of %d the TPM has %d, the "
			"rest is on the disk only\n",
			n, stored);
}

/* What of the module was seen before holds while it answers. */
static const char *usable_text(bool present, bool well)
{
	if (!present)
		return "NOT USABLE";
	return well ? "in the TPM" : "not reachable now";
}

void identity_print_certificate(const json_t *cert)
{
	(void)printf("           serial %s, model %s\n"
		     "           issued by %s\n"
		     "           until %s, sha256 %.16s...\n",
		fact_text(cert, "serial"), fact_text(cert, "model"),
		fact_text(cert, "issuer"), fact_text(cert, "not_after"),
		fact_text(cert, "sha256"));
}

static void print_rest(const json_t *key)
{
	const json_t *cert = json_object_get(key, "certificate");

	if (!fact_true(key, "certified")) {
		(void)printf("           no certificate installed\n");
		return;
	}
	if (!fact_true(key, "cert_enabled"))
		(void)printf("           CERTIFICATE DISABLED\n");
	if (json_is_object(cert))
		identity_print_certificate(cert);
	if (fact_true(key, "of_maker"))
		print_stored((int)fact_number(key, "certificates"),
			(int)fact_number(key, "certificates_in_tpm"));
	if (fact_false(key, "tls13"))
		(void)printf("           not usable with TLS 1.3\n");
	else if (fact_true(key, "present") && !fact_true(key, "tls13"))
		(void)printf(
			"           not known to be usable with TLS 1.3\n");
}

void identity_print(const json_t *key, bool well)
{
	bool present = fact_true(key, "present");

	/* A file that cannot be used, and no key. */
	if (!*fact_text(key, "algorithm")) {
		(void)printf("%-10s NOT USABLE: %s\n", fact_text(key, "name"),
			fact_text(key, "why"));
		return;
	}
	(void)printf("%-10s %s at %s, %s%s%s%s\n", fact_text(key, "name"),
		fact_text(key, "algorithm"), fact_text(key, "place"),
		usable_text(present, well),
		fact_true(key, "enabled") ? "" : ", DISABLED",
		fact_true(key, "persistent") ? "" : ", loaded for each use",
		fact_true(key, "imported") ? ", made elsewhere" : "");
	if (*fact_text(key, "why"))
		(void)printf("           %s\n", fact_text(key, "why"));
	print_rest(key);
}

static void print_tries(const json_t *tries)
{
	long long left = fact_number(tries, "left");

	if (!fact_true(tries, "few"))
		return;
	if (left == 0) {
		(void)printf("           WARNING: no try is left: the TPM has "
			     "locked its keys (devid-keyd(8))\n");
		return;
	}
	(void)printf("           WARNING: %lld of %lld tries left before the "
		     "TPM locks its keys;\n"
		     "           a power cut after a signature takes one "
		     "(devid-keyd(8))\n",
		left, fact_number(tries, "max"));
}

/* What a certificate asserts somebody else has to be believed for. */
static void print_asserted(const json_t *asserted)
{
	const char *cc = fact_text(asserted, "common_criteria");
	const char *fips = fact_text(asserted, "fips");

	if (*cc || *fips)
		(void)printf("           asserted by its EK certificate: "
			     "%s%s%s\n",
			cc, *cc && *fips ? ", " : "", fips);
}

static void print_erasure(const json_t *keystore)
{
	const json_t *erasure = json_object_get(keystore, "erasure");

	if (fact_true(erasure, "pending"))
		(void)printf(
			"           an erasure of the owner's keys is begun "
			"and not done yet: %s\n",
			fact_text(erasure, "why"));
	else if (json_is_object(erasure))
		(void)printf("           the owner's keys were erased; %s\n",
			fact_text(erasure, "text"));
}

void keystore_print(const json_t *keystore)
{
	if (*fact_text(keystore, "manufacturer"))
		(void)printf("           %s %s, firmware %s, FIPS mode: %s\n",
			fact_text(keystore, "manufacturer"),
			fact_text(keystore, "model"),
			fact_text(keystore, "firmware"),
			fact_text(keystore, "fips_mode"));
	print_asserted(json_object_get(keystore, "asserted"));
	if (fact_false(keystore, "initialized"))
		(void)printf("           not initialised yet\n");
	print_erasure(keystore);
	print_tries(json_object_get(keystore, "tries"));
}

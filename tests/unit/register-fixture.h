/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_REGISTER_FIXTURE_H
#define TEST_REGISTER_FIXTURE_H

/*
 * Runs each case on SQLite and on PostgreSQL, each in an empty database of its
 * own, and makes devices and certificates to put into it. Everything asserts.
 */

#include "pg.h"
#include "register.h"
#include "tempdir.h"

/* What a case gets as its state. */
struct place {
	bool postgres;
	char uri[256];
	char path[128];     /* of the file; SQLite */
	struct tempdir dir; /* of it */
	struct pg *pg;      /* borrowed; NULL on SQLite */
};

struct place_case {
	const char *name;
	void (*run)(void **state);
};

#define PLACE_CASE(f)                                                          \
	{                                                                      \
#f, f                                                          \
	}

/* SQLite's files are not in memory; to be set before place_run(). */
extern bool place_on_disk;

/* main() of a test program: what cmocka_run_group_tests() returns. */
int place_run(const char *group, const struct place_case *cases, size_t n);

struct reg *place_open(const struct place *place);
struct reg *place_open_as(const struct place *place, const char *instance);

/* The same device for the same @n: serial number "SN<n>". */
struct register_device fixture_device(unsigned n);

/* Certificate @role of fixture_device(@n), which has got @device; its serial
 * number and key follow from @n and @role. The DER stays what it is. */
struct register_cert fixture_cert(
	unsigned n, enum key_role role, int64_t device);

/* Adds both certificates and the device, and a line to the audit log. */
enum devid_err fixture_issue(
	struct reg *reg, unsigned n, struct devid_error *err);

/* The same in a transaction of its own, signed; must succeed. */
void fixture_issue_now(struct reg *reg, struct signer *signer, unsigned n);

/* One integer. */
int64_t fixture_count(struct reg *reg, const char *sql);

/* No device without both certificates, no certificate without its device, and
 * the audit log in order. Returns how many devices. */
int64_t fixture_check_whole(struct reg *reg, struct signer *signer);

#endif

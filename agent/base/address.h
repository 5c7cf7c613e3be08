/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_ADDRESS_H
#define DEVID_AGENT_ADDRESS_H

/*
 * What a DHCP client gave a port, as hooks tell it: a file for each port,
 * <run_dir>/domain.<port>, that is there while the port has an address and
 * holds the domain, or nothing. Hooks write it through `devid-agent
 * --note-address`; the agent reads it and takes it away.
 *
 * The domain comes from the network, unauthenticated: it is looked at when it
 * is written and again when it is read.
 */

#include <devid/error.h>

#include <limits.h>

#include "domain.h"

/* The file's name; INVALID when @port is no name of an interface. */
DEVID_MUST_CHECK enum devid_err address_path(const char *run_dir,
	const char *port, char ret[PATH_MAX], struct devid_error *err);

/*
 * Notes that @port has an address, and @domain with it unless that is NULL or
 * "". A domain that is refused (domain.h) leaves a note without one, and its
 * error is returned. Errors: INVALID, TOO_LARGE, DENIED, IO.
 */
DEVID_MUST_CHECK enum devid_err address_note(const char *run_dir,
	const char *port, const char *domain, struct devid_error *err);

/* The domain of the note, "" where it has none. Errors: NOT_FOUND (no
 * address), else as files_read() and domain_check(). */
DEVID_MUST_CHECK enum devid_err address_read(const char *run_dir,
	const char *port, char ret_domain[DOMAIN_MAX + 1],
	struct devid_error *err);

/* The port has none any more. That there was none is no error. Errors: IO. */
DEVID_MUST_CHECK enum devid_err address_forget(
	const char *run_dir, const char *port, struct devid_error *err);

#endif

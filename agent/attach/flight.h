/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_AGENT_FLIGHT_H
#define DEVID_AGENT_FLIGHT_H

/*
 * How many EAP frames our certificate, its signature and Finished take. Used
 * only to tell a certificate that the server refused from a device that it
 * did not admit; an estimate that is off makes the diagnosis vaguer, nothing
 * else.
 */

#include <stddef.h>
#include <stdint.h>

/* For the PEM chain in the file @path; 0 when it cannot be read. */
uint32_t flight_fragments(const char *path);

/* The same for the text itself. */
uint32_t flight_fragments_of(const char *pem, size_t len);

#endif

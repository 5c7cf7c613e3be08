/* SPDX-License-Identifier: Apache-2.0 */
/* Events and answers of wpa_supplicant, which carry a peer's text. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *line, size_t len, const struct event *ev)
{
	if (strnlen(ev->port, sizeof(ev->port)) == sizeof(ev->port) ||
		strnlen(ev->text, sizeof(ev->text)) == sizeof(ev->text) ||
		ev->depth < 0 || ev->depth > EVENT_DEPTH_MAX || ev->reason < 0)
		abort();
	if (ev->cert_hex &&
		(ev->cert_hex < line || ev->cert_hex_len % 2 ||
			ev->cert_hex + ev->cert_hex_len > line + len))
		abort();
	for (const char *p = ev->text; *p; p++) {
		if (*p < ' ' || *p > 'z' || *p == '\'')
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* a block of its exact size, so that a byte too far is noticed */
	char *line = malloc(size ? size : 1);
	uint8_t der[EVENT_CERT_MAX];
	struct event_status status;
	struct event ev;
	size_t len;

	if (!line)
		return 0;
	if (size)
		memcpy(line, data, size);
	if (event_parse(line, size, &ev) == DEVID_OK) {
		check(line, size, &ev);
		if (ev.cert_hex &&
			event_decode_hex(ev.cert_hex, ev.cert_hex_len, der,
				sizeof(der), &len) != DEVID_OK)
			abort();
		(void)event_reason_text(ev.reason);
	}
	if (event_parse_status(line, size, &status) == DEVID_OK &&
		strnlen(status.tls_version, sizeof(status.tls_version)) ==
			sizeof(status.tls_version))
		abort();
	free(line);
	return 0;
}

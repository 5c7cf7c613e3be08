/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What comes out of evhttp: the first byte says which side and method, then
 * target and media type as strings, then the body. Whatever is understood goes
 * to the parser that reads it next.
 * covers: RFC9110-http
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ca.h"
#include "challenge.h"
#include "serve-route.h"
#include "serve-status.h"
#include "tcg-csr.h"
#include "ocsp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Takes a string off the front of @data into exact memory. */
static char *take_string(const uint8_t **data, size_t *len)
{
	size_t n = strnlen((const char *)*data, *len);
	char *text = malloc(n + 1);

	if (!text)
		abort();
	memcpy(text, *data, n);
	text[n] = '\0';
	*data += n;
	*len -= n;
	if (*len > 0) {
		*data += 1;
		*len -= 1;
	}
	return text;
}

static void check_refused(const struct serve_route *r)
{
	char *json;

	if (r->status < 400 || r->status > 499 || !r->error.text[0] ||
		(r->status == 405) != (r->allow != NULL))
		abort();
	json = serve_error_json(r->error.code, PROOF_NONE, r->error.text);
	if (!json)
		abort();
	free(json);
}

/* What is on one side is not on the other, and roles are asked for. */
static void check_side(
	const struct serve_call *call, const struct serve_route *r)
{
	if ((r->role != 0) != (call->side == HTTP_STATIONS))
		abort();
}

static void read_on(const struct serve_route *r)
{
	static struct tcg_csr csr;
	static struct challenge_answer answer;
	static struct ocsp_request ocsp;

	switch (r->action) {
	case SERVE_CHALLENGE:
		(void)!tcg_csr_parse(
			(struct view) { r->input, r->input_len }, &csr, NULL);
		break;
	case SERVE_ISSUE:
		(void)!challenge_answer_parse(
			r->input, r->input_len, &answer, NULL);
		break;
	case SERVE_OCSP:
		if (r->input_len > OCSP_REQUEST_MAX)
			abort();
		(void)!ocsp_parse(
			(struct view) { r->input, r->input_len }, &ocsp, NULL);
		break;
	case SERVE_REVOKE:
		if (r->reason < 0 || r->reason > 10)
			abort();
		/* fallthrough */
	case SERVE_SHOW:
		if (!r->serial[0] || strnlen(r->serial, sizeof(r->serial)) ==
					     sizeof(r->serial))
			abort();
		break;
	case SERVE_FILE:
		if (r->file >= SERVE_N_FILES)
			abort();
		break;
	case SERVE_REFUSE:
	case SERVE_HEALTH:
	case SERVE_METRICS:
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const enum serve_method methods[] = { SERVE_GET, SERVE_POST,
		SERVE_OTHER };
	struct serve_route *route = malloc(sizeof(*route));
	struct serve_call call = { .side = HTTP_PUBLIC };
	char *target, *type;
	uint8_t *body;

	if (!route)
		abort();
	if (len > 0) {
		call.side = data[0] & 1 ? HTTP_STATIONS : HTTP_PUBLIC;
		call.method = methods[data[0] / 2 % 3];
		data++;
		len--;
	}
	target = take_string(&data, &len);
	type = take_string(&data, &len);
	body = malloc(len ? len : 1); /* exact, for the sanitizer */
	if (!body)
		abort();
	memcpy(body, data, len);
	call.target = target;
	call.type = type[0] ? type : NULL;
	call.body = body;
	call.body_len = len;
	serve_route(&call, "line1", route);
	if (route->action == SERVE_REFUSE) {
		check_refused(route);
	} else {
		check_side(&call, route);
		read_on(route);
	}
	free(body);
	free(type);
	free(target);
	free(route);
	return 0;
}

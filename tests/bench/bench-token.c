/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench-token MODULE TOKEN KEY PINFILE: what a signature by the token costs,
 * through the CA's own code. Prints one line of JSON; microseconds.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "token.h"

#define WARM_UP 50
#define ROUNDS  2000

static double now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
	const struct pin_source source = { -1, argv[4], false, "token" };
	const struct token_place place = { argv[1], argv[2] };
	static const uint8_t data[600]; /* a certificate's worth */
	const struct view view = { data, sizeof(data) };
	struct devid_error err = { DEVID_OK, "" };
	struct signer_sig sig;
	struct signer *signer = NULL;
	struct token *token = NULL;
	enum devid_err rc;
	struct pin pin;
	double start = 0;

	if (argc != 5)
		return 2;
	rc = pin_read(&source, &pin, &err);
	if (rc == DEVID_OK)
		rc = token_open(&place, &pin, &token, &err);
	if (rc == DEVID_OK)
		rc = token_key(token, argv[3], &signer, &err);
	for (int i = 0; rc == DEVID_OK && i < WARM_UP + ROUNDS; i++) {
		if (i == WARM_UP)
			start = now_us();
		rc = signer->ops->sign(signer, view, &sig, &err);
	}
	if (rc != DEVID_OK) {
		(void)fprintf(
			stderr, "bench-token: %s\n", devid_error_text(&err));
		return 1;
	}
	(void)printf("{\"sign_us\":%.1f}\n", (now_us() - start) / ROUNDS);
	pin_done(&pin);
	signer_free(signer);
	token_close(token);
	return 0;
}

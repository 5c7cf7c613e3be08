/* SPDX-License-Identifier: Apache-2.0 */
/* A challenge or an answer, PEM. Seeds: make-csr-seeds.c.
 * covers: RFC7468-pem */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "challenge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(int ok)
{
	if (!ok)
		abort();
}

/* What was read is written and read back the same. */
static void again_challenge(const struct challenge *in)
{
	char pem[CHALLENGE_FILE_MAX];
	struct challenge out;

	must(challenge_encode(in, pem, sizeof(pem), NULL) == DEVID_OK);
	must(challenge_parse((const uint8_t *)pem, strlen(pem), &out, NULL) ==
		DEVID_OK);
	must(memcmp(in, &out, sizeof(out)) == 0);
}

static void again_answer(const struct challenge_answer *in)
{
	char pem[CHALLENGE_FILE_MAX];
	struct challenge_answer out;

	must(challenge_answer_encode(in, pem, sizeof(pem), NULL) == DEVID_OK);
	must(challenge_answer_parse((const uint8_t *)pem, strlen(pem), &out,
		     NULL) == DEVID_OK);
	must(memcmp(in, &out, sizeof(out)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct challenge challenge;
	struct challenge_answer answer;

	if (challenge_parse(data, len, &challenge, NULL) == DEVID_OK)
		again_challenge(&challenge);
	if (challenge_answer_parse(data, len, &answer, NULL) == DEVID_OK)
		again_answer(&answer);
	return 0;
}

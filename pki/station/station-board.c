/* SPDX-License-Identifier: Apache-2.0 */
#include "station-board.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tcg-csr.h"

static const struct {
	enum tcg_csr_field field;
	const char *what;
} parts[] = {
	{ TCG_CSR_EK_CERT, "the TPM's EK certificate" },
	{ TCG_CSR_ATTEST_PUB, "the attestation key (IAK)" },
	{ TCG_CSR_SIGNING_PUB, "the IDevID key" },
};

static bool is_same(struct view a, struct view b)
{
	return a.len == b.len && (a.len == 0 || !memcmp(a.data, b.data, a.len));
}

static void add(char ret[STATION_DIFFERS_MAX], const char *what)
{
	size_t len = strlen(ret);

	/* Fits: there are four of them. */
	(void)snprintf(ret + len, STATION_DIFFERS_MAX - len, "%s%s",
		len ? ", " : "", what);
}

enum devid_err station_board_compare(struct view kept, struct view now,
	const char *model, char ret[STATION_DIFFERS_MAX],
	struct devid_error *err)
{
	struct tcg_csr a, b;
	enum devid_err rc = tcg_csr_parse(now, &b, err);

	if (rc != DEVID_OK)
		return rc;
	ret[0] = '\0';
	if (tcg_csr_parse(kept, &a, NULL) != DEVID_OK) {
		add(ret, "the request that was kept cannot be read");
		return DEVID_OK;
	}
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (!is_same(a.field[parts[i].field], b.field[parts[i].field]))
			add(ret, parts[i].what);
	}
	if (model && !is_same(a.field[TCG_CSR_PROD_MODEL],
			     b.field[TCG_CSR_PROD_MODEL]))
		add(ret, "the model");
	return DEVID_OK;
}

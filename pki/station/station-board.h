/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_STATION_BOARD_H
#define DEVID_STATION_BOARD_H

/*
 * Whether a request that was kept is of the board that is there. A serial
 * number is typed or scanned by people; keys and EK certificate are the
 * board's. It does not check that they are genuine: that is the CA's.
 */

#include "der.h"
#include <devid/error.h>

#define STATION_DIFFERS_MAX 256

/*
 * Compares the TCG-CSR-IDEVID @kept with @now, made a moment ago; the model
 * only where @model, what was asked for, is not NULL. *@ret is "" when both
 * are of one board, else what differs. Errors: those of tcg_csr_parse(), of
 * @now alone; a @kept that cannot be read differs.
 */
DEVID_MUST_CHECK enum devid_err station_board_compare(struct view kept,
	struct view now, const char *model, char ret[STATION_DIFFERS_MAX],
	struct devid_error *err);

#endif

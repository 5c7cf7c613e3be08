/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_END_H
#define DEVID_SERVE_END_H

/* How the service ends: what is on its way is answered first. */

#include "serve-private.h"

/* Accepts nothing more, and ends when all is answered. */
void serve_end(struct serve *s);

/* One step on that way; leaves the loop when nothing is left, or time is up. */
void serve_drain(struct serve *s);

/* Sets the timer: each second, or often on the way to the end. */
void serve_set_tick(struct serve *s);

#endif

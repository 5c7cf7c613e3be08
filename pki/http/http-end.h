/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_HTTP_END_H
#define DEVID_HTTP_END_H

/* How the service ends: what is on its way is answered first. */

#include "http-server.h"

/* Accepts nothing more, and ends when all is answered. */
void http_end(struct http_server *s);

/* One step on that way; leaves the loop when nothing is left, or time is up. */
void http_drain(struct http_server *s);

/* Sets the timer: each second, or often on the way to the end. */
void http_set_tick(struct http_server *s);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_SERVE_PRIVATE_H
#define DEVID_SERVE_PRIVATE_H

/* What the files of the event thread share. */

#include "serve-cache.h"
#include "http-server.h"
#include "serve-files.h"
#include "serve-metrics.h"
#include "serve-queue.h"
#include "serve.h"

struct serve {
	const struct ca_conf *conf; /* borrowed */
	struct http_server http;
	struct serve_queue *queue; /* owned, as all below */
	struct serve_cache *cache;
	struct serve_files files;
	struct http_rate rates[CA_STATIONS_MAX];
	struct event *on_done;
	struct serve_counts counts;
	unsigned ticks;
	bool token_gone;
};

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DEVID_EST_SERVER_H
#define DEVID_EST_SERVER_H

/* What the files of the event thread share. */

#include "est-line.h"
#include "http-server.h"

struct est_server {
	const struct registrar_conf *conf; /* borrowed */
	struct http_server http;
	struct est_line *line;       /* owned, as all below */
	STACK_OF(X509_NAME) * names; /* of the CAs that clients may have */
	struct event *on_done;
	bool token_gone;
};

#endif

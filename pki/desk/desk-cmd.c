/* SPDX-License-Identifier: Apache-2.0 */
#include "desk-cmd.h"

#include <stdlib.h>
#include <string.h>

#include "cmd-exit.h"
#include "log.h"
#include "operator.h"

void desk_init(struct desk *d)
{
	memset(d, 0, sizeof(*d));
	d->pin.fd = -1;
	operator_name(d->who);
}

int desk_fail(const struct devid_error *err)
{
	log_error("%s", devid_error_text(err));
	return EXIT_FAILURE;
}

int desk_load(struct desk *d)
{
	struct devid_error err = { DEVID_OK, "" };

	if (registrar_conf_load(d->config, &d->conf, &err) != DEVID_OK) {
		(void)desk_fail(&err);
		return EXIT_USAGE;
	}
	if (d->pin.fd < 0 && !d->pin.file && !d->conf.pin_file)
		d->pin.prompt = true;
	return -1;
}

int desk_open(struct desk *d, unsigned parts)
{
	struct devid_error err = { DEVID_OK, "" };
	struct registrar_opening how = { &d->conf, parts, &d->pin, false };
	int code = desk_load(d);

	if (code >= 0)
		return code;
	if (registrar_open_parts(&how, &d->r, &err) == DEVID_OK)
		return -1;
	(void)desk_fail(&err);
	return how.pin_refused ? EXIT_PIN : EXIT_FAILURE;
}

void desk_done(struct desk *d)
{
	registrar_close(d->r);
	registrar_conf_done(&d->conf);
	d->r = NULL;
}

struct running {
	struct desk *d;
	desk_work *work;
	void *arg;
};

static enum devid_err run(struct store *s, void *arg, struct devid_error *err)
{
	const struct running *in = arg;

	(void)s; /* of the desk */
	return in->work(in->d, in->arg, err);
}

int desk_run(struct desk *d, unsigned parts, desk_work *work, void *arg)
{
	struct running in = { d, work, arg };
	struct devid_error err = { DEVID_OK, "" };
	int code = desk_open(d, parts);
	enum devid_err rc;

	if (code < 0) {
		if (parts & REGISTRAR_OPEN_AUDIT)
			rc = store_write(d->r->store, d->r->audit_signer, run,
				&in, &err);
		else
			rc = store_read(d->r->store, run, &in, &err);
		if (rc == DEVID_OK)
			rc = cmd_file_flush(&err);
		code = rc == DEVID_OK ? EXIT_SUCCESS : desk_fail(&err);
	}
	desk_done(d);
	return code;
}

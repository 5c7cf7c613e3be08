/* SPDX-License-Identifier: Apache-2.0 */
#include "ca-cmd.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "ca-clock.h"
#include "ca-conf.h"
#include "ca-open.h"
#include "cleanup-openssl.h"
#include "cleanup.h"
#include "cmd-exit.h"
#include "conf.h"
#include "key.h"
#include "log.h"

void ca_cmd_init(struct ca_cmd *cmd, const char *name)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->name = name;
	cmd->pin.fd = -1;
}

int ca_cmd_fail(const struct devid_error *err)
{
	log_error("%s", devid_error_text(err));
	return EXIT_FAILURE;
}

/* Counts what devices get above their own, without roots: those are what the
 * other end must have already. */
static size_t measure_chain(const char *pem, unsigned *ret_n)
{
	CLEANUP(cleanup_bio) BIO *bio = BIO_new_mem_buf(pem, -1);
	size_t len = 0;

	*ret_n = 0;
	while (bio) {
		CLEANUP(cleanup_x509)
		X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);

		if (!cert)
			break;
		if (X509_check_issued(cert, cert) == X509_V_OK)
			continue;
		++*ret_n;
		len += (size_t)i2d_X509(cert, NULL); /* it was parsed */
	}
	ERR_clear_error(); /* the end of the text */
	return len;
}

/* What the last step of a device would refuse, before anything is issued. */
static enum devid_err check_chain(const struct ca *ca, struct devid_error *err)
{
	unsigned n;
	size_t len = measure_chain(ca->chain_pem, &n);

	if (n >= KEY_CHAIN_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"%s: %u certificates below the root, devices keep %d",
			ca->conf->chain ? ca->conf->chain
					: ca->conf->certificate,
			n, KEY_CHAIN_MAX - 1);
	if (len > KEY_CERT_MAX)
		log_warn("%s: the certificates above a device's have %zu "
			 "bytes; a TPM takes at most %d of them, the device "
			 "keeps the rest on its disk only",
			ca->conf->chain ? ca->conf->chain
					: ca->conf->certificate,
			len, KEY_CERT_MAX);
	return DEVID_OK;
}

/* What is in the folder of vendors' roots and is not used. */
static void tell_trust(const struct ca *ca)
{
	for (size_t i = 0; ca->trust && ek_trust_get_note(ca->trust, i); i++)
		log_warn("%s", ek_trust_get_note(ca->trust, i));
}

/* No failure, and nothing to be silent about. */
static void tell_clock(const struct ca_cmd *cmd)
{
	if (!cmd->ca.clock_back)
		return;
	if (cmd->accept_clock)
		log_warn("clock: the register knew a later time, and has this "
			 "clock's now");
	else
		log_error(CA_CLOCK_BACK_TEXT);
}

int ca_cmd_open(struct ca_cmd *cmd, unsigned what)
{
	struct devid_error err = { DEVID_OK, "" };
	enum devid_err rc;

	if (ca_conf_load(cmd->config, &cmd->conf, &err) != DEVID_OK) {
		(void)ca_cmd_fail(&err);
		return EXIT_USAGE;
	}
	if (cmd->pin.fd < 0 && !cmd->pin.file && !cmd->conf.pin_file)
		cmd->pin.prompt = true;
	if (cmd->accept_clock)
		what |= CA_OPEN_ACCEPT;
	rc = ca_open(&cmd->conf, what, &cmd->pin, &cmd->ca, &err);
	if (rc == DEVID_OK && what & CA_OPEN_SEAL)
		rc = check_chain(&cmd->ca, &err);
	if (rc == DEVID_OK) {
		tell_trust(&cmd->ca);
		tell_clock(cmd);
		if (cmd->name)
			cmd->progress = progress_begin(cmd->name);
		return -1;
	}
	(void)ca_cmd_fail(&err);
	return cmd->ca.pin_refused ? EXIT_PIN : EXIT_FAILURE;
}

void ca_cmd_done(struct ca_cmd *cmd)
{
	progress_end(cmd->progress);
	ca_done(&cmd->ca);
	ca_conf_done(&cmd->conf);
}

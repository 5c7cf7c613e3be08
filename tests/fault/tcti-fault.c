/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TCTI that forwards to another one and misbehaves when told to. Loaded by
 * path through the TCTI loader, for tests of what a broken TPM does:
 *
 *   <dir>/tcti-fault.so:CONTROL@TCTI
 *
 * CONTROL is a file that is read before each command; absent, all is
 * forwarded. Its lines are `[once | after N] CODE ACTION [ARG]`, where CODE is
 * a command code in hex or `*`; the first one that is about the command counts.
 * `once` removes the file when it has been used; `after N`, of a file with one
 * line, lets N such commands pass first, on however many connections.
 *
 *   rc HEX      the TPM answers with this return code, the command is not run
 *   reply HEX   the TPM answers with these bytes, the command is not run
 *   flip N      the command is run, bit 0 of byte N of the response flips
 *   cut N       the command is run, only N bytes of the response arrive
 *   hangup      the connection breaks before the command is run
 *   lost        the command is run, the connection breaks before the response
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_tcti.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#define MAGIC        0x6661756c74313233ull
#define RESPONSE_MAX 4096

enum action {
	NONE,
	REPLY,
	FLIP,
	CUT,
	HANGUP,
	LOST
};

struct fault {
	TSS2_TCTI_CONTEXT_COMMON_V2 common; /* first: what callers see */
	TSS2_TCTI_CONTEXT *child;           /* owned */
	char control[256];
	enum action action; /* for the command under way */
	unsigned arg;
	uint8_t reply[RESPONSE_MAX];
	size_t reply_len;
};

static struct fault *self_of(TSS2_TCTI_CONTEXT *ctx)
{
	return (struct fault *)ctx;
}

static void put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void set_rc(struct fault *f, const char *arg)
{
	static const uint8_t head[] = { 0x80, 0x01, 0, 0, 0, 10 };

	memcpy(f->reply, head, sizeof(head));
	put_u32(f->reply + 6, (uint32_t)strtoul(arg, NULL, 16));
	f->reply_len = 10;
	f->action = REPLY;
}

static void set_reply(struct fault *f, const char *hex)
{
	unsigned byte;

	f->reply_len = 0;
	while (f->reply_len < sizeof(f->reply) &&
		sscanf(hex, "%2x", &byte) == 1) {
		f->reply[f->reply_len++] = (uint8_t)byte;
		hex += 2;
	}
	f->action = REPLY;
}

static void set_action(struct fault *f, const char *name, const char *arg)
{
	f->arg = (unsigned)strtoul(arg, NULL, 10);
	if (strcmp(name, "rc") == 0)
		set_rc(f, arg);
	else if (strcmp(name, "reply") == 0)
		set_reply(f, arg);
	else if (strcmp(name, "flip") == 0)
		f->action = FLIP;
	else if (strcmp(name, "cut") == 0)
		f->action = CUT;
	else if (strcmp(name, "hangup") == 0)
		f->action = HANGUP;
	else if (strcmp(name, "lost") == 0)
		f->action = LOST;
	else
		abort(); /* a mistake in a test */
}

/* Leaves one command less to pass. */
static void count_down(
	const struct fault *f, unsigned long left, const char *rest)
{
	FILE *file = fopen(f->control, "w");

	if (!file || fprintf(file, "after %lu %s", left - 1, rest) < 0 ||
		fclose(file) != 0)
		abort();
}

/* Does what @line says if it is about the command with @code. */
static int obey(struct fault *f, char *line, uint32_t code)
{
	char *word, *action, *arg, *save = NULL, rest[256] = "";
	unsigned long left = 0;
	int once = 0;

	word = strtok_r(line, " \n", &save);
	if (word && strcmp(word, "once") == 0) {
		once = 1;
		word = strtok_r(NULL, " \n", &save);
	} else if (word && strcmp(word, "after") == 0) {
		word = strtok_r(NULL, " \n", &save);
		left = word ? strtoul(word, NULL, 10) : 0;
		(void)snprintf(rest, sizeof(rest), "%s", save);
		word = strtok_r(NULL, " \n", &save);
	}
	action = strtok_r(NULL, " \n", &save);
	arg = strtok_r(NULL, " \n", &save);
	if (!word || !action ||
		(*word != '*' && strtoul(word, NULL, 16) != code))
		return 0;
	if (left > 0) {
		count_down(f, left, rest);
		return 1;
	}
	if (once)
		(void)unlink(f->control);
	set_action(f, action, arg ? arg : "");
	return 1;
}

/* Reads the control file and decides about the command with @code. */
static void decide(struct fault *f, uint32_t code)
{
	char line[2 * RESPONSE_MAX];
	FILE *file = fopen(f->control, "r");

	f->action = NONE;
	while (file && fgets(line, sizeof(line), file)) {
		if (obey(f, line, code))
			break;
	}
	if (file)
		(void)fclose(file);
}

static TSS2_RC transmit(
	TSS2_TCTI_CONTEXT *ctx, size_t size, const uint8_t *command)
{
	struct fault *f = self_of(ctx);
	uint32_t code = 0;

	for (size_t i = 6; size >= 10 && i < 10; i++)
		code = code << 8 | command[i];
	decide(f, code);
	if (f->action == HANGUP)
		return TSS2_TCTI_RC_IO_ERROR;
	if (f->action == REPLY)
		return TSS2_RC_SUCCESS;
	return Tss2_Tcti_Transmit(f->child, size, command);
}

static TSS2_RC receive(TSS2_TCTI_CONTEXT *ctx, size_t *size, uint8_t *response,
	int32_t timeout)
{
	struct fault *f = self_of(ctx);
	TSS2_RC rc;

	if (f->action == REPLY) {
		if (response && *size >= f->reply_len)
			memcpy(response, f->reply, f->reply_len);
		*size = f->reply_len;
		return TSS2_RC_SUCCESS;
	}
	rc = Tss2_Tcti_Receive(f->child, size, response, timeout);
	if (rc != TSS2_RC_SUCCESS || !response)
		return rc;
	if (f->action == LOST)
		return TSS2_TCTI_RC_IO_ERROR;
	if (f->action == FLIP && f->arg < *size)
		response[f->arg] ^= 1;
	if (f->action == CUT && f->arg < *size) {
		memset(response + f->arg, 0xff, *size - f->arg);
		*size = f->arg;
	}
	return rc;
}

static void finalize(TSS2_TCTI_CONTEXT *ctx)
{
	Tss2_TctiLdr_Finalize(&self_of(ctx)->child);
}

static TSS2_RC cancel(TSS2_TCTI_CONTEXT *ctx)
{
	return Tss2_Tcti_Cancel(self_of(ctx)->child);
}

static TSS2_RC get_poll_handles(
	TSS2_TCTI_CONTEXT *ctx, TSS2_TCTI_POLL_HANDLE *handles, size_t *n)
{
	return Tss2_Tcti_GetPollHandles(self_of(ctx)->child, handles, n);
}

static TSS2_RC set_locality(TSS2_TCTI_CONTEXT *ctx, uint8_t locality)
{
	return Tss2_Tcti_SetLocality(self_of(ctx)->child, locality);
}

static TSS2_RC make_sticky(
	TSS2_TCTI_CONTEXT *ctx, TPM2_HANDLE *handle, uint8_t sticky)
{
	(void)ctx;
	(void)handle;
	(void)sticky;
	return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}

static TSS2_RC init(TSS2_TCTI_CONTEXT *ctx, size_t *size, const char *conf)
{
	struct fault *f = self_of(ctx);
	const char *at = conf ? strchr(conf, '@') : NULL;

	if (!at || (size_t)(at - conf) >= sizeof(f->control))
		return TSS2_TCTI_RC_BAD_VALUE;
	*size = sizeof(*f);
	if (!ctx)
		return TSS2_RC_SUCCESS;
	memset(f, 0, sizeof(*f));
	memcpy(f->control, conf, (size_t)(at - conf));
	f->common.v1 = (TSS2_TCTI_CONTEXT_COMMON_V1) {
		.magic = MAGIC,
		.version = 2,
		.transmit = transmit,
		.receive = receive,
		.finalize = finalize,
		.cancel = cancel,
		.getPollHandles = get_poll_handles,
		.setLocality = set_locality,
	};
	f->common.makeSticky = make_sticky;
	return Tss2_TctiLdr_Initialize(at + 1, &f->child);
}

static const TSS2_TCTI_INFO info = {
	.version = 2,
	.name = "fault",
	.description = "forwards, and fails as told",
	.config_help = "CONTROL@TCTI",
	.init = init,
};

/* Entry point, looked up by the TCTI loader. */
const TSS2_TCTI_INFO *Tss2_Tcti_Info(void);

__attribute__((visibility("default"))) const TSS2_TCTI_INFO *Tss2_Tcti_Info(
	void)
{
	return &info;
}

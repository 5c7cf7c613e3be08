/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-ca challenge` and `devid-ca issue`: both steps of issuing with files,
 * for a CA without a network. */
#include "cmd-issue.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ca-cmd.h"
#include "cleanup.h"
#include "cmd-exit.h"
#include "operator.h"
#include "tcg-csr.h"
#include "ca-challenge.h"
#include "ca-issue.h"

static const char challenge_usage[] =
	"usage: devid-ca challenge [--out FILE] REQUEST\n"
	"Judges the TCG-CSR-IDEVID in REQUEST and challenges its TPM.\n" CA_CMD_USAGE;

static const char issue_usage[] =
	"usage: devid-ca issue [--out FILE] ANSWER\n"
	"Judges the answer to a challenge and issues IDevID and IAK.\n" CA_CMD_USAGE;

typedef enum devid_err step_fn(struct ca *ca, struct ca_job *jobs,
	size_t n_jobs, struct devid_error *err);

struct step {
	const char *usage;
	size_t input_max;
	unsigned open;
	step_fn *run;
};

static int wrong_call(const struct step *step)
{
	(void)fputs(step->usage, stderr);
	return EXIT_USAGE;
}

/* Before anything is issued: the folder of @out can be written. */
static enum devid_err check_out(const char *out, struct devid_error *err)
{
	CLEANUP(cleanup_free) char *copy = out ? strdup(out) : NULL;

	if (!out || strcmp(out, "-") == 0)
		return DEVID_OK;
	if (!copy)
		return devid_fail(err, DEVID_ERR_NOMEM, "no memory");
	if (access(dirname(copy), W_OK | X_OK) != 0)
		return devid_fail(
			err, DEVID_ERR_IO, "%s: %s", out, strerror(errno));
	return DEVID_OK;
}

static enum devid_err run_step(struct ca *ca, const struct step *step,
	const char *in, const char *out, struct devid_error *err)
{
	CLEANUP(blob_done) struct blob input = { NULL, 0 };
	char who[REGISTER_WHO_MAX];
	struct ca_job job = { .station = who };
	enum devid_err rc;

	operator_name(who);
	rc = check_out(out, err);
	if (rc == DEVID_OK)
		rc = cmd_file_read(in, step->input_max, &input, err);
	if (rc != DEVID_OK)
		return rc;
	job.input = input.data;
	job.input_len = input.len;
	rc = step->run(ca, &job, 1, err);
	if (rc == DEVID_OK && job.code != DEVID_OK)
		rc = devid_fail(
			err, job.code, "%s", devid_error_text(&job.error));
	if (rc == DEVID_OK)
		rc = cmd_file_write(out, job.output, strlen(job.output), err);
	ca_job_done(&job);
	return rc;
}

static int run_command(const struct step *step, int argc, char **argv)
{
	static const struct option options[] = {
		CA_CMD_OPTIONS,
		{ "out", required_argument, NULL, 'o' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct devid_error err = { DEVID_OK, "" };
	const char *out = NULL;
	struct ca_cmd cmd;
	int opt, code;

	ca_cmd_init(&cmd);
	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (opt == 'h') {
			(void)fputs(step->usage, stdout);
			return EXIT_SUCCESS;
		}
		if (opt == 'o')
			out = optarg;
		else if (!ca_cmd_option(&cmd, opt))
			return wrong_call(step);
	}
	if (optind + 1 != argc)
		return wrong_call(step);
	code = ca_cmd_open(&cmd, step->open);
	if (code < 0)
		code = run_step(&cmd.ca, step, argv[optind], out, &err) ==
				       DEVID_OK
			       ? EXIT_SUCCESS
			       : ca_cmd_fail(&err);
	ca_cmd_done(&cmd);
	return code;
}

int cmd_challenge(int argc, char **argv)
{
	static const struct step step = { challenge_usage, TCG_CSR_MAX,
		CA_OPEN_REGISTER | CA_OPEN_TOKEN | CA_OPEN_TRUST | CA_OPEN_SEAL,
		ca_challenge };

	return run_command(&step, argc, argv);
}

int cmd_issue(int argc, char **argv)
{
	static const struct step step = { issue_usage, CHALLENGE_FILE_MAX,
		CA_OPEN_REGISTER | CA_OPEN_TOKEN | CA_OPEN_SEAL, ca_issue };

	return run_command(&step, argc, argv);
}

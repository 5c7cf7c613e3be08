/* SPDX-License-Identifier: Apache-2.0 */
/* `devid-ca challenge` and `devid-ca issue`: both steps of issuing with files,
 * for a CA without a network. */
#include "cmd-issue.h"

#include <stdio.h>
#include <string.h>

#include "ca-challenge.h"
#include "ca-cmd.h"
#include "ca-issue.h"
#include "cleanup.h"
#include "cmd-exit.h"
#include "fail.h"
#include "operator.h"
#include "tcg-csr.h"

typedef enum devid_err step_fn(struct ca *ca, struct ca_job *jobs,
	size_t n_jobs, struct devid_error *err);

struct step {
	struct option_set set;
	size_t input_max;
	unsigned open;
	step_fn *run;
};

struct call {
	struct ca_cmd cmd;
	const char *out; /* borrowed, or NULL */
};

static const struct option_row rows[] = {
	{ "out", 0, "FILE", option_text, OPTION_AT(struct call, out),
		"instead of standard output" },
	CA_CMD_ROWS(struct call, cmd),
	CA_CMD_CLOCK_ROW(struct call, cmd),
	OPTION_END,
};

static enum devid_err run_step(struct ca *ca, const struct step *step,
	const char *in, const char *out, struct devid_error *err)
{
	CLEANUP(cleanup_output) struct output *file = NULL;
	CLEANUP(blob_done) struct blob input = { NULL, 0 };
	char who[REGISTER_WHO_MAX];
	struct ca_job job = { .station = who };
	enum devid_err rc;

	operator_name(who);
	rc = cmd_file_read(in, step->input_max, &input, err);
	/* Before anything is issued. */
	if (rc == DEVID_OK)
		rc = cmd_file_out(out, 0644, &file, err);
	if (rc != DEVID_OK)
		return rc;
	job.input = input.data;
	job.input_len = input.len;
	rc = step->run(ca, &job, 1, err);
	if (rc == DEVID_OK && job.code != DEVID_OK)
		rc = devid_fail(
			err, job.code, "%s", devid_error_text(&job.error));
	if (rc == DEVID_OK)
		rc = output_put(file, job.output, strlen(job.output), err);
	ca_job_done(&job);
	return rc;
}

static int run_command(const struct step *step, int argc, char **argv)
{
	struct devid_error err = { DEVID_OK, "" };
	struct call call = { .out = NULL };
	int code;

	ca_cmd_init(&call.cmd, step->set.command);
	code = options_read(&step->set, argc, argv, &call);
	if (code >= 0)
		return code;
	code = ca_cmd_open(&call.cmd, step->open);
	if (code < 0)
		code = run_step(&call.cmd.ca, step, argv[optind], call.out,
			       &err) == DEVID_OK
			       ? EXIT_SUCCESS
			       : ca_cmd_fail(&err);
	ca_cmd_done(&call.cmd);
	return code;
}

int cmd_challenge(int argc, char **argv)
{
	static const struct step step = {
		.set = { .command = "challenge",
			.usage = "usage: devid-ca challenge [--out FILE] "
				 "[--accept-clock] REQUEST\n"
				 "Judges the TCG-CSR-IDEVID in REQUEST and "
				 "challenges its TPM.\n",
			.notes = CA_CMD_NOTES,
			.rows = rows,
			.operand = "REQUEST",
			.operands_min = 1,
			.operands_max = 1 },
		.input_max = TCG_CSR_MAX,
		.open = CA_OPEN_REGISTER | CA_OPEN_CLOCK | CA_OPEN_TOKEN |
			CA_OPEN_TRUST | CA_OPEN_SEAL,
		.run = ca_challenge,
	};

	return run_command(&step, argc, argv);
}

int cmd_issue(int argc, char **argv)
{
	static const struct step step = {
		.set = { .command = "issue",
			.usage = "usage: devid-ca issue [--out FILE] "
				 "[--accept-clock] ANSWER\n"
				 "Judges the answer to a challenge and issues "
				 "IDevID and IAK.\n",
			.notes = CA_CMD_NOTES,
			.rows = rows,
			.operand = "ANSWER",
			.operands_min = 1,
			.operands_max = 1 },
		.input_max = CHALLENGE_FILE_MAX,
		.open = CA_OPEN_REGISTER | CA_OPEN_CLOCK | CA_OPEN_TOKEN |
			CA_OPEN_SEAL,
		.run = ca_issue,
	};

	return run_command(&step, argc, argv);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of onboarding: real ones, good and bad, and the document that
 * hooks are run for. */
#include "cmocka-all.h"

#include <openssl/pem.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "certs.h"
#include "cleanup.h"
#include "files.h"
#include "log.h"
#include "onboard-site.h"
#include "onboard-task.h"
#include "onboard-work.h"
#include "tempdir.h"

#define LDEVID(n) ((enum key_id)(N_MAKER_KEYS + (n)))
#define DOCUMENT                                                               \
	"{\"version\":1,\"site\":\"Site\",\"radius\":{\"anchors\":[\"%s\"],"   \
	"\"names\":[\"radius.site.example\"]},"                                \
	"\"firmware\":{\"lowest\":\"1.10\"},"                                  \
	"\"values\":{\"motd\":\"$(touch x); `y`\"}}"

static struct tempdir dir, hooks;
static sd_event *loop;
static struct onboard_worker *worker;
static struct onboard_result result;
static bool over;
static char anchor_pem[8192], program[PATH_MAX];

static void settings(void *user, struct onboard_work_settings *ret)
{
	(void)user;
	*ret = (struct onboard_work_settings) {
		.program = program,
		.user = "64001:64001",
		.config = "/etc/devid/devid.conf",
		.staging = dir.path,
		.dir = dir.path,
		.hooks = hooks.path,
		.socket = "/run/devid/keyd.sock",
		.anchor = "/anchor",
		.server = "radius.site.example",
		.domain = "site.example",
		.port = "eth0",
	};
}

static void worked(void *user, const struct onboard_result *r)
{
	(void)user;
	result = *r;
	over = true;
}

/* Until the end is told. */
static void await_end(void)
{
	while (!over)
		assert_true(sd_event_run(loop, 60 * 1000000ull) > 0);
}

static int setup(void **state)
{
	const struct onboard_worker_options options = { settings, worked,
		NULL };
	sigset_t mask;

	(void)state;
	dir = tempdir_new();
	hooks = tempdir_new();
	assert_int_equal(chmod(dir.path, 0777), 0);
	assert_int_equal(chmod(hooks.path, 0755), 0);
	memset(&result, 0, sizeof(result));
	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0 || sd_event_new(&loop) < 0)
		return -1;
	return onboard_worker_new(loop, &options, &worker, NULL);
}

static int teardown(void **state)
{
	(void)state;
	onboard_worker_free(worker);
	sd_event_unref(loop);
	tempdir_remove(&dir);
	tempdir_remove(&hooks);
	return 0;
}

static void run(enum onboard_work_kind kind, uint32_t drop)
{
	const struct onboard_work work = { kind, LDEVID(0), drop };

	over = false;
	onboard_worker_start(worker, &work);
	await_end();
}

static void assert_failed(const char *class, const char *part)
{
	assert_int_equal(result.end, ONBOARD_END_FAILED);
	assert_string_equal(result.class, class);
	if (!strstr(result.cause, part))
		fail_msg("'%s' lacks '%s'", result.cause, part);
}

/* A program in place of devid-enroll; root alone can give it its user. */
static bool put_program(const char *text)
{
	char script[1024];
	int n = snprintf(script, sizeof(script), "#!/bin/sh\ncd %s\n%s\n",
		dir.path, text);

	(void)snprintf(program, sizeof(program), "%s",
		tempdir_file(&dir, "devid-enroll"));
	tempdir_write(&dir, "devid-enroll", script, (size_t)n, 0755);
	if (geteuid() == 0)
		return true;
	print_message("not root: no other user to run it as\n");
	return false;
}

#define RESULT(op, end, class, more)                                              \
	"echo '{\"op\":\"" op "\",\"result\":\"" end "\",\"class\":\"" class      \
		"\",\"reason\":\"why\",\"key\":\"ldevid-0\",\"epoch\":null," more \
		"}' >result.json\n"

static void assert_file(const char *name, const char *want)
{
	CLEANUP(cleanup_free) uint8_t *text = NULL;
	size_t len;

	assert_int_equal(chown(tempdir_file(&dir, name), 0, 0), 0);
	assert_rc(files_read(tempdir_file(&dir, name), 4096, &text, &len, NULL),
		DEVID_OK);
	assert_string_equal((const char *)text, want);
}

static void enroll_runs_as_its_user_with_what_it_needs(void **state)
{
	char want[1024];

	(void)state;
	if (!put_program("echo \"$@\" >args\n"
			 "echo $(id -u) $(id -g) $(id -G) >user\n"
			 "grep CapEff /proc/self/status >caps\n" RESULT(
				 "enrol", "done", "", "\"retry_after\":null")))
		skip();
	run(ONBOARD_WORK_ENROL, 0);
	assert_int_equal(result.end, ONBOARD_END_DONE);
	(void)snprintf(want, sizeof(want),
		"--config /etc/devid/devid.conf --staging %s --key ldevid-0 "
		"--identity idevid --domain site.example --anchor /anchor "
		"--server-name radius.site.example enrol\n",
		dir.path);
	assert_file("args", want);
	assert_file("user", "64001 64001 64001\n");
	assert_file("caps", "CapEff:\t0000000000000000\n");
}

static void pending_has_its_time(void **state)
{
	(void)state;
	if (!put_program(RESULT(
		    "enrol", "pending", "", "\"retry_after\":77") "exit 3"))
		skip();
	run(ONBOARD_WORK_ENROL, 0);
	assert_int_equal(result.end, ONBOARD_END_PENDING);
	assert_int_equal(result.retry_after, 77);
}

static void failure_has_its_class(void **state)
{
	(void)state;
	if (!put_program(RESULT("enrol", "failed", "EST_UNTRUSTED",
		    "\"retry_after\":null") "exit 1"))
		skip();
	run(ONBOARD_WORK_ENROL, 0);
	assert_failed("EST_UNTRUSTED", "why");
}

/* Who says "done" and ends with 1 is not believed. */
static void answer_and_exit_that_differ_are_a_failure(void **state)
{
	(void)state;
	if (!put_program(RESULT(
		    "enrol", "done", "", "\"retry_after\":null") "exit 1"))
		skip();
	run(ONBOARD_WORK_ENROL, 0);
	assert_failed("LOCAL", "");
}

static void answer_of_an_earlier_run_is_none(void **state)
{
	(void)state;
	if (!put_program(RESULT("enrol", "done", "", "\"retry_after\":null")))
		skip();
	run(ONBOARD_WORK_ENROL, 0);
	assert_int_equal(result.end, ONBOARD_END_DONE);
	(void)put_program("exit 0");
	run(ONBOARD_WORK_ENROL, 0);
	assert_failed("LOCAL", "");
}

static void program_that_is_not_there_is_a_failure(void **state)
{
	(void)state;
	(void)snprintf(program, sizeof(program), "/proc/none");
	run(ONBOARD_WORK_DOCUMENT, 0);
	assert_failed("LOCAL", "/proc/none");
}

static void drop_deletes_each_key_that_it_can(void **state)
{
	(void)state;
	if (!put_program("case $* in *ldevid-2*) exit 1 ;; esac"))
		skip();
	run(ONBOARD_WORK_DROP, 1u << 0 | 1u << 2 | 1u << 3);
	assert_int_equal(result.dropped, 1u << 0 | 1u << 3);
}

/* ---- the document, and the hooks ---- */

static void put_document(void)
{
	char text[sizeof(anchor_pem) + sizeof(DOCUMENT)];
	int n = snprintf(text, sizeof(text), DOCUMENT, anchor_pem);

	tempdir_write(&dir, ONBOARD_STAGED_NAME, text, (size_t)n, 0666);
}

static bool take(const char *firmware)
{
	memset(&result, 0, sizeof(result));
	return onboard_site_take(
		dir.path, dir.path, firmware, result.class, result.cause);
}

static bool is_kept(void)
{
	return files_exists(tempdir_file(&dir, ONBOARD_CANDIDATE_NAME));
}

static void document_is_taken_for_a_firmware_that_is_new_enough(void **state)
{
	(void)state;
	put_document();
	assert_false(take("1.9"));
	assert_string_equal(result.class, "FIRMWARE_TOO_LOW");
	assert_non_null(strstr(result.cause, "1.10"));
	assert_false(take(NULL));
	assert_string_equal(result.class, "FIRMWARE_TOO_LOW");
	assert_false(is_kept());
	assert_true(take("1.10"));
	assert_true(is_kept());
}

static void document_that_is_no_such_is_refused(void **state)
{
	(void)state;
	assert_false(take("2"));
	assert_string_equal(result.class, "DOCUMENT");
	tempdir_write(&dir, ONBOARD_STAGED_NAME, "{}", 2, 0644);
	assert_false(take("2"));
	assert_string_equal(result.class, "DOCUMENT");
	assert_int_equal(unlink(tempdir_file(&dir, ONBOARD_STAGED_NAME)), 0);
	assert_int_equal(symlink("/etc/hostname",
				 tempdir_file(&dir, ONBOARD_STAGED_NAME)),
		0);
	assert_false(take("2"));
	assert_string_equal(result.class, "DOCUMENT");
	assert_false(is_kept());
}

static void put_hook(const char *name, const char *text, unsigned mode)
{
	char script[1024];
	int n = snprintf(script, sizeof(script), "#!/bin/sh\ncd %s\n%s\n",
		dir.path, text);

	tempdir_write(&hooks, name, script, (size_t)n, mode);
}

static void run_hooks(void)
{
	put_document();
	assert_true(take("2"));
	run(ONBOARD_WORK_HOOKS, 0);
}

static void hooks_get_the_values_as_they_are(void **state)
{
	(void)state;
	put_hook("10-a", "echo \"$1 $DEVID_PORT $DEVID_KEY $DEVID_SITE\" >out",
		0755);
	put_hook("20-b", "echo \"$DEVID_VALUE_MOTD\" >>out", 0755);
	run_hooks();
	assert_int_equal(result.end, ONBOARD_END_DONE);
	if (geteuid() == 0)
		assert_file("out", "eth0 eth0 ldevid-0 Site\n"
				   "$(touch x); `y`\n");
}

static void hook_that_fails_ends_the_row(void **state)
{
	(void)state;
	put_hook("10-a", "exit 3", 0755);
	put_hook("20-b", ": >out", 0755);
	run_hooks();
	assert_failed("HOOK_FAILED", "10-a: exited with 3");
	assert_false(files_exists(tempdir_file(&dir, "out")));
}

static void hook_that_dies_is_a_failure(void **state)
{
	(void)state;
	put_hook("10-a", "kill -9 $$", 0755);
	run_hooks();
	assert_failed("HOOK_FAILED", "10-a: killed by a signal");
}

static void hook_that_others_can_change_is_a_failure(void **state)
{
	(void)state;
	put_hook("10-a", ": >out", 0757);
	run_hooks();
	assert_failed("HOOK_FAILED", "10-a: not an executable that only root");
	assert_false(files_exists(tempdir_file(&dir, "out")));
}

static void folder_that_others_can_change_is_a_failure(void **state)
{
	(void)state;
	assert_int_equal(chmod(hooks.path, 0777), 0);
	run_hooks();
	assert_failed("HOOK_FAILED", "others than root can change it");
}

static void without_hooks_it_is_done(void **state)
{
	(void)state;
	assert_int_equal(rmdir(hooks.path), 0);
	run_hooks();
	assert_int_equal(result.end, ONBOARD_END_DONE);
	assert_int_equal(mkdir(hooks.path, 0755), 0);
}

/* ---- one program ---- */

static int ended_with;

static void ended(void *user, int status)
{
	(void)user;
	ended_with = status;
	over = true;
}

static void run_program(const char *text)
{
	const struct onboard_task_options options = { ended, NULL };
	const char *const argv[] = { "sh", "-c", text, NULL };
	const char *const envp[] = { "PATH=/usr/bin:/bin", NULL };
	const struct onboard_program what = {
		.path = "/bin/sh", .argv = argv, .envp = envp, .seconds = 1
	};
	struct onboard_task *task = NULL;

	over = false;
	assert_rc(onboard_task_new(loop, &options, &task, NULL), DEVID_OK);
	assert_rc(onboard_task_start(task, &what, NULL), DEVID_OK);
	assert_rc(onboard_task_start(task, &what, NULL), DEVID_ERR_STATE);
	await_end();
	onboard_task_free(task);
}

static void program_that_hangs_is_killed_with_its_children(void **state)
{
	(void)state;
	run_program("sleep 1000 & sleep 1000");
	assert_int_equal(ended_with, ONBOARD_TASK_TOO_LONG);
}

/* The end comes to standard error, and with it what was printed, and no more
 * than its bound. */
static void output_is_bounded(void **state)
{
	int saved = dup(STDERR_FILENO);
	FILE *told = tmpfile();
	struct stat st;

	(void)state;
	assert_non_null(told);
	log_init("test-onboard-work", LOG_LEVEL_INFO);
	assert_true(dup2(fileno(told), STDERR_FILENO) >= 0);
	run_program("echo one line; head -c 1000000 /dev/zero | tr '\\0' x");
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	log_init("test-onboard-work", (enum log_level)0);
	assert_int_equal(ended_with, 0);
	assert_int_equal(fstat(fileno(told), &st), 0);
	assert_true(st.st_size > 4096 && st.st_size < 16384);
	(void)fclose(told);
	(void)close(saved);
}

static int make_anchor(void **state)
{
	struct certs_spec spec = certs_ca_spec("RADIUS CA");
	struct certs_node ca = certs_sign(&spec, certs_key("P-256"), NULL);
	const uint8_t *p = ca.der.data;
	X509 *cert = d2i_X509(NULL, &p, (long)ca.der.len);
	BIO *bio = BIO_new(BIO_s_mem());
	size_t n = 0;
	char byte;

	(void)state;
	assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
	while (BIO_read(bio, &byte, 1) == 1 && n < sizeof(anchor_pem) - 3) {
		if (byte == '\n') { /* as JSON has it */
			anchor_pem[n++] = '\\';
			byte = 'n';
		}
		anchor_pem[n++] = byte;
	}
	anchor_pem[n] = '\0';
	BIO_free(bio);
	X509_free(cert);
	certs_done(&ca);
	return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(enroll_runs_as_its_user_with_what_it_needs),
		TEST(pending_has_its_time),
		TEST(failure_has_its_class),
		TEST(answer_and_exit_that_differ_are_a_failure),
		TEST(answer_of_an_earlier_run_is_none),
		TEST(program_that_is_not_there_is_a_failure),
		TEST(drop_deletes_each_key_that_it_can),
		TEST(document_is_taken_for_a_firmware_that_is_new_enough),
		TEST(document_that_is_no_such_is_refused),
		TEST(hooks_get_the_values_as_they_are),
		TEST(hook_that_fails_ends_the_row),
		TEST(hook_that_dies_is_a_failure),
		TEST(hook_that_others_can_change_is_a_failure),
		TEST(folder_that_others_can_change_is_a_failure),
		TEST(without_hooks_it_is_done),
		TEST(program_that_hangs_is_killed_with_its_children),
		TEST(output_is_bounded),
	};

	log_init("test-onboard-work", (enum log_level)0); /* says nothing */
	return cmocka_run_group_tests(tests, make_anchor, NULL);
}

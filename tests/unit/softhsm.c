/* SPDX-License-Identifier: Apache-2.0 */
#include "softhsm.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmocka-all.h"

void softhsm_new(struct softhsm *hsm)
{
	char conf[256];
	int len;

	hsm->dir = tempdir_new();
	len = snprintf(conf, sizeof(conf),
		"directories.tokendir = %s\n"
		"objectstore.backend = file\nlog.level = ERROR\n",
		tempdir_file(&hsm->dir, "tokens"));
	assert_int_equal(mkdir(tempdir_file(&hsm->dir, "tokens"), 0700), 0);
	tempdir_write(&hsm->dir, "conf", conf, (size_t)len, 0600);
	assert_int_equal(
		setenv("SOFTHSM2_CONF", tempdir_file(&hsm->dir, "conf"), 1), 0);
}

/* Tokens are folders in the folder of tokens. */
void softhsm_free(struct softhsm *hsm)
{
	struct tempdir tokens;

	(void)snprintf(tokens.path, sizeof(tokens.path), "%s",
		tempdir_file(&hsm->dir, "tokens"));
	tempdir_remove(&tokens);
	tempdir_remove(&hsm->dir);
	assert_int_equal(unsetenv("SOFTHSM2_CONF"), 0);
}

void softhsm_add(const struct softhsm *hsm, const char *label)
{
	int status;
	pid_t pid;

	(void)hsm; /* by way of the environment */
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		(void)dup2(null, 1);
		(void)execlp("softhsm2-util", "softhsm2-util", "--init-token",
			"--free", "--label", label, "--so-pin", "1234-so",
			"--pin", SOFTHSM_PIN, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("softhsm2-util fails, or is missing: status %#x",
			(unsigned)status);
}

const char *softhsm_faulty_module(void)
{
	static char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);

	assert_true(n > 0);
	path[n] = '\0';
	for (int up = 0; up < 3; up++) /* build/tests/unit/test-x */
		*strrchr(path, '/') = '\0';
	(void)strcat(path, "/p11-fault.so");
	return path;
}

struct pin softhsm_pin(const char *text, bool by_hand)
{
	struct pin pin = { "", strlen(text), by_hand };

	assert_true(pin.len <= TOKEN_PIN_MAX);
	memcpy(pin.text, text, pin.len + 1);
	return pin;
}

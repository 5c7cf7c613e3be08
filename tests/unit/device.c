/* SPDX-License-Identifier: Apache-2.0 */
#include "device.h"

#include "cmocka-all.h"

#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "await.h"
#include "client.h"

const char *device_build(void)
{
	static char exe[256];
	const char *build = getenv("DEVID_BUILD");
	ssize_t n;

	if (build && *build)
		return build;
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	assert_true(n > 0);
	exe[n] = '\0'; /* <build>/tests/unit/test-x */
	return dirname(dirname(dirname(exe)));
}

static const char *socket_of(const struct device *dev)
{
	return tempdir_file(&dev->dir, "keyd.sock");
}

static const char *notify_of(const struct device *dev)
{
	return tempdir_file(&dev->dir, "notify.sock");
}

void device_use(const struct device *dev)
{
	assert_int_equal(setenv("DEVID_KEYD_SOCKET", socket_of(dev), 1), 0);
}

static void ask(const struct device *dev, const struct wire_request *req)
{
	struct devid_error err = { DEVID_OK, "" };
	struct room none = { NULL, 0, 0 };

	if (client_request(socket_of(dev), req, &none, &err) != DEVID_OK)
		fail_msg("devid-keyd: %s", err.text);
}

static void write_config(struct device *dev)
{
	unsigned uid = (unsigned)geteuid();
	char conf[1024];
	int n = snprintf(conf, sizeof(conf),
		"[keyd]\nsocket=%s\nstate_dir=%s\ntcti=%s\n"
		"tls_client=%u\ntls_server=%u\ncsr=%u\nmanage=%u\n",
		socket_of(dev), dev->dir.path, dev->tpm.tcti, uid, uid, uid,
		uid);

	assert_true(n > 0 && (size_t)n < sizeof(conf));
	tempdir_write(&dev->dir, "devid.conf", conf, (size_t)n, 0600);
}

static void exec_keyd(const struct device *dev)
{
	const char *conf = tempdir_file(&dev->dir, "devid.conf");
	const char *log = tempdir_file(&dev->dir, "keyd.log");
	char path[512];
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)setenv("NOTIFY_SOCKET", notify_of(dev), 1);
	(void)dup2(fd, STDOUT_FILENO);
	(void)dup2(fd, STDERR_FILENO);
	(void)snprintf(path, sizeof(path), "%s/devid-keyd", device_build());
	(void)execl(path, path, "--config", conf, (char *)NULL);
	_exit(127);
}

void device_start_keyd(struct device *dev)
{
	const struct wire_request ping = { .op = WIRE_PING };
	int notify = await_notify_open(notify_of(dev));

	dev->keyd = fork();
	assert_true(dev->keyd >= 0);
	if (dev->keyd == 0)
		exec_keyd(dev);
	if (!await_notify_ready(notify, dev->keyd))
		fail_msg("devid-keyd does not start");
	(void)close(notify);
	ask(dev, &ping);
}

void device_stop_keyd(struct device *dev)
{
	int status = -1;

	if (dev->keyd <= 0)
		return;
	(void)kill(dev->keyd, SIGTERM);
	assert_int_equal(waitpid(dev->keyd, &status, 0), dev->keyd);
	dev->keyd = 0;
	assert_int_equal(status, 0);
}

/* What devid-keyd says its IDevID key is. */
static void take_reference(struct device *dev)
{
	struct wire_status *st = malloc(sizeof(*st));

	assert_non_null(st);
	assert_rc(client_status(socket_of(dev), st, NULL), DEVID_OK);
	assert_true(st->n_keys > 0);
	assert_int_equal(st->keys[0].alg, dev->alg);
	memset(&dev->ref, 0, sizeof(dev->ref));
	memcpy(dev->ref.name, st->keys[0].name, sizeof(dev->ref.name));
	memcpy(dev->ref.spki, st->keys[0].spki.data, st->keys[0].spki.len);
	dev->ref.spki_len = st->keys[0].spki.len;
	free(st);
}

static void certify(struct device *dev, const struct certs_node *ca)
{
	struct wire_request req = { .op = WIRE_INSTALL, .name = "idevid" };
	struct certs_spec spec = certs_idevid_spec();
	const uint8_t *p = dev->ref.spki;
	EVP_PKEY *pub = d2i_PUBKEY(NULL, &p, (long)dev->ref.spki_len);
	struct certs_buf der;

	assert_non_null(pub);
	dev->leaf = certs_sign(&spec, pub, ca);
	der = dev->leaf.der;
	certs_append(&der, ca->der.data, ca->der.len);
	req.data = der.data;
	req.data_len = der.len;
	ask(dev, &req);
}

void device_new(
	struct device *dev, enum key_alg alg, const struct certs_node *ca)
{
	struct wire_request req = { .op = WIRE_CREATE, .arg = (uint8_t)alg };

	memset(dev, 0, sizeof(*dev));
	dev->alg = alg;
	swtpm_new(&dev->tpm);
	dev->dir = tempdir_new();
	write_config(dev);
	device_start_keyd(dev);
	ask(dev, &req);
	take_reference(dev);
	certify(dev, ca);
}

void device_free(struct device *dev)
{
	device_stop_keyd(dev);
	swtpm_free(&dev->tpm);
	tempdir_remove(&dev->dir);
	certs_done(&dev->leaf);
}

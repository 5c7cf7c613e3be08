/* SPDX-License-Identifier: Apache-2.0 */
#include "port-ctrl.h"

#include "cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <wpa_ctrl.h>

struct port_ctrl {
	char *path;               /* owned */
	char *own_dir;            /* owned */
	struct wpa_ctrl *command; /* owned, NULL while not connected */
	struct wpa_ctrl *monitor; /* owned, NULL while not connected */
};

enum devid_err port_ctrl_new(const char *path, const char *own_dir,
	struct port_ctrl **ret_ctrl, struct devid_error *err)
{
	struct port_ctrl *ctrl = calloc(1, sizeof(*ctrl));

	if (ctrl) {
		ctrl->path = strdup(path);
		ctrl->own_dir = strdup(own_dir);
	}
	if (!ctrl || !ctrl->path || !ctrl->own_dir) {
		port_ctrl_free(ctrl);
		return devid_fail(err, DEVID_ERR_NOMEM, "out of memory");
	}
	*ret_ctrl = ctrl;
	return DEVID_OK;
}

void port_ctrl_free(struct port_ctrl *ctrl)
{
	if (!ctrl)
		return;
	port_ctrl_close(ctrl);
	free(ctrl->path);
	free(ctrl->own_dir);
	free(ctrl);
}

enum devid_err port_ctrl_open(struct port_ctrl *ctrl, struct devid_error *err)
{
	ctrl->command = wpa_ctrl_open2(ctrl->path, ctrl->own_dir);
	ctrl->monitor = wpa_ctrl_open2(ctrl->path, ctrl->own_dir);
	if (ctrl->command && ctrl->monitor &&
		wpa_ctrl_attach(ctrl->monitor) == 0)
		return DEVID_OK;
	port_ctrl_close(ctrl);
	return devid_fail(err, DEVID_ERR_UNREACHABLE,
		"%s: hostapd does not answer", ctrl->path);
}

void port_ctrl_close(struct port_ctrl *ctrl)
{
	if (ctrl->command)
		wpa_ctrl_close(ctrl->command);
	if (ctrl->monitor)
		wpa_ctrl_close(ctrl->monitor);
	ctrl->command = NULL;
	ctrl->monitor = NULL;
}

int port_ctrl_get_fd(const struct port_ctrl *ctrl)
{
	return ctrl->monitor ? wpa_ctrl_get_fd(ctrl->monitor) : -1;
}

bool port_ctrl_is_alive(const struct port_ctrl *ctrl)
{
	if (!ctrl->monitor)
		return false;
	if (send(wpa_ctrl_get_fd(ctrl->monitor), "PING", 4,
		    MSG_DONTWAIT | MSG_NOSIGNAL) == 4)
		return true;
	/* A queue that is full belongs to one that lives. */
	return errno == EAGAIN || errno == EINTR;
}

bool port_ctrl_read(struct port_ctrl *ctrl, char *ret_line, size_t line_max)
{
	size_t len = line_max - 1;

	if (!ctrl->monitor || wpa_ctrl_pending(ctrl->monitor) != 1 ||
		wpa_ctrl_recv(ctrl->monitor, ret_line, &len) != 0)
		return false;
	ret_line[len] = '\0';
	return true;
}

enum devid_err port_ctrl_ask(struct port_ctrl *ctrl, const char *command,
	char *ret_answer, size_t answer_max, struct devid_error *err)
{
	size_t len = answer_max - 1;

	if (!ctrl->command ||
		wpa_ctrl_request(ctrl->command, command, strlen(command),
			ret_answer, &len, NULL) != 0)
		return devid_fail(err, DEVID_ERR_UNREACHABLE,
			"%s: no answer to %.8s", ctrl->path, command);
	ret_answer[len] = '\0';
	return DEVID_OK;
}

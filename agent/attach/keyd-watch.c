/* SPDX-License-Identifier: Apache-2.0 */
#include "keyd-watch.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "cleanup.h"
#include "log.h"
#include "ports.h"

#define PROBE_MS   20 /* keyd has made its socket but does not listen yet */
#define PROBES_MAX 100

static bool keyd_answers(const struct agent *agent)
{
	CLEANUP(cleanup_close)
	int fd = socket(
		AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (fd < 0 || snprintf(addr.sun_path, sizeof(addr.sun_path), "%s",
			      agent->config->keyd_socket) >=
			      (int)sizeof(addr.sun_path))
		return false;
	return connect(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0;
}

static void probe_in(struct agent *agent, uint64_t ms)
{
	if (sd_event_source_set_time_relative(agent->prober, ms * 1000) < 0 ||
		sd_event_source_set_enabled(agent->prober, SD_EVENT_ONESHOT) <
			0)
		log_error("key service: timer failed");
}

void agent_probe_keyd(struct agent *agent)
{
	agent->n_probes = 0;
	probe_in(agent, 0);
}

void agent_check_keyd(struct agent *agent)
{
	bool was = agent->keyd_present;

	agent->keyd_present = keyd_answers(agent);
	if (!agent->keyd_present &&
		access(agent->config->keyd_socket, F_OK) == 0 &&
		agent->n_probes++ < PROBES_MAX)
		probe_in(agent, PROBE_MS);
	if (agent->keyd_present != was) {
		log_info("key service: %s",
			agent->keyd_present ? "there" : "gone");
		agent_touch(agent);
	}
	if (!agent->keyd_present || (was && !agent->keyd_renewed))
		return;
	agent->keyd_renewed = false;
	agent_dispatch_all(
		agent, PORT_EVENT_RETRY, ATTACH_CLASS_KEY_UNAVAILABLE);
}

int agent_on_probe(sd_event_source *s, uint64_t now, void *user)
{
	(void)s; /* one-shot */
	(void)now;
	agent_check_keyd(user);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-host.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fnmatch.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>

#include "cleanup-json.h"
#include "cleanup.h"
#include "fact.h"
#include "look.h"
#include "tpm-device.h"

/* linux/if.h, which does not go with net/if.h: the carrier itself */
#define LINK_LOWER_UP 0x10000u
#define LINKS_MAX     64 /* a limit of ours */

CLEANUP_DEFINE(ifaddrs, struct ifaddrs *, freeifaddrs)

void facts_host_tpm_path(const char *tcti, char ret[FACTS_TPM_PATH_MAX])
{
	static const char *const before[] = { "device:", "swtpm:path=" };
	const char *path = NULL;
	size_t len;

	ret[0] = '\0';
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		len = strlen(before[i]);
		if (strncmp(tcti, before[i], len) == 0)
			path = tcti + len;
	}
	if (!path || *path != '/')
		return;
	len = strcspn(path, ",");
	if (len >= FACTS_TPM_PATH_MAX)
		return;
	memcpy(ret, path, len);
	ret[len] = '\0';
}

json_t *facts_host_tpm(const struct places *places)
{
	char path[FACTS_TPM_PATH_MAX], detail[LOOK_TEXT_MAX];
	char found[TPM_DEVICE_MAX] = "device:/dev/tpmrm0";
	const char *tcti = places->tcti;
	unsigned number = 0;
	enum look look;

	if (strcmp(tcti, TPM_DEVICE_AUTO) == 0) {
		(void)!tpm_device_find(
			"/dev", &number, found); /* else none is missing */
		tcti = found;
	}
	facts_host_tpm_path(tcti, path);
	if (!*path)
		return json_pack("{s:n, s:s, s:o}", "path", "state", "unseen",
			"detail", fact_new(places->tcti));
	look = look_node(path, detail);
	return json_pack("{s:o, s:s, s:o}", "path", fact_new(path), "state",
		look_name(look), "detail", fact_new(detail));
}

static json_t *folder_json(const char *path)
{
	const char *state = "ok";
	char detail[128] = "";
	struct statvfs fs;

	if (statvfs(path, &fs) < 0) {
		state = errno == EACCES ? "unseen" : "missing";
		(void)snprintf(detail, sizeof(detail), "%s", strerror(errno));
	} else if (fs.f_flag & ST_RDONLY) {
		state = "read-only";
	} else if (fs.f_bavail == 0 || (fs.f_files > 0 && fs.f_favail == 0)) {
		state = "full";
	}
	return json_pack("{s:o, s:s, s:s}", "path", fact_new(path), "state",
		state, "detail", detail);
}

json_t *facts_host_folders(const struct places *places)
{
	const char *const paths[] = { places->state_dir,
		places->agent_state_dir };
	json_t *list = json_array();

	for (size_t i = 0; i < 2; i++) {
		/* Where no agent is asked for, it needs none. */
		if (i == 1 &&
			(!places->ports || strcmp(paths[0], paths[1]) == 0))
			break;
		if (json_array_append_new(list, folder_json(paths[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* Whether one of the words of agent.ports, names or patterns, fits. */
static bool is_wanted(const char *ports, const char *name)
{
	CLEANUP(cleanup_free) char *copy = strdup(ports ? ports : "");
	char *save = NULL;

	if (!copy)
		return false;
	for (char *w = strtok_r(copy, " \t,", &save); w;
		w = strtok_r(NULL, " \t,", &save)) {
		if (fnmatch(w, name, 0) == 0)
			return true;
	}
	return false;
}

static bool has_name(const json_t *list, const char *member, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (fact_is(item, member, name))
			return true;
	}
	return false;
}

static int mtu_of(const char *name)
{
	CLEANUP(cleanup_close)
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = { 0 };

	(void)snprintf(req.ifr_name, sizeof(req.ifr_name), "%.*s",
		(int)sizeof(req.ifr_name) - 1, name);
	return fd >= 0 && ioctl(fd, SIOCGIFMTU, &req) == 0 ? req.ifr_mtu : 0;
}

/* What serves beyond the cable. */
static void add_address(json_t *list, const struct sockaddr *sa)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (sa && sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		/* RFC 3927 */
		if (ntohl(in->sin_addr.s_addr) >> 16 != 0xa9fe)
			(void)inet_ntop(
				AF_INET, &in->sin_addr, text, sizeof(text));
	} else if (sa && sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const void *)sa;

		if (!IN6_IS_ADDR_LINKLOCAL(&in->sin6_addr))
			(void)inet_ntop(
				AF_INET6, &in->sin6_addr, text, sizeof(text));
	}
	if (*text)
		(void)json_array_append_new(list, json_string(text));
}

static json_t *link_json(
	const struct ifaddrs *all, const char *name, unsigned flags)
{
	json_t *addresses = json_array();

	for (const struct ifaddrs *a = all; addresses && a; a = a->ifa_next) {
		if (strcmp(a->ifa_name, name) == 0)
			add_address(addresses, a->ifa_addr);
	}
	return json_pack("{s:o, s:b, s:b, s:b, s:i, s:o}", "name",
		fact_new(name), "exists", true, "up", (flags & IFF_UP) != 0,
		"carrier", (flags & LINK_LOWER_UP) != 0, "mtu", mtu_of(name),
		"addresses", addresses);
}

/* A name, not a pattern, that no interface has. */
static void add_missing(json_t *list, const char *ports)
{
	CLEANUP(cleanup_free) char *copy = strdup(ports ? ports : "");
	char *save = NULL;

	if (!copy)
		return;
	for (char *w = strtok_r(copy, " \t,", &save); w;
		w = strtok_r(NULL, " \t,", &save)) {
		if (!strpbrk(w, "*?[") && !has_name(list, "name", w))
			(void)json_array_append_new(
				list, json_pack("{s:o, s:b}", "name",
					      fact_new(w), "exists", false));
	}
}

json_t *facts_host_links(const struct places *places, const json_t *agent)
{
	CLEANUP(cleanup_ifaddrs) struct ifaddrs *all = NULL;
	const json_t *ports = json_object_get(agent, "ports");
	json_t *list = json_array();

	if (getifaddrs(&all) < 0)
		all = NULL;
	for (const struct ifaddrs *a = all; list && a; a = a->ifa_next) {
		if ((is_wanted(places->ports, a->ifa_name) ||
			    has_name(ports, "port", a->ifa_name)) &&
			!has_name(list, "name", a->ifa_name) &&
			json_array_size(list) < LINKS_MAX)
			(void)json_array_append_new(list,
				link_json(all, a->ifa_name, a->ifa_flags));
	}
	if (all && list)
		add_missing(list, places->ports);
	return list;
}

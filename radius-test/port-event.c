/* SPDX-License-Identifier: Apache-2.0 */
#include "port-event.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define VLAN_MAX 4094 /* IEEE 802.1Q 9.6: 4095 is reserved */

static const struct {
	const char *name;
	enum port_event event;
} event_names[] = {
	{ "AP-STA-CONNECTED", PORT_EVENT_CONNECTED },
	{ "AP-STA-DISCONNECTED", PORT_EVENT_DISCONNECTED },
	{ "CTRL-EVENT-EAP-STARTED", PORT_EVENT_EAP_STARTED },
	{ "CTRL-EVENT-EAP-SUCCESS2", PORT_EVENT_EAP_SUCCESS },
	{ "CTRL-EVENT-EAP-FAILURE2", PORT_EVENT_EAP_FAILURE },
	{ "CTRL-EVENT-EAP-TIMEOUT-FAILURE2", PORT_EVENT_EAP_TIMEOUT },
};

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool port_mac_parse(const char *text, struct port_mac *ret_mac)
{
	struct port_mac mac;
	uint8_t any = 0;

	for (unsigned i = 0; i < MAC_LEN; i++, text += 3) {
		int high = hex_value(text[0]);
		int low = high < 0 ? -1 : hex_value(text[1]);

		if (low < 0 || (i + 1 < MAC_LEN && text[2] != ':'))
			return false;
		mac.addr[i] = (uint8_t)(high << 4 | low);
		any |= mac.addr[i];
	}
	if (any == 0 || (mac.addr[0] & 1))
		return false;
	*ret_mac = mac;
	return true;
}

void port_mac_print(const struct port_mac *mac, char ret_text[MAC_TEXT_LEN + 1])
{
	const uint8_t *a = mac->addr;

	(void)snprintf(ret_text, MAC_TEXT_LEN + 1, /* fits by its format */
		"%02x:%02x:%02x:%02x:%02x:%02x", a[0], a[1], a[2], a[3], a[4],
		a[5]);
}

bool port_mac_equal(const struct port_mac *a, const struct port_mac *b)
{
	return memcmp(a->addr, b->addr, MAC_LEN) == 0;
}

enum port_event port_event_parse(const char *line, struct port_mac *ret_mac)
{
	if (line[0] != '<' || !isdigit((unsigned char)line[1]) ||
		line[2] != '>')
		return PORT_EVENT_OTHER;
	line += 3;
	for (size_t i = 0; i < sizeof(event_names) / sizeof(event_names[0]);
		i++) {
		size_t len = strlen(event_names[i].name);
		const char *mac = line + len + 1;

		if (strncmp(line, event_names[i].name, len) != 0 ||
			line[len] != ' ')
			continue;
		if (!port_mac_parse(mac, ret_mac) ||
			(mac[MAC_TEXT_LEN] != '\0' && mac[MAC_TEXT_LEN] != ' '))
			return PORT_EVENT_OTHER;
		return event_names[i].event;
	}
	return PORT_EVENT_OTHER;
}

/* Parses 1 to VLAN_MAX without sign, zeros in front, or anything behind. */
static bool vlan_parse(const char *text, size_t len, unsigned *ret_vlan)
{
	unsigned vlan = 0;

	if (len == 0 || len > 4 || text[0] == '0')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!isdigit((unsigned char)text[i]))
			return false;
		vlan = vlan * 10 + (unsigned)(text[i] - '0');
	}
	if (vlan > VLAN_MAX)
		return false;
	*ret_vlan = vlan;
	return true;
}

/* Whether the line at @line of @len bytes is "<name>=..."; value in @ret. */
static bool line_value(const char *line, size_t len, const char *name,
	const char **ret_value, size_t *ret_len)
{
	size_t name_len = strlen(name);

	if (len <= name_len || strncmp(line, name, name_len) != 0 ||
		line[name_len] != '=')
		return false;
	*ret_value = line + name_len + 1;
	*ret_len = len - name_len - 1;
	return true;
}

/* One line after the first of an answer. */
static enum devid_err station_line(const char *line, size_t len,
	struct port_station *station, bool *flags_seen, struct devid_error *err)
{
	const char *value;
	size_t value_len;

	if (line_value(line, len, "flags", &value, &value_len)) {
		if (*flags_seen)
			return devid_fail(err, DEVID_ERR_SYNTAX,
				"station: flags given twice");
		*flags_seen = true;
		station->authorised =
			memmem(value, value_len, "[AUTHORIZED]", 12) != NULL;
	}
	if (line_value(line, len, "vlan_id", &value, &value_len)) {
		if (station->vlan != 0 ||
			!vlan_parse(value, value_len, &station->vlan))
			return devid_fail(err, DEVID_ERR_SYNTAX,
				"station: vlan_id given twice or not 1 to %d",
				VLAN_MAX);
	}
	return DEVID_OK;
}

enum devid_err port_station_parse(const char *answer,
	struct port_station *ret_station, struct devid_error *err)
{
	struct port_station station = { 0 };
	bool flags_seen = false;
	const char *line;

	if (answer[0] == '\0' || strcmp(answer, "FAIL\n") == 0)
		return devid_fail(err, DEVID_ERR_NOT_FOUND, "no such station");
	if (!port_mac_parse(answer, &station.mac) ||
		answer[MAC_TEXT_LEN] != '\n')
		return devid_fail(
			err, DEVID_ERR_SYNTAX, "station: no address first");
	line = answer + MAC_TEXT_LEN + 1;
	while (*line) {
		size_t len = strcspn(line, "\n");
		enum devid_err e =
			station_line(line, len, &station, &flags_seen, err);

		if (e != DEVID_OK)
			return e;
		line += len + (line[len] == '\n');
	}
	*ret_station = station;
	return DEVID_OK;
}

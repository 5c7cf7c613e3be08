/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LAB_PORT_EVENT_H
#define LAB_PORT_EVENT_H

/*
 * What hostapd says on its control interface, as text. Part of that text can
 * come from a station, so nothing is searched for: an event is recognised by
 * its whole form or it is no event. Not checked here: that the station is the
 * one expected.
 */

#include <devid/error.h>

#include <stdbool.h>
#include <stdint.h>

#define MAC_LEN      6
#define MAC_TEXT_LEN 17 /* 02:00:00:00:00:01 */

enum port_event {
	PORT_EVENT_OTHER, /* none that the port cares for */
	PORT_EVENT_CONNECTED,
	PORT_EVENT_DISCONNECTED,
	PORT_EVENT_EAP_STARTED,
	PORT_EVENT_EAP_SUCCESS,
	PORT_EVENT_EAP_FAILURE,
	PORT_EVENT_EAP_TIMEOUT,
};

struct port_mac {
	uint8_t addr[MAC_LEN];
};

struct port_station {
	struct port_mac mac;
	bool authorised;
	unsigned vlan; /* 0: none given */
};

/*
 * Parses exactly MAC_TEXT_LEN characters; what follows is the caller's.
 * Group addresses and zero are not stations: false.
 */
bool port_mac_parse(const char *text, struct port_mac *ret_mac);

/* Writes the text form of @mac with its NUL. */
void port_mac_print(
	const struct port_mac *mac, char ret_text[MAC_TEXT_LEN + 1]);

bool port_mac_equal(const struct port_mac *a, const struct port_mac *b);

/*
 * Classifies one unsolicited line "<level>NAME mac[ more]". @ret_mac is
 * written for every event but PORT_EVENT_OTHER.
 */
enum port_event port_event_parse(const char *line, struct port_mac *ret_mac);

/*
 * Parses the answer to STA or STA-FIRST: the address, then name=value lines.
 * Errors: NOT_FOUND for an empty answer or FAIL; SYNTAX for anything that is
 * not of this form, has a flag line or a vlan_id twice or out of 1 to 4094.
 */
DEVID_MUST_CHECK enum devid_err port_station_parse(const char *answer,
	struct port_station *ret_station, struct devid_error *err);

#endif

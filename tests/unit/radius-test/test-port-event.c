/* SPDX-License-Identifier: Apache-2.0 */
#include "port-event.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#define MAC "02:00:00:00:00:01"

static void parse_mac_good_bytes(void **state)
{
	static const struct port_mac want = { { 2, 0, 0xab, 0, 0xff, 1 } };
	struct port_mac mac;
	char text[MAC_TEXT_LEN + 1];

	(void)state;
	assert_true(port_mac_parse("02:00:ab:00:ff:01", &mac));
	assert_true(port_mac_equal(&mac, &want));
	port_mac_print(&mac, text);
	assert_string_equal(text, "02:00:ab:00:ff:01");
}

static void parse_mac_other_forms_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"02",
		"02:00:00:00:00:0",
		"02:00:00:00:00",
		"02-00-00-00-00-01",
		"2:0:0:0:0:1",
		"02:00:00:00:00:0g",
		"0x:00:00:00:00:01",
		" 2:00:00:00:00:01",
		"02:00:00:AB:00:01", /* hostapd prints small letters */
		"00:00:00:00:00:00",
		"01:80:c2:00:00:03",
		"ff:ff:ff:ff:ff:ff",
	};
	struct port_mac mac;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(port_mac_parse(bad[i], &mac));
}

static void parse_event_each_known_classified(void **state)
{
	static const struct {
		const char *line;
		enum port_event event;
	} known[] = {
		{ "<3>AP-STA-CONNECTED " MAC, PORT_EVENT_CONNECTED },
		{ "<3>AP-STA-CONNECTED " MAC " keyid=x", PORT_EVENT_CONNECTED },
		{ "<3>AP-STA-DISCONNECTED " MAC, PORT_EVENT_DISCONNECTED },
		{ "<3>CTRL-EVENT-EAP-STARTED " MAC, PORT_EVENT_EAP_STARTED },
		{ "<3>CTRL-EVENT-EAP-SUCCESS2 " MAC, PORT_EVENT_EAP_SUCCESS },
		{ "<3>CTRL-EVENT-EAP-FAILURE2 " MAC, PORT_EVENT_EAP_FAILURE },
		{ "<3>CTRL-EVENT-EAP-TIMEOUT-FAILURE2 " MAC,
			PORT_EVENT_EAP_TIMEOUT },
	};
	struct port_mac mac;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		memset(&mac, 0, sizeof(mac));
		assert_int_equal(
			port_event_parse(known[i].line, &mac), known[i].event);
		assert_int_equal(mac.addr[5], 1);
	}
}

/* What a station can put into an event must not look like another one. */
static void parse_event_foreign_text_ignored(void **state)
{
	static const char *const other[] = {
		"",
		"<",
		"<3>",
		"PONG\n",
		"AP-STA-CONNECTED " MAC,
		"<33>AP-STA-CONNECTED " MAC,
		"<3> AP-STA-CONNECTED " MAC,
		"<3>AP-STA-CONNECTED",
		"<3>AP-STA-CONNECTED ",
		"<3>AP-STA-CONNECTED  " MAC,
		"<3>AP-STA-CONNECTED\t" MAC,
		"<3>AP-STA-CONNECTED " MAC "0",
		"<3>AP-STA-CONNECTED " MAC ";reboot",
		"<3>AP-STA-CONNECTED " MAC "\nx",
		"<3>AP-STA-CONNECTED ff:ff:ff:ff:ff:ff",
		"<3>AP-STA-CONNECTEDX " MAC,
		"<3>ap-sta-connected " MAC,
		"<3>CTRL-EVENT-EAP-SUCCESS " MAC,
		"<3>CTRL-EVENT-EAP-RETRANSMIT2 <3>AP-STA-CONNECTED " MAC,
		"<3>RX-PROBE sa=<3>AP-STA-CONNECTED " MAC,
	};
	struct port_mac mac;

	(void)state;
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		assert_int_equal(
			port_event_parse(other[i], &mac), PORT_EVENT_OTHER);
}

static void parse_station_authorised_with_vlan(void **state)
{
	static const char answer[] =
		MAC "\nflags=[AUTH][ASSOC][AUTHORIZED]\naid=0\n"
		    "dot1xPaePortNumber=0\nvlan_id=20\nconnected_time=1\n";
	struct port_station station;

	(void)state;
	assert_int_equal(port_station_parse(answer, &station, NULL), DEVID_OK);
	assert_true(station.authorised);
	assert_int_equal(station.vlan, 20);
	assert_int_equal(station.mac.addr[0], 2);
}

static void parse_station_without_flag_not_authorised(void **state)
{
	struct port_station station;

	(void)state;
	assert_int_equal(port_station_parse(MAC "\nflags=[AUTH]\nx="
						"[AUTHORIZED]\nvlan_id=20\n",
				 &station, NULL),
		DEVID_OK);
	assert_false(station.authorised);
	assert_int_equal(
		port_station_parse(MAC "\nflags=[AUTHORIZED]", &station, NULL),
		DEVID_OK);
	assert_true(station.authorised);
	assert_int_equal(station.vlan, 0);
}

static void parse_station_none_not_found(void **state)
{
	struct port_station station;

	(void)state;
	assert_int_equal(
		port_station_parse("", &station, NULL), DEVID_ERR_NOT_FOUND);
	assert_int_equal(port_station_parse("FAIL\n", &station, NULL),
		DEVID_ERR_NOT_FOUND);
}

static void parse_station_malformed_refused(void **state)
{
	static const char *const bad[] = {
		"UNKNOWN COMMAND\n",
		MAC,
		MAC " \nflags=[AUTHORIZED]\n",
		MAC "\nvlan_id=0\n",
		MAC "\nvlan_id=4095\n",
		MAC "\nvlan_id=020\n",
		MAC "\nvlan_id=+20\n",
		MAC "\nvlan_id=20 \n",
		MAC "\nvlan_id=20x\n",
		MAC "\nvlan_id=\n",
		MAC "\nvlan_id=99999999999999999999\n",
		MAC "\nvlan_id=20\nvlan_id=30\n",
		MAC "\nflags=[AUTHORIZED]\nflags=[AUTH]\n",
	};
	struct port_station station;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct devid_error err = { 0 };

		assert_int_equal(port_station_parse(bad[i], &station, &err),
			DEVID_ERR_SYNTAX);
		assert_string_not_equal(err.text, "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parse_mac_good_bytes),
		cmocka_unit_test(parse_mac_other_forms_refused),
		cmocka_unit_test(parse_event_each_known_classified),
		cmocka_unit_test(parse_event_foreign_text_ignored),
		cmocka_unit_test(parse_station_authorised_with_vlan),
		cmocka_unit_test(parse_station_without_flag_not_authorised),
		cmocka_unit_test(parse_station_none_not_found),
		cmocka_unit_test(parse_station_malformed_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A switch that lies writes no decision of its own, and no device its name.
#
# It sends requests as a switch may, with a good authenticator, and puts into the
# device's address and its own name what looks like the rest of a line of
# decisions.log, or like one of its own. Each is
# turned away with a Message-Authenticator, though there is no EAP in it. What
# is longer than a line of the log has room for is cut, and the line is whole. A
# genuine device then is let in under the number of its certificate, not under
# the identity that it chose.
# covers: RFC2865-user-name
# shellcheck disable=SC2034
EXPECTED="vlan 20"

NUL=$'\xfe' # stands for it: no word of bash can hold one

hex_of() { printf '%s' "$1" | tr '\376' '\0' | od -An -v -tx1 | tr -d ' \n'; }

# attribute TYPE HEX: with its header
attribute() { printf '%02x%02x%s' "$1" $((${#2} / 2 + 2)) "$2"; }

# bytes HEX
bytes() { basenc --base16 -d <<<"${1^^}"; }

# ask_radius CALLING_STATION [NAS_IDENTIFIER [NAS_PORT_ID]]: what is answered, as
# hex
ask_radius() {
	local attributes head mac zero

	zero=$(attribute 80 "$(printf '%032d' 0)")
	attributes=$(attribute 1 "$(hex_of liar)")
	attributes+=$(attribute 31 "$(hex_of "$1")")
	[[ -z ${2:-} ]] || attributes+=$(attribute 32 "$(hex_of "$2")")
	[[ -z ${3:-} ]] || attributes+=$(attribute 87 "$(hex_of "$3")")
	head=$(printf '0107%04x' $(((${#attributes} + ${#zero}) / 2 + 20)))
	head+=$(openssl rand -hex 16)
	mac=$(bytes "$head$attributes$zero" |
		openssl dgst -md5 -mac HMAC -macopt key:"$(<"$LAB/secret")")
	# dd makes one datagram of it, whatever is in it.
	# shellcheck disable=SC2016 # for that shell
	bytes "$head$attributes$(attribute 80 "${mac##*= }")" |
		in_ns switch bash -c 'exec 9<>/dev/udp/10.10.0.2/1812
			dd bs=4096 iflag=fullblock status=none >&9
			timeout 5 dd bs=4096 count=1 status=none <&9' |
		od -An -v -tx1 | tr -d ' \n'
}

# has_attribute TYPE PACKET: as hex both
has_attribute() {
	local rest=${2:40}

	while [[ -n $rest ]]; do
		[[ ${rest:0:2} != "$1" ]] || return 0
		rest=${rest:$((16#${rest:2:2} * 2))}
	done
	return 1
}

# is_turned_away CALLING_STATION [NAS_IDENTIFIER [NAS_PORT_ID]]
is_turned_away() {
	local packet

	packet=$(ask_radius "$@")
	check "\"$1\" is rejected" test "${packet:0:2}" = 03
	check "and the reject has a Message-Authenticator" \
		has_attribute 50 "$packet"
}

# session_name PORT: under which name hostapd was told to keep the session
session_name() {
	in_ns switch setpriv --reuid "$UID_SWITCH" --regid "$UID_SWITCH" \
		--clear-groups hostapd_cli -p "$LAB/switch/hostapd" \
		-s "$LAB/switch/ends" -i "$1" all_sta 2>/dev/null |
		sed -n 's/^dot1xAuthSessionUserName=//p' | tail -n1
}

# log_is_json: each line of it is an object that has a verdict
log_is_json() {
	jq -es 'length > 0 and all(.[]; .verdict == "accept" or .verdict == "reject")' \
		"$LAB/aaa/radius.d/run/decisions.log" >/dev/null
}

# times N TEXT: so often
times() { printf "%.0s$2" $(seq "$1"); }

# is_cut NAS PORT: what the log has of the last request
is_cut() {
	check "of long texts the log has the beginning (was: $(tail -n1 \
		"$LAB/aaa/radius.d/run/decisions.log"))" test "$(tail -n1 \
		"$LAB/aaa/radius.d/run/decisions.log" |
		jq -r '.nas + " " + .port')" = "$1 $2"
}

long_texts() {
	is_turned_away "$1" "$(times 253 x)" "$(times 253 y)"
	is_cut "$(times 64 x)" "$(times 64 y)"
	is_turned_away "$1" "$(times 253 '"')" "a$(times 252 '%%')"
	is_cut "$(times 64 %%22)" "a$(times 63 %%25)"
}

scenario() {
	local mac=02-00-00-00-00-99 newline=$'\n' port

	# Its key service has not been there for a minute yet: then the TPM is
	# asked once.
	device_ready honest listed
	attach_full honest 20
	port=$(device_port honest)
	check "the session's name is the certificate's number (was: \
$(session_name "$port"))" test "$(session_name "$port")" = \
		"$(decision "$(device_get honest mac)" certificate)"

	is_turned_away "$mac"
	check "its address is in the log" test "$(decisions "$mac" reject)" = 1
	is_turned_away "$mac\",\"verdict\":\"accept\",\"x\":\""
	is_turned_away "$mac$newline{\"verdict\":\"accept\",\"mac\":\"$mac\"}"
	is_turned_away "$mac$newline"
	is_turned_away "$mac$NUL"
	is_turned_away "\\\"$mac"
	is_turned_away "$mac" "x\",\"verdict\":\"accept\",\"mac\":\"$mac\",\"y\":\"$NUL"
	is_turned_away "$mac" "x\",\"verdict\":\"accept\",\"mac\":\"$mac\",\"y\":\""
	is_turned_away "$mac" "x\\$newline{\"verdict\":\"accept\"}%41"$'\xff'
	check "no decision about it was written by the switch" \
		test "$(decisions "$mac" accept)" = 0
	check "each line is a decision in JSON" log_is_json
	check "each has one line, and the address that is one alone (was: \
$(jq -r .mac "$LAB/aaa/radius.d/run/decisions.log" | tr '\n' ' '))" test \
		"$(decisions malformed reject) $(decisions "$mac" reject)" = "5 4"
	check "what the switch calls itself can be read back (was: \
$(decision "$mac" nas))" test "$(decision "$mac" nas)" = \
		"x%5C%0A%7B%22verdict%22%3A%22accept%22%7D%2541%FF"
	long_texts 02-00-00-00-00-98
	check "and each line is whole" log_is_json
	result "$(outcome honest)"
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# From the box to production, carrier to open port in VLAN 30 with the new LDevID,
# beside what cannot be left out of it, each done bare by another device in the
# same run: two attaches, one DHCP, one enrolment by curl with the IDevID.

WAY_ROUNDS=3

# timed NAME COMMAND...: its milliseconds, a sample and in $TOOK_MS
timed() {
	local name=$1 begin

	shift
	begin=${EPOCHREALTIME/[.,]/}
	"$@" || return 1
	TOOK_MS=$(ms_between "$begin" "${EPOCHREALTIME/[.,]/}")
	sample "$name" "$TOOK_MS"
}

way_walk() {
	plug "$1"
	onboarded "$1" production
}

way_attach() {
	plug "$1"
	attached "$1"
}

way_dhcp() {
	in_ns "$1" udhcpc -i eth0 -n -q -t 5 -T 1 -A 1 \
		-s "$LAB/bin/dhcp-lease" >>"$LAB/log/way" 2>&1
}

# way_request DEVICE: for a key of software, which costs nothing here
way_request() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout /dev/null -outform DER \
		-subj "/serialNumber=$(device_get "$1" serial)" 2>/dev/null |
		base64 -w 0 >"$LAB/way.request"
	put "$LAB/way.cnf" <<-END
		openssl_conf = init
		[init]
		providers = all
		[all]
		default = use_default
		devid = use_devid
		[use_default]
		activate = 1
		[use_devid]
		module = $LAB/bin/devid.so
		activate = 1
	END
}

way_curl() {
	local dir=$LAB/devices/$1

	in_ns "$1" env OPENSSL_CONF="$LAB/way.cnf" \
		DEVID_KEYD_SOCKET="$dir/keyd/keyd.sock" curl -sSf --max-time 20 \
		--resolve "$SITE_REGISTRAR:443:$SITE_ADDRESS" \
		--cacert "$LAB/pki/site/cert.pem" \
		--cert "$dir/state/idevid.pem" --key "$dir/state/idevid.key" \
		-H 'Content-Type: application/pkcs10' \
		--data-binary "@$LAB/way.request" -o "$LAB/way.answer" \
		"https://$SITE_REGISTRAR/.well-known/est/simpleenroll" \
		2>>"$LAB/log/way"
}

# way_bare: the parts, by a device that does not onboard. Its hook has asked for
# an address already, and asks no more while this does.
way_bare() {
	local sum=0 n

	for n in 1 2; do
		unplug bare
		timed way.attach way_attach bare || return 1
		sum=$(jq -n "$sum + $TOOK_MS")
	done
	timed way.dhcp way_dhcp bare || return 1
	sum=$(jq -n "$sum + $TOOK_MS")
	way_request bare
	timed way.curl way_curl bare || return 1
	BARE_MS=$(jq -n "$sum + $TOOK_MS")
	sample way.bare "$BARE_MS"
}

way_round() {
	local dev=box$1

	site_device "$dev"
	site_list "$dev"
	agent_start_ready "$dev"
	timed way.way way_walk "$dev" || return 1
	sample way.ratio "$(jq -n "$TOOK_MS / $BARE_MS")"
	agent_stop "$dev"
	unplug "$dev"
}

way_all() {
	local n

	note "bench: a site, and devices from the box ..."
	mkdir -p "$LABS"
	LAB=$(mktemp -d "$LABS/bench-XXXX")
	session_up
	site_device bare enroll.onboard=no
	site_up
	site_list bare
	rm -f "$(hooks_dir bare)/dhcp"
	agent_start_ready bare
	plug bare
	attached bare || missing way.bare "the port of bare did not open"
	for ((n = 0; n < WAY_ROUNDS; n++)); do
		way_bare || missing way.bare "$(tail -n1 "$LAB/log/way")"
		way_round "$n" || missing way.way \
			"$(onboard_get "box$n" '"\(.state) \(.class) \(.cause)"')"
	done
	bench_down
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A site with a registrar: devid-registrar on VLAN 20, its CA's key in a token
# (SoftHSM2 stands in), DHCP and DNS on VLAN 20 and 30. RADIUS reads the
# registrar's own list. Read after the lab's other parts.

SITE_DOMAIN=site.example
SITE_REGISTRAR=devid-registrar.$SITE_DOMAIN
SITE_ADDRESS=10.10.20.3
SITE_MODULE=/usr/lib/softhsm/libsofthsm2.so

# registrar COMMAND ARG...: what a person does at the registrar's desk
registrar() {
	setpriv --reuid "$UID_SITE" --regid "$UID_AAA" --clear-groups \
		env SOFTHSM2_CONF="$LAB/site/softhsm2.conf" sh -c 'umask 027 && exec "$@"' sh \
		"$LAB/bin/devid-registrar" "$@" \
		--config "$LAB/site/registrar.conf"
}

# site_up: all of it, in place of the list that the lab keeps by hand. The RADIUS
# server has a name in the domain of the site, and so has the registrar.
# SITE_PROFILE: lines of the registrar's default profile.
site_up() {
	proc_stop radius
	site_node
	site_network 20
	site_network 30
	pki site-ca
	pki radius-server "radius.$SITE_DOMAIN" --out "$LAB/aaa/site-radius"
	pki site-server "${SITE_NAME:-$SITE_REGISTRAR}" --out "$LAB/aaa/registrar"
	rm -f "$LAB"/site/site.db*
	site_configure
	registrar init --name "Site devices" >"$LAB/log/desk" 2>&1 ||
		fail devid-registrar "$(tail -n1 "$LAB/log/desk")"
	# RADIUS reads it, by the group of the folder.
	chmod 0640 "$LAB"/site/site.db*
	site_import
	site_document 1.0.0
	cp "$LAB/site/ca.pem" "$LAB/aaa/site.pem"
	registrar_start
	radius_configure radius 10.10.0.2 "$LAB/aaa/site-radius"
	mkdir -p "$LAB/aaa/radius.started"
	radius_start radius
}

# site_import: the makers' rows, as the maker sends them
site_import() {
	[[ -s $LAB/aaa/listed ]] || return 0
	maker_allow_list "$LAB/aaa/listed" >"$LAB/aaa/rows.json"
	[[ -s $LAB/aaa/rows.json ]] || return 0
	registrar list import "$LAB/aaa/rows.json" >>"$LAB/log/desk" 2>&1 ||
		fail "list import" "$(tail -n1 "$LAB/log/desk")"
}

# The node, as one more host of VLAN 20.
site_node() {
	! ns_exists site || return 0
	ns_add site
	ip_do link add site netns "$(ns switch)" type veth \
		peer name eth0 netns "$(ns site)"
	ip_at switch link set site master br20 up
	ip_at site addr add "$SITE_ADDRESS/24" dev eth0
	ip_at site link set eth0 up
}

# site_network VLAN: dnsmasq at the host of that VLAN, which gives addresses and
# the domain, and knows the registrar.
site_network() {
	! proc_alive "dnsmasq-$1" || return 0
	proc_start "dnsmasq-$1" "v$1" 0:net_admin,net_raw,net_bind_service dnsmasq \
		--keep-in-foreground --conf-file=/dev/null --user= --group= \
		--no-ping --interface=eth0 --bind-interfaces --no-resolv \
		--no-hosts --address="/$SITE_REGISTRAR/$SITE_ADDRESS" \
		--domain="$SITE_DOMAIN" --pid-file= \
		--dhcp-leasefile="$LAB/leases-$1" \
		--dhcp-range="10.10.$1.150,10.10.$1.199,1h" --log-facility=-
	wait_on --seconds 5 "$LAB/log/dnsmasq-$1" -- \
		grep -qs "DHCP, IP range" "$LAB/log/dnsmasq-$1" ||
		fail dnsmasq "$(tail -n1 "$LAB/log/dnsmasq-$1")"
}

site_configure() {
	local dir=$LAB/site

	install -d -o "$UID_SITE" -g "$UID_SITE" -m 0700 "$dir/tokens" "$dir/publish"
	printf 'directories.tokendir = %s\nlog.level = ERROR\n' "$dir/tokens" |
		put "$dir/softhsm2.conf"
	openssl rand -hex 8 | tr -d '\n' | put "$dir/site.pin" 0400 "$UID_SITE"
	setpriv --reuid "$UID_SITE" --regid "$UID_SITE" --clear-groups \
		env SOFTHSM2_CONF="$dir/softhsm2.conf" softhsm2-util --init-token \
		--free --label site --so-pin 9999 --pin "$(<"$dir/site.pin")" \
		>"$LAB/log/token" 2>&1 ||
		fail softhsm2-util "$(tail -n1 "$LAB/log/token")"
	install -o "$UID_SITE" -m 0400 "$LAB/aaa/registrar.key" "$dir/service.key"
	install -o "$UID_SITE" -m 0444 "$LAB/aaa/registrar.pem" "$dir/service.pem"
	site_makers >"$LAB/aaa/makers"
	put "$dir/registrar.conf" 0640 "$UID_SITE" <<-END
		[registrar]
		instance = one
		database = sqlite:$dir/site.db
		publish = $dir/publish
		listen = $SITE_ADDRESS:443
		certificate = $dir/service.pem
		key = $dir/service.key
		[ca]
		certificate = $dir/ca.pem
		organization = Example Site
		module = $SITE_MODULE
		token = site
		key = site
		audit_key = site-audit
		pin_file = $dir/site.pin
		[profile default]
		${SITE_PROFILE:-residency = wanted}
		retry_after = 1
		$(<"$LAB/aaa/makers")
	END
}

# site_makers: a section for each root
site_makers() {
	local name

	for name in pki maker2; do
		[[ -s $LAB/$name/root/cert.pem ]] || continue
		install -m 0444 "$LAB/$name/root/cert.pem" "$LAB/site/$name.pem"
		printf '[maker %s]\nroots = %s\n' "$name" "$LAB/site/$name.pem"
	done
}

# site_document LOWEST: the onboarding document of all devices
site_document() {
	jq -n --rawfile ca "$LAB/pki/site/cert.pem" --arg lowest "$1" \
		--arg name "radius.$SITE_DOMAIN" '{ version: 1, site: "example",
		radius: { anchors: [$ca], names: [$name] },
		firmware: { lowest: $lowest }, values: { vms: "vms.site.example" } }' \
		>"$LAB/aaa/document.json"
	registrar document --default "$LAB/aaa/document.json" \
		>>"$LAB/log/desk" 2>&1 ||
		fail "the document" "$(tail -n1 "$LAB/log/desk")"
}

registrar_start() {
	proc_start registrar site "$UID_SITE:net_bind_service" env \
		SOFTHSM2_CONF="$LAB/site/softhsm2.conf" \
		sh -c 'umask 027 && exec "$@"' sh "$LAB/bin/devid-registrar" serve \
		--config "$LAB/site/registrar.conf"
	wait_on --seconds 10 "$LAB/log/registrar" -- registrar_listens ||
		fail devid-registrar "does not start: $(tail -n1 "$LAB/log/registrar")"
}

registrar_listens() {
	[[ -n $(in_ns site ss -Hltn "sport = :443") ]]
}

# site_device DEVICE [SETTING...]: as from the box, with a hook that asks for an
# address, and nothing said of the site's servers.
site_device() {
	local dev=$1

	device_ready "$dev" "${SITE_LISTED:-unlisted}" p256 eap.trust=first-use \
		eap.ca= eap.server_name= device.firmware_version=1.2.0 "${@:2}"
	ip_at "$dev" addr flush dev eth0
	install -m 0755 "$HERE/lib/dhcp-lease" "$LAB/bin/dhcp-lease"
	install -m 0755 "$HERE/lib/dhcp-hook" "$(hooks_dir "$dev")/dhcp"
	site_resolver "$dev"
}

# site_resolver DEVICE: whom it asks for names, from its next start on
site_resolver() {
	mkdir -p "$LAB/etc/$1"
	printf 'nameserver 10.10.20.1\n' >"$LAB/etc/$1/resolv.conf"
	sed 's/^hosts:.*/hosts: files dns/' /etc/nsswitch.conf \
		>"$LAB/etc/$1/nsswitch.conf"
}

# site_list DEVICE: what an admin does when the boxes come
site_list() {
	printf '%s\n' "$(device_get "$1" serial)" >>"$LAB/aaa/listed"
	site_import
}

# onboard_get DEVICE JQ_FILTER: of what the agent says of onboarding
onboard_get() {
	agent_get "$1" ".onboarding | $2"
}

onboard_is() {
	[[ $(onboard_get "$1" .state) == "$2" ]]
}

# onboarded DEVICE [STATE [SECONDS]]
onboarded() {
	agent_await "${3:-60}" "$1" onboard_is "$1" "${2:-production}"
}

# site_rows UNIT: kind and state of its rows, in one line
site_rows() {
	sqlite3 -batch -readonly -cmd '.timeout 5000' -separator ' ' \
		"$LAB/site/site.db" "SELECT kind, state FROM site WHERE
		unit = '$1' ORDER BY kind" | paste -sd,
}

# in_production DEVICE: it is there with the LDevID that was issued to it, and
# RADIUS says so.
in_production() {
	local dev=$1 mac
	mac=$(device_get "$dev" mac)

	check "the port is in VLAN 30 (is: $(port_state "$(device_port "$dev")"))" \
		test "$(port_state "$(device_port "$dev")")" = "open 30"
	check "with its LDevID (was: $(agent_get "$dev" '.ports[0].key'))" \
		test "$(agent_get "$dev" '.ports[0].key')" = "$(onboard_get "$dev" .active)"
	check "by the list (was: $(decision "$mac" reason))" \
		test "$(decision "$mac" reason) $(decision "$mac" vlan)" = "listed 30"
}

# site_done DEVICE...: the lab's own list again
site_done() {
	local dev

	for dev; do
		proc_stop "agent-$dev"
		unplug "$dev"
	done
	proc_stop radius registrar dnsmasq-20 dnsmasq-30
	list_reset
	radius_configure radius 10.10.0.2 "$LAB/aaa/radius"
	radius_start radius
}

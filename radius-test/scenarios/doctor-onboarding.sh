# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What devid doctor says of a device on its way from the box to production.
#
# It stops at each step in turn, with the real registrar, and is let go on at the end.
# shellcheck disable=SC2034
EXPECTED="vlan 30"

# shellcheck source=radius-test/lib/site.sh
. "$HERE/lib/site.sh"

# again [SETTING...]: the device from the box once more, as far as it goes
again() {
	agent_stop way
	devid way erase --yes --config "$LAB/devices/way/devid.conf" >/dev/null
	rm -rf "$LAB/devices/way/state/onboard"
	device_configure way eap.trust=first-use eap.ca= eap.server_name= \
		device.firmware_version=1.2.0 "$@"
	ip_at way addr flush dev eth0
	agent_start_ready way
}

# stops CLASS ID: there, and doctor has a name for it
stops() {
	agent_await 40 way stopped_at "$1" || true
	check "stops at $1 (is: $(onboard_get way \
		'.state + " " + .class + ": " + .cause'))" stopped_at "$1"
	doctor_says way "$2"
}

stopped_at() {
	[[ $(onboard_get way .class) == "$1" ]]
}

# hook_of EXIT: onboard.d has one program
hook_of() {
	mkdir -p "$LAB/devices/way/onboard.d"
	printf '#!/bin/sh\nexit %s\n' "$1" |
		put "$LAB/devices/way/onboard.d/10-time" 0755
}

before_a_certificate() {
	local hook
	hook=$(hooks_dir way)/dhcp

	mv "$hook" "$LAB/dhcp"
	again
	plug way
	check "attached" attached way
	doctor_says way no-address
	mv "$LAB/dhcp" "$hook"
	proc_stop registrar
	again
	stops EST_UNREACHABLE no-registrar
	registrar_start
	again enroll.est_trust="$LAB/pki/root/cert.pem"
	stops EST_UNTRUSTED est-untrusted
	again
	check "pending" onboarded way pending
	doctor_says way pending
	registrar refuse "$(device_get way serial)" >>"$LAB/log/desk" 2>&1
	stops EST_REFUSED est-refused
}

behind_a_certificate() {
	local dir=$LAB/devices/way/onboard.d

	hook_of 1
	site_document 9.0.0
	again enroll.hooks="$dir"
	stops FIRMWARE_TOO_LOW firmware-too-low
	site_document 1.0.0
	again enroll.hooks="$dir"
	stops HOOK_FAILED hook-failed
	hook_of 0
	again enroll.hooks="$dir"
	check "reaches production" onboarded way
	check "attached" attached way
	doctor_well way
}

scenario() {
	site_device way
	SITE_PROFILE=$'residency = wanted\napproval = manual' site_up
	site_list way
	agent_start_ready way
	before_a_certificate
	sed -i 's/^approval = .*/approval = auto/' "$LAB/site/registrar.conf"
	proc_stop registrar
	registrar_start
	behind_a_certificate
	attach_mark way
	measure way
	device_addresses way
	result "$(outcome way)" "doctor named each step"
	site_done way
}

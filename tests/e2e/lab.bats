#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# The 802.1X lab. All scenarios run once, on one lab; each is a test of its own.

setup_file() {
	repo=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
	export repo
	WORK=$(mktemp -d)
	export WORK
	# A place of its own: other labs may be up on this machine.
	export lab=/run/devid-lab-bats.$$
	"$repo/radius-test/lab" --dir "$lab" run --json "$WORK/results.json" \
		>"$WORK/lines" 2>&1 || true
}

teardown_file() {
	rm -rf "$WORK"
}

# went NAME: the scenario ended as it should.
went() {
	grep -A6 " $1 " "$WORK/lines" || tail -n5 "$WORK/lines"
	[ "$(jq -r --arg name "$1" '.[] | select(.scenario == $name) |
		.result == .expected' "$WORK/results.json")" = true ]
}

@test "agent-killed: devid-agent is killed while attached, and started again" {
	went agent-killed
}

@test "authenticator-restarted: The authenticator dies and returns: shut meanwhile, then attached again" {
	went authenticator-restarted
}

@test "cable-pulled-mid-handshake: The cable is pulled in the middle of the handshake, and put back" {
	went cable-pulled-mid-handshake
}

@test "expired-issuing-ca: A certificate for the right key whose issuing CA has expired" {
	went expired-issuing-ca
}

@test "genuine-listed: A genuine device on the site's list reaches the provisioning network" {
	went genuine-listed
}

@test "genuine-unlisted: A genuine device that nobody expects is put into quarantine" {
	went genuine-unlisted
}

@test "iak-profile-as-devid: A genuine certificate of the attestation profile is no identity" {
	went iak-profile-as-devid
}

@test "idle-device: An attached device is idle: its daemons do not run once in ten seconds" {
	went idle-device
}

@test "keyd-killed: devid-keyd is killed before the attach: named as cause, then recovered" {
	went keyd-killed
}

@test "matrix-p256-tls12: Key type P-256 over TLS 1.2" {
	went matrix-p256-tls12
}

@test "matrix-p256-tls13: Key type P-256 over TLS 1.3" {
	went matrix-p256-tls13
}

@test "matrix-p384-tls12: Key type P-384 over TLS 1.2" {
	went matrix-p384-tls12
}

@test "matrix-p384-tls13: Key type P-384 over TLS 1.3" {
	went matrix-p384-tls13
}

@test "matrix-rsa2048-tls12: Key type RSA-2048 over TLS 1.2" {
	went matrix-rsa2048-tls12
}

@test "matrix-rsa2048-tls13: Key type RSA-2048 over TLS 1.3" {
	went matrix-rsa2048-tls13
}

@test "no-authenticator: No authenticator on the port: said so, and nothing is sent but EAPOL" {
	went no-authenticator
}

@test "other-address-on-open-port: Another Ethernet address on a port that is open for one device" {
	went other-address-on-open-port
}

@test "other-root-same-serial: A chain that copies every name and serial number, below another root" {
	went other-root-same-serial
}

@test "radius-down-then-up: The RADIUS server is down when the device comes, then returns" {
	went radius-down-then-up
}

@test "replug: Unplugged, shut; plugged again, resumed without the TPM (TLS 1.2)" {
	went replug
}

@test "resumed-after-unlisting: Taken off the list, a device resumes its TLS session: quarantine" {
	went resumed-after-unlisting
}

@test "rogue-control: The frauds' own tool gets in with a good certificate and its key" {
	went rogue-control
}

@test "stolen-certificate: A genuine, listed certificate, presented by who does not hold its key" {
	went stolen-certificate
}

@test "tpm-gone-and-back: The TPM disappears and returns: named as cause, then recovered" {
	went tpm-gone-and-back
}

@test "twenty-devices: Twenty devices at once, each with its own TPM, key service and port" {
	went twenty-devices
}

@test "untrusted-radius-server: A RADIUS server that the device must not trust gets no signature" {
	went untrusted-radius-server
}

@test "wpa-supplicant-killed: wpa_supplicant is killed while attached: replaced and attached again" {
	went wpa-supplicant-killed
}

@test "every scenario has a test here" {
	for file in "$repo"/radius-test/scenarios/*.sh; do
		grep -q "^	went $(basename "$file" .sh)\$" "$BATS_TEST_FILENAME"
	done
}

@test "results have the documented members and types" {
	jq -e 'length > 0 and all(.[];
		(keys == ["attach_ms", "expected", "port", "reason", "result",
			"round_trips", "scenario", "tls_version",
			"tpm_commands", "vlan"]) and
		(.attach_ms | type == "number" or . == null) and
		(.vlan | type == "number" or . == null))' \
		"$WORK/results.json"
}

@test "no fraud got further than its port" {
	for name in other-root-same-serial stolen-certificate \
		expired-issuing-ca iak-profile-as-devid; do
		[ "$(jq -r --arg name $name '.[] | select(.scenario == $name) |
			"\(.port) \(.vlan)"' "$WORK/results.json")" = \
			"unauthorised null" ]
	done
}

@test "nothing of the lab is left" {
	[ ! -e "$lab" ]
	# every process of a lab has its folder in its arguments or environment
	run grep -lsaF "$lab/" /proc/[0-9]*/cmdline /proc/[0-9]*/environ
	echo "$output"
	[ -z "$output" ]
}

@test "wrong calls end with 2 and one line" {
	for call in nonsense "run nosuch" "run --json" "plug" "--dir"; do
		# shellcheck disable=SC2086
		run "$repo/radius-test/lab" $call
		[ "$status" -eq 2 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# devid status and devid doctor on devices that are broken in one way each: the
# tables of docs/guide-operator.md. What a key service and its key can be is in
# doctor-key.bats, what takes a switch in the lab's scenarios.

load lib
load doctor
other_uid=${other_uid:?set in lib.bash}
spawned='' # set by lib.bash

setup_file() {
	lib_init
	export DEV="$WORK/dev"
	device_new "$DEV"
	device_provision "$DEV" p256
}

teardown_file() { lib_done; }

setup() {
	bats_require_minimum_version 1.5.0
	# A test that failed in the middle must not spoil the next one.
	local file

	device_conf "$DEV"
	rm -f "$DEV/state/idevid.disabled" "$DEV/run"/*
	! gone "$(cat "$DEV/tpm.pid")" || tpm_start "$DEV"
	for file in key pem; do
		cp "$DEV/state/idevid.$file" "$BATS_TEST_TMPDIR/"
	done
	keyd_again
}

teardown() {
	! mountpoint -q "$DEV/small" || umount "$DEV/small"
	cp "$BATS_TEST_TMPDIR"/idevid.{key,pem} "$DEV/state/"
}

# ---- well ----

@test "a device that is well: status and doctor say so, root and anybody" {
	run -0 state
	[[ $output == "device     usable"$'\n'* ]]
	run -0 doctor
	[[ $output == *"well       settings, TPM, keyd, key, certificate, files"* ]]
	[[ $output == *"not used   "*"agent, port, switch, server trust, address"* ]]
	run -0 as_other devid status --config "$DEV/devid.conf"
	run -0 as_other devid doctor --config "$DEV/devid.conf"
	run -0 doctor --json
	jq -e '.state == "well" and .findings == [] and
		.areas.certificate == "well"' <<<"$output"
	state --json | jq -e '.state == "usable" and .because == null and
		([.files[] | select(.key == "idevid") | .state] == ["ok", "ok"])'
}

@test "nothing that is asked changes the device or uses its key" {
	local before

	before=$(find "$DEV/state" -type f -printf '%p %T@ %s\n' | sort)
	signs=$(tpm_commands "$DEV" 015D)
	run -0 doctor
	run -0 doctor --json
	run -0 state
	[ "$(find "$DEV/state" -type f -printf '%p %T@ %s\n' | sort)" = "$before" ]
	[ "$(tpm_commands "$DEV" 015D)" -eq "$signs" ]
}

@test "output that nobody takes is no answer" {
	run -1 sh -c 'devid status --config "$1" >/dev/full' _ "$DEV/devid.conf"
	run -1 sh -c 'devid doctor --config "$1" >/dev/full' _ "$DEV/devid.conf"
}

# ---- settings ----

@test "settings-wrong: named with file and line; status takes none of it" {
	echo "socket = relative" >>"$DEV/devid.conf"
	run -1 doctor
	[[ ${lines[0]} == "fault      settings-wrong: "* ]]
	[[ ${lines[1]} == *"$DEV/devid.conf:5: keyd.socket: "* ]]
	run -2 state
	[[ $output == *"$DEV/devid.conf:5: "* ]]
}

@test "settings-unknown: a name with a typing error, before the restart that it prevents" {
	echo "tcit = device:/dev/tpmrm0" >>"$DEV/devid.conf"
	names 3 degraded settings-unknown "$DEV/devid.conf:5: keyd.tcit: no such setting"
}

@test "the configuration that the environment names is taken, and must be there" {
	DEVID_CONFIG=$DEV/devid.conf run -0 devid doctor
	[[ $output == *"well       settings, TPM, keyd"* ]]
	DEVID_CONFIG=$DEV/devid.conf run -0 devid status
	DEVID_CONFIG=$DEV/none.conf run -1 devid doctor
	[[ $output == "fault      settings-wrong: "*"$DEV/none.conf"* ]]
	DEVID_CONFIG=$DEV/none.conf run -2 devid status
	run -1 devid doctor --config "$DEV/none.conf"
	[[ $output == "fault      settings-wrong: "* ]]
}

@test "settings-unseen: a file that this user may not read" {
	chmod 600 "$DEV/devid.conf"
	run as_other devid doctor --config "$DEV/devid.conf"
	[[ $output == *"not seen   settings-unseen: "* ]]
	[[ $output == *"Permission denied"* ]]
	chmod 644 "$DEV/devid.conf"
}

# ---- TPM and key service ----

@test "keyd-absent" {
	keyd_stop "$DEV"
	names 1 unusable keyd-absent "$DEV/keyd.sock"
	run -1 doctor
	[[ $output == *"not seen   TPM, key, certificate, files"* ]]
}

@test "keyd-unseen: a socket that this user may not use; unknown, not broken" {
	chmod 600 "$DEV/keyd.sock"
	run -4 as_other devid doctor --config "$DEV/devid.conf"
	[[ $output == *"not seen   keyd-unseen: "*"Permission denied"* ]]
	run -4 as_other devid status --config "$DEV/devid.conf"
	[[ $output == "device     unknown: "* ]]
	chmod 666 "$DEV/keyd.sock"
}

@test "tpm-missing: no device, no socket where tcti leads" {
	tpm_stop "$DEV"
	rm -f "$DEV/tpm.sock"
	names 1 unusable tpm-missing "$DEV/tpm.sock: No such file"
	keyd_stop "$DEV"
	run -1 doctor # without it as well
	[[ ${lines[0]} == *tpm-missing* ]]
	[[ $output == *keyd-absent* ]]
}

@test "tpm-absent: it is there and does not answer" {
	kill -9 "$(cat "$DEV/tpm.pid")"
	await exit "$(cat "$DEV/tpm.pid")"
	[ -S "$DEV/tpm.sock" ]
	names 1 unusable tpm-absent "$DEV/tpm.sock: s"
}

# tries_at_most N: with so many failed ones the TPM locks its keys
tries_at_most() {
	tpm2_dictionarylockout -T "swtpm:path=$DEV/tpm.sock" \
		--setup-parameters --max-tries="$1" --recovery-time=1000 \
		--lockout-recovery-time=1000
}

@test "tpm-few-tries, then tpm-lockout" {
	local handle

	handle=$(state --json | jq -r '.identities[0].place')
	tries_at_most 3
	echo x >"$DEV/text"
	run ! tpm2_sign -T "swtpm:path=$DEV/tpm.sock" -c "$handle" -p wrong \
		-g sha256 -o "$DEV/sig" "$DEV/text"
	names 3 degraded tpm-few-tries "2 of 3 tries left"
	tries_at_most 1
	names 1 unusable tpm-lockout lockout
	tpm2_dictionarylockout -T "swtpm:path=$DEV/tpm.sock" --clear-lockout
	many_power_cuts "$DEV"
}

@test "tpm-failure: the self-test failed" {
	with_fault "* rc 00000101"
	names 1 unusable tpm-failure "failure"
	rm "$DEV/fault"
}

@test "tpm-error: another error, with its text" {
	with_fault "0000017a rc 00000922"
	names 1 unusable tpm-error "not able to start"
	rm "$DEV/fault"
}

# ---- key and certificate ----

@test "key-none: before provisioning; then cert-none" {
	local dev=$WORK/new

	device_new "$dev"
	DEV=$dev names 1 unusable key-none ""
	devid provision key --config "$dev/devid.conf"
	DEV=$dev names 1 unusable cert-none ""
	keyd_stop "$dev"
	tpm_stop "$dev"
}

@test "key-lost: the TPM was exchanged" {
	local dev=$WORK/other

	device_new "$dev"
	device_provision "$dev" p256
	keyd_stop "$dev"
	tpm_stop "$dev"
	rm -r "$dev/tpm"
	mkdir "$dev/tpm"
	tpm_start "$dev"
	keyd_start "$dev"
	DEV=$dev names 1 unusable key-lost "the TPM or the board was exchanged"
	run -1 devid status --config "$dev/devid.conf"
	[[ $output == *"NOT USABLE"* ]]
	keyd_stop "$dev"
	tpm_stop "$dev"
}

@test "key-disabled" {
	devid provision disable idevid --config "$DEV/devid.conf"
	names 1 unusable key-disabled idevid.disabled
	devid provision enable idevid --config "$DEV/devid.conf"
	run -0 doctor
}

# device_dated DEV SECONDS: a device with a certificate for ten days that begin
# so long after now
device_dated() {
	local conf="$1/devid.conf"

	device_new "$1"
	devid provision key --config "$conf"
	devid provision csr --config "$conf" --serial SN2 --model M1 \
		--out "$1/idevid.csr"
	# By the clock: OpenSSL 3.5 takes no -days below 0.
	LD_PRELOAD=$plain/clock-fault.so CLOCK_FAULT=$2 \
		openssl x509 -req -in "$1/idevid.csr" -CA "$WORK/ca.pem" \
		-CAkey "$WORK/ca.key" -extfile "$WORK/ext" -out "$1/new.pem" \
		-days 10 2>/dev/null
	devid provision cert --config "$conf" --force "$1/new.pem" \
		>/dev/null 2>&1
}

@test "cert-expired" {
	local dev=$WORK/expired

	device_dated "$dev" -8640000
	DEV=$dev names 1 unusable cert-expired "valid until 20"
	keyd_stop "$dev"
	tpm_stop "$dev"
}

@test "cert-not-yet: a clock that is behind" {
	local dev=$WORK/early

	device_dated "$dev" 0
	run -3 env LD_PRELOAD="$plain/clock-fault.so" CLOCK_FAULT=-864000 \
		"$plain/devid" doctor --config "$dev/devid.conf"
	[[ $output == *"warning    cert-not-yet: idevid: "* ]]
	# It can prove who it is: nobody asks this clock.
	run -3 env LD_PRELOAD="$plain/clock-fault.so" CLOCK_FAULT=-864000 \
		"$plain/devid" status --config "$dev/devid.conf"
	[[ $output == "device     degraded: "* ]]
	keyd_stop "$dev"
	tpm_stop "$dev"
}

# ---- files ----

@test "file-missing: the certificate, the reference" {
	rm "$DEV/state/idevid.pem"
	names 1 unusable file-missing "$DEV/state/idevid.pem"
	keyd_again # the cure
	run -0 doctor
	rm "$DEV/state/idevid.key"
	names 1 unusable file-missing "$DEV/state/idevid.key"
	keyd_again
	run -0 doctor
}

@test "file-foreign: of another key, another certificate" {
	software_key foreign ec -pkeyopt ec_paramgen_curve:P-256
	cp "$WORK/foreign.pem" "$DEV/state/idevid.pem"
	names 1 unusable file-foreign "of another key"
	issue "$DEV/idevid.csr" "$DEV/state/idevid.pem"
	names 1 unusable file-foreign "another certificate"
	rm "$DEV/state/idevid.pem"
	keyd_again # the cure
	run -0 doctor
	cp "$DEV/state/iak.key" "$DEV/state/idevid.key"
	names 1 unusable file-foreign "another key"
}

@test "file-damaged: no key reference, no certificate; nothing is waited for" {
	echo nonsense >"$DEV/state/idevid.key"
	names 1 unusable file-damaged "no key reference"
	cp "$BATS_TEST_TMPDIR/idevid.key" "$DEV/state/"
	echo nonsense >"$DEV/state/idevid.pem"
	names 1 unusable file-damaged "no certificate"
	rm "$DEV/state/idevid.pem"
	mkfifo "$DEV/state/idevid.pem"
	run -1 timeout 5 devid doctor --config "$DEV/devid.conf"
	[[ $output == *"no regular file"* ]]
	rm "$DEV/state/idevid.pem"
}

@test "file-differs: other intermediates" {
	cp "$DEV/leaf.pem" "$DEV/state/idevid.pem"
	names 3 degraded file-differs "other intermediates"
}

@test "file-unseen, folder-unseen: who may not look says so" {
	chmod 600 "$DEV/state/idevid.pem"
	run -4 as_other devid doctor --config "$DEV/devid.conf"
	[[ $output == *"not seen   file-unseen: idevid: "*"Permission denied"* ]]
	run -4 as_other devid status --config "$DEV/devid.conf"
	run -0 state
	chmod 644 "$DEV/state/idevid.pem"
	cp "$DEV/devid.conf" "$WORK/seen.conf"
	chmod 700 "$DEV"
	run -4 as_other devid doctor --config "$WORK/seen.conf"
	chmod 755 "$DEV"
	[[ $output == *"not seen   folder-unseen: "*"$DEV/state: Permission denied"* ]]
}

@test "folder-missing" {
	mv "$DEV/state" "$DEV/moved"
	names 1 unusable folder-missing "$DEV/state"
	mv "$DEV/moved" "$DEV/state"
}

@test "folder-full and folder-read-only" {
	mkdir -p "$DEV/small"
	mount -t tmpfs -o size=64k small "$DEV/small"
	cp "$DEV/state"/* "$DEV/small/"
	head -c 100k /dev/zero >"$DEV/small/fill" || true
	device_conf "$DEV" "state_dir = $DEV/small"
	names 3 degraded folder-full "$DEV/small"
	rm "$DEV/small/fill"
	mount -o remount,ro "$DEV/small"
	names 3 degraded folder-read-only "$DEV/small"
	keyd_stop "$DEV"
	umount "$DEV/small"
}

# ---- the agent, as far as it goes without a switch ----

# agent_wrote JSON...: what devid-agent would have written
agent_wrote() {
	mkdir -p "$DEV/run"
	grep -qx '\[agent\]' "$DEV/devid.conf" ||
		printf '%s\n' '[agent]' "run_dir = $DEV/run" \
			"keyd_socket = $DEV/keyd.sock" "state_dir = $DEV/state" \
			"ports = nosuch0" '[eap]' 'trust = first-use' >>"$DEV/devid.conf"
	printf '%s\n' "$@" >"$DEV/run/agent.json"
}

@test "agent-absent: said, and no fault of the identity" {
	agent_wrote ''
	rm "$DEV/run/agent.json"
	names 3 usable agent-absent "ports = nosuch0"
}

@test "agent-dead: what it wrote is of before" {
	agent_wrote '{"pid": 999999999, "keyd": true, "supplicant": 1,
		"ports": [{"port": "eth0", "carrier": true, "state": "authorized",
		"since": "2026-01-31T12:00:00Z", "class": "NONE", "reason": ""}]}'
	names 1 degraded agent-dead 999999999
	run -3 state
	[[ $output == *"eth0       unknown; it was authorized since 2026-01-31T12:00:00Z"* ]]
	# Somebody else's number by now.
	agent_wrote "{\"pid\": $$, \"ports\": []}"
	names 1 degraded agent-dead "$$"
}

@test "agent-damaged, agent-unseen" {
	agent_wrote '{"pid": '
	names 1 degraded agent-damaged ""
	chmod 600 "$DEV/run/agent.json"
	run -4 as_other devid doctor --config "$DEV/devid.conf"
	[[ $output == *"not seen   agent-unseen: "* ]]
}

# agent_lives JSON...: the same, by a process of that name
agent_lives() {
	[ -e "$WORK/bin/devid-agent" ] ||
		cp "$(command -v sleep)" "$WORK/bin/devid-agent"
	spawn "$DEV/agent.log" devid-agent 60
	agent_wrote "{\"pid\": $spawned, \"keyd\": true, \"supplicant\": 1, $*}"
}

@test "port-failed: a class of a newer agent, with its reason" {
	agent_lives '"ports": [{"port": "lo", "carrier": true, "state": "backoff",
		"since": "", "class": "MOON_FULL", "reason": "wait"}]'
	names 1 degraded port-missing "the kernel does not"
	run -1 doctor
	[[ $output == *"fault      port-failed: lo: "*"MOON_FULL: wait; now backoff"* ]]
	end "$spawned"
}

# ---- onboarding, as the agent tells of it ----

# onboards MEMBERS...: the way, with these in place of the usual
onboards() {
	local way

	way=$(jq -nc '{state: "held", since: "2026-01-31T12:03:00Z", steps: [
		{step: "provisioning", time: "2026-01-31T12:01:00Z"},
		{step: "enrolling", time: "2026-01-31T12:02:00Z"}],
		next: "2026-01-31T12:05:00Z", waiting_for: "the next try",
		class: null, cause: null, active: null, candidate: "ldevid-0",
		registrar: "devid-registrar.site.example", domain: "site.example",
		address: true} + '"{$1}")
	agent_lives '"clock": "ok", "onboarding": '"$way"', "ports": []'
	printf '%s\n' '{"server_sha256": "'"$(printf 'ab%.0s' {1..32})"'"}' \
		>"$DEV/state/server-trust.json"
	sed -i 's/^ports = .*/ports = lo/' "$DEV/devid.conf"
}

@test "the way from the box to production is one line of status and of doctor" {
	local way

	onboards 'state: "enrolling", since: "2026-01-31T12:02:00Z", next: null,
		waiting_for: "the certificate"'
	way="onboarding provisioning 2026-01-31T12:01:00Z, enrolling since"
	way+=" 2026-01-31T12:02:00Z; next: the certificate"
	run state
	[ "${lines[-1]}" = "$way" ] # of this device's ports none is told
	run doctor
	[ "${lines[-1]}" = "$way" ]
	[ "$(state --json | jq -r .agent.onboarding.state)" = enrolling ]
	end "$spawned"
	onboards 'class: "EST_TIMEOUT", cause: "too slow"'
	run state
	[[ $output == *"held since 2026-01-31T12:03:00Z; next: the next try at 2026-01-31T12:05:00Z"* ]]
	[[ $output == *"last failure: EST_TIMEOUT: too slow"* ]]
	end "$spawned"
	await exit "$spawned"
	run state # of before
	[[ $output == *"enrolling 2026-01-31T12:02:00Z, unknown; it was held since"* ]]
}

@test "no-registrar, no-anchor, est-untrusted, est-refused, onboarding-failed" {
	onboards 'class: "NO_REGISTRAR", cause: "because"'
	names 3 usable no-registrar "NO_REGISTRAR: because; now held"
	end "$spawned"
	onboards 'class: "NO_ANCHOR", cause: "only a leaf"'
	names 1 degraded no-anchor "only a leaf"
	end "$spawned"
	onboards 'class: "EST_UNTRUSTED", cause: "another root"'
	names 1 degraded est-untrusted "another root"
	end "$spawned"
	onboards 'class: "EST_REFUSED", cause: "listed: not on the list"'
	names 1 degraded est-refused "not on the list"
	end "$spawned"
	onboards 'class: "EST_SERVER", cause: "503"'
	names 1 degraded onboarding-failed "EST_SERVER: 503"
	end "$spawned"
}

@test "pending, document-bad, hook-failed, firmware-too-low, candidate-failed, server-changed" {
	onboards 'state: "pending"'
	names 3 degraded pending "devid-registrar.site.example, asked again at 2026-01-31T12:05:00Z"
	end "$spawned"
	onboards 'class: "DOCUMENT", cause: "no anchors"'
	names 1 degraded document-bad "no anchors"
	end "$spawned"
	onboards 'class: "HOOK_FAILED", cause: "10-ntp: exited with 1"'
	names 1 degraded hook-failed "10-ntp"
	end "$spawned"
	onboards 'class: "FIRMWARE_TOO_LOW", cause: "1.0, lowest 1.2"'
	names 1 degraded firmware-too-low "lowest 1.2"
	end "$spawned"
	onboards 'class: "CANDIDATE_FAILED", cause: "AUTHZ_DENIED"'
	names 1 degraded candidate-failed "AUTHZ_DENIED"
	end "$spawned"
	onboards 'class: "LDEVID_REFUSED", cause: "ldevid-0: AUTHZ_DENIED"'
	names 1 degraded ldevid-refused "AUTHZ_DENIED"
	end "$spawned"
	onboards 'class: "SERVER_CHANGED", cause: "another root"'
	names 1 degraded server-changed "another root"
	end "$spawned"
}

@test "ldevid-expired: a key of the owner's with a certificate that has ended" {
	onboards 'active: "ldevid-0"'
	export DEVID_CONFIG=$DEV/devid.conf
	devid key create ldevid-0 --type p256
	devid key enable ldevid-0
	with_key "$DEV" openssl req -new -key "$DEV/state/ldevid-0.key" \
		-subj /CN=ldevid-0 -out "$WORK/ldevid.csr"
	LD_PRELOAD=$plain/clock-fault.so CLOCK_FAULT=-8640000 \
		openssl x509 -req -in "$WORK/ldevid.csr" -CA "$WORK/ca.pem" \
		-CAkey "$WORK/ca.key" -extfile "$WORK/ext" -days 10 \
		-out "$WORK/ldevid.pem" 2>/dev/null
	devid cert install ldevid-0 "$WORK/ldevid.pem"
	devid cert enable ldevid-0
	unset DEVID_CONFIG
	names 1 degraded ldevid-expired "valid until 20"
	devid key delete ldevid-0 --config "$DEV/devid.conf"
	end "$spawned"
}

@test "no-address: the registrar is known, and nobody noted an address" {
	onboards 'state: "provisioning", address: false'
	names 3 degraded no-address "no program of hooks.d"
	end "$spawned"
}

@test "trust-unseen, trust-broken" {
	agent_lives '"ports": []'
	echo '{}' >"$DEV/state/server-trust.json"
	chmod 600 "$DEV/state/server-trust.json"
	run as_other devid doctor --config "$DEV/devid.conf"
	[[ $output == *"not seen   trust-unseen: "* ]]
	run doctor
	[[ $output == *"fault      trust-broken: "*"$DEV/state/server-trust.json"* ]]
	rm "$DEV/state/server-trust.json"
	end "$spawned"
}

# ---- the bundle ----

# unpacked DIR: a bundle of DEV
unpacked() {
	mkdir "$1"
	doctor --bundle "$1/b.tar"
	[ "$(stat -c %a "$1/b.tar")" = 600 ]
	tar -C "$1" -xf "$1/b.tar"
}

@test "--bundle: what is in it, a page on what each proves, sums" {
	local dir=$BATS_TEST_TMPDIR/b file

	unpacked "$dir"
	cd "$dir/devid-bundle"
	sha256sum --quiet -c SHA256SUMS
	run -0 find . -type f
	[ "$(sort <<<"$output")" = "$(printf './%s\n' README.txt SHA256SUMS \
		certificates/idevid-file.pem certificates/idevid-keyd.pem \
		doctor.json doctor.txt settings.txt state/idevid-reference.pem \
		status.json system.txt)" ]
	while read -r _ file; do
		[ "$file" = README.txt ] || grep -qx "$file" README.txt
	done <SHA256SUMS
	grep -A1 -x logs/journal.txt README.txt # and why it is not there
	cmp certificates/idevid-keyd.pem "$DEV/state/idevid.pem"
	cmp certificates/idevid-file.pem "$DEV/state/idevid.pem"
	cmp state/idevid-reference.pem "$DEV/state/idevid.key"
	jq -e '.keystore.state == "ok"' status.json
	jq -e '.state == "well"' doctor.json
	grep -qx "keyd.state_dir = $DEV/state" settings.txt
	grep -q "^devid .* by uid 0$" system.txt
}

@test "--bundle: no secret, wherever somebody put one" {
	local dir=$BATS_TEST_TMPDIR/b where

	agent_wrote '{"pid": 1, "psk": "SECRET", "trust": {"x": "SECRET"},
		"ports": [{"port": "eth0", "key_passwd": "SECRET",
		"history": [{"verdict": "success", "eap": ["SECRET"]}, "SECRET"]}]}'
	echo '[{"port": "eth0", "pin": "SECRET", "class": {"a": "SECRET"}}]' \
		>"$DEV/state/history.json"
	jq -n '{server_sha256: ("ab" * 32), password: "SECRET"}' \
		>"$DEV/state/server-trust.json"
	printf '%s\n' '# SECRET' 'password = SECRET' '[eap]' \
		'passphrase = SECRET' >>"$DEV/devid.conf"
	software_key pasted ec -pkeyopt ec_paramgen_curve:P-256
	cat "$WORK/pasted.key" "$BATS_TEST_TMPDIR/idevid.pem" \
		>"$DEV/state/idevid.pem"
	echo SECRET >>"$DEV/state/idevid.pem"
	echo SECRET >"$DEV/state/secret.txt"
	unpacked "$dir"
	run ! grep -rla -e SECRET -e 'PRIVATE KEY' "$dir/devid-bundle"
	# It is about what was planted: the rest of these is there.
	for where in state/history.json state/server-trust.json settings.txt \
		certificates/idevid-file.pem; do
		[ -s "$dir/devid-bundle/$where" ]
	done
	jq -e '.agent.ports[0].history[0].verdict == "success"' \
		"$dir/devid-bundle/status.json"
	# A private key in place of the reference is no reference.
	cp "$WORK/pasted.key" "$DEV/state/idevid.key"
	unpacked "$dir.2"
	run ! grep -rla 'PRIVATE KEY' "$dir.2/devid-bundle"
	[ ! -e "$dir.2/devid-bundle/state/idevid-reference.pem" ]
	rm "$DEV/state"/{secret.txt,history.json,server-trust.json}
}

@test "--bundle: without devid-keyd, by anybody, and where it goes" {
	local dir=$BATS_TEST_TMPDIR/b

	keyd_stop "$DEV"
	unpacked "$dir"
	[ ! -e "$dir/devid-bundle/certificates/idevid-keyd.pem" ]
	grep -A1 -x certificates/idevid-keyd.pem "$dir/devid-bundle/README.txt" |
		grep "devid-keyd not reachable"
	jq -e '.findings[0].id == "keyd-absent"' "$dir/devid-bundle/doctor.json"
	keyd_start "$DEV"
	as_other devid doctor --config "$DEV/devid.conf" --bundle - |
		tar -tf - | grep -x devid-bundle/doctor.txt
	out_rules_bundle() { doctor --bundle "$2"; }
	out_rules out_rules_bundle
	run -1 doctor --bundle /dev/full
	[[ $output == *"/dev/full"* ]]
	run -2 doctor --bundle x --json
	run -2 doctor --list --json
}

# ---- the list ----

@test "--list: everything that can be found, once, with what to do" {
	run -0 devid doctor --list
	[ "${#lines[@]}" -ge 40 ]
	[ -z "$(cut -f1 <<<"$output" | sort | uniq -d)" ]
	[ -z "$(awk -F '\t' 'NF != 4 || $4 == ""' <<<"$output")" ]
}

@test "wrong calls" {
	run -2 devid doctor now
	run -2 devid doctor --config
	run -2 devid doctor --nonsense
}

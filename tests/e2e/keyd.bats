#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# devid-keyd from outside: who may ask what, and what a client can do to it.

load lib
other_uid=${other_uid:?set in lib.bash}
spawned='' # set by lib.bash

setup_file() {
	lib_init
	export DEV="$WORK/dev"
	device_new "$DEV" "tpm_timeout = 2"
	device_provision "$DEV" p256
}

teardown_file() { lib_done; }

setup() {
	bats_require_minimum_version 1.5.0
	sock=$DEV/keyd.sock
	logged=$(wc -l <"$DEV/keyd.log")
	# A test that failed in the middle must not spoil the next one.
	kill -CONT "$(cat "$DEV/tpm.pid")" 2>/dev/null || true
	gone "$(cat "$DEV/tpm.pid")" && tpm_start "$DEV"
	gone "$(cat "$DEV/keyd.pid")" && keyd_start "$DEV"
	true
}

# What keyd has logged since the test began.
new_log() { tail -n "+$((logged + 1))" "$DEV/keyd.log"; }

log_has() { new_log | grep -qE "$1"; }

# refused_for UID PATTERN: logged with uid, pid and why
refused_for() {
	log_has "refused: .*$2.* \(uid $1 pid [0-9]+\)" ||
		{ new_log && return 1; }
}

# The service asks its TPM at most once a second.
state_is() {
	[ "$(devid status --config "$DEV/devid.conf" --json |
		jq -r .keystore.state)" = "$1" ]
}

alive() {
	run -0 keyd-client "$sock" op 1
}

# ---- the request table ----

# covers: 802.1AR-7.2-sign
@test "root: signs as client and server, TLS 1.2 and 1.3" {
	for form in client13 server13 server12; do
		run -0 keyd-client "$sock" sign p256 "$form"
	done
	log_has "signed: idevid: tls-client TLS 1.3 for uid 0 pid [0-9]+"
	log_has "signed: idevid: tls-server TLS 1.3 for uid 0"
	log_has "signed: idevid: tls-server TLS 1.2 for uid 0"
}

@test "other user: status and chain are open to all" {
	run -0 as_other keyd-client "$sock" op 1
	run -0 as_other keyd-client "$sock" op 2 idevid
}

@test "other user: nothing is signed, whatever it is, and that is logged" {
	for form in client13 server13 server12 random certificate; do
		run -1 as_other keyd-client "$sock" sign p256 "$form"
		[[ $output == "error 8 sign: not permitted to uid $other_uid" ]]
	done
	refused_for "$other_uid" "sign idevid: sign: not permitted"
	run -1 as_other keyd-client "$sock" sign p256 client13 none
	[[ $output == "error 8 "* ]]
	DEVID_KEYD_SOCKET=$sock run -1 as_other devid provision csr --serial X
	[[ $output == *"sign: not permitted to uid $other_uid"* ]]
}

@test "other user: management refused and logged" {
	for op in 4 5 6 7; do
		run -1 as_other keyd-client "$sock" op "$op" idevid
		[[ $output == "error 8 "*"not permitted to uid $other_uid" ]]
	done
	for name in create install enable delete; do
		refused_for "$other_uid" "$name idevid: $name: not permitted"
	done
}

@test "root: what is no purpose is refused with its reason and logged" {
	run -1 keyd-client "$sock" sign p256 random
	[[ $output == "error 9 neither a TLS handshake nor"* ]]
	refused_for 0 "neither a TLS handshake nor"
	run -1 keyd-client "$sock" sign p256 certificate
	refused_for 0 "ASN.1 object other than a certification request"
	run -1 keyd-client "$sock" sign p256 attest
	refused_for 0 "like a statement of the TPM"
	run -1 keyd-client "$sock" sign p256 client13 iak
	refused_for 0 "iak: signs only what the TPM itself states"
	run -1 keyd-client "$sock" sign p384 client13
	refused_for 0 "a p256 key makes no such signature"
}

# covers: 802.1AR-7.2-idevid-key-kept
@test "root: the IDevID is never deleted" {
	run -1 keyd-client "$sock" op 7 idevid
	[[ $output == "error 29 idevid: an IDevID key is never deleted"* ]]
	run -1 keyd-client "$sock" op 7 ldevid
	[[ $output == "error 6 "* ]]
}

@test "lists: each gives its own permission and nothing else" {
	local dev=$WORK/lists

	mkdir -p "$dev/tpm" "$dev/state"
	device_conf "$dev" "tls_client = $other_uid" "tls_server = @4711" \
		"csr =" "manage = root"
	tpm_start "$dev"
	keyd_start "$dev"
	devid provision key --config "$dev/devid.conf"
	run -0 as_other keyd-client "$dev/keyd.sock" sign p256 client13
	for form in server12 server13; do
		run -1 as_other keyd-client "$dev/keyd.sock" sign p256 $form
		[[ $output == "error 8 "*"may not sign for tls-server" ]]
	done
	run -0 setpriv --reuid 4712 --regid 4712 --groups 4711 \
		keyd-client "$dev/keyd.sock" sign p256 server12
	run -0 setpriv --reuid 4712 --regid 4711 --clear-groups \
		keyd-client "$dev/keyd.sock" sign p256 server13
	run -1 setpriv --reuid 4711 --regid 4712 --clear-groups \
		keyd-client "$dev/keyd.sock" sign p256 server12
	# Root manages, and that is all it was given here.
	run -1 keyd-client "$dev/keyd.sock" sign p256 client13
	run -1 devid provision csr --config "$dev/devid.conf" --serial X
	[[ $output == *"sign: not permitted to uid 0"* ]]
	keyd_stop "$dev"
	tpm_stop "$dev"
}

# ---- records that are none ----

@test "garbage: the answer is an error and that connection ends" {
	run -0 keyd-client "$sock" beside 00
	[[ ${lines[0]} == "error 14 "* && ${lines[1]} == "ok "* ]]
}

@test "garbage: many forms of it, the service stays" {
	local hex

	for hex in 00 ff 03 0301 030100000000000000000000ff \
		020100000000000000000000 040100000000000000000000 \
		03ff00000000000000000000 0303ff000000000000000000 \
		030300000000000 0303000000000000ffffffff \
		030300000000000000010000; do
		run -1 keyd-client "$sock" raw "$hex"
		[[ $output == "error 14 "* ]]
	done
	run -1 keyd-client "$sock" op 99
	[[ $output == "error 14 key socket: no operation 99" ]]
	alive
}

@test "garbage from another user is logged with uid and pid" {
	run -1 as_other keyd-client "$sock" raw ffff
	refused_for "$other_uid" "does not fit its fields"
}

@test "empty record: that connection ends, the service stays" {
	run -1 keyd-client "$sock" size 0
	[ "$output" = closed ]
	alive
}

@test "oversize record: refused, logged, only that connection ends" {
	run -1 as_other keyd-client "$sock" size 70000
	[ "$output" = closed ]
	refused_for "$other_uid" "record of 70000 bytes"
	run -1 keyd-client "$sock" size 65579
	[[ $output == "error 14 "* ]]
	alive
}

# ---- connections ----

# held: connections that the service has now
held() {
	find "/proc/$(cat "$DEV/keyd.pid")/fd" -lname 'socket:*' | wc -l
}

@test "unlisted users hold a quarter of the connections all together" {
	local idle

	idle=$(held)
	mkfifo "$WORK/hold.in"
	for uid in 61401 61402 61403; do
		setpriv --reuid $uid --regid $uid --clear-groups \
			keyd-client "$sock" hold 30 <"$WORK/hold.in" \
			>"$WORK/hold.$uid" 2>&1 3>&- &
	done
	exec 9>"$WORK/hold.in"
	for uid in 61401 61402 61403; do
		wait_on "$WORK/hold.$uid" -- grep -q held "$WORK/hold.$uid"
	done
	[ "$(held)" -eq $((idle + 16)) ]
	run -0 timeout 10 keyd-client "$sock" sign p256 client13
	# Their silent connections make room, so nobody is locked out either.
	run -0 as_other timeout 10 keyd-client "$sock" op 1
	run -0 setpriv --reuid 61401 --regid 61401 --clear-groups \
		timeout 10 keyd-client "$sock" op 1
	exec 9>&-
	wait
	run -0 as_other keyd-client "$sock" op 1
}

@test "more connections than the limit: the oldest go, new ones are served" {
	rm -f "$WORK/hold.in"
	mkfifo "$WORK/hold.in"
	keyd-client "$sock" hold 100 <"$WORK/hold.in" >"$WORK/all.out" \
		2>&1 3>&- &
	exec 9>"$WORK/hold.in"
	wait_on "$WORK/all.out" -- grep -q "held 100 of 100" "$WORK/all.out"
	[ "$(find "/proc/$(cat "$DEV/keyd.pid")/fd" -type l | wc -l)" -lt 90 ]
	run -0 timeout 10 keyd-client "$sock" sign p256 client13
	exec 9>&-
	wait
}

@test "a client that never reads does not hold up others" {
	rm -f "$WORK/hold.in"
	mkfifo "$WORK/hold.in"
	as_other keyd-client "$sock" deaf 20000 <"$WORK/hold.in" \
		>"$WORK/deaf.out" 2>&1 3>&- &
	exec 9>"$WORK/hold.in"
	wait_on "$WORK/deaf.out" -- grep -q sent "$WORK/deaf.out"
	run -0 timeout 10 keyd-client "$sock" sign p256 client13
	exec 9>&-
	wait
}

# ---- one TPM command per signature ----

@test "a signature costs one TPM2_Sign and no other TPM command" {
	local all signs

	for _ in 1 2 3; do
		all=$(tpm_commands "$DEV") signs=$(tpm_commands "$DEV" 015D)
		run -0 keyd-client "$sock" sign p256 client13
		[ "$(tpm_commands "$DEV" 015D)" -eq $((signs + 1)) ]
		[ "$(tpm_commands "$DEV")" -eq $((all + 1)) ]
	done
}

# No signature of its own at the start, which a power cut would make a failed
# attempt; so the first one is answered with TPM_RC_RETRY.
@test "after a restart of TPM and service the start costs no TPM2_Sign, the first signature two" {
	local all signs

	keyd_stop "$DEV"
	tpm_stop "$DEV"
	tpm_start "$DEV"
	signs=$(tpm_commands "$DEV" 015D)
	keyd_start "$DEV"
	[ "$(tpm_commands "$DEV" 015D)" -eq "$signs" ]
	all=$(tpm_commands "$DEV")
	run -0 keyd-client "$sock" sign p256 client13
	[ "$(tpm_commands "$DEV")" -eq $((all + 2)) ]
	run -0 keyd-client "$sock" sign p256 client13
	[ "$(tpm_commands "$DEV")" -eq $((all + 3)) ]
}

# ---- power cuts ----

# tries DEV FIELD: what `devid status` says of them
tries() { devid status --config "$1/devid.conf" --json | jq ".keystore.tries.$2"; }

cut_power() {
	kill -9 "$(cat "$1/keyd.pid")" "$(cat "$1/tpm.pid")"
	await exit "$(cat "$1/keyd.pid")"
	await exit "$(cat "$1/tpm.pid")"
	tpm_start "$1"
	keyd_start "$1"
}

shutdowns() { [ "$(tpm_commands "$1" 0145)" -ge "$2" ]; }

@test "power cuts at a TPM's own limits: the key signs as long as it is told in time, and status warns" {
	local dev=$WORK/cuts cut told

	mkdir -p "$dev/tpm" "$dev/state"
	device_conf "$dev" "shutdown_every = 1"
	tpm_start "$dev"
	keyd_start "$dev"
	devid provision key --config "$dev/devid.conf"
	for cut in 1 2 3 4; do # more than three would lock the key
		told=$(tpm_commands "$dev" 0145)
		run -0 keyd-client "$dev/keyd.sock" sign p256 client13
		wait_on "$dev/tpm.log" -- shutdowns "$dev" $((told + 1))
		cut_power "$dev"
	done
	[ "$(tries "$dev" left)" -eq 3 ]
	# Always SU_CLEAR: after SU_STATE saved contexts survive.
	run -0 awk '/SWTPM_IO_Read: length/ { getline
		if ($7 $8 $9 $10 == "00000145") print $11 $12 }' "$dev/tpm.log"
	[ "$(sort -u <<<"$output")" = 0000 ]
	for cut in 1 2 3 4; do # nobody signs
		cut_power "$dev"
	done
	run -1 devid status --config "$dev/devid.conf" # it has no certificate
	[[ $output != *WARNING* ]]
	# Nor does one after a stop in order, which does not wait for the minute.
	keyd_stop "$dev"
	device_conf "$dev"
	keyd_start "$dev"
	run -0 keyd-client "$dev/keyd.sock" sign p256 client13
	keyd_stop "$dev"
	keyd_start "$dev"
	cut_power "$dev"
	[ "$(tries "$dev" left)" -eq 3 ]
	# Nor does a kill lose it: the next start makes up for it.
	run -0 keyd-client "$dev/keyd.sock" sign p256 client13
	[ -e "$dev/state/unsettled" ]
	kill -9 "$(cat "$dev/keyd.pid")"
	await exit "$(cat "$dev/keyd.pid")"
	told=$(tpm_commands "$dev" 0145)
	keyd_start "$dev"
	[ "$(tpm_commands "$dev" 0145)" -eq $((told + 1)) ]
	[ ! -e "$dev/state/unsettled" ]
	cut_power "$dev"
	[ "$(tries "$dev" left)" -eq 3 ]
	# Before a minute has passed, one counts.
	run -0 keyd-client "$dev/keyd.sock" sign p256 client13
	cut_power "$dev"
	[ "$(tries "$dev" left)" -eq 2 ]
	run -1 devid status --config "$dev/devid.conf"
	[[ $output == *"WARNING: 2 of 3 tries left before the TPM locks its keys"* ]]
	keyd_stop "$dev"
	device_conf "$dev" "lockout_reset = yes"
	keyd_start "$dev"
	[ "$(tries "$dev" left)" -eq 3 ]
	keyd_stop "$dev"
	tpm_stop "$dev"
}

@test "a refusal costs no TPM command" {
	local all

	all=$(tpm_commands "$DEV")
	run -1 keyd-client "$sock" sign p256 random
	run -1 as_other keyd-client "$sock" sign p256 client13
	[ "$(tpm_commands "$DEV")" -eq "$all" ]
}

# ---- the TPM goes, comes, hangs ----

@test "TPM gone: told as absent, back: works without restart" {
	tpm_stop "$DEV"
	run -1 keyd-client "$sock" sign p256 client13
	[[ $output == "error 19 "*absent* ]]
	ask_until 30 state_is absent # known when it is tried again
	tpm_start "$DEV"
	run -0 keyd-client "$sock" sign p256 client13
}

@test "service starts without its TPM and finds it later" {
	keyd_stop "$DEV"
	tpm_stop "$DEV"
	keyd_start "$DEV"
	run -1 keyd-client "$sock" sign p256 client13
	[[ $output == "error 19 "* ]]
	tpm_start "$DEV"
	run -0 keyd-client "$sock" sign p256 client13
}

@test "TPM that hangs: the service ends by its alarm and comes back" {
	kill -STOP "$(cat "$DEV/tpm.pid")"
	run -1 timeout 20 keyd-client "$sock" sign p256 client13
	[[ $output == "error 15 "*"devid-keyd gone"* ]]
	await exit "$(cat "$DEV/keyd.pid")"
	log_has "tpm: no answer in time: giving up"
	kill -CONT "$(cat "$DEV/tpm.pid")"
	keyd_start "$DEV"
	run -0 keyd-client "$sock" sign p256 client13
}

@test "TPM that hangs at the start ends the service as well" {
	keyd_stop "$DEV"
	kill -STOP "$(cat "$DEV/tpm.pid")"
	run -1 timeout 20 devid-keyd --config "$DEV/devid.conf"
	[[ $output == *"no answer in time"* ]]
	kill -CONT "$(cat "$DEV/tpm.pid")"
	keyd_start "$DEV"
	alive
}

@test "TPM that hangs when it is told that power may go ends the service as well" {
	local dev=$WORK/hangs began

	device_new "$dev" "tpm_timeout = 1" "shutdown_every = 1"
	device_provision "$dev" p256
	run -0 keyd-client "$dev/keyd.sock" sign p256 client13
	kill -STOP "$(cat "$dev/tpm.pid")"
	began=$SECONDS
	await exit "$(cat "$dev/keyd.pid")"
	[ $((SECONDS - began)) -lt 15 ] # 30 without the setting
	grep -q "no answer in time" "$dev/keyd.log"
	kill -CONT "$(cat "$dev/tpm.pid")"
	tpm_stop "$dev"
}

# ---- the socket ----

@test "a second service on the same socket is refused, the first stays" {
	run -1 devid-keyd --config "$DEV/devid.conf"
	[[ $output == *"another devid-keyd listens there"* ]]
	alive
}

@test "a socket file that nobody listens on is replaced" {
	kill -9 "$(cat "$DEV/keyd.pid")"
	await exit "$(cat "$DEV/keyd.pid")"
	[ -S "$sock" ]
	keyd_start "$DEV"
	alive
}

@test "a file in place of the socket is not removed" {
	keyd_stop "$DEV"
	rm -f "$sock"
	echo precious >"$sock"
	run -1 devid-keyd --config "$DEV/devid.conf"
	[[ $output == *"exists and is no socket"* ]]
	[ "$(cat "$sock")" = precious ]
	rm "$sock"
	keyd_start "$DEV"
}

@test "SIGTERM ends it with 0" {
	local pid

	devid-keyd --config "$DEV/devid.conf" --help >/dev/null
	keyd_stop "$DEV"
	rm -f "$sock"
	devid-keyd --config "$DEV/devid.conf" 2>>"$DEV/keyd.log" 3>&- &
	pid=$!
	wait_on "$DEV/keyd.log" -- keyd_ready "$DEV"
	kill -TERM "$pid"
	wait "$pid"
	keyd_start "$DEV"
}

@test "socket activation" {
	keyd_stop "$DEV"
	rm -f "$sock"
	spawn "$WORK/activate.log" systemd-socket-activate --seqpacket \
		-l "$sock" devid-keyd --config "$DEV/devid.conf"
	wait_on "$WORK/activate.log" -- grep -q "Listening on" \
		"$WORK/activate.log"
	run -0 keyd-client "$sock" sign p256 client13
	stop_pid "$spawned"
	rm -f "$sock"
	keyd_start "$DEV"
}

@test "sd_notify says READY=1 once it listens" {
	keyd_stop "$DEV"
	spawn "$WORK/notify.out" keyd-client "$WORK/notify.sock" notify 1
	wait_on "$WORK/notify.sock" -- test -S "$WORK/notify.sock"
	NOTIFY_SOCKET=$WORK/notify.sock keyd_start "$DEV"
	wait_on "$WORK/notify.out" -- grep -q READY=1 "$WORK/notify.out"
}

# ---- configuration and command ----

@test "a bad configuration is refused with file, line and reason: exit 2" {
	local text

	for text in nosuch=1 socket=relative tls_client=no-such-user-x \
		connections_max=3 tpm_timeout=0 shutdown_every=0 \
		lockout_reset=maybe "tcti =" tcti=foo:bar \
		tcti=/dev/tpm0 $'socket=/a\nsocket=/b'; do
		printf '[keyd]\n%s\n' "$text" >"$WORK/bad.conf"
		run -2 devid-keyd --config "$WORK/bad.conf"
		[[ $output == *"$WORK/bad.conf:"[23]": keyd."* ]]
	done
	run -2 devid-keyd --config "$WORK/none.conf"
	run -2 devid-keyd --nonsense
	run -2 devid-keyd argument
}

# covers: 802.1AR-7.2-idevid-key-kept
@test "provisioning again changes nothing and says nothing is wrong" {
	local before

	before=$(sha256sum "$DEV"/state/*)
	run -0 devid provision key --config "$DEV/devid.conf"
	run -0 devid provision cert --config "$DEV/devid.conf" --force \
		"$DEV/chain.pem"
	[ "$(sha256sum "$DEV"/state/*)" = "$before" ]
	run -1 devid provision key --config "$DEV/devid.conf" --alg p384
	[[ $output == *"never replaced"* ]]
}

# covers: RFC2986-request
@test "request: signed by the key that it is for, with the names that were asked" {
	run -0 openssl req -in "$DEV/idevid.csr" -verify -noout -subject \
		-nameopt "$names"
	[[ $output == *"verify OK"* ]]
	grep -qx "subject=serialNumber=SN1, CN=M1" <<<"$output"
	[ "$(openssl req -in "$DEV/idevid.csr" -pubkey -noout)" = \
		"$(openssl x509 -in "$DEV/state/idevid.pem" -pubkey -noout)" ]
}

# covers: 802.1AR-7.2-idevid-cert-kept
@test "another certificate for the same key is refused" {
	issue "$DEV/idevid.csr" "$WORK/other.pem"
	run -1 devid provision cert --config "$DEV/devid.conf" --force \
		"$WORK/other.pem"
	[[ $output == *"another certificate is installed"* ]]
}

# covers: 802.1AR-7.2-key-enable 802.1AR-7.2-state-kept
# 802.1AR-7.2-sign-key-disabled 802.1AR-7.2-err-key-disabled
@test "disabled key: refused, also after a restart, until it is enabled" {
	run -0 devid provision disable idevid --config "$DEV/devid.conf"
	run -1 keyd-client "$sock" sign p256 client13
	[[ $output == "error 11 "* ]]
	keyd_stop "$DEV"
	keyd_start "$DEV"
	run -1 keyd-client "$sock" sign p256 client13
	[[ $output == "error 11 "* ]]
	run -0 devid provision enable idevid --config "$DEV/devid.conf"
	run -0 keyd-client "$sock" sign p256 client13
}

# covers: TCG-rederived
@test "the handle is evicted: derived again, the same key" {
	local before

	before=$(cat "$DEV/state/idevid.key")
	keyd_stop "$DEV"
	tpm2_evictcontrol -T "swtpm:path=$DEV/tpm.sock" -C o -c 0x81020000
	keyd_start "$DEV"
	log_has "derived again, with the same public key"
	[ "$(cat "$DEV/state/idevid.key")" = "$before" ]
	run -0 keyd-client "$sock" sign p256 client13
}

# covers: TCG-rederived PCCLIENT-nv
@test "TPM2_Clear: key and certificate come back as they were" {
	local before

	before=$(cat "$DEV/state/idevid.key")
	keyd_stop "$DEV"
	tpm2_clear -T "swtpm:path=$DEV/tpm.sock" -c p
	rm "$DEV"/state/idevid.*
	keyd_start "$DEV"
	[ "$(cat "$DEV/state/idevid.key")" = "$before" ]
	openssl x509 -in "$DEV/state/idevid.pem" -noout
	run -0 keyd-client "$sock" sign p256 client13
}

# covers: 802.1AR-7.2-enum-keys 802.1AR-7.2-enum-certs
@test "status --json says what there is" {
	run -0 devid status --config "$DEV/devid.conf" --json
	jq -e '.keystore.state == "ok" and (.identities[0] |
		.name == "idevid" and .present == true and
		.certificate.serial == "SN1")' <<<"$output"
}

@test "no service: status says so, exit 1" {
	DEVID_KEYD_SOCKET=$WORK/none.sock run -1 devid status --json \
		--config "$DEV/devid.conf"
	[ "$(jq -r .keystore.state <<<"$output")" = keyd-absent ]
	[[ $output == *"$WORK/none.sock"* ]]
}

refusals() {
	devid status --config "$DEV/devid.conf" --json | jq .keystore.refused
}

@test "one user's refusals do not fill the log, and are counted all the same" {
	local before after refused

	refused=$(refusals)
	before=$(grep -c "uid $other_uid " "$DEV/keyd.log") || true # may be 0
	for _ in {1..60}; do
		run -1 as_other keyd-client "$sock" op 7
	done
	[ "$(refusals)" -eq $((refused + 60)) ]
	after=$(grep -c "uid $other_uid " "$DEV/keyd.log")
	[ $((after - before)) -le 40 ] # two periods of 20, if one ends meanwhile
	run -0 timeout 10 keyd-client "$sock" sign p256 client13
	[ "$(grep -c 'signed: idevid' "$DEV/keyd.log")" -gt 0 ]
}

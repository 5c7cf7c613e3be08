#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# devid doctor on a key service that does not answer, is none, or has a key that
# serves in part or not at all; each cause that docs/guide-operator.md lists, and
# what it says to do. Every test begins with the same device, which is well.

load lib
load doctor
build=${build:?set in lib.bash}
other_uid=${other_uid:?set in lib.bash}
spawned=''         # set by lib.bash
idevid=0x81020000  # where the key is
idevid_nv=0x01c90200

setup_file() {
	lib_init
	export DEV="$WORK/dev"
	device_new "$DEV"
	device_provision "$DEV" p256
	keyd_stop "$DEV"
	tpm_stop "$DEV"
	mkdir "$WORK/well"
	cp -a "$DEV"/{tpm,state} "$WORK/well/"
	ask_the_busy "$WORK/busy"
}

teardown_file() {
	! mountpoint -q "$DEV/small" || umount "$DEV/small"
	lib_done
}

setup() {
	bats_require_minimum_version 1.5.0
	TPM2TOOLS_TCTI=swtpm:path=$DEV/tpm.sock
	export TPM2TOOLS_TCTI
	! mountpoint -q "$DEV/small" || umount "$DEV/small"
	gone "$(cat "$DEV/keyd.pid")" || keyd_stop "$DEV"
	gone "$(cat "$DEV/tpm.pid")" || tpm_stop "$DEV"
	rm -rf "$DEV"/{tpm,state,tpm0,keyd.sock}
	chown root "$DEV"
	cp -a "$WORK/well"/* "$DEV/"
	device_conf "$DEV"
	tpm_start "$DEV"
	keyd_start "$DEV"
}

# well: nothing is found any more
well() { ask_until 5 doctor >/dev/null; }

# ---- devid-keyd has no time ----

# asks NAME COMMAND...: beside the tests. What it says is in $WORK/NAME, how it
# ended then in $WORK/NAME.rc
asks() {
	# shellcheck disable=SC2016 # for that shell
	spawn "$WORK/$1" sh -c 'out=$1; shift; "$@"; echo $? >"$out.new"
		mv "$out.new" "$out.rc"' _ "$WORK/$1" "${@:2}"
}

# line SOCKET: how many stand in line there, and how many may
line() { ss -xlH src "$1" | awk '{ print $3, $4 }'; }

line_full() {
	local now most

	read -r now most < <(line "$1")
	((now > most))
}

in_line() { [ "$(line "$2")" = "$1 16" ]; }

# It takes the minute that a client waits, so it is asked before the tests and
# heard behind them: of a stopped service, first with room in its line, then
# without.
ask_the_busy() {
	local busy="devid doctor --config $1/devid.conf"

	device_new "$1"
	device_provision "$1" p256
	kill -STOP "$(cat "$1/keyd.pid")"
	asks busy-text $busy
	asks busy-json $busy --json
	asks busy-status devid status --config "$1/devid.conf" --json
	asks busy-other setpriv --reuid "$other_uid" --regid "$other_uid" \
		--clear-groups $busy
	ask_until 10 in_line 4 "$1/keyd.sock"
	spawn "$WORK/crowd.log" keyd-client "$1/keyd.sock" leave 0
	ask_until 10 line_full "$1/keyd.sock"
	asks full-json $busy --json
	asks full-status devid status --config "$1/devid.conf" --json
}

# said NAME STATUS: it ended so
said() {
	wait_on --seconds 120 "$WORK/$1.rc" -- test -s "$WORK/$1.rc"
	cat "$WORK/$1"
	[ "$(cat "$WORK/$1.rc")" = "$2" ]
}

# busy_by NAME EVIDENCE: doctor and status do not know, and say why
busy_by() {
	said "$1-json" 4
	jq -e --arg seen "$2" '(.findings | length) == 1 and (.findings[0] |
		.id == "keyd-busy" and .level == "not seen" and
		(.evidence | contains($seen))) and .areas.key == "not seen"' \
		"$WORK/$1-json"
	said "$1-status" 4
	jq -e '.state == "unknown" and .because == "keyd-busy"' "$WORK/$1-status"
}

# ---- something else is there ----

# instead OPTION COMMAND: in place of devid-keyd, for each who connects
instead() {
	keyd_stop "$DEV"
	rm -f "$DEV/keyd.sock" "$DEV/other.log"
	# shellcheck disable=SC2086 # none, or one
	spawn "$DEV/other.log" systemd-socket-activate $1 --accept --inetd \
		-l "$DEV/keyd.sock" sh -c "$2"
	wait_on "$DEV/other.log" -- grep -q "Listening on" "$DEV/other.log"
}

@test "keyd-other: another version, a program that sends all back, one with other sockets" {
	local read='dd bs=64k count=1 of=/dev/null status=none'

	instead --seqpacket "$read; printf '\004\201\0\0\0\0\0\0'"
	names 1 unusable keyd-other "answer of version 4, not 3"
	stop_pid "$spawned"
	instead --seqpacket cat
	names 1 unusable keyd-other "malformed answer"
	stop_pid "$spawned"
	instead "" cat
	names 1 unusable keyd-other "$DEV/keyd.sock: "
	[[ $(doctor) == *"not seen   TPM, key, certificate, files"* ]]
	stop_pid "$spawned"
	rm "$DEV/keyd.sock"
	keyd_start "$DEV" # the cure
	well
}

# ---- the key serves in part ----

# limited CAUSE: by it, and it signs all the same
limited() {
	names 3 degraded key-limited "$1"
	run -0 keyd-client "$DEV/keyd.sock" sign p256 client13
	run -3 state
	[[ $output == *"$1"* ]]
}

# tool COMMAND ARG...: of tpm2-tools, while keyd does not run
tool() {
	keyd_stop "$DEV"
	"tpm2_$1" "${@:2}" >/dev/null
	keyd_start "$DEV"
}

evict() { tpm2_evictcontrol -C o -c "$1" >/dev/null; }

@test "key-limited: the owner hierarchy has a password" {
	keyd_stop "$DEV"
	evict $idevid
	tpm2_changeauth -c o secret
	keyd_start "$DEV"
	limited "derived at each start: "
	limited "the owner hierarchy has an authorization value"
	tool changeauth -c o -p secret
	well
}

# until_full COMMAND...: with a number behind it, again until the TPM has no room
until_full() {
	local n=0

	while "$@" $((n++)) >"$WORK/full.out" 2>&1; do
		tpm2_flushcontext -t # what a tool without a manager leaves
	done
	grep -qi 0x14b "$WORK/full.out" # TPM_RC_NV_SPACE
}

index() { tpm2_nvdefine -C o -s "$1" "$(printf '0x0180%s%03x' "$2" "$3")"; }

own_key() { tpm2_evictcontrol -C o -c "$WORK/own.ctx" $((0x81000100 + $1)); }

# fill: with indices, and then the room that a TPM keeps for keys
fill() {
	until_full index 2048 0
	until_full index 256 1
	tpm2_createprimary -C o -G ecc -c "$WORK/own.ctx" >/dev/null
	tpm2_flushcontext -t
	until_full own_key
}

@test "key-limited: no room for it in the TPM" {
	keyd_stop "$DEV"
	evict $idevid
	fill
	keyd_start "$DEV"
	limited "derived at each start: "
	limited "no room in its NV memory"
	keyd_stop "$DEV"
	evict 0x81000100
	keyd_start "$DEV"
	well
}

# small_state LOST: a state folder that has not this file and cannot be written
small_state() {
	mkdir -p "$DEV/small"
	mount -t tmpfs -o size=16m,mode=755 small "$DEV/small"
	cp "$DEV/state"/* "$DEV/small/"
	rm "$DEV/small/$1"
	mount -o remount,ro "$DEV/small"
	keyd_stop "$DEV"
	device_conf "$DEV" "state_dir = $DEV/small"
	keyd_start "$DEV"
}

@test "key-limited: a state folder that cannot be written" {
	local lost text="its reference cannot be written"

	for lost in key pem; do
		small_state "idevid.$lost"
		run -1 doctor
		[[ $output == *"warning    key-limited: idevid: "*"$text: "*"Read-only file system"* ]]
		[[ $output == *"folder-read-only: "* ]]
		run -0 keyd-client "$DEV/keyd.sock" sign p256 client13
		mount -o remount,rw "$DEV/small"
		keyd_again # the cure
		well
		keyd_stop "$DEV"
		umount "$DEV/small"
		keyd_start "$DEV"
		text="its copy on the disk cannot be written"
	done
}

@test "key-limited: something else in the certificate's place in the TPM" {
	keyd_stop "$DEV"
	tpm2_nvundefine -C p $idevid_nv
	tpm2_nvdefine -C p -s 5 $idevid_nv \
		-a "platformcreate|ppwrite|ppread|authread|ownerread" >/dev/null
	printf '\060\003\002\001\005' | tpm2_nvwrite -C p -i - $idevid_nv
	keyd_start "$DEV"
	limited "certificate in the keystore: "
}

# ---- the owner's keys ----

# key COMMAND...: of devid key
key() { devid key "$@" --config "$DEV/devid.conf"; }

# no_key CAUSE: of tls-0 there is a file that cannot be used; deletion cures it
no_key() {
	keyd_start "$DEV"
	names 3 degraded key-file "$1"
	run -3 state
	[[ $output == *"tls-0      NOT USABLE: "*"$1"* ]]
	key list tls-0 --json | jq -e --arg seen "$1" '.keys[0] |
		.algorithm == null and .suite == null and .present == false and
		.certificate == null and (.why | contains($seen))'
	run -1 key sign tls-0 "$DEV/devid.conf"
	[[ $output == *"tls-0"* ]]
	run -0 keyd-client "$DEV/keyd.sock" sign p256 client13
	key delete tls-0
	well
	key create tls-0 --type p256
	well
	keyd_stop "$DEV"
}

# covers: OWN-state-newer OWN-state-corrupted OWN-state-half
@test "key-file: of a newer release, damaged, cut, and only the certificate restored" {
	local sealed=$DEV/state/tls-0.sealed

	key create tls-0 --type p256
	well
	keyd_stop "$DEV"
	printf '\377' | dd of="$sealed" conv=notrunc status=none
	no_key "sealed key: version 255; this devid knows version "
	printf 'XX' | dd of="$sealed" bs=1 seek=60 conv=notrunc status=none
	no_key "damaged: its digest is another"
	truncate -s 20 "$sealed"
	no_key "cut short"
	cp "$DEV/state/idevid.pem" "$DEV/state/tls-0.pem"
	rm "$sealed"
	no_key "the state folder was restored in part"
}

# covers: OWN-erase-told
@test "erasure-pending: the owner hierarchy has a password" {
	key create tls-0 --type p256
	tool changeauth -c o secret
	run -1 devid erase --yes --config "$DEV/devid.conf"
	[[ $output == *"erase: begun, and gone on with as soon as that can be"* ]]
	names 3 degraded erasure-pending "the owner hierarchy has an authorization value"
	run -3 state
	[[ $output == *"an erasure of the owner's keys is begun and not done yet: "* ]]
	state --json >"$WORK/pending" || true
	jq -e '.keystore.erasure | .pending and .complete == false and
		.text == "begun, and not done yet" and (.why | length > 0)' "$WORK/pending"
	jq -e '[.identities[].name] == ["idevid", "iak"]' "$WORK/pending"
	keyd_again # it is as begun as before
	names 3 degraded erasure-pending "the owner hierarchy has an authorization value"
	tpm2_changeauth -c o -p secret
	devid init --config "$DEV/devid.conf"
	well
	state --json | jq -e '.keystore.erasure | .pending == false and .why == null'
	[ ! -e "$DEV/state/tls-0.sealed" ]
}

# tls13: what the service knows of it
tls13() { state --json | jq .identities[0].tls13; }

@test "key-no-tls13: the TPM's RSA-PSS signature is not fit, or there is none" {
	local dev=$WORK/rsa

	device_new "$dev" \
		"tcti = $build/tcti-fault.so:$dev/fault@swtpm:path=$dev/tpm.sock"
	device_provision "$dev" rsa2048
	DEV=$dev
	well
	keyd_stop "$DEV"
	rm "$DEV/state/idevid.probed"
	echo "0000015d flip 100" >"$DEV/fault"
	keyd_start "$DEV"
	names 3 degraded key-no-tls13 "not known"
	[ "$(tls13)" = null ]
	rm "$DEV/fault"
	keyd_again # the cure
	well
	[ "$(tls13)" = true ]
	# What a TPM with a longer salt has left.
	sed -i 's/^yes /no  /' "$DEV/state/idevid.probed"
	keyd_again
	names 3 degraded key-no-tls13 "its RSA-PSS salt is not as long as the hash"
	[ "$(tls13)" = false ]
	run -0 keyd-client "$DEV/keyd.sock" op 1
	keyd_stop "$DEV"
	tpm_stop "$DEV"
}

# ---- the key cannot be used ----

@test "key-lost: the endorsement hierarchy has a password" {
	keyd_stop "$DEV"
	evict $idevid
	tpm2_changeauth -c e secret
	keyd_start "$DEV"
	names 1 unusable key-lost \
		"derive a key: the endorsement hierarchy has an authorization value"
	run -1 state
	[[ $output == *"NOT USABLE"*"the endorsement hierarchy has an authorization value"* ]]
	tool changeauth -c e -p secret
	well
}

@test "key-lost: the endorsement hierarchy is disabled" {
	keyd_stop "$DEV"
	evict $idevid
	tpm2_hierarchycontrol -C p ehEnable clear
	keyd_start "$DEV"
	names 1 unusable key-lost "derive a key: the endorsement hierarchy is disabled"
	tool hierarchycontrol -C p ehEnable set
	well
}

@test "key-lost: a TPM that has a key of its own" {
	local dev=$WORK/other

	device_new "$dev"
	devid provision key --config "$dev/devid.conf"
	keyd_stop "$dev"
	tpm_stop "$dev"
	keyd_stop "$DEV"
	tpm_stop "$DEV"
	rm -r "$DEV/tpm"
	cp -a "$dev/tpm" "$DEV/"
	tpm_start "$DEV"
	keyd_start "$DEV"
	names 1 unusable key-lost "not the certificate's"
}

@test "key-lost: as long as the TPM is absent, and no longer" {
	keyd_stop "$DEV"
	tpm_stop "$DEV"
	rm -f "$DEV/tpm.sock"
	keyd_start "$DEV"
	names 1 unusable tpm-missing "$DEV/tpm.sock: no such file"
	run -1 doctor
	[[ $output == *"fault      key-lost: idevid: "*"absent"* ]]
	tpm_start "$DEV"
	well
}

# ---- why there is no TPM ----

# device_at: keyd of another user, whose TPM is to be $DEV/tpm0
device_at() {
	keyd_stop "$DEV"
	chown -R "$other_uid" "$DEV/state"
	chown "$other_uid" "$DEV" # for the socket
	device_conf "$DEV" "tcti = device:$DEV/tpm0"
	spawn "$DEV/keyd.log" setpriv --reuid "$other_uid" \
		--regid "$other_uid" --clear-groups \
		devid-keyd --config "$DEV/devid.conf"
	echo "$spawned" >"$DEV/keyd.pid"
	wait_on "$DEV/keyd.log" -- keyd_ready "$DEV"
}

@test "tpm-missing: no such file; the kernel has found no TPM" {
	# shellcheck disable=SC2016 # for that shell
	local empty='mount -t tmpfs tmpfs /dev && exec "$@"'

	device_at
	names 1 unusable tpm-missing "$DEV/tpm0: no such file"
	keyd_stop "$DEV"
	device_conf "$DEV" "tcti = auto"
	spawn "$DEV/keyd.log" unshare --mount sh -c "$empty" _ \
		devid-keyd --config "$DEV/devid.conf"
	echo "$spawned" >"$DEV/keyd.pid"
	wait_on "$DEV/keyd.log" -- keyd_ready "$DEV"
	run -1 unshare --mount sh -c "$empty" _ \
		devid doctor --config "$DEV/devid.conf"
	[[ ${lines[0]} == "fault      tpm-missing: "* ]]
	[[ $output == *"the kernel has found no TPM"* ]]
}

@test "tpm-absent: not permitted, and whose it is" {
	install -m 600 /dev/null "$DEV/tpm0"
	device_at
	names 1 unusable tpm-absent "not permitted: $DEV/tpm0 is group root's, mode 0600"
}

# taken FILE: a link to a terminal that no other program can open while this runs;
# the kernel refuses as it does for /dev/tpm0
taken() {
	# shellcheck disable=SC2016 # perl's
	spawn "$DEV/taken.log" perl -e 'open M, "+<", "/dev/ptmx" or die;
		$lock = $n = pack "i", 0;
		ioctl M, 0x40045431, $lock or die; # TIOCSPTLCK
		ioctl M, 0x80045430, $n or die; # TIOCGPTN
		$tty = "/dev/pts/" . unpack "i", $n;
		chmod 0666, $tty; open S, "+<", $tty or die;
		ioctl S, 0x540c, 0 or die; # TIOCEXCL
		symlink $tty, $ARGV[0] or die; sleep' "$1"
	wait_on "$1" -- test -e "$1"
}

@test "tpm-absent: in use by another program" {
	local holder

	taken "$DEV/tpm0"
	holder=$spawned
	device_at
	names 1 unusable tpm-absent "$DEV/tpm0: in use by another program"
	stop_pid "$holder"
}

# ---- what was asked before all this ----

# covers: OWN-hostile-keyd
@test "keyd-busy: it does not answer; unknown, not broken" {
	busy_by busy "$WORK/busy/keyd.sock: no answer in time"
	said busy-text 4
	grep -q "^not seen   keyd-busy: " "$WORK/busy-text"
	said busy-other 4
	grep -q "^not seen   keyd-busy: " "$WORK/busy-other"
}

@test "keyd-busy: so many stand in line that there is no place" {
	busy_by full "no place in its queue in time"
	kill -CONT "$(cat "$WORK/busy/keyd.pid")"
	DEV=$WORK/busy
	well
}

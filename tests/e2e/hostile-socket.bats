#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The key socket under users who want nobody to be served. Quiet and hostile
# rounds alternate and their medians are compared, so that what else the machine
# does weighs on both alike. What the service decides, whatever the speed, is in
# socket-turns.bats.

load lib
listed_uid=61300 # nobody's, as are those behind it
n_listed=5
csr_uid=61310 # signs requests for certificates, and nothing else
hostile_uid=61311 # on no list, as are those behind it
rounds=6 signs=20

setup_file() {
	lib_init
	export DEV="$WORK/dev"
	device_new "$DEV" "tls_client = root$(printf ', %d' \
		$(seq $listed_uid $((listed_uid + n_listed - 1))))" \
		"csr = root, $csr_uid" "[key tls-0]" "users = root"
	device_provision "$DEV" p256
	DEVID_CONFIG=$DEV/devid.conf devid key create tls-0 --type p256
}

teardown_file() { lib_done; }

setup() {
	bats_require_minimum_version 1.5.0
	sock=$DEV/keyd.sock
	floods=()
}

teardown() {
	signal KILL
	((${#floods[@]} == 0)) || wait "${floods[@]}" 2>/dev/null || true
}

# signal NAME: to all hostile clients
signal() { ((${#floods[@]} == 0)) || kill "-$1" "${floods[@]}"; }

# flood UID [MODE N]: a client of that user, with the least right to the processor
flood() {
	local out=$WORK/flood.$1

	: >"$out"
	setpriv --reuid "$1" --regid "$1" --clear-groups nice -n 19 \
		keyd-client "$sock" "${2:-flood}" "${3:-500}" >"$out" 2>&1 3>&- &
	floods+=($!)
	wait_on "$out" -- grep -q flooding "$out"
}

median() { sort -n "$1" | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

most=5

# compare COMMAND...: signatures in turn without and with the floods; all of them
# are made, and the median is at most $most times the quiet one
compare() {
	local quiet=$WORK/quiet.$BATS_TEST_NUMBER hostile=$WORK/hostile.$BATS_TEST_NUMBER

	: >"$quiet"
	: >"$hostile"
	for ((i = 0; i < rounds; i++)); do
		signal STOP
		"$@" keyd-client "$sock" times $signs >>"$quiet"
		signal CONT
		"$@" keyd-client "$sock" times $signs >>"$hostile"
	done
	echo "# median: $(median "$quiet") us quiet," \
		"$(median "$hostile") us hostile" | tee /dev/fd/3
	[ "$(grep -cxE '[0-9]+' "$hostile")" -eq $((rounds * signs)) ]
	[ "$(median "$hostile")" -le $((most * $(median "$quiet"))) ]
}

as_listed() {
	setpriv --reuid $listed_uid --regid $listed_uid --clear-groups "$@"
}

# What they ask for is refused, all of it, and the user of the supplicant has
# signatures meanwhile that verify.
# covers: OWN-client-refused
@test "malformed, another's key, wrong role, slow, thousands: refused, a listed user signs" {
	local uid verify=$WORK/verify keys

	export DEVID_CONFIG=$DEV/devid.conf
	keys=$(devid key list --json)
	flood $hostile_uid # slow ones, and more connections than there may be
	flood $((hostile_uid + 1)) leave 0
	flood $((hostile_uid + 2)) trespass 0
	flood $csr_uid trespass 0
	for uid in $((hostile_uid + 2)) $csr_uid; do
		wait_on "$WORK/flood.$uid" -- grep -qE 'round|granted' "$WORK/flood.$uid"
	done
	{
		printf '%64sTLS 1.3, client CertificateVerify\0' ''
		head -c 32 /dev/zero
	} >"$verify"
	openssl x509 -in "$DEV/state/idevid.pem" -noout -pubkey >"$verify.pub"
	for ((i = 0; i < 3; i++)); do
		as_listed devid key sign idevid "$verify" >"$verify.sig"
		openssl dgst -sha256 -verify "$verify.pub" -signature "$verify.sig" "$verify"
	done
	as_listed keyd-client "$sock" times $signs >"$WORK/meanwhile"
	[ "$(grep -cxE '[0-9]+' "$WORK/meanwhile")" -eq $signs ]
	signal KILL
	for uid in $((hostile_uid + 2)) $csr_uid; do
		run -1 grep granted "$WORK/flood.$uid"
		grep -qx round "$WORK/flood.$uid"
	done
	[ "$(devid key list --json)" = "$keys" ]
}

@test "one hostile uid: root signs, at most five times as long" {
	flood $hostile_uid
	compare env
}

@test "eight hostile uids: root signs, at most five times as long" {
	for ((u = 0; u < 8; u++)); do
		flood $((hostile_uid + u))
	done
	compare env
}

@test "eight hostile uids: so does a listed user" {
	for ((u = 0; u < 8; u++)); do
		flood $((hostile_uid + u))
	done
	compare as_listed
}

@test "a listed uid that is hostile: root signs all the same" {
	flood $listed_uid
	compare env
}

# Whose turn it is, socket-turns.bats holds without a clock; these two only that
# nobody is shut out.
@test "a listed uid that connects and leaves: root and another listed one sign" {
	most=20
	flood $((listed_uid + 1)) leave 0
	compare env
	compare as_listed
}

@test "four listed hostile uids at once: root and another listed one sign" {
	most=20 # each of them has its turn, and a machine at work its hiccups
	for ((u = 1; u < n_listed; u++)); do
		flood $((listed_uid + u))
	done
	compare env
	compare as_listed
}

@test "hostile uids without number: the log does not fill" {
	local lines

	for ((u = 0; u < 30; u++)); do
		flood $((hostile_uid + u))
	done
	lines=$(wc -l <"$DEV/keyd.log")
	keyd-client "$sock" times $signs >"$WORK/many"
	signal STOP
	[ "$(wc -l <"$WORK/many")" -eq $signs ]
	# Of nine counts 20 lines in ten seconds each; what the floods began with
	# is older, and root's signatures are told as well.
	[ $(($(wc -l <"$DEV/keyd.log") - lines)) -le $((9 * 20 * 2 + 9 * 2 + signs)) ]
}

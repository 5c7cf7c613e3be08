# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Devices for end-to-end tests: a software TPM, a devid-keyd and a small CA in
# a folder of their own. Everything that is started is noted in $WORK/pids and
# ended by lib_done; nothing listens on the network.

repo=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
build=${DEVID_BUILD:-$repo/build}
plain=${build%/san} # what unmodified programs load has no sanitizer in it
# Names of certificates; what openssl itself takes changes by version.
# shellcheck disable=SC2034 # for -nameopt, in bats files
names=oneline,-space_eq
other_uid=61234 # nobody's
# Whom this machine trusts is nothing to the tests, and `openssl x509` reads that
# whole list first, which takes it longer than all the rest.
export SSL_CERT_FILE=/dev/null

await_path() { printf '%s\n' "$plain/await"; }
# shellcheck source=radius-test/lib/wait.sh
. "$repo/radius-test/lib/wait.sh"

# out_rules COMMAND...: takes --out and may be repeated; a file or nothing is
# replaced, links and what a user has beside it stay, the rest is written
# through
out_rules() {
	local dir=$BATS_TEST_TMPDIR/out reader

	mkdir "$dir"
	echo mine >"$dir/file.new"
	echo old >"$dir/target"
	ln -s target "$dir/link"
	mkfifo "$dir/fifo"
	mknod "$dir/null" c 1 3
	"$@" --out "$dir/file"
	"$@" --out "$dir/file"
	[ -s "$dir/file" ]
	[ "$(<"$dir/file.new")" = mine ]
	run -1 "$@" --out "$dir/link"
	# shellcheck disable=SC2154 # of run
	[[ $output == *"$dir/link: is a link to target, which is not followed"* ]]
	[ -L "$dir/link" ]
	[ "$(<"$dir/target")" = old ]
	run -1 "$@" --out "$dir"
	[[ $output == *"$dir: is "* ]]
	cat "$dir/fifo" >"$dir/read" &
	reader=$!
	"$@" --out "$dir/fifo"
	wait "$reader"
	[ -s "$dir/read" ]
	[ -p "$dir/fifo" ]
	"$@" --out "$dir/null"
	[ -c "$dir/null" ]
	"$@" --out - >"$dir/read.2"
	"$@" --out /dev/fd/9 9>"$dir/read.3"
	[ -s "$dir/read.2" ]
	[ -s "$dir/read.3" ]
	[ "$(find "$dir" -mindepth 1 | wc -l)" -eq 9 ]
	rm -r "$dir"
}

# What unprivileged users run must lie where they can read it.
lib_init() {
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/devid-e2e.XXXXXX")
	export WORK
	chmod 755 "$WORK"
	mkdir "$WORK/bin"
	cp "$build"/{devid,devid-keyd} "$build/tests/e2e/keyd-client" \
		"$plain/devid.so" "$plain/tests/e2e/key-storm" "$WORK/bin/"
	make_with_key
	: >"$WORK/pids"
	export PATH="$WORK/bin:$PATH" TSS2_LOG=all+none
	make_ca
}

hex() { od -An -v -tx1 | tr -d ' \n'; }

# keyd_has DEV: devid-keyd has these bytes in its memory, hex on standard input
keyd_has() {
	# shellcheck disable=SC2154 # of setup
	"$plain/tests/e2e/memory-has" "$(<"$1/keyd.pid")"
}

# with_key DEV COMMAND...: in an environment with the provider; a program, so
# that what it runs has the pid that is known
make_with_key() {
	cat >"$WORK/bin/with_key" <<-'SH'
		#!/bin/sh
		export OPENSSL_CONF="$1/openssl.cnf"
		export DEVID_KEYD_SOCKET="$1/keyd.sock"
		shift
		exec "$@"
	SH
	chmod 755 "$WORK/bin/with_key"
}

lib_done() {
	local pid

	while read -r pid; do
		end "$pid"
	done <"$WORK/pids"
	while read -r pid; do
		await exit "$pid" || kill -9 "$pid"
	done <"$WORK/pids"
	no_reports && rm -rf "$WORK"
}

# A sanitizer's report in the log of a service fails the file, whatever else its
# tests saw; those of commands end with 99, which no test expects.
no_reports() {
	! grep -rlaE 'Sanitizer:|runtime error:' "$WORK" --include='*.log*' \
		--include='*.out' || {
		grep -rhaE -A20 'Sanitizer:|runtime error:' "$WORK" \
			--include='*.log*' --include='*.out'
		return 1
	}
}

gone() { ! kill -0 "$1" 2>/dev/null || in_state Z "$1"; }

in_state() { grep -q "^State:[[:space:]]*$1" "/proc/$2/status" 2>/dev/null; }

# spawn LOG COMMAND...: in the background, its pid in $spawned
# (a program, not a function: the pid is to be its own)
spawn() {
	local log=$1

	shift
	"$@" >>"$log" 2>&1 3>&- </dev/null &
	spawned=$!
	echo "$spawned" >>"$WORK/pids"
}

# as_other COMMAND...: as a user who is on no list
as_other() {
	setpriv --reuid "$other_uid" --regid "$other_uid" --clear-groups "$@"
}

make_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$WORK/ca.key" -out "$WORK/ca.pem" -days 30 \
		-subj "/CN=E2E CA" -addext keyUsage=critical,keyCertSign \
		2>/dev/null
	printf '%s\n' keyUsage=critical,digitalSignature \
		authorityKeyIdentifier=keyid \
		subjectAltName=DNS:device.test >"$WORK/ext"
}

# issue CSR OUT: a certificate below the CA
issue() {
	openssl x509 -req -in "$1" -CA "$WORK/ca.pem" -CAkey "$WORK/ca.key" \
		-days 30 -extfile "$WORK/ext" -out "$2" 2>/dev/null
}

# software_key NAME TYPE...: $WORK/NAME.key and .pem
software_key() {
	local name=$1

	shift
	openssl req -new -newkey "$@" -nodes -keyout "$WORK/$name.key" \
		-out "$WORK/$name.csr" -subj "/CN=$name" 2>/dev/null
	chmod 644 "$WORK/$name.key"
	issue "$WORK/$name.csr" "$WORK/$name.pem"
}

# ---- a device: all functions take its folder ----

listens() { keyd-client "$1" listens - 2>/dev/null; }

tpm_start() {
	rm -f "$1/tpm.sock" "$1/tpm.sock.ctrl" "$1/tpm.ready"
	spawn "$1/swtpm.out" swtpm socket --tpm2 --tpmstate dir="$1/tpm" \
		--server type=unixio,path="$1/tpm.sock" \
		--ctrl type=unixio,path="$1/tpm.sock.ctrl" \
		--flags not-need-init,startup-clear \
		--log file="$1/tpm.log",level=5 --pid file="$1/tpm.ready"
	echo "$spawned" >"$1/tpm.pid"
	# Written when both sockets listen.
	wait_on "$1/tpm.ready" -- test -s "$1/tpm.ready"
}

tpm_stop() { stop_pid "$(cat "$1/tpm.pid")"; }

# A stopped process is woken, and only that: SIGCONT hangs the leak check of
# a sanitized program that is about to end.
end() {
	kill "$1" 2>/dev/null || true
	! in_state T "$1" || kill -CONT "$1"
}

stop_pid() {
	end "$1"
	await exit "$1"
}

# Commands the TPM has got: all, or those with the code $2 (015D is Sign)
tpm_commands() {
	awk -v code="${2:-}" '
		/SWTPM_IO_Read: length/ { getline; if (code == "" ||
			$7 $8 $9 $10 == "0000" code) n++ }
		END { print n + 0 }' "$1/tpm.log"
}

# Listening, and past the first look at the TPM.
keyd_ready() {
	DEVID_KEYD_SOCKET="$1/keyd.sock" keyd-client "$1/keyd.sock" op 1 \
		>/dev/null 2>&1
}

keyd_start() {
	spawn "$1/keyd.log" devid-keyd --config "$1/devid.conf"
	echo "$spawned" >"$1/keyd.pid"
	wait_on "$1/keyd.log" -- keyd_ready "$1"
}

keyd_stop() { stop_pid "$(cat "$1/keyd.pid")"; }

# device_conf DEV [LINE...]: settings of [keyd], each in place of the usual one
device_conf() {
	local dev=$1 given line

	shift
	given=$'\n'$(printf '%s\n' "$@")
	{
		echo "[keyd]"
		for line in "socket = $dev/keyd.sock" "state_dir = $dev/state" \
			"tcti = swtpm:path=$dev/tpm.sock"; do
			[[ $given == *$'\n'"${line%%=*}="* ]] || echo "$line"
		done
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$dev/devid.conf"
}

# provider_conf FILE FIRST SECOND: an OpenSSL configuration
provider_conf() {
	cat >"$1" <<-CONF
		openssl_conf = init
		[init]
		providers = all
		[all]
		$2 = use_$2
		$3 = use_$3
		[use_default]
		activate = 1
		[use_devid]
		module = $WORK/bin/devid.so
		activate = 1
		[req]
		distinguished_name = dn
		[dn]
	CONF
}

# device_new DEV [LINE...]: TPM and keyd, no key yet
device_new() {
	mkdir -p "$1/tpm" "$1/state"
	device_conf "$@"
	provider_conf "$1/openssl.cnf" default devid
	tpm_start "$1"
	many_power_cuts "$1"
	keyd_start "$1"
}

# A TPM counts a reset without TPM2_Shutdown as a failed authorisation when
# the IDevID key was used before, and its default allows three.
many_power_cuts() {
	tpm2_dictionarylockout -T "swtpm:path=$1/tpm.sock" \
		--setup-parameters --max-tries=1000 --recovery-time=1000 \
		--lockout-recovery-time=1000
}

# device_provision DEV ALG: key and certificate
device_provision() {
	local conf="$1/devid.conf"

	devid provision key --config "$conf" --alg "$2" >/dev/null
	devid provision csr --config "$conf" --serial SN1 --model M1 \
		--out "$1/idevid.csr"
	issue "$1/idevid.csr" "$1/leaf.pem"
	cat "$1/leaf.pem" "$WORK/ca.pem" >"$1/chain.pem"
	devid provision cert --config "$conf" --force "$1/chain.pem" \
		>/dev/null 2>&1
}

# signatures DEV: made since keyd started (asked often, and jq takes 30 ms)
signatures() {
	devid status --config "$1/devid.conf" --json |
		sed -n 's/^ *"signatures": \([0-9]*\),*$/\1/p'
}

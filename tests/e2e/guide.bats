#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The commands of README and of the guides, as they stand there. Every block of
# shell is run here, or by what the table `elsewhere` names, with the reason.

bats_require_minimum_version 1.5.0

load lib
repo=${repo:?set in lib.bash}
build=${build:?set in lib.bash}
plain=${plain:?set in lib.bash}

# What runs the blocks that are not run here. FILE HEADING: PROGRAM: REASON
elsewhere() {
	cat <<-'END'
		docs/guide-packager.md Flags: tests/check-arm: only its root has a cross compiler
	END
}

# A folder that looks like the tree, with what was built.
setup() {
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/devid-e2e.XXXXXX")
	cd "$WORK" || return 1
	mkdir build bin
	ln -s "$build"/* "$plain"/{devid.so,await} build/ 2>/dev/null || true
	ln -s "$repo"/{pki,idevid,radius-test,tests,docs} .
	make_shim >bin/make
	chmod +x bin/make
	export DEVID_BUILD=$WORK/build
	unset SSL_CERT_FILE # set by lib.bash; the reader has none
}

teardown() {
	rm -rf "$WORK"
}

# What was built is not built again beside others who use it. Of the goals the
# first is `make try` without its packages; the others have tests of their own.
make_shim() {
	cat <<-'END'
		#!/bin/sh
		case $1 in
		try) exec radius-test/try up ;;
		try-end) exec radius-test/try down ;;
		'' | packages | demo | check) echo "make $1: not run here" ;;
		*) exit 2 ;;
		esac
	END
}

blocks() { "$repo/tests/guide-blocks" "$@"; }

# as_they_stand [COMMAND]: what comes in, in a shell that stops at the first
# failure, after COMMAND. Ports and folders are fixed, so it has a network, a
# /run and processes of its own, of which none is left.
as_they_stand() {
	{
		printf '%s\n' 'set -euo pipefail' "PATH=$PWD/bin:\$PATH" "${1:-:}"
		cat
	} >guide.sh
	TSS2_LOG=all+none run timeout 240 unshare --net --mount --pid --fork \
		--kill-child --mount-proc sh -c 'ip link set lo up &&
		mount -t tmpfs -o mode=755 tmpfs /run &&
		exec bash guide.sh </dev/null' 3>&-
	echo "$output"
}

@test "each block of shell is run by a test, or it is said where" {
	local file heading what where why

	headings() {
		local file

		tests/tree-files | tr '\0' '\n' | grep '\.md$' | while read -r file; do
			awk -v file="$file" '
				/^## / { heading = substr($0, 4) }
				/^ *```[a-z]/ && !/```(c|ini|mermaid)$/ {
					print file " " heading }' "$file"
		done | sort -u
	}
	cd "$repo"
	while IFS=: read -r what where why; do
		read -r file heading <<<"$what"
		grep -qF "guide-blocks $file \"$heading\"" "${where# }"
		[ -n "$why" ]
	done < <(elsewhere)
	run comm -3 <(headings) <(
		{
			elsewhere | sed 's/: .*//'
			headings | grep '^docs/guide-operator.md' # all of it
			sed -n 's/.*(blocks \([^ ]*\) "\(.*\)").*/\1 \2/p' \
				"$BATS_TEST_FILENAME"
		} | sort -u
	)
	echo "$output"
	[ "$output" = "" ]
}

@test "README: a unit in one command, and which one it is" {
	as_they_stand < <(blocks README.md "The first five minutes")
	[ "$status" -eq 0 ]
	[[ $output == *"127.0.0.1:8443: genuine"*"unit        ACCC8E000001"* ]]
	[[ $output == *"keystore   ok"*"serial ACCC8E000001"* ]]
	[ ! -e build/try ]
}

@test "README and the VMS guide: which unit answers under that name" {
	local first="TRY_PORT=443 radius-test/try up
echo 127.0.0.1 camera.example >hosts
mount --bind hosts /etc/hosts
cp build/try/root.pem manufacturer-root.pem
PATH=$PWD/build:\$PATH"

	as_they_stand "$first" < <(blocks README.md "First steps")
	[ "$status" -eq 0 ]
	[[ $output == *"camera.example:443: genuine"* ]]
	rm -r build/try
	as_they_stand "$first" < <(blocks docs/guide-vms-developer.md "From a shell")
	[ "$status" -eq 0 ]
	[[ $output == *"camera.example:443: genuine"* ]]
}

@test "the lab's README: by hand, and what status says of it" {
	as_they_stand < <(blocks radius-test/README.md "By hand")
	[ "$status" -eq 0 ]
	[[ $output == *"newone"*"is open in VLAN 10"* ]]
}

@test "the admin's guide: a lab by hand" {
	as_they_stand < <(blocks docs/guide-network-admin.md "See it work")
	[ "$status" -eq 0 ]
	[ "$(jq -r '.[].result' out.json | tr '\n' ,)" = "vlan 20,vlan 10," ]
	[[ $output == *"cam2: port p2 is open in VLAN 10"*"cam2: port p2 is open in VLAN 20"* ]]
}

# In place of the machine's own FreeRADIUS, a copy of its tree as Debian has it.
@test "the admin's guide: Debian's FreeRADIUS, asked by eapol_test" {
	cat >bin/systemctl <<-'END'
		#!/bin/sh
		[ "$*" = "restart freeradius" ] && exec freeradius
		exit 1
	END
	chmod +x bin/systemctl
	as_they_stand 'cp -a /etc/freeradius tree
install -d -o freerad -g freerad log /run/freeradius
mount --bind tree /etc/freeradius
mount --bind log /var/log/freeradius
chmod 755 .' < <(blocks docs/guide-network-admin.md "Carry it over to FreeRADIUS")
	[ "$status" -eq 0 ]
	[[ $output == *"Configuration appears to be OK"* ]]
	[[ $output == *$'\n'SUCCESS$'\n'* ]]
	jq -es 'length == 1 and .[0].unit == "ACCC8E000001" and .[0].vlan == 20 and
		.[0].reason == "listed" and .[0].proved' log/decisions.log
}

# A unit of `make try` is the device. systemctl and journalctl are asked for no
# more than the units that are installed.
@test "the operator's guide: status, logs, forgetting a server" {
	local name

	for name in systemctl journalctl; do
		cat >bin/$name <<-END
			#!/bin/sh
			for word; do
				case \$word in
				-u | start | stop | restart | reload) ;;
				*) ls $repo/*/*/\$word.service.in >/dev/null || exit 1 ;;
				esac
			done
		END
		chmod +x bin/$name
	done
	as_they_stand "radius-test/try up
mount -t tmpfs tmpfs /var/lib
mkdir /var/lib/devid
touch /var/lib/devid/server-trust.json
export DEVID_CONFIG=$PWD/build/try/devid.conf PATH=$PWD/build:\$PATH
trap 'ls /var/lib/devid >left' EXIT" < <(blocks docs/guide-operator.md)
	[ "$status" -eq 0 ]
	[[ $output == *"keystore   ok"*'"state": "ok"'* ]]
	[ ! -s left ]
}

# Where a chip maker's certificates would be are one of `make try` and an index
# that holds nothing.
@test "the guide for a TPM that has an IDevID: seen, and taken out" {
	local unit="radius-test/try up
export DEVID_CONFIG=$PWD/build/try/devid.conf PATH=$PWD/build:\$PATH
export TPM2TOOLS_TCTI=swtpm:path=$PWD/build/try/tpm.sock"

	as_they_stand "$unit" < <(blocks docs/guide-existing-idevid.md "See it")
	[ "$status" -eq 0 ]
	[[ $output == *"issued by CN=devid lab manufacturer"* ]]
	rm -r build/try
	as_they_stand "$unit
end() { read -r pid rest; kill \$pid; $PWD/build/await exit \$pid; }
end <build/try/procs/keyd
tpm2_nvdefine -C p -s 16 -a 'ppwrite|ppread|platformcreate' 0x01C90100
cp build/try/unit.pem unit.pem" \
		< <(blocks docs/guide-existing-idevid.md "You want your own certificate")
	[ "$status" -eq 0 ]
	openssl x509 -inform DER -in idevid-of-the-chip.der |
		cmp - <(openssl x509 -in unit.pem)
}

@test "the maker's guide: a unit by hand" {
	as_they_stand < <(blocks docs/guide-device-maker.md "Try it without hardware")
	[ "$status" -eq 0 ]
	[[ $output == *"127.0.0.1:8443: genuine"* ]]
	[ ! -e lab ]
}

@test "the factory guide: a device by files and its second identity, one over the network, lists" {
	as_they_stand < <(blocks docs/guide-factory.md "Try it on one machine")
	[ "$(wc -l <guide.sh)" -gt 100 ]
	[ "$status" -eq 0 ]
	[[ $output == *"devid-station: SN2: certificates installed"* ]]
	[[ $output == *"lab/unit.pem: good"* ]]
	[ "$(grep -c '^{.*"kind":"IDevID","unit":"SN1",' <<<"$output")" -eq 2 ]
	grep '"unit":"SN2",' <<<"$output" | grep -q '"state":"revoked"'

	[[ $output == *" lines verified"* ]]
	[ ! -e lab ]
}

# ca_on NAME REGISTER: its configuration, as far as the register needs it
ca_on() {
	printf '%s\n' '[ca]' "name = line1" "instance = $1" "$2" \
		"certificate = $WORK/ca.pem" "publish = $WORK" '[token]' \
		"module = $WORK/none" 'token = x' 'key = x' "pin_file = $WORK/pin" \
		'[ek]' "roots = $WORK" >"$1.conf"
}

# What the role of the guide can do with the database of the guide.
use_register() {
	devid-ca list --config a.conf && devid-ca list --config b.conf &&
		psql -qAt -h db.example -U devid-ca devid-ca -c "SELECT 'table ' ||
			tablename || ' is ' || tableowner FROM pg_tables
			WHERE schemaname = 'public'"
}

# The database's machine and both of a CA are this one, which has the name that
# the guide gives it.
@test "the factory guide: a register in PostgreSQL, for several machines" {
	local line server

	server=$("$repo/tests/pg-bin")
	line=$(grep -o 'register = postgresql:[^`]*' "$repo/docs/guide-factory.md")
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout ca.key -out ca.pem -subj /CN=CA 2>/dev/null
	ca_on a "$line"
	ca_on b "$line"
	as_they_stand "PATH=$PWD/build:\$PATH
echo 127.0.0.1 db.example >hosts
mount --bind hosts /etc/hosts
install -d -o postgres -g postgres /run/postgresql
chmod 755 .
postgres() { runuser -u postgres -- $server/\"\$@\" -D /run/postgresql/data; }
postgres initdb -N -A trust -E UTF8 --locale=C
postgres pg_ctl -w -l /run/postgresql/log -o '-k /run/postgresql -h db.example' start
$(declare -f use_register)
trap use_register EXIT" < <(blocks docs/guide-factory.md "The real line")
	[ "$status" -eq 0 ]
	[[ $output == *"table cert is devid-ca"* ]]
}

@test "the site's guide: a registrar from nothing, and a device with its LDevID" {
	as_they_stand < <(blocks docs/guide-site.md "Try it on one machine")
	[ "$status" -eq 0 ]
	[[ $output == *"answer 202"*'"my-site"'* ]]
	[[ $output == *retired*retired* ]]
	[ ! -e site ]
}

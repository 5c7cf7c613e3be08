#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `make install`: what lands where, and that others can use it from there.

setup_file() {
	export ROOT=$BATS_FILE_TMPDIR/root
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	make -s install DESTDIR="$ROOT" PREFIX=/opt/devid \
		MODULESDIR=/opt/devid/lib/ossl-modules
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
}

@test "programs, provider and library are installed and run" {
	"$ROOT/opt/devid/bin/devid" --version
	"$ROOT/opt/devid/sbin/devid-keyd" --version
	"$ROOT/opt/devid/sbin/devid-agent" --version
	[ -f "$ROOT/opt/devid/lib/libdevid.so.0" ]
	[ "$(readlink "$ROOT/opt/devid/bin/devid-pki")" = /opt/devid/libexec/devid/pki/devid-pki ]
	bash "$ROOT/opt/devid/libexec/devid/pki/devid-pki" --version
}

@test "the installed provider loads by its full path" {
	run openssl list -providers -provider-path "$ROOT/opt/devid/lib/ossl-modules" -provider devid
	[ "$status" -eq 0 ]
	[[ $output == *DevID* ]]
}

@test "no file keeps a place holder, units name what is installed" {
	run grep -rIE '@[A-Z]+@' "$ROOT"
	[ "$status" -eq 1 ]
	for unit in devid-keyd.service devid-agent.service; do
		program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$ROOT/opt/devid/lib/systemd/system/$unit")
		[ -x "$ROOT$program" ]
	done
}

@test "every manual is installed" {
	for page in docs/man/*.[1-8]; do
		[ -f "$ROOT/opt/devid/share/man/man${page##*.}/${page##*/}" ]
	done
}

@test "a VMS builds against the library with pkg-config" {
	export PKG_CONFIG_PATH=$ROOT/opt/devid/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$ROOT
	read -ra flags <<<"$(pkg-config --cflags --libs devid)"
	gcc -o "$BATS_TEST_TMPDIR/vms-check" docs/examples/vms-check.c "${flags[@]}" -lssl -lcrypto
	LD_LIBRARY_PATH=$ROOT/opt/devid/lib run "$BATS_TEST_TMPDIR/vms-check"
	[ "$status" -ne 0 ] # called without arguments
	[ "$status" -lt 126 ]
}

@test "a second install keeps the administrator's configuration" {
	echo "# mine" >>"$ROOT/etc/devid/devid.conf"
	make -s install DESTDIR="$ROOT" PREFIX=/opt/devid MODULESDIR=/opt/devid/lib/ossl-modules
	grep -q '# mine' "$ROOT/etc/devid/devid.conf"
}

@test "the example configuration is one that the programs take" {
	run timeout 5 "$ROOT/opt/devid/bin/devid" status --config "$ROOT/etc/devid/devid.conf"
	[ "$status" -eq 1 ] # no devid-keyd here
	[[ $output == *keyd-absent* ]]
}

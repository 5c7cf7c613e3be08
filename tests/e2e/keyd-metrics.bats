#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The file that devid-keyd writes for a monitoring system.

bats_require_minimum_version 1.5.0

load lib

setup_file() {
	lib_init
	export DEV="$WORK/dev" FILE="$WORK/devid.prom"
	device_new "$DEV" "metrics_file = $FILE"
	device_provision "$DEV" p256
}

teardown_file() { lib_done; }

# number NAME: of a sample
number() { awk -v name="$1" '$1 == name { print $2 }' "$FILE"; }

@test "it is there when the service is ready, and anybody may read it" {
	[ "$(stat -c %a "$FILE")" = 644 ]
	[ "$(number devid_keyd_module_usable)" = 1 ]
	[ "$(number devid_keyd_signatures_total)" = 0 ]
	as_other cat "$FILE" >/dev/null
}

@test "each sample is of the family that was begun, each family once" {
	run -0 awk '
		$1 == "#" && $2 == "HELP" { help = $3; next }
		$1 == "#" && $2 == "TYPE" {
			if ($3 != help || seen[$3]++ || $4 !~ /^(counter|gauge)$/)
				print "bad: " $0
			name = $3
			next
		}
		{
			sub(/[{].*[}]/, "", $1)
			if ($1 != name || $2 !~ /^-?[0-9]+$/ || NF != 2)
				print "bad: " $0
			n++
		}
		END { print((n > 10 ? "good" : "few")) }' "$FILE"
	[ "$output" = good ] || { echo "$output" && false; }
}

@test "it counts, and has the last numbers when the service has ended" {
	local made

	made=$(signatures "$DEV")
	run -0 keyd-client "$DEV/keyd.sock" sign p256 client13
	run -0 keyd-client "$DEV/keyd.sock" sign p256 client13
	keyd_stop "$DEV"
	[ "$(number devid_keyd_signatures_total)" = $((made + 2)) ]
	[ "$(number 'devid_keyd_keys{state="certified"}')" -ge 1 ]
	run -1 grep -E 'idevid|iak' "$FILE"
	keyd_start "$DEV"
	[ "$(number devid_keyd_signatures_total)" = 0 ]
}

@test "a folder that is not there is told once, and stops nothing" {
	keyd_stop "$DEV"
	: >"$DEV/keyd.log"
	device_conf "$DEV" "metrics_file = $WORK/nowhere/devid.prom"
	keyd_start "$DEV"
	run -0 keyd-client "$DEV/keyd.sock" sign p256 client13
	keyd_stop "$DEV"
	run -0 grep -c 'metrics: .*nowhere' "$DEV/keyd.log"
	[ "$output" = 1 ]
	device_conf "$DEV" "metrics_file = $FILE"
	keyd_start "$DEV"
}

@test "without the setting there is no file" {
	keyd_stop "$DEV"
	rm "$FILE"
	device_conf "$DEV"
	keyd_start "$DEV"
	keyd_stop "$DEV"
	[ ! -e "$FILE" ]
	run -1 compgen -G "$WORK/*.prom"
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What devid doctor and devid status say of the device DEV. Loaded after lib.

build=${build:?set in lib.bash}

keyd_again() {
	gone "$(cat "$DEV/keyd.pid")" || keyd_stop "$DEV"
	keyd_start "$DEV"
}

doctor() { devid doctor --config "$DEV/devid.conf" "$@"; }
state() { devid status --config "$DEV/devid.conf" "$@"; }

finds_first() { { doctor --json || true; } | jq -e --arg id "$1" '.findings[0].id == $id'; }

# names STATUS WORD ID EVIDENCE: the first that doctor finds is ID, seen by
# EVIDENCE, and its exit status is STATUS; status says WORD because of ID.
names() {
	local code=0 text json

	# The key service asks its TPM at most once a second.
	ask_until 5 finds_first "$3" || true
	text=$(doctor) || code=$?
	[ "$code" -eq "$1" ] || { echo "exit $code: $text" && return 1; }
	json=$(doctor --json) || true
	jq -e --arg id "$3" --arg seen "$4" '.findings[0] |
		.id == $id and (.evidence | contains($seen)) and
		(.do | length > 0)' <<<"$json" || { echo "$json" && return 1; }
	grep -E "^(fault|warning|not seen) +$3: " <<<"$text"
	code=0
	json=$(state --json) || code=$?
	jq -e --arg word "$2" --arg id "$3" \
		'.state == $word and (.because == $id or .state == "usable")' \
		<<<"$json" || { echo "$json" && return 1; }
	case $2 in
	usable) [ "$code" -eq 0 ] ;;
	unusable) [ "$code" -eq 1 ] ;;
	degraded) [ "$code" -eq 3 ] ;;
	unknown) [ "$code" -eq 4 ] ;;
	esac
}

# with_fault LINE: keyd's TPM misbehaves so
with_fault() {
	printf '%s\n' "$@" >"$DEV/fault"
	keyd_stop "$DEV"
	device_conf "$DEV" "tcti = $build/tcti-fault.so:$DEV/fault@swtpm:path=$DEV/tpm.sock"
	rm "$DEV/fault"
	keyd_start "$DEV"
	printf '%s\n' "$@" >"$DEV/fault"
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2153
#
# A lab from beginning to end, and a run of scenarios on it.

need_root() {
	((EUID == 0)) || fail "user $(id -un)" "must be root, for network namespaces"
}

# session_folder PARENT NAME: makes the empty folder of a new lab and names it
# LAB; XXXX in NAME becomes unique. Another lab's end may remove PARENT between.
session_folder() {
	local made='' try

	for try in 1 2 3; do
		[[ -d $1 ]] || made=yes
		mkdir -p "$1"
		if [[ $2 == *XXXX ]]; then
			LAB=$(mktemp -d "$1/$2" 2>/dev/null) && break
		else
			LAB=$1/$2
			mkdir "$LAB" 2>/dev/null && break
		fi
		[[ $try != 3 ]] || fail "$1/$2" \
			"cannot be made, or is there and no lab"
	done
	# So that its end knows whose PARENT is.
	[[ -z $made ]] || : >"$LAB/parent-made"
}

# session_prepare: the folder of a lab, with nothing running.
session_prepare() {
	mkdir -p "$LAB/devices" "$LAB/aaa" "$LAB/numbers" "$LAB/procs" \
		"$LAB/log"
	chmod 0755 "$LAB"
	# Now session_down knows it, however far it comes.
	printf 'devid%s\n' "$(openssl rand -hex 3)" >"$LAB/id"
	as_switch test -r "$LAB/id" ||
		fail "$LAB" "users other than root cannot reach it"
	programs_copy
}

# session_up: network, PKI and RADIUS server; no device yet.
session_up() {
	note "making a network with a switch and a RADIUS server"
	session_prepare
	switch_up
	aaa_up
}

# session_down: whatever there is of this lab goes away, however far it came.
# Ends only processes that this lab started, known by pid and start time, and
# what still runs in its own namespaces.
session_down() {
	local names=() name pid parent=''

	trap '' INT TERM HUP # a second Ctrl-C must not leave half of it
	set +e
	[[ -e $LAB/id ]] || return 0
	for name in "$LAB"/procs/*; do
		[[ -e $name ]] && names+=("${name##*/}")
	done
	((${#names[@]} == 0)) || proc_stop "${names[@]}"
	for pid in $(ns_pids); do
		kill -KILL "$pid" 2>/dev/null
	done
	for name in /run/netns/"$(<"$LAB/id")"-*; do
		[[ -e $name ]] && ip netns del "${name##*/}" 2>/dev/null
	done
	# The folder above goes with its last lab, if labs made it.
	[[ ! -e $LAB/parent-made && ${LAB%/*} != "$LABS" ]] || parent=${LAB%/*}
	programs_remove
	# What a killed scenario had in hand may still write.
	ask_until 5 rm -rf -- "$LAB" 2>/dev/null ||
		printf '%s: %s: cannot be removed\n' "$PROGRAM" "$LAB" >&2
	[[ -z $parent ]] || rmdir -- "$parent" 2>/dev/null
	set -e
}

# session_run JSON_FILE [SCENARIO...]
session_run() {
	local json=$1 name failed=0
	shift
	if (($# == 0)); then
		for name in "$HERE"/scenarios/*.sh; do
			set -- "$@" "$(basename "$name" .sh)"
		done
	fi
	trap 'session_down' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	session_up
	for name; do
		# By itself: where its status is asked for, set -e is off in all
		# that it calls, and a scenario goes on after a step that failed.
		session_scenario "$name"
		session_line || failed=1
		cat "$LAB/result" >>"$LAB/results"
	done
	if [[ -n $json ]]; then
		jq -s . "$LAB/results" | put_file 0644 "$json"
	fi
	return $failed
}

# session_scenario NAME: runs one in a shell of its own, which ends at the first
# step that fails and is no check.
session_scenario() {
	local status=0

	rm -f "$LAB/result" "$LAB/scenario.at"
	SCENARIO=$1
	EXPECTED=$(sed -n 's/^EXPECTED="\(.*\)"$/\1/p' "$HERE/scenarios/$1.sh")
	set +e
	(
		set -e
		false
		true
	)
	status=$?
	((status != 0)) ||
		fail session_scenario "is called where set -e has no effect"
	# In the background, so that a signal finds this shell awake.
	(
		set -eE
		trap 'session_step_failed' ERR
		proc_note scenario "$BASHPID"
		result_clear
		# shellcheck source=/dev/null
		. "$HERE/scenarios/$1.sh"
		scenario
	) 2>"$LAB/scenario.err" &
	wait $!
	status=$?
	set -e
	if [[ $status != 0 || ! -s $LAB/result ]]; then
		result_clear
		result "error" "$(session_error)"
	fi
	[[ ! -v LAB_KEEP_LOGS ]] || session_keep
	[[ $status == 0 ]] || session_reset
	session_tidy
	session_sanitizers
}

# A step may fail without a word: where it was.
session_step_failed() {
	printf '%s line %s: %s\n' "${BASH_SOURCE[1]##*/}" "${BASH_LINENO[0]}" \
		"$BASH_COMMAND" >"$LAB/scenario.at"
}

# session_error: the last words of a scenario that ended before its end, or the
# step that it ended at.
session_error() {
	if [[ -s $LAB/scenario.err ]]; then
		tail -n1 "$LAB/scenario.err"
	elif [[ -s $LAB/scenario.at ]]; then
		head -n1 "$LAB/scenario.at"
	fi
}

# A report of a sanitizer (make SAN=1) is a failure whatever else happened.
session_sanitizers() {
	local file

	file=$(grep -lE 'Sanitizer:|runtime error:' "$LAB"/log/* | head -n1) ||
		true
	[[ -n $file ]] || return 0
	grep -hE -A20 'Sanitizer:|runtime error:' "$file" >"$LAB/scenario.err"
	jq -c --arg file "${file##*/}" '.result = "sanitizer report" |
		.reason = "in the log of " + $file' "$LAB/result" \
		>"$LAB/result.new"
	mv "$LAB/result.new" "$LAB/result"
	mv "$file" "$file.reported"
}

# LAB_KEEP_LOGS=DIR: all files of the lab as they were after the scenario.
session_keep() {
	mkdir -p "$LAB_KEEP_LOGS"
	tar -C "$LAB" --exclude='*.sock*' -cf "$LAB_KEEP_LOGS/$SCENARIO.tar" . \
		2>/dev/null || true
}

# session_reset: a scenario that ended on its way took nothing back. Its devices
# go, with their ports, and the RADIUS server is as it was at first.
session_reset() {
	local name dir pid dev

	for name in "$LAB"/procs/*; do
		name=${name##*/}
		[[ $name == radius ]] || proc_stop "$name"
	done
	for dir in "$LAB"/devices/*/; do
		[[ -d $dir ]] || continue
		dev=$(basename "$dir")
		for pid in $(ip netns pids "$(ns "$dev")" 2>/dev/null); do
			kill -KILL "$pid" 2>/dev/null || true
		done
		port_remove "$dev"
		rm -rf "$(hooks_dir "$dev")" "$dir"
	done
	: >"$LAB/aaa/listed"
	list_reset
	radius_configure radius 10.10.0.2 "$LAB/aaa/radius"
	rm -rf "$LAB/aaa/radius.started"
	! proc_alive radius || proc_stop radius
}

# What a scenario leaves behind must not help or hurt the next one.
session_tidy() {
	local dir dev

	for dir in "$LAB"/procs/{probe,agent,rogue}-*; do
		[[ ! -e $dir ]] || proc_stop "${dir##*/}"
	done
	for dir in "$LAB"/devices/*/; do
		[[ -d $dir ]] || continue
		dev=$(basename "$dir")
		unplug "$dev"
		rm -f "$dir/run/agent.json" "$dir"/state/history.json
	done
	proc_signal radius CONT
	proc_alive radius || radius_first_start || radius_start radius
	radius_forget_sessions
}

# One line of LAB/result for a person. Says by its status whether the
# scenario went as expected.
session_line() {
	local line

	line=$(jq -r --arg expected "$EXPECTED" '
		def pad(n): . + " " * ([n - length, 0] | max);
		def num(unit): if . == null then "-" else "\(.)\(unit)" end;
		[ (if .result == $expected then "ok" else "FAIL" end | pad(4)),
		  (.scenario | pad(27)),
		  (.result | pad(8)),
		  (.attach_ms | if . == null then "-" else "\(. * 10 | round / 10) ms" end | pad(9)),
		  ("TPM " + (.tpm_commands | num("")) | pad(6)),
		  (.tls_version // "-" | pad(7)),
		  ((.round_trips | num("")) + " rt" | pad(5)),
		  .reason ] | join("  ")
		| sub(" +$"; "")' "$LAB/result")
	printf '%s\n' "$line"
	if [[ $line != "ok "* ]]; then
		printf '     expected: %s\n' "$EXPECTED"
		[[ ! -s $LAB/scenario.err ]] ||
			sed 's/^/     /' "$LAB/scenario.err" | tail -n5
		return 1
	fi
}

# session_settled DEVICE: the agent came to some end.
session_settled() {
	if port_is_open "$(device_port "$1")"; then
		agent_is "$1" authorized
	else
		[[ $(agent_get "$1" '.ports[0].class') != NONE ]]
	fi
}

# session_status DEVICE: how it is; false: not as it should be.
session_status() {
	local dev=$1 port state reaches due unit
	port=$(device_port "$dev")
	unit=$(device_get "$dev" serial)
	due=$(due "$dev")
	state=$(port_state "$port")
	reaches=$(outcome "$dev")
	printf '%s: port %s is %s, reaches %s\n' "$dev" "$port" \
		"${state/open/open in VLAN}" "$reaches"
	printf '  unit: %s, %s\n' "$unit" "$(session_list_has "$dev" "$unit")"
	agent_get "$dev" '.ports[0] | "  agent: \(.state)" +
		(if .class == "NONE" then "" else ": \(.class): \(.reason)" end) +
		(if .tls_version then ": \(.tls_version) with \(.server_name)" +
		(if .resumed then ", resumed" else "" end) else "" end)' ||
		echo '  agent: has not been started yet'
	[[ ! -e $LAB/devices/$dev/tpm.mark ]] ||
		printf '  TPM commands since it was plugged: %s\n' \
			"$(tpm_commands "$dev")"
	[[ $state != "$due" || $reaches != "$(reached "$due")" ]] || return 0
	printf '  NOT as it should be: %s\n' "${due/open/open in VLAN}"
	return 1
}

# session_list_has DEVICE UNIT: what the RADIUS server's list says of it.
session_list_has() {
	if revoked "$2"; then
		echo "revoked by its maker"
	elif listed "$2"; then
		echo "on the list"
	else
		echo "not on the list (lab allow $1)"
	fi
}

# reached STATE: what a device reaches through a port in that state.
reached() {
	case $1 in
	open*) echo "vlan ${1#open }" ;;
	*) echo nothing ;;
	esac
}

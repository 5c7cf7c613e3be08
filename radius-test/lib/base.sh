# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034 # the other parts read the constants
#
# Ground of the lab: errors, processes, namespaces, waiting. A lab is a folder:
#   id        prefix of its namespaces' names
#   procs/    one file per process, `pid start-time`
#   log/      output of each process

: "${LAB:=}" "${PROGRAM:=lab}"

# The folder of labs, if it is their own: made and removed by them.
: "${LABS:=}"

# What a person's shell has set must not matter: with another locale bash writes
# times with a comma; root after `su` has no sbin in its path; files of the lab
# are read by daemons that are not root.
export LC_ALL=C.UTF-8 PATH=$PATH:/usr/sbin:/sbin
umask 022
# Nor whom this machine trusts; and `openssl x509` reads that whole list first,
# which takes it longer than all the rest.
export SSL_CERT_FILE=/dev/null

# Plain numbers: the lab makes no account. Each of the lab's own daemons has
# one, so that none can read another's keys.
UID_SWITCH=61001
UID_AAA=61002
UID_TPM=61003
UID_KEYD=61004
UID_SUPPLICANT=61005
UID_WEB=61006
UID_SITE=61007
UID_ENROLL=61008

# fail SUBJECT CAUSE
fail() {
	printf '%s: %s: %s\n' "$PROGRAM" "$1" "$2" >&2
	exit 1
}

# note TEXT: what takes a while now, for who waits at a terminal
note() {
	[[ ! -t 2 ]] || printf '%s: %s\n' "$PROGRAM" "$1" >&2
}

usage_fail() {
	printf '%s: %s (see --help)\n' "$PROGRAM" "$1" >&2
	exit 2
}

# as_switch COMMAND...: as one of the lab's users, with no capability
as_switch() {
	setpriv --reuid "$UID_SWITCH" --regid "$UID_SWITCH" --clear-groups "$@"
}

await_path() {
	printf '%s\n' "$LAB/bin/await"
}

# shellcheck source=radius-test/lib/wait.sh
. "$HERE/lib/wait.sh"
# shellcheck source=pki/lab/lib-output.sh
. "$HERE/../pki/lab/lib-output.sh"

# --- namespaces ---------------------------------------------------------

ns() {
	local id

	read -r id <"$LAB/id"
	printf '%s-%s\n' "$id" "$1"
}

ns_exists() {
	[[ -e /run/netns/$(ns "$1") ]]
}

# in_ns NODE COMMAND...
in_ns() {
	local id

	read -r id <"$LAB/id"
	nsenter --net="/run/netns/$id-$1" -- "${@:2}"
}

# quiet_ip COMMAND...: ip(8), which says a thing or two also when all is well; its
# words are for people only when it fails, and then one line.
quiet_ip() {
	local text

	text=$("$@" 2>&1) || fail "network" "ip: ${text%%$'\n'*}"
}

# ip_do ARG..., ip_at NODE ARG...: ip(8), here and in a namespace
ip_do() {
	quiet_ip ip "$@"
}

ip_at() {
	quiet_ip in_ns "$1" ip "${@:2}"
}

# ip_show NODE ARG...: what it prints; what else it says is in log/ip
ip_show() {
	in_ns "$1" ip "${@:2}" 2>>"$LAB/log/ip"
}

# ip_in NODE: many commands of ip(8), one a line on standard input
ip_in() {
	quiet_ip in_ns "$1" ip -batch -
}

ns_add() {
	ip_do netns add "$(ns "$1")"
	quiet_ip in_ns "$1" sh -ec '
		echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6
		echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
		exec ip link set lo up'
}

ns_remove() {
	ns_exists "$1" || return 0
	ip_do netns del "$(ns "$1")"
}

# --- processes ----------------------------------------------------------

# Field 22 of /proc/PID/stat; nothing for a process that is gone or dead. One
# that ends between open and read leaves the text empty.
proc_start_time() {
	local stat fields

	{ stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
	read -r -a fields <<<"${stat##*) }"
	[[ ${#fields[@]} -gt 19 && ${fields[0]} != [ZX] ]] || return 1
	printf '%s\n' "${fields[19]}"
}

# proc_start NAME NODE UID[:CAPS] COMMAND...
# Runs in the background with its output in log/NAME. CAPS: capabilities that
# it keeps, as net_raw,net_admin; none by default. Where the folder etc/NODE is, its
# files stand in place of those in /etc for it.
proc_start() {
	local name=$1 node=$2 user=${3%%:*} caps=${3#*:} as
	shift 3
	[[ $caps != "$user" ]] || caps=
	as=(setpriv --bounding-set "-all${caps:+,+${caps//,/,+}}" --no-new-privs)
	if [[ $user != 0 ]]; then
		as+=(--reuid "$user" --regid "$user" --clear-groups)
		[[ -z $caps ]] || as+=(--inh-caps "+${caps//,/,+}"
			--ambient-caps "+${caps//,/,+}")
	fi
	[[ -d $LAB/procs && -d $LAB/log ]] || mkdir -p "$LAB/procs" "$LAB/log"
	[[ ! -d $LAB/etc/$node ]] || as=(unshare --mount --propagation private
		"$HERE/lib/with-etc" "$LAB/etc/$node" "${as[@]}")
	setsid nsenter --net="/run/netns/$(ns "$node")" -- "${as[@]}" "$@" \
		</dev/null >>"$LAB/log/$name" 2>&1 &
	proc_note "$name" $!
}

# proc_note NAME PID: a process of the lab, so that its end is the lab's as well
proc_note() {
	printf '%s %s\n' "$2" "$(proc_start_time "$2")" >"$LAB/procs/$1"
}

# proc_pid NAME: its pid, if it is alive and still the one that was started.
proc_pid() {
	local pid start

	[[ -e $LAB/procs/$1 ]] || return 1
	read -r pid start <"$LAB/procs/$1" || return 1
	[[ -n $start && $(proc_start_time "$pid") == "$start" ]] || return 1
	printf '%s\n' "$pid"
}

proc_alive() {
	proc_pid "$1" >/dev/null
}

# proc_await NAME SECONDS: its end.
proc_await() {
	local pid

	pid=$(proc_pid "$1") || return 0
	await exit --seconds "$2" "$pid" 2>/dev/null
}

# proc_signal NAME SIGNAL: harmless when it is gone.
proc_signal() {
	local pid

	pid=$(proc_pid "$1") || return 0
	kill "-$2" "$pid" 2>/dev/null || true
}

# proc_stop NAME...: SIGTERM to all, SIGKILL to those who stay.
proc_stop() {
	local name

	for name; do
		proc_signal "$name" TERM
		proc_signal "$name" CONT
	done
	for name; do
		proc_await "$name" 3 || proc_signal "$name" KILL
		proc_await "$name" 3 ||
			fail "$name" "process does not end"
	done
	rm -f "${@/#/$LAB/procs/}"
}

# proc_kill NAME: SIGKILL, as a crash would.
proc_kill() {
	proc_signal "$1" KILL
	proc_await "$1" 3 || fail "$1" "process does not end"
}

# Every process of this lab's namespaces: also those that a program of the lab
# started, such as a wpa_supplicant whose agent was killed.
ns_pids() {
	local name id
	id=$(<"$LAB/id")
	for name in /run/netns/"$id"-*; do
		[[ -e $name ]] || continue
		ip netns pids "${name##*/}" 2>/dev/null
	done
}

# put FILE [MODE [OWNER]]: writes standard input to FILE.
put() {
	local temp=$1.new

	cat >"$temp"
	chmod "${2:-0644}" "$temp"
	[[ -z ${3:-} ]] || chown "$3:$3" "$temp"
	mv -f "$temp" "$1"
}

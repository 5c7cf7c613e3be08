# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# For the scripts that judge inside the virtual machine: TAP that goes on over
# reboots and power cuts, and what several of them ask. They run in /src.

export LC_ALL=C.UTF-8 PATH=$PATH:/usr/local/sbin:/usr/local/bin
conf=/etc/devid/devid.conf
count=/var/lib/vm/tests

await_path() { echo /src/build/await; }
# shellcheck source=radius-test/lib/wait.sh
. radius-test/lib/wait.sh

# ---- judging ----

# verdict TITLE MARK COMMAND...
verdict() {
	local title=$1 mark=$2 n text

	n=$(($(cat $count 2>/dev/null || echo 0) + 1))
	echo $n >$count
	sync $count
	if text=$("${@:3}" 2>&1); then
		echo "ok $n - $title$mark"
	else
		echo "not ok $n - $title$mark"
		printf '%s\n' "$text" | tail -n 30 | sed 's/^/# /'
	fi
}

# check TITLE COMMAND...
check() { verdict "$1" '' "${@:2}"; }

# todo DEFECT TITLE COMMAND...: what is right, and known not to hold
todo() { verdict "$2" " # TODO $1" "${@:3}"; }

# plan: after the last one
plan() { echo "1..$(cat $count)"; }

refused() { ! "$@"; }

# exits STATUS COMMAND...: with just that
exits() {
	local status=0

	"${@:2}" || status=$?
	echo "exit status $status, expected $1"
	((status == $1))
}

# says PATTERN COMMAND...: its output has it; how it ends is not asked
says() {
	local text

	text=$("${@:2}" 2>&1) || true
	printf '%s\n' "$text"
	grep -qE -- "$1" <<<"$text"
}

# equal VALUE COMMAND...: prints just that
equal() {
	local text

	text=$("${@:2}" 2>&1) || true
	printf '%s\n' "expected: $1" "got: $text"
	[[ $text == "$1" ]]
}

# at_most BOUND NUMBER
at_most() {
	echo "$2, at most $1"
	[[ $2 =~ ^[0-9.]+$ ]] && awk -v a="$1" -v b="$2" 'BEGIN { exit b > a }'
}

nothing() { ! grep .; }

# ---- the journal ----

# bad_lines: of this boot: what seccomp or a signal of its own making ended, what
# AppArmor refused, and what systemd did not understand or could not do of what a
# unit of devid says
bad_lines() {
	local unit='devid-[a-z-]*\.(service|socket):'

	journalctl --sync
	journalctl --no-pager -b -o short-monotonic | grep -E \
		-e 'type=1326|apparmor="DENIED"|segfault|dumped core' \
		-e 'status=[0-9]+/(ABRT|BUS|FPE|ILL|SEGV|SYS|TRAP)' \
		-e "$unit.*(status=2[0-9][0-9]/|Failed (to set up|at step) )" \
		-e "${unit}[0-9]+: (Unknown|Failed to parse|Invalid) "
}

# but for what alarm_rings made
worse_lines() { bad_lines | grep -v vm-probe; }

journal_clean() { refused worse_lines; }

# alarm_rings: bad_lines finds what a program named vm-probe was made to do, and
# a unit of a user that there is not
alarm_rings() {
	local probe=/usr/local/bin/vm-probe

	cp /bin/uname $probe
	systemd-run -q --wait -u vm-probe -p SystemCallFilter=~uname $probe
	cp /bin/cat $probe
	printf 'profile vm-probe {\n%s\n%s\n}\n' "/usr/** rm," "/etc/ld* r," |
		apparmor_parser -r
	aa-exec -p vm-probe -- $probe /etc/hostname
	apparmor_parser -R <<<'profile vm-probe { }'
	systemd-run -q --wait -u devid-vm-probe -p User=vm-nobody $probe /etc/hostname
	bad_lines | grep vm-probe >/run/vm/alarm
	cat /run/vm/alarm
	grep -q 'type=1326' /run/vm/alarm && grep -q DENIED /run/vm/alarm &&
		grep -q '31/SYS' /run/vm/alarm && grep -q '217/USER' /run/vm/alarm
}

# ---- devid as it is installed ----

# The compiler is not here: what was built outside is installed, or nothing is.
install_devid() {
	refused command -v gcc && make -s install && systemd-sysusers &&
		systemd-tmpfiles --create && systemctl daemon-reload
}

main_pid() { systemctl show -P MainPID "$1"; }

# status_of UNIT FIELD: of /proc/PID/status, blanks as single ones
status_of() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$(main_pid "$1")/status" |
		tr -s '[:blank:]' ' '
}

# runs_as PID USER CAPABILITIES: that user alone, that bounding set and no more,
# nothing gained by exec, system calls filtered
runs_as() {
	local uid

	uid=$(id -u "$2")
	grep -E '^(Uid|Cap|NoNewPrivs|Seccomp:)' "/proc/$1/status"
	awk -v uid="$uid" -v bounding="$3" '
		/^Uid:/ { bad += $2 != uid || $3 != uid || $4 != uid || $5 != uid }
		/^Cap(Bnd|Eff|Prm):/ { bad += $2 "" != bounding "" }
		/^NoNewPrivs:/ { bad += $2 != 1 }
		/^Seccomp:/ { bad += $2 != 2 }
		END { exit bad || NR < 20 }' "/proc/$1/status"
}

# exposed UNIT BOUND: by systemd's own judgement
exposed() {
	at_most "$2" "$(systemd-analyze security --no-pager "$1" |
		sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p')"
}

# with_rights UNIT COMMAND...: as root, with the unit's rights to devices
with_rights() {
	# shellcheck disable=SC2016 # for the inner shell
	bash -c 'echo $$ >"/sys/fs/cgroup$1/cgroup.procs" && exec "${@:2}"' _ \
		"$(systemctl show -P ControlGroup "$1")" "${@:2}"
}

opens() { [[ -c $2 ]] && with_rights "$1" sh -c "exec 3<>$2"; }

# not_permitted UNIT PATH: what root may read, those rights forbid
not_permitted() {
	sh -c "exec 3<$2" &&
		says 'Operation not permitted' with_rights "$1" sh -c "exec 3<$2" &&
		refused with_rights "$1" sh -c "exec 3<$2"
}

keyd_says() { devid status --json | jq -er .keystore.state; }

keyd_well() { [[ $(keyd_says) == ok ]]; }

# restarted UNIT PID: another process is at work in its place
restarted() {
	[[ $(systemctl is-active "$1") == active && $(main_pid "$1") != "$2" ]]
}

# comes_back UNIT: by itself, after a kill
comes_back() {
	local pid

	pid=$(main_pid "$1")
	kill -9 "$pid"
	ask_until 60 restarted "$1" "$pid"
}

# ---- identity ----

serial=ACCC8E000001
pki=/root/pki

# provision_begin: key, request and a certificate, by the book
provision_begin() {
	devid provision key &&
		devid provision csr --serial $serial --model M1 --out /root/unit.csr &&
		devid-pki --dir $pki root && devid-pki --dir $pki issuing &&
		devid-pki --dir $pki issue-idevid /root/unit.csr \
			--out /root/unit.pem
}

# without_nv: certificates stay on the disk
without_nv() {
	sed -i '/^\[keyd\]/a certificate_in_nv = no' $conf &&
		systemctl restart devid-keyd
}

# tls_server USER: on port 8443, with the device's key
tls_server() {
	rm -f /run/vm/tls
	systemd-run -q -u vm-tls --uid="$1" -p StandardOutput=file:/run/vm/tls \
		-p StandardError=file:/run/vm/tls.err \
		-E OPENSSL_CONF=/usr/local/share/devid/openssl-devid.cnf \
		openssl s_server -accept 127.0.0.1:8443 -www \
		-key /var/lib/devid/idevid.key -cert /var/lib/devid/idevid.pem \
		-cert_chain /var/lib/devid/idevid.pem
	wait_on --seconds 60 /run/vm/tls "$(main_pid vm-tls)" -- \
		grep -q ACCEPT /run/vm/tls
}

# proves SERIAL [USER]: a TLS server with the key is verified as that device
proves() {
	local status

	tls_server "${2:-www-data}" || {
		cat /run/vm/tls /run/vm/tls.err
		return 9
	}
	devid verify --root $pki/root/cert.pem --serial "$1" --timeout 60 \
		127.0.0.1:8443
	status=$?
	systemctl stop vm-tls
	systemctl reset-failed vm-tls 2>/dev/null
	return $status
}

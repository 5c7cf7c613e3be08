#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vm:
#
# A device's life under systemd, behind firmware that shuts the platform
# hierarchy: installed, provisioned, attached, rebooted, its power cut three times.
# shellcheck disable=SC2317 # called by check
set -uo pipefail
# shellcheck source=tests/vm/guest/lib.bash
. tests/vm/guest/lib.bash

services=(devid-keyd.socket devid-keyd.service devid-agent.service)
none=0000000000000000
raw=0000000000002000
agent_may=00000000000035eb # what its unit names

units_good() {
	systemd-analyze --man=no verify /usr/local/lib/systemd/system/devid-* \
		2>&1 | nothing
}

users_made() {
	id devid-keyd && id devid-eap && id devid-ca &&
		equal 'root:root 755' stat -c '%U:%G %a' /run/devid &&
		equal 'devid-keyd:devid-keyd 755' stat -c '%U:%G %a' /var/lib/devid
}

# The TPM's variable property of that name, in decimal
tpm_says() {
	tpm2_getcap properties-variable | awk -v name="$1:" \
		'$1 == name { print $2 }' | xargs -r printf '%d\n'
}

failures() { tpm_says TPM2_PT_LOCKOUT_COUNTER; }

# counted BOUND SINCE: failed attempts that the TPM has noted since
counted() {
	local now

	now=$(failures)
	[[ $now =~ ^[0-9]+$ && $2 =~ ^[0-9]+$ ]] || {
		echo "failed attempts: now '$now', before '$2'"
		return 1
	}
	at_most "$1" $((now - $2))
}

# ---- installed ----

boot_installed() {
	check "the alarms for the journal ring" alarm_rings
	check "AppArmor is on" aa-enabled
	check "what was built outside is installed as it is" install_devid
	check "systemd-sysusers and systemd-tmpfiles make users and folders" users_made
	check "systemd-analyze verify has nothing to say about the units" units_good
	check "the units of a device are enabled and keyd starts" \
		systemctl enable --now devid-keyd.socket devid-keyd.service
	check "the firmware has shut the platform hierarchy" \
		says 'bad_auth|BAD_AUTH|authorization failure' \
		tpm2_hierarchycontrol -C p phEnableNV set
	check "keyd reaches the TPM through /dev/tpmrm0" keyd_well
	sandbox_of_keyd
	provision
}

interfaces_of() { awk -F '[ :]+' 'NR > 2 { print $2 }' "/proc/$1/net/dev"; }

no_network() {
	refused equal "$(readlink /proc/self/ns/net)" readlink "/proc/$1/ns/net" &&
		equal lo interfaces_of "$1"
}

sandbox_of_keyd() {
	local pid device

	pid=$(main_pid devid-keyd)
	check "keyd runs as devid-keyd without a capability" \
		runs_as "$pid" devid-keyd $none
	check "keyd's network has a loopback and no more" no_network "$pid"
	check "keyd: systemd-analyze security says at most 0.6" \
		exposed devid-keyd.service 0.6
	check "keyd's rights to devices let it open /dev/tpmrm0" \
		opens devid-keyd /dev/tpmrm0
	for device in mem kmsg vda hwrng loop-control; do
		check "keyd's rights to devices have no /dev/$device" \
			not_permitted devid-keyd "/dev/$device"
	done
	# Read it may, which comes with ProtectClock=.
	check "keyd's rights to devices do not let it write /dev/rtc0" \
		says 'Operation not permitted' opens devid-keyd /dev/rtc0
}

# ---- provisioned ----

provision() {
	# A TPM that the last step cannot write is no news at the last step.
	check "provisioning says at its first step what the TPM cannot do" \
		says certificate_in_nv devid provision key
	check "with certificate_in_nv = no, keyd restarts" without_nv
	check "it is provisioned up to its certificate" provision_begin
	check "and the last step works" devid provision cert /root/unit.pem
	check "the identity in the TPM is the one on the case" equal "$serial true" \
		jq_status '.identities[] | select(.name == "idevid") |
			"\(.certificate.serial) \(.present)"'
	check "a TLS server of www-data proves it" proves $serial
	check "and no other" exits 1 proves ACCC8E000002
	check "a TLS server of nobody has no signature" not_for_nobody
	check "keyd says who asked" says "tls-server.*uid $(id -u www-data)" \
		journalctl -b -u devid-keyd
	attach
}

# The server starts and breaks off, and keyd says why.
not_for_nobody() {
	exits 1 proves $serial nobody && journalctl --sync &&
		says "refused: sign .*: not permitted to uid $(id -u nobody)" \
			journalctl -b -u devid-keyd
}

jq_status() { devid status --json | jq -r "$1"; }

# ---- attached ----

site_made() {
	mkdir -p /root/site && devid-pki --dir /root/site/pki site-ca &&
		devid-pki --dir /root/site/pki radius-server radius.example.com \
			--out /root/site/radius-server
}

switch_made() {
	cat >/etc/systemd/system/vm-switch.service <<-END
		[Unit]
		Description=A switch with one port
		[Service]
		Type=exec
		ExecStart=/src/tests/vm/guest/switch
		ExecStopPost=-/bin/ip netns del vm-switch
		[Install]
		WantedBy=multi-user.target
	END
	systemctl daemon-reload && systemctl enable --now vm-switch
}

authorized() { [[ $(jq_status '.agent.ports[0].state') == authorized ]]; }

attached() {
	wait_on --seconds 120 /run/devid -- authorized || {
		devid status
		journalctl -b --no-pager -u devid-agent -u vm-switch -n 20
		return 1
	}
}

# The switch's own word, where the port's other end is.
let_in() {
	says '\[AUTHORIZED\]' ip netns exec vm-switch \
		hostapd_cli -p /run/vm-switch/control all_sta
}

# The switch gives no address, which is a warning.
no_fault() {
	devid doctor || [ $? -eq 3 ] || return 1
	{ devid doctor --json || [ $? -eq 3 ]; } |
		jq -e 'all(.findings[]; .level != "fault")'
}

bundle_has_log() {
	journalctl --sync
	devid doctor --bundle /root/unit.tar
	tar -xOf /root/unit.tar devid-bundle/logs/journal.txt >/root/unit.log
	says "devid-keyd.service\[[0-9]+\] <6> signed: idevid: tls-client" \
		cat /root/unit.log &&
		says "devid-agent.service.* port: .*: authorized" cat /root/unit.log
}

bundle_of_nobody() {
	setpriv --reuid nobody --regid nogroup --clear-groups \
		devid doctor --bundle - | tar -xOf - devid-bundle/README.txt
}

attach() {
	local agent child

	check "a site has a CA and a RADIUS server's certificate" site_made
	check "a switch with one port starts" switch_made
	check "the agent starts" systemctl enable --now devid-agent
	check "the agent's port is authorized" attached
	check "the switch says so too" let_in
	check "devid doctor finds no fault" no_fault
	check "its bundle has the log of both services" bundle_has_log
	check "and for nobody says that the log was not seen" \
		says "no line of devid-keyd and devid-agent" bundle_of_nobody
	agent=$(main_pid devid-agent)
	child=$(pgrep -P "$agent" -x wpa_supplicant)
	check "the agent is root with what its unit names" \
		runs_as "$agent" root $agent_may
	check "wpa_supplicant is devid-eap with CAP_NET_RAW" \
		runs_as "$child" devid-eap $raw
	check "agent: systemd-analyze security says at most 3.2" \
		exposed devid-agent.service 3.2
	check "the agent sees no TPM" nsenter -t "$agent" -m test ! -e /dev/tpmrm0
	check "the agent's rights to devices have no /dev/tpmrm0" \
		not_permitted devid-agent /dev/tpmrm0
	check "the agent's rights to devices have no /dev/tpm0" \
		not_permitted devid-agent /dev/tpm0
	check "keyd comes back after a kill" comes_back devid-keyd
	check "and the TPM is well" ask_until 60 keyd_well
	check "the agent comes back after a kill" comes_back devid-agent
	check "and attaches" attached
	check "journal: nothing was ended or refused" journal_clean
	failures >/root/failures
}

# ---- over and over ----

all_up() {
	local unit

	for unit in "${services[@]}"; do
		systemctl is-active "$unit" || return 1
	done
	systemctl --failed --no-legend | nothing
}

after() { # WHAT COUNT SINCE
	check "after $1: all services are up by themselves" ask_until 60 all_up
	check "after $1: the device attaches by itself" attached
	check "after $1: the TPM has noted at most $2 failed attempts" \
		counted "$2" "$3"
	check "after $1: journal: nothing was ended or refused" journal_clean
}

next() { # COMMAND
	failures >/root/failures
	sync
	"$@"
	exec sleep infinity
}

since=$(cat /root/failures 2>/dev/null)
case $VM_BOOT in
1)
	boot_installed
	next systemctl reboot
	;;
2)
	after "a clean reboot" 0 "$since"
	check "after a clean reboot: a TLS server proves the identity" proves $serial
	next vm-cut
	;;
3)
	after "a power cut that followed signatures" 1 "$since"
	check "after a power cut: a TLS server proves the identity" proves $serial
	check "the agent is switched off, so that nobody signs" \
		systemctl disable --now devid-agent vm-switch
	next vm-cut
	;;
4)
	check "after the second power cut: keyd is up by itself" ask_until 60 keyd_well
	check "after the second power cut: the TPM has noted at most 1 failed attempt" \
		counted 1 "$since"
	next vm-cut
	;;
5)
	check "a power cut after which nobody had signed counts nothing" \
		counted 0 "$since"
	check "after three power cuts the device can still sign" proves $serial
	check "after three power cuts: journal: nothing was ended or refused" \
		journal_clean
	plan
	;;
esac

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vm: VM_TPM=none
#
# A TPM that the kernel finds after the services have started, as those at SPI
# and I2C and those of firmware are; that goes while keyd holds it; and that
# comes back, under another number at last. It is swtpm behind the kernel's proxy.
# shellcheck disable=SC2317 # called by check
set -uo pipefail
# shellcheck source=tests/vm/guest/lib.bash
. tests/vm/guest/lib.bash

# tpm_comes NAME NUMBER: as /dev/tpmNUMBER. The kernel gives up a TPM that takes
# more than 20 ms for some commands, as it may where a machine does much else;
# then swtpm ends.
tpm_comes() {
	local try

	for try in {1..20}; do
		chrt -f 1 swtpm chardev --vtpm-proxy --tpm2 \
			--tpmstate "dir=/root/$1" --flags startup-clear \
			--daemon --pid "file=/run/vm/$1.pid" || return 1
		ask_until 60 taken_or_not "$@"
		udev_made "/dev/tpmrm$2" && return
		echo "try $try: $(journalctl -k -b -n 3 -o cat)"
	done
	return 1
}

taken_or_not() { udev_made "/dev/tpmrm$2" || [[ ! -e /run/vm/$1.pid ]]; }

# Its node is there, and udev has given it to its group.
udev_made() { [[ $(stat -c %G "$1" 2>/dev/null) == tss ]]; }

tpm_goes() { # NAME
	local pid

	pid=$(cat "/run/vm/$1.pid")
	kill "$pid" && await exit "$pid"
}

made() { # NAME
	mkdir "/root/$1" &&
		swtpm_setup --tpm2 --tpmstate "/root/$1" --pcr-banks sha256
}

keyd_names() { [[ $(keyd_says) == "$1" ]]; }

# same_process PID: nobody restarted keyd
same_process() { equal "$1" main_pid devid-keyd; }

core_loaded() {
	systemctl show -P Result modprobe@tpm.service
	systemctl show -P After devid-keyd | tr ' ' '\n' |
		grep -qx modprobe@tpm.service && grep -w tpm /proc/devices
}

begin() {
	check "devid is installed" install_devid
	check "a TPM is made" made tpm
	check "there is none in the machine" refused compgen -G '/dev/tpm*'
	check "keyd starts without a TPM" \
		systemctl enable --now devid-keyd.socket devid-keyd.service
	check "the kernel's TPM core is there before keyd is" core_loaded
	check "keyd says that the TPM is absent" equal absent keyd_says
	check "and why" says 'no /dev/tpmrm\*: the kernel has found no TPM' \
		devid status
	check "the kernel's proxy for TPMs is there" modprobe tpm_vtpm_proxy
}

late() {
	local pid

	pid=$(main_pid devid-keyd)
	check "the TPM comes" tpm_comes tpm 0
	check "keyd gets a TPM that came after it" ask_until 30 keyd_well
	check "by itself" same_process "$pid"
	check "keyd's rights to devices let it open /dev/tpm0" opens devid-keyd /dev/tpm0
	check "and no /dev/kmsg" not_permitted devid-keyd /dev/kmsg
	check "and no disk" not_permitted devid-keyd /dev/vda
	check "and no other device of its kind" not_permitted devid-keyd /dev/hwrng
	check "it is provisioned" provision_begin
	check "the platform hierarchy is open here: the certificate is in the TPM" \
		devid provision cert /root/unit.pem
	check "a TLS server proves the identity" proves $serial
}

gone_and_back() {
	local pid

	pid=$(main_pid devid-keyd)
	check "the TPM goes while keyd holds it" tpm_goes tpm
	check "keyd says so" ask_until 30 keyd_names absent
	check "the TPM comes back" tpm_comes tpm 0
	check "keyd gets it again" ask_until 30 keyd_well
	check "by itself, again" same_process "$pid"
	check "a TLS server proves the identity again" proves $serial
}

# Somebody has the old one open still, so that its number is not free.
other_number() {
	local held pid

	pid=$(main_pid devid-keyd)
	exec {held}</dev/tpmrm0
	check "the TPM goes again" tpm_goes tpm
	check "and comes back under another number" tpm_comes tpm 1
	exec {held}<&-
	check "keyd's rights to devices let it open /dev/tpmrm1" \
		opens devid-keyd /dev/tpmrm1
	check "keyd gets a TPM that came back under another number" \
		ask_until 30 keyd_well
	check "by itself, once more" same_process "$pid"
	check "and says which it is" \
		says 'tpm: device:/dev/tpmrm1' journalctl -u devid-keyd -b
	check "a TLS server proves the identity under that number" proves $serial
}

begin
late
gone_and_back
other_number
check "journal: nothing was ended or refused" journal_clean
plan

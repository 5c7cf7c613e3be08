# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The peer: a device of the lab whose key is in its TPM by way of
# tpm2-pkcs11 and tpm2-abrmd, and who attaches with wpa_supplicant alone.

PEER_PIN=1234
PEER_ENV=() # env and what peer_up() adds: private bus, token store

peer_up() {
	local dir=$LAB/devices/peer

	ENGINE_DIR=$(openssl version -e | sed 's/^ENGINESDIR: "\(.*\)"$/\1/')
	PKCS11_MODULE=${ENGINE_DIR%/*}/pkcs11/libtpm2_pkcs11.so
	PEER_ENV=(env DBUS_SESSION_BUS_ADDRESS="unix:path=$dir/bus.sock"
		TPM2TOOLS_TCTI=tabrmd:bus_type=session
		TPM2_PKCS11_TCTI=tabrmd:bus_type=session
		TPM2_PKCS11_STORE="$dir/store" TSS2_LOG=all+none)
	device_new peer
	tpm_start peer
	peer_bus_start
	# As root: the bus knows no user without an account.
	proc_start abrmd-peer peer 0:dac_override "${PEER_ENV[@]}" tpm2-abrmd \
		--session --allow-root --tcti="swtpm:path=$dir/tpm/tpm.sock"
	ask_until 10 peer_tpm_answers ||
		fail peer "tpm2-abrmd does not start: $LAB/log/abrmd-peer"
	peer_provision >"$LAB/log/provision-peer" 2>&1 ||
		fail peer "no key: $(tail -n1 "$LAB/log/provision-peer")"
	peer_configure tls12 1
	peer_configure tls13 0
	allow_list_add "$(device_get peer serial)"
	authenticator_start "$(device_port peer)"
	eapol_watch peer
}

peer_bus_start() {
	local dir=$LAB/devices/peer

	put "$dir/bus.conf" <<-END
		<!DOCTYPE busconfig PUBLIC
		 "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
		 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
		<busconfig>
		  <type>session</type>
		  <listen>unix:path=$dir/bus.sock</listen>
		  <auth>EXTERNAL</auth>
		  <policy context="default">
		    <allow send_destination="*" eavesdrop="true"/>
		    <allow eavesdrop="true"/>
		    <allow own="*"/>
		  </policy>
		</busconfig>
	END
	proc_start bus-peer peer 0 dbus-daemon --nofork --nopidfile \
		--config-file="$dir/bus.conf" --print-address
	# Printed when it listens.
	wait_on --seconds 5 "$LAB/log/bus-peer" -- \
		grep -qs ^unix: "$LAB/log/bus-peer" ||
		fail peer "dbus-daemon does not start: $LAB/log/bus-peer"
}

peer_tpm_answers() {
	"${PEER_ENV[@]}" tpm2_getcap properties-fixed >/dev/null 2>&1
}

# As tpm2-pkcs11's manual says: store, token, key; then a certificate of the
# same CA that certifies the other devices.
peer_provision() {
	local dir=$LAB/devices/peer tool=("${PEER_ENV[@]}" tpm2_ptool)
	local pin=("--userpin=$PEER_PIN" "--path=$LAB/devices/peer/store")

	mkdir -p "$dir/store"
	"${tool[@]}" init "${pin[1]}"
	"${tool[@]}" addtoken --pid=1 --label=bench --sopin=$PEER_PIN \
		"${pin[@]}"
	"${tool[@]}" addkey --algorithm=ecc256 --label=bench \
		--key-label=unit "${pin[@]}"
	# By URI: with -engine, the engine would take over the RSA of the TSS
	# that works behind it.
	"${PEER_ENV[@]}" PKCS11_MODULE_PATH="$PKCS11_MODULE" openssl req -new \
		-key "org.openssl.engine:pkcs11:$(peer_key);pin-value=$PEER_PIN" \
		-subj "/serialNumber=$(device_get peer serial)/CN=Lab 1" \
		-out "$dir/idevid.csr"
	pki issue-idevid "$dir/idevid.csr" --out "$dir/idevid.pem"
}

peer_key() {
	printf 'pkcs11:token=bench;object=unit;type=private\n'
}

# peer_configure NAME NO_TLS13
peer_configure() {
	local dir=$LAB/devices/peer

	put "$dir/$1.conf" 0600 <<-END
		ctrl_interface=$dir/ctrl
		ap_scan=0
		eapol_version=2
		pkcs11_engine_path=$ENGINE_DIR/libpkcs11.so
		pkcs11_module_path=$PKCS11_MODULE
		network={
		  key_mgmt=IEEE8021X
		  eapol_flags=0
		  eap=TLS
		  identity="anonymous@devid.invalid"
		  ca_cert="$dir/radius-ca.pem"
		  domain_match="radius.example"
		  client_cert="$dir/idevid.pem"
		  private_key="$(peer_key)"
		  pin="$PEER_PIN"
		  phase1="tls_disable_tlsv1_3=$2"
		  fragment_size=1266
		}
	END
}

# peer_start CONF: what a unit bound to the link does at carrier-up.
peer_start() {
	proc_start wpa-peer peer 0:net_raw,net_admin "${PEER_ENV[@]}" \
		wpa_supplicant -D wired -i eth0 -c "$LAB/devices/peer/$1.conf"
}

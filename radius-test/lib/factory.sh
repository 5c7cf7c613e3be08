# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A manufacturer as one would have it: root and issuing CA in a token each
# (SoftHSM2 stands in), a vendor of TPMs, and devid-ca, which certifies a key
# only with proof that it is in one of that vendor's TPMs. Read after aaa.sh and
# device.sh, whose quick manufacturer with keys in files it takes the place of.

FACTORY_MODULE=/usr/lib/softhsm/libsofthsm2.so

factory_ca() {
	"$LAB/bin/devid-ca" "$1" --config "$LAB/factory/devid-ca.conf" "${@:2}"
}

# ceremony SIDE CEREMONY ARG...: with the token of that side and its PIN.
ceremony() {
	local side=$1 text

	shift
	if ! text=$(DEVID_CA=$LAB/bin/devid-ca "$HERE/../pki/ceremony/devid-ceremony" \
		--dir "$LAB/factory/$side" --yes "$@" \
		--module "$FACTORY_MODULE" --token "$side" \
		--pin-file "$LAB/factory/$side.pin" 2>&1); then
		fail "ceremony $1" "$(tail -n1 <<<"$text")"
	fi
}

# token_new LABEL: with a PIN of its own.
token_new() {
	(umask 077 && openssl rand -hex 8 | tr -d '\n' \
		>"$LAB/factory/$1.pin")
	softhsm2-util --init-token --free --label "$1" --so-pin "$(
		openssl rand -hex 8)" --pin "$(<"$LAB/factory/$1.pin")" \
		>"$LAB/log/token" || fail "$1" "token: $(tail -n1 "$LAB/log/token")"
}

# maker_up: in place of that of aaa.sh, which calls it as well.
maker_up() {
	local dir=$LAB/factory issuing=$LAB/factory/issuing/issuing/line1

	[[ ! -s $dir/devid-ca.conf ]] || return 0 # it is there
	mkdir -p "$dir"/{tokens,vendor,ek-roots,root,issuing}
	export SOFTHSM2_CONF=$dir/softhsm2.conf
	printf 'directories.tokendir = %s\nlog.level = ERROR\n' "$dir/tokens" \
		>"$SOFTHSM2_CONF"
	token_new root
	token_new issuing
	ceremony root root --org "${MAKER:-devid lab manufacturer}" --alg p384
	ceremony issuing issuing-request line1 --alg p256 \
		--org "${MAKER:-devid lab manufacturer}"
	ceremony root issuing-sign line1 --request "$issuing/request.pem"
	ceremony issuing issuing-install line1 \
		--certificate "$dir/root/root/issued/line1/cert.pem" \
		--root "$dir/root/root/cert.pem"
	vendor_up
	factory_configure
	# Where the lab looks for the manufacturer's root.
	mkdir -p "$LAB/pki/root" "$LAB/pki/issuing"
	cp "$issuing/root.pem" "$LAB/pki/root/cert.pem"
	cp "$issuing/cert.pem" "$LAB/pki/issuing/cert.pem"
}

factory_configure() {
	local dir=$LAB/factory

	put "$dir/devid-ca.conf" 0600 <<-END
		[ca]
		name = line1
		register = sqlite:$dir/register.db
		certificate = $dir/issuing/issuing/line1/cert.pem
		chain = $dir/issuing/issuing/line1/chain.pem
		[token]
		module = $FACTORY_MODULE
		token = issuing
		key = line1
		audit_key = line1-audit
		pin_file = $dir/issuing.pin
		[ek]
		roots = $dir/ek-roots
	END
}

# The vendor of the TPMs: swtpm_localca, with a root of this lab's own.
vendor_up() {
	local v=$LAB/factory/vendor

	cat >"$v/setup.conf" <<-END
		create_certs_tool = /usr/bin/swtpm_localca
		create_certs_tool_config = $v/localca.conf
		create_certs_tool_options = $v/localca.options
		active_pcr_banks = sha256
	END
	cat >"$v/localca.conf" <<-END
		statedir = $v
		signingkey = $v/signkey.pem
		issuercert = $v/issuer.pem
		certserial = $v/serial
	END
	: >"$v/localca.options"
}

# tpm_manufacture DEVICE: a TPM with an EK and its vendor's certificate for it.
tpm_manufacture() {
	local dir=$LAB/devices/$1/tpm v=$LAB/factory/vendor

	TMPDIR=$v swtpm_setup --tpm2 --tpmstate "$dir" --createek \
		--create-ek-cert --config "$v/setup.conf" \
		>"$LAB/log/vendor" 2>&1 ||
		fail "$1" "swtpm_setup: $(tail -n1 "$LAB/log/vendor")"
	chown -R "$UID_TPM:$UID_KEYD" "$dir"
	cp "$v"/{issuer,swtpm-localca-rootca-cert}.pem "$LAB/factory/ek-roots/"
}

# factory_issue DEVICE: what goes between device and CA, as on a stick. Leaves
# DEVICE's idevid.pem (IDevID and CA) where the lab looks for it.
factory_issue() {
	local dev=$1 dir=$LAB/devices/$1
	local conf=(--config "$dir/devid.conf")

	devid "$dev" provision request --serial "$(device_get "$dev" serial)" \
		--model "Lab 1" --out "$dir/unit.tcgcsr" "${conf[@]}"
	factory_ca challenge --out "$dir/unit.challenge" "$dir/unit.tcgcsr"
	devid "$dev" provision answer --out "$dir/unit.answer" \
		"$dir/unit.challenge" "${conf[@]}"
	factory_ca issue --out "$dir/unit.pem" "$dir/unit.answer"
	devid "$dev" provision install "$dir/unit.pem" "${conf[@]}"
	awk '/BEGIN/ { n++ } n != 2' "$dir/unit.pem" >"$dir/idevid.pem"
}

# maker_provision DEVICE: in place of that of device.sh.
maker_provision() {
	devid "$1" provision key --alg "$(device_get "$1" alg)" \
		--config "$LAB/devices/$1/devid.conf"
	factory_issue "$1"
}

# maker_allow_list FILE: in place of that of aaa.sh.
maker_allow_list() {
	[[ ! -s $LAB/factory/register.db ]] ||
		factory_ca export --format site --only "$1"
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2046 # words are made by functions
#
# Two SoftHSM tokens and a root for the tests of key ceremonies: root and
# issuing CA in two places.

: "${build:?set in lib.bash}" "${repo:?set in lib.bash}"
output='' # set by run

module=/usr/lib/softhsm/libsofthsm2.so

# ceremony_init: for setup_file
ceremony_init() {
	WORK=$(mktemp -d "${TMPDIR:-/tmp}/devid-e2e.XXXXXX")
	export WORK
	mkdir "$WORK/tokens"
	: >"$WORK/pids"
	export SOFTHSM2_CONF=$WORK/softhsm2.conf DEVID_CA=$build/devid-ca
	printf '%s\n' "directories.tokendir = $WORK/tokens" \
		"objectstore.backend = file" "log.level = ERROR" >"$SOFTHSM2_CONF"
	new_token root
	new_token issuing
	ceremony "$WORK/r" root $(root_token) --org Acme
}

# pin_of LABEL: one that no other process of this machine has
pin_of() { echo "pin-of-$1-${WORK##*.}"; }

# new_token LABEL: its PIN is in $WORK/LABEL.pin
new_token() {
	softhsm2-util --init-token --free --label "$1" --so-pin so-of-token \
		--pin "$(pin_of "$1")" >/dev/null
	(umask 077 && pin_of "$1" >"$WORK/$1.pin")
}

on_token() { echo "--module $module --token $1 --pin-file $WORK/$1.pin"; }
root_token() { on_token root; }
issuing_token() { on_token issuing; }

# ceremony DIR ARG...: unattended
ceremony() { "$repo/pki/ceremony/devid-ceremony" --dir "$1" --yes "${@:2}"; }

# issuing_ca NAME [ALG [ROOT [KEY]]]: all the way from the key to the certificate
issuing_ca() {
	local root=${3:-root} key=${4:-$1}

	ceremony "$WORK/i" issuing-request "$1" $(issuing_token) --org Acme \
		--alg "${2:-p256}" --key "$key"
	ceremony "$WORK/r" issuing-sign "$1" $(root_token) --name "$root" \
		--request "$WORK/i/issuing/$1/request.pem"
	ceremony "$WORK/i" issuing-install "$1" $(issuing_token) --key "$key" \
		--certificate "$WORK/r/$root/issued/$1/cert.pem" \
		--root "$WORK/r/$root/cert.pem"
}

# refused STATUS CAUSE COMMAND...
refused() {
	run -"$1" "${@:3}"
	[[ $output == *"$2"* ]] || {
		echo "$output"
		return 1
	}
}

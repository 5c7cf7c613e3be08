# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The record of what was issued: one line per certificate, tab separated, in
# the order of issue. It is written before the certificate leaves the CA, so
# every certificate that exists is in it; after a crash it may hold one that
# nobody received. Columns:
#   profile  issuer  cert-serial  device-serial  model  fingerprint
#   public-key  when  residency
# issuer and public-key are SHA-256 in hex: of the issuer's name in OpenSSL's
# one-line form (what FreeRADIUS reports), of the SubjectPublicKeyInfo.

# inventory_lock: until this process ends, nobody else issues here.
inventory_lock() {
	exec {INVENTORY_LOCK}>>"$DIR/inventory.lock"
	flock -w 30 "$INVENTORY_LOCK" ||
		fail "$DIR/inventory.lock" "held by another process"
	# A line that a crash cut short was never answered: drop it.
	if [[ -s $DIR/inventory.tsv && -n $(tail -c1 "$DIR/inventory.tsv") ]]; then
		sed -i '$d' "$DIR/inventory.tsv"
	fi
	touch "$DIR/inventory.tsv"
}

# inventory_find PROFILE DEVICE_SERIAL: the lines of this device.
inventory_find() {
	awk -F'\t' -v profile="$1" -v device="$2" \
		'$1 == profile && ($4 "") == (device "")' "$DIR/inventory.tsv"
}

# inventory_find_alike PROFILE DEVICE_SERIAL: the serial number that differs from
# it in case alone and is one X.501 name with it
inventory_find_alike() {
	awk -F'\t' -v profile="$1" -v device="$2" \
		'$1 == profile && tolower($4) == tolower(device) &&
		($4 "") != (device "") { print $4; exit }' "$DIR/inventory.tsv"
}

# inventory_has_serial ISSUER CERT_SERIAL
inventory_has_serial() {
	awk -F'\t' -v issuer="$1" -v serial="$2" '
		($2 "") == (issuer "") && ($3 "") == (serial "") { found = 1 }
		END { exit !found }' "$DIR/inventory.tsv"
}

inventory_add() {
	local IFS=$'\t'

	printf '%s\n' "$*" >>"$DIR/inventory.tsv"
	sync "$DIR/inventory.tsv"
}

# issuer_hash CERT: of the subject of a CA certificate.
issuer_hash() {
	openssl x509 -in "$1" -noout -subject -nameopt compat |
		sed 's/^subject=//' | tr -d '\n' | sha256_hex
}

spki_hash() {
	openssl pkey -pubin -outform DER | sha256_hex
}

sha256_hex() {
	sha256sum | cut -d' ' -f1
}

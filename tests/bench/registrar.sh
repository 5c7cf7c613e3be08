# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# A site's registrar from outside: how many devices a second have their LDevID by
# mutual TLS, each a connection, a request, a key and a row of its own. Printed, not
# judged. Clients are curl, several at once, on the same machine.

REGISTRAR_DEVICES=48
REGISTRAR_CLIENTS=(1 8)
REG=
REG_PID=

reg_maker() {
	"$ROOT/pki/lab/devid-pki" --dir "$REG/maker" "$@" >/dev/null
}

# reg_device N: a software IDevID, and a request of it for each round
reg_device() {
	local round

	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$REG/$1.key" -out "$REG/$1.csr" \
		-subj "/serialNumber=B$1" 2>/dev/null
	reg_maker issue-idevid "$REG/$1.csr" --out "$REG/$1.leaf"
	cat "$REG/$1.leaf" "$REG/maker/issuing/cert.pem" >"$REG/$1.pem"
	for round in "${!REGISTRAR_CLIENTS[@]}"; do
		openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
			-nodes -keyout /dev/null -outform DER \
			-subj "/serialNumber=B$1" 2>/dev/null |
			base64 -w 0 >"$REG/$1.$round"
	done
}

reg_conf() {
	cat >"$REG/conf" <<-END
		[registrar]
		instance = bench
		database = sqlite:$REG/site.db
		listen = 127.0.0.1:0
		certificate = $REG/service.pem
		key = $REG/service.key
		[ca]
		certificate = $REG/ca.pem
		organization = Bench
		module = /usr/lib/softhsm/libsofthsm2.so
		token = site
		key = site
		audit_key = site-audit
		pin_file = $REG/pin
		[profile default]
		residency = no
		[maker bench]
		roots = $REG/maker/root/cert.pem
	END
}

reg_up() {
	local n

	REG=$(mktemp -d "${TMPDIR:-/tmp}/devid-bench.XXXXXX")
	export SOFTHSM2_CONF=$REG/softhsm2.conf
	mkdir "$REG/tokens"
	echo "directories.tokendir = $REG/tokens" >"$SOFTHSM2_CONF"
	softhsm2-util --init-token --free --label site --so-pin 9999 \
		--pin 1111 >/dev/null
	(umask 077 && echo 1111 >"$REG/pin")
	reg_maker root
	reg_maker issuing
	"$ROOT/pki/lab/devid-pki" --dir "$REG/servers" site-ca >/dev/null
	"$ROOT/pki/lab/devid-pki" --dir "$REG/servers" site-server localhost \
		--out "$REG/service" >/dev/null
	for ((n = 0; n < REGISTRAR_DEVICES; n++)); do
		reg_device "$n"
	done
	reg_conf
	"$BUILD/devid-registrar" init --name Bench --config "$REG/conf"
	"$ROOT/pki/lab/devid-pki" --dir "$REG/maker" allow-list |
		"$BUILD/devid-registrar" list import --config "$REG/conf" -
}

# reg_port: the one that the kernel gave it
reg_port() {
	ss -Hltnp | sed -n "s/.* 127\.0\.0\.1:\([0-9]*\) .*pid=$REG_PID,.*/\1/p" | grep .
}

reg_serve() {
	"$BUILD/devid-registrar" serve --config "$REG/conf" >"$REG/log" 2>&1 &
	REG_PID=$!
	PORT=$(ask_until 10 reg_port)
}

# reg_enrol ROUND: of one device; its number comes in
reg_enrol() {
	local n

	while read -r n; do
		curl -sSf --cacert "$REG/servers/site/cert.pem" \
			--cert "$REG/$n.pem" --key "$REG/$n.key" \
			-H 'Content-Type: application/pkcs10' \
			--data-binary "@$REG/$n.$1" -o "$REG/$n.out" \
			"https://localhost:$PORT/.well-known/est/simpleenroll" || return 1
	done
}

# reg_round ROUND CLIENTS: all devices, by so many clients at once
reg_round() {
	local begin end client pid failed=0 pids=()

	begin=${EPOCHREALTIME/[.,]/}
	for ((client = 0; client < $2; client++)); do
		seq "$client" "$2" $((REGISTRAR_DEVICES - 1)) | reg_enrol "$1" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || failed=1
	done
	end=${EPOCHREALTIME/[.,]/}
	if ((failed)); then
		missing "registrar.$2" "$(tail -n1 "$REG/log")"
	else
		sample "registrar.$2" "$(jq -n \
			"$REGISTRAR_DEVICES * 1000000 / ($end - $begin)")"
	fi
}

reg_down() {
	[[ -z $REG_PID ]] || kill "$REG_PID" 2>/dev/null || true
	[[ -z $REG_PID ]] || wait "$REG_PID" || true
	[[ -z $REG ]] || rm -rf "$REG"
	REG='' REG_PID=
}

registrar_all() {
	local round

	note "bench: a registrar and $REGISTRAR_DEVICES devices ..."
	reg_up
	reg_serve
	for round in "${!REGISTRAR_CLIENTS[@]}"; do
		reg_round "$round" "${REGISTRAR_CLIENTS[round]}"
	done
	reg_down
}

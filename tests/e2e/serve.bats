#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `devid-ca serve` from outside: what stations and the public get, and each
# thing that is refused.

load lib
load ca
ca_url=${ca_url?set in ca.bash} public_url=${public_url?set in ca.bash}

setup_file() {
	lib_init
	ca_init
	export DEV="$WORK/dev"
	device_made "$DEV"
	request_of "$DEV" SN1 "$CA/request"
	station_new reader read
	station_new slow issue 3
	tls_cert unlisted extendedKeyUsage=clientAuth
	tls_cert service2 extendedKeyUsage=serverAuth
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$CA/other-ca.key" -out "$CA/other-ca.pem" -days 30 \
		-subj "/CN=Other" -addext keyUsage=critical,keyCertSign \
		2>/dev/null
	tls_cert stranger extendedKeyUsage=clientAuth other-ca
	conf_of_the_tests
	hold_a_request_back
	serve_start
}

conf_of_the_tests() {
	CA_EXTRA="challenge_seconds = 10
		delta_url = http://crl.example/line1-delta.crl" \
		ca_conf "sqlite:$CA/register.db"
}

teardown_file() { lib_done; }

setup() {
	bats_require_minimum_version 1.5.0
	gone "$(cat "$CA/serve.pid")" && serve_start
	use_service
}

# A client that waits a second for an answer after each line that it sends, to a
# service of its own that nobody restarts; how long it could is in
# $CA/slow.seconds.
hold_a_request_back() {
	ca_conf "sqlite:$CA/slow.db" "$CA/slow.conf" slow
	serve_start slow "$CA/slow.conf"
	cat >"$CA/trickle" <<-'SH'
		trap '' PIPE
		exec 9<>"/dev/tcp/$1"
		printf 'POST /ocsp HTTP/1.1\r\n' >&9
		rest=142
		while ((SECONDS < 60 && rest > 128)); do
			printf 'X: 1\r\n' >&9 || break
			rest=0
			read -r -t 1 <&9 || rest=$?
		done
		echo "$SECONDS" >"$2"
	SH
	port=${public_url##*:}
	spawn "$CA/trickle.log" bash "$CA/trickle" "127.0.0.1/$port" \
		"$CA/slow.seconds"
}

json_error() { jq -r .error "$CA/body"; }

# refused STATUS NAME: the last answer, of JSON with that error
refused() {
	[ "$output" = "$1" ] || { echo "status $output" && return 1; }
	[ "$(json_error)" = "$2" ] || { cat "$CA/body" && return 1; }
	grep -qi '^content-type: application/json' "$CA/head"
}

new_answer() { # OUT
	[ "$(post_challenge floor "$CA/request")" = 200 ]
	cp "$CA/body" "$CA/challenge"
	answer_of "$DEV" "$CA/challenge" "$1"
}

# register_size: certificates in the register
register_size() {
	sqlite3 -cmd ".timeout 5000" "$CA/register.db" \
		"select count(*) from cert"
}

# ---- what is to work ----

@test "station: a device from no keys to its certificates, and once more" {
	run -0 station floor provision --serial SN1 --model M1 -- \
		"$(reach "$DEV")"
	openssl x509 -in "$CA/state-floor/SN1/certificates" -noout -subject \
		-nameopt "$names" | grep -q "serialNumber=SN1"
	openssl verify -CAfile "$CA/root.pem" -untrusted "$CA/line1.pem" \
		-ignore_critical "$CA/state-floor/SN1/certificates"
	grep -q "issue: station floor: device SN1" "$CA/serve.log"
	cp "$CA/state-floor/SN1/certificates" "$CA/first"
	run -0 station floor provision --again --serial SN1 --model M1 -- \
		"$(reach "$DEV")"
	cmp "$CA/first" "$CA/state-floor/SN1/certificates"
}

@test "station: the EK certificate of a TPM that has none comes from a file" {
	local dev=$CA/bare

	device_made "$dev"
	keyd_stop "$dev"
	for index in 0x01c00002 0x01c00016; do
		tpm2_nvread -T "swtpm:path=$dev/tpm.sock" -C p \
			-o "$CA/ek.der" "$index"
		tpm2_nvundefine -T "swtpm:path=$dev/tpm.sock" -C p "$index"
	done
	keyd_start "$dev"
	run -1 station floor provision --serial SN-BARE -- "$(reach "$dev")"
	[[ $output == *"no EK certificate in NV"* ]]
	run -2 station floor provision --serial SN-BARE \
		--ek-certificate /nonexistent -- "$(reach "$dev")"
	run -0 station floor provision --serial SN-BARE \
		--ek-certificate "$CA/ek.der" -- "$(reach "$dev")"
	keyd_stop "$dev"
	tpm_stop "$dev"
}

@test "station: a type that 802.1AR has no suite with is told before the CA is asked" {
	local dev=$CA/rsa before reached

	device_made "$dev"
	reached=$(reach "$dev")
	before=$(register_size)
	run -2 station floor provision --serial SN-RSA --alg rsa3072 -- \
		"$reached"
	[[ ${lines[0]} == *"provision: --alg: rsa3072: IEEE 802.1AR has no signature suite with it (clause 9): its certificates are installed with --force alone"* ]]
	[ ! -e "$CA/state-floor/SN-RSA" ]
	run -2 station floor provision --serial SN-RSA --alg p521 --force -- \
		"$reached"
	[[ $output == *"--alg: p521: IEEE 802.1AR has no signature suite with P-521"* ]]
	run -2 station floor provision --serial SN-RSA --alg dsa -- "$reached"
	[[ $output == *"--alg is p256, p384, rsa2048, rsa3072 or rsa4096"* ]]
	run -1 devid status --config "$dev/devid.conf"
	[[ $output != *"RSA-3072"* ]]
	[ "$before" = "$(register_size)" ]

	# A device that does not hear --force refuses what it is to install.
	printf '#!/bin/bash\nexec %s "${@/#--force/--key=idevid}"\n' "$reached" \
		>"$WORK/bin/deaf"
	chmod 755 "$WORK/bin/deaf"
	run -1 station floor provision --serial SN-RSA --alg rsa3072 --force \
		-- deaf
	[[ $output == *"idevid: not so: the key is RSA-2048, P-256 or P-384"* ]]
	[ "$(register_size)" -eq $((before + 2)) ]
	run -0 station floor provision --serial SN-RSA --alg rsa3072 --force \
		-- "$reached"
	[[ $output == *"SN-RSA: certificates installed"* ]]
	[ "$(register_size)" -eq $((before + 2)) ]
	openssl x509 -in "$dev/state/idevid.pem" -noout -text |
		grep -q "Public-Key: (3072 bit)"
	keyd_stop "$dev"
	tpm_stop "$dev"
}

@test "station: a closed platform hierarchy is told before the CA is asked" {
	local dev=$CA/closed before after

	device_made "$dev"
	keyd_stop "$dev"
	tpm2_hierarchycontrol -T "swtpm:path=$dev/tpm.sock" -C p phEnable clear
	keyd_start "$dev"
	before=$(grep -c "challenge" "$CA/serve.log" || true)
	run -1 station floor provision --serial SN-SHUT -- "$(reach "$dev")"
	[[ $output == *"the platform hierarchy is closed, so the certificate stays out of NV (certificate_in_nv)"* ]]
	after=$(grep -c "challenge" "$CA/serve.log" || true)
	[ "$before" = "$after" ]
	[ ! -e "$CA/state-floor/SN-SHUT/request" ]
	# With the other way to keep certificates all goes well.
	keyd_stop "$dev"
	device_conf "$dev" "certificate_in_nv = no"
	keyd_start "$dev"
	run -0 station floor provision --serial SN-SHUT -- "$(reach "$dev")"
	keyd_stop "$dev"
	tpm_stop "$dev"
}

@test "station: goes on where it was stopped" {
	local state=$CA/state-floor/SN1 before

	for step in certificates answer challenge; do
		rm "$state/$step"
		before=$(stat -c %i "$state/request")
		run -0 station floor provision --serial SN1 -- \
			"$(reach "$DEV")"
		[ "$before" = "$(stat -c %i "$state/request")" ]
		cmp "$CA/first" "$state/certificates"
	done
}

@test "station: an answer used already brings a new challenge by itself" {
	local state=$CA/state-floor/SN1

	rm "$state/certificates"
	cp "$state/challenge" "$CA/old-challenge"
	run -0 station floor provision --serial SN1 -- "$(reach "$DEV")"
	[[ $output == *"asking for a new challenge"* ]]
	run -1 cmp "$CA/old-challenge" "$state/challenge"
	cmp "$CA/first" "$state/certificates"
}

@test "station: another board under the serial number of a refused one" {
	local two=$WORK/dev-two state=$CA/state-floor/SN9

	device_made "$two"
	# A board that is SN1 already comes with the label SN9.
	run -1 station floor provision --serial SN9 --model M1 -- \
		"$(reach "$DEV")"
	[[ $output == *"has certificates already, of device SN1"* ]]
	[ -e "$state/request" ]
	# The next one, which is good, is not answered for by the first.
	run -0 station floor provision --serial SN9 --model M1 -- \
		"$(reach "$two")"
	[[ $output == *"SN9: another board"*"the IDevID key"*anew* ]]
	openssl x509 -in "$state/certificates" -noout -subject \
		-nameopt "$names" | grep -q "serialNumber=SN9"
	# Nothing that was issued is forgotten, or given to another.
	cp "$state/certificates" "$CA/of-two"
	run -1 station floor provision --serial SN9 --model M1 -- \
		"$(reach "$DEV")"
	[[ $output == *"SN9: certificates were issued"*"EK certificate"* ]]
	[[ $output == *"--again"* ]]
	run -1 station floor provision --serial SN9 --model M2 -- \
		"$(reach "$two")"
	[[ $output == *"other now: the model."* ]]
	cmp "$CA/of-two" "$state/certificates"
	run -0 station floor provision --serial SN9 -- "$(reach "$two")"
}

@test "station: an answer that was sent and nothing came back: may be issued" {
	local two=$WORK/dev-two state=$CA/state-floor/SN9

	rm "$state/certificates" "$state/answer"
	ca_url=https://127.0.0.1:1 run -4 station floor provision \
		--serial SN9 --model M1 -- "$(reach "$two")"
	[ -e "$state/answer" ]
	[ ! -e "$state/certificates" ]
	run -1 station floor provision --serial SN9 --model M1 -- \
		"$(reach "$DEV")"
	[[ $output == *"SN9: the answer of another board"*"the CA may have \
issued: devid-station show SN9"*"starting anew"* ]]
	run -0 station floor provision --serial SN9 --model M1 -- \
		"$(reach "$two")"
	[[ $output == *"starting anew"* && $output != *"may have issued"* ]]
	# What the CA has refused it has not issued for.
	rm "$state/certificates"
	echo spoilt >"$state/answer"
	run -1 station floor provision --serial SN9 --model M1 -- \
		"$(reach "$two")"
	[[ $output == *"refused by the CA (400)"* ]]
	[ ! -e "$state/answer" ]
	run -0 station floor provision --serial SN9 --model M1 -- \
		"$(reach "$two")"
}

# answered_as SERIAL BOARD STATE: what a station keeps that was stopped with the
# answer in its hands
answered_as() {
	mkdir -m 700 "$3"
	request_of "$2" "$1" "$3/request"
	station floor challenge --out "$3/challenge" "$3/request"
	answer_of "$2" "$3/challenge" "$3/answer"
}

@test "station: what the register refuses behind the answer is not issued" {
	local three=$WORK/dev-three state=$CA/state-floor/SN31

	device_made "$three"
	answered_as SN31 "$three" "$state"
	# Meanwhile the board gets its right label.
	run -0 station floor provision --serial SN30 --model M1 -- \
		"$(reach "$three")"
	run -1 station floor provision --serial SN31 --model M1 -- \
		"$(reach "$three")"
	[[ $output == *"refused by the CA (409)"*"of device SN30"* ]]
	[[ $output != *"asking for a new challenge"* ]]
	[ ! -e "$state/answer" ]
	run -1 station floor provision --serial SN31 --model M1 -- \
		"$(reach "$DEV")"
	[[ $output == *"starting anew"* && $output != *"may have issued"* ]]
}

# Its options stand before what they are for.
challenge_to() { station floor challenge "$@" "$CA/request"; }

@test "station: single steps and show" {
	run -0 station floor challenge --out "$CA/c" "$CA/request"
	out_rules challenge_to
	answer_of "$DEV" "$CA/c" "$CA/a"
	run -0 station floor issue --out "$CA/certs" "$CA/a"
	cmp "$CA/first" "$CA/certs"
	run -0 station floor show --json SN1
	[ "$(jq -r .certificates[0].role <<<"$output")" = idevid ]
	cmp <(echo "$output") <(devid-ca list --json --config \
		"$CA/devid-ca.conf" SN1)
	run -0 station floor show SN1
	cmp <(echo "$output") <(devid-ca list --config "$CA/devid-ca.conf" SN1)
}

@test "station: exit status says what it was" {
	run -2 station floor challenge
	run -2 station floor challenge /nonexistent
	run -2 station floor show --reason unspecified SN1
	[ "$output" = "devid-station: show: --reason: has no use here" ]
	run -2 station floor show --ca https://127.0.0.1:1 SN1
	[ "$output" = "devid-station: --ca: given twice" ]
	run -2 station floor nonsense
	[ "$output" = "devid-station: nonsense: no such command" ]
	run -2 devid-station --ca http://localhost --cert x --key x \
		--ca-cert x show SN1
	run -1 station floor show NOSUCH
	[[ $output == *"refused by the CA (404)"* ]]
	run -1 station reader challenge "$CA/request"
	[[ $output == *"(403)"* ]]
	ca_url=https://127.0.0.1:1 run -4 station floor show SN1
	ca_url=${public_url/http:/https:} run -4 station floor show SN1
	[[ $output == *": this port does not speak TLS: plain HTTP, or another service" ]]
}

@test "station: a service with another CA's certificate is not asked" {
	run -1 devid-station --ca "$ca_url" --ca-cert "$CA/other-ca.pem" \
		--cert "$CA/floor.crt" --key "$CA/floor.key" show SN1
	[[ $output == *"certificate"* ]]
}

# ---- TLS ----

@test "tls: no client certificate, another CA's, an old version: no answer" {
	run curl -s -o "$CA/body" --cacert "$CA/tls-ca.pem" \
		"$ca_url/v1/device/SN1"
	[ "$status" -ne 0 ]
	run as_station stranger "$ca_url/v1/device/SN1"
	[ "$status" -ne 0 ]
	[ "$output" = 000 ]
	run as_station service2 "$ca_url/v1/device/SN1"
	[ "$status" -ne 0 ]
	[ "$output" = 000 ]
	run as_station floor --tls-max 1.1 --ciphers DEFAULT@SECLEVEL=0 \
		"$ca_url/v1/device/SN1"
	[ "$status" -ne 0 ]
	[ "$output" = 000 ]
	run -0 as_station floor --tls-max 1.2 "$ca_url/v1/device/SN1"
	[ "$output" = 200 ]
}

@test "tls: nothing is served in the clear, nothing of stations in public" {
	run curl -s -o /dev/null -w '%{http_code}' \
		"http://${ca_url#https://}/v1/device/SN1"
	[ "$output" = 000 ]
	run -0 curl -s -o /dev/null -w '%{http_code}' \
		"$public_url/v1/device/SN1"
	[ "$output" = 404 ]
}

# ---- each refusal ----

@test "400: a request that is none" {
	echo nonsense >"$CA/x"
	run -0 post_challenge floor "$CA/x"
	refused 400 "not genuine"
	jq -e '.rule == "structure"' "$CA/body"
}

@test "400: an answer that is none" {
	run -0 post_issue floor "$CA/request"
	refused 400 "malformed input"
}

@test "400: a revocation without a reason" {
	run -0 as_station floor -H "Content-Type: application/json" \
		-d '{"serial":"SN1"}' "$ca_url/v1/revoke"
	refused 400 "malformed input"
}

@test "403: a certificate of the right CA that is no station's" {
	local i lines

	run -0 as_station unlisted "$ca_url/v1/device/SN1"
	refused 403 "not permitted"
	grep -qi '^connection: close' "$CA/head"
	for i in $(seq 20); do
		run -0 as_station unlisted "$ca_url/v1/device/SN1"
	done
	lines=$(grep -c "no station has the certificate" "$CA/serve.log")
	[ "$lines" -ge 1 ]
	[ "$lines" -le 12 ]
}

# brief_cert NAME SECONDS: as tls_cert, for so long
brief_cert() {
	local end

	tls_cert "$1" extendedKeyUsage=clientAuth
	printf '%s\n' "[ca]" "default_ca = c" "[c]" "database = $CA/brief.db" \
		"rand_serial = yes" "policy = p" "new_certs_dir = $CA" \
		"default_md = sha256" "x509_extensions = e" "[p]" \
		"commonName = supplied" "[e]" "extendedKeyUsage = clientAuth" \
		>"$CA/brief.cnf"
	: >"$CA/brief.db"
	end=$(date -u -d "+$2 seconds" +%y%m%d%H%M%SZ)
	openssl ca -batch -notext -config "$CA/brief.cnf" -in "$CA/$1.req" \
		-cert "$CA/tls-ca.pem" -keyfile "$CA/tls-ca.key" \
		-startdate 200101000000Z -enddate "$end" -out "$CA/$1.crt" \
		2>/dev/null
}

@test "403: a station whose certificate expires while it is connected" {
	local print

	serve_stop
	conf_of_the_tests
	brief_cert brief 8
	print=$(openssl x509 -in "$CA/brief.crt" -noout -fingerprint -sha256)
	printf '[station brief]\nfingerprint = %s\nroles = read\n' \
		"${print#*=}" >>"$CA/devid-ca.conf"
	serve_start
	# The second request ten seconds after the first.
	run -0 as_station brief --rate 6/m -w '%{http_code} %{num_connects} ' \
		"$ca_url/v1/device/SN1" -o "$CA/body" "$ca_url/v1/device/SN1"
	[ "$output" = "200 1 403 0 " ]
}

@test "403: a station without the role, for each role" {
	run -0 post_challenge reader "$CA/request"
	refused 403 "not permitted"
	run -0 post_issue reader "$CA/request"
	refused 403 "not permitted"
	run -0 as_station reader -H "Content-Type: application/json" \
		-d '{"serial":"SN1","reason":"superseded"}' "$ca_url/v1/revoke"
	refused 403 "not permitted"
	run -0 as_station reader "$ca_url/v1/device/SN1"
	[ "$output" = 200 ]
	run -0 as_station slow "$ca_url/v1/device/SN1"
	refused 403 "not permitted"
}

@test "403: another station's challenge" {
	station_new second issue
	new_answer "$CA/a"
	serve_stop
	conf_of_the_tests
	serve_start
	run -0 post_issue second "$CA/a"
	refused 403 "not permitted"
}

@test "404: no such device, no such target" {
	run -0 as_station floor "$ca_url/v1/device/SN2"
	refused 404 "not found"
	run -0 as_station floor "$ca_url/v2"
	refused 404 "not found"
}

@test "404: a challenge that nobody made" {
	new_answer "$CA/a"
	# the first half of its id
	edit_answer "$CA/a" "$CA/b" 's/^\(.\{18\}\).\{16\}/\10000000000000000/'
	run -0 post_issue floor "$CA/b"
	refused 404 "not found"
	run -0 post_issue floor "$CA/a"
	[ "$output" = 200 ]
}

# covers: RFC9110-http
@test "405 and 415: another method, another type" {
	run -0 as_station floor "$ca_url/v1/issue"
	refused 405 "not supported"
	grep -qi '^allow: POST' "$CA/head"
	run -0 as_station floor -X DELETE "$ca_url/v1/device/SN1"
	refused 405 "not supported"
	run -0 as_station floor -d x "$ca_url/v1/issue"
	refused 415 "not supported"
}

@test "409: an answer twice" {
	new_answer "$CA/a"
	run -0 post_issue floor "$CA/a"
	[ "$output" = 200 ]
	run -0 post_issue floor "$CA/a"
	refused 409 replayed
}

@test "410: an answer after its deadline" {
	sed 's/^\(\s*challenge_seconds =\).*/\1 1/' "$CA/devid-ca.conf" \
		>"$CA/short.conf"
	chmod 600 "$CA/short.conf"
	serve_start short "$CA/short.conf"
	new_answer "$CA/a"
	deadline=$(($(date +%s) + 1))
	await time $((deadline + 1))
	run -0 post_issue floor "$CA/a"
	refused 410 timeout
	serve_stop short
	use_service
}

@test "413: a body above the limit, one far above it, a long head" {
	head -c 65536 /dev/zero >"$CA/x"
	run -0 post_challenge floor "$CA/x"
	[ "$output" = 400 ]
	head -c 65537 /dev/zero >"$CA/x"
	run -0 post_challenge floor "$CA/x"
	[ "$output" = 413 ]
	head -c 6145 /dev/zero >"$CA/x"
	run -0 post_issue floor "$CA/x"
	refused 413 "too large"
	run as_station floor -H "X: $(head -c 9000 /dev/zero | tr '\0' x)" \
		"$ca_url/v1/device/SN1"
	[ "$output" != 200 ]
}

@test "422: a request whose signature is another's" {
	head -c -1 "$CA/request" >"$CA/x"
	printf '\x55' >>"$CA/x"
	run -0 post_challenge floor "$CA/x"
	[ "$output" = 422 ]
	jq -e '.rule == "signature"' "$CA/body"
}

@test "422: the wrong secret, and the challenge is used up" {
	new_answer "$CA/a"
	# of the secret, which begins at byte 27
	edit_answer "$CA/a" "$CA/b" 's/^\(.\{54\}\).\{8\}/\100000000/'
	run -0 post_issue floor "$CA/b"
	refused 422 "does not match"
	run -0 post_issue floor "$CA/a"
	refused 409 replayed
}

@test "429: more than the rate, and when to come back" {
	for _ in 1 2 3; do
		run -0 post_challenge slow "$CA/request"
		[ "$output" = 200 ]
	done
	run -0 post_challenge slow "$CA/request"
	refused 429 "not possible now"
	grep -qiE '^retry-after: (1[0-9]|20)' "$CA/head"
	# Nobody else is slower for it.
	run -0 post_challenge floor "$CA/request"
	[ "$output" = 200 ]
}

# ---- connections ----

@test "connections: above the limit closed at once, stations have room" {
	local i open=0 rest port

	serve_stop
	SERVE_EXTRA="connections_max = 16" ca_conf "sqlite:$CA/register.db" \
		"$CA/few.conf"
	serve_start few "$CA/few.conf"
	port=${public_url##*:}
	for i in $(seq 20 39); do
		eval "exec $i<>/dev/tcp/127.0.0.1/$port"
	done
	run -0 as_station floor "$ca_url/v1/device/SN1"
	[ "$output" = 200 ]
	for i in $(seq 20 39); do
		rest=0
		timeout 0.5 cat <&"$i" >/dev/null 2>&1 || rest=$?
		[ "$rest" -ne 124 ] || open=$((open + 1)) # still waits
		eval "exec $i>&-"
	done
	[ "$open" -eq 12 ]
	serve_stop few
	serve_start
}

# head_of_ocsp LENGTH: descriptor 9, on which a request with that body begins
head_of_ocsp() {
	exec 9<>"/dev/tcp/127.0.0.1/${public_url##*:}"
	printf 'POST /ocsp HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n%s\r\n' \
		"$1" $'Content-Type: application/ocsp-request\r\n' >&9
}

@test "connections: in public a long body is refused before it is sent" {
	head_of_ocsp 2049
	run -0 timeout 10 cat <&9
	exec 9>&-
	# The longest that is allowed is waited for.
	head_of_ocsp 2048
	run -124 timeout 0.5 cat <&9
	head -c 2048 /dev/zero >&9
	read -r -t 10 line <&9
	[[ $line == "HTTP/1.1 200 "* ]]
	exec 9>&-
}

@test "connections: without a handshake closed in a few seconds" {
	local begin=$SECONDS

	exec 9<>"/dev/tcp/127.0.0.1/${ca_url##*:}"
	run -0 timeout 20 cat <&9
	exec 9>&-
	((SECONDS - begin <= 10))
}

@test "connections: a station stays longer than a handshake may take" {
	run -0 as_station floor --rate 8/m -w '%{http_code} %{num_connects} ' \
		"$ca_url/v1/device/SN1" -o "$CA/body" "$ca_url/v1/device/SN1"
	[ "$output" = "200 1 200 0 " ]
}

@test "connections: handshakes of one source take a quarter at most" {
	local i open=0 rest port

	serve_stop
	SERVE_EXTRA="connections_max = 16" ca_conf "sqlite:$CA/register.db" \
		"$CA/few.conf"
	serve_start few "$CA/few.conf"
	port=${ca_url##*:}
	for i in $(seq 20 29); do
		eval "exec $i<>/dev/tcp/127.0.0.1/$port"
	done
	for i in $(seq 20 29); do
		rest=0
		timeout 0.1 cat <&"$i" >/dev/null 2>&1 || rest=$?
		[ "$rest" -ne 124 ] || open=$((open + 1)) # still waits
	done
	[ "$open" -eq 4 ]
	for i in $(seq 20 29); do
		eval "exec $i>&-"
	done
	ask_until 30 device_is_shown
	serve_stop few
	serve_start
}

device_is_shown() {
	[ "$(as_station floor "$ca_url/v1/device/SN1")" = 200 ]
}

@test "connections: a request that trickles in is cut off" {
	wait_on "$CA/slow.seconds" -- test -s "$CA/slow.seconds"
	[ "$(cat "$CA/slow.seconds")" -ge 29 ]
	[ "$(cat "$CA/slow.seconds")" -le 40 ]
}

# ---- the public side ----

ocsp_of() { # CERT [ARG...]
	local cert=$1

	shift
	openssl ocsp -issuer "$CA/line1.pem" -cert "$cert" -CAfile \
		"$CA/root.pem" -url "$public_url/ocsp" "$@" 2>&1
}

@test "ocsp: good, with and without a nonce; unknown" {
	run -0 ocsp_of "$CA/first"
	[[ $output == *"Response verify OK"*": good"* ]]
	run -0 ocsp_of "$CA/first" -no_nonce
	[[ $output == *"Response verify OK"*": good"* ]]
	run -0 openssl ocsp -issuer "$CA/line1.pem" -serial 0x1234 -CAfile \
		"$CA/root.pem" -url "$public_url/ocsp" -no_nonce
	[[ $output == *": unknown"* ]]
}

# covers: RFC5019-large-volume
@test "ocsp: GET with the headers that a cache wants" {
	local request

	openssl ocsp -issuer "$CA/line1.pem" -cert "$CA/first" -no_nonce \
		-reqout "$CA/ocsp.req"
	request=$(base64 -w 0 "$CA/ocsp.req" | jq -sRr @uri)
	for _ in 1 2; do
		run -0 curl -s -o "$CA/body" -D "$CA/head" \
			"$public_url/ocsp/$request"
		grep -qi '^content-type: application/ocsp-response' "$CA/head"
		grep -qiE '^cache-control: max-age=[0-9]+,public' "$CA/head"
		grep -qi '^expires: .* GMT' "$CA/head"
		grep -qi '^last-modified: .* GMT' "$CA/head"
		openssl ocsp -respin "$CA/body" -CAfile "$CA/root.pem" \
			-issuer "$CA/line1.pem" -cert "$CA/first" 2>&1 |
			grep -q ": good"
	done
}

@test "files: list and certificates, found unchanged by their tag" {
	local tag

	run -0 curl -s -f -D "$CA/head" -o "$CA/crl" "$public_url/line1.crl"
	openssl crl -inform DER -in "$CA/crl" -CAfile "$CA/line1.pem" -noout
	tag=$(sed -n 's/^etag: \(".*"\).*/\1/ip' "$CA/head")
	run -0 curl -s -o /dev/null -w '%{http_code}' \
		-H "If-None-Match: $tag" "$public_url/line1.crl"
	[ "$output" = 304 ]
	curl -s -f "$public_url/line1.cer" |
		openssl x509 -inform DER -noout
	curl -s -f "$public_url/root.cer" | openssl x509 -inform DER -noout
	curl -s -f "$public_url/line1-chain.pem" | openssl x509 -noout
	run -0 curl -s -f "$public_url/healthz"
	[ "$output" = ok ]
}

# shows RESULT: how many requests for a device were counted so
shows() {
	[ "$(as_station reader "$ca_url/metrics")" = 200 ] &&
		sed -n "s/^devid_ca_requests_total{request=\"show\",result=\"$1\"} //p" "$CA/body"
}

@test "monitoring: who may read gets numbers, nobody else" {
	local done_before refused_before

	done_before=$(shows done)
	refused_before=$(shows refused)
	run -0 as_station reader "$ca_url/v1/device/NOBODY"
	[ "$output" = 404 ]
	[ "$(shows done)" -eq "$done_before" ]
	[ "$(shows refused)" -eq $((refused_before + 1)) ]
	grep -qx 'devid_ca_healthy 1' "$CA/body"
	grep -qi '^content-type: text/plain; version=0.0.4' "$CA/head"
	run -0 as_station slow "$ca_url/metrics"
	[ "$output" = 403 ]
	run -0 curl -s -o /dev/null -w '%{http_code}' "$public_url/metrics"
	[ "$output" = 404 ]
}

log_has() { grep -q "$1" "$CA/serve.log"; }

trust_reads() { grep -c "roots and lists read again" "$CA/serve.log"; }

# read_again READS: more than so often
read_again() { [ "$(trust_reads)" -gt "$1" ]; }

challenge_answers() {
	[ "$(post_challenge floor "$CA/request")" = 200 ]
}

@test "SIGHUP: TPM vendors' roots are read again, and kept when they are bad" {
	mkdir "$CA/kept"
	mv "$CA"/ek-roots/* "$CA/kept/"
	kill -HUP "$(cat "$CA/serve.pid")"
	wait_on "$CA/serve.log" -- log_has "those from before stay"
	challenge_answers
	cp "$CA/other-ca.pem" "$CA/ek-roots/"
	reads=$(trust_reads) || [ "$reads" = 0 ]
	kill -HUP "$(cat "$CA/serve.pid")"
	wait_on "$CA/serve.log" -- read_again "$reads"
	run -0 post_challenge floor "$CA/request"
	[ "$output" = 422 ]
	mv "$CA"/kept/* "$CA/ek-roots/"
	rm "$CA/ek-roots/other-ca.pem"
	kill -HUP "$(cat "$CA/serve.pid")"
	wait_on "$CA/serve.log" -- read_again $((reads + 1))
	challenge_answers
}

@test "revoke: by another process, in the next list" {
	device_made "$WORK/dev2"
	request_of "$WORK/dev2" SN2 "$CA/request2"
	run -0 post_challenge floor "$CA/request2"
	cp "$CA/body" "$CA/challenge"
	answer_of "$WORK/dev2" "$CA/challenge" "$CA/a"
	run -0 post_issue floor "$CA/a"
	[ "$output" = 200 ]
	devid-ca revoke --config "$CA/devid-ca.conf" --reason superseded SN2
	wait_on --reads "$CA/publish" -- list_has_revoked Superseded
}

# Last: it takes the device's certificates away.
@test "revoke: shows in OCSP at once and in the next list" {
	run -0 ocsp_of "$CA/first" -no_nonce
	[[ $output == *": good"* ]]
	run -1 station floor revoke --reason lost SN1
	[[ $output == *"reason: not one of unspecified, keyCompromise, "* ]]
	run -0 station floor revoke --reason keyCompromise SN1
	run -1 station floor revoke --reason superseded SN1
	[[ $output =~ "SN1: revoked already, at 20"[0-9-]*T[0-9:]*"Z for keyCompromise" ]]
	run -0 ocsp_of "$CA/first" -no_nonce
	[[ $output == *": revoked"*keyCompromise* ]]
	wait_on --reads "$CA/publish" -- list_has_revoked "Key Compromise"
	run -0 as_station floor "$ca_url/v1/device/SN1"
	[ "$output" = 404 ]
	run -1 station floor show SN1
	[[ $output =~ "(404): register: SN1: revoked already, at 20"[0-9-]*T[0-9:]*"Z for keyCompromise" ]]
}

list_has_revoked() { # REASON
	local list

	for list in line1.crl line1-delta.crl; do
		curl -s "$public_url/$list" |
			openssl crl -inform DER -noout -text 2>/dev/null |
			grep -q "$1" && return 0
	done
	return 1
}

@test "log: one line an issuance, nothing of a peer's making" {
	cat "$CA/serve.log" >>"$CA/serve.log.old"
	run -0 grep "issue: station floor: device SN1" "$CA/serve.log.old"
	run -1 grep -P '[\x00-\x08\x0b-\x1f\x7f]' "$CA/serve.log.old"
}

#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Key ceremonies with two SoftHSM tokens: root and issuing CA in two places.

load lib
load ceremony

setup_file() {
	ceremony_init
	issuing_ca ca1
	cp -r "$WORK/tokens" "$WORK/first-tokens"
}

teardown_file() { lib_done; }

# A test that worked with the first tokens leaves those of the others.
teardown() {
	[ ! -e "$WORK/other-tokens" ] || {
		rm -r "$WORK/tokens"
		mv "$WORK/other-tokens" "$WORK/tokens"
	}
}

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR" || return 1
	export TMPDIR=$PWD # what a killed ceremony leaves goes as well
}

# rsa_root: $WORK/r/rsa; again, it keeps key and certificate
rsa_root() {
	ceremony "$WORK/r" root --name rsa $(root_token) --org Acme \
		--alg rsa4096 --cn "Acme RSA root"
}

text() { openssl x509 -in "$1" -noout -text -nameopt "$names"; }

# verifies ROOT CERT [UNTRUSTED...]
verifies() {
	local args=() file

	for file in "${@:3}"; do
		args+=(-untrusted "$file")
	done
	openssl verify -x509_strict -CAfile "$1" "${args[@]}" "$2"
}

# ---- whole ceremonies ----

@test "root: P-384, certified by itself, a CA without end" {
	cert=$WORK/r/root/cert.pem
	verifies "$cert" "$cert"
	text "$cert" | grep -q secp384r1
	text "$cert" | grep -q 'Subject: O=Acme, CN=Acme root'
	text "$cert" | grep -q 'Not After : Dec 31 23:59:59 9999'
	text "$cert" | grep -q 'CA:TRUE$'
}

@test "issuing CA: P-256 below the root, pathlen 0, up to it" {
	cert=$WORK/i/issuing/ca1/cert.pem
	verifies "$WORK/i/issuing/ca1/root.pem" "$cert"
	cmp "$WORK/i/issuing/ca1/root.pem" "$WORK/r/root/cert.pem"
	text "$cert" | grep -q prime256v1
	text "$cert" | grep -q 'CA:TRUE, pathlen:0'
	text "$cert" | grep -q 'Subject: O=Acme, CN=Acme CA ca1'
}

# What runs shows its arguments and environment to others. Goes before the others
# that use this root: making its key takes long enough to look.
@test "the PIN is in no process's arguments or environment" {
	pin_of root >pattern
	rsa_root >out &
	pid=$!
	seen=0
	while kill -0 "$pid" 2>/dev/null; do
		cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' >args
		cat /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n' >environ
		run -1 grep -aq -f pattern args environ
		! grep -aq -e "--pin-file $WORK/root.pin --key rsa --make" args ||
			seen=$((seen + 1))
	done
	wait "$pid"
	[ "$seen" -gt 1 ]
}

@test "every algorithm below each kind of root" {
	rsa_root
	for root in root rsa; do
		for alg in p256 p384 rsa2048 rsa4096; do
			name=$root-$alg
			# The second root's have the keys of the first's.
			issuing_ca "$name" "$alg" "$root" "root-$alg"
			ceremony "$WORK/i" ocsp "$name" $(issuing_token) \
				--key "root-$alg"
			verifies "$WORK/r/$root/cert.pem" "$WORK/i/issuing/$name/cert.pem"
			openssl verify -x509_strict -purpose ocsphelper \
				-CAfile "$WORK/r/$root/cert.pem" \
				-untrusted "$WORK/i/issuing/$name/cert.pem" \
				"$WORK/i/issuing/$name/ocsp.pem"
		done
	done
	text "$WORK/r/rsa/cert.pem" | grep -q 'Public-Key: (4096 bit)'
	text "$WORK/i/issuing/rsa-rsa2048/cert.pem" | grep -q 'Public-Key: (2048 bit)'
	text "$WORK/i/issuing/root-p384/cert.pem" | grep -q secp384r1
}

@test "no private key is in any file of the ceremonies" {
	run -1 grep -rl 'PRIVATE KEY' "$WORK/r" "$WORK/i"
}

@test "serial numbers are random: each certificate has its own" {
	issuing_ca serial-a
	issuing_ca serial-b
	serials=$(for cert in "$WORK"/r/root/cert.pem "$WORK"/r/root/issued/*/cert.pem; do
		openssl x509 -in "$cert" -noout -serial
	done)
	[ "$(sort -u <<<"$serials" | wc -l)" -eq "$(wc -l <<<"$serials")" ]
	grep -qE '^serial=[0-9A-F]{40}$' <<<"$serials"
}

@test "OCSP signer: by the issuing CA, for a year, for nothing else" {
	ceremony "$WORK/i" ocsp ca1 $(issuing_token)
	text "$WORK/i/issuing/ca1/ocsp.pem" | grep -A1 'Extended Key Usage' | grep -q 'OCSP Signing$'
	text "$WORK/i/issuing/ca1/ocsp.pem" | grep -q 'OCSP No Check'
	run -1 openssl x509 -in "$WORK/i/issuing/ca1/ocsp.pem" -noout -checkend $((366 * 86400))
}

@test "OCSP signer: one that ends soon is certified anew, the key stays" {
	issuing_ca short
	ceremony "$WORK/i" ocsp short $(issuing_token) --days 20
	cp "$WORK/i/issuing/short/ocsp.pem" first.pem
	ceremony "$WORK/i" ocsp short $(issuing_token)
	cp "$WORK/i/issuing/short/ocsp.pem" second.pem
	run -1 cmp first.pem second.pem
	cmp <(openssl x509 -in first.pem -noout -pubkey) <(openssl x509 -in second.pem -noout -pubkey)
	ceremony "$WORK/i" ocsp short $(issuing_token)
	cmp second.pem "$WORK/i/issuing/short/ocsp.pem"
}

@test "rollover: a new issuing CA takes over, the old one stays" {
	issuing_ca old
	issuing_ca new p384
	run -0 ceremony "$WORK/i" rollover old new $(issuing_token)
	[[ $output == *"devid-ca.conf: [ca] name = new"*"key = new"* ]]
	[ "$(cat "$WORK/i/issuing/current")" = new ]
	[ "$(cat "$WORK/i/issuing/old/successor")" = new ]
	"$DEVID_CA" token-key $(issuing_token) --key old
	ceremony "$WORK/i" ocsp old $(issuing_token)
	# Again: nothing changes. Back, or elsewhere: refused.
	ceremony "$WORK/i" rollover old new $(issuing_token)
	refused 1 "was itself replaced by new" ceremony "$WORK/i" rollover new old $(issuing_token) --key old
	refused 1 "is there already and differs" ceremony "$WORK/i" rollover old ca1 $(issuing_token)
}

@test "rollover: without the new key in the token refused" {
	issuing_ca to
	refused 1 "the key is not the token's" ceremony "$WORK/i" rollover ca1 to $(issuing_token) --key ca1
	[ ! -e "$WORK/i/issuing/ca1/successor" ]
}

@test "cross-certification: who trusts the old root accepts what is below the new one" {
	rsa_root
	ceremony "$WORK/r" cross-certify $(root_token) --new "$WORK/r/rsa/cert.pem"
	cross=$(echo "$WORK"/r/root/cross-*.pem)
	issuing_ca below-new p256 rsa
	run -2 verifies "$WORK/r/root/cert.pem" "$WORK/i/issuing/below-new/cert.pem"
	verifies "$WORK/r/root/cert.pem" "$WORK/i/issuing/below-new/cert.pem" "$cross"
	verifies "$WORK/r/rsa/cert.pem" "$WORK/i/issuing/below-new/cert.pem"
	text "$cross" | grep -q 'Issuer: O=Acme, CN=Acme root'
	text "$cross" | grep -q 'Subject: O=Acme, CN=Acme RSA root'
	# And the chain that devices get can go up to the old root.
	ceremony "$WORK/i2" issuing-request x $(issuing_token) --org Acme
	ceremony "$WORK/r" issuing-sign x --name rsa $(root_token) \
		--request "$WORK/i2/issuing/x/request.pem"
	ceremony "$WORK/i2" issuing-install x $(issuing_token) --above "$cross" \
		--certificate "$WORK/r/rsa/issued/x/cert.pem" --root "$WORK/r/root/cert.pem"
	cmp "$cross" "$WORK/i2/issuing/x/chain.pem"
}

@test "root CRL: revoked issuing CAs, numbers that only grow" {
	issuing_ca gone
	ceremony "$WORK/r" root-crl $(root_token)
	first=$(cat "$WORK/r/root/crl-number")
	openssl crl -inform DER -in "$WORK/r/root/root.crl" -out crl.pem
	cert=$WORK/i/issuing/gone/cert.pem
	openssl verify -crl_check -CRLfile crl.pem -CAfile "$WORK/r/root/cert.pem" "$cert"
	ceremony "$WORK/r" revoke-issuing gone $(root_token) --reason cACompromise
	openssl crl -inform DER -in "$WORK/r/root/root.crl" -out crl.pem
	refused 2 "certificate revoked" openssl verify -crl_check -CRLfile crl.pem \
		-CAfile "$WORK/r/root/cert.pem" "$cert"
	openssl verify -crl_check -CRLfile crl.pem -CAfile "$WORK/r/root/cert.pem" \
		"$WORK/i/issuing/ca1/cert.pem"
	# Again: one line, a new list. A lost number file is no way back.
	rm "$WORK/r/root/crl-number"
	ceremony "$WORK/r" revoke-issuing gone $(root_token) --reason cACompromise
	[ "$(grep -vc '^#' "$WORK/r/root/revoked.txt")" -eq 1 ]
	[ "$(cat "$WORK/r/root/crl-number")" -eq $((first + 2)) ]
	openssl crl -inform DER -in "$WORK/r/root/root.crl" -noout -text | grep -q 'CA Compromise'
}

@test "a spoilt list of revoked CAs: no CRL" {
	ceremony "$WORK/r" root-crl $(root_token)
	cp "$WORK/r/root/root.crl" before.crl
	cp "$WORK/r/root/revoked.txt" revoked.txt
	echo "nonsense" >>"$WORK/r/root/revoked.txt"
	refused 1 "not SERIAL TIME REASON" ceremony "$WORK/r" root-crl $(root_token)
	cp revoked.txt "$WORK/r/root/revoked.txt"
	cmp before.crl "$WORK/r/root/root.crl"
}

@test "issuing-install: its audit key, and lines that devid-ca works with" {
	ceremony "$WORK/i" issuing-request lines $(issuing_token) --org Acme
	ceremony "$WORK/r" issuing-sign lines $(root_token) \
		--request "$WORK/i/issuing/lines/request.pem"
	install=(ceremony "$WORK/i" issuing-install lines $(issuing_token)
		--certificate "$WORK/r/root/issued/lines/cert.pem"
		--root "$WORK/r/root/cert.pem")
	run -0 "${install[@]}"
	[[ $output == *"audit key:   lines-audit, p256; made unless it is there"* ]]
	[[ $output == *"key p256 lines-audit sha256 "*" made"* ]]
	grep -q 'key p256 lines-audit sha256 [0-9a-f]* made$' "$WORK"/i/issuing/lines/transcript-*
	mkdir published
	sed -n '/^lines of devid-ca.conf:$/,/^next:/s/^    //p' <<<"$output" |
		sed "/^\[ca\]/a register = sqlite:$PWD/register.db\npublish = $PWD/published" >lines.conf
	"$DEVID_CA" crl --config lines.conf --pin-file "$WORK/issuing.pin"
	openssl crl -inform DER -in published/lines.crl -noout \
		-CAfile "$WORK/i/issuing/lines/cert.pem" 2>&1 | grep -q 'verify OK'
	cmp published/root.cer <(openssl x509 -in "$WORK/r/root/cert.pem" -outform DER)
	"$DEVID_CA" audit --config lines.conf --pin-file "$WORK/issuing.pin" --print-key >audit.pem
	cut -d ' ' -f 5 < <(grep '^key p256 lines-audit' <<<"$output") >told
	openssl pkey -pubin -in audit.pem -outform DER | sha256sum | cut -d ' ' -f 1 | cmp - told
	# Again: the same key. A key of another CA in the token may serve as well.
	run -0 "${install[@]}"
	[[ $output == *"key p256 lines-audit sha256 $(cat told) kept"* ]]
	run -0 "${install[@]}" --audit-key lines-other-audit
	[[ $output == *"    audit_key = lines-other-audit"* ]]
}

# ca_conf NAME: a configuration from what a ceremony left
ca_conf() {
	mkdir -p published
	cat >"$1.conf" <<-CONF
		[ca]
		name = $1
		instance = test
		register = sqlite:$PWD/register.db
		certificate = $WORK/i/issuing/$1/cert.pem
		chain = $WORK/i/issuing/$1/chain.pem
		publish = $PWD/published
		[token]
		module = $module
		token = issuing
		key = $1
		pin_file = ${2:-$WORK/issuing.pin}
		audit_key = $1-audit
	CONF
}

@test "devid-ca works with what is installed, and with the old CA after a rollover" {
	issuing_ca before
	issuing_ca after p384
	ceremony "$WORK/i" rollover before after $(issuing_token)
	for name in before after; do
		ca_conf "$name"
		"$DEVID_CA" crl --config "$name.conf"
		openssl crl -inform DER -in "published/$name.crl" -noout \
			-CAfile "$WORK/i/issuing/$name/cert.pem" 2>&1 | grep -q 'verify OK'
	done
}

@test "devid-ca with a wrong PIN file: exit 3, once, and never again by itself" {
	new_token served
	echo wrong-pin >wrong.pin
	chmod 600 wrong.pin
	ca_conf ca1 "$PWD/wrong.pin"
	sed -i -e "s|^module = .*|module = $build/p11-fault.so|" \
		-e 's/^token = .*/token = served/' ca1.conf
	export P11_FAULT_LOG=$PWD/log
	refused 3 "wrong PIN" "$DEVID_CA" crl --config ca1.conf
	refused 3 "PIN not tried" "$DEVID_CA" crl --config ca1.conf
	refused 3 "PIN not tried" "$DEVID_CA" crl --config ca1.conf
	[ "$(wc -l <log)" -eq 1 ]
}

# ---- transcript, question ----

@test "transcript: who, where, when, what, fingerprints" {
	ceremony "$WORK/r2" root $(root_token) --key t --org Acme
	file=$(echo "$WORK"/r2/root/transcript-root-*.txt)
	grep -qE "^[0-9-]+T[0-9:]+Z ceremony: root by [^ ]+@$(uname -n) with devid-ceremony" "$file"
	grep -q 'plan: token: *root$' "$file"
	grep -q 'plan: subject: *CN=Acme root,O=Acme$' "$file"
	print=$(openssl x509 -in "$WORK/r2/root/cert.pem" -outform DER | sha256sum | cut -d ' ' -f 1)
	grep -q "certificate $WORK/r2/root/cert.pem sha256 $print made$" "$file"
	print=$(openssl x509 -in "$WORK/r2/root/cert.pem" -noout -pubkey |
		openssl pkey -pubin -outform DER | sha256sum | cut -d ' ' -f 1)
	grep -q "key p384 t sha256 $print made$" "$file"
	tail -n 1 "$file" | grep -q 'done: root$'
	run -1 grep -r pin-of- "$WORK/r2"
}

@test "without --yes and without a terminal nothing is done" {
	refused 1 "no terminal to ask at" setsid -w "$repo/pki/ceremony/devid-ceremony" \
		--dir d root $(root_token) --org Acme --key never
	[ ! -e d ]
	refused 1 "no private key never" "$DEVID_CA" token-key $(root_token) --key never
}

# at_terminal COMMAND...: with a terminal of its own, whose keys come from
# answer() and whose screen is $BATS_TEST_TMPDIR/screen
at_terminal() {
	rm -f keys screen status
	mkfifo keys
	printf '%q ' "$@" >command
	spawn screen script -qec "bash $PWD/command; echo \$? >$PWD/status" /dev/null
}

# lib's spawn() gives no standard input
spawn() {
	: >screen
	"${@:2}" >screen 2>&1 3>&- <keys &
	echo $! >>"$WORK/pids"
	exec {KEYS}>keys
}

shows() { grep -q -- "$1" screen; }

answer() { # AT WITH
	wait_on screen -- shows "$1"
	printf '%s\n' "$2" >&"$KEYS"
}

ended() { # STATUS
	wait_on status -- test -s status
	exec {KEYS}>&-
	[ "$(cat status)" -eq "$1" ]
}

@test "asked once; no is no, and leaves nothing behind" {
	at_terminal "$repo/pki/ceremony/devid-ceremony" --dir d root $(root_token) --org Acme --key never
	answer 'Go on? (yes/no)' no
	ended 1
	shows "not confirmed, nothing done"
	[ ! -e d ]
	refused 1 "no private key never" "$DEVID_CA" token-key $(root_token) --key never
}

@test "question and PIN typed at a terminal; the PIN is not shown" {
	at_terminal "$repo/pki/ceremony/devid-ceremony" --dir d root --module "$module" --token root --org Acme --key "typed-$$"
	answer 'Go on? (yes/no)' yes
	wait_on screen -- shows 'PIN of root:'
	pid=$(pgrep -n -f -- "--key typed-$$ --make")
	wait_on "$(terminal_of "$pid")" -- no_echo "$pid"
	answer 'PIN of root:' "$(pin_of root)"
	ended 0
	verifies d/root/cert.pem d/root/cert.pem
	run -1 grep -r pin-of- screen d
}

terminal_of() { readlink "/proc/$1/fd/0"; }

@test "Ctrl-C at the PIN: said, and nothing is done" {
	at_terminal "$DEVID_CA" token-key --module "$module" --token root --key "never-$$"
	wait_on screen -- shows 'PIN of root:'
	pid=$(pgrep -n -f -- "--key never-$$")
	wait_on "$(terminal_of "$pid")" -- no_echo "$pid"
	answer 'PIN of root:' $'\003'
	ended 1
	grep -q 'pin: interrupted at the prompt; nothing was tried' screen
}

# no_echo PID: its terminal is
no_echo() { stty -a -F "$(terminal_of "$1")" | grep -q -- '-echo '; }

# ---- PINs ----

@test "PIN by descriptor: one line for each time it is needed" {
	mkdir -p "$WORK/fd"
	issuing_ca by-fd
	printf '%s\n' "$(pin_of issuing)" "$(pin_of issuing)" rest >pins
	{
		ceremony "$WORK/i" ocsp by-fd --module "$module" --token issuing --pin-fd 9
		read -r rest <&9
	} 9<pins
	[ "$rest" = rest ]
	verifies "$WORK/r/root/cert.pem" "$WORK/i/issuing/by-fd/ocsp.pem" "$WORK/i/issuing/by-fd/cert.pem"
}

@test "PIN file that others can read: refused, exit 3, not tried" {
	cp "$WORK/root.pin" open.pin
	chmod 644 open.pin
	P11_FAULT_LOG=$PWD/log refused 3 "must be 0600" "$DEVID_CA" token-key \
		--module "$build/p11-fault.so" --token root --key root --pin-file open.pin
	[ ! -e log ]
	refused 3 "must be 0600" ceremony d root --module "$module" --token root \
		--pin-file open.pin --org Acme
}

# covers: P11-pin
@test "wrong PIN: exit 3, tries told, never a second try, a person helps" {
	new_token guarded
	echo wrong-pin >wrong.pin
	chmod 600 wrong.pin
	export P11_FAULT_LOG=$PWD/log
	args=(--module "$build/p11-fault.so" --token guarded)
	refused 3 "wrong PIN; not tried again; the token says: few tries left" \
		ceremony d root "${args[@]}" --pin-file wrong.pin --org Acme
	for i in 1 2 3 4 5; do
		refused 3 "at a prompt: devid-ca token-key" ceremony d root \
			"${args[@]}" --pin-file wrong.pin --org Acme
		refused 3 "PIN not tried" ceremony d root "${args[@]}" \
			--pin-file "$WORK/guarded.pin" --org Acme
	done
	[ "$(wc -l <log)" -eq 1 ]
	[ ! -e d/root/cert.pem ]
	grep -q 'wrong PIN' d/root/transcript-*
	# The right PIN at a prompt, which warns, and the file is good again.
	printf '%s\n' '[ca]' 'name = x' 'register = sqlite:/x' 'certificate = /x' \
		'[token]' "module = $build/p11-fault.so" 'token = guarded' \
		"pin_file = $PWD/wrong.pin" 'audit_key = a' >ca.conf
	refused 2 "ca.conf: token.key is not set, and --key is missing" \
		"$DEVID_CA" token-key --config ca.conf
	sed -i 's/^audit_key/key = root\n&/' ca.conf
	at_terminal "$DEVID_CA" token-key --make p384 --config ca.conf
	wait_on screen -- shows 'the token says: few tries left'
	answer 'PIN of guarded:' "$(pin_of guarded)"
	ended 0
	ceremony d root "${args[@]}" --pin-file "$WORK/guarded.pin" --org Acme
	[ "$(wc -l <log)" -eq 3 ]
}

# covers: P11-pin
@test "last try: never without a person" {
	export P11_FAULT='flags 20000' P11_FAULT_LOG=$PWD/log
	refused 3 "one try left" ceremony d root --module "$build/p11-fault.so" \
		--token root --pin-file "$WORK/root.pin" --org Acme --key last
	[ ! -e log ]
}

# ---- failures, and again ----

# one_of_each DIR: one certificate, nothing half-written
one_of_each() {
	[ "$(find "$1" -name '*.new' -o -name '*-new.*' | wc -l)" -eq 0 ]
	[ "$(find "$1" -name cert.pem | wc -l)" -eq 1 ]
}

# count_lines DIR: sets n_lines, of its transcripts; it is asked often, so it
# starts no process
count_lines() {
	local file lines

	n_lines=0
	for file in "$1"/*/transcript-* "$1"/*/*/transcript-*; do
		[ -e "$file" ] || continue
		mapfile -t lines <"$file"
		n_lines=$((n_lines + ${#lines[@]}))
	done
}

# killed N DIR ARG...: kill -9 to the whole ceremony when its transcript has N
# lines; true when it was in time
killed() {
	local pid n_lines=0 status=0 never

	exec {never}<> <(:)
	setsid "$repo/pki/ceremony/devid-ceremony" --dir "$2" --yes "${@:3}" >out 2>&1 3>&- &
	pid=$!
	until ((n_lines >= $1)) || ! kill -0 "$pid" 2>/dev/null; do
		read -r -t 0.002 -u "$never" || true
		count_lines "$2"
	done
	exec {never}>&-
	kill -9 -- "-$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || status=$?
	# What it had started dies a moment later; all of it holds the lock.
	[ ! -e "$2/.lock" ] || flock -w 30 "$2/.lock" true || return 1
	[ "$status" -eq 137 ]
}

# plan_lines DIR: of the longest transcript; a ceremony writes them at once
plan_lines() {
	find "$1" -name 'transcript-*' -exec grep -hcE '^[^ ]* (ceremony|plan): ' {} + |
		sort -n | tail -n 1
}

# survives LINES CHECK DIR ARG...: killed when the plan is written and at each
# line that comes after, then done: CHECK holds
survives() {
	local kills=0 rounds=0 n plan

	mv "$WORK/tokens" "$WORK/other-tokens" # put back by teardown
	for ((n = 1; n <= $1; n++)); do
		rm -rf "$3"
		"before_$2" "$3" "$n"
		killed "$n" "$3" "${@:4}" && kills=$((kills + 1))
		ceremony "$3" "${@:4}" >out 2>&1 || {
			cat out
			return 1
		}
		"after_$2" "$3" "$n"
		rounds=$((rounds + 1))
		((n > 1)) || {
			plan=$(plan_lines "$3")
			((plan > 4 && plan < $1 - 3))
			n=$((plan - 1))
		}
	done
	echo "killed $kills times of $rounds"
	[ $((2 * kills)) -ge "$rounds" ]
}

# A key of its own for each round: label "killed", in tokens that have little
# else; devid-ca takes longer the more is in them.
fresh_token() {
	rm -rf "$WORK/tokens"
	cp -r "$WORK/first-tokens" "$WORK/tokens"
}

before_root() { fresh_token; }
after_root() {
	one_of_each "$1"
	verifies "$1/root/cert.pem" "$1/root/cert.pem" >/dev/null
	# One private key: more than one would be refused.
	"$DEVID_CA" token-key $(root_token) --key killed >key
	grep -q "$(openssl x509 -in "$1/root/cert.pem" -noout -pubkey |
		openssl pkey -pubin -outform DER | sha256sum | cut -d ' ' -f 1)" key
}

@test "root: killed at each step, repeated: one key, one certificate" {
	survives 14 root "$PWD/d" root $(root_token) --key killed --org Acme
}

before_request() { fresh_token; }
after_request() {
	openssl req -in "$1/issuing/k/request.pem" -noout -verify 2>&1 | grep -q 'verify OK'
	[ "$(find "$1" -name '*.new' -o -name '*-new.*' | wc -l)" -eq 0 ]
	"$DEVID_CA" token-key $(issuing_token) --key k >/dev/null
}

@test "issuing-request: killed at each step, repeated: one key, one request" {
	survives 12 request "$PWD/d" issuing-request k $(issuing_token) --org Acme
}

before_sign() {
	fresh_token
	mkdir -p "$1"
	cp -r "$WORK/r/root" "$1/root"
	rm -rf "$1"/root/issued "$1"/root/transcript-*
}
after_sign() {
	one_of_each "$1/root/issued"
	verifies "$1/root/cert.pem" "$1/root/issued/ca1/cert.pem" >/dev/null
}

@test "issuing-sign: killed at each step, repeated: one certificate" {
	survives 18 sign "$PWD/d" issuing-sign ca1 $(root_token) \
		--request "$WORK/i/issuing/ca1/request.pem"
}

before_install() {
	fresh_token
	mkdir -p "$1/issuing/ca1"
	cp "$WORK/i/issuing/ca1/request.pem" "$1/issuing/ca1/"
}
after_install() {
	one_of_each "$1"
	for file in cert chain root; do
		cmp "$1/issuing/ca1/$file.pem" "$WORK/i/issuing/ca1/$file.pem"
	done
	# One private key: more than one would be refused.
	"$DEVID_CA" token-key $(issuing_token) --key killed-audit >/dev/null
}

@test "issuing-install: killed at each step, repeated: all files" {
	survives 21 install "$PWD/d" issuing-install ca1 $(issuing_token) \
		--certificate "$WORK/r/root/issued/ca1/cert.pem" \
		--root "$WORK/r/root/cert.pem" --audit-key killed-audit
}

before_ocsp() {
	before_install "$1"
	cp "$WORK"/i/issuing/ca1/{cert,chain,root}.pem "$1/issuing/ca1/"
}
after_ocsp() {
	[ "$(find "$1" -name '*.new' -o -name '*-new.*' | wc -l)" -eq 0 ]
	verifies "$WORK/r/root/cert.pem" "$1/issuing/ca1/ocsp.pem" "$1/issuing/ca1/cert.pem" >/dev/null
	"$DEVID_CA" token-key $(issuing_token) --key killed-ocsp >/dev/null
}

@test "ocsp: killed at each step, repeated: one key, one certificate" {
	survives 19 ocsp "$PWD/d" ocsp ca1 $(issuing_token) --ocsp-key killed-ocsp
}

before_revoke() {
	before_sign "$1"
	rm -f "$1"/root/{revoked.txt,crl-number,root.crl}
	mkdir -p "$1/root/issued/ca1"
	cp "$WORK/r/root/issued/ca1/cert.pem" "$1/root/issued/ca1/"
}
after_revoke() {
	[ "$(grep -vc '^#' "$1/root/revoked.txt")" -eq 1 ]
	[ "$(find "$1" -name '*.new' -o -name '*-new.*' | wc -l)" -eq 0 ]
	openssl crl -inform DER -in "$1/root/root.crl" -noout -text >crl.txt
	[ "$(grep -c 'Serial Number' crl.txt)" -eq 1 ]
	grep -A1 'CRL Number' crl.txt | grep -qE "^ *$(cat "$1/root/crl-number")$"
}

@test "revoke-issuing: killed at each step, repeated: revoked once" {
	survives 18 revoke "$PWD/d" revoke-issuing ca1 $(root_token) --reason superseded
}

@test "token not there: refused; there again: goes on with the same key" {
	ceremony d issuing-request away $(issuing_token) --org Acme
	ceremony "$WORK/r" issuing-sign away $(root_token) --request d/issuing/away/request.pem
	mv "$WORK/tokens" "$WORK/elsewhere"
	mkdir "$WORK/tokens"
	run -1 ceremony d issuing-install away $(issuing_token) \
		--certificate "$WORK/r/root/issued/away/cert.pem" --root "$WORK/r/root/cert.pem"
	rmdir "$WORK/tokens"
	mv "$WORK/elsewhere" "$WORK/tokens"
	[[ $output == *"no token has this label"* ]]
	[ ! -e d/issuing/away/cert.pem ]
	ceremony d issuing-install away $(issuing_token) \
		--certificate "$WORK/r/root/issued/away/cert.pem" --root "$WORK/r/root/cert.pem"
}

@test "folder that cannot be written: refused before the token is touched" {
	mkdir d
	: >d/root
	export P11_FAULT_LOG=$PWD/log
	run -1 ceremony d root --module "$build/p11-fault.so" --token root \
		--pin-file "$WORK/root.pin" --org Acme --key unwritten
	[ ! -e log ]
	rm d/root
	ceremony d root --module "$build/p11-fault.so" --token root \
		--pin-file "$WORK/root.pin" --org Acme --key unwritten
}

@test "certificate that cannot be written: key kept, then certified" {
	mkdir -p d/root
	ln -s ../elsewhere d/root/cert.pem
	refused 1 "write: d/root/cert.pem: is a link to ../elsewhere, which is not followed" \
		ceremony d root $(root_token) --org Acme --key blocked
	[ -L d/root/cert.pem ]
	[ ! -e d/elsewhere ]
	rm d/root/cert.pem
	run -0 ceremony d root $(root_token) --org Acme --key blocked
	[[ $output == *"key p384 blocked sha256 "*" kept"* ]]
	one_of_each d
}

@test "--out: files are replaced, links and a user's files stay" {
	local root=$WORK/r/root

	out_rules "$DEVID_CA" root-cert $(root_token) --key root --org Acme \
		--cn "Acme root"
	out_rules "$DEVID_CA" request $(root_token) --key root --org Acme \
		--cn "Acme root"
	out_rules "$DEVID_CA" root-crl $(root_token) --key root --ca "$root/cert.pem" \
		--revoked "$root/revoked.txt" --number number
}

@test "a link in a ceremony's folder stays, and so does what is not its own" {
	mkdir d d/root
	: >d/root/.new.mine
	ln -s ../elsewhere d/root/revoked.txt
	run -0 ceremony d root $(root_token) --org Acme --key linked
	refused 1 "revoked.txt: is a link to ../elsewhere, which is not followed" \
		ceremony d root-crl $(root_token) --key linked
	[ -e d/root/.new.mine ]
	[ ! -e d/elsewhere ]
}

@test "two at once: the second is refused" {
	mkdir d
	exec {lock}>d/.lock
	flock "$lock"
	refused 1 "another ceremony is under way" ceremony d root $(root_token) --org Acme
	exec {lock}>&-
}

# ---- what is there and not right ----

@test "root: same file, other key, subject or end: refused, file as it was" {
	ceremony d root $(root_token) --org Acme --key first
	cp d/root/cert.pem before.pem
	refused 1 "has another key" ceremony d root $(root_token) --org Acme --key second
	refused 1 "has another subject" ceremony d root $(root_token) --org Other --key first
	refused 1 "has another end" ceremony d root $(root_token) --org Acme --key first --until 20990101000000Z
	refused 1 "is p384, not rsa4096" ceremony d root $(root_token) --org Acme --key first --alg rsa4096
	cmp before.pem d/root/cert.pem
	echo nonsense >d/root/cert.pem
	refused 1 "not a certificate in PEM: it is text without a PEM block" ceremony d root $(root_token) --org Acme --key first
}

@test "root: a certificate of the right key by another CA is not kept" {
	ceremony d root $(root_token) --org Acme --key mine
	ceremony d root --name other $(root_token) --org Acme --cn "Other root" --key other
	"$DEVID_CA" cross $(root_token) --key other --ca d/other/cert.pem --out x.pem d/root/cert.pem
	cp x.pem d/root/cert.pem
	refused 1 "is not signed by this CA's key" ceremony d root $(root_token) --org Acme --key mine
}

@test "sign-ca: an OCSP signer's file is no issuing CA's" {
	"$DEVID_CA" request $(issuing_token) --key kinds --make p256 --org Acme --cn Kinds --out req.pem
	sign=("$DEVID_CA" sign-ca $(root_token) --key root --ca "$WORK/r/root/cert.pem" --out c.pem)
	"${sign[@]}" --kind ocsp req.pem
	refused 1 "is of another kind" "${sign[@]}" --kind issuing req.pem
	refused 1 "not issuing or ocsp" "${sign[@]}" --kind server req.pem
}

@test "request: same file, other key or subject: refused" {
	request=("$DEVID_CA" request $(issuing_token) --out req.pem)
	"${request[@]}" --key one --make p256 --org Acme --cn One
	"${request[@]}" --key one --org Acme --cn One
	refused 1 "has another subject" "${request[@]}" --key one --org Acme --cn Two
	refused 1 "has another key" "${request[@]}" --key two --make p256 --org Acme --cn One
}

# soft_request OUT SUBJECT KEYOPTION...: from a key in a file, which a root
# must judge like any other
soft_request() {
	openssl req -new -newkey "${@:3}" -nodes -keyout soft.key -out "$1" -subj "$2" 2>/dev/null
}

@test "issuing-sign: requests that are not signed" {
	sign=(ceremony "$WORK/r" issuing-sign bad $(root_token) --request)
	soft_request good.pem /O=Acme/CN=Soft ec -pkeyopt ec_paramgen_curve:P-256
	openssl req -in good.pem -outform DER -out req.der
	size=$(stat -c %s req.der)
	printf '\xff' | dd of=req.der bs=1 seek=$((size - 1)) conv=notrunc status=none
	openssl req -inform DER -in req.der -out broken.pem
	refused 1 "own signature is wrong" "${sign[@]}" broken.pem
	[ ! -e "$WORK/r/root/issued/bad" ]
	refused 1 "own signature is wrong" "$DEVID_CA" sign-ca $(root_token) --key root \
		--kind issuing --ca "$WORK/r/root/cert.pem" --out c.pem broken.pem
	refused 1 "not the one expected" "${sign[@]}" good.pem --fingerprint 00
	refused 1 "not a request in PEM" "${sign[@]}" "$WORK/r/root/cert.pem"
	soft_request p521.pem /O=Acme/CN=Soft ec -pkeyopt ec_paramgen_curve:P-521
	refused 1 "none of p256" "${sign[@]}" p521.pem
	rm -r "$WORK/r/root/issued/bad"
	soft_request only-cn.pem /CN=Soft ec -pkeyopt ec_paramgen_curve:P-256
	refused 1 "the subject is not O and CN" "${sign[@]}" only-cn.pem
	rm -r "$WORK/r/root/issued/bad"
	soft_request same.pem "/O=Acme/CN=Acme root" ec -pkeyopt ec_paramgen_curve:P-256
	refused 1 "the subject is the CA's own" "${sign[@]}" same.pem
	rm -r "$WORK/r/root/issued/bad"
	"$DEVID_CA" request $(root_token) --key root --org Acme --cn Twin --out twin.pem
	refused 1 "the key is the CA's own" "${sign[@]}" twin.pem
	[ ! -e "$WORK/r/root/issued/bad/cert.pem" ]
	rm -r "$WORK/r/root/issued/bad"
	print=$(openssl req -in good.pem -outform DER | sha256sum | cut -d ' ' -f 1)
	"${sign[@]}" good.pem --fingerprint "${print^^}"
	refused 1 "is there already and differs" "${sign[@]}" twin.pem
}

@test "sign-ca: no CA below an issuing CA, none by a leaf, none by another key" {
	"$DEVID_CA" request $(issuing_token) --key sub --make p256 --org Acme --cn Sub --out req.pem
	sign=("$DEVID_CA" sign-ca $(issuing_token) --out c.pem --kind issuing)
	refused 1 "pathlen 0" "${sign[@]}" --key ca1 --ca "$WORK/i/issuing/ca1/cert.pem" req.pem
	ceremony "$WORK/i" ocsp ca1 $(issuing_token)
	refused 1 "not a CA's certificate" "${sign[@]}" --key ca1-ocsp --ca "$WORK/i/issuing/ca1/ocsp.pem" req.pem
	run -1 "${sign[@]}" --key ca1 --ca "$WORK/r/root/cert.pem" req.pem
	[ ! -e c.pem ]
}

# several FILE...: one file of them
several() { cat "$@" >several.pem; }

@test "a file with several where one is shown: refused, nothing is made" {
	root=$WORK/r/root/cert.pem
	cert=$WORK/r/root/issued/ca1/cert.pem
	request=$WORK/i/issuing/ca1/request.pem
	mkdir -p d/issuing/ca1 d/root
	cp "$request" d/issuing/ca1/
	cp "$root" d/root/
	install=(ceremony d issuing-install ca1 $(issuing_token))
	several "$cert" "$root"
	refused 1 "holds more than one certificate" "${install[@]}" --certificate several.pem --root "$root"
	several "$root" "$cert"
	refused 1 "holds more than one certificate" "${install[@]}" --certificate "$cert" --root several.pem
	refused 1 "holds more than one certificate" ceremony d cross-certify $(root_token) --new several.pem
	several "$request" "$request"
	refused 1 "holds more than one request" ceremony d issuing-sign ca1 $(root_token) --request several.pem
	openssl x509 -in "$root" -outform DER -out root.der
	refused 1 "not a certificate in PEM" "${install[@]}" --certificate "$cert" --root root.der
	[ "$(find d -type f | sort | tr '\n' ' ')" = "d/issuing/ca1/request.pem d/root/cert.pem " ]
	"${install[@]}" --certificate "$cert" --root "$root"
}

@test "devid-ca: a file with several where one is read: refused" {
	root=$WORK/r/root/cert.pem
	request=$WORK/i/issuing/ca1/request.pem
	several "$root" "$WORK/i/issuing/ca1/cert.pem"
	two="several.pem: holds more than one certificate"
	sign=("$DEVID_CA" sign-ca $(root_token) --key root --kind issuing --out c.pem)
	refused 1 "$two" "${sign[@]}" --ca several.pem "$request"
	cross=("$DEVID_CA" cross $(root_token) --key root --out c.pem)
	refused 1 "$two" "${cross[@]}" --ca "$root" several.pem
	refused 1 "$two" "${cross[@]}" --ca several.pem "$root"
	printf '# nothing\n' >revoked.txt
	refused 1 "$two" "$DEVID_CA" root-crl $(root_token) --key root --ca several.pem \
		--revoked revoked.txt --number n --out root.crl
	several "$request" "$request"
	refused 1 "several.pem: holds more than one request" "${sign[@]}" --ca "$root" several.pem
	[ ! -e c.pem ]
	[ ! -e root.crl ]
	"${sign[@]}" --ca "$root" "$request"
}

@test "issuing-install: every certificate above is in the plan" {
	ceremony d root --name mid $(root_token) --org Acme --cn Middle --key mid
	root=$WORK/r/root/cert.pem
	mkdir -p d/issuing/ca1
	cp "$WORK/i/issuing/ca1/request.pem" d/issuing/ca1/
	several d/mid/cert.pem "$root"
	install=(ceremony d issuing-install ca1 $(issuing_token) --root "$root"
		--certificate "$WORK/r/root/issued/ca1/cert.pem" --above)
	run -0 "${install[@]}" several.pem
	for file in d/mid/cert.pem "$root"; do
		print=$(openssl x509 -in "$file" -outform DER | sha256sum | cut -d ' ' -f 1)
		grep -q "plan: its SHA-256: $print" d/issuing/ca1/transcript-*
	done
	[[ $output == *"its subject: CN=Middle,O=Acme"*"its subject: CN=Acme root,O=Acme"* ]]
	[[ $output == *"chain = $PWD/d/issuing/ca1/chain.pem"* ]]
	cat "$root" "$WORK/i/issuing/ca1/request.pem" >several.pem
	refused 1 "not a certificate in PEM" "${install[@]}" several.pem
	: >several.pem
	refused 1 "is empty" "${install[@]}" several.pem
	echo nonsense >several.pem
	refused 1 "not a certificate in PEM" "${install[@]}" several.pem
}

@test "cross-certify: only another root" {
	cross=(ceremony "$WORK/r" cross-certify $(root_token) --new)
	refused 1 "the same root" "${cross[@]}" "$WORK/r/root/cert.pem"
	refused 1 "not a root CA's certificate" "${cross[@]}" "$WORK/i/issuing/ca1/cert.pem"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k \
		-out weak.pem -subj /O=Acme/CN=Weak 2>/dev/null
	refused 1 "a root key is p384 or rsa4096" "${cross[@]}" weak.pem
	refused 1 "not a certificate in PEM" "${cross[@]}" k
}

@test "root: no other algorithms" {
	refused 2 "p384 or rsa4096" ceremony d root $(root_token) --org Acme --alg p256
	refused 1 "p384 or rsa4096" "$DEVID_CA" root-cert $(root_token) --key weak \
		--make rsa2048 --org Acme --cn Weak --out c.pem
	"$DEVID_CA" token-key $(root_token) --key weak --make p256
	refused 1 "p384 or rsa4096" "$DEVID_CA" root-cert $(root_token) --key weak \
		--org Acme --cn Weak --out c.pem
}

@test "issuing-install: another key, another root, another token: refused" {
	ceremony d issuing-request ca1 $(issuing_token) --org Acme
	install=(ceremony d issuing-install ca1)
	issuing_ca another
	refused 1 "the key is not that of" "${install[@]}" $(issuing_token) \
		--certificate "$WORK/r/root/issued/another/cert.pem" --root "$WORK/r/root/cert.pem"
	ceremony d root $(root_token) --name stranger --org Acme --cn Stranger --key stranger
	refused 1 "does not verify" "${install[@]}" $(issuing_token) \
		--certificate "$WORK/r/root/issued/ca1/cert.pem" --root d/stranger/cert.pem
	"$DEVID_CA" token-key $(root_token) --key ca1 --make p256
	refused 1 "the key is not the token's" "${install[@]}" $(root_token) \
		--certificate "$WORK/r/root/issued/ca1/cert.pem" --root "$WORK/r/root/cert.pem"
	[ ! -e d/issuing/ca1/cert.pem ]
}

# ---- calls ----

@test "wrong calls: exit 2, nothing done" {
	refused 2 "no ceremony named" ceremony d
	refused 2 "no such ceremony" ceremony d nonsense
	refused 2 "no such ceremony" ceremony d 'root;x'
	refused 2 "--org is missing" ceremony d root $(root_token)
	refused 2 "not an option here" ceremony d root $(root_token) --org A --pin 1234
	refused 2 "is not a name" ceremony d issuing-request ../x $(issuing_token) --org A
	refused 2 "takes 2 name(s)" ceremony d rollover a $(issuing_token)
	refused 2 "--reason" ceremony d revoke-issuing a $(root_token) --reason nonsense
	refused 2 "--org is given twice" ceremony d root $(root_token) --org A --org B
	refused 2 "--pin-fd and --pin-file: give one of them" ceremony d root \
		--module "$module" --token devid-root --pin-fd 0 \
		--pin-file "$WORK/pin" --org A
	refused 2 "--pin-fd and --pin-file: give one of them" "$DEVID_CA" \
		token-key --pin-fd 0 --pin-file "$WORK/pin"
	refused 2 "unknown option" "$DEVID_CA" token-key --pin 1234
	refused 2 "--token is missing" "$DEVID_CA" token-key --module "$module" --key k
	[ ! -e d ]
	for command in token-key root-cert request sign-ca cross root-crl; do
		run -0 "$DEVID_CA" "$command" --help
		[[ $output == "usage: devid-ca $command"* ]]
	done
}

@test "an end that is past or no time: refused" {
	root=("$DEVID_CA" root-cert $(root_token) --key root --org A --cn A --out c.pem)
	refused 1 "is in the past" "${root[@]}" --until 20200101000000Z
	refused 1 "not a time" "${root[@]}" --until 2099-01-01
}

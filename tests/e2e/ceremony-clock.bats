#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Ceremonies on an offline machine whose clock nobody sets.

load lib
load ceremony
plain=${plain?set in lib.bash}

setup_file() { ceremony_init; }

teardown_file() { lib_done; }

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_TEST_TMPDIR" || return 1
	export TMPDIR=$PWD
	cp -a "$WORK/r/root" "$PWD/"
	crl=$PWD/root/root.crl
}

# at DAYS CEREMONY ARG...: with a clock so far ahead
at() {
	LD_PRELOAD=$plain/clock-fault.so CLOCK_FAULT=$(($1 * 86400)) \
		DEVID_CA=$plain/devid-ca \
		"$repo/pki/ceremony/devid-ceremony" --dir "$PWD" --yes "${@:2}"
}

# refused_for_clock CAUSE DAYS CEREMONY ARG...: and nothing has changed
refused_for_clock() {
	local before

	before=$(find root -type f -exec sha256sum {} + | sort)
	refused 1 "$1" at "${@:2}"
	[[ $output == *"this machine's clock says "*" UTC: that is"* ]]
	[[ $output != *"will do this"* ]]
	[ "$(find root -type f -exec sha256sum {} + | sort)" = "$before" ]
}

made_on() { # DAYS from today
	[ "$(date -ud "$(openssl crl -inform DER -in "$crl" -noout \
		-lastupdate | cut -d= -f2)" +%F)" = "$(date -ud "$1 days" +%F)" ]
}

# issued NAME: a certificate that can be revoked
issued() {
	ceremony "$PWD/i" issuing-request "$1" $(issuing_token) --org Acme
	at 0 issuing-sign "$1" $(root_token) \
		--request "$PWD/i/issuing/$1/request.pem"
}

@test "root-crl: behind the list before it refused, unless a person says so" {
	at 60 root-crl $(root_token)
	made_on 60
	refused_for_clock "$crl: the list there was made " \
		0 root-crl $(root_token)
	[[ $output == *"that is behind, or was ahead then"*--accept-clock* ]]
	at 0 root-crl $(root_token) --accept-clock
	made_on 0
	[ "$(cat root/crl-number)" = 2 ]
}

@test "root-crl: more than 30 days overdue refused, unless a person says so" {
	at 0 root-crl $(root_token) --days 10
	at 39 root-crl $(root_token) --days 10
	made_on 39
	refused_for_clock "$crl: the list there was due again " \
		80 root-crl $(root_token)
	[[ $output == *"more than 30 days overdue"*--accept-clock* ]]
	at 80 root-crl $(root_token) --accept-clock
	made_on 80
}

@test "revoke-issuing: a clock that cannot be right puts nothing on the list" {
	issued gone
	at 60 root-crl $(root_token)
	refused_for_clock "$crl: the list there was made " \
		0 revoke-issuing gone $(root_token) --reason superseded
	run ! grep -q superseded root/revoked.txt
	at 60 revoke-issuing gone $(root_token) --reason superseded
	grep -q " $(date -ud "60 days" +%Y%m%d)[0-9]*Z superseded" root/revoked.txt
}

@test "no CA signs before it is valid itself" {
	issued early
	rm -r root/issued/early
	for call in "root-crl" "issuing-sign early --request \
$PWD/i/issuing/early/request.pem"; do
		# shellcheck disable=SC2086 # words
		run -1 at -60 $call $(root_token)
		[[ $output == *"$PWD/root/cert.pem: is valid from "*" UTC: that \
is behind, or was ahead then"* ]]
	done
	[ ! -e "$crl" ]
	[ ! -e root/issued/early/cert.pem ]
}

# plan_says_now CEREMONY ARG...: the time to the minute, or the one before
plan_says_now() {
	local before now
	before=$(date -u +'%F %H:%M')

	run at 0 "$@"
	now=$(date -u +'%F %H:%M')
	[[ $output == *"UTC now:     $before:"*"by this machine's clock"* ||
		$output == *"UTC now:     $now:"*"by this machine's clock"* ]] || {
		echo "$output"
		return 1
	}
}

@test "every plan of what is signed with a time says the time" {
	issued told
	plan_says_now root --name other --key other --org Acme $(root_token)
	plan_says_now issuing-sign told $(root_token) \
		--request "$PWD/i/issuing/told/request.pem"
	plan_says_now cross-certify --new other/cert.pem $(root_token)
	plan_says_now root-crl $(root_token)
	plan_says_now revoke-issuing told --reason superseded $(root_token)
	[[ $output == *"list before: made "*,"due again "* ]]
	ceremony "$PWD" issuing-request told $(issuing_token) --org Acme
	mkdir -p issuing
	cp -r i/issuing/told issuing/
	ceremony "$PWD" issuing-install told $(issuing_token) \
		--certificate root/issued/told/cert.pem --root root/cert.pem
	plan_says_now ocsp told $(issuing_token)
}

@test "--accept-clock is an option of lists alone" {
	refused 2 "--accept-clock is not an option here" \
		at 0 root --accept-clock --org Acme $(root_token)
}

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What all ceremonies do: say what will be done, ask once, keep a transcript,
# put files in place whole, check what is there.

fail() { # SUBJECT CAUSE
	printf '%s: %s: %s\n' "$PROGRAM" "$1" "$2" >&2
	[[ -z $TRANSCRIPT ]] || note "failed: $1: $2" || true
	exit 1
}

usage_fail() {
	printf '%s: %s; see %s --help\n' "$PROGRAM" "$1" "$PROGRAM" >&2
	exit 2
}

# ---- plan and transcript ----

plan() { # WHAT VALUE
	PLAN+=("$(printf '%-12s %s' "$1:" "$2")")
}

# note LINE...: into the transcript, on disk before the next step
note() {
	local now

	TZ=UTC0 printf -v now '%(%Y-%m-%dT%H:%M:%SZ)T' -1
	printf '%s\n' "${@/#/$now }" >>"$TRANSCRIPT" && sync "$TRANSCRIPT"
}

say() {
	printf '%s\n' "$@"
	note "$@"
}

# ask: once; everything that is not yes is no
ask() {
	local answer=''

	((YES)) && return
	if ! { exec {TTY}<>/dev/tty; } 2>/dev/null; then
		fail "$CEREMONY" "no terminal to ask at; --yes does without"
	fi
	printf 'Go on? (yes/no) ' >&"$TTY"
	read -r answer <&"$TTY" || true
	exec {TTY}>&-
	[[ $answer == yes ]] || fail "$CEREMONY" "not confirmed, nothing done"
}

# begin FOLDER: shows the plan, asks, opens the transcript in FOLDER
begin() {
	local folder=$1 who
	who=${SUDO_USER:-${USER:-$(id -un)}}@$(uname -n)

	printf '%s: will do this:\n' "$CEREMONY"
	printf '  %s\n' "${PLAN[@]}"
	ask
	mkdir -p "$folder" || fail "$folder" "cannot be made"
	exec {LOCK}>>"$DIR/.lock" || fail "$DIR" "cannot be written"
	flock -n "$LOCK" || fail "$DIR" "another ceremony is under way"
	rm -f "$folder"/.devid-ceremony-new.* # what a kill left behind
	TRANSCRIPT=$(mktemp "$folder/transcript-$CEREMONY-$(date -u +%Y%m%dT%H%M%SZ)-XXXX.txt") ||
		fail "$folder" "no transcript can be written"
	chmod 644 "$TRANSCRIPT"
	sync "$folder"
	note "ceremony: $CEREMONY by $who with $PROGRAM $VERSION" \
		"${PLAN[@]/#/plan: }"
}

finish() { # [LINE...] what comes next
	say "${@/#/next: }" "done: $CEREMONY"
	printf 'transcript: %s\n' "$TRANSCRIPT"
}

# ---- steps ----

# ca COMMAND ARG...: devid-ca, its lines into the transcript. Ends the ceremony
# with devid-ca's exit status when that is not 0 (3: PIN refused).
ca() {
	local status=0 errors line pid err

	say "step: $1"
	errors=$(mktemp "${TMPDIR:-/tmp}/devid-ceremony.XXXXXX")
	exec {err}> >(exec tee "$errors" >&2)
	pid=$!
	CA_LINES=$("$DEVID_CA" "$@" 2>&"$err" {err}>&-) || status=$?
	exec {err}>&-
	wait "$pid" || true
	while IFS= read -r line; do
		[[ -z $line ]] || say "$line"
	done <<<"$CA_LINES"
	while IFS= read -r line; do
		note "$line"
	done <"$errors"
	rm -f "$errors"
	((status == 0)) && return
	note "failed: $1: exit status $status"
	exit "$status"
}

# token_args: --module, --token, PIN of this call
token_args() {
	TOKEN_ARGS=(--module "${OPT[module]}" --token "${OPT[token]}")
	[[ -z ${OPT[pin-file]:-} ]] || TOKEN_ARGS+=(--pin-file "${OPT[pin-file]}")
	[[ -z ${OPT[pin-fd]:-} ]] || TOKEN_ARGS+=(--pin-fd "${OPT[pin-fd]}")
}

# optional_args OPTION...: those that were given, as arguments of devid-ca
optional_args() {
	local name

	OPTIONAL_ARGS=()
	for name; do
		[[ -z ${OPT[$name]:-} ]] || OPTIONAL_ARGS+=("--$name" "${OPT[$name]}")
	done
}

# put FILE DEST: DEST is FILE's content, or nothing has changed. Replaced is a
# regular file or nothing.
put() {
	local new folder

	[[ ! -L $2 ]] ||
		fail "$2" "is a link to $(readlink "$2"), which is not followed"
	[[ ! -e $2 || -f $2 ]] ||
		fail "$2" "is no regular file, so it is not replaced"
	folder=$(dirname "$2")
	new=$(mktemp "$folder/.devid-ceremony-new.XXXXXXXXXXXX") || fail "$2" "cannot be written"
	if ! { cat "$1" >"$new" && chmod 644 "$new" && sync "$new" &&
		mv -fT "$new" "$2" && sync "$folder"; }; then
		rm -f "$new"
		fail "$2" "cannot be written"
	fi
}

# put_once WHAT FILE DEST: makes DEST, or sees that it is the same
put_once() {
	local verb=made

	if [[ -e $3 ]]; then
		cmp -s "$2" "$3" ||
			fail "$3" "is there already and differs; move it away first"
		verb=kept
	else
		put "$2" "$3"
	fi
	say "$1 $3 $verb"
}

# snapshot NAME FILE: a copy in $WORK/NAME, so that what is shown before the
# question is what is used after it, whoever changes FILE meanwhile
snapshot() {
	if [[ -z $WORK ]]; then
		WORK=$(mktemp -d "${TMPDIR:-/tmp}/devid-ceremony.XXXXXX")
		trap 'rm -rf "$WORK"' EXIT
	fi
	cat "$2" >"$WORK/$1" 2>/dev/null || fail "$2" "cannot be read"
	[[ -s $WORK/$1 ]] || fail "$2" "is empty"
}

# ---- looking ----

# plan_size ALG: what keys of that kind do to the devices below them
plan_size() {
	[[ $1 == rsa4096 ]] || return 0
	plan note "of a chain with rsa4096 a TPM keeps what fits, at most 2048 bytes; the device's disk has the rest"
}

# plan_clock: nothing on an offline machine knows better than who looks
plan_clock() {
	local now

	TZ=UTC0 printf -v now '%(%Y-%m-%d %H:%M:%S)T' -1
	plan "UTC now" "$now by this machine's clock: what is signed will say so"
}

# plan_chain FILE...: what devices get above their own certificate. They keep
# all of it but roots, and read all of it, by the limits of idevid/key/key-bundle.h
plan_chain() {
	local n=0 size=0 n_all=0 all=0 pem names bytes

	awk -v to="$WORK/chain." '/-----BEGIN / { n++ } n { print >to n }' "$@"
	for pem in "$WORK"/chain.*; do
		mapfile -t names < <(openssl x509 -in "$pem" -noout \
			-subject_hash -issuer_hash)
		bytes=$(openssl x509 -in "$pem" -outform DER | wc -c)
		n_all=$((n_all + 1)) all=$((all + bytes))
		[[ ${names[0]} != "${names[1]}" ]] || continue
		n=$((n + 1)) size=$((size + bytes))
	done
	((n <= 3)) ||
		fail "$CEREMONY" "$n certificates below the root, devices keep 3"
	((n_all <= 14)) ||
		fail "$CEREMONY" "$n_all certificates with the roots, devices read 14"
	((all <= 12288)) ||
		fail "$CEREMONY" "$all bytes of certificates with the roots, devices read 12288"
	bytes=$(cat "$@" | wc -c)
	((bytes <= 59392)) ||
		fail "$CEREMONY" "$bytes bytes of PEM above a device's, devices read 59392"
	((size <= 2048)) || plan_size rsa4096
}

need_file() { # FILE WHAT
	[[ -f $1 && -s $1 ]] || fail "$1" "there is no $2"
}

# blocks_in FILE: how many blocks of PEM, of whatever kind
blocks_in() {
	{ grep -ao -e '-----BEGIN ' "$1" || true; } | wc -l
}

# check_form x509|req FILE NAME: one, as only the first of several is shown
check_form() {
	local what=certificate

	[[ $1 != req ]] || what=request
	(($(blocks_in "$2") <= 1)) || fail "$3" "holds more than one $what"
	{ (($(blocks_in "$2") == 1)) && openssl "$1" -in "$2" -noout; } \
		2>/dev/null || fail "$3" "not a $what in PEM"
}

# plan_above FILE NAME: every certificate in it
plan_above() {
	local n i

	n=$(blocks_in "$1")
	((n >= 1)) || fail "$2" "not a certificate in PEM"
	awk -v to="$1." '/-----BEGIN / { n++ } n { print >to n }' "$1"
	plan above "$2"
	for ((i = 1; i <= n; i++)); do
		[[ -s $1.$i ]] || fail "$2" "not certificates in PEM"
		check_form x509 "$1.$i" "$2"
		plan "its subject" "$(subject_of x509 "$1.$i")"
		plan "its SHA-256" "$(sha256_of x509 "$1.$i")"
	done
}

subject_of() { # x509|req FILE
	openssl "$1" -in "$2" -noout -subject -nameopt RFC2253,-esc_msb,utf8 |
		sed 's/^subject=//'
}

sha256_of() { # x509|req FILE: of the DER
	openssl "$1" -in "$2" -outform DER | sha256sum | cut -d ' ' -f 1
}

# key_of x509|req FILE: SHA-256 of SubjectPublicKeyInfo
key_of() {
	openssl "$1" -in "$2" -noout -pubkey |
		openssl pkey -pubin -outform DER | sha256sum | cut -d ' ' -f 1
}

# key_in_lines: the key that devid-ca has just told of
key_in_lines() {
	sed -n 's/^key .* sha256 \([0-9a-f]*\) [a-z]*$/\1/p' <<<"$CA_LINES"
}

# verify ROOT CERT [UNTRUSTED...]: up to the root, and by the book
verify() {
	local args=(-x509_strict -CAfile "$1") file

	for file in "${@:3}"; do
		[[ ! -s $file ]] || args+=(-untrusted "$file")
	done
	openssl verify -no-CApath -no-CAstore "${args[@]}" "$2" >/dev/null ||
		fail "$2" "does not verify up to $1"
	say "verified $2 up to $1"
}

# times_of CRL: when it was made, and is due again
times_of() {
	openssl crl -inform DER -in "$1" -noout -lastupdate -nextupdate |
		sed -e 's/^lastUpdate=/made /; s/^nextUpdate=/due again /' |
		paste -sd ,
}

# time_in DAYS: as YYYYMMDDHHMMSSZ
time_in() {
	date -u -d "+$1 days" +%Y%m%d%H%M%SZ
}

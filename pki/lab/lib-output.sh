# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Where a script's output goes, by the rule of idevid/base/output.h: of devid-pki,
# and of the lab. Who reads this file has `fail SUBJECT CAUSE`.

# is_stream FILE: what is written through: these names, a fifo, a device.
is_stream() {
	[[ $1 == @(-|/dev/stdout|/dev/stderr|/dev/fd/+([0-9])) ]] ||
		[[ ! -L $1 && (-p $1 || -c $1 || -b $1) ]]
}

# check_target FILE: else a regular file is replaced, or nothing.
check_target() {
	! is_stream "$1" || return 0
	[[ ! -L $1 ]] ||
		fail "$1" "is a link to $(readlink -- "$1"), which is not followed"
	[[ ! -e $1 || -f $1 ]] ||
		fail "$1" "is no regular file, so it is not replaced"
}

# put_file MODE TARGET: replaces TARGET with standard input, whole or not.
put_file() {
	local mode=$1 target=$2 temp

	check_target "$target"
	[[ $target != - ]] || target=/dev/stdout
	if is_stream "$target"; then
		cat >>"$target" || fail "$target" "cannot be written"
		return
	fi
	[[ $target == */* ]] || target=./$target
	temp=$(mktemp "${target%/*}/.new-XXXXXXXX" 2>/dev/null) ||
		fail "$target" "cannot be written"
	if ! { cat >"$temp" && chmod "$mode" "$temp" && sync "$temp" &&
		mv -fT -- "$temp" "$target"; }; then
		rm -f -- "$temp"
		fail "$target" "cannot be written"
	fi
}

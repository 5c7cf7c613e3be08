# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The lab's programs. They lie apart from its state: state is small and belongs
# into /run, but a real Debian mounts /run noexec and gives it a tenth of the
# memory. $LAB/bin is a link to them; they are in PROGRAMS, in a folder with the
# name of the lab's namespaces.

OWN_PROGRAMS=/var/lib/devid-lab
BOOT_ID=/proc/sys/kernel/random/boot_id
: "${PROGRAMS:=${LAB_PROGRAMS:-$OWN_PROGRAMS}}"

# programs_copy: what the lab runs as users other than root must lie where they
# can read it, and a build in between must not change a lab that is up.
programs_copy() {
	local build=${DEVID_BUILD:-$HERE/../build} plain program new

	programs_sweep
	# Loaded by programs that are not built with sanitizers; and the lab's own.
	plain=${build%/san}
	# Another lab's end may remove the folder in the middle of it.
	new=$(programs_folder || programs_folder)
	cp "$BOOT_ID" "$new/boot"
	ln -s "$LAB" "$new/lab" # for people
	chmod 0755 "$new"
	for program in "$build"/{lab-port,devid,devid-ca,devid-registrar,devid-keyd,devid-agent,devid-enroll} \
		"$plain"/{await,devid.so,liar.so,open-port}; do
		[[ -e $program ]] || {
			rm -rf -- "$new"
			fail "$program" "not built; run make lab"
		}
		cp "$program" "$new/"
	done
	mv -T "$new" "$PROGRAMS/$(<"$LAB/id")"
	ln -s "$PROGRAMS/$(<"$LAB/id")" "$LAB/bin"
	programs_run || fail "$PROGRAMS" "programs cannot run there (mounted noexec?);\
 name another folder in LAB_PROGRAMS"
}

programs_folder() {
	mkdir -p "$PROGRAMS" && mktemp -d "$PROGRAMS/new.XXXXXX"
}

# As one of the users of the lab: the way to the folder must be open for all.
programs_run() {
	as_switch "$LAB/bin/lab-port" --version >/dev/null 2>&1
}

# programs_remove: those of this lab. Where its end came before the link, they
# stay until the machine is restarted.
programs_remove() {
	local dir

	dir=$(readlink "$LAB/bin") || return 0
	rm -rf -- "$dir"
	[[ ${dir%/*} != "$OWN_PROGRAMS" ]] ||
		rmdir -- "$OWN_PROGRAMS" 2>/dev/null || true
}

# programs_sweep: what labs left when the machine went down and took /run with
# it. Labs of today may be in a /run that is not seen from here.
programs_sweep() {
	local dir

	for dir in "$PROGRAMS"/{devid,new.}*; do
		[[ ! -e $dir/boot || $(<"$dir/boot") == "$(<"$BOOT_ID")" ]] ||
			rm -rf -- "$dir"
	done
}

# hooks_dir DEVICE: the agent runs what is there, so it is no place in /run. The
# agent follows no link.
hooks_dir() {
	printf '%s/hooks-%s\n' "$(readlink "$LAB/bin")" "$1"
}

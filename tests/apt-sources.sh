# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Where this machine has its Debian packages from, for those who make another
# system of them. Who loads this may define arch, the architectures of that
# system, this machine's first.

# machine_sources: `URI SUITE COMPONENT` of Debian's own packages, as apt knows
# them; what others offer has another origin.
machine_sources() {
	# shellcheck disable=SC2016 # fields of apt-get
	apt-get indextargets --format \
		'$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' | awk -v own="$1" '
		$1 == "Debian" && ($3 == own || $3 == own "-updates" ||
			$3 == own "-security") { print $2, $3, $4 }' | sort -u
}

# sources SUITE: lines of a sources.list
sources() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	local own found foreign=0

	own=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	found=$(machine_sources "$own")
	[ -n "$found" ] || { # apt knows the origin of what it saw once
		apt-get update -q >&2 || return 1
		found=$(machine_sources "$own")
	}
	[ -n "$found" ] || {
		echo "${0##*/}: apt knows no source of Debian ${own:-(which?)}" \
			"here" >&2
		return 1
	}
	# A library of another architecture must have the version of this one's,
	# but what is published in between does not come for all at one moment.
	[ -z "${arch[1]:-}" ] || foreign=1
	awk -v own="$own" -v suite="$1" -v keyring="$keyring" \
		-v foreign=$foreign '
		!foreign || $2 == own {
			sub(own, suite, $2)
			print "deb [signed-by=" keyring "]", $1, $2, $3
		}' <<<"$found"
}

# What apt needs here to reach its sources it needs there.
apt_options() {
	apt-config dump | grep -E \
		'^Acquire::((https?|ftp)::Proxy|Check-|Retries|ForceIPv[46] )'
}

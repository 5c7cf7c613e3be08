# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# Input for devid-report: JSON lines as devid-registrar writes them.

# shellcheck disable=SC2034,SC2154 # for bats files; of lib.bash
report=$build/devid-report
NOW=1796079600 # 2026-11-30 23:00

# head_line: the first line of the report "site"
head_line() {
	printf '%s\n' '{"report":"site","version":1,"time":'"$NOW"',"site":"Plant 4","chain":[' \
		'{"name":"Example Site Root CA","not_after":2426000000},' \
		'{"name":"Example Plant 4 Issuing CA","not_after":2111000000}]}' |
		tr -d '\n'
	echo
}

# units N: N of a plant, of which some are in trouble, and the last line
units() {
	awk -v n="$1" -v now="$NOW" '
	function unit(i, state, rest) {
		printf "{\"unit\":\"ACCC8E%06d\",\"model\":\"Q%d-LVE\",\"state\":\"%s\"%s}\n", \
			i, 1600 + i % 4 * 15, state, rest
	}
	function at(i, ago) {
		return ",\"last_seen\":" now - ago - i % 97 * 311 \
			",\"switch\":\"plant4-sw" i % 12 + 1 "\",\"port\":\"Gi1/0/" i % 48 + 1 "\""
	}
	function ends(days) { return ",\"not_after\":" now + days * 86400 + 3600 }
	function why(cause, detail) {
		return ",\"cause\":\"" cause "\",\"detail\":\"" detail "\""
	}
	BEGIN {
		for (i = 1; i <= n; i++) {
			m = i % 200
			if (m == 3) unit(i, "verified", at(i, 600) why("pending", "asked 2026-11-30 08:12"))
			else if (m == 7) unit(i, "expiring", at(i, 60) ends(i % 9 + 1) why("not-renewed", "EST_TIMEOUT"))
			else if (m == 11) unit(i, "refused", at(i, 3600) why("unlisted", ""))
			else if (m == 13) unit(i, "refused", at(i, 86400 * 40) ends(-12) why("expired", "LDevID ended 2026-11-18"))
			else if (m == 17) unit(i, "production", at(i, 86400 * 63) ends(170) why("silent", "63 days"))
			else if (m % 50 == 19) unit(i, "ordered", "")
			else if (m == 23) unit(i, "seen", at(i, 50))
			else if (m == 29) unit(i, "enrolled", at(i, 50) ends(364))
			else if (m == 31) unit(i, "configured", at(i, 50) ends(364))
			else if (m == 37) unit(i, "retired", at(i, 86400 * 200))
			else unit(i, "production", at(i, 30) ends(i * 37 % 430 + 14))
		}
		printf "{\"end\":%d}\n", n
	}'
}

# hostile_units: names that would do something, were they not text
# shellcheck disable=SC2016 # nothing of it is to be done
hostile_units() {
	local name names=(
		'<script>document.title=\"owned\"</script>'
		'<svg onload=document.title=\"owned\"><animate onbegin=document.title=1>'
		'</title></style></table></svg><img src=http://127.0.0.1:9/x onerror=document.title=1>'
		'\" autofocus onfocus=document.title=1 x=\"'
		'=HYPERLINK(\"http://127.0.0.1:9/\",\"x\")'
		'@SUM(1+1)*cmd|'\'' /C calc'\''!A0'
		'\u001b]0;owned\u0007\u0000\r\n\t'
		'\u202egpj.exe\u2066\u200b\ufeff'
		'; reboot $(reboot) `reboot`'
		'&lt;b&gt; &#60;i&#62;'
		$'a\xff\xc0\x80\xed\xa0\x80b'
	)

	for name in "${names[@]}"; do
		printf '{"unit":"%s","model":"%s","state":"refused","switch":"%s","port":"%s","cause":"%s","detail":"%s"}\n' \
			"$name" "$name" "$name" "$name" "$name" "$name"
		printf '{"unit":"%s","state":"verified","cause":"pending"}\n' "$name"
	done
	printf '{"end":%d}\n' $((2 * ${#names[@]}))
}

# hostile: all of it
hostile() {
	printf '{"report":"site","version":1,"time":%s,"site":"%s","chain":[{"name":"%s"}]}\n' \
		"$NOW" '</title><script>document.title=\"owned\"</script>' \
		'</text></svg><script>document.title=\"owned\"</script>'
	hostile_units
}

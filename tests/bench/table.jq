# SPDX-License-Identifier: Apache-2.0
# The table on the screen, from bench.json.

def show: if . == null then "-" elif . >= 100 then round | tostring
	else . * 100 | round / 100 | tostring end;
def left($n): . + " " * ([$n - length, 0] | max);
def right($n): " " * ([$n - length, 0] | max) + .;
def cells: .[0] as $first | ($first | left(37))
	+ (.[1:] | map(right(13)) | join(""));

. as $all | .figures as $f
| def median($n): $f[$n].median;
def spread($n): if $f[$n] then "\($f[$n].median | show) (\($f[$n].q1 | show)-\($f[$n].q3 | show))"
	else "-" end;
def pair($what; $a; $b; $ratio): "\($what | left(35))\(spread($a) | right(21))\(spread($b) | right(22))\($ratio | show | right(9))";
def one($what; $n): "\($what | left(35))\(spread($n) | right(21))";
def over($a; $b): if median($a) == null or (median($b) // 0) == 0 then null
	else median($a) / median($b) end;
def faster($what; $x; $v): pair($what; "\($x).devid.\($v).full";
	"\($x).peer.\($v).full"; over("\($x).peer.\($v).full"; "\($x).devid.\($v).full"));
def costs($x): "\($x | left(28))\(median("memory.private.\($x)") | show | right(13))\(median("memory.pss.\($x)") | show | right(12))\(median("wakeups.\($x)") | show | right(14))";

"",
"\(.machine.cpu), \(.machine.cpus) processors, Linux \(.machine.kernel), \(.time)",
"",
"median (quartiles)                                  devid                  peer    ratio",
faster("attach, carrier to open port, ms"; "attach"; "tls13"),
faster("                     TLS 1.2"; "attach"; "tls12"),
faster("  carrier to EAPOL-Start"; "start"; "tls13"),
faster("                     TLS 1.2"; "start"; "tls12"),
faster("  EAPOL-Start to open port"; "eap"; "tls13"),
faster("                     TLS 1.2"; "eap"; "tls12"),
faster("EAPOL frames"; "frames"; "tls13"),
faster("                     TLS 1.2"; "frames"; "tls12"),
faster("TPM commands"; "tpm"; "tls13"),
faster("                     TLS 1.2"; "tpm"; "tls12"),
one("resumed attach, ms, TLS 1.3"; "attach.devid.tls13.resumed"),
one("                    TLS 1.2"; "attach.devid.tls12.resumed"),
"",
"median (quartiles)                               provider                direct    ratio",
pair("P-256 signatures per second"; "rate.provider"; "rate.direct";
	$all.ratios.signatures),
pair("  latency, microseconds"; "sign.provider"; "sign.direct";
	over("sign.provider"; "sign.direct")),
"  99 % of them below\($f["sign.provider"].p99 | show | right(36))\($f["sign.direct"].p99 | show | right(22))",
"",
"median (quartiles)                                  devid         openssl speed    ratio",
pair("chains per second, from DER"; "verify.der"; "verify.openssl";
	$all.ratios.verify_der),
pair("  by d2i_X509 and check_chain"; "verify.x509"; "verify.openssl";
	$all.ratios.verify_x509),
"",
"                              private KiB     pss KiB   wake-ups in \(median("idle.seconds") | show) s",
costs("keyd"), costs("agent"), costs("devid-wpa_supplicant"),
costs("tpm2-abrmd"), costs("dbus-daemon"), costs("peer-wpa_supplicant"),
"",
"held against                                         limit     measured    holds",
(.judged[] | "\(.what | left(47))\("\(.sense) \(.limit) \(.unit)" | right(14))\(.measured | show | right(12))\(if .holds == null then "-" elif .holds then "yes" else "NO" end | right(9))"),
(.missing[] | "not measured: \(.figure): \(.cause)")

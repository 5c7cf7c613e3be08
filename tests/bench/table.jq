# SPDX-License-Identifier: Apache-2.0
# The table on the screen, from bench.json.

def show: if . == null then "-" elif . >= 100 then round | tostring
	else . * 100 | round / 100 | tostring end;
def left($n): . + " " * ([$n - length, 0] | max);
def right($n): " " * ([$n - length, 0] | max) + .;

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
def column($name; $n): median($name) | show | right($n);
def costs($x): "\($x | left(26))\(column("memory.private.\($x)"; 12))\(column("memory.pss.\($x)"; 12))\(column("memory.rss.\($x)"; 12))\(column("wakeups.\($x)"; 19))";

"",
"\(.machine.cpu), \(.machine.cpus) processors, Linux \(.machine.kernel), load \(.machine.load), \(.time)",
"",
"median (quartiles)                                  devid                  peer    ratio",
faster("carrier to open port, ms TLS 1.3"; "attach"; "tls13"),
faster("                         TLS 1.2"; "attach"; "tls12"),
faster("  carrier to EAPOL-Start TLS 1.3"; "start"; "tls13"),
faster("                         TLS 1.2"; "start"; "tls12"),
faster("  EAPOL-Start to open    TLS 1.3"; "eap"; "tls13"),
faster("                         TLS 1.2"; "eap"; "tls12"),
faster("EAPOL frames             TLS 1.3"; "frames"; "tls13"),
faster("                         TLS 1.2"; "frames"; "tls12"),
faster("TPM commands             TLS 1.3"; "tpm"; "tls13"),
faster("                         TLS 1.2"; "tpm"; "tls12"),
one("resumed attach, ms       TLS 1.2"; "attach.devid.tls12.resumed"),
one("  TPM commands           TLS 1.2"; "tpm.devid.tls12.resumed"),
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
one("  d2i_X509 alone"; "verify.d2i"),
"",
"KiB                            private         pss         rss   wake-ups in \(median("idle.seconds") | show) s",
costs("keyd"), costs("agent"), costs("devid-wpa_supplicant"),
costs("tpm2-abrmd"), costs("dbus-daemon"), costs("peer-wpa_supplicant"),
(.memory | "devid adds \(.devid | show) private, the peer \(.peer | show) (tpm2-abrmd, and what its wpa_supplicant has more)"),
"",
"median (quartiles), one core                       devid                  peer    ratio",
one("a certificate of two, us: no row"; "ca.empty.certificate"),
one("  EK certified with P-256, not RSA"; "ca.p256.certificate"),
pair("  ten million; openssl ca, 200,000"; "ca.full.certificate"; "ca.peer.200000"; $all.ratios.openssl_ca),
one("    on two cores"; "ca.cores.certificate"),
one("a signature by the token, us"; "ca.token.sign"),
"ten million against none             \($all.ratios.issue_flat | show | right(17)) x",
"`openssl ca`, us a certificate: no row, 20,000, 200,000 rows\(column("ca.peer.0"; 10))\(column("ca.peer.20000"; 10))\(column("ca.peer.200000"; 10))",
pair("PostgreSQL, devices/s: two, one"; "ca.pg.2"; "ca.pg.1"; $all.ratios.two_processes),
pair("OCSP, requests/s; constant"; "ca.http.ocsp"; "ca.http.constant"; $all.ratios.ocsp),
one("CRL of 100,000 entries, ms"; "ca.crl"),
"devid-ca serve, KiB resident: idle \(median("ca.rss.idle") | show), with 1,000 TLS connections \(median("ca.rss.connections") | show)",
"",
one("registrar, LDevIDs/s: one client"; "registrar.1"),
one("  eight clients"; "registrar.8"),
pair("box to production, ms; bare"; "way.way"; "way.bare"; median("way.ratio")),
one("  an attach"; "way.attach"),
one("  DHCP"; "way.dhcp"),
one("  curl simpleenroll"; "way.curl"),
"",
"held against                                         limit     measured    holds",
(.judged[] | "\(.what | left(47))\("\(.sense) \(.limit) \(.unit)" | right(14))\(.measured | show | right(12))\(if .holds == null then "-" elif .holds then "yes" else "NO" end | right(9))"),
(.missing[] | "not measured: \(.figure): \(.cause)")

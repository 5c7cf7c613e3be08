# SPDX-License-Identifier: Apache-2.0
# bench.json from samples.tsv: statistics, ratios, and what is held against.

def quantile($q):
	((length - 1) * $q) as $at | ($at | floor) as $low
	| .[$low] + ((.[$low + 1] // .[$low]) - .[$low]) * ($at - $low);

def rounded: . * 1000 | round / 1000;

def stats:
	sort | { n: length, median: (quantile(0.5) | rounded),
		q1: (quantile(0.25) | rounded), q3: (quantile(0.75) | rounded),
		p99: (quantile(0.99) | rounded), min: .[0], max: .[-1] };

def lines: split("\n") | map(select(. != "") | split("\t"));

def ratio($a; $b): if $a == null or $b == null or $b == 0 then null
	else $a / $b | rounded end;

# One line of what is held against: $sense is "<" or "<=" or ">=" or "==".
def judge($what; $unit; $measured; $sense; $limit):
	{ what: $what, unit: $unit, measured: $measured, sense: $sense,
	  limit: $limit,
	  holds: (if $measured == null then null
		elif $sense == "<" then $measured < $limit
		elif $sense == "<=" then $measured <= $limit
		elif $sense == ">=" then $measured >= $limit
		else $measured == $limit end) };

($samples | lines | group_by(.[0])
	| map({ key: .[0][0], value: (map(.[1] | tonumber) | stats) })
	| from_entries) as $f
| def median($name): $f[$name].median;
def most($name): $f[$name].max;
def sum(a; b): if a == null or b == null then null else a + b end;
{
	time: $time,
	seconds: $seconds,
	machine: $machine,
	figures: $f,
	missing: ($missing | lines | map({ figure: .[0], cause: .[1] })),
	memory: {
		devid: sum(median("memory.private.keyd");
			median("memory.private.agent")),
		peer: sum(median("memory.private.tpm2-abrmd");
			sum(median("memory.private.peer-wpa_supplicant");
				-(median("memory.private.devid-wpa_supplicant")
					// 0)))
	},
	ratios: {
		attach_default: ratio(median("attach.peer.tls12.full");
			median("attach.devid.tls13.full")),
		attach_tls12: ratio(median("attach.peer.tls12.full");
			median("attach.devid.tls12.full")),
		attach_tls13: ratio(median("attach.peer.tls13.full");
			median("attach.devid.tls13.full")),
		from_start_tls12: ratio(median("eap.peer.tls12.full");
			median("eap.devid.tls12.full")),
		from_start_tls13: ratio(median("eap.peer.tls13.full");
			median("eap.devid.tls13.full")),
		signatures: ratio(median("rate.provider"); median("rate.direct")),
		verify_der: ratio(median("verify.der"); median("verify.openssl")),
		verify_x509: ratio(median("verify.x509");
			median("verify.openssl")),
		# A certificate of ours with ten million in the register, and
		# one of `openssl ca` with 200,000.
		openssl_ca: ratio(median("ca.peer.200000");
			median("ca.full.certificate")),
		# How much slower with ten million certificates.
		issue_flat: median("ca.flat"),
		openssl_ca_flat: ratio(median("ca.peer.200000");
			median("ca.peer.0")),
		two_processes: ratio(median("ca.pg.2"); median("ca.pg.1")),
		ocsp: median("ca.http.ratio")
	}
}
| . + { judged: [
	judge("box to production against its bare parts"; "x";
		median("way.ratio"); "<="; 2),
	judge("carrier to open port, TLS 1.3"; "ms";
		median("attach.devid.tls13.full"); "<"; 40),
	judge("carrier to open port, TLS 1.2"; "ms";
		median("attach.devid.tls12.full"); "<"; 40),
	judge("times faster than the peer, TLS 1.3"; "x";
		.ratios.attach_tls13; ">="; 40),
	judge("times faster than the peer, TLS 1.2"; "x";
		.ratios.attach_tls12; ">="; 40),
	judge("TPM commands, full attach, TLS 1.3 (most)"; "";
		most("tpm.devid.tls13.full"); "=="; 1),
	judge("TPM commands, full attach, TLS 1.2 (most)"; "";
		most("tpm.devid.tls12.full"); "=="; 1),
	judge("TPM commands, resumed, TLS 1.2 (most)"; "";
		most("tpm.devid.tls12.resumed"); "=="; 0),
	judge("private memory, keyd and agent"; "KiB";
		.memory.devid; "<"; 6144),
	judge("wake-ups while idle, keyd"; "";
		median("wakeups.keyd"); "=="; 0),
	judge("wake-ups while idle, agent"; "";
		median("wakeups.agent"); "=="; 0),
	judge("chain verification against openssl speed"; "x";
		.ratios.verify_der; ">="; 0.8),
	judge("issuing, times `openssl ca`, 200,000 rows"; "x";
		.ratios.openssl_ca; ">="; 20),
	judge("ten million certificates, slower than none"; "x";
		.ratios.issue_flat; "<="; 1.5),
	judge("two CA processes on PostgreSQL against one"; "x";
		.ratios.two_processes; ">="; 1.6),
	judge("OCSP against the HTTP library's constant"; "x";
		.ratios.ocsp; ">="; 0.8),
	judge("CRL of 100,000 entries"; "ms"; median("ca.crl"); "<"; 1000),
	judge("serve with 1,000 connections, resident"; "KiB";
		median("ca.rss.connections"); "<"; 65536)
] }

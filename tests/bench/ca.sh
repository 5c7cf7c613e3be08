# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The manufacturer's CA: issuing, its register, its lists, its service. All on
# one core (taskset) but where two processes are compared with one, and where it
# says so.

ISSUE_ROUNDS=9
ISSUE_DEVICES=1600
ISSUE_SERIALS=20000 # more than all rounds use
PG_ROUNDS=3
: "${REGISTER_DEVICES:=5000000}" # and two certificates each: ten million rows
PEER_ROWS=(0 20000 200000)
PG_BIN=$("$ROOT/tests/pg-bin")
PG= # the folder of the database
CA=
LINE=
ISSUER_PIDS=() ISSUER_IN=() ISSUER_OUT=()

on_one_core() {
	taskset -c 0 "$@"
}

# issuer_up REGISTER INSTANCE VENDOR ROUNDS PROGRAM...: the next bench-issue,
# the first is number 0; PROGRAM runs it.
issuer_up() {
	local reg=$1 instance=$2 vendor=$3 rounds=$4 n=${#ISSUER_PIDS[@]} fd
	local in=$CA/issuer.$n.in out=$CA/issuer.$n.out

	shift 4
	FIRST_SERIAL=$((FIRST_SERIAL + ISSUE_SERIALS))
	rm -f "$in" "$out"
	mkfifo "$in" "$out"
	(
		# The others' ends are theirs: they end when nobody has them.
		for fd in "${ISSUER_IN[@]}" "${ISSUER_OUT[@]}"; do
			exec {fd}>&-
		done
		TMPDIR=$CA exec "$@" "$BUILD/tests/bench/bench-issue" "$reg" \
			"$ISSUE_DEVICES" "$rounds" "$FIRST_SERIAL" \
			"$instance" "$vendor"
	) <"$in" >"$out" 2>"$CA/issuer.$n.err" &
	ISSUER_PIDS+=($!)
	exec {fd}>"$in"
	ISSUER_IN[n]=$fd
	exec {fd}<"$out"
	ISSUER_OUT[n]=$fd
}

# issuer_go N: it goes on.
issuer_go() {
	printf g >&"${ISSUER_IN[$1]}"
}

# issuer_read NAME N: the next line of issuer N in $LINE. When it has ended
# instead, false, and figure NAME is missing.
issuer_read() {
	local cause

	read -r -t 300 LINE <&"${ISSUER_OUT[$2]}" && return
	cause=$(grep -v ': issue: ' "$CA/issuer.$2.err" | tail -n1) || true
	missing "$1" "${cause:-bench-issue said nothing}"
	return 1
}

issuers_down() {
	local fd pid

	for fd in "${ISSUER_IN[@]}" "${ISSUER_OUT[@]}"; do
		exec {fd}>&-
	done
	# They end by themselves when nobody can tell them to go on; all but one
	# that hangs.
	for pid in "${ISSUER_PIDS[@]}"; do
		"$BUILD/await" exit --seconds 30 "$pid" ||
			kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" || true
	done
	rm -f "$CA"/issuer.*
	ISSUER_PIDS=() ISSUER_IN=() ISSUER_OUT=()
}

# issue_round NAME N: a round of issuer N.
issue_round() {
	issuer_go "$2"
	issuer_read "$1" "$2" || return 1
	TOOK[$1]=$(jq .device_us <<<"$LINE") || return 1
	sample "$1.device" "${TOOK[$1]}"
	# Each device gets two.
	sample "$1.certificate" "$(jq '.device_us / 2' <<<"$LINE")"
	sample "$1.cpu" "$(jq '.cpu_us / 2' <<<"$LINE")"
}

# issue NAME...: rounds of issuers 0, 1 and so on, by turns, of devices through
# both steps: how fast a processor is that others use too, changes from second
# to second. They make their devices all at once, before anything is measured.
issue() {
	local names=("$@") round n

	for ((round = 0; round < ISSUE_ROUNDS; round++)); do
		for n in "${!names[@]}"; do
			issuer_read "${names[n]}" "$n" || unset "names[n]"
		done
		for n in "${!names[@]}"; do
			issue_round "${names[n]}" "$n" || unset "names[n]"
		done
		[[ ! -v TOOK[ca.full] || ! -v TOOK[ca.empty] ]] ||
			sample ca.flat \
				"$(jq -n "${TOOK[ca.full]} / ${TOOK[ca.empty]}")"
		TOOK=()
		for n in "${!names[@]}"; do
			issuer_go "$n"
		done
	done
}

# A register with no row and one of ten million certificates. RSA-2048 EKs are
# certified with RSA-2048 by Infineon and STMicroelectronics, with P-256 by
# Intel and Nuvoton.
ca_issue() {
	local -A TOOK=()
	local names=() one=(taskset -c 0) full=sqlite:$CA/full.db

	FIRST_SERIAL=0
	note "bench: filling a register with $REGISTER_DEVICES devices ..."
	if "$BUILD/tests/bench/bench-register" --fill "$REGISTER_DEVICES" \
		"$full" >"$CA/fill.log" 2>&1; then
		names+=(ca.full)
		sync -f "$CA/full.db" # not while others are measured
		issuer_up "$full" bench RSA:2048 "$ISSUE_ROUNDS" "${one[@]}"
	else
		missing ca.full "$(tail -n1 "$CA/fill.log")"
	fi
	names+=(ca.empty ca.p256)
	issuer_up "sqlite:$CA/empty.db" bench RSA:2048 "$ISSUE_ROUNDS" "${one[@]}"
	issuer_up "sqlite:$CA/p256.db" bench P-256 "$ISSUE_ROUNDS" "${one[@]}"
	issue "${names[@]}"
	issuers_down
	if [[ ${names[0]} == ca.full ]]; then
		sample ca.full.bytes "$(stat -c %s "$CA/full.db")"
		# The judge may have a core of its own.
		issuer_up "$full" bench RSA:2048 "$ISSUE_ROUNDS" taskset -c 0,1
		issue ca.cores
		issuers_down
	fi
	rm -f "$CA"/full.db*
}

# peer_index ROWS: an index.txt as `openssl ca` leaves it.
peer_index() {
	awk -v rows="$1" 'BEGIN { for (i = 1; i <= rows; i++)
		printf "V\t99991231235959Z\t\t%032X\tunknown\t/serialNumber=P%010d/CN=M1\n",
			i, i }'
}

# openssl ca, the same certificate profile, key in a file: milliseconds for one
# certificate with so many in its index.
ca_peer() {
	local rows start dir=$CA/peer

	mkdir -p "$dir/new"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$dir/ca.key" -out "$dir/ca.pem" -subj /CN=peer \
		-days 30 2>/dev/null
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$dir/unit.key" -out "$dir/unit.csr" \
		-subj /serialNumber=NEW/CN=M1 2>/dev/null
	cat >"$dir/ca.cnf" <<-END
		[ca]
		default_ca = here
		[here]
		new_certs_dir = $dir/new
		database = $dir/index
		serial = $dir/serial
		policy = named
		unique_subject = no
		[named]
		serialNumber = optional
		commonName = optional
		[ext]
		keyUsage = critical,digitalSignature
		authorityKeyIdentifier = keyid:always
		certificatePolicies = 2.23.133.11.1.1,2.23.133.11.1.2
	END
	for rows in "${PEER_ROWS[@]}"; do
		peer_index "$rows" >"$dir/index"
		for _ in 1 2 3; do
			openssl rand -hex 16 >"$dir/serial"
			start=${EPOCHREALTIME/./}
			on_one_core openssl ca -batch -notext \
				-config "$dir/ca.cnf" -cert "$dir/ca.pem" \
				-keyfile "$dir/ca.key" -md sha256 -days 30 \
				-extfile "$dir/ca.cnf" -extensions ext \
				-in "$dir/unit.csr" -out "$dir/unit.pem" \
				2>"$dir/err" || {
				missing ca.peer "$(tail -n1 "$dir/err")"
				return
			}
			sample "ca.peer.$rows" "$((${EPOCHREALTIME/./} - start))"
		done
	done
}

# ---- PostgreSQL: one CA process, then two at once ----

pg() {
	setpriv --reuid postgres --regid postgres --clear-groups "$@"
}

# Where the user postgres comes, whoever owns the tree.
pg_up() {
	PG=$(mktemp -d "${TMPDIR:-/tmp}/devid-bench.XXXXXX")
	chown postgres:postgres "$PG"
	pg "$PG_BIN/initdb" -D "$PG/data" -A trust -U devid \
		>"$CA/pg.log" 2>&1 &&
		pg "$PG_BIN/pg_ctl" -D "$PG/data" -w -l "$PG/log" \
			-o "-k $PG -c listen_addresses=" start \
			>>"$CA/pg.log" 2>&1 &&
		pg "$PG_BIN/createdb" -h "$PG" -U devid devid
}

pg_down() {
	[[ -n $PG ]] || return 0
	[[ ! -e $PG/data/postmaster.pid ]] ||
		pg "$PG_BIN/pg_ctl" -D "$PG/data" -m immediate stop \
			>/dev/null 2>&1
	rm -rf -- "$PG"
	PG=
}

# pg_issue N: N processes at once; devices a second of all together. They begin
# together: the slower one says how long it took. Each is a CA machine with one
# core: a second machine brings its own, which here the first must not have.
# The server has what they leave of both.
pg_issue() {
	local n us=0

	for ((n = 0; n < $1; n++)); do
		issuer_up "postgresql:host=$PG user=devid dbname=devid" \
			"bench-$n" RSA:2048 1 taskset -c "$n"
	done
	for ((n = 0; n < $1; n++)); do
		issuer_read "ca.pg.$1" "$n" || us=
	done
	for ((n = 0; n < $1; n++)); do
		[[ -z $us ]] || issuer_go "$n"
	done
	for ((n = 0; n < $1; n++)); do
		issuer_read "ca.pg.$1" "$n" || us=
		us=${us:+$(jq "[$us, .device_us] | max" <<<"$LINE")}
	done
	issuers_down
	[[ -z $us ]] || sample "ca.pg.$1" "$(jq -n "$1 * 1000000 / $us")"
}

ca_pg() {
	local round

	if ! pg_up; then
		missing ca.pg "$(tail -n1 "$CA/pg.log")"
		return
	fi
	for ((round = 0; round < PG_ROUNDS; round++)); do
		pg_issue 1
		pg_issue 2
	done
	pg_down
}

# The CRL, and what is asked of `devid-ca serve`.
ca_service() {
	local json

	for _ in 1 2 3; do
		json=$(on_one_core "$BUILD/tests/bench/bench-crl" 100000)
		sample ca.crl "$(jq .ms <<<"$json")"
	done
	"$BENCH/ca-service" "$OUT/samples.tsv" 2>"$CA/service.err" ||
		missing ca.service "$(tail -n1 "$CA/service.err")"
}

ca_all() {
	note "bench: the issuing CA ..."
	CA=$(mktemp -d "$OUT/ca-XXXX")
	chmod 0755 "$CA"
	ca_issue
	ca_peer
	ca_pg
	ca_service
	ca_down
}

ca_down() {
	[[ -n $CA && -d $CA ]] || return 0
	issuers_down
	pg_down
	rm -rf -- "$CA"
}

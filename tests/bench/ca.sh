# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# The manufacturer's CA: issuing, its register, its lists, its service. All on
# one core of the two (taskset) but where two processes are compared with one.

ISSUE_ROUNDS=5
ISSUE_DEVICES=2560
ISSUE_BATCH=256     # as devid-ca serve has it
ISSUE_SERIALS=4096  # more than a round uses
PG_ROUNDS=3
: "${REGISTER_DEVICES:=5000000}" # and two certificates each: ten million rows
PEER_ROWS=(0 20000 200000)
PG_BIN=$(echo /usr/lib/postgresql/*/bin)
CA=

on_one_core() {
	taskset -c 0 "$@"
}

# ca_speed: what OpenSSL does at most, in microseconds; pinned like the CA. A
# certificate: one verification, one signature.
ca_speed() {
	local sign verify

	read -r sign verify < <(on_one_core openssl speed -seconds 1 \
		ecdsap256 2>/dev/null | awk '/nistp256/ { print $(NF-1), $NF }')
	if [[ -z $verify ]]; then
		missing ca.limit "openssl speed said nothing"
		return 1
	fi
	sample ca.speed.sign "$(jq -n "1000000 / $sign")"
	sample ca.speed.verify "$(jq -n "1000000 / $verify")"
	LIMIT=$(jq -n "1000000 / $sign + 1000000 / $verify")
	sample ca.limit "$LIMIT"
}

# issue NAME REGISTER VENDOR: rounds of devices through both steps, whose EK
# certificates are signed with a VENDOR key. Each round is compared with the
# limit as it was just before and just after it: how fast a processor is that
# others use too, changes from minute to minute.
issue() {
	local round json before

	ca_speed || return 0
	for ((round = 0; round < ISSUE_ROUNDS; round++)); do
		FIRST_SERIAL=$((FIRST_SERIAL + ISSUE_SERIALS))
		before=$LIMIT
		json=$(printf 'gg' | on_one_core \
			"$BUILD/tests/bench/bench-issue" "$2" "$ISSUE_DEVICES" \
			"$ISSUE_BATCH" "$FIRST_SERIAL" bench "$3" \
			2>"$CA/issue.err" |
			tail -n1) || {
			missing "$1" "$(tail -n1 "$CA/issue.err")"
			return
		}
		ca_speed || return 0
		sample "$1.device" "$(jq .device_us <<<"$json")"
		# Each device gets two.
		sample "$1.certificate" "$(jq '.device_us / 2' <<<"$json")"
		sample "$1.challenge" "$(jq .challenge_us <<<"$json")"
		sample "$1.issue" "$(jq .issue_us <<<"$json")"
		sample "$1.warm" "$(jq .warm_s <<<"$json")"
		sample "$1.ratio" \
			"$(jq "($before + $LIMIT) / .device_us" <<<"$json")"
	done
}

# A register of ten million certificates, and what is asked of it then.
ca_issue() {
	FIRST_SERIAL=0
	# RSA-2048 EKs are certified with RSA-2048 by Infineon and
	# STMicroelectronics, with P-256 by Intel and Nuvoton.
	issue ca.empty "sqlite:$CA/empty.db" RSA:2048
	issue ca.p256 "sqlite:$CA/p256.db" P-256
	note "bench: filling a register with $REGISTER_DEVICES devices ..."
	if "$BUILD/tests/bench/bench-register" --fill "$REGISTER_DEVICES" \
		"sqlite:$CA/full.db" >"$CA/fill.log" 2>&1; then
		issue ca.full "sqlite:$CA/full.db" RSA:2048
		sample ca.full.bytes "$(stat -c %s "$CA/full.db")"
	else
		missing ca.full "$(tail -n1 "$CA/fill.log")"
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

pg_up() {
	install -d -o postgres -g postgres -m 0700 "$CA/pg"
	pg "$PG_BIN/initdb" -D "$CA/pg/data" -A trust -U devid \
		>"$CA/pg.log" 2>&1 &&
		pg "$PG_BIN/pg_ctl" -D "$CA/pg/data" -w -l "$CA/pg/log" \
			-o "-k $CA/pg -c listen_addresses=" start \
			>>"$CA/pg.log" 2>&1 &&
		pg "$PG_BIN/createdb" -h "$CA/pg" -U devid devid
}

pg_down() {
	[[ ! -e $CA/pg/data/postmaster.pid ]] ||
		pg "$PG_BIN/pg_ctl" -D "$CA/pg/data" -m immediate stop \
			>/dev/null 2>&1
}

# pg_issue N: N processes at once; devices a second of all together.
pg_issue() {
	local n=$1 i step pids=() us json

	for ((i = 0; i < n; i++)); do
		FIRST_SERIAL=$((FIRST_SERIAL + ISSUE_SERIALS))
		rm -f "$CA/go.$i"
		mkfifo "$CA/go.$i"
		"$BUILD/tests/bench/bench-issue" \
			"postgresql:host=$CA/pg user=devid dbname=devid" \
			"$ISSUE_DEVICES" "$ISSUE_BATCH" "$FIRST_SERIAL" "bench-$i" \
			RSA:2048 \
			<"$CA/go.$i" >"$CA/out.$i" 2>"$CA/err.$i" &
		pids+=($!)
		# Open until the process has read both words.
		eval "exec {go_$i}>\"$CA/go.$i\""
	done
	for step in ready half; do
		for ((i = 0; i < n; i++)); do
			wait_for 120 grep -q "$step" "$CA/out.$i" || {
				missing "ca.pg.$n" "$(tail -n1 "$CA/err.$i")"
				kill "${pids[@]}" 2>/dev/null || true
				return
			}
		done
		for ((i = 0; i < n; i++)); do
			eval "printf g >&\$go_$i"
		done
	done
	wait "${pids[@]}" || true
	for ((i = 0; i < n; i++)); do
		eval "exec {go_$i}>&-"
	done
	us=0
	for ((i = 0; i < n; i++)); do
		json=$(tail -n1 "$CA/out.$i")
		us=$(jq -n --argjson a "$us" --argjson j "${json:-null}" \
			'[$a, $j.device_us] | max')
	done
	# They begin each step together: the slower one says how long it took.
	sample "ca.pg.$n" "$(jq -n "$n * 1000000 / $us")"
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
	pg_down
	rm -rf -- "$CA"
}

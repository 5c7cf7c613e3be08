#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# `make install`: what lands where, and that others can use it from there. The
# tree is built twice for it, in two places: see tests/reproducible.

bats_require_minimum_version 1.5.0

setup_file() {
	export P=/opt/devid SOURCE_DATE_EPOCH=1700000000
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	tests/reproducible --keep "$BATS_FILE_TMPDIR" PREFIX=$P \
		>"$BATS_FILE_TMPDIR/verdict" 2>&1 || true
	export TREE=$BATS_FILE_TMPDIR/one ROOT=$BATS_FILE_TMPDIR/one/root
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return 1
	VERSION=$(sed -n 's/^VERSION := //p' Makefile)
	LIB=$P/lib/$(gcc -print-multiarch)
}

# in_tree GOAL...: make where the tree was built, so that nothing builds again
in_tree() {
	SOURCE_DATE_EPOCH='' make -s -C "$TREE" PREFIX=$P "$@"
}

# listed FOLDER: files and links in it, empty folders too
listed() {
	(cd "$1" && find . ! -type d -o -empty | LC_ALL=C sort)
}

@test "two builds in two places are bit-identical" {
	cat "$BATS_FILE_TMPDIR/verdict"
	grep -q '^reproducible: [0-9]* files, [0-9]* bytes, identical$' \
		"$BATS_FILE_TMPDIR/verdict"
}

@test "so are two that are optimised at link time" {
	tests/reproducible --goal install-lib CFLAGS='-O2 -g -flto=auto'
}

@test "a file that is missing ends the installation" {
	local tree=$BATS_TEST_TMPDIR/tree file

	cp -a "$TREE" "$tree"
	for file in idevid/provider/openssl-devid.cnf.in pki/devid-ca.socket.in \
		docs/man/devid-station.1 pki/lab/devid-pki idevid/devid.conf; do
		mv "$tree/$file" "$tree/away"
		run -2 make -s -C "$tree" PREFIX=$P install DESTDIR="$tree/dest"
		[[ $output == *"'$file'"* ]]
		mv "$tree/away" "$tree/$file"
		rm -rf "$tree/dest"
	done
}

@test "one byte, one mode, one time, one link that differs is told" {
	local how

	for how in 'printf x >>a/f' 'chmod 600 a/f' 'touch -d @5 a/f' \
		'ln -sfn g a/l' 'rm a/f' 'mkdir a/d'; do
		rm -rf "$BATS_TEST_TMPDIR"/{a,b}
		mkdir "$BATS_TEST_TMPDIR/a"
		echo f >"$BATS_TEST_TMPDIR/a/f"
		ln -s f "$BATS_TEST_TMPDIR/a/l"
		cp -a "$BATS_TEST_TMPDIR"/{a,b}
		tests/reproducible --compare "$BATS_TEST_TMPDIR"/{a,b}
		(cd "$BATS_TEST_TMPDIR" && eval "$how")
		run -1 tests/reproducible --compare "$BATS_TEST_TMPDIR"/{a,b}
		[[ $output == *differ* ]] || [[ $output == *nothing* ]]
	done
	mkdir "$BATS_TEST_TMPDIR"/{c,d}
	run -1 tests/reproducible --compare "$BATS_TEST_TMPDIR"/{c,d}
	[[ $output == *"nothing was installed"* ]]
}

@test "programs, provider and library are installed, and tell one version" {
	local program

	for program in bin/devid bin/devid-report bin/devid-station sbin/devid-keyd \
		sbin/devid-agent sbin/devid-enroll sbin/devid-ca bin/devid-pki sbin/devid-ceremony; do
		run -0 "$ROOT$P/$program" --version
		[ "$output" = "${program##*/} $VERSION" ]
	done
	[ -f "$ROOT$LIB/libdevid.so.$VERSION" ]
	export PKG_CONFIG_PATH=$ROOT$LIB/pkgconfig
	[ "$(pkg-config --modversion devid)" = "$VERSION" ]
	# In the tree as well, where nothing was filled in.
	for program in pki/lab/devid-pki pki/ceremony/devid-ceremony radius-test/lab; do
		run -0 "$program" --version
		[ "$output" = "${program##*/} $VERSION" ]
	done
}

@test "everything lies inside PREFIX, and programs look for it there" {
	[ "$(find "$ROOT" -mindepth 1 -maxdepth 2)" = "$ROOT/opt
$ROOT$P" ]
	run -0 "$ROOT$P/sbin/devid-agent" --help
	[[ $output == *"($P/etc/devid/devid.conf)"* ]]
	grep -qaF "$LIB/ossl-modules" "$ROOT$P/sbin/devid-agent"
	# Manuals speak of the same places.
	grep -qF "$P/etc/devid/devid.conf" "$ROOT$P/share/man/man5/devid.conf.5"
	grep -qF "$LIB/ossl-modules/devid.so" "$ROOT$P/share/man/man7/devid-provider.7"
	run -1 grep -v "$P/etc/devid" <(grep -rIohE --exclude-dir=doc \
		'.{0,20}/etc/devid' "$ROOT")
}

@test "below /usr and /usr/local the configuration is in /etc" {
	local prefix

	for prefix in /usr /usr/local /usr/ /; do
		run -0 make -n install-device PREFIX=$prefix B="$BATS_TEST_TMPDIR/b"
		[[ $output == *'"/etc/devid/devid.conf"'* ]]
	done
}

@test "links are relative and lead to a file" {
	local link

	while read -r link; do
		[[ $(readlink "$link") != /* ]]
		[ -f "$link" ]
	done < <(find "$ROOT" -type l)
	[ "$(find "$ROOT" -type l | wc -l)" -eq 4 ]
	[ "$(readlink "$ROOT$LIB/libdevid.so")" = libdevid.so.0 ]
	[ "$(readlink "$ROOT$LIB/libdevid.so.0")" = "libdevid.so.$VERSION" ]
}

@test "the installed provider loads by its full path" {
	run openssl list -providers -provider-path "$ROOT$LIB/ossl-modules" -provider devid
	[ "$status" -eq 0 ]
	[[ $output == *DevID* ]]
	grep -qxF "module = $LIB/ossl-modules/devid.so" \
		"$ROOT$P/share/devid/openssl-devid.cnf"
}

@test "no file keeps a place holder, units name what is installed" {
	local unit program

	run -1 grep -rIE --exclude-dir=doc '@[A-Z]+@' "$ROOT"
	for unit in devid-keyd.service devid-agent.service devid-ca.service; do
		program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$ROOT$P/lib/systemd/system/$unit")
		[ -x "$ROOT$program" ]
	done
}

@test "every unit, every manual, every guide is installed" {
	local page unit guide

	for page in docs/man/*.[1-8]; do
		[ -f "$ROOT$P/share/man/man${page##*.}/${page##*/}" ]
	done
	for unit in */*.{service,socket}.in */*/*.{service,socket}.in; do
		unit=${unit##*/}
		[ -f "$ROOT$P/lib/systemd/system/${unit%.in}" ]
	done
	for guide in docs/*.md docs/examples/* LICENSE; do
		[ -f "$ROOT$P/share/doc/devid/${guide#docs/}" ]
	done
}

@test "links of an installed guide lead somewhere" {
	local file link

	cd "$ROOT$P/share/doc/devid"
	for file in *.md; do
		while read -r link; do
			[ -e "${link%%#*}" ] || {
				echo "$file: $link"
				false
			}
		done < <(grep -oE '\]\([^)#:]+[^):]*\)' "$file" | sed 's/^](//; s/)$//')
	done
}

@test "the example builds as its own comment says, and has a usage" {
	local compiler build

	export PKG_CONFIG_PATH=$ROOT$LIB/pkgconfig PKG_CONFIG_SYSROOT_DIR=$ROOT
	cp "$ROOT$P/share/doc/devid/examples/vms-check.c" "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR"
	build=$(sed -n 's/^ \*   cc //p' vms-check.c)
	[ -n "$build" ]
	for compiler in "cc -Wall -Wextra -Werror" "g++ -std=c++17 -Wall -Wextra -Werror"; do
		rm -f vms-check
		bash -c "$compiler $build"
		LD_LIBRARY_PATH=$ROOT$LIB run -2 ./vms-check
		[ "$output" = "usage: vms-check ROOT.pem HOST:PORT SERIAL" ]
		LD_LIBRARY_PATH=$ROOT$LIB run -2 ./vms-check /nonexistent x:1 S
		[[ $output == "vms-check: "*"/nonexistent: No such file"* ]]
	done
}

@test "C++: each header compiles alone, each function links" {
	local header name flags

	export PKG_CONFIG_PATH=$ROOT$LIB/pkgconfig PKG_CONFIG_SYSROOT_DIR=$ROOT
	read -ra flags <<<"$(pkg-config --cflags --libs devid)"
	cxx=(g++ -std=c++17 -Wall -Wextra -pedantic -Werror)
	for header in "$ROOT$P"/include/devid/*.h; do
		header=devid/${header##*/}
		echo "#include <$header>" >"$BATS_TEST_TMPDIR/alone.cc"
		"${cxx[@]}" -fsyntax-only "$BATS_TEST_TMPDIR/alone.cc" "${flags[@]}"
		echo "#include <$header>"
	done >"$BATS_TEST_TMPDIR/all.cc"
	{
		echo 'typedef void (*function)();'
		echo 'extern const function functions[];'
		echo 'const function functions[] = {'
		for name in $(sed -n 's/^\t\(devid_.*\);/\1/p' idevid/verify/libdevid.map); do
			echo "	reinterpret_cast<function>(&$name),"
		done
		cat <<-'CODE'
			};
			int main()
			{
				devid_error err {};
				devid_verifier *v = nullptr;

				if (devid_verifier_new(&v, &err) != DEVID_OK)
					return 1;
				devid_verifier_free(v);
				return functions[0] ? 0 : 1;
			}
		CODE
	} >>"$BATS_TEST_TMPDIR/all.cc"
	"${cxx[@]}" -o "$BATS_TEST_TMPDIR/all" "$BATS_TEST_TMPDIR/all.cc" "${flags[@]}"
	LD_LIBRARY_PATH=$ROOT$LIB "$BATS_TEST_TMPDIR/all"
}

@test "libdevid exports what its symbols file says, all in one version" {
	readelf -d "$ROOT$LIB/libdevid.so.$VERSION" | grep -qF 'soname: [libdevid.so.0]'
	diff <(sed -n 's/^ \([^ ]*\)@\([^ ]*\) .*/\1@@\2/p' idevid/verify/libdevid.symbols |
		sed 's/^\(LIBDEVID_0\)@@.*/\1/' | LC_ALL=C sort) \
		<(nm -D --defined-only --with-symbol-versions \
			"$ROOT$LIB/libdevid.so.$VERSION" | awk '{ print $3 }' |
			LC_ALL=C sort)
	# Each function that a public header declares, and no other.
	diff <(sed -n 's/^\t\(devid_.*\);/\1/p' idevid/verify/libdevid.map | sort) \
		<(grep -hv "define DEVID_API" "$ROOT$P"/include/devid/*.h | tr '\n' ' ' |
			grep -oE 'DEVID_API [^;(]*\(' |
			sed 's/.*[ *]\([a-z_]*\)($/\1/' | sort)
	diff <(nm -D --defined-only "$ROOT$LIB/ossl-modules/devid.so" |
		awk '{ print $3 }') <(echo OSSL_provider_init)
}

@test "Debian's tool finds the symbols file true" {
	dpkg-gensymbols -v"$VERSION" -plibdevid0 -c4 -Iidevid/verify/libdevid.symbols \
		-e"$ROOT$LIB/libdevid.so.$VERSION" -O"$BATS_TEST_TMPDIR/symbols"
}

@test "nothing of tests and lab is in all, or installed" {
	[ "$(cd "$TREE/build" && find . -maxdepth 1 -type f -executable | sort)" = "./devid
./devid-agent
./devid-ca
./devid-enroll
./devid-keyd
./devid-registrar
./devid-report
./devid-station
./devid.so
./libdevid.so.$VERSION" ]
	[ ! -e "$TREE/build/tests" ]
	run -1 grep -rE 'liar|fault|await|lab-port|cmocka' <(listed "$ROOT")
}

@test "the roles together are install, and no two bring the same file" {
	local role roles=(device agent provider lib dev ca station registrar report doc)

	for role in "${roles[@]}"; do
		in_tree "install-$role" DESTDIR="$BATS_TEST_TMPDIR/$role"
	done
	diff <(listed "$ROOT") <(for role in "${roles[@]}"; do
		listed "$BATS_TEST_TMPDIR/$role"
	done | LC_ALL=C sort)
}

@test "a role builds what it installs and no more" {
	run -0 make -n install-lib B="$BATS_TEST_TMPDIR/b"
	[[ $output == *idevid/verify/verify.c* ]]
	[[ $output != *pki/* ]]
	[[ $output != *agent/* ]]
	[[ $output != *tpm.c* ]]
}

@test "a second install keeps the administrator's configuration" {
	local dest=$BATS_TEST_TMPDIR/dest

	in_tree install DESTDIR="$dest"
	echo "# mine" >>"$dest$P/etc/devid/devid.conf"
	touch -d @5 "$dest$P/etc/devid/devid.conf"
	make -s -C "$TREE" PREFIX=$P install DESTDIR="$dest"
	grep -q '# mine' "$dest$P/etc/devid/devid.conf"
	[ "$(stat -c %Y "$dest$P/etc/devid/devid.conf")" = 5 ]
	in_tree uninstall DESTDIR="$dest"
	[ "$(find "$dest" ! -type d)" = "$dest$P/etc/devid/devid.conf" ]
}

@test "uninstall leaves nothing but folders that others use" {
	local dest="$BATS_TEST_TMPDIR/a dest"

	in_tree install DESTDIR="$dest"
	diff <(listed "$ROOT") <(listed "$dest")
	touch "$dest$P/bin/of-another"
	in_tree uninstall DESTDIR="$dest"
	[ "$(find "$dest" ! -type d)" = "$dest$P/bin/of-another" ]
	run -1 grep devid <(cd "$dest$P" && find . -mindepth 1)
}

@test "a build without SOURCE_DATE_EPOCH installs with the time of now" {
	local file

	in_tree install-doc DESTDIR="$BATS_TEST_TMPDIR/now"
	for file in "$BATS_TEST_TMPDIR/now$P/share/doc/devid"/*.md; do
		[ "$file" -nt "$ROOT$P/share/doc/devid/LICENSE" ]
	done
	[ "$(stat -c %Y "$ROOT$P/bin/devid")" = "$SOURCE_DATE_EPOCH" ]
}

@test "the example configuration is one that the programs take" {
	run timeout 5 "$ROOT$P/bin/devid" status --config "$ROOT$P/etc/devid/devid.conf"
	[ "$status" -eq 1 ] # no devid-keyd here
	[[ $output == *keyd-absent* ]]
}

# SPDX-License-Identifier: Apache-2.0
#: devid: what make does here
#:
#:   make                build what is installed, into build/
#:   make SAN=1          the same under ASan and UBSan, into build/san/
#:   make lab            and what the 802.1X lab needs
#:   make test-programs  and what the tests need
#:   make bench-programs what make bench measures with
#:
#:   make demo           install what is missing, build, show one device attach
#:   make try            install and build the little that it takes, leave a unit
#:                       with a simulated TPM running to play with
#:   make try-end        end it
#:   make check          install what is missing, build, run every test
#:   make check-long     the same, and what takes too long for every day
#:   make check-vm       in a virtual machine: systemd, TPM driver, power cuts
#:   make check-trixie   build and test on Debian 13, in a root of its own
#:   make check-arm      cross-compile for arm64 and armhf, run the unit tests
#:   make check-reproducible  build in two places, compare bit by bit
#:   make lint           format, static analysis, limits of the house
#:   make conformance    write docs/conformance.md: which test shows what
#:   make fuzz           each fuzz target for FUZZ_SECONDS (20)
#:   make bench          measure, beside the peers
#:   make packages       install the Debian packages of tests/packages.txt
#:
#:   make install        all of these:
#:     install-device    devid, devid-keyd, its units, devid.conf
#:     install-agent     devid-agent, devid-enroll
#:     install-provider  devid.so for OpenSSL
#:     install-lib       libdevid.so.0
#:     install-dev       headers, pkg-config file, libdevid(3)
#:     install-ca        devid-ca, its units, the scripts for ceremonies
#:     install-station   devid-station
#:     install-registrar devid-registrar, its units, the schema of the site's list
#:     install-report    devid-report
#:     install-doc       guides, example, licence
#:   make uninstall      removes what install brings; a devid.conf that was
#:                       changed stays
#:   make clean          removes build/
#:
#: Variables, from the command line or, but for B, the environment; give install
#: the same as the build, or it builds again:
#:
#:   CC CPPFLAGS CFLAGS LDFLAGS AR PKG_CONFIG INSTALL
#:   DESTDIR             goes before every path that is installed
#:   PREFIX              /usr/local
#:   SYSCONFDIR          /etc below /usr and /usr/local, else PREFIX/etc
#:   LIBDIR              PREFIX/lib/MULTIARCH
#:   MULTIARCH           what $(CC) -print-multiarch says
#:   MODULESDIR          LIBDIR/ossl-modules
#:   UNITDIR SYSUSERSDIR TMPFILESDIR UDEVDIR   systemd/system, sysusers.d,
#:                       tmpfiles.d, udev/rules.d below PREFIX/lib
#:   SOURCE_DATE_EPOCH   what is installed gets this time
#:   B                   build/ or build/san
#
# One makefile, not recursive: each folder says in its sources.mk what it holds and
# which folders it sees, and what of it is installed where.

VERSION := 0.1.0

# ---- what a caller may set ----

PREFIX ?= /usr/local
override PREFIX := $(patsubst %/,%,$(PREFIX))
# The programs look for /etc/devid, unless PREFIX is a place of its own.
SYSCONFDIR ?= $(if $(filter-out /usr /usr/local,$(PREFIX)),$(PREFIX)/etc,/etc)
ifeq ($(origin CC),default)
CC := gcc
endif
PKG_CONFIG ?= pkg-config
INSTALL ?= install
LIBDIR ?= $(PREFIX)/lib$(MULTIARCH:%=/%)
# For PREFIX=/usr, the folder where Debian's libcrypto looks.
MODULESDIR ?= $(LIBDIR)/ossl-modules

SAN ?= 0
ifeq ($(SAN),1)
B := build/san
CFLAGS ?= -O1 -g
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
else
B := build
CFLAGS ?= -O2 -g
endif

# What is probed further down. On a machine without a compiler it stays as it was:
# what was built elsewhere can be installed there.
-include $(B)/probed.mk
COMPILER := $(shell $(CC) --version 2>/dev/null | sed '1!d; s/\#//g')
ifneq ($(COMPILER),)
# Empty where libraries of several architectures do not live side by side.
PROBED_MULTIARCH := $(shell $(CC) -print-multiarch 2>/dev/null)
# One that knows the objects of link-time optimisation, where there is one.
PROBED_AR := $(firstword $(foreach a,\
	$(addsuffix -gcc-ar,$(shell $(CC) -dumpmachine 2>/dev/null)) gcc-ar,\
	$(shell command -v $(a))) ar)
endif
MULTIARCH ?= $(PROBED_MULTIARCH)
ifeq ($(origin AR),default)
AR := $(PROBED_AR)
endif

# ---- goals ----

.SUFFIXES:
.DELETE_ON_ERROR:
.PHONY: all lab unit-tests test-programs FORCE
all:

# Folders of code, from the ground up: none sees one that stands further down in
# this list. What a sources.mk sets for its own folder:
#   sees           folders whose headers its files may include, and with them
#                  what those see; a quoted include finds nothing else
#   sources        its files, but for those that a program or a test names itself
#   ldlibs         libraries that they call
# and what it adds to for all:
#   PROGRAMS       names of programs; P_src, P_ldflags where it needs some, and
#                  P_sees where that is not what its folder sees
#   SHARED         the same of shared objects
#   LAB_PROGRAMS, LAB_SHARED      for the lab alone
#   TEST_PROGRAMS, TEST_SHARED    for tests alone: helpers, fault injectors
#   UNIT_TESTS     sources of unit tests
#   FILE_cflags    flags of FILE.c alone;  FILE_paths  those with a folder that
#                  a caller may set
# Of them only PROGRAMS and SHARED are in `all`, and may be installed. Each is linked
# with its folder and what that sees.
FOLDERS := \
	$(addprefix idevid/,base cli report key cert tpm enrol verify purpose provider keyd doctor cmd) \
	$(addprefix agent/,base onboard attach enroll) \
	$(addprefix pki/,sign http token ek register proof ca inspect publish serve cmd \
		registrar est overview desk ceremony station lab) pki \
	radius-test \
	$(addprefix tests/,fixture fault e2e bench fuzz) \
	$(addprefix tests/unit/,idevid agent pki radius-test)
PROGRAMS :=
SHARED :=
LAB_PROGRAMS :=
LAB_SHARED :=
TEST_PROGRAMS :=
TEST_SHARED :=
BENCH_PROGRAMS :=
UNIT_TESTS :=
PLAIN_ONLY :=
NOT_EMULATED :=
FUZZERS :=

# $(call read,FOLDER): its sources.mk. SEEN_FOLDER is FOLDER and all that it sees, in the
# order in which a linker wants their archives.
define read
sees :=
sources :=
ldlibs :=
include $(1)/sources.mk
$$(foreach f,$$(filter-out $$(READ),$$(sees)),$$(error $(1)/sources.mk: sees $$(f), \
	which does not stand above $(1) in the FOLDERS of the Makefile))
READ := $(1) $$(READ)
SEEN_$(1) := $$(filter $(1) $$(foreach f,$$(sees),$$(SEEN_$$(f))),$$(READ))
SOURCES_$(1) := $$(addprefix $(1)/,$$(sources))
LDLIBS_$(1) := $$(ldlibs)
endef

# And what is installed, by role; an item is KIND|DESTINATION|SOURCE:
#
#   run     a program                 script  the same, @NAMES@ filled in
#   data    any other file            fill    the same, @NAMES@ filled in
#   guide   Markdown without links to manuals of the tree
#   conf    kept where there is one   link    SOURCE is what it says, relative
#   dir     an empty folder
ROLES := device agent provider lib dev ca station registrar report doc
$(foreach r,$(ROLES),$(eval $(r)_items =))

# $(call manuals,NAME.SECTION...)  $(call units,FOLDER,NAME...)
manuals = $(foreach m,$(1),fill|$(MANDIR)/man$(subst .,,$(suffix $(m)))/$(m)|docs/man/$(m))
units = $(foreach u,$(2),fill|$(UNITDIR)/$(u)|$(1)/$(u).in)

READ :=
$(foreach f,$(FOLDERS),$(eval $(call read,$(f))))

# $(call folder_of,FILE)  $(call names,FILE...): without folder and ending
folder_of = $(patsubst %/,%,$(dir $(1)))
names = $(basename $(notdir $(1)))

ifeq ($(SAN),1)
UNIT_BUILT := $(filter-out $(addprefix %/,$(PLAIN_ONLY:=.c)),$(UNIT_TESTS))
else
UNIT_BUILT := $(UNIT_TESTS)
endif

all: $(addprefix $(B)/,$(PROGRAMS) $(SHARED))
lab: all $(addprefix $(B)/,$(LAB_PROGRAMS) $(LAB_SHARED))
unit-tests: $(addprefix $(B)/tests/unit/,$(call names,$(UNIT_BUILT)))
test-programs: lab unit-tests $(addprefix $(B)/,$(TEST_PROGRAMS) $(TEST_SHARED))

# ---- flags ----

WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wsign-compare -Wvla -Wpointer-arith -Wwrite-strings -Wundef \
	-Werror=implicit-function-declaration -Werror=incompatible-pointer-types \
	-Werror=int-conversion -Werror=return-type -Werror=format-security \
	-Werror=unused-result
ifeq ($(CI),true)
WARN += -Werror
endif

# Asked, not assumed: a compiler for ARM has no -fcf-protection, one for x86 no
# -mbranch-protection.
HARDEN_WANTED := -fstack-protector-strong -fstack-clash-protection \
	-fcf-protection -mbranch-protection=standard

# sources.mk name a library by -lNAME; pkg-config knows it by this name.
PACKAGE_-lcrypto := libcrypto
PACKAGE_-lssl := libssl
PACKAGE_-linih := inih
PACKAGE_-ljansson := jansson
PACKAGE_-lmnl := libmnl
PACKAGE_-lsystemd := libsystemd
PACKAGE_-lsqlite3 := sqlite3
PACKAGE_-lpq := libpq
PACKAGE_-levent := libevent
PACKAGE_-levent_openssl := libevent_openssl
PACKAGE_-lp11-kit := p11-kit-1
PACKAGE_-lcurl := libcurl
PACKAGE_-lseccomp := libseccomp
PACKAGE_-ltss2-esys := tss2-esys
PACKAGE_-ltss2-tctildr := tss2-tctildr
PACKAGE_-ltss2-rc := tss2-rc
PACKAGE_-ltss2-mu := tss2-mu
PACKAGE_-lcmocka := cmocka
LIBRARIES := $(patsubst PACKAGE_%,%,$(sort $(filter PACKAGE_-l%,$(.VARIABLES))))

# $(call takes,SOURCE,FLAG): FLAG, if the compiler takes it without a word
takes = $(shell printf '%b' '$(1)' | $(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) \
	-Werror $(2) -c -x c -o /dev/null - 2>/dev/null && echo '$(2)')
# A variable of the command line is not in the environment here.
PKG_CONFIG_SAYS = $(foreach v,PKG_CONFIG_PATH PKG_CONFIG_LIBDIR PKG_CONFIG_SYSROOT_DIR,$\
	$(if $(filter command,$(firstword $(origin $(v)))),$(v)='$($(v))'))
ask_package = $(shell $(PKG_CONFIG_SAYS) $(PKG_CONFIG) $(1) $(PACKAGE_$(2)) 2>/dev/null)

# The answers are kept in $(B)/probed.mk for as long as the same is asked. A
# caller who defines _FORTIFY_SOURCE has it his way, and where it only brings a warning,
# as without optimisation, it is left out.
define probe
PROBED_BY := $(probe_key)
PROBED_MULTIARCH := $(PROBED_MULTIARCH)
PROBED_AR := $(PROBED_AR)
HARDEN := $(foreach f,$(HARDEN_WANTED),$(call takes,int x;,$(f)))
FORTIFY := $(if $(SANITIZE)$(findstring _FORTIFY_SOURCE,$(CPPFLAGS) $(CFLAGS)),,$\
	$(call takes,#include <string.h>\n,-D_FORTIFY_SOURCE=2))
PACKAGE_CFLAGS := $(patsubst -I%,-isystem%,$\
	$(foreach l,$(LIBRARIES),$(call ask_package,--cflags,$(l))))
$(foreach l,$(LIBRARIES),LIBS_$(l) := $(call ask_package,--libs,$(l))$(newline))
endef
define newline


endef

# $(call write,FILE,TEXT): to a file beside it, which a move makes the right one:
# two makes may be at work
MAKE_PID := $(shell echo $$PPID)
write = $(shell mkdir -p $(dir $(1)))$(file >$(1).$(MAKE_PID),$(2))

# Goals that compile nothing themselves ask nothing.
NO_PROBE := bench check check-% clean conformance demo help lint list-% packages try try-end \
	uninstall
ifneq ($(COMPILER),)
ifneq ($(filter-out $(NO_PROBE),$(or $(MAKECMDGOALS),all)),)
probe_key := 2: $(strip $(HARDEN_WANTED) $(LIBRARIES) | $(COMPILER) | $(CC) | $(CPPFLAGS) | $(CFLAGS) | $(SANITIZE) | \
	$(PKG_CONFIG) | $(PKG_CONFIG_PATH) | $(PKG_CONFIG_LIBDIR) | $(PKG_CONFIG_SYSROOT_DIR))
# A library that was not there may have come: `make try` installs some alone.
lacked = $(foreach l,$(LIBRARIES),$(if $(LIBS_$(l)),,$(l)))
ifneq ($(strip $(PROBED_BY) $(lacked)),$(probe_key))
probed := $(probe)
$(call write,$(B)/probed.mk,$(probed))
$(shell mv $(B)/probed.mk.$(MAKE_PID) $(B)/probed.mk)
$(eval $(probed))
endif
endif
endif

# Folders of libraries come after our own, whose files may have the same names.
BASE_CPPFLAGS = -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
	-DDEVID_VERSION='"$(VERSION)"' -DDEVID_SYSCONFDIR='"$(SYSCONFDIR)"' \
	$(PACKAGE_CFLAGS)
COMPILE = $(CC) -std=gnu11 -fPIC -fvisibility=hidden $(WARN) $(HARDEN) \
	$(SANITIZE) $(FORTIFY) $(BASE_CPPFLAGS) -Iidevid/include $(CPPFLAGS) $(CFLAGS)
LINK = $(CC) $(SANITIZE) $(CFLAGS) -Wl,-z,relro,-z,now -Wl,--as-needed $(LDFLAGS)
libs = $(foreach l,$(1),$(or $(LIBS_$(l)),$(l)))

# Where the tree lies is not in what is built, nor is it a reason to build again.
PREFIX_MAP = -ffile-prefix-map=$(CURDIR)=.

# What is built depends on how: each of these files changes when its text does.
flags_of = $(foreach v,$(sort $(filter $(1),$(.VARIABLES))),$(v) = $($(v))$(newline))
compile_text := $(COMPILE)$(newline)$(call flags_of,%_cflags SEEN_%)
link_text := $(LINK)$(newline)$(AR)$(newline)$(call flags_of,%_src %_sees %_ldflags \
	SOURCES_% LDLIBS_% LIBS_-l%)
paths_text := $(call flags_of,%_paths)

FLAGS := $(addprefix $(B)/,compile.flags link.flags paths.flags)
same = $(if $(subst x$(1),,x$(2))$(subst x$(2),,x$(1)),,yes)
stale = $(if $(call same,$(strip $(file <$(1))),$(strip $(2))),,$(1))
DRY_RUN := $(findstring n,$(firstword -$(MAKEFLAGS)))

$(foreach f,compile link paths,$(call stale,$(B)/$(f).flags,$($(f)_text))): FORCE
$(FLAGS): $(B)/%.flags:
	$(if $(DRY_RUN),,$(call write,$@,$($*_text)))
	@mv $@.$(MAKE_PID) $@

# ---- how things are built ----

quoted = $(addprefix -iquote ,$(SEEN_$(call folder_of,$(1))))

$(B)/%.o: %.c $(B)/compile.flags
	@mkdir -p $(@D)
	$(COMPILE) $(PREFIX_MAP) $(call quoted,$<) $($*_cflags) $($*_paths) \
		-MMD -MP -c -o $@ $<

$(foreach v,$(filter %_paths,$(.VARIABLES)), \
	$(eval $(B)/$(v:_paths=).o: $(B)/paths.flags))

objects = $(patsubst %.c,$(B)/%.o,$(1))

# A static library of each folder that has sources.
define archive
$(B)/$(1).a: $(call objects,$(SOURCES_$(1))) $(B)/link.flags
	@mkdir -p $$(@D)
	rm -f $$@ && $$(AR) rcs $$@ $$(filter %.o,$$^)
OBJS += $(call objects,$(SOURCES_$(1)))
endef
# $(call archives,FOLDER...,B)  $(call ldlibs_of,FOLDER...)
archives = $(foreach f,$(1),$(if $(SOURCES_$(f)),$(2)/$(f).a))
ldlibs_of = $(call libs,$(sort $(foreach f,$(1),$(LDLIBS_$(f)))))

# $(call binary,FILE,SOURCES,FLAGS,FOLDERS)
define binary
$(B)/$(1): $(call objects,$(2)) $(B)/link.flags $(call archives,$(4),$(B))
	@mkdir -p $$(@D)
	$$(LINK) $$(PREFIX_MAP) $(3) -o $$@ $$(filter %.o %.a,$$^) $$(call ldlibs_of,$(4))
OBJS += $(call objects,$(2))
endef
seen = $(SEEN_$(call folder_of,$(firstword $(1))))
linked = $(if $(filter undefined,$(origin $(1)_sees)),$(call seen,$($(1)_src)),$\
	$(foreach f,$(READ),$(if $(filter $(f),$(foreach s,$($(1)_sees),$(SEEN_$(s)))),$(f))))
program = $(call binary,$(1),$($(1)_src),-pie $($(1)_ldflags),$(call linked,$(1)))
shared = $(call binary,$(1),$($(1)_src),-shared $($(1)_ldflags),$(call linked,$(1)))
unit_test = $(call binary,tests/unit/$(call names,$(1)),$(1),-pie $($(call names,$(1))_ldflags),\
	$(call seen,$(1)))

$(foreach f,$(FOLDERS),$(if $(SOURCES_$(f)),$(eval $(call archive,$(f)))))
$(foreach p,$(PROGRAMS) $(LAB_PROGRAMS) $(TEST_PROGRAMS) $(BENCH_PROGRAMS),$\
	$(eval $(call program,$(p))))
$(foreach s,$(SHARED) $(LAB_SHARED) $(TEST_SHARED),$(eval $(call shared,$(s))))
$(foreach t,$(UNIT_BUILT),$(eval $(call unit_test,$(t))))

.PHONY: bench-programs
bench-programs: $(addprefix $(B)/,$(BENCH_PROGRAMS))

# What tests/check runs; programs of another day may lie in build/ as well.
# PLAIN_ONLY: unit tests that have nothing to run under sanitizers.
# NOT_EMULATED: those that want of the kernel what qemu-user has not.
.PHONY: list-unit-tests list-plain-only list-not-emulated list-fuzzers
list-unit-tests:
	@printf '%s\n' $(call names,$(UNIT_TESTS))
list-plain-only:
	@printf '%s\n' $(PLAIN_ONLY)
list-not-emulated:
	@printf '%s\n' $(NOT_EMULATED)
list-fuzzers:
	@printf '%s\n' $(FUZZERS)

# Fuzz targets, and all that they see, are compiled with clang, so that the
# parsers under test are instrumented.
FUZZ_CC := clang
FUZZ_FLAGS := -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
FUZZ_SECONDS ?= 20

build/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) -std=gnu11 $(BASE_CPPFLAGS) -Iidevid/include $(call quoted,$<) \
		$($*_paths) -fsanitize=fuzzer-no-link $(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

fuzz_objects = $(patsubst %.c,build/fuzz/%.o,$(1))

define fuzz_archive
build/fuzz/$(1).a: $(call fuzz_objects,$(SOURCES_$(1)))
	@mkdir -p $$(@D)
	rm -f $$@ && ar rcs $$@ $$^
FUZZ_OBJS += $(call fuzz_objects,$(SOURCES_$(1)))
endef

define fuzzer
build/fuzz/$(1): build/fuzz/tests/fuzz/$(1).o $(call archives,$(SEEN_tests/fuzz),build/fuzz)
	@mkdir -p $$(@D)
	$$(FUZZ_CC) -fsanitize=fuzzer $$(FUZZ_FLAGS) -o $$@ $$^ $$(call ldlibs_of,$(SEEN_tests/fuzz))
fuzzers: build/fuzz/$(1)
FUZZ_OBJS += build/fuzz/tests/fuzz/$(1).o
endef

$(foreach f,$(SEEN_tests/fuzz),$(if $(SOURCES_$(f)),$(eval $(call fuzz_archive,$(f)))))
$(foreach f,$(FUZZERS),$(eval $(call fuzzer,$(f))))

.PHONY: fuzzers fuzz
fuzzers:

fuzz: fuzzers
	tests/fuzz/run --seconds $(FUZZ_SECONDS) $(FUZZERS)

-include $(sort $(OBJS:.o=.d) $(FUZZ_OBJS:.o=.d))

# ---- what a newcomer types ----

.PHONY: help packages demo try try-end bench lint conformance
.PHONY: check check-long check-vm check-trixie check-arm check-reproducible
help:
	@sed -n 's/^#: \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

packages:
	@tests/packages tests/packages.txt

demo: packages
	@$(MAKE) --no-print-directory -s lab
	@radius-test/demo

# What it takes and no more: the first thing that somebody tries shall be quick.
TRY_PROGRAMS := $(addprefix $(B)/,devid devid-keyd devid.so await)
try:
	@tests/packages tests/try-packages.txt
	@echo "building devid; that takes some seconds"
	@$(MAKE) --no-print-directory -s $(TRY_PROGRAMS)
	@radius-test/try up

try-end:
	@radius-test/try down

check: packages
	@tests/check

check-long: packages
	@tests/packages tests/vm/host-packages.txt
	@tests/check --long

check-arm:
	@tests/packages tests/root-packages.txt
	@tests/check-arm

check-reproducible: packages
	@tests/reproducible

check-trixie:
	@tests/packages tests/root-packages.txt
	@tests/check-in trixie

check-vm: packages
	@tests/packages tests/vm/host-packages.txt
	@tests/check vm

bench: packages
	@tests/packages tests/bench/packages.txt
	@$(MAKE) --no-print-directory -s lab
	@tests/bench/run

lint:
	@tests/lint

conformance:
	@tests/conformance --write

# ---- install ----

BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
LIBEXECDIR ?= $(PREFIX)/libexec/devid
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/devid
DOCDIR ?= $(PREFIX)/share/doc/devid
INCLUDEDIR ?= $(PREFIX)/include
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
UDEVDIR ?= $(PREFIX)/lib/udev/rules.d
CONFDIR = $(SYSCONFDIR)/devid
PKIDIR = $(LIBEXECDIR)/pki

doc_items = \
	data|$(DOCDIR)/LICENSE|LICENSE \
	$(foreach g,$(wildcard docs/*.md),guide|$(DOCDIR)/$(notdir $(g))|$(g)) \
	$(foreach e,$(wildcard docs/examples/*),$(if $(suffix $(e)),data,run)|$(DOCDIR)/examples/$(notdir $(e))|$(e))

FILL = sed -e 's|@BINDIR@|$(BINDIR)|g' -e 's|@SBINDIR@|$(SBINDIR)|g' \
	-e 's|@LIBDIR@|$(LIBDIR)|g' -e 's|@PREFIX@|$(PREFIX)|g' \
	-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|g' -e 's|@MODULESDIR@|$(MODULESDIR)|g' \
	-e 's|@VERSION@|$(VERSION)|g' -e 's|/etc/devid|$(CONFDIR)|g' \
	-e 's|/usr/lib/x86_64-linux-gnu/ossl-modules|$(MODULESDIR)|g'

UNLINK = sed 's|\[\([^]]*\)\](man/[^)]*)|\1|g'

# $(call filled,COMMAND,MODE,DESTINATION): what COMMAND makes, or nothing
filled = t=$$(mktemp) && trap 'rm -f "$$t"' EXIT && $(1) >"$$t" && \
	$(INSTALL) -D -m $(2) "$$t" "$(DESTDIR)$(3)"

# $(call put_KIND,DESTINATION,SOURCE)
put_run = $(INSTALL) -D -m 755 $(2) "$(DESTDIR)$(1)"
put_data = $(INSTALL) -D -m 644 $(2) "$(DESTDIR)$(1)"
put_script = $(call filled,$(FILL) $(2),755,$(1))
put_fill = $(call filled,$(FILL) $(2),644,$(1))
put_guide = $(call filled,$(UNLINK) $(2),644,$(1))
put_conf = [ -e "$(DESTDIR)$(1)" ] || { $(put_fill)$(call set_time,$(1)); }
put_link = $(INSTALL) -d "$(DESTDIR)$(dir $(1))" && ln -sfn \
	$(if $(filter /%,$(2)),"$$(realpath -ms --relative-to=$(dir $(1)) $(2))",$(2)) \
	"$(DESTDIR)$(1)"
put_dir = $(INSTALL) -d "$(DESTDIR)$(1)"

# The opposite, where it is not rm: what somebody else wrote to stays.
take_conf = ! $(FILL) $(2) | cmp -s - "$(DESTDIR)$(1)" || rm -f "$(DESTDIR)$(1)"
take_dir = rmdir "$(DESTDIR)$(1)" 2>/dev/null || :

# $(call field,N,ITEM)
field = $(word $(1),$(subst |, ,$(2)))
set_time = $(if $(SOURCE_DATE_EPOCH), && touch -hcd @$(SOURCE_DATE_EPOCH) "$(DESTDIR)$(1)")

define put
$(call put_$(call field,1,$(1)),$(call field,2,$(1)),$(call field,3,$(1)))$\
	$(if $(filter-out conf dir,$(call field,1,$(1))),$(call set_time,$(call field,2,$(1))))

endef

define take
$(or $(call take_$(call field,1,$(1)),$(call field,2,$(1)),$(call field,3,$(1))),$\
	rm -f "$(DESTDIR)$(call field,2,$(1))")

endef

define role
.PHONY: install-$(1)
install: install-$(1)
install-$(1): $(foreach i,$(filter-out link|% dir|%,$($(1)_items)),$(call field,3,$(i)))
	$$(foreach i,$$($(1)_items),$$(call put,$$(i)))
endef

.PHONY: install uninstall
$(foreach r,$(ROLES),$(eval $(call role,$(r))))

# Folders that are nobody else's.
OWN_DIRS := $(PKIDIR) $(LIBEXECDIR) $(INCLUDEDIR)/devid $(DATADIR) $(DOCDIR)/examples \
	$(DOCDIR) $(CONFDIR)

uninstall:
	$(foreach i,$(foreach r,$(ROLES),$($(r)_items)),$(call take,$(i)))
	$(foreach d,$(OWN_DIRS),$(call take_dir,$(d))$(newline))

.PHONY: clean
# A unit of `make try` would go on without its folder, and keep its port.
clean:
	@[ ! -d build/try/procs ] || TRY_DIR=build/try radius-test/try down
	rm -rf build

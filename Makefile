# SPDX-License-Identifier: Apache-2.0
# devid: one non-recursive makefile; each folder lists its parts in sources.mk.
#
#   make            build everything into build/
#   make SAN=1      the same under ASan and UBSan, into build/san/
#   make check      install what is missing, build, run every test
#   make check-long the same, and what takes too long for every day
#   make check-vm   in a virtual machine: systemd, TPM driver, power cuts
#   make lint       format, static analysis, limits of the house
#   make demo       install what is missing, build, show one device attach

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
BINDIR = $(PREFIX)/bin
SBINDIR = $(PREFIX)/sbin
LIBDIR = $(PREFIX)/lib
LIBEXECDIR = $(PREFIX)/libexec/devid
MANDIR = $(PREFIX)/share/man
UNITDIR = $(PREFIX)/lib/systemd/system
MODULESDIR ?= $(shell pkg-config --variable=modulesdir libcrypto 2>/dev/null)

SAN ?= 0
B := $(if $(filter 1,$(SAN)),build/san,build)

CC ?= gcc
WARN := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
	-Wsign-compare -Wvla -Wpointer-arith -Wwrite-strings -Wundef \
	-Werror=implicit-function-declaration -Werror=incompatible-pointer-types \
	-Werror=int-conversion -Werror=return-type -Werror=format-security \
	-Werror=unused-result
ifeq ($(CI),true)
WARN += -Werror
endif
HARDEN := -fstack-protector-strong -fstack-clash-protection -fcf-protection
OPT := -O2 -g
ifeq ($(SAN),1)
OPT := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
else
HARDEN += -D_FORTIFY_SOURCE=2
endif
# p11-kit's headers include each other by a path that only pkg-config knows.
P11_CFLAGS := $(shell pkg-config --cflags p11-kit-1 2>/dev/null)
ALL_CFLAGS = -std=gnu11 $(OPT) $(WARN) $(HARDEN) -fPIC -fvisibility=hidden \
	-D_GNU_SOURCE -DDEVID_VERSION='"$(VERSION)"' \
	-DDEVID_SYSTEM_LIBEXECDIR='"$(LIBEXECDIR)"' -Iidevid $(P11_CFLAGS) \
	$(TEST_CFLAGS) \
	$(CFLAGS)
ALL_LDFLAGS = $(filter -fsanitize%,$(OPT)) -Wl,-z,relro,-z,now -Wl,--as-needed \
	$(LDFLAGS)

.PHONY: all
all:

# Each sources.mk adds to these:
#   PROGRAMS   program names; P_src, P_libs (archives), P_ldlibs per program P
#   UNIT_TESTS names of tests/unit/test-*.c; T_deps (archives), T_ldlibs
PROGRAMS :=
SHARED :=
UNIT_TESTS :=
PLAIN_ONLY :=
FUZZERS :=

include idevid/sources.mk
include agent/sources.mk
include pki/sources.mk
include radius-test/sources.mk
include tests/sources.mk

# Tests may include from every folder.
$(B)/tests/%.o: TEST_CFLAGS := -iquote pki -iquote tests/unit

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) $($*_cflags) -MMD -MP -c -o $@ $<

# $(call archive,NAME,SOURCES): a static library of a folder
define archive
$(B)/$(1).a: $(patsubst %.c,$(B)/%.o,$(2))
	@mkdir -p $$(@D)
	rm -f $$@ && $$(AR) rcs $$@ $$^
OBJS += $(patsubst %.c,$(B)/%.o,$(2))
endef

define program
$(B)/$(1): $(patsubst %.c,$(B)/%.o,$($(1)_src)) $(addprefix $(B)/,$($(1)_libs))
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_LDFLAGS) -pie -o $$@ $$^ $($(1)_ldlibs)
all: $(B)/$(1)
OBJS += $(patsubst %.c,$(B)/%.o,$($(1)_src))
endef

define shared
$(B)/$(1): $(patsubst %.c,$(B)/%.o,$($(1)_src)) $(addprefix $(B)/,$($(1)_libs))
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_LDFLAGS) -shared $($(1)_ldflags) -o $$@ $$^ $($(1)_ldlibs)
all: $(B)/$(1)
OBJS += $(patsubst %.c,$(B)/%.o,$($(1)_src))
endef

define unit_test
$(B)/tests/unit/$(1): $(B)/tests/unit/$(1).o $(patsubst %.c,$(B)/%.o,$($(1)_src)) \
		$(addprefix $(B)/,$($(1)_libs))
	@mkdir -p $$(@D)
	$$(CC) $$(ALL_LDFLAGS) -pie $($(1)_ldflags) -o $$@ $$^ $($(1)_ldlibs) -lcmocka
unit-tests: $(B)/tests/unit/$(1)
OBJS += $(B)/tests/unit/$(1).o $(patsubst %.c,$(B)/%.o,$($(1)_src))
endef

$(foreach a,$(ARCHIVES),$(eval $(call archive,$(a),$($(a)_src))))
$(foreach p,$(PROGRAMS),$(eval $(call program,$(p))))
$(foreach s,$(SHARED),$(eval $(call shared,$(s))))
$(foreach t,$(if $(filter 1,$(SAN)),$(filter-out $(PLAIN_ONLY),$(UNIT_TESTS)),$(UNIT_TESTS)), \
	$(eval $(call unit_test,$(t))))

.PHONY: unit-tests
unit-tests:

# What tests/check runs; programs of another day may lie in build/ as well.
# PLAIN_ONLY: unit tests that have nothing to run under sanitizers.
.PHONY: list-unit-tests list-plain-only list-fuzzers
list-unit-tests:
	@printf '%s\n' $(UNIT_TESTS)
list-plain-only:
	@printf '%s\n' $(PLAIN_ONLY)
list-fuzzers:
	@printf '%s\n' $(FUZZERS)

# Fuzz targets are compiled whole with clang, so that the parsers under test
# are instrumented: F_src sources and all sources of the archives in F_libs.
FUZZ_CC := clang
FUZZ_FLAGS := -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined
FUZZ_SECONDS ?= 20

build/fuzz/%.o: %.c
	@mkdir -p $(@D)
	$(FUZZ_CC) -std=gnu11 -D_GNU_SOURCE -DDEVID_VERSION='"$(VERSION)"' \
		-iquote idevid -iquote agent -iquote pki -iquote radius-test \
		-iquote tests/unit $(P11_CFLAGS) -fsanitize=fuzzer-no-link \
		$(FUZZ_FLAGS) -MMD -MP -c -o $@ $<

define fuzzer
build/fuzz/$(1): $(patsubst %.c,build/fuzz/%.o,tests/fuzz/$(1).c $($(1)_src) \
		$(foreach l,$($(1)_libs),$($(l:.a=_src))))
	@mkdir -p $$(@D)
	$$(FUZZ_CC) -fsanitize=fuzzer $$(FUZZ_FLAGS) -o $$@ $$^ $($(1)_ldlibs)
fuzzers: build/fuzz/$(1)
FUZZ_OBJS += $(patsubst %.c,build/fuzz/%.o,tests/fuzz/$(1).c $($(1)_src) \
		$(foreach l,$($(1)_libs),$($(l:.a=_src))))
endef

$(foreach f,$(FUZZERS),$(eval $(call fuzzer,$(f))))

.PHONY: fuzzers fuzz
fuzzers:

fuzz: fuzzers
	tests/fuzz/run --seconds $(FUZZ_SECONDS) $(FUZZERS)

-include $(sort $(OBJS:.o=.d) $(FUZZ_OBJS:.o=.d))

# ---- what a newcomer types ----

.PHONY: packages demo check check-long check-vm bench lint
packages:
	@tests/packages packages.txt

demo: packages
	@$(MAKE) --no-print-directory -s all
	@radius-test/demo

check: packages
	@tests/check

check-long: packages
	@tests/packages tests/vm/host-packages.txt
	@tests/check --long

check-vm: packages
	@tests/packages tests/vm/host-packages.txt
	@tests/check vm

bench: packages
	@tests/packages tests/bench/packages.txt
	@$(MAKE) --no-print-directory -s all
	@tests/bench/run

lint:
	@tests/lint

# ---- installation ----

SYSCONFDIR ?= /etc
PKGCONFIGDIR = $(LIBDIR)/pkgconfig
INCLUDEDIR = $(PREFIX)/include/devid
DATADIR = $(PREFIX)/share/devid
INSTALL ?= install
PUBLIC_HEADERS := idevid/api.h idevid/error.h idevid/profile.h idevid/verify.h
MANUALS := $(wildcard docs/man/*.[1-8])

# Files with @NAME@ in them.
define fill
	sed -e 's|@BINDIR@|$(BINDIR)|g' -e 's|@SBINDIR@|$(SBINDIR)|g' \
		-e 's|@LIBDIR@|$(LIBDIR)|g' -e 's|@PREFIX@|$(PREFIX)|g' \
		-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|g' \
		-e 's|@MODULESDIR@|$(MODULESDIR)|g' \
		-e 's|@LIBEXECDIR@|$(LIBEXECDIR)|g' \
		-e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g' \
		-e 's|@VERSION@|$(VERSION)|g'
endef

.PHONY: install
include systemd/sources.mk

.PHONY: clean
clean:
	rm -rf build

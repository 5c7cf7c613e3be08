# SPDX-License-Identifier: Apache-2.0
# The benchmark's own programs. tests/bench/run reads this behind the main
# Makefile: make -f Makefile -f tests/bench/sources.mk bench-programs

BENCH_PROGRAMS := \
	tests/bench/bench-conns \
	tests/bench/bench-crl \
	tests/bench/bench-eapol \
	tests/bench/bench-http \
	tests/bench/bench-issue \
	tests/bench/bench-register \
	tests/bench/bench-sign \
	tests/bench/bench-token \
	tests/bench/bench-verify

tests/bench/bench-conns_src := tests/bench/bench-conns.c
tests/bench/bench-conns_ldlibs := -lssl -lcrypto

tests/bench/bench-crl_src := \
	tests/bench/bench-crl.c \
	tests/unit/memory-signer.c \
	tests/unit/rsa-keys.c
tests/bench/bench-crl_libs := libca.a libdevid.a
tests/bench/bench-crl_ldlibs = $(CA_LDLIBS) -lcmocka

tests/bench/bench-http_src := tests/bench/bench-http.c
tests/bench/bench-http_ldlibs := -levent

tests/bench/bench-token_src := tests/bench/bench-token.c
tests/bench/bench-token_libs := libca.a libdevid.a
tests/bench/bench-token_ldlibs = $(CA_LDLIBS)

tests/bench/bench-eapol_src := tests/bench/bench-eapol.c

tests/bench/bench-register_src := tests/bench/bench-register.c
tests/bench/bench-register_libs := libca.a libdevid.a
tests/bench/bench-register_ldlibs = $(CA_LDLIBS)

tests/bench/bench-issue_src := \
	tests/bench/bench-issue.c \
	tests/unit/certs.c \
	tests/unit/csr-fixture.c \
	tests/unit/memory-signer.c \
	tests/unit/rsa-keys.c \
	tests/unit/tempdir.c
tests/bench/bench-issue_libs := libca.a libdevid.a
tests/bench/bench-issue_ldlibs = $(CA_LDLIBS) -lcmocka

tests/bench/bench-sign_src := tests/bench/bench-sign.c
tests/bench/bench-sign_libs := libkeyd.a libdevid.a
tests/bench/bench-sign_ldlibs := $(TPM_LDLIBS) -lcrypto

tests/bench/bench-verify_src := \
	tests/bench/bench-verify.c \
	tests/unit/certs.c \
	tests/unit/rsa-keys.c
tests/bench/bench-verify_libs := libdevid.a
tests/bench/bench-verify_ldlibs := -lcrypto -lcmocka
tests/bench/bench-verify_cflags := -Itests/unit

.PHONY: bench-programs
bench-programs: $(addprefix $(B)/,$(BENCH_PROGRAMS))

$(foreach p,$(BENCH_PROGRAMS),$(eval $(call program,$(p))))

# libdevid, devid-keyd, devid.so and the devid command

ARCHIVES += libdevid

libdevid_src := \
	idevid/cert.c \
	idevid/chain-cache.c \
	idevid/chain.c \
	idevid/challenge.c \
	idevid/client.c \
	idevid/conf.c \
	idevid/der.c \
	idevid/digest.c \
	idevid/error.c \
	idevid/files.c \
	idevid/hex.c \
	idevid/keyref.c \
	idevid/keystore.c \
	idevid/log.c \
	idevid/oid.c \
	idevid/pem-chain.c \
	idevid/pem-text.c \
	idevid/profile-ext.c \
	idevid/profile-parts.c \
	idevid/profile-rules.c \
	idevid/profile.c \
	idevid/purpose.c \
	idevid/san.c \
	idevid/tcg-csr.c \
	idevid/tpm-public.c \
	idevid/tpm-signature.c \
	idevid/tpm-template.c \
	idevid/tpm-verifier.c \
	idevid/verify-tls.c \
	idevid/verify.c \
	idevid/wire.c

# What only devid-keyd uses: the TPM, the DevID module, the key socket.
ARCHIVES += libkeyd

libkeyd_src := \
	idevid/keyd-policy.c \
	idevid/keyd-requests.c \
	idevid/keyd-server.c \
	idevid/keystore-tpm.c \
	idevid/module-attest.c \
	idevid/module-sign.c \
	idevid/module-state.c \
	idevid/module.c \
	idevid/tpm-attest.c \
	idevid/tpm-ek.c \
	idevid/tpm-key.c \
	idevid/tpm-nv.c \
	idevid/tpm-policy.c \
	idevid/tpm-session.c \
	idevid/tpm.c

TPM_LDLIBS := -ltss2-esys -ltss2-tctildr -ltss2-rc -ltss2-mu

PROGRAMS += devid-keyd
devid-keyd_src := idevid/keyd.c
devid-keyd_libs := libkeyd.a libdevid.a
devid-keyd_ldlibs := $(TPM_LDLIBS) -lcrypto -lsystemd -linih

SHARED += devid.so
devid.so_src := \
	idevid/prov-decoder.c \
	idevid/prov-key.c \
	idevid/prov-keymgmt.c \
	idevid/prov-signature.c \
	idevid/prov-store.c \
	idevid/prov.c
devid.so_libs := libdevid.a
devid.so_ldflags := -Wl,-z,defs -Wl,--exclude-libs,ALL
devid.so_ldlibs := -lcrypto

PROGRAMS += devid
devid_src := \
	idevid/cmd-env.c \
	idevid/cmd-main.c \
	idevid/cmd-provision-cert.c \
	idevid/cmd-provision-csr.c \
	idevid/cmd-provision-install.c \
	idevid/cmd-provision-io.c \
	idevid/cmd-provision-tcg.c \
	idevid/cmd-provision.c \
	idevid/cmd-status.c \
	idevid/cmd-verify.c \
	idevid/verify-file.c \
	idevid/verify-peer.c \
	idevid/verify-print.c
devid_libs := libdevid.a
devid_ldlibs := -lssl -lcrypto -ljansson -linih -ltss2-mu -pthread

# What others link: the verification part of libdevid. Public headers: api.h,
# error.h, profile.h, verify.h.
LIBDEVID := libdevid.so.$(VERSION)
LIBDEVID_SONAME := libdevid.so.$(firstword $(subst ., ,$(VERSION)))
SHARED += $(LIBDEVID)
$(LIBDEVID)_src := \
	idevid/cert.c \
	idevid/chain-cache.c \
	idevid/chain.c \
	idevid/der.c \
	idevid/error.c \
	idevid/files.c \
	idevid/oid.c \
	idevid/profile-ext.c \
	idevid/profile-parts.c \
	idevid/profile-rules.c \
	idevid/profile.c \
	idevid/san.c \
	idevid/verify-tls.c \
	idevid/verify.c
$(LIBDEVID)_ldflags := -Wl,-soname,$(LIBDEVID_SONAME) -Wl,-z,defs \
	-Wl,--version-script,idevid/libdevid.map
$(LIBDEVID)_ldlibs := -lssl -lcrypto -pthread
$(B)/$(LIBDEVID): idevid/libdevid.map

all: $(B)/$(LIBDEVID_SONAME) $(B)/libdevid.so
$(B)/$(LIBDEVID_SONAME) $(B)/libdevid.so: $(B)/$(LIBDEVID)
	ln -sf $(LIBDEVID) $@

UNIT_TESTS += test-chain test-profile test-san test-verify
test-chain_src := tests/unit/certs.c tests/unit/rsa-keys.c
test-chain_libs := libdevid.a
test-chain_ldlibs := -lssl -lcrypto -pthread
test-profile_src := tests/unit/certs.c tests/unit/rsa-keys.c
test-profile_libs := libdevid.a
test-profile_ldlibs := -lcrypto
test-san_src := tests/unit/certs.c tests/unit/rsa-keys.c
test-san_libs := libdevid.a
test-san_ldlibs := -lcrypto
test-verify_src := tests/unit/certs.c tests/unit/rsa-keys.c
test-verify_libs := libdevid.a
test-verify_ldlibs := -lssl -lcrypto -pthread

FUZZERS += fuzz-profile fuzz-san
fuzz-profile_libs := libdevid.a
fuzz-profile_ldlibs := -lssl -lcrypto -linih -ltss2-mu -pthread
fuzz-san_libs := libdevid.a
fuzz-san_ldlibs := -lssl -lcrypto -linih -ltss2-mu -pthread

# What goes between device and CA.
UNIT_TESTS += test-challenge test-digest test-tcg-csr test-tpm-public \
	test-tpm-signature test-tpm-verifier
csr_test_src := tests/unit/certs.c tests/unit/csr-fixture.c \
	tests/unit/rsa-keys.c
test-challenge_libs := libdevid.a
test-challenge_ldlibs := -lcrypto
test-digest_libs := libdevid.a
test-digest_ldlibs := -lcrypto
test-tcg-csr_src := $(csr_test_src)
test-tcg-csr_libs := libdevid.a
test-tcg-csr_ldlibs := -lcrypto -ltss2-mu
test-tpm-public_src := tests/unit/csr-suites.c $(csr_test_src)
test-tpm-public_libs := libdevid.a
test-tpm-public_ldlibs := -lcrypto -ltss2-mu
test-tpm-signature_src := tests/unit/csr-suites.c $(csr_test_src)
test-tpm-signature_libs := libdevid.a
test-tpm-signature_ldlibs := -lcrypto -ltss2-mu
test-tpm-verifier_src := $(csr_test_src)
test-tpm-verifier_libs := libdevid.a
test-tpm-verifier_ldlibs := -lcrypto -ltss2-mu

FUZZERS += fuzz-challenge fuzz-tcg-csr fuzz-tpm-public
fuzz-challenge_libs := libdevid.a
fuzz-challenge_ldlibs := -lssl -lcrypto -linih -ltss2-mu -pthread
fuzz-tcg-csr_libs := libdevid.a
fuzz-tcg-csr_ldlibs := -lssl -lcrypto -linih -ltss2-mu -pthread
fuzz-tpm-public_libs := libdevid.a
fuzz-tpm-public_ldlibs := -lssl -lcrypto -linih -ltss2-mu -pthread

# Tests of the key service and what is below it.
UNIT_TESTS += test-conf test-der test-error test-files test-keyd-policy \
	test-keyref test-keystore test-keystore-attest test-keystore-tpm test-module \
	test-module-attest test-module-tpm test-provider test-provider-sign test-purpose \
	test-purpose-tcg test-purpose-tls12 test-tpm-ek test-tpm-policy \
	test-tpm-template test-wire
test-conf_src := tests/unit/tempdir.c
test-conf_libs := libdevid.a
test-conf_ldlibs := -linih
test-der_src := tests/unit/certs.c tests/unit/rsa-keys.c
test-der_libs := libdevid.a
test-der_ldlibs := -lcrypto
test-error_libs := libdevid.a
test-files_src := tests/unit/tempdir.c tests/unit/trace.c
test-files_libs := libdevid.a
NOT_EMULATED += test-files # stops a program by ptrace()
test-keyd-policy_libs := libkeyd.a libdevid.a
test-keyref_src := tests/unit/certs.c tests/unit/rsa-keys.c
test-keyref_libs := libdevid.a
test-keyref_ldlibs := -lcrypto
test-keystore_src := tests/unit/certs.c tests/unit/rsa-keys.c
test-keystore_libs := libdevid.a
test-keystore_ldlibs := -lcrypto
test-keystore-tpm_src := tests/unit/await.c tests/unit/swtpm.c \
	tests/unit/tempdir.c
test-keystore-tpm_libs := libkeyd.a libdevid.a
test-keystore-tpm_ldlibs := $(TPM_LDLIBS) -lcrypto
attest_test_src := pki/credential.c pki/credential-rsa.c \
	tests/unit/attest-fixture.c tests/unit/await.c tests/unit/certs.c tests/unit/rsa-keys.c \
	tests/unit/swtpm.c tests/unit/tempdir.c
test-keystore-attest_src := $(attest_test_src)
test-keystore-attest_libs := libkeyd.a libdevid.a
test-keystore-attest_ldlibs := $(TPM_LDLIBS) -lcrypto
module_test_src := tests/unit/await.c tests/unit/certs.c tests/unit/module-fixture.c \
	tests/unit/rsa-keys.c tests/unit/swtpm.c tests/unit/tempdir.c
test-module_src := $(module_test_src)
test-module_libs := libkeyd.a libdevid.a
test-module_ldlibs := $(TPM_LDLIBS) -lcrypto
test-module-attest_src := $(module_test_src) pki/credential.c \
	pki/credential-rsa.c tests/unit/fake-keystore.c
test-module-attest_libs := libkeyd.a libdevid.a
test-module-attest_ldlibs := $(TPM_LDLIBS) -lcrypto
test-module-tpm_src := $(module_test_src)
test-module-tpm_libs := libkeyd.a libdevid.a
test-module-tpm_ldlibs := $(TPM_LDLIBS) -lcrypto
provider_test_src := tests/unit/await.c tests/unit/certs.c tests/unit/device.c \
	tests/unit/provider.c tests/unit/rsa-keys.c tests/unit/swtpm.c \
	tests/unit/tempdir.c
test-provider_src := $(provider_test_src)
test-provider_libs := libkeyd.a libdevid.a
test-provider_ldlibs := $(TPM_LDLIBS) -lssl -lcrypto
test-provider-sign_src := $(provider_test_src)
test-provider-sign_libs := libkeyd.a libdevid.a
test-provider-sign_ldlibs := $(TPM_LDLIBS) -lcrypto
purpose_test_src := tests/unit/certs.c tests/unit/handshake.c \
	tests/unit/purpose-fixture.c tests/unit/rsa-keys.c
test-purpose_src := $(purpose_test_src)
test-purpose_libs := libdevid.a
test-purpose_ldlibs := -lssl -lcrypto -ltss2-mu
test-purpose-tcg_src := $(purpose_test_src) tests/unit/csr-fixture.c
test-purpose-tcg_libs := libdevid.a
test-purpose-tcg_ldlibs := -lssl -lcrypto -ltss2-mu
test-purpose-tls12_src := $(purpose_test_src)
test-purpose-tls12_libs := libdevid.a
test-purpose-tls12_ldlibs := -lssl -lcrypto -ltss2-mu
test-tpm-ek_src := $(attest_test_src)
test-tpm-ek_libs := libkeyd.a libdevid.a
test-tpm-ek_ldlibs := $(TPM_LDLIBS) -lcrypto
test-tpm-policy_src := tests/unit/certs.c tests/unit/rsa-keys.c
test-tpm-policy_libs := libkeyd.a libdevid.a
test-tpm-policy_ldlibs := -lcrypto
test-tpm-template_libs := libdevid.a
test-tpm-template_ldlibs := -lcrypto
test-wire_libs := libdevid.a

# A TCTI that misbehaves as told, for tests and the lab; never installed.
TEST_SHARED += tcti-fault.so
tcti-fault.so_src := tests/fault/tcti-fault.c
tcti-fault.so_ldlibs := -ltss2-tctildr
$(B)/tests/unit/test-keystore-attest $(B)/tests/unit/test-keystore-tpm \
	$(B)/tests/unit/test-module $(B)/tests/unit/test-module-attest \
	$(B)/tests/unit/test-module-tpm: \
	| $(B)/tcti-fault.so
$(B)/tests/unit/test-provider $(B)/tests/unit/test-provider-sign: \
	| $(B)/devid.so $(B)/devid-keyd

# Programs of the end-to-end tests; never installed.
TEST_PROGRAMS += tests/e2e/key-storm tests/e2e/keyd-client \
	tests/e2e/kill-at
tests/e2e/key-storm_src := tests/e2e/key-storm.c
tests/e2e/key-storm_ldlibs := -lcrypto -pthread
tests/e2e/keyd-client_src := tests/e2e/keyd-client.c
tests/e2e/keyd-client_libs := libdevid.a
tests/e2e/kill-at_src := tests/e2e/kill-at.c tests/unit/trace.c

FUZZERS += fuzz-conf fuzz-keyref fuzz-purpose fuzz-requests fuzz-wire
fuzz-conf_src := idevid/keyd-policy.c
fuzz-conf_libs := libdevid.a
fuzz-conf_ldlibs := -lssl -lcrypto -linih -ltss2-mu -pthread
fuzz-keyref_src := $(devid.so_src)
fuzz-keyref_libs := libdevid.a
fuzz-keyref_ldlibs := -lssl -lcrypto -linih -ltss2-mu -pthread
fuzz-purpose_src := tests/unit/fake-keystore.c
fuzz-purpose_libs := libdevid.a
fuzz-purpose_ldlibs := -lssl -lcrypto -linih -ltss2-mu -pthread
fuzz-requests_src := tests/unit/fake-keystore.c
fuzz-requests_libs := libkeyd.a libdevid.a
fuzz-requests_ldlibs := $(TPM_LDLIBS) -lsystemd -lssl -lcrypto -linih -pthread
fuzz-wire_libs := libdevid.a
fuzz-wire_ldlibs := -lssl -lcrypto -linih -ltss2-mu -pthread

# The manufacturer's CA: devid-ca, devid-station; ceremonies and the lab's
# PKI are scripts.

ARCHIVES += libca
libca_src :=

CA_LDLIBS := -lp11-kit -lsqlite3 -lpq -ljansson -linih -lssl -lcrypto \
	-ltss2-mu -pthread
SERVE_LDLIBS := -levent_openssl -levent -lsystemd

PROGRAMS += devid-ca
devid-ca_src := pki/devid-ca.c
devid-ca_libs := libca.a libdevid.a
devid-ca_ldlibs = $(CA_LDLIBS) $(SERVE_LDLIBS)

# ---- core: configuration, jobs ----

libca_src += \
	pki/ca-challenge.c \
	pki/ca-conf.c \
	pki/ca-issue.c \
	pki/ca-jobs.c \
	pki/ca-open.c \
	pki/ca-revoke.c \
	pki/ca-seal.c \
	pki/ca-ticket.c \
	pki/cert-check.c \
	pki/cmd-common.c \
	pki/cmd-file.c \
	pki/cmd-issue.c

ca_test_src := tests/unit/ca-fixture.c tests/unit/certs.c \
	tests/unit/csr-fixture.c tests/unit/memory-signer.c \
	tests/unit/rsa-keys.c tests/unit/tempdir.c

UNIT_TESTS += test-ca test-ca-batch test-ca-conf test-ca-postgres \
	test-cert-check
test-cert-check_src := tests/unit/certs.c tests/unit/rsa-keys.c
test-cert-check_libs := libca.a libdevid.a
test-cert-check_ldlibs = $(CA_LDLIBS)
test-ca_src := $(ca_test_src)
test-ca_libs := libca.a libdevid.a
test-ca_ldlibs = $(CA_LDLIBS)
test-ca-batch_src = $(test-ca_src)
test-ca-batch_libs = $(test-ca_libs)
test-ca-batch_ldlibs = $(test-ca_ldlibs)
test-ca-postgres_src = $(test-ca_src) tests/unit/await.c tests/unit/pg.c
test-ca-postgres_libs = $(test-ca_libs)
test-ca-postgres_ldlibs = $(test-ca_ldlibs)

FUZZERS += fuzz-ca-ticket
fuzz-ca-ticket_src = pki/ca-ticket.c $(ek_src)
fuzz-ca-ticket_libs := libdevid.a
fuzz-ca-ticket_ldlibs := -lssl -lcrypto -linih -ltss2-mu -pthread

test-ca-conf_src := tests/unit/tempdir.c
test-ca-conf_libs := libca.a libdevid.a
test-ca-conf_ldlibs = $(CA_LDLIBS)

# ---- formats: MakeCredential ----

libca_src += \
	pki/credential-rsa.c \
	pki/credential.c

UNIT_TESTS += test-credential
test-credential_src := tests/unit/await.c tests/unit/certs.c tests/unit/csr-fixture.c \
	tests/unit/rsa-keys.c tests/unit/swtpm.c tests/unit/tempdir.c
test-credential_libs := libca.a libkeyd.a libdevid.a
test-credential_ldlibs = $(TPM_LDLIBS) $(CA_LDLIBS)

# ---- EK certificates, proof, inspect ----

libca_src += \
	pki/cmd-inspect.c \
	pki/ek-cert.c \
	pki/ek-issuers.c \
	pki/ek-key.c \
	pki/ek-load.c \
	pki/ek-names.c \
	pki/ek-policy.c \
	pki/ek-profile.c \
	pki/ek-trust.c \
	pki/inspect-cert.c \
	pki/inspect-csr.c \
	pki/inspect-facts.c \
	pki/inspect-other.c \
	pki/inspect.c \
	pki/proof-rules.c \
	pki/proof-spki.c \
	pki/proof-template.c \
	pki/proof.c

UNIT_TESTS += test-ek-cert test-ek-policy test-ek-trust test-proof \
	test-proof-rules
ek_test_src := tests/unit/certs.c tests/unit/ek-fixture.c \
	tests/unit/rsa-keys.c tests/unit/tempdir.c
test-ek-cert_src := $(ek_test_src)
test-ek-cert_libs := libca.a libdevid.a
test-ek-cert_ldlibs := -lcrypto
test-ek-policy_libs := libca.a libdevid.a
test-ek-policy_ldlibs := -lcrypto
test-ek-trust_src := $(ek_test_src)
test-ek-trust_libs := libca.a libdevid.a
test-ek-trust_ldlibs := -lcrypto
proof_test_src := tests/unit/csr-fixture.c tests/unit/proof-fixture.c \
	$(ek_test_src)
test-proof_src := $(proof_test_src)
test-proof_libs := libca.a libdevid.a
test-proof_ldlibs := -ltss2-mu -lcrypto
test-proof-rules_src := $(proof_test_src)
test-proof-rules_libs := libca.a libdevid.a
test-proof-rules_ldlibs := -ltss2-mu -lcrypto

FUZZERS += fuzz-ek-cert fuzz-inspect fuzz-proof
ek_src := $(filter pki/ek-%.c,$(libca_src))
proof_src := $(filter pki/proof%.c,$(libca_src))
fuzz-ek-cert_src := $(ek_src)
fuzz-ek-cert_libs := libdevid.a
fuzz-ek-cert_ldlibs := -lssl -lcrypto -linih -ltss2-mu -pthread
fuzz-inspect_src := $(ek_src) $(proof_src) \
	$(filter pki/inspect%.c,$(libca_src))
fuzz-inspect_libs := libdevid.a
fuzz-inspect_ldlibs := -ljansson -lssl -lcrypto -linih -ltss2-mu -pthread
fuzz-proof_src := $(ek_src) $(proof_src)
fuzz-proof_libs := libdevid.a
fuzz-proof_ldlibs := -lssl -lcrypto -linih -ltss2-mu -pthread

# ---- tokens, PINs, ceremonies ----

libca_src += \
	pki/cert-once.c \
	pki/cmd-certify.c \
	pki/cmd-root-crl.c \
	pki/cmd-token.c \
	pki/pin.c \
	pki/pki-time.c \
	pki/revoked-list.c \
	pki/signer.c \
	pki/token-key.c \
	pki/token-make.c \
	pki/token-sign.c \
	pki/token.c

# SoftHSM2 with faults as told, for tests; never installed.
TEST_SHARED += p11-fault.so
p11-fault.so_src := tests/fault/p11-fault.c
p11-fault.so_ldlibs := -lp11-kit

UNIT_TESTS += test-pin test-pki-time test-revoked-list test-token
test-pki-time_libs := libca.a libdevid.a
test-pki-time_ldlibs := -lcrypto
test-pin_src := tests/unit/tempdir.c tests/unit/trace.c
NOT_EMULATED += test-pin # stops a program by ptrace()
test-pin_libs := libca.a libdevid.a
test-pin_ldlibs := $(CA_LDLIBS)
test-revoked-list_libs := libca.a libdevid.a
test-revoked-list_ldlibs := $(CA_LDLIBS)
test-token_src := tests/unit/softhsm.c tests/unit/tempdir.c
test-token_libs := libca.a libdevid.a
test-token_ldlibs := $(CA_LDLIBS)
$(B)/tests/unit/test-token: | $(B)/p11-fault.so

FUZZERS += fuzz-revoked-list
fuzz-revoked-list_src := idevid/error.c pki/pki-time.c pki/revoked-list.c
fuzz-revoked-list_ldlibs := -lcrypto

# ---- what is signed: certificates, CRLs, OCSP ----

libca_src += \
	pki/build-ca.c \
	pki/build-cert.c \
	pki/build-crl.c \
	pki/build-ocsp.c \
	pki/build-parts.c \
	pki/cmd-crl.c \
	pki/cmd-export.c \
	pki/der-out.c \
	pki/export.c \
	pki/ocsp-answer.c \
	pki/ocsp.c \
	pki/operator.c \
	pki/ordered-id.c \
	pki/publish-files.c \
	pki/publish-ocsp.c \
	pki/publish.c

build_test_src := tests/unit/build-fixture.c tests/unit/memory-signer.c \
	tests/unit/rsa-keys.c
publish_test_src := $(build_test_src) tests/unit/publish-fixture.c \
	tests/unit/tempdir.c
UNIT_TESTS += test-build test-crl test-export test-ocsp \
	test-ocsp-parse test-publish test-signer
test-export_src := $(publish_test_src)
test-export_libs := libca.a libdevid.a
test-export_ldlibs = $(CA_LDLIBS)
test-crl_src := $(build_test_src)
test-crl_libs := libca.a libdevid.a
test-crl_ldlibs = $(CA_LDLIBS)
test-ocsp_src := $(publish_test_src)
test-ocsp_libs := libca.a libdevid.a
test-ocsp_ldlibs = $(CA_LDLIBS)
test-ocsp-parse_src := tests/unit/certs.c tests/unit/rsa-keys.c
test-ocsp-parse_libs := libca.a libdevid.a
test-ocsp-parse_ldlibs = $(CA_LDLIBS)
test-publish_src := $(publish_test_src) tests/unit/await.c \
	tests/unit/pg.c tests/unit/register-fixture.c
test-publish_libs := libca.a libdevid.a
test-publish_ldlibs = $(CA_LDLIBS)
test-build_src := $(build_test_src)
test-build_libs := libca.a libdevid.a
test-build_ldlibs = $(CA_LDLIBS)
test-signer_src := tests/unit/memory-signer.c tests/unit/rsa-keys.c
test-signer_libs := libca.a libdevid.a
test-signer_ldlibs = $(CA_LDLIBS)

# Devices without TPMs, for end-to-end tests; never installed.
TEST_PROGRAMS += tests/e2e/ca-seed
tests/e2e/ca-seed_src := tests/e2e/ca-seed.c
tests/e2e/ca-seed_libs := libca.a libdevid.a
tests/e2e/ca-seed_ldlibs = $(CA_LDLIBS)

FUZZERS += fuzz-ocsp
fuzz-ocsp_src := pki/ocsp.c
fuzz-ocsp_libs := libdevid.a
fuzz-ocsp_ldlibs := -lssl -lcrypto -linih -ltss2-mu -pthread

# ---- register ----

libca_src += \
	pki/cmd-audit.c \
	pki/cmd-list.c \
	pki/db-postgres.c \
	pki/db-sqlite-vfs.c \
	pki/db-sqlite.c \
	pki/db.c \
	pki/device-json.c \
	pki/register-audit-check.c \
	pki/register-audit.c \
	pki/register-cert.c \
	pki/register-device.c \
	pki/register-schema.c \
	pki/register-warm.c \
	pki/register.c

register_test_src := tests/unit/await.c tests/unit/memory-signer.c tests/unit/pg.c \
	tests/unit/register-fixture.c tests/unit/rsa-keys.c \
	tests/unit/tempdir.c
UNIT_TESTS += test-db test-db-sqlite-vfs test-device-json test-register \
	test-register-audit test-register-crash test-register-disk \
	test-register-plans
test-db_src := $(register_test_src)
test-db_libs := libca.a libdevid.a
test-db_ldlibs = $(CA_LDLIBS)
test-db-sqlite-vfs_src := tests/unit/tempdir.c
test-db-sqlite-vfs_libs := libca.a libdevid.a
test-db-sqlite-vfs_ldlibs = $(CA_LDLIBS)
test-device-json_src := $(publish_test_src)
test-device-json_libs := libca.a libdevid.a
test-device-json_ldlibs = $(CA_LDLIBS)
test-register_src := $(register_test_src)
test-register_libs := libca.a libdevid.a
test-register_ldlibs = $(CA_LDLIBS)
test-register-audit_src := $(register_test_src)
test-register-audit_libs := libca.a libdevid.a
test-register-audit_ldlibs = $(CA_LDLIBS)
test-register-plans_src := $(register_test_src)
test-register-plans_libs := libca.a libdevid.a
test-register-plans_ldlibs = $(CA_LDLIBS)
test-register-crash_src := $(register_test_src) tests/unit/trace.c
NOT_EMULATED += test-register-crash # stops a program by ptrace()
test-register-crash_libs := libca.a libdevid.a
test-register-crash_ldlibs = $(CA_LDLIBS)
test-register-disk_src := $(register_test_src)
test-register-disk_libs := libca.a libdevid.a
test-register-disk_ldlibs = $(CA_LDLIBS)

# Kills and power cuts, for tests; never installed. It cannot stand before the
# sanitizers, which want to be first.
TEST_SHARED += file-fault.so
file-fault.so_src := tests/fault/file-fault.c
# It stands in for both kinds of each call, write and write64.
tests/fault/file-fault_cflags := -U_FILE_OFFSET_BITS
UNIT_TESTS += test-issue-crash
PLAIN_ONLY += test-issue-crash
NOT_EMULATED += test-issue-crash # preloads file-fault.so into itself
test-issue-crash_src := tests/unit/crash-fixture.c $(ca_test_src)
test-issue-crash_libs := libca.a libdevid.a
test-issue-crash_ldlibs = $(CA_LDLIBS)
$(B)/tests/unit/test-issue-crash: | $(B)/file-fault.so

# ---- service, station ----

libca_src += \
	pki/cmd-serve.c \
	pki/serve-accept.c \
	pki/serve-cache.c \
	pki/serve-conns.c \
	pki/serve-duties.c \
	pki/serve-files.c \
	pki/serve-http.c \
	pki/serve-listen.c \
	pki/serve-public.c \
	pki/serve-queue.c \
	pki/serve-rate.c \
	pki/serve-reply.c \
	pki/serve-route.c \
	pki/serve-show.c \
	pki/serve-status.c \
	pki/serve-tls.c \
	pki/serve-warm.c \
	pki/serve-worker.c \
	pki/serve.c

# The station's client knows nothing of databases and tokens.
ARCHIVES += libstation
libstation_src := \
	pki/station-flow.c \
	pki/station-http.c \
	pki/station-run.c \
	pki/station-state.c

PROGRAMS += devid-station
devid-station_src := pki/station.c
devid-station_libs := libstation.a libca.a libdevid.a
devid-station_ldlibs := -lcurl -ljansson -lssl -lcrypto -pthread

UNIT_TESTS += test-serve-cache test-serve-conns test-serve-queue \
	test-serve-rate test-serve-route test-serve-worker test-station
test-serve-cache_libs := libca.a libdevid.a
test-serve-cache_ldlibs := -lcrypto
test-serve-rate_libs := libca.a
test-serve-route_libs := libca.a libdevid.a
test-serve-route_ldlibs = $(CA_LDLIBS)
NOT_EMULATED += test-serve-conns # SO_COOKIE
test-serve-conns_libs := libca.a libdevid.a
test-serve-conns_ldlibs := -lcrypto
test-serve-queue_libs := libca.a libdevid.a
test-serve-queue_ldlibs = $(test-ca_ldlibs)
test-serve-worker_src = $(test-ca_src)
test-serve-worker_libs = $(test-ca_libs)
test-serve-worker_ldlibs = $(test-ca_ldlibs)
test-station_src := tests/unit/tempdir.c
test-station_libs := libstation.a libdevid.a
test-station_ldlibs := -lcurl -ljansson

FUZZERS += fuzz-http-body fuzz-station-answer
fuzz-http-body_libs := libca.a libdevid.a
fuzz-http-body_ldlibs = $(CA_LDLIBS) $(SERVE_LDLIBS) $(TPM_LDLIBS)
fuzz-station-answer_src := idevid/error.c pki/station-http.c
fuzz-station-answer_ldlibs := -lcurl -ljansson

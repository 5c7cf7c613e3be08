# The manufacturer's CA: devid-ca, devid-station; ceremonies and the lab's
# PKI are scripts.

ARCHIVES += libca
libca_src :=

CA_LDLIBS := -lp11-kit -lsqlite3 -lpq -ljansson -linih -lssl -lcrypto \
	-ltss2-mu -pthread

PROGRAMS += devid-ca
devid-ca_src := pki/devid-ca.c
devid-ca_libs := libca.a libdevid.a
devid-ca_ldlibs = $(CA_LDLIBS) -levent_openssl -levent_pthreads -levent

# ---- core: configuration, jobs ----

libca_src += \
	pki/ca-challenge.c \
	pki/ca-conf.c \
	pki/ca-issue.c \
	pki/ca-jobs.c \
	pki/ca-open.c \
	pki/ca-revoke.c \
	pki/ca-ticket.c \
	pki/cmd-common.c \
	pki/cmd-issue.c

# ---- formats: MakeCredential ----

libca_src += \
	pki/credential.c

# ---- EK certificates, proof, inspect ----

libca_src +=

# ---- tokens, PINs, ceremonies ----

libca_src += \
	pki/signer.c

# ---- what is signed: certificates, CRLs, OCSP ----

libca_src += \
	pki/der-out.c

UNIT_TESTS += test-signer
test-signer_src := tests/unit/memory-signer.c
test-signer_libs := libca.a libdevid.a
test-signer_ldlibs = $(CA_LDLIBS)

# ---- register ----

libca_src +=

# ---- service, station ----

libca_src +=

# the TPM: sessions, keys, NV, policies, public areas

sees := idevid/base idevid/key
sources := \
	tpm-about.c \
	tpm-attest.c \
	tpm-child-template.c \
	tpm-child.c \
	tpm-counter.c \
	tpm-ek-chain.c \
	tpm-ek.c \
	tpm-epoch.c \
	tpm-handle.c \
	tpm-key.c \
	tpm-nv-header.c \
	tpm-nv.c \
	tpm-owner.c \
	tpm-parent.c \
	tpm-parms.c \
	tpm-places.c \
	tpm-policy.c \
	tpm-public.c \
	tpm-result.c \
	tpm-sealed.c \
	tpm-session.c \
	tpm-signature.c \
	tpm-suite.c \
	tpm-tcti.c \
	tpm-template.c \
	tpm-wrap.c \
	tpm.c

TPM_LDLIBS := -ltss2-esys -ltss2-tctildr -ltss2-rc -ltss2-mu
ldlibs := $(TPM_LDLIBS) -lcrypto

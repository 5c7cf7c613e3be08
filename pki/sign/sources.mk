# what a CA signs: certificates, lists, OCSP answers

sees := idevid/base idevid/key
sources := \
	build-ca.c \
	build-cert.c \
	build-crl.c \
	build-ldevid.c \
	build-ocsp.c \
	build-parts.c \
	cert-check.c \
	cert-time.c \
	ordered-id.c \
	reason.c \
	signer.c
ldlibs := -lcrypto

# EK certificates of the makers of TPMs, MakeCredential

sees := idevid/base idevid/cert idevid/enrol idevid/tpm
sources := \
	credential.c \
	ek-above.c \
	ek-cert.c \
	ek-crl.c \
	ek-key.c \
	ek-load.c \
	ek-names.c \
	ek-policy.c \
	ek-profile.c \
	ek-trust.c
ldlibs := -ltss2-mu -lcrypto

# the rules on a request: is the key in a genuine TPM

sees := idevid/base idevid/enrol idevid/key idevid/tpm pki/ek
sources := \
	proof-rules.c \
	proof-spki.c \
	proof-template.c \
	proof.c
ldlibs := -ltss2-mu -lcrypto

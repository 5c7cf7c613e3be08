# the rules told about any file

sees := idevid/base idevid/cert idevid/enrol idevid/key idevid/verify pki/ek pki/proof
sources := \
	inspect-cert.c \
	inspect-csr.c \
	inspect-ek.c \
	inspect-facts.c \
	inspect-other.c \
	inspect-rules.c \
	inspect-x509.c \
	inspect.c
ldlibs := -ljansson -lcrypto

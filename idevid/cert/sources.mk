# certificates and what IEEE 802.1AR asks of them

sees := idevid/base
sources := \
	alg-name.c \
	cert.c \
	issuers.c \
	path-why.c \
	path.c \
	profile-ext.c \
	profile-parts.c \
	profile-rules.c \
	profile.c \
	san.c \
	tpm-attributes.c
ldlibs := -lcrypto -pthread

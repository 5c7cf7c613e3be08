# certificates and what IEEE 802.1AR asks of them

sees := idevid/base
sources := \
	cert.c \
	issuers.c \
	path.c \
	profile-ext.c \
	profile-parts.c \
	profile-rules.c \
	profile.c \
	san.c
ldlibs := -lcrypto -pthread

# PKCS#11 tokens: PINs, keys, signatures

sees := idevid/base pki/sign
sources := \
	pin.c \
	token-key.c \
	token-make.c \
	token-sign.c \
	token.c
ldlibs := -lp11-kit -lcrypto

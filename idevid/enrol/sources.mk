# what goes between device and CA: TCG-CSR, challenge

sees := idevid/base idevid/tpm
sources := \
	challenge.c \
	tcg-csr.c
ldlibs := -ltss2-mu -lcrypto

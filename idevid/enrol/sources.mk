# what goes between device and CA or registrar: TCG-CSR, challenge, EST

sees := idevid/base idevid/tpm
sources := \
	challenge.c \
	enroll-result.c \
	tcg-csr.c
ldlibs := -ltss2-mu -lcrypto -ljansson

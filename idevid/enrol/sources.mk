# what goes between device and CA or registrar: TCG-CSR, challenge, EST

sees := idevid/base idevid/key idevid/cert idevid/tpm
sources := \
	challenge.c \
	csrattrs.c \
	enroll-result.c \
	est-body.c \
	evidence-check.c \
	evidence.c \
	ldevid-csr.c \
	site-document.c \
	tcg-csr.c
ldlibs := -ltss2-mu -lcrypto -ljansson

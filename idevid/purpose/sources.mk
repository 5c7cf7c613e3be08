# what a key may sign

sees := idevid/base idevid/enrol idevid/key idevid/tpm
sources := \
	purpose-csr.c \
	purpose-tcg.c \
	purpose-tls12.c \
	purpose-tls13.c \
	purpose.c
ldlibs := -lcrypto

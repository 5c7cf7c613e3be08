# what a key may sign

sees := idevid/base idevid/enrol idevid/key idevid/tpm
sources := \
	purpose.c
ldlibs := -lcrypto

# revocation lists, OCSP answers, exports

sees := idevid/base pki/ca pki/http pki/register pki/sign
sources := \
	export.c \
	ocsp-answer.c \
	ocsp.c \
	publish-files.c \
	publish-name.c \
	publish-ocsp.c \
	publish.c
ldlibs := -ljansson -lcrypto

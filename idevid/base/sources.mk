# errors, bytes, DER, OIDs, digests, files, configuration, PEM, hex, log

sees :=
sources := \
	bytes.c \
	conf.c \
	der-write.c \
	der.c \
	digest.c \
	ecdsa-der.c \
	error.c \
	fail.c \
	files.c \
	hex.c \
	log.c \
	oid.c \
	output.c \
	pem-text.c \
	what-is.c
ldlibs := -lcrypto -linih

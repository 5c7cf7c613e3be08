# errors, bytes, DER, OIDs, digests, files, configuration, PEM, hex, log, where a
# TPM is

sees :=
sources := \
	bytes.c \
	conf.c \
	der-write.c \
	der.c \
	digest.c \
	domain.c \
	ecdsa-der.c \
	error.c \
	fail.c \
	files.c \
	hex.c \
	log.c \
	metrics.c \
	oid.c \
	output.c \
	pem-text.c \
	readers.c \
	tpm-device.c \
	utf8.c \
	what-is.c
ldlibs := -lcrypto -linih

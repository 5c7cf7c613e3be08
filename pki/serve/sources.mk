# the service of stations and of the public

sees := idevid/base idevid/enrol pki/ca pki/ek pki/http pki/proof pki/publish pki/register pki/sign
sources := \
	serve-cache.c \
	serve-duties.c \
	serve-files.c \
	serve-http.c \
	serve-metrics.c \
	serve-ocsp.c \
	serve-queue.c \
	serve-reply.c \
	serve-route.c \
	serve-show.c \
	serve-status.c \
	serve-tls.c \
	serve-worker.c \
	serve.c
ldlibs := -levent_openssl -levent -lsystemd -ljansson -lssl -lcrypto -pthread

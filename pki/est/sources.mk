# the site's EST server: the registrar over HTTPS

sees := idevid/base idevid/enrol pki/http pki/registrar
sources := \
	est-answer.c \
	est-http.c \
	est-line.c \
	est-public.c \
	est-route.c \
	est-serve.c \
	est-tls.c \
	est-worker.c
ldlibs := -levent_openssl -levent -lssl -lcrypto -pthread

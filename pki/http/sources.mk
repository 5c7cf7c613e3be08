# connections of the service: whom it listens to, how often

sees := idevid/base
sources := \
	conns.c \
	head.c \
	http-accept.c \
	http-end.c \
	http-open.c \
	http-reply.c \
	http-target.c \
	http-thread.c \
	http-tls.c \
	listen.c \
	rate.c
ldlibs := -levent_openssl -levent -lsystemd -lssl -lcrypto -pthread

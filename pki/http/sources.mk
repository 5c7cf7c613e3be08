# connections of the service: whom it listens to, how often

sees := idevid/base
sources := \
	conns.c \
	head.c \
	listen.c \
	rate.c
ldlibs := -levent_openssl -levent -lsystemd -lssl -lcrypto

# keys: roles, algorithms, references; the key socket and its client

sees := idevid/base
sources := \
	certification.c \
	client.c \
	key.c \
	keyref.c \
	pem-chain.c \
	private-key-parts.c \
	private-key-rsa.c \
	private-key.c \
	private-pem.c \
	roca.c \
	role.c \
	wire.c
ldlibs := -lcrypto

# the commands of devid-ca

sees := idevid/base idevid/cli idevid/enrol idevid/key pki/ca pki/ek pki/http pki/inspect pki/publish pki/register pki/serve pki/sign
sources := \
	ca-cmd.c \
	cmd-audit.c \
	cmd-crl.c \
	cmd-export.c \
	cmd-inspect.c \
	cmd-issue.c \
	cmd-list.c \
	cmd-serve.c
ldlibs := -ljansson -lcrypto -pthread

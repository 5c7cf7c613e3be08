# the commands of devid-registrar

sees := idevid/base idevid/cli pki/est pki/http pki/registrar pki/token
sources := \
	registrar-cmd-serve.c \
	registrar-cmd.c

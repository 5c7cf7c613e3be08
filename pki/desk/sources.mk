# the registrar's desk: commands of devid-registrar for the people of a site

sees := idevid/base idevid/cli idevid/enrol pki/est pki/http pki/overview pki/register pki/registrar pki/sign pki/token
sources := \
	desk-cmd.c \
	desk-decide.c \
	desk-document.c \
	desk-end.c \
	desk-init.c \
	desk-list.c \
	desk-look.c \
	desk-report.c \
	desk-serve.c
ldlibs := -ljansson -lcrypto

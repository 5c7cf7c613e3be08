# a site's registrar: its list, who may have an LDevID, and the issue of one

sees := idevid/base idevid/cert idevid/enrol idevid/key idevid/tpm pki/register pki/sign pki/token
sources := \
	maker-trust.c \
	registrar-answer.c \
	registrar-audit.c \
	registrar-client.c \
	registrar-conf.c \
	registrar-crl.c \
	registrar-csr.c \
	registrar-enrol.c \
	registrar-evidence.c \
	registrar-issue.c \
	registrar-open.c \
	registrar-rules.c \
	registrar.c \
	site-key.c \
	site-sql.c \
	store-client.c \
	store-issued.c \
	store-list.c \
	store-request.c \
	store.c
ldlibs := -ljansson -linih -lcrypto -pthread

# The assembler takes them in.
$(B)/pki/registrar/site-sql.o: $(addprefix pki/registrar/,registrar.sql seen.sql site.sql)

# root and issuing CA: tokens, certificates of CAs, devid-ceremony

sees := idevid/base idevid/cli pki/ca pki/cmd pki/sign pki/token
sources := \
	ceremony-clock.c \
	cert-once.c \
	cmd-certify.c \
	cmd-root-crl.c \
	cmd-token-key.c \
	revoked-list.c \
	token-cmd.c
ldlibs := -lcrypto

# The scripts read what lies beside them.
ca_items += \
	script|$(PKIDIR)/devid-ceremony|pki/ceremony/devid-ceremony \
	data|$(PKIDIR)/lib-ceremony.sh|pki/ceremony/lib-ceremony.sh \
	link|$(SBINDIR)/devid-ceremony|$(PKIDIR)/devid-ceremony \
	$(call manuals,devid-ceremony.8)

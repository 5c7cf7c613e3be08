# devid-ca: the table of its commands

sees := idevid/base idevid/cli pki/ceremony pki/cmd

PROGRAMS += devid-ca
devid-ca_src := pki/devid-ca.c

ca_items += \
	run|$(SBINDIR)/devid-ca|$(B)/devid-ca \
	$(call units,pki,devid-ca.service devid-ca.socket devid-ca-public.socket) \
	data|$(SYSUSERSDIR)/devid-ca.conf|pki/devid-ca.sysusers \
	fill|$(DATADIR)/devid-ca.conf.example|pki/devid-ca.conf.example \
	$(call manuals,devid-ca.1 devid-ca.conf.5)

# devid-ca and devid-registrar: the tables of their commands

sees := idevid/base idevid/cli pki/ceremony pki/cmd pki/desk

PROGRAMS += devid-ca devid-registrar
devid-ca_src := pki/devid-ca.c
devid-ca_sees := idevid/base idevid/cli pki/ceremony pki/cmd
devid-registrar_src := pki/devid-registrar.c
devid-registrar_sees := idevid/base idevid/cli pki/desk

ca_items += \
	run|$(SBINDIR)/devid-ca|$(B)/devid-ca \
	$(call units,pki,devid-ca.service devid-ca.socket devid-ca-public.socket) \
	data|$(SYSUSERSDIR)/devid-ca.conf|pki/devid-ca.sysusers \
	fill|$(DATADIR)/devid-ca.conf.example|pki/devid-ca.conf.example \
	$(call manuals,devid-ca.1 devid-ca.conf.5)

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

registrar_items += \
	run|$(SBINDIR)/devid-registrar|$(B)/devid-registrar \
	$(call units,pki,devid-registrar.service devid-registrar.socket devid-registrar-public.socket) \
	data|$(SYSUSERSDIR)/devid-registrar.conf|pki/devid-registrar.sysusers \
	fill|$(DATADIR)/devid-registrar.conf.example|pki/devid-registrar.conf.example \
	data|$(DATADIR)/site.sql|pki/registrar/site.sql \
	data|$(DATADIR)/seen.sql|pki/registrar/seen.sql \
	$(call manuals,devid-registrar.8 devid-registrar.conf.5)

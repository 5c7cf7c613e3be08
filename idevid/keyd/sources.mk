# devid-keyd: the key service

sees := idevid/base idevid/cert idevid/cli idevid/key idevid/purpose idevid/tpm
sources := \
	keyd-conf.c \
	keyd-metrics.c \
	keyd-policy.c \
	keyd-requests.c \
	keyd-server.c \
	keyd-settle.c \
	keystore-about.c \
	keystore-link.c \
	keystore-owner.c \
	keystore-tpm.c \
	module-attest.c \
	module-cert.c \
	module-certify.c \
	module-erase.c \
	module-erased.c \
	module-key.c \
	module-once.c \
	module-owner.c \
	module-probe.c \
	module-sign.c \
	module-state.c \
	module-store.c \
	module.c
ldlibs := -lsystemd -lcrypto

PROGRAMS += devid-keyd
devid-keyd_src := idevid/keyd/keyd.c

device_items += \
	run|$(SBINDIR)/devid-keyd|$(B)/devid-keyd \
	$(call units,idevid/keyd,devid-keyd.socket devid-keyd.service) \
	data|$(SYSUSERSDIR)/devid.conf|idevid/keyd/devid.sysusers \
	data|$(TMPFILESDIR)/devid.conf|idevid/keyd/devid.tmpfiles \
	data|$(UDEVDIR)/70-devid.rules|idevid/keyd/70-devid.rules \
	conf|$(CONFDIR)/devid.conf|idevid/devid.conf \
	fill|$(DATADIR)/devid.conf.example|idevid/devid.conf \
	$(call manuals,devid.conf.5 devid-keyd.8)

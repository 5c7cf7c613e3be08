# devid.so: the key service as a provider of OpenSSL

sees := idevid/base idevid/key
sources := \
	provider-decoder.c \
	provider-key.c \
	provider-keymgmt.c \
	provider-signature.c \
	provider-store.c \
	provider.c
ldlibs := -lcrypto

SHARED += devid.so
devid.so_src := idevid/provider/provider.c
devid.so_ldflags := -Wl,-z,defs -Wl,--exclude-libs,ALL

provider_items += \
	run|$(MODULESDIR)/devid.so|$(B)/devid.so \
	fill|$(DATADIR)/openssl-devid.cnf|idevid/provider/openssl-devid.cnf.in \
	$(call manuals,devid-provider.7)

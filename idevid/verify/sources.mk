# is the peer the device that it says it is: libdevid

sees := idevid/base idevid/cert
sources := \
	chain.c \
	verify-tls.c \
	verify.c
ldlibs := -lssl -lcrypto -pthread

# What others link. Public headers: idevid/include/devid/.
LIBDEVID := libdevid.so.$(VERSION)
LIBDEVID_SONAME := libdevid.so.$(firstword $(subst ., ,$(VERSION)))
SHARED += $(LIBDEVID)
$(LIBDEVID)_src := $(addprefix idevid/verify/,$(sources)) \
	idevid/base/error.c idevid/cert/profile.c
$(LIBDEVID)_ldflags := -Wl,-soname,$(LIBDEVID_SONAME) -Wl,-z,defs \
	-Wl,--version-script,idevid/verify/libdevid.map
$(B)/$(LIBDEVID): idevid/verify/libdevid.map

all: $(B)/$(LIBDEVID_SONAME) $(B)/libdevid.so
$(B)/$(LIBDEVID_SONAME) $(B)/libdevid.so: $(B)/$(LIBDEVID)
	ln -sf $(LIBDEVID) $@

lib_items += \
	run|$(LIBDIR)/$(LIBDEVID)|$(B)/$(LIBDEVID) \
	link|$(LIBDIR)/$(LIBDEVID_SONAME)|$(LIBDEVID)

dev_items += \
	$(foreach h,$(wildcard idevid/include/devid/*.h),$\
		data|$(INCLUDEDIR)/devid/$(notdir $(h))|$(h)) \
	link|$(LIBDIR)/libdevid.so|$(LIBDEVID_SONAME) \
	fill|$(PKGCONFIGDIR)/devid.pc|idevid/verify/devid.pc.in \
	$(call manuals,libdevid.3)

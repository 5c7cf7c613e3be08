# `make install`: programs, provider, library, manuals, units, examples.

install_filled = $(fill) $(1) >$(2) && chmod 644 $(2)
D = $(DESTDIR)

install: all
	$(INSTALL) -d $(D)$(BINDIR) $(D)$(SBINDIR) $(D)$(MODULESDIR) \
		$(D)$(PKGCONFIGDIR) $(D)$(INCLUDEDIR) $(D)$(DATADIR) \
		$(D)$(UNITDIR) $(D)$(LIBEXECDIR)/pki $(D)$(PREFIX)/lib/sysusers.d \
		$(D)$(PREFIX)/lib/tmpfiles.d $(D)$(SYSCONFDIR)/devid/hooks.d
	$(INSTALL) -m 755 $(B)/devid $(B)/devid-station $(D)$(BINDIR)
	$(INSTALL) -m 755 pki/devid-pki $(D)$(LIBEXECDIR)/pki
	$(INSTALL) -m 755 pki/devid-ceremony $(D)$(LIBEXECDIR)/pki
	$(INSTALL) -m 644 pki/lib-ca.sh pki/lib-ceremony.sh \
		pki/lib-inventory.sh $(D)$(LIBEXECDIR)/pki
	ln -sf $(LIBEXECDIR)/pki/devid-ceremony $(D)$(SBINDIR)/devid-ceremony
	ln -sf $(LIBEXECDIR)/pki/devid-pki $(D)$(BINDIR)/devid-pki
	$(INSTALL) -m 755 $(B)/devid-keyd $(B)/devid-agent $(B)/devid-ca \
		$(D)$(SBINDIR)
	$(INSTALL) -m 644 $(B)/devid.so $(D)$(MODULESDIR)
	$(INSTALL) -m 644 $(B)/libdevid.so.0 $(D)$(LIBDIR)
	ln -sf libdevid.so.0 $(D)$(LIBDIR)/libdevid.so
	$(INSTALL) -m 644 $(PUBLIC_HEADERS) $(D)$(INCLUDEDIR)
	$(call install_filled,systemd/devid.pc.in,$(D)$(PKGCONFIGDIR)/devid.pc)
	$(call install_filled,systemd/openssl-devid.cnf.in,$(D)$(DATADIR)/openssl-devid.cnf)
	$(INSTALL) -m 644 systemd/devid.conf $(D)$(DATADIR)/devid.conf.example
	$(INSTALL) -m 644 systemd/sysusers.d/devid.conf $(D)$(PREFIX)/lib/sysusers.d
	$(INSTALL) -m 644 systemd/tmpfiles.d/devid.conf $(D)$(PREFIX)/lib/tmpfiles.d
	for unit in devid-keyd.socket devid-keyd.service devid-agent.service \
			devid-ca.service devid-ca.socket \
			devid-ca-public.socket; do \
		$(call install_filled,systemd/$$unit.in,$(D)$(UNITDIR)/$$unit) || exit 1; \
	done
	for page in $(MANUALS); do \
		dir=$(D)$(MANDIR)/man$${page##*.}; \
		$(INSTALL) -d $$dir && $(INSTALL) -m 644 $$page $$dir || exit 1; \
	done
	[ -e $(D)$(SYSCONFDIR)/devid/devid.conf ] || \
		$(INSTALL) -m 644 systemd/devid.conf $(D)$(SYSCONFDIR)/devid/devid.conf

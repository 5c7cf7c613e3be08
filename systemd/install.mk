# SPDX-License-Identifier: Apache-2.0
# What is installed where, by role. An item is KIND|DESTINATION|SOURCE:
#
#   run     a program                 script  the same, @NAMES@ filled in
#   data    any other file            fill    the same, @NAMES@ filled in
#   guide   Markdown without links to manuals of the tree
#   conf    kept where there is one   link    SOURCE is what it says, relative
#   dir     an empty folder

BINDIR ?= $(PREFIX)/bin
SBINDIR ?= $(PREFIX)/sbin
LIBEXECDIR ?= $(PREFIX)/libexec/devid
MANDIR ?= $(PREFIX)/share/man
DATADIR ?= $(PREFIX)/share/devid
DOCDIR ?= $(PREFIX)/share/doc/devid
INCLUDEDIR ?= $(PREFIX)/include/devid
PKGCONFIGDIR ?= $(LIBDIR)/pkgconfig
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
CONFDIR = $(SYSCONFDIR)/devid

# $(call manuals,NAME.SECTION...)  $(call units,NAME...)
manuals = $(foreach m,$(1),fill|$(MANDIR)/man$(subst .,,$(suffix $(m)))/$(m)|docs/man/$(m))
units = $(foreach u,$(1),fill|$(UNITDIR)/$(u)|systemd/$(u).in)

ROLES := device agent provider lib dev ca station doc

device_items := \
	run|$(BINDIR)/devid|$(B)/devid \
	run|$(SBINDIR)/devid-keyd|$(B)/devid-keyd \
	$(call units,devid-keyd.socket devid-keyd.service) \
	data|$(SYSUSERSDIR)/devid.conf|systemd/sysusers.d/devid.conf \
	data|$(TMPFILESDIR)/devid.conf|systemd/tmpfiles.d/devid.conf \
	conf|$(CONFDIR)/devid.conf|systemd/devid.conf \
	fill|$(DATADIR)/devid.conf.example|systemd/devid.conf \
	$(call manuals,devid.1 devid-verify.1 devid.conf.5 devid-keyd.8)

agent_items := \
	run|$(SBINDIR)/devid-agent|$(B)/devid-agent \
	$(call units,devid-agent.service) \
	data|$(SYSUSERSDIR)/devid-agent.conf|systemd/sysusers.d/devid-agent.conf \
	dir|$(CONFDIR)/hooks.d \
	$(call manuals,devid-agent.8)

provider_items := \
	run|$(MODULESDIR)/devid.so|$(B)/devid.so \
	fill|$(DATADIR)/openssl-devid.cnf|systemd/openssl-devid.cnf.in \
	$(call manuals,devid-provider.7)

lib_items := \
	run|$(LIBDIR)/$(LIBDEVID)|$(B)/$(LIBDEVID) \
	link|$(LIBDIR)/$(LIBDEVID_SONAME)|$(LIBDEVID)

dev_items := \
	$(foreach h,api.h error.h profile.h verify.h,data|$(INCLUDEDIR)/$(h)|idevid/$(h)) \
	link|$(LIBDIR)/libdevid.so|$(LIBDEVID_SONAME) \
	fill|$(PKGCONFIGDIR)/devid.pc|systemd/devid.pc.in \
	$(call manuals,libdevid.3)

# The scripts read what lies beside them.
PKIDIR := $(LIBEXECDIR)/pki
ca_items := \
	run|$(SBINDIR)/devid-ca|$(B)/devid-ca \
	$(call units,devid-ca.service devid-ca.socket devid-ca-public.socket) \
	data|$(SYSUSERSDIR)/devid-ca.conf|systemd/sysusers.d/devid-ca.conf \
	$(foreach s,devid-ceremony devid-pki,script|$(PKIDIR)/$(s)|pki/$(s)) \
	$(foreach s,lib-ca.sh lib-ceremony.sh lib-inventory.sh,data|$(PKIDIR)/$(s)|pki/$(s)) \
	link|$(SBINDIR)/devid-ceremony|$(PKIDIR)/devid-ceremony \
	link|$(BINDIR)/devid-pki|$(PKIDIR)/devid-pki \
	$(call manuals,devid-ca.1 devid-ca.conf.5 devid-ceremony.8)

station_items := \
	run|$(BINDIR)/devid-station|$(B)/devid-station \
	$(call manuals,devid-station.1)

doc_items := \
	data|$(DOCDIR)/LICENSE|LICENSE \
	$(foreach g,$(wildcard docs/*.md),guide|$(DOCDIR)/$(notdir $(g))|$(g)) \
	$(foreach e,$(wildcard docs/examples/*),data|$(DOCDIR)/examples/$(notdir $(e))|$(e))

# ---- how ----

FILL = sed -e 's|@BINDIR@|$(BINDIR)|g' -e 's|@SBINDIR@|$(SBINDIR)|g' \
	-e 's|@LIBDIR@|$(LIBDIR)|g' -e 's|@PREFIX@|$(PREFIX)|g' \
	-e 's|@INCLUDEDIR@|$(INCLUDEDIR)|g' -e 's|@MODULESDIR@|$(MODULESDIR)|g' \
	-e 's|@VERSION@|$(VERSION)|g' -e 's|/etc/devid|$(CONFDIR)|g' \
	-e 's|/usr/lib/x86_64-linux-gnu/ossl-modules|$(MODULESDIR)|g'

UNLINK = sed 's|\[\([^]]*\)\](man/[^)]*)|\1|g'

# $(call filled,COMMAND,MODE,DESTINATION): what COMMAND makes, or nothing
filled = t=$$(mktemp) && trap 'rm -f "$$t"' EXIT && $(1) >"$$t" && \
	$(INSTALL) -D -m $(2) "$$t" "$(DESTDIR)$(3)"

# $(call put_KIND,DESTINATION,SOURCE)
put_run = $(INSTALL) -D -m 755 $(2) "$(DESTDIR)$(1)"
put_data = $(INSTALL) -D -m 644 $(2) "$(DESTDIR)$(1)"
put_script = $(call filled,$(FILL) $(2),755,$(1))
put_fill = $(call filled,$(FILL) $(2),644,$(1))
put_guide = $(call filled,$(UNLINK) $(2),644,$(1))
put_conf = [ -e "$(DESTDIR)$(1)" ] || { $(put_fill)$(call set_time,$(1)); }
put_link = $(INSTALL) -d "$(DESTDIR)$(dir $(1))" && ln -sfn \
	$(if $(filter /%,$(2)),"$$(realpath -ms --relative-to=$(dir $(1)) $(2))",$(2)) \
	"$(DESTDIR)$(1)"
put_dir = $(INSTALL) -d "$(DESTDIR)$(1)"

# The opposite, where it is not rm: what somebody else wrote to stays.
take_conf = ! $(FILL) $(2) | cmp -s - "$(DESTDIR)$(1)" || rm -f "$(DESTDIR)$(1)"
take_dir = rmdir "$(DESTDIR)$(1)" 2>/dev/null || :

# $(call field,N,ITEM)
field = $(word $(1),$(subst |, ,$(2)))
set_time = $(if $(SOURCE_DATE_EPOCH), && touch -hcd @$(SOURCE_DATE_EPOCH) "$(DESTDIR)$(1)")

define put
$(call put_$(call field,1,$(1)),$(call field,2,$(1)),$(call field,3,$(1)))$\
	$(if $(filter-out conf dir,$(call field,1,$(1))),$(call set_time,$(call field,2,$(1))))

endef

define take
$(or $(call take_$(call field,1,$(1)),$(call field,2,$(1)),$(call field,3,$(1))),$\
	rm -f "$(DESTDIR)$(call field,2,$(1))")

endef

define role
.PHONY: install-$(1)
install: install-$(1)
install-$(1): $(foreach i,$(filter-out link|% dir|%,$($(1)_items)),$(call field,3,$(i)))
	$$(foreach i,$$($(1)_items),$$(call put,$$(i)))
endef

.PHONY: install uninstall
$(foreach r,$(ROLES),$(eval $(call role,$(r))))

# Folders that are nobody else's.
OWN_DIRS := $(PKIDIR) $(LIBEXECDIR) $(INCLUDEDIR) $(DATADIR) $(DOCDIR)/examples \
	$(DOCDIR) $(CONFDIR)

uninstall:
	$(foreach i,$(foreach r,$(ROLES),$($(r)_items)),$(call take,$(i)))
	$(foreach d,$(OWN_DIRS),$(call take_dir,$(d))$(newline))

# devid-enroll: asks the site's EST server for an LDevID

sees := agent/base idevid/base idevid/cert idevid/cli idevid/enrol idevid/key
sources := \
	confine.c \
	enroll-key.c \
	enroll-request.c \
	enroll-server.c \
	enroll-settings.c \
	enroll-steps.c \
	est-link.c \
	est-ops.c \
	issued.c
ldlibs := -lcurl -linih -ljansson -lseccomp -lssl -lcrypto

PROGRAMS += devid-enroll
devid-enroll_src := agent/enroll/main.c
agent/enroll/enroll-settings_paths = -DDEVID_MODULESDIR='"$(MODULESDIR)"'

agent_items += \
	run|$(SBINDIR)/devid-enroll|$(B)/devid-enroll \
	data|$(SYSUSERSDIR)/devid-enroll.conf|agent/enroll/devid-enroll.sysusers \
	data|$(TMPFILESDIR)/devid-enroll.conf|agent/enroll/devid-enroll.tmpfiles \
	$(call manuals,devid-enroll.8)

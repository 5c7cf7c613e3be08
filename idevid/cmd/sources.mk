# devid: the command

sees := idevid/base idevid/cli idevid/doctor idevid/enrol idevid/key idevid/tpm idevid/verify
sources := \
	cmd-cert.c \
	cmd-doctor.c \
	cmd-files.c \
	cmd-key.c \
	cmd-module.c \
	cmd-provision-cert.c \
	cmd-provision-csr.c \
	cmd-provision-install.c \
	cmd-provision-io.c \
	cmd-provision-tcg.c \
	cmd-provision.c \
	cmd-status.c \
	cmd-verify.c \
	cmd-wait.c \
	identity-print.c \
	key-call.c \
	key-file.c \
	key-list.c \
	profile-tell.c \
	provision-ek.c \
	provision-step.c \
	verify-connect.c \
	verify-file.c \
	verify-lookup.c \
	verify-peer.c \
	verify-print.c
ldlibs := -lssl -lcrypto -ljansson -pthread

PROGRAMS += devid
devid_src := idevid/cmd/devid.c

device_items += \
	run|$(BINDIR)/devid|$(B)/devid \
	$(call manuals,devid.1 devid-doctor.1 devid-key.1 devid-verify.1)

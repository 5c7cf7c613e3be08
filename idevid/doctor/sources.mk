# what is wrong with a device: facts, judgement, bundle

sees := idevid/base idevid/key idevid/tpm
sources := \
	bundle-parts.c \
	bundle.c \
	complaint.c \
	fact-cert.c \
	fact.c \
	facts-agent.c \
	facts-files.c \
	facts-host.c \
	facts-keyd.c \
	facts-mib.c \
	facts.c \
	findings.c \
	judge-key.c \
	judge-net.c \
	judge-onboard.c \
	judge.c \
	known.c \
	logs.c \
	look.c \
	pick.c \
	places.c \
	report.c \
	ustar.c \
	values.c \
	way.c
ldlibs := -lcrypto -linih -ljansson -lsystemd

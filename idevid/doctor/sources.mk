# what is wrong with a device: facts, judgement, bundle

sees := idevid/base idevid/key
sources := \
	complaint.c \
	fact.c \
	facts-agent.c \
	facts-files.c \
	facts-host.c \
	facts-keyd.c \
	facts.c \
	findings.c \
	judge-key.c \
	judge-net.c \
	judge.c \
	look.c \
	places.c \
	report.c
ldlibs := -lcrypto -ljansson

# what a site sees of its units: from its list and from what RADIUS saw, to
# the JSON lines of devid-report

sees := idevid/base idevid/report pki/register pki/registrar pki/sign
sources := \
	overview-judge.c \
	overview-read.c \
	overview-run.c \
	overview-write.c
ldlibs := -lcrypto -ljansson

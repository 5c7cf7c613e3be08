# the issuing CA: jobs, judge, challenge, issue, revoke

sees := idevid/base idevid/enrol idevid/key pki/ek pki/proof pki/register pki/sign pki/token
sources := \
	ca-chain.c \
	ca-challenge.c \
	ca-clock.c \
	ca-conf.c \
	ca-find.c \
	ca-issue.c \
	ca-jobs.c \
	ca-judge.c \
	ca-open.c \
	ca-revoke.c \
	ca-ticket.c \
	ticket-seal.c
ldlibs := -ljansson -linih -lcrypto -pthread

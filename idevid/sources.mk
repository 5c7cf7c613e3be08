# libdevid, devid-keyd, devid.so and the devid command

ARCHIVES += libdevid

libdevid_src := \
	idevid/conf.c \
	idevid/der.c \
	idevid/error.c \
	idevid/files.c \
	idevid/keyref.c \
	idevid/keystore.c \
	idevid/log.c \
	idevid/purpose.c \
	idevid/wire.c

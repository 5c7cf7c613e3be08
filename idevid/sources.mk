# libdevid, devid-keyd, devid.so and the devid command

ARCHIVES += libdevid

libdevid_src := \
	idevid/cert.c \
	idevid/client.c \
	idevid/conf.c \
	idevid/der.c \
	idevid/error.c \
	idevid/files.c \
	idevid/keyref.c \
	idevid/keystore.c \
	idevid/log.c \
	idevid/oid.c \
	idevid/profile-ext.c \
	idevid/profile-parts.c \
	idevid/profile-rules.c \
	idevid/profile.c \
	idevid/purpose.c \
	idevid/san.c \
	idevid/wire.c

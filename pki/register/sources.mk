# the register of devices and certificates: SQLite, PostgreSQL

sees := idevid/base idevid/enrol idevid/key pki/sign
sources := \
	db-open.c \
	db-postgres.c \
	db-sqlite.c \
	db.c \
	device-json.c \
	operator.c \
	register-audit-check.c \
	register-audit.c \
	register-cert.c \
	register-clock.c \
	register-device.c \
	register-open.c \
	register-revoke.c \
	register-schema.c \
	register-sql.c \
	register.c
ldlibs := -lsqlite3 -lpq -ljansson -lcrypto -pthread

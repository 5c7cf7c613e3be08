# what the programs share: options, files

sees := idevid/base
sources := \
	cmd-file.c \
	options.c

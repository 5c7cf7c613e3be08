# what the programs share: options, files

sees := idevid/base
sources := \
	cmd-file.c \
	commands.c \
	options.c \
	progress.c
ldlibs := -pthread

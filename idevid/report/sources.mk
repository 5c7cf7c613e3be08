# pages and tables that people read, out of JSON lines

sees := idevid/base idevid/cli
sources := \
	report-csv.c \
	report-lines.c \
	report-page.c \
	report-picture.c \
	report-site.c \
	report-style.c \
	report-text.c \
	report-time.c \
	site-page.c \
	site-rows.c \
	site-words.c
ldlibs := -lcrypto -ljansson

PROGRAMS += devid-report
devid-report_src := idevid/report/devid-report.c

report_items += \
	run|$(BINDIR)/devid-report|$(B)/devid-report \
	$(call manuals,devid-report.1)

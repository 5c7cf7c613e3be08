/* SPDX-License-Identifier: Apache-2.0 */
#include "site-document.h"

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cleanup-json.h"
#include "cleanup-openssl.h"
#include "fail.h"
#include "pem-text.h"

#define VERSION    1
#define ANCHOR_MAX 16384 /* bytes of one certificate's DER; a limit of ours */

static enum devid_err bad(
	struct devid_error *err, const char *member, const char *why)
{
	return devid_fail(err, DEVID_ERR_SYNTAX, "onboarding document: %s: %s",
		member, why);
}

static enum devid_err copy(
	const char *text, char **ret, struct devid_error *err)
{
	*ret = strdup(text);
	return *ret ? DEVID_OK : fail_no_memory(err);
}

void site_document_free(struct site_document *document)
{
	if (!document)
		return;
	free(document->site);
	free(document->lowest);
	for (size_t i = 0; i < document->n_anchors; i++)
		free(document->anchors[i]);
	for (size_t i = 0; i < document->n_names; i++)
		free(document->names[i]);
	for (size_t i = 0; i < document->n_values; i++) {
		free(document->values[i].key);
		free(document->values[i].text);
	}
	free(document);
}

/* ---- forms ---- */

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_printable(const char *text, size_t max)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++) {
		if (text[i] < ' ' || text[i] > '~')
			return false;
	}
	return n > 0 && n <= max;
}

/* A label of letters, digits and hyphens inside (RFC 1123 2.1); *@ret_digits:
 * of digits alone. */
static bool label_ok(const char *label, size_t len, bool *ret_digits)
{
	*ret_digits = true;
	if (len == 0 || len > 63 || label[0] == '-' || label[len - 1] == '-')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!is_digit(label[i]))
			*ret_digits = false;
		if (!is_digit(label[i]) && !is_letter(label[i]) &&
			label[i] != '-')
			return false;
	}
	return true;
}

/* A host name, or "*." before a domain, of two labels at least, the last of
 * which is no number. */
static bool host_ok(const char *name)
{
	bool digits = true;
	size_t n = 0;

	if (strlen(name) > SITE_HOST_MAX)
		return false;
	if (strncmp(name, "*.", 2) == 0)
		name += 2;
	for (;;) {
		size_t len = strcspn(name, ".");

		if (!label_ok(name, len, &digits))
			return false;
		n++;
		if (!name[len])
			return n >= 2 && !digits;
		name += len + 1;
	}
}

static bool key_ok(const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < n; i++) {
		bool lower = key[i] >= 'a' && key[i] <= 'z';

		if (!lower && (i == 0 || (!is_digit(key[i]) && key[i] != '_')))
			return false;
	}
	return n > 0 && n <= SITE_KEY_MAX;
}

/* jansson has looked at the UTF-8; C1 control characters are c2 80 to 9f, the
 * separators of lines e2 80 a8 and a9. */
static bool text_ok(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text;

	for (size_t i = 0; i < len; i++) {
		if (p[i] < ' ' || p[i] == 0x7f ||
			(p[i] == 0xc2 && p[i + 1] < 0xa0) ||
			(p[i] == 0xe2 && p[i + 1] == 0x80 &&
				(p[i + 2] == 0xa8 || p[i + 2] == 0xa9)))
			return false;
	}
	return len <= SITE_VALUE_MAX;
}

bool site_version_ok(const char *text)
{
	size_t n = 1;

	if (strlen(text) > SITE_VERSION_MAX)
		return false;
	for (;; n++) {
		size_t len = strspn(text, "0123456789");

		if (len == 0 || len > SITE_VERSION_DIGITS_MAX)
			return false;
		text += len;
		if (!*text)
			return n <= SITE_VERSION_PARTS_MAX;
		if (*text++ != '.')
			return false;
	}
}

/* The number at *@p, behind which that is then; 0 at the end. */
static unsigned long next_number(const char **p)
{
	char *end;
	unsigned long n;

	if (!**p)
		return 0;
	n = strtoul(*p, &end, 10);
	*p = *end == '.' ? end + 1 : end;
	return n;
}

int site_version_compare(const char *a, const char *b)
{
	while (*a || *b) {
		unsigned long x = next_number(&a), y = next_number(&b);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}

/* ---- members ---- */

/* Whether nothing but blanks and line ends is left. */
static bool is_at_end(BIO *bio)
{
	char c;

	while (BIO_read(bio, &c, 1) == 1) {
		if (c != ' ' && c != '\t' && c != '\r' && c != '\n')
			return false;
	}
	return true;
}

/* The one certificate of a PEM text, written anew. */
static enum devid_err take_anchor(
	const char *pem, char **ret, struct devid_error *err)
{
	static char no_password[] = ""; /* nobody is asked for one */
	CLEANUP(cleanup_bio) BIO *bio = BIO_new_mem_buf(pem, -1);
	CLEANUP(cleanup_x509)
	X509 *cert =
		bio ? PEM_read_bio_X509(bio, NULL, NULL, no_password) : NULL;
	CLEANUP(cleanup_openssl) uint8_t *der = NULL;
	size_t size;
	int len = cert ? i2d_X509(cert, &der) : -1;

	if (len <= 0 || len > ANCHOR_MAX)
		return bad(err, "radius.anchors", "no certificate in PEM");
	if (!is_at_end(bio))
		return bad(err, "radius.anchors",
			"more than one certificate in an element");
	size = pem_text_size("CERTIFICATE", (size_t)len);
	*ret = malloc(size);
	if (!*ret)
		return fail_no_memory(err);
	return pem_text_write("CERTIFICATE", (struct view) { der, (size_t)len },
		*ret, size, err);
}

static enum devid_err take_name(
	const char *name, char **ret, struct devid_error *err)
{
	if (!host_ok(name))
		return bad(err, "radius.names",
			"neither a host name nor *.domain");
	return copy(name, ret, err);
}

/* A list of texts of the member @name, 1 to @max. */
struct list {
	const char *name;
	size_t max;
	enum devid_err (*take)(const char *, char **, struct devid_error *);
};

static enum devid_err take_list(json_t *array, const struct list *list,
	char **ret, size_t *ret_n, struct devid_error *err)
{
	size_t n = json_array_size(array);
	enum devid_err rc = DEVID_OK;

	if (!json_is_array(array) || n == 0)
		return bad(err, list->name, "no list with something in it");
	if (n > list->max)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"onboarding document: %s: %zu elements, at most %zu "
			"are taken",
			list->name, n, list->max);
	for (size_t i = 0; i < n && rc == DEVID_OK; i++) {
		const char *text = json_string_value(json_array_get(array, i));

		ret[i] = NULL;
		*ret_n = i + 1;
		rc = text ? list->take(text, &ret[i], err)
			  : bad(err, list->name, "an element is no text");
	}
	return rc;
}

static enum devid_err take_radius(
	json_t *radius, struct site_document *ret, struct devid_error *err)
{
	static const struct list anchors = { "radius.anchors", SITE_ANCHORS_MAX,
		take_anchor };
	static const struct list names = { "radius.names", SITE_NAMES_MAX,
		take_name };
	enum devid_err rc;

	if (!json_is_object(radius))
		return bad(err, "radius", "missing, or no object");
	rc = take_list(json_object_get(radius, "anchors"), &anchors,
		ret->anchors, &ret->n_anchors, err);
	if (rc == DEVID_OK)
		rc = take_list(json_object_get(radius, "names"), &names,
			ret->names, &ret->n_names, err);
	return rc;
}

static enum devid_err take_firmware(
	json_t *firmware, struct site_document *ret, struct devid_error *err)
{
	json_t *lowest = json_object_get(firmware, "lowest");

	if (!firmware)
		return DEVID_OK;
	if (!json_is_object(firmware))
		return bad(err, "firmware", "no object");
	if (!lowest)
		return DEVID_OK;
	if (!json_is_string(lowest) ||
		!site_version_ok(json_string_value(lowest)))
		return bad(err, "firmware.lowest",
			"no version, which is numbers between dots");
	return copy(json_string_value(lowest), &ret->lowest, err);
}

static enum devid_err take_value(const char *key, json_t *text,
	struct site_document *ret, struct devid_error *err)
{
	struct site_value *value = &ret->values[ret->n_values];
	enum devid_err rc;

	if (!key_ok(key))
		return bad(err, "values",
			"a key that is not [a-z][a-z0-9_]* of at most 32");
	if (!json_is_string(text) ||
		!text_ok(json_string_value(text), json_string_length(text)))
		return bad(err, "values",
			"no text of at most 1024 bytes without control "
			"characters");
	*value = (struct site_value) { NULL, NULL };
	ret->n_values++;
	rc = copy(key, &value->key, err);
	return rc == DEVID_OK ? copy(json_string_value(text), &value->text, err)
			      : rc;
}

static enum devid_err take_values(
	json_t *values, struct site_document *ret, struct devid_error *err)
{
	const char *key;
	json_t *text;
	enum devid_err rc = DEVID_OK;

	if (!values)
		return DEVID_OK;
	if (!json_is_object(values))
		return bad(err, "values", "no object");
	if (json_object_size(values) > SITE_VALUES_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"onboarding document: values: %zu, at most %d are "
			"taken",
			json_object_size(values), SITE_VALUES_MAX);
	json_object_foreach(values, key, text)
	{
		if (rc == DEVID_OK)
			rc = take_value(key, text, ret, err);
	}
	return rc;
}

static enum devid_err take_head(
	json_t *root, struct site_document *ret, struct devid_error *err)
{
	json_t *version = json_object_get(root, "version");
	const char *site = json_string_value(json_object_get(root, "site"));

	if (!json_is_integer(version))
		return bad(err, "version", "missing, or no number");
	if (json_integer_value(version) != VERSION)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"onboarding document: version: %" JSON_INTEGER_FORMAT
			", 1 is known",
			json_integer_value(version));
	if (!site || !is_printable(site, SITE_NAME_MAX))
		return bad(err, "site",
			"no name of 1 to 64 printable ASCII characters");
	return copy(site, &ret->site, err);
}

enum devid_err site_document_parse(
	struct view json, struct site_document **ret, struct devid_error *err)
{
	CLEANUP(cleanup_json) json_t *root = NULL;
	CLEANUP(cleanup_site_document)
	struct site_document *doc = calloc(1, sizeof(*doc));
	json_error_t why;
	enum devid_err rc;

	if (!doc)
		return fail_no_memory(err);
	if (json.len > SITE_DOCUMENT_MAX)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"onboarding document: %zu bytes, at most %d are taken",
			json.len, SITE_DOCUMENT_MAX);
	root = json_loadb((const char *)json.data, json.len,
		JSON_REJECT_DUPLICATES, &why);
	if (!root)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"onboarding document: line %d: %s", why.line, why.text);
	if (!json_is_object(root))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"onboarding document: not one JSON object");
	rc = take_head(root, doc, err);
	if (rc == DEVID_OK)
		rc = take_radius(json_object_get(root, "radius"), doc, err);
	if (rc == DEVID_OK)
		rc = take_firmware(json_object_get(root, "firmware"), doc, err);
	if (rc == DEVID_OK)
		rc = take_values(json_object_get(root, "values"), doc, err);
	if (rc == DEVID_OK)
		*ret = STEAL(doc);
	return rc;
}

enum devid_err site_document_anchors(const struct site_document *document,
	struct blob *ret, struct devid_error *err)
{
	size_t len = 0;
	char *text, *p;

	for (size_t i = 0; i < document->n_anchors; i++)
		len += strlen(document->anchors[i]);
	text = malloc(len + 1);
	if (!text)
		return fail_no_memory(err);
	p = text;
	for (size_t i = 0; i < document->n_anchors; i++)
		p = stpcpy(p, document->anchors[i]);
	*p = '\0';
	*ret = (struct blob) { (uint8_t *)text, len };
	return DEVID_OK;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm-sealed.h"

#include <string.h>

#include "bytes.h"
#include "digest.h"
#include "tpm-child-template.h"
#include "tpm-public.h"

#define VERSION    2
#define DIGEST_LEN 32
#define NAME_LEN   (2 + 32) /* SHA-256, of tpm-parent.c */

enum devid_err tpm_sealed_encode(
	const struct tpm_sealed *key, struct room *ret, struct devid_error *err)
{
	uint8_t area[sizeof(TPMT_PUBLIC)], digest[DIGEST_LEN];
	struct room pub = { area, sizeof(area), 0 };
	struct bytes_out out = bytes_out_init(ret->data, ret->size);
	enum devid_err rc = tpm_public_encode(&key->pub.publicArea, &pub, err);

	if (rc != DEVID_OK)
		return rc;
	bytes_out_uint(&out, 1, VERSION);
	bytes_out_uint(&out, 1, key->alg);
	bytes_out_uint(&out, 1, key->imported);
	bytes_out_uint(&out, 8, key->epoch);
	bytes_out_counted(
		&out, 2, key_id_name(key->id), strlen(key_id_name(key->id)));
	bytes_out_counted(
		&out, 2, key->tpm_id, key->has_tpm_id ? TPM_ID_LEN : 0);
	bytes_out_counted(&out, 2, key->parent.name, key->parent.size);
	bytes_out_counted(&out, 2, pub.data, pub.len);
	bytes_out_counted(&out, 2, key->private.buffer, key->private.size);
	if (!out.bad && !digest_hash(out.room.data, out.room.len, digest))
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "sealed key: cannot hash");
	bytes_out_put(&out, digest, sizeof(digest));
	if (out.bad)
		return devid_fail(err, DEVID_ERR_TOO_LARGE,
			"sealed key: does not fit in %zu bytes", ret->size);
	ret->len = out.room.len;
	return DEVID_OK;
}

/* Before anything else is looked at: a newer release may end otherwise. */
static enum devid_err check_frame(struct view in, struct devid_error *err)
{
	uint8_t digest[DIGEST_LEN];
	size_t len = in.len - DIGEST_LEN;

	if (in.len == 0)
		return devid_fail(err, DEVID_ERR_SYNTAX, "sealed key: empty");
	if (in.data[0] != VERSION)
		return devid_fail(err, DEVID_ERR_UNSUPPORTED,
			"sealed key: version %u; this devid knows version %u",
			in.data[0], VERSION);
	if (in.len <= DIGEST_LEN)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"sealed key: cut short, %zu bytes", in.len);
	if (!digest_hash(in.data, len, digest))
		return devid_fail(
			err, DEVID_ERR_CRYPTO, "sealed key: cannot hash");
	if (memcmp(digest, in.data + len, DIGEST_LEN) != 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"sealed key: damaged: its digest is another");
	return DEVID_OK;
}

static enum devid_err check_area(struct tpm_sealed *key, unsigned alg,
	unsigned imported, struct devid_error *err)
{
	if (!child_template_matches(
		    &key->pub.publicArea, &key->alg, &key->imported))
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"sealed key: public area: not as devid makes it");
	if (alg != key->alg || imported != key->imported)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"sealed key: algorithm %u, imported %u: not those of "
			"its public area",
			alg, imported);
	return DEVID_OK;
}

/* As it is written, and in no other form. */
static bool take_name(struct bytes_in *in, enum key_id *ret)
{
	char name[KEY_NAME_MAX + 1] = "";
	size_t len = bytes_in_copy(in, 2, (uint8_t *)name, KEY_NAME_MAX);

	return strlen(name) == len && key_id_by_name(name, ret) &&
	       strcmp(name, key_id_name(*ret)) == 0;
}

enum devid_err tpm_sealed_parse(
	struct view in, struct tpm_sealed *ret, struct devid_error *err)
{
	struct tpm_sealed key = { 0 };
	struct tpm_public pub;
	struct bytes_in rest;
	struct view area;
	unsigned alg, imported;
	size_t id_len;
	bool named;
	enum devid_err rc = check_frame(in, err);

	if (rc != DEVID_OK)
		return rc;
	rest = bytes_in_init((struct view) { in.data, in.len - DIGEST_LEN });
	(void)bytes_in_uint(&rest, 1); /* the version */
	alg = (unsigned)bytes_in_uint(&rest, 1);
	imported = (unsigned)bytes_in_uint(&rest, 1);
	key.epoch = bytes_in_uint(&rest, 8);
	named = take_name(&rest, &key.id);
	id_len = bytes_in_copy(&rest, 2, key.tpm_id, TPM_ID_LEN);
	key.has_tpm_id = id_len == TPM_ID_LEN;
	key.parent.size =
		(uint16_t)bytes_in_copy(&rest, 2, key.parent.name, NAME_LEN);
	area = bytes_in_counted(&rest, 2);
	key.private.size = (uint16_t)bytes_in_copy(
		&rest, 2, key.private.buffer, sizeof(key.private.buffer));
	if (!bytes_in_done(&rest) || key.epoch == 0 || !named ||
		(id_len > 0 && !key.has_tpm_id) ||
		key.parent.size != NAME_LEN || key.private.size == 0)
		return devid_fail(err, DEVID_ERR_SYNTAX,
			"sealed key: its fields are not those of version %u",
			VERSION);
	rc = tpm_public_parse(area, &pub, err);
	if (rc != DEVID_OK)
		return rc;
	key.pub.publicArea = pub.area;
	rc = check_area(&key, alg, imported, err);
	if (rc == DEVID_OK)
		*ret = key;
	return rc;
}

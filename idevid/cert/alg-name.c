/* SPDX-License-Identifier: Apache-2.0 */
#include "alg-name.h"

#include <openssl/err.h>
#include <stdio.h>

#include "der.h"

static void name_object(const ASN1_OBJECT *object, char out[ALG_NAME_MAX])
{
	if (OBJ_obj2txt(out, ALG_NAME_MAX, object, 0) <= 0)
		(void)snprintf(out, ALG_NAME_MAX, "malformed");
}

void alg_name(struct view alg, char out[ALG_NAME_MAX])
{
	ASN1_OBJECT *object = NULL;
	struct view content, oid, whole;
	const unsigned char *p;
	uint8_t tag;

	ERR_set_mark();
	if (der_take_tag(&alg, DER_SEQUENCE, &content) &&
		der_take(&content, &tag, &oid, &whole) && tag == DER_OID) {
		p = whole.data;
		object = d2i_ASN1_OBJECT(NULL, &p, (long)whole.len);
	}
	if (object)
		name_object(object, out);
	else
		(void)snprintf(out, ALG_NAME_MAX, "malformed");
	ASN1_OBJECT_free(object);
	ERR_pop_to_mark(); /* the name says it */
}

void alg_name_of_key(struct view spki, char out[ALG_NAME_MAX])
{
	alg_name(spki, out); /* it comes first */
}

void alg_name_of_cert(const X509 *cert, char out[ALG_NAME_MAX])
{
	ASN1_OBJECT *object = NULL;
	X509_PUBKEY *key = X509_get_X509_PUBKEY(cert);

	if (key && X509_PUBKEY_get0_param(&object, NULL, NULL, NULL, key) == 1)
		name_object(object, out);
	else
		(void)snprintf(out, ALG_NAME_MAX, "malformed");
}

/* SPDX-License-Identifier: Apache-2.0 */
/* The registrar: which onboarding document a unit gets. */
#include "registrar-fixture.h"

#include "cmocka-all.h"
#include "store-client.h"

static enum devid_err put_documents(
	struct store *s, void *arg, struct devid_error *err)
{
	static const uint8_t all[] = "{\"all\":1}", one[] = "{\"one\":1}";
	enum devid_err rc = store_document_put(
		s, "", (struct view) { all, sizeof(all) - 1 }, 1, err);

	return rc == DEVID_OK && arg
		       ? store_document_put(s, arg,
				 (struct view) { one, sizeof(one) - 1 }, 1, err)
		       : rc;
}

static void document_own_else_default(void **state)
{
	char unit[] = "DEV1";
	struct registrar_answer answer;
	struct site_fixture f;
	struct device_fixture d;
	struct registrar_ask ask;

	site_fixture_init(&f, *state);
	device_fixture_init(&f, &d, 1, "P-256");
	site_fixture_list(&f, d.cert, STORE_LISTED);
	ask = (struct registrar_ask) { .client = { d.cert, NULL },
		.now = f.now };
	registrar_document(f.r, &ask, &answer);
	assert_int_equal(answer.status, REGISTRAR_ABSENT);
	for (int i = 0; i < 2; i++) {
		assert_rc(store_write(f.r->store, NULL, put_documents,
				  i ? unit : NULL, NULL),
			DEVID_OK);
		registrar_document(f.r, &ask, &answer);
		assert_int_equal(answer.status, REGISTRAR_DONE);
		assert_string_equal((char *)answer.body.data,
			i ? "{\"one\":1}" : "{\"all\":1}");
		registrar_answer_done(&answer);
	}
	device_fixture_done(&d);
	site_fixture_done(&f);
}

int main(void)
{
	static const struct place_case cases[] = {
		PLACE_CASE(document_own_else_default),
	};

	return place_run("registrar-document", cases, N_OF(cases));
}

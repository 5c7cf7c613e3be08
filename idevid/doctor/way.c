/* SPDX-License-Identifier: Apache-2.0 */
#include "way.h"

#include <stdbool.h>

#include "fact.h"

/* Where it stands comes behind them. */
static void print_steps(const json_t *onboarding, FILE *out)
{
	const char *state = fact_text(onboarding, "state");
	const json_t *step;
	size_t i;

	json_array_foreach(json_object_get(onboarding, "steps"), i, step)
	{
		if (!fact_is(step, "step", state))
			(void)fprintf(out, "%s %s, ", fact_text(step, "step"),
				fact_text(step, "time"));
	}
}

void way_print(const json_t *facts, FILE *out)
{
	const json_t *onboarding =
		json_object_get(json_object_get(facts, "agent"), "onboarding");
	const char *next = fact_text(onboarding, "next");
	const char *since = fact_text(onboarding, "since");
	bool alive = fact_is(facts, "agent_state", "alive");

	if (!json_is_object(onboarding))
		return;
	(void)fputs("onboarding ", out);
	print_steps(onboarding, out);
	(void)fprintf(out, "%s%s%s%s", alive ? "" : "unknown; it was ",
		fact_text(onboarding, "state"), *since ? " since " : "", since);
	if (alive && !fact_is(onboarding, "state", "production"))
		(void)fprintf(out, "; next: %s%s%s",
			fact_text(onboarding, "waiting_for"),
			*next ? " at " : "", next);
	(void)fputc('\n', out);
	if (*fact_text(onboarding, "class"))
		(void)fprintf(out, "           last failure: %s: %s\n",
			fact_text(onboarding, "class"),
			fact_text(onboarding, "cause"));
}

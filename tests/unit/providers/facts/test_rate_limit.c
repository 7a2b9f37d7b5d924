/* How providers of RPCs say that there are too many requests. */
#include "tests/unit/t.h"

#include "providers/facts/rate_limit.h"

/* As they were seen, each by its words and by its code alone. */
static const struct said {
	int64_t code;
	const char *message;
} limits[] = {
	{ 429, "Your app has exceeded its compute units per second capacity. "
	       "If you have retries enabled, you can safely ignore this" },
	{ 429, "Your app has exceeded its concurrent requests capacity." },
	{ 429, "Monthly capacity limit exceeded. Visit the dashboard" },
	{ -32005, "daily request count exceeded, request rate limited" },
	{ -32005, "project ID request rate exceeded" },
	{ -32005, "exceeded project rate limit" },
	{ -32005, "Limit Exceeded" },
	{ -32005, "You've exceeded the RPS limit available on the current "
		  "plan." },
	{ -32007, "50/second request limit reached - reduce calls per second "
		  "or upgrade your account" },
	{ -32012, "credits limited to 6000/sec" },
	{ -32016, "over rate limit" },
	{ -32017, "sender is over rate limit" },
	{ -32029, "Too Many Requests" },
	{ -32090, "Too many requests, reason: call rate limit exhausted, "
		  "retry in 10s" },
	{ -32605, "Rate Limit" },
	{ -31999, "rate limit exceeded" },
	{ 15, "Too many request, try again later" },
	{ -32000, "too many concurrent requests" },
	{ -32603, "You have exceeded the quota of your key" },
	{ -32000, "You've reached the usage limit for your current plan" },
	{ -32000, "has exceeded its throughput limit" },
	{ -32005, NULL },
	{ -32012, "" },
};

/* What only sounds like it. */
static const struct said others[] = {
	{ 3, "execution reverted: rate limit exceeded" },
	{ -32000, "execution reverted: TokenRateLimitReached(100)" },
	{ -32000, "exceeds block gas limit" },
	{ -32000, "intrinsic gas too low: gas limit 21000" },
	{ -32003, "insufficient funds for gas * price + value" },
	{ -32005, "query returned more than 10000 results" },
	{ -32005, "Block range limit exceeded" },
	{ -32012, "block range too large: limited to 1000" },
	{ -32005, "batch item count exceeded" },
	{ -32016, "Unauthorized" },
	{ -32000, "nonce too low" },
	{ -32000, "max fee per gas less than block base fee" },
	{ -32000, "oversized data: transaction size 200000, limit 131072" },
	{ -32602, "exceeds the maximum RPC gas cap, rate 42900" },
	{ 0, NULL },
};

static void
errors(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(limits); i++)
		if (!rate_limit_error(limits[i].code, limits[i].message))
			fail_msg("no limit: '%s'", limits[i].message);
	for (size_t i = 0; i < COUNTOF(others); i++)
		if (rate_limit_error(others[i].code, others[i].message))
			fail_msg("a limit: '%s'", others[i].message);
}

static bool
line(const char *text)
{
	return rate_limit_line(text, strlen(text));
}

static void
lines(void **state UNUSED)
{
	char far[4096];

	assert_true(line("err=\"429 Too Many Requests: slow down\""));
	assert_true(line("'https://l1.example': the server answered 429"));
	assert_true(line("eth_call at 'https://l1.example': no (code -32012)"));
	assert_true(line("t=x lvl=warn err=\"credits limited to 300/sec\""));
	assert_false(line("eth_call: execution reverted: rate limit (code 3)"));
	assert_false(line("number=42900 gas limit=30000000"));
	assert_false(line("msg=\"failed to serve p2p sync request\" "
			  "err=\"rate limit\""));
	assert_false(line("eth_getLogs: no (code -32601)"));
	assert_false(line(""));
	/* Words that the length of a line or of the text cuts off. */
	assert_false(rate_limit_line("rate limit", 9));
	memset(far, 'x', sizeof(far));
	memcpy(far + sizeof(far) - 11, "rate limit", 10);
	assert_false(rate_limit_line(far, sizeof(far)));
}

/* Each code stands for itself. */
static void
codes(void **state UNUSED)
{
	for (size_t i = 0; i < COUNTOF(limits); i++) {
		int64_t code = limits[i].code;

		if (code == -31999 || code == 15 || code == -32000 ||
		    code == -32603)
			assert_false(rate_limit_error(code, "no"));
		else
			assert_true(rate_limit_error(code, "no"));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors),
		cmocka_unit_test(lines),
		cmocka_unit_test(codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

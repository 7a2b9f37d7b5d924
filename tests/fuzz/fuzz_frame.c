/* Frames of the wire, taken off a buffer that is filled bit by bit, and the
 * diagnostics in them. */
#include "tests/fuzz/fuzz.h"

#include "engine/base/limits.h"
#include "engine/io/diag_json.h"
#include "engine/io/frame.h"
#include "engine/io/jx.h"

static void
message(const json_t *msg)
{
	struct buf b CLEANUP(buf_done) = BUF_INIT(4 + LIM_FRAME_BYTES);
	CLEANUP(put_json) json_t *back = NULL, *text = NULL;
	struct diags ds, copy;

	FUZZ_CHECK(frame_add(&b, msg) == 0);
	FUZZ_CHECK(frame_take(&b, &back) == 1 && b.n == 0);
	FUZZ_CHECK(json_equal(msg, back));
	diags_init(&ds);
	diags_init(&copy);
	if (diag_from_json(&ds, msg) == 0) {
		text = diag_to_json(ds.first);
		FUZZ_CHECK(diag_from_json(&copy, text) == 0);
		diags_append(&copy, &ds);
		diags_sort(&copy);
		/* A position without a file is not sent. */
		FUZZ_CHECK(copy.nerrors + copy.nwarnings == 1 ||
			   !ds.first->pos.file);
	}
	diags_done(&copy);
	diags_done(&ds);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf b CLEANUP(buf_done) = BUF_INIT(4 + LIM_FRAME_BYTES);
	size_t step = size ? 1 + data[size - 1] % 64 : 1;

	for (size_t at = 0; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;
		json_t *msg = NULL;
		int rc;

		buf_add(&b, data + at, n);
		while ((rc = frame_take(&b, &msg)) == 1) {
			message(msg);
			json_decref(msg);
		}
		if (rc < 0)
			break;
	}
	return 0;
}

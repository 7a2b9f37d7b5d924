/* A preset of the user's own and its part: any bytes, parted by a form feed. */
#include "tests/fuzz/spec.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char spec[] = "opl2: 1\nname: t\nuse: ./p\n";
	const uint8_t *part = size ? memchr(data, '\f', size) : NULL;
	size_t n = part ? (size_t)(part - data) : size;

	/* No paths: what is on this machine must not matter. */
	if (memmem(data, size, "..", 2) || memmem(data, size, "/dev", 4) ||
	    memmem(data, size, "/proc", 5))
		return 0;
	put_file("p/preset.yaml", data, n);
	put_file("a/part.yaml", part ? part + 1 : data,
		 part ? size - n - 1 : 0);
	fuzz_spec(spec, sizeof(spec) - 1);
	return 0;
}

#include "engine/io/secret.h"

#include <stdint.h>

#define KEY "$secret"

bool
is_secret(const json_t *j)
{
	return json_is_object(j) && json_object_size(j) == 1 &&
	       json_is_array(json_object_get(j, KEY));
}

void
each_secret_part(const json_t *j, void (*fn)(void *arg, json_t *part),
		 void *arg)
{
	bool token = is_secret(j);
	const char *key;
	json_t *v;
	size_t i;

	json_array_foreach(token ? json_object_get(j, KEY) : j, i, v) {
		if (!token) {
			each_secret_part(v, fn, arg);
			continue;
		}
		fn(arg, v);
		if (json_object_get(v, "password"))
			fn(arg, json_object_get(v, "password"));
	}
	if (!token)
		json_object_foreach((json_t *)(uintptr_t)j, key, v)
			each_secret_part(v, fn, arg);
}

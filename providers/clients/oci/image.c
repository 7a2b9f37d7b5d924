#include "providers/clients/oci/image.h"

#include <stdlib.h>
#include <string.h>
#include <jansson.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/file.h"
#include "engine/io/jx.h"
#include "providers/clients/oci/base.h"
#include "providers/clients/oci/elf.h"

#define CONFIG_TYPE "application/vnd.oci.image.config.v1+json"
#define MEMORY_MAX  (1u << 20)
#define MEMORY_ROWS 1000
#define LAYER_TYPE  "application/vnd.oci.image.layer.v1.tar"

static void
digest_of(const char *text, char out[OCI_DIGEST])
{
	memcpy(out, "sha256:", 7);
	sha256_hex(text, strlen(text), out + 7);
}

static json_t *
descriptor(const char *type, const char *digest, uint64_t size)
{
	return json_pack("{s:s, s:s, s:I}", "mediaType", type, "digest", digest,
			 "size", (json_int_t)size);
}

static char *
config_text(const struct oci_image *m, const struct oci_contents *c,
	    uint16_t machine)
{
	json_t *diffs = json_array(), *run;
	CLEANUP(put_json) json_t *all = NULL;

	run = json_pack("{s:s, s:s, s:[s, s]}", "User", OCI_USER, "WorkingDir",
			"/", "Env", "HOME=/tmp", "PATH=/opl2/bin");
	if (c->entrypoint) {
		json_t *words = json_array();

		for (const char *const *w = c->entrypoint; *w; w++)
			json_array_append_new(words, json_string(*w));
		json_object_set_new(run, "Entrypoint", words);
	}
	/* Not compressed, a layer is the same as its content. */
	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(diffs, json_string(m->layers[i].digest));
	all = json_pack("{s:s, s:s, s:s, s:o, s:{s:s, s:o}}", "architecture",
			elf_architecture(machine), "os", "linux", "created",
			"1970-01-01T00:00:00Z", "config", run, "rootfs", "type",
			"layers", "diff_ids", diffs);
	return jx_dump_line(all);
}

static char *
manifest_text(const struct oci_image *m)
{
	json_t *layers = json_array();
	CLEANUP(put_json) json_t *all = NULL;

	for (size_t i = 0; i < m->n; i++)
		json_array_append_new(layers, descriptor(LAYER_TYPE,
							 m->layers[i].digest,
							 m->layers[i].size));
	all = json_pack(
		"{s:i, s:s, s:o, s:o}", "schemaVersion", 2, "mediaType",
		OCI_MANIFEST_TYPE, "config",
		descriptor(CONFIG_TYPE, m->config_digest, strlen(m->config)),
		"layers", layers);
	return jx_dump_line(all);
}

static int
by_place(const void *a, const void *b)
{
	return strcmp(((const struct oci_program *)a)->to,
		      ((const struct oci_program *)b)->to);
}

static int
make_layers(struct oci_image *m, const struct oci_program *v, size_t n,
	    uint16_t *machine, struct diags *ds)
{
	m->layers = xcalloc(n + 1, sizeof(*m->layers));
	oci_layer_init(&m->layers[m->n++], "libraries");
	if (oci_base(&m->layers[0], v, n, machine, ds))
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (i && strcmp(v[i - 1].to, v[i].to) == 0)
			return diag_err(ds, "E1321",
					"two programs would be '%s'", v[i].to);
		oci_layer_init(&m->layers[m->n], strrchr(v[i].to, '/') + 1);
		oci_layer_file(&m->layers[m->n++], v[i].to, v[i].from);
	}
	return 0;
}

/* {IDENTITY: digest}; new reference. */
static json_t *
recalled(const char *path)
{
	CLEANUP(diags_done) struct diags quiet;
	json_t *j = NULL;

	diags_init(&quiet);
	if (file_exists(path))
		j = jx_load_file(path, MEMORY_MAX, &quiet);
	if (!json_is_object(j) || json_object_size(j) > MEMORY_ROWS) {
		json_decref(j);
		j = json_object();
	}
	return j;
}

/* It may be lost: then all is hashed. */
static void
remember(const char *path, const json_t *memory)
{
	CLEANUP(diags_done) struct diags quiet;

	diags_init(&quiet);
	(void)file_replace_json(path, memory, 0600, &quiet);
}

int
oci_image_make(struct oci_image *m, const struct oci_contents *c,
	       bool (*cancelled)(void *arg), void *arg, struct diags *ds)
{
	CLEANUP(freep)
	struct oci_program *v = xreallocarray(NULL, c->n + 1, sizeof(*v));
	CLEANUP(put_json)
	json_t *memory = c->memory ? recalled(c->memory) : NULL;
	size_t before = json_object_size(memory);
	uint16_t machine = 0;
	int rc;

	*m = (struct oci_image){ 0 };
	if (!c->n)
		return diag_err(ds, "E1321",
				"there is no program to put into "
				"the image");
	memcpy(v, c->v, c->n * sizeof(*v));
	qsort(v, c->n, sizeof(*v), by_place);
	rc = make_layers(m, v, c->n, &machine, ds);
	for (size_t i = 0; i < m->n && rc == 0; i++)
		rc = oci_layer_close(&m->layers[i], memory, cancelled, arg, ds);
	if (rc)
		return rc;
	if (json_object_size(memory) > before)
		remember(c->memory, memory);
	m->config = config_text(m, c, machine);
	digest_of(m->config, m->config_digest);
	m->manifest = manifest_text(m);
	digest_of(m->manifest, m->digest);
	return 0;
}

void
oci_image_done(struct oci_image *m)
{
	for (size_t i = 0; i < m->n; i++)
		oci_layer_done(&m->layers[i]);
	free(m->layers);
	free(m->config);
	free(m->manifest);
	*m = (struct oci_image){ 0 };
}

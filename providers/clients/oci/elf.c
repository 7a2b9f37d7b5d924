#include "providers/clients/oci/elf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/mem.h"

#define HEADERS 128u
#define TABLE   (16u << 20)

struct elf_file {
	int fd;
	struct arena *a;
	Elf64_Phdr *ph;
	size_t nph;
};

/* So many bytes at that place, of the arena, with a NUL behind them; NULL when
 * the file has not got them. */
static void *
piece(const struct elf_file *f, uint64_t at, uint64_t n)
{
	char *p;

	if (n > TABLE || at > INT64_MAX - TABLE)
		return NULL;
	p = arena_alloc(f->a, (size_t)n + 1);
	p[n] = '\0';
	return pread(f->fd, p, (size_t)n, (off_t)at) == (ssize_t)n ? p : NULL;
}

static const Elf64_Phdr *
segment(const struct elf_file *f, uint32_t type)
{
	for (size_t i = 0; i < f->nph; i++)
		if (f->ph[i].p_type == type)
			return &f->ph[i];
	return NULL;
}

/* Where in the file that address is; UINT64_MAX: nowhere. */
static uint64_t
place_of(const struct elf_file *f, uint64_t vaddr)
{
	for (size_t i = 0; i < f->nph; i++) {
		const Elf64_Phdr *p = &f->ph[i];

		if (p->p_type == PT_LOAD && vaddr >= p->p_vaddr &&
		    vaddr - p->p_vaddr < p->p_filesz)
			return p->p_offset + (vaddr - p->p_vaddr);
	}
	return UINT64_MAX;
}

static uint64_t
value_of(const Elf64_Dyn *d, size_t n, int64_t tag)
{
	for (size_t i = 0; i < n; i++)
		if (d[i].d_tag == tag)
			return d[i].d_un.d_val;
	return 0;
}

static int
read_dynamic(const struct elf_file *f, struct elf *out)
{
	const Elf64_Phdr *seg = segment(f, PT_DYNAMIC);
	const Elf64_Dyn *d =
		seg ? piece(f, seg->p_offset, seg->p_filesz) : NULL;
	size_t n = d ? seg->p_filesz / sizeof(*d) : 0;
	uint64_t size = value_of(d, n, DT_STRSZ), paths;
	const char *names =
		piece(f, place_of(f, value_of(d, n, DT_STRTAB)), size);

	if (!seg)
		return 0;
	if (!d || !names)
		return 1;
	out->needed = arena_alloc(f->a, (n + 1) * sizeof(char *));
	for (size_t i = 0; i < n && d[i].d_tag != DT_NULL; i++)
		if (d[i].d_tag == DT_NEEDED && d[i].d_un.d_val < size)
			out->needed[out->nneeded++] = names + d[i].d_un.d_val;
	paths = value_of(d, n, DT_RUNPATH);
	if (!paths)
		paths = value_of(d, n, DT_RPATH);
	if (paths && paths < size)
		out->paths = names + paths;
	return 0;
}

static int
elf_parse(struct elf_file *f, struct elf *out)
{
	const Elf64_Ehdr *h = piece(f, 0, sizeof(*h));
	const Elf64_Phdr *interp;

	if (!h || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0 ||
	    h->e_ident[EI_CLASS] != ELFCLASS64 ||
	    h->e_ident[EI_DATA] != ELFDATA2LSB ||
	    (h->e_type != ET_EXEC && h->e_type != ET_DYN) ||
	    h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum > HEADERS)
		return 1;
	f->nph = h->e_phnum;
	f->ph = piece(f, h->e_phoff, f->nph * sizeof(*f->ph));
	if (!f->ph)
		return 1;
	out->machine = h->e_machine;
	interp = segment(f, PT_INTERP);
	if (interp) {
		out->interp = piece(f, interp->p_offset, interp->p_filesz);
		if (!out->interp || out->interp[0] != '/')
			return 1;
	}
	return read_dynamic(f, out);
}

int
elf_read(struct arena *a, const char *path, struct elf *out, struct diags *ds)
{
	CLEANUP(close_fdp) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct elf_file f = { .fd = fd, .a = a };

	*out = (struct elf){ 0 };
	if (fd < 0)
		return diag_errno(ds, "E1321", "cannot read '%s'", path);
	return elf_parse(&f, out);
}

static const struct {
	uint16_t machine;
	const char *architecture, *triplet;
} machines[] = {
	{ EM_X86_64, "amd64", "x86_64-linux-gnu" },
	{ EM_AARCH64, "arm64", "aarch64-linux-gnu" },
	{ EM_RISCV, "riscv64", "riscv64-linux-gnu" },
	{ EM_PPC64, "ppc64le", "powerpc64le-linux-gnu" },
};

const char *
elf_architecture(uint16_t machine)
{
	for (size_t i = 0; i < COUNTOF(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].architecture;
	return NULL;
}

const char *
elf_triplet(uint16_t machine)
{
	for (size_t i = 0; i < COUNTOF(machines); i++)
		if (machines[i].machine == machine)
			return machines[i].triplet;
	return NULL;
}

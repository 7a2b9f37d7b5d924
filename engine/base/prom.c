#include "engine/base/prom.h"

#include "engine/base/mem.h"

void
prom_family(struct prom *p, const char *name, const char *type,
	    const char *help)
{
	p->name = name;
	p->type = type;
	p->help = help;
	p->named = false;
}

static void
escaped(struct buf *b, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '\\':
			buf_adds(b, "\\\\");
			break;
		case '"':
			buf_adds(b, "\\\"");
			break;
		case '\n':
			buf_adds(b, "\\n");
			break;
		default:
			buf_addch(b, *text);
		}
}

static void
sample(struct prom *p, const char *value, va_list labels)
{
	const char *name, *sep = "{";

	if (!p->named)
		buf_addf(p->out, "# HELP %s %s\n# TYPE %s %s\n", p->name,
			 p->help, p->name, p->type);
	p->named = true;
	buf_adds(p->out, p->name);
	while ((name = va_arg(labels, const char *))) {
		buf_addf(p->out, "%s%s=\"", sep, name);
		escaped(p->out, va_arg(labels, const char *));
		buf_addch(p->out, '"');
		sep = ",";
	}
	buf_addf(p->out, "%s %s\n", *sep == ',' ? "}" : "", value);
}

void
prom_int(struct prom *p, int64_t v, ...)
{
	char text[24];
	va_list ap;

	snprintf(text, sizeof(text), "%lld", (long long)v);
	va_start(ap, v);
	sample(p, text, ap);
	va_end(ap);
}

void
prom_milli(struct prom *p, int64_t v, ...)
{
	uint64_t u = v < 0 ? -(uint64_t)v : (uint64_t)v;
	char text[32];
	va_list ap;

	snprintf(text, sizeof(text), "%s%llu.%03llu", v < 0 ? "-" : "",
		 (unsigned long long)(u / 1000),
		 (unsigned long long)(u % 1000));
	va_start(ap, v);
	sample(p, text, ap);
	va_end(ap);
}

void
prom_text(struct prom *p, const char *v, ...)
{
	va_list ap;

	va_start(ap, v);
	sample(p, v, ap);
	va_end(ap);
}

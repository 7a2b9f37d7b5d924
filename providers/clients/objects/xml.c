#include "providers/clients/objects/xml.h"

#include <string.h>

#include "engine/base/buf.h"
#include "engine/base/mem.h"

#define TEXT_MAX (64u << 10)

const char *
xml_find(const char *p, const char *name)
{
	size_t n = strlen(name);

	while ((p = strchr(p, '<'))) {
		p++;
		if (strncmp(p, name, n) == 0 && (p[n] == '>' || p[n] == ' ')) {
			p = strchr(p, '>');
			return p ? p + 1 : NULL;
		}
	}
	return NULL;
}

char *
xml_text(const char *p, const char *name)
{
	static const struct {
		const char *name;
		char c;
	} entities[] = { { "&lt;", '<' },
			 { "&gt;", '>' },
			 { "&amp;", '&' },
			 { "&quot;", '"' },
			 { "&apos;", '\'' } };
	struct buf b = BUF_INIT(TEXT_MAX);
	size_t i;

	p = xml_find(p, name);
	while (p && *p && *p != '<') {
		for (i = 0; i < COUNTOF(entities); i++)
			if (strncmp(p, entities[i].name,
				    strlen(entities[i].name)) == 0)
				break;
		buf_addch(&b, i < COUNTOF(entities) ? entities[i].c : *p);
		p += i < COUNTOF(entities) ? strlen(entities[i].name) : 1;
	}
	return p ? buf_take(&b) : NULL;
}

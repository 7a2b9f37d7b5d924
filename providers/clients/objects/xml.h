#ifndef OPL2_PROVIDERS_CLIENTS_OBJECTS_XML_H
#define OPL2_PROVIDERS_CLIENTS_OBJECTS_XML_H

/*
 * What the answers of S3 and STS say, which are flat: the text of the first
 * element of that name at or after p, its five entities resolved. malloc'd, or
 * NULL.
 */
char *xml_text(const char *p, const char *name);
/* Where the element's content begins, or NULL. */
const char *xml_find(const char *p, const char *name);

#endif

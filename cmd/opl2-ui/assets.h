#ifndef OPL2_UI_ASSETS_H
#define OPL2_UI_ASSETS_H

#include <stddef.h>

/* Files of cmd/opl2-ui/page, in the program by cmd/opl2-ui/embed.sh. */
struct asset {
	const char *path; /* "/page.css" */
	const char *type;
	const char *start, *end;
	const char *etag; /* quoted */
};
extern const struct asset ui_assets[];
extern const size_t ui_asset_count;

/* page.css, and what a policy calls it. */
extern const char ui_style[], ui_style_sum[];

#endif

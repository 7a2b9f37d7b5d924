/* The table of commands, one row a line of table.def. */
#include "cmd/opl2/cli/cmd.h"

#define CMD(c) extern const struct cmd_entry cmd_##c;
#include "cmd/opl2/cli/table.def"
#undef CMD

const struct cmd_entry *const cmd_table[] = {
#define CMD(c) &cmd_##c,
#include "cmd/opl2/cli/table.def"
#undef CMD
};
const unsigned cmd_count = COUNTOF(cmd_table);

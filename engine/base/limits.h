#ifndef OPL2_BASE_LIMITS_H
#define OPL2_BASE_LIMITS_H

/* Caps on everything that comes from outside. */
#define LIM_SPEC_BYTES    (4u << 20) /* one YAML file */
#define LIM_SPEC_NODES    200000u
#define LIM_SPEC_DEPTH    64u
#define LIM_STATE_BYTES   (256u << 20)
#define LIM_FRAME_BYTES   (64u << 20) /* one message between programs */
#define LIM_HTTP_BODY     (64u << 20) /* a reply kept in memory */
#define LIM_TOOL_TAIL     (16u << 10) /* last bytes of a tool's output */
#define LIM_ARCHIVE_FILES 400000u
#define LIM_ARCHIVE_BYTES (8ull << 30)

#endif

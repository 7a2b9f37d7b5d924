#ifndef OPL2_ENGINE_PLAN_PLAN_JSON_H
#define OPL2_ENGINE_PLAN_PLAN_JSON_H

/* Format of a saved plan. There are no upgrades: a plan is used soon or made
 * again. */
#define PLAN_FORMAT 1

/* By enum plan_mode. */
extern const char *const plan_mode_names[];

#endif

#ifndef OPL2_PROVIDERS_RUNTIME_KUBERNETES_AGENT_H
#define OPL2_PROVIDERS_RUNTIME_KUBERNETES_AGENT_H

/*
 * The agent, `opl2-worker --cluster --dir=.opl2`: it listens on
 * .opl2/run/cluster.sock, speaks the supervisor's protocol (wire/supctl.h) and
 * does by the cluster's API what is asked. Further requests:
 *
 *   attend     {}           what is to run has its pod
 *   recall     {name}    -> {record}: {"def", "ran", "up", "hold"}; absent:
 *                           there is none
 *   log        {name, lines, since} -> {text, since}
 *   reach      {port}       is that port of this machine a process's?
 *   volume     {process, records, out, live} -> {files, bytes, folders}:
 *                           of struct runtime_volume
 *   rights     {}           may the user do all of this?
 * status answers with "supervisor": {"namespace", "context"}.
 */
#define CLUSTER_ARG  "--cluster"
#define CLUSTER_SOCK "cluster.sock"

#endif

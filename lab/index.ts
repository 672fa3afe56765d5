/** The lab as a library: what tests and benchmarks import. */
export type { ExecOptions, ExecResult, NodeFile, Power } from './backend.ts';
export type { Client, ClientOptions } from './client/client.ts';
export type { ReadClient, ReadOptions } from './client/reads.ts';
export type { ClientReport, ReadReport } from './client/report.ts';
export { type CreateRequest, createLab, openLab, removeLab } from './create.ts';
export { LabError, UsageError } from './failure.ts';
export type { Lab, LabExecOptions, SqlOptions } from './lab.ts';
export {
  type ClusterNode,
  type CrmMon,
  type FailedAction,
  promotedNode,
  type ResourceInstance,
  startedNode,
  unpromotedNodes,
} from './observe/crm-mon.ts';
export type { Agent, CorosyncTiming, LabOptions, LabRequest, RepMode } from './options.ts';
export { dataDirectory, passfile, port, serverLog, temporaryDirectory } from './postgres/installation.ts';
export { clientAddress, type NodeSpec, readVip, subnet, writeVip } from './topology.ts';

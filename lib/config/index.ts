/** config.ini: what a cluster is to be, in one file; and the cluster definition that is made of it. */
export { type ClusterConfig, clusterNodes, psqlPath, resourceList } from './config.ts';
export { type DefinitionOptions, definitionText, type Shell } from './definition.ts';
export { type ConfigProblem, inLineOrder } from './ini.ts';
export { checkOnThisMachine, type MachineCheck, type MachineFacts, type MachineProblem } from './machine.ts';
export { DATABASE_USER, type MadeDefinition, makeDefinition } from './make-definition.ts';
export { observeFromAnywhere, observeMachine, TEMPLATE_FOLDER } from './observe-machine.ts';
export { configMessage, type ParsedConfig, parseConfigIni } from './parse.ts';
export { pgpassLine, withPgpassLine } from './pgpass.ts';
export { isSecretName, secretIn } from './secrets.ts';

/** The OCF contract: what an agent needs to be one. Knows nothing of PostgreSQL or LVS. */
export type {
  ActionAdvice,
  ActionContext,
  ActionDeclaration,
  ActionName,
  ActionResult,
  AgentDeclaration,
} from './agent.ts';
export { defineAgent } from './agent.ts';
export type { CallEnvironment } from './environment.ts';
export { exitCodeName, OcfExit, type OcfExitCode } from './exit-codes.ts';
export { afterTheLast, goingOnAfter } from './going-on.ts';
export type { Logger } from './logging.ts';
export { parameterPage } from './parameter-page.ts';
export type { ParameterSpec, ParameterTable, ParameterValues } from './parameters.ts';
export { defineParameters } from './parameters.ts';
export { type Environment, type ParameterProblem, parseParameters } from './parse.ts';
export { run } from './run.ts';
export { NODE_NAME, showValue } from './value.ts';

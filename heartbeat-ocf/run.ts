import { basename } from 'node:path';
import { deadlineIn, onExpiry } from '../lib/system/clock.ts';
import type { ActionName, ActionResult, AgentDeclaration } from './agent.ts';
import { prepare } from './dispatch.ts';
import { OcfExit, type OcfExitCode } from './exit-codes.ts';
import { executorsMs, goOn, tellResult } from './going-on.ts';
import { logTag, oneLine } from './log-lines.ts';
import { type CallLog, openLog } from './logging.ts';
import { metadataXml, methodsOf } from './metadata.ts';
import type { ParameterTable } from './parameters.ts';
import { installedRoleWords } from './role-words.ts';
import { originalStack } from './stack.ts';
import { writeFully } from './write.ts';

const usage = <T extends ParameterTable>(agent: AgentDeclaration<T>): string =>
  `usage: ${agent.name} {${methodsOf(agent).join('|')}}\n` +
  `${agent.shortdesc}. Parameters are environment variables OCF_RESKEY_<name>; meta-data describes them.\n`;

const isDeclared = <T extends ParameterTable>(agent: AgentDeclaration<T>, word: string): word is ActionName =>
  word === 'validate-all' || Object.hasOwn(agent.actions, word);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Ends the process: a socket or a child that a handler left behind must not keep it alive. */
const exit = (code: OcfExitCode): never => process.exit(code);

/** Runs one checked action to its end; whatever goes wrong, there is a result, a reason and an end. */
const perform = async <T extends ParameterTable>(
  agent: AgentDeclaration<T>,
  action: ActionName,
  log: CallLog,
): Promise<ActionResult> => {
  const prepared = prepare(agent, action, process.env, process.geteuid?.() === 0);
  if (prepared.kind === 'refused') {
    for (const detail of prepared.details) log.error(detail);
    return prepared.result;
  }
  for (const notice of prepared.notices) log.warn(notice);

  let step = '';
  const doing = (): string => (step === '' ? action : `${action}, ${step}`);
  return new Promise((resolve) => {
    const broken = (error: unknown): void => {
      log.debug(error instanceof Error ? originalStack(error) : String(error));
      resolve({ code: OcfExit.GENERIC, exitReason: `internal error in ${doing()}: ${messageOf(error)}` });
    };
    process.on('unhandledRejection', broken);
    process.on('uncaughtException', broken);
    // The executor asks with SIGTERM before it kills; its timeout is the usual cause.
    process.on('SIGTERM', () =>
      resolve({ code: OcfExit.GENERIC, exitReason: `ended by SIGTERM in ${doing()}` }),
    );
    onExpiry(deadlineIn(prepared.budget.cutOffMs - executorsMs(process.env)), () =>
      resolve({ code: OcfExit.GENERIC, exitReason: `out of time in ${doing()}` }),
    );
    prepared
      .perform(log, (what) => {
        step = oneLine(what);
        log.debug(`${action}: ${step}`);
      })
      .then(resolve, broken);
  });
};

/**
 * The whole life of an agent's process: action from the command line, call from the environment, exit code to the
 * executor. Never returns.
 */
export const run = async <T extends ParameterTable>(agent: AgentDeclaration<T>): Promise<never> => {
  const word = process.argv[2] ?? '';
  if (word === 'meta-data') {
    writeFully(1, metadataXml(agent, installedRoleWords()));
    return exit(OcfExit.SUCCESS);
  }
  if (word === 'methods') {
    writeFully(1, `${methodsOf(agent).join('\n')}\n`);
    return exit(OcfExit.SUCCESS);
  }
  if (!isDeclared(agent, word)) {
    writeFully(2, usage(agent));
    return exit(OcfExit.UNIMPLEMENTED);
  }
  const script = basename(process.argv[1] ?? agent.name);
  const log = openLog({
    env: process.env,
    tag: logTag(script, process.env.OCF_RESOURCE_INSTANCE || 'default', process.pid),
  });
  const result = await perform(agent, word, log);
  if (result.exitReason !== undefined) log.exitReason(result.exitReason);
  await log.flush();
  if (tellResult(result.code) && result.afterwards !== undefined) {
    await goOn(result.afterwards, (why) => log.warn(`after ${word}: ${why}`));
    await log.flush();
  }
  return exit(result.code);
};

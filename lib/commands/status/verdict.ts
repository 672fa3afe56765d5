import { DataStatus } from '../../pgsql/names.ts';
import { CommandExit, type CommandExitCode } from '../exit-codes.ts';
import type { NodeRow } from './node-rows.ts';
import type { Problem } from './problem.ts';
import { commitsHang } from './rules/database-rules.ts';
import { isReplicated, isWell } from './rules/replication-rules.ts';
import type { Situation } from './situation.ts';

/** How cls_status ends: with 0 only if nothing of severity error was found. */
export function verdict(
  situation: Situation,
  rows: readonly NodeRow[],
  problems: readonly Problem[],
): CommandExitCode {
  const code = stateOfCluster(situation, rows);
  const isGrave = problems.some(({ severity }) => severity === 'error');
  return code === CommandExit.DONE && isGrave ? CommandExit.ERROR : code;
}

/** The gravest comes first: what is said without quorum may not hold. */
function stateOfCluster(situation: Situation, rows: readonly NodeRow[]): CommandExitCode {
  const { view, promoted, facts, running, resource } = situation;
  if (!view.haveQuorum || nodesDisagree(situation)) return CommandExit.NO_QUORUM;
  if (resource.parameters.rep_mode === 'slave')
    return running.length > 0 ? CommandExit.DONE : CommandExit.NOT_IN_STATE;
  if (promoted.length === 0) return CommandExit.NOT_IN_STATE;
  if (!isReplicated(situation)) return CommandExit.DONE;
  const standbys = rows.filter(({ name }) => !promoted.includes(name));
  const mayTakeOver = standbys.some(({ name }) => facts.dataStatus(name) === DataStatus.sync);
  const lacksSync = resource.parameters.rep_mode === 'sync' && standbys.length > 0 && !mayTakeOver;
  return standbys.every(isWell) && !lacksSync && !commitsHang(situation)
    ? CommandExit.DONE
    : CommandExit.STANDBYS_NOT_WELL;
}

/** The nodes that are the primary by what Pacemaker did, by what they say, or by what PostgreSQL here is. */
export function countedAsPrimary(situation: Situation): readonly string[] {
  const { promoted, facts, running, self, databases } = situation;
  const { local } = databases;
  const here = local.known && !local.value.inRecovery && running.includes(self) ? [self] : [];
  return [...new Set([...promoted, ...facts.primaries, ...here])];
}

export const nodesDisagree = (situation: Situation): boolean => countedAsPrimary(situation).length > 1;

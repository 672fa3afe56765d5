/** Two nodes and an arbiter when all is well, and the way back to it. */
import {
  type CrmMon,
  type FailedAction,
  type Lab,
  LabError,
  promotedNode,
  unpromotedNodes,
} from '../../lab/index.ts';
import { lockName } from '../../lab/postgres/arbiter.ts';
import { isAtRest } from '../cluster-at-rest.ts';

export const ARBITER = 'arbiter';

const WAIT_MS = 90_000;
const ALONE = `${lockName.replace(/^distlock:/, '')}#alone`;

const attributeOf = (cluster: CrmMon, node: string, name: string): string | undefined =>
  cluster.attributes[node]?.[name];

const isWell = (now: CrmMon): boolean => {
  const [primary = '', [standby = '']] = [promotedNode(now), unpromotedNodes(now)];
  return (
    attributeOf(now, primary, 'pgsql-status') === 'PRI' &&
    attributeOf(now, standby, 'pgsql-status') === 'HS:sync' &&
    attributeOf(now, standby, 'pgsql-data-status') === 'STREAMING|SYNC' &&
    attributeOf(now, standby, 'master-pgsql') === '100' &&
    [primary, standby].every((node) => attributeOf(now, node, 'pgsql-arbiter') === 'reached')
  );
};

const ALONE_IS_FREE = `SELECT owner FROM distlock WHERE lockname = '${ALONE}'`;

/**
 * Until it holds in the eyes of both nodes, which agree who is promoted, and Pacemaker has nothing left to do: one that was
 * frozen, or cut off, has its old view for a moment.
 */
const waitForBoth = async (
  lab: Lab,
  description: string,
  holds: (now: CrmMon) => boolean,
): Promise<CrmMon> => {
  const names = lab.options.nodeNames;
  let last: readonly CrmMon[] = [];
  const looks = async (): Promise<boolean> => {
    last = await Promise.all(names.map((name) => lab.crmMon(name)));
    return last.every(holds) && new Set(last.map((now) => promotedNode(now))).size === 1;
  };
  await lab.waitUntil(
    description,
    async () =>
      (await looks()) &&
      (await Promise.all(names.map((name) => isAtRest(lab, name)))).every(Boolean) &&
      looks(),
    WAIT_MS,
  );
  const [first] = last;
  if (first === undefined) throw new LabError('The lab has no node.');
  return first;
};

export interface Cast {
  readonly primary: string;
  readonly standby: string;
}

/** Also until the arbiter knows that commits wait for the standby: before that it would be promoted by nobody's right. */
export const waitUntilWell = async (lab: Lab): Promise<Cast> => {
  const cluster = await waitForBoth(
    lab,
    'a primary and a synchronous standby that both reach the arbiter',
    isWell,
  );
  await lab.waitUntil(
    'the arbiter to know that commits wait for the standby',
    async () => (await lab.sql(ARBITER, ALONE_IS_FREE, { database: 'distlock' })) === '',
    WAIT_MS,
  );
  return { primary: promotedNode(cluster) ?? '', standby: unpromotedNodes(cluster)[0] ?? '' };
};

/** After so many failures since the last cleanup cls_status asks for one; with one more, Pacemaker gives the node up. */
const FAILURES = 2;

/** As an operator does who looks at cls_status. */
export const cleanUp = async (lab: Lab): Promise<void> => {
  const [first = ''] = lab.options.nodeNames;
  const { failCounts } = await lab.crmMon(first);
  if (Object.values(failCounts).every((counts) => (counts.pgsql ?? 0) < FAILURES)) return;
  await lab.exec(first, ['cls_cleanup'], { timeoutMs: WAIT_MS });
};

const COMMAND = /cls_\w+/;

/** Of a node that Pacemaker does not start again: a start that failed, or a monitor whose failure was the last that it allows. */
const refusalOf =
  ({ options: { migrationThreshold } }: Lab) =>
  ({ failures, failCounts }: CrmMon): FailedAction | undefined =>
    failures.find(
      ({ operation, node, exitReason }) =>
        operation === 'pgsql_start_0' ||
        ((failCounts[node]?.pgsql ?? 0) >= migrationThreshold && COMMAND.test(exitReason)),
    );

/**
 * Waits until all is well, or a node is refused; then the command runs there that Pacemaker shows.
 * @returns that command
 */
export const bringBack = async (lab: Lab): Promise<string | undefined> => {
  const refusal = refusalOf(lab);
  const cluster = await waitForBoth(
    lab,
    'the cluster to be well, or a node to be refused',
    (now) => isWell(now) || refusal(now) !== undefined,
  );
  const failure = refusal(cluster);
  if (failure === undefined) return undefined;
  const command = COMMAND.exec(failure.exitReason)?.[0];
  if (command === undefined) throw new LabError(`${failure.node} names no command: ${failure.exitReason}`);
  await lab.exec(failure.node, [command], { timeoutMs: WAIT_MS });
  return command;
};

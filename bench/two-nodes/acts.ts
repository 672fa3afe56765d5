/** How a trouble begins and ends in the lab, and how it shows that it has ended. */
import type { LocalWriters } from '../../lab/client/local-writers.ts';
import { type Lab, promotedNode, unpromotedNodes } from '../../lab/index.ts';
import { actOnArbiter } from '../../lab/postgres/arbiter-acts.ts';
import { isAtRest } from '../cluster-at-rest.ts';
import type { Place, Trouble } from './cases.ts';

/** Who plays whom. */
export interface Scene {
  readonly lab: Lab;
  readonly nodes: Readonly<Record<Place, string>>;
  readonly writers: LocalWriters;
}

/** Until its PostgreSQL, which has been running all the time, goes by the new one. */
const waitForClock = (lab: Lab, node: string): Promise<void> =>
  lab.waitUntil(
    `the clock of ${node} to be an hour off`,
    async () => {
      const seconds = Number(await lab.sql(node, 'SELECT extract(epoch FROM clock_timestamp())'));
      return Math.abs(Math.abs(seconds - Date.now() / 1000) - 3600) < 60;
    },
    30_000,
  );

export const begin = async ({ lab, nodes }: Scene, trouble: Trouble): Promise<void> => {
  switch (trouble.kind) {
    case 'cut': {
      const ends = [nodes[trouble.from], nodes[trouble.to]] as const;
      return trouble.isOneWay ? lab.cutOneWay(...ends) : lab.cutBetween(...ends);
    }
    case 'off':
      return lab.powerOff(nodes[trouble.place]);
    case 'frozen':
      return lab.freeze(nodes[trouble.place]);
    case 'arbiter-empty':
      return actOnArbiter(lab, nodes.A, 'empty');
    case 'arbiter-slow':
      return actOnArbiter(lab, nodes.A, 'slow');
    case 'pacemaker-killed':
      // All of its daemons: what is left of them would start the others again.
      await lab.exec(nodes.P, ['pkill', '-9', '^pacemaker']);
      return;
    case 'clock':
      await lab.setClock(nodes[trouble.place], trouble.clock);
      return waitForClock(lab, nodes[trouble.place]);
  }
};

export const end = async ({ lab, nodes, writers }: Scene, trouble: Trouble): Promise<void> => {
  switch (trouble.kind) {
    case 'cut':
      return lab.healBetween(nodes[trouble.from], nodes[trouble.to]);
    case 'off':
      await lab.boot(nodes[trouble.place]);
      if (trouble.place !== 'A') await writers.resume(nodes[trouble.place]);
      return;
    case 'frozen':
      return lab.thaw(nodes[trouble.place]);
    case 'arbiter-empty':
      return actOnArbiter(lab, nodes.A, 'init');
    case 'arbiter-slow':
      return actOnArbiter(lab, nodes.A, 'prompt');
    case 'pacemaker-killed':
      return lab.startCluster(nodes.P);
    case 'clock':
      return lab.setClock(nodes[trouble.place], 'right');
  }
};

/** What may hold between two places as long as one of these has not ended. */
const isBetween = (trouble: Trouble, one: Place, other: Place): boolean => {
  switch (trouble.kind) {
    case 'cut':
      return [one, other].includes(trouble.from) && [one, other].includes(trouble.to);
    case 'off':
    case 'frozen':
      return trouble.place === one || trouble.place === other;
    case 'arbiter-empty':
    case 'arbiter-slow':
      return one === 'A' || other === 'A';
    case 'pacemaker-killed':
      return one === 'P' || other === 'P';
    case 'clock':
      return false;
  }
};

/**
 * Until everybody has noticed what is well again, and Pacemaker has nothing left to do for it: the nodes are members, and each
 * that runs the database and can reach the arbiter has said so. Else the order in which two things end would not matter.
 */
export const waitUntilNoticed = (
  { lab, nodes }: Scene,
  left: readonly Trouble[],
  deadlineMs: number,
): Promise<void> => {
  const isWell = (one: Place, other: Place): boolean =>
    !left.some((trouble) => isBetween(trouble, one, other));
  const isStopped = (place: Place): boolean =>
    left.some((trouble) => 'place' in trouble && trouble.place === place && trouble.kind !== 'clock') ||
    (place === 'P' && left.some(({ kind }) => kind === 'pacemaker-killed'));
  const hasNoticed = async (place: Place): Promise<boolean> => {
    const node = nodes[place];
    const cluster = await lab.crmMon(node);
    const others = cluster.nodes.filter(({ online, pending }) => online && !pending).length;
    if (isWell('P', 'S') && others < 2) return false;
    const runs = promotedNode(cluster) === node || unpromotedNodes(cluster).includes(node);
    if (runs && isWell(place, 'A') && cluster.attributes[node]?.['pgsql-arbiter'] !== 'reached') return false;
    return isAtRest(lab, node);
  };
  const looking = (['P', 'S'] as const).filter((place) => !isStopped(place));
  return lab.waitUntil(
    'the nodes to have noticed what is well again',
    async () => (await Promise.all(looking.map(hasNoticed))).every(Boolean),
    deadlineMs,
  );
};

/** One fault on a cluster of its own, with a client that writes: from a new lab to none. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  type CorosyncTiming,
  createLab,
  type Lab,
  LabError,
  promotedNode,
} from '../../lab/index.ts';
import { outageOf, writesAround } from './figures.ts';
import { LINES_OF_INTEREST, marksOf } from './marks.ts';
import { BEFORE_MS, type Contestant, type Fault, GIVE_UP_MS, type Mark, type Play } from './plays.ts';
import { type Cast, inflict, waitUntilAtRest } from './scene.ts';

export interface Setting {
  readonly agent: Contestant;
  readonly fault: Fault;
  readonly round: number;
  readonly corosync: CorosyncTiming;
  /** of the lab */
  readonly name: string;
  /** where the logs of the nodes go */
  readonly logs: string;
}

/** So that the fault finds Pacemaker's monitors, every 3 s on the primary, at any moment between two. */
const MONITOR_PERIOD_MS = 3_000;
const FLOWING_WRITES = 20;
const WRITES_AFTER = 150;
/** For what is there already where the writes came back; where they did not, it is waited for in vain. */
const PROOF_MS = 5_000;

/** @returns whether another node's database has acknowledged writes, in time */
const waitForReturn = async (lab: Lab, client: Client, primary: string): Promise<boolean> => {
  const end = performance.now() + GIVE_UP_MS;
  const waitForWrites = (count: number): Promise<boolean> =>
    client.waitForWrites(count, Math.max(0, end - performance.now())).then(
      () => true,
      () => false,
    );
  // The cluster, which costs it time, is asked only while writes flow: while they do not, nobody disturbs it.
  while (await waitForWrites(FLOWING_WRITES)) {
    const promoted = promotedNode(await lab.crmMon());
    if (promoted !== undefined && promoted !== primary) return waitForWrites(WRITES_AFTER);
  }
  return false;
};

const readMarks = async (lab: Lab, fault: Fault, { primary }: Cast, faultAtMs: number): Promise<Mark[]> => {
  // One that is cut off has a story of its own, which is not the one that brings writes back.
  const isToldBy = (name: string): boolean => name !== primary || fault === 'kill9' || fault === 'switch';
  const argv = ['grep', '-hE', LINES_OF_INTEREST, '/var/log/pacemaker/pacemaker.log'];
  const texts = lab.options.nodeNames
    .filter(isToldBy)
    .map(async (name) => (await lab.exec(name, argv, { allowFailure: true })).stdout);
  const lines = (await Promise.all(texts)).flatMap((text) => text.split('\n'));
  return marksOf(lines, primary, faultAtMs);
};

const playOn = async (lab: Lab, { agent, fault, round }: Setting): Promise<Play> => {
  const cast = await waitUntilAtRest(lab);
  const client = await lab.client({ verifyTimeoutMs: PROOF_MS });
  await sleep(BEFORE_MS + Math.random() * MONITOR_PERIOD_MS);
  const faultAtMs = Date.now();
  const inflicted = inflict(lab, fault, cast);
  // Awaited below; until then it must not end the process.
  inflicted.catch(() => undefined);
  const cameBack = await waitForReturn(lab, client, cast.primary);
  const marks = await readMarks(lab, fault, cast, faultAtMs);
  if (cameBack) await inflicted;
  const proof = client.stop();
  const lost = cameBack
    ? (await proof).lost
    : await proof.then(
        () => 0,
        () => 0,
      );
  const acknowledgedAtMs = client.acknowledgedAtMs();
  const outageMs = outageOf(acknowledgedAtMs, faultAtMs) ?? Number.NaN;
  if (cameBack && Number.isNaN(outageMs))
    throw new LabError('The client wrote on one side of the fault only.');
  return {
    ...{ agent, fault, round, cameBack, lost, marks },
    outageMs: cameBack ? outageMs : GIVE_UP_MS,
    writes: writesAround(acknowledgedAtMs, faultAtMs),
  };
};

/** @throws LabError if the cluster does not come to rest, or the client cannot prove its rows */
export const play = async (setting: Setting): Promise<Play> => {
  const { name, agent, corosync, logs } = setting;
  const lab = await createLab({
    ...{ name, agent, corosync, repMode: 'sync', nodes: 3, migrationThreshold: 1 },
    logDirectory: logs,
  });
  try {
    return await playOn(lab, setting);
  } finally {
    await lab.collectLogs(logs).catch(() => undefined);
    await lab.down();
  }
};

/** One case, from a cluster that is well to one that is well again. */
import {
  type Attempt,
  lostAttempts,
  sinceBootMs,
  startLocalWriters,
} from '../../lab/client/local-writers.ts';
import type { Client, Lab } from '../../lab/index.ts';
import { longestGapMs, overlapsOf } from '../terms.ts';
import { begin, end, type Scene, waitUntilNoticed } from './acts.ts';
import { ARBITER, bringBack, type Cast, cleanUp, waitUntilWell } from './at-rest.ts';
import { type Case, idOf, nameOf, type Trouble } from './cases.ts';
import { decidedWriter, type Patience } from './judge.ts';
import type { Played, Versions } from './results.ts';

export const LEASE_MS = 12_000;
const WAIT_MS = 90_000;
/** Close enough to tell who writes; each attempt is a psql. */
const PAUSE_SECONDS = 0.25;
const CLIENT_PAUSE_MS = 50;
/** A takeover after the word of a standby: two leases and more, and a machine that is busy. */
const SILENCE_MS = 50_000;

/** The guard renews for two leases after Pacemaker's last order. */
const patienceWith = (trouble: Trouble): Patience => ({
  goesOnMs: trouble.kind === 'pacemaker-killed' ? 3.5 * LEASE_MS : LEASE_MS + 3_000,
  silenceMs: SILENCE_MS,
});

const latestOf = async ({ lab, nodes, writers }: Scene): Promise<readonly Attempt[]> => {
  const looks = [nodes.P, nodes.S].map(async (node) =>
    (await lab.power(node)) === 'running' ? writers.latest(node) : [],
  );
  return (await Promise.all(looks)).flat();
};

/** Waits until it is decided what has come of a trouble. @returns who writes; '': nobody */
const outcomeOf = async (scene: Scene, trouble: Trouble, before: string | undefined): Promise<string> => {
  const sinceMs = await sinceBootMs();
  let writer: string | undefined;
  await scene.lab.waitUntil(
    'it to be decided who writes',
    async () => {
      // A look at a node that is frozen in this moment fails.
      const attempts = await latestOf(scene);
      const look = { attempts, before, sinceMs, nowMs: await sinceBootMs() };
      writer = decidedWriter(look, patienceWith(trouble));
      return writer !== undefined;
    },
    WAIT_MS + SILENCE_MS,
  );
  return writer ?? '';
};

interface Told {
  readonly writer: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const tell = async (
  scene: Scene,
  client: Client,
  { begins, isLater, heals }: Case,
  progress: (text: string) => void,
): Promise<Told> => {
  const { nodes } = scene;
  const fromMs = await sinceBootMs();
  let writer: string = nodes.P;
  for (const [i, trouble] of begins.entries()) {
    progress(`  begins: ${nameOf(trouble)}`);
    await begin(scene, trouble);
    if (isLater || i === begins.length - 1)
      writer = await outcomeOf(scene, trouble, writer === '' ? undefined : writer);
  }
  const toMs = await sinceBootMs();
  progress(`  ${writer === '' ? 'nobody' : writer} writes`);
  // Whom the clients find by the address is one thing, who writes another.
  if (writer !== '') await client.waitForWrites(10, WAIT_MS);
  for (const [i, trouble] of heals.entries()) {
    progress(`  ends: ${nameOf(trouble)}`);
    await end(scene, trouble);
    // What is last shows in the end itself.
    if (i < heals.length - 1) await waitUntilNoticed(scene, heals.slice(i + 1), WAIT_MS);
  }
  return { writer, fromMs, toMs };
};

export interface Play {
  readonly lab: Lab;
  readonly cast: Cast;
  readonly each: Case;
  readonly versions: Versions;
  readonly progress: (text: string) => void;
}

/** @throws Error if the cluster does not become well again */
export const play = async ({ lab, cast, each, versions, progress }: Play): Promise<Played> => {
  const { primary, standby } = cast;
  const client = await lab.client({ pauseMs: CLIENT_PAUSE_MS });
  try {
    const writers = await startLocalWriters(lab, primary, PAUSE_SECONDS);
    await writers.waitForRows(primary, 5);
    const nodes = { P: primary, S: standby, A: ARBITER };
    const { writer, fromMs, toMs } = await tell({ lab, nodes, writers }, client, each, progress);
    const repair = await bringBack(lab);
    await waitUntilWell(lab);
    await cleanUp(lab);
    const end = await waitUntilWell(lab);
    progress('  all is well');
    const [attempts, report] = [await writers.stop(), await client.stop()];
    const lost = [...(await lostAttempts(lab, end.primary, attempts)), ...report.lostAttempts];
    const letter = (node: string): 'P' | 'S' => (node === primary ? 'P' : 'S');
    return {
      id: idOf(each),
      at: new Date().toISOString().slice(0, 16).replace('T', ' '),
      versions,
      writer: writer === '' ? 'nobody' : letter(writer),
      gapMs: longestGapMs(attempts, fromMs, toMs),
      clientGapMs: report.longestGapMs,
      primary: letter(end.primary),
      ...(repair === undefined ? {} : { repair }),
      rows: report.acked + attempts.filter(({ acknowledged }) => acknowledged).length,
      lost: lost.length,
      overlaps: overlapsOf(attempts),
    };
  } catch (error) {
    client.stop().catch(() => undefined);
    throw error;
  }
};

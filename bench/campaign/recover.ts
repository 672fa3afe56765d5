/** The way back to a cluster that is well: by itself, or by what it names; nothing else is done. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type CrmMon, type Lab, LabError } from '../../lab/index.ts';
import { isAtRest } from '../cluster-at-rest.ts';
import { type Help, type Named, namedHelp, parseProblems } from './help.ts';
import { type Cast, castOf, lackOf, signatureOf, type Views } from './well.ts';

/** From the end of the last fault on, or from that of the last command. A standby that was lost some times in five minutes streams for a while before it counts. */
const WELL_MS = 150_000;
/** As long as an operator looks on while nothing moves. */
const PATIENCE_MS = 20_000;
const EVERY_MS = 500;
const COMMAND_MS = 150_000;

export interface Ran extends Help {
  readonly exitCode: number;
  readonly output: string;
}

export interface Recovery {
  readonly cast: Cast;
  readonly help: readonly Ran[];
  /** the cluster was well, and was asked to forget what had failed, as it wished */
  readonly isTidied: boolean;
  readonly tookMs: number;
}

const lookAll = async (lab: Lab): Promise<Views> => {
  const looks = lab.options.nodeNames.map(
    async (node): Promise<[string, CrmMon | undefined]> => [
      node,
      await lab.crmMon(node).catch(() => undefined),
    ],
  );
  return new Map(await Promise.all(looks));
};

interface Told {
  readonly node: string;
  readonly exitCode: number;
  readonly problems: readonly Named[];
}

const ask = async (lab: Lab, node: string): Promise<Told> => {
  const options = { allowFailure: true, timeoutMs: 30_000 };
  const { exitCode, stdout, stderr } = await lab.exec(node, ['cls_status', '--json'], options);
  if (stdout === '') throw new LabError(`${node}: cls_status ended with ${exitCode}: ${stderr}`);
  return { node, exitCode, problems: parseProblems(stdout) };
};

const askAll = async (lab: Lab): Promise<readonly Told[]> => {
  const asked = lab.options.nodeNames.map((node) => ask(lab, node).catch(() => undefined));
  return (await Promise.all(asked)).filter((told) => told !== undefined);
};

const describeProblems = (told: readonly Told[]): string =>
  told
    .flatMap(({ node, exitCode, problems }) => [
      `  cls_status on ${node} ends with ${exitCode}`,
      ...problems
        .filter(({ severity }) => severity !== 'note')
        .map(({ severity, sentence, command }) => `    ${severity}: ${sentence} => ${command ?? 'nothing'}`),
    ])
    .join('\n');

/** What is still missing, also by the word of cls_status; undefined if nothing is. */
const missing = async (lab: Lab, views: Views): Promise<string | undefined> => {
  const lack = lackOf(views, lab.options);
  if (lack !== undefined) return lack;
  const atRest = await Promise.all(lab.options.nodeNames.map((node) => isAtRest(lab, node)));
  if (!atRest.every(Boolean)) return 'Pacemaker has something left to do';
  // The scores of a hand-over can be there already while the old primary is still the only one.
  const after = lackOf(await lookAll(lab), lab.options);
  if (after !== undefined) return after;
  const { exitCode, node } = await ask(lab, castOf(views).primary);
  return exitCode === 0 ? undefined : `the cluster is well, but cls_status on ${node} ends with ${exitCode}`;
};

const startedBy = (command: string): string | undefined => /^pcs cluster start (\S+)$/.exec(command)?.[1];

/** A node that is not there yet although all of its cluster software runs: nothing is left to start. */
const changesNothing = async (lab: Lab, { command }: Help): Promise<boolean> => {
  const node = startedBy(command);
  if (node === undefined) return false;
  const { exitCode } = await lab.exec(node, ['cluster-stack', 'status'], { allowFailure: true });
  return exitCode === 0;
};

const run = async (lab: Lab, { command, node, why }: Help): Promise<Ran> => {
  const start = startedBy(command);
  // Nodes of the lab have no pcsd.
  if (start !== undefined) {
    await lab.startCluster(start);
    return { command, node: start, why, exitCode: 0, output: '' };
  }
  const options = { allowFailure: true, timeoutMs: COMMAND_MS };
  const { exitCode, stdout, stderr } = await lab.exec(node, command.split(' '), options);
  return { command, node, why, exitCode, output: `${stdout}\n${stderr}`.trim() };
};

const helpFrom = (told: readonly Told[], views: Views): Help | undefined => {
  const failures = [...views.values()].find((view) => view?.quorum)?.failures ?? [];
  for (const { node, problems } of told) {
    const help = namedHelp(problems, [], node);
    if (help !== undefined) return help;
  }
  return namedHelp([], failures, '');
};

const anyAtRest = async (lab: Lab): Promise<boolean> => {
  const looks = lab.options.nodeNames.map((node) => isAtRest(lab, node).catch(() => false));
  return (await Promise.all(looks)).some(Boolean);
};

/** @throws LabError if it does not become well in time by so many commands at most, all of them named */
const waitUntilWell = async (
  lab: Lab,
  mostCommands: number,
  help: Ran[],
  progress: (text: string) => void,
): Promise<Cast> => {
  let began = performance.now();
  let since = began;
  let seen = '';
  for (;;) {
    const views = await lookAll(lab);
    const lack = await missing(lab, views).catch((error: Error) => error.message);
    if (lack === undefined) return castOf(views);
    const now = performance.now();
    const signature = `${signatureOf(views)} ${lack}`;
    if (signature !== seen) [seen, since] = [signature, now];
    const isOver = now - began > WELL_MS;
    const mayHelp = help.length < mostCommands && now - since > PATIENCE_MS && (await anyAtRest(lab));
    const told = isOver || mayHelp ? await askAll(lab) : [];
    const named = mayHelp ? helpFrom(told, views) : undefined;
    if (named !== undefined && !(await changesNothing(lab, named))) {
      progress(`  runs what is named: ${named.command} on ${named.node} (${named.why})`);
      const ran = await run(lab, named);
      help.push(ran);
      if (ran.exitCode !== 0) progress(`  that ended with ${ran.exitCode}: ${ran.output}`);
      began = performance.now();
      since = began;
    } else if (isOver) {
      throw new LabError(`Not well for ${Math.round(WELL_MS / 1000)} s: ${lack}\n${describeProblems(told)}`);
    }
    await sleep(EVERY_MS);
  }
};

/** What a cluster that is well still asks for, so that old failures do not count in the rounds that follow. */
const tidy = async (lab: Lab, { primary }: Cast): Promise<boolean> => {
  const { problems } = await ask(lab, primary);
  if (!problems.some(({ command }) => command === 'cls_cleanup')) return false;
  await lab.exec(primary, ['cls_cleanup'], { timeoutMs: COMMAND_MS });
  return true;
};

/** @throws LabError if the cluster does not become well */
export const recover = async (
  lab: Lab,
  mostCommands: number,
  progress: (text: string) => void,
): Promise<Recovery> => {
  const began = performance.now();
  const help: Ran[] = [];
  const cast = await waitUntilWell(lab, mostCommands, help, progress);
  const tookMs = Math.round(performance.now() - began);
  const isTidied = await tidy(lab, cast);
  return {
    cast: isTidied ? await waitUntilWell(lab, 0, help, progress) : cast,
    help,
    isTidied,
    tookMs,
  };
};

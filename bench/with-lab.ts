/** The lab that something is measured in: one that is up, or one that is made for it and removed. */
import { createLab, type Lab, LabError, openLab, UsageError } from '../lab/index.ts';
import { labNames } from '../lab/state.ts';

export interface WantedLab {
  readonly name: string | undefined;
  /** undefined: 3, or as many as the lab has that is up */
  readonly nodes: number | undefined;
}

const reuse = async (name: string, { nodes }: WantedLab): Promise<Lab> => {
  const lab = await openLab(name);
  const { agent, repMode, nodeNames } = lab.options;
  if (agent !== 'pha' || repMode !== 'sync')
    throw new UsageError(
      `The lab "${name}" runs the agent ${agent} with rep_mode ${repMode}, not pha with sync.`,
    );
  if (nodes !== undefined && nodes !== nodeNames.length)
    throw new UsageError(`The lab "${name}" has ${nodeNames.length} nodes, not ${nodes}.`);
  // What is measured is what was built last.
  await lab.refresh();
  return lab;
};

/**
 * SIGINT and SIGTERM let `use` end in good order, at the next place where it looks at the signal. More of them change
 * nothing: tsx passes one on twice to a process that does not end at once.
 */
export const untilInterrupted = async <T>(use: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const controller = new AbortController();
  const interrupt = (name: NodeJS.Signals): void => controller.abort(new LabError(`Ended by ${name}.`));
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    return await use(controller.signal);
  } catch (error) {
    // From a terminal, the programs that were running got the signal, too: their complaint is no news.
    throw controller.signal.aborted ? controller.signal.reason : error;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
};

/** @throws UsageError if the lab of that name is none to measure in, LabError for anything that does not work */
export const withLab = async <T>(
  wanted: WantedLab,
  progress: (text: string) => void,
  use: (lab: Lab, signal: AbortSignal) => Promise<T>,
): Promise<T> =>
  untilInterrupted(async (signal) => {
    const { name } = wanted;
    if (name !== undefined && (await labNames()).includes(name))
      return use(await reuse(name, wanted), signal);
    const lab = await createLab({
      name: name ?? `bench-${process.pid}`,
      nodes: wanted.nodes ?? 3,
      agent: 'pha',
      repMode: 'sync',
      onProgress: progress,
    });
    try {
      return await use(lab, signal);
    } finally {
      await lab.down();
    }
  });

import { type Deadline, wallClockMs, within } from '../../system/clock.ts';
import { type Fact, known, unknown } from '../../system/fact.ts';
import { describeFailure, type RunResult, run, succeeded } from '../../system/process.ts';
import { type Assignment, FACTS_MARK, FORMAT } from './assignment.ts';
import type { NodeFacts } from './facts/facts.ts';
import { examineThisNode } from './facts/node-facts.ts';

/** A node's facts, and how far its clock is from the one of this node. */
export interface Examination {
  readonly facts: NodeFacts;
  readonly clock: ClockDifference;
}

/** The difference is `aheadMs`, give or take `errorMs`. */
export interface ClockDifference {
  readonly aheadMs: number;
  readonly errorMs: number;
}

const CONNECT_SECONDS = 3;
/** For the answer to travel after the other node has given up. */
const TRAVEL_MS = 500;

/** No question is ever asked: a node that wants a password is not examined. */
const SSH_OPTIONS = [
  ...['-o', 'BatchMode=yes', '-o', `ConnectTimeout=${CONNECT_SECONDS}`, '-o', 'LogLevel=ERROR'],
  ...['-T', '-x', '-a'],
];

/** What ssh runs over there has a short PATH. */
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The machine where somebody asks. */
export interface Asker {
  readonly self: string;
  /** It belongs to the cluster, and is examined even where no list names it. */
  readonly isNode: boolean;
}

/**
 * This node itself and all others at once, each within its own deadline.
 *
 * @param others nodes of the cluster that are to run no database
 */
export async function examineNodes(
  { self, isNode }: Asker,
  assignment: Omit<Assignment, 'node'>,
  others: readonly string[],
  deadline: Deadline,
  waitingFor: (nodes: readonly string[]) => void,
): Promise<ReadonlyMap<string, Fact<Examination>>> {
  const names = assignment.nodes.map(({ name }) => name);
  const unnamed = isNode && !names.includes(self) ? [self] : [];
  const all = [...new Set([...unnamed, ...names, ...others])];
  const waiting = new Set(all);
  const examinations = await Promise.all(
    all.map(async (node) => {
      const database = others.includes(node) ? null : assignment.database;
      const own = { ...assignment, node, database };
      const examination = node === self ? await examineHere(own, deadline) : await askNode(own, deadline);
      waiting.delete(node);
      if (waiting.size > 0) waitingFor([...waiting]);
      return [node, examination] as const;
    }),
  );
  return new Map(examinations);
}

async function examineHere(assignment: Assignment, deadline: Deadline): Promise<Fact<Examination>> {
  const facts = await examineThisNode(assignment, within(deadline, deadline.remainingMs() - TRAVEL_MS));
  return known({ facts, clock: { aheadMs: 0, errorMs: 0 } });
}

async function askNode(assignment: Assignment, deadline: Deadline): Promise<Fact<Examination>> {
  const seconds = Math.max(1, Math.floor((deadline.remainingMs() - TRAVEL_MS) / 1000));
  const remote = ['env', PATH, 'cls_doctor', '--node-facts', `--timeout=${seconds}`];
  const sentMs = wallClockMs();
  const result = await run('ssh', [...SSH_OPTIONS, '--', assignment.node, ...remote], {
    deadline,
    input: JSON.stringify(assignment),
  });
  const receivedMs = wallClockMs();
  const facts = parseAnswer(result);
  return facts.known
    ? known({ facts: facts.value, clock: clockDifference(sentMs, facts.value.clock, receivedMs) })
    : facts;
}

/** As the Network Time Protocol does it (RFC 5905, section 8): what the way takes is the error. */
export const clockDifference = (
  sentMs: number,
  { beganMs, endedMs }: NodeFacts['clock'],
  receivedMs: number,
): ClockDifference => ({
  aheadMs: (beganMs - sentMs + (endedMs - receivedMs)) / 2,
  errorMs: Math.max(0, (receivedMs - sentMs - (endedMs - beganMs)) / 2),
});

export function parseAnswer(result: RunResult): Fact<NodeFacts> {
  if (result.exitCode === 127) return unknown('pha is not installed there; ./install.sh does it');
  if (result.exitCode === 100) return unknown('its pha is another version; ./install.sh mends it');
  if (!succeeded(result)) return unknown(describeFailure(result));
  const line = result.stdout.split('\n').findLast((each) => each.startsWith(FACTS_MARK)) ?? '';
  try {
    const facts = JSON.parse(line.slice(FACTS_MARK.length)) as NodeFacts | null;
    return facts?.format === FORMAT
      ? known(facts)
      : unknown('its pha is another version; ./install.sh mends it');
  } catch {
    return unknown('its answer is not understood: is its pha the same version?');
  }
}

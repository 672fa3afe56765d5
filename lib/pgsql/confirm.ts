import { queryMembers } from '../pacemaker/corosync-members.ts';
import type { Outcome } from '../pacemaker/outcome.ts';
import { localQuorum, queryPeer } from '../pacemaker/query.ts';
import type { ClusterView } from '../pacemaker/view.ts';
import { type Deadline, within } from '../system/clock.ts';
import { clusterFacts } from './cluster-facts.ts';
import { DataStatus, type StateNames } from './names.ts';
import { formatReplInfo } from './repl-info.ts';
import type { StepArguments } from './steps.ts';

/** Who does not answer within this time has not confirmed. */
const ANSWER_MS = 2_000;
/** A peer answers within 25 ms, and on a busy machine within 60. */
const PATIENCE_MS = 100;

type ConfirmArguments = StepArguments['confirm'];

export interface WantedRecord extends ConfirmArguments {
  /** REPL_INFO to the letter; '' when there is to be none */
  readonly replInfoText?: string;
}

/** Is what was to be recorded in this copy of the CIB? */
export const isRecorded = (view: ClusterView, names: StateNames, wanted: WantedRecord): boolean => {
  const facts = clusterFacts(view, names);
  return (
    Object.entries(wanted.dataStatus).every(([node, value]) => facts.dataStatus(node) === value) &&
    wanted.notSync.every((node) => facts.dataStatus(node) !== DataStatus.sync) &&
    (wanted.replInfo === undefined || facts.replInfoText === formatReplInfo(wanted.replInfo)) &&
    (wanted.replInfoText === undefined || (facts.replInfoText ?? '') === wanted.replInfoText)
  );
};

const majorityOf = (members: number): number => Math.floor(members / 2) + 1;

/** The judgement on the answers, without asking anyone: pure. */
export const judgeConfirmation = (
  members: number,
  confirmed: readonly string[],
  missing: readonly string[],
): Outcome => {
  const needed = majorityOf(members);
  if (confirmed.length >= needed) return { ok: true };
  return {
    ok: false,
    reason:
      `recorded on ${confirmed.join(', ') || 'no node'} only, not on ${missing.join(', ') || 'others'}: ` +
      `${needed} of ${members} nodes must have it before commits may go on`,
  };
};

/**
 * Invariant 2: a write to the CIB counts when a majority of the cluster has it. The write itself may have returned in
 * the second before Corosync notices that this node is cut off; an answer from the other nodes' own CIBs cannot.
 * Any majority that could elect another primary later then has at least one node that knows of the record.
 */
export const confirmRecord = async (
  self: string,
  view: ClusterView,
  names: StateNames,
  wanted: WantedRecord,
  deadline: Deadline,
): Promise<Outcome> => {
  const members = [...view.nodes.values()].filter((node) => !node.remote);
  const asked = members.filter((node) => node.online && node.name !== self);
  const limit = within(deadline, ANSWER_MS);
  // Side by side, since writes wait. The write has returned before either question is asked.
  const asksQuorum = localQuorum(limit);
  const confirmed = await untilEnough(
    asked.map(({ name }) => name),
    majorityOf(members.length) - 1,
    async (name) => {
      const answer = await queryPeer(name, limit);
      return answer.known && isRecorded(answer.value, names, wanted);
    },
  );
  const missing = members
    .map((node) => node.name)
    .filter((name) => name !== self && !confirmed.includes(name));
  const majority = judgeConfirmation(members.length, [self, ...confirmed], missing);
  if (!majority.ok) return majority;
  const quorum = await asksQuorum;
  if (quorum.known && quorum.value) return { ok: true };
  return {
    ok: false,
    reason: quorum.known ? 'this node has no quorum any more' : `quorum: ${quorum.reason}`,
  };
};

/**
 * Of two nodes one alone is no majority, but with a quorum device it may act alone (decide/apart.ts). As above the write has returned
 * before the quorum is asked for, and Corosync has formed the membership without the other node, so that it is this part's own.
 */
export const confirmAlone = async (objection: string, deadline: Deadline): Promise<Outcome> => {
  const limit = within(deadline, ANSWER_MS);
  const [quorum, members] = await Promise.all([localQuorum(limit), queryMembers(limit)]);
  if (!quorum.known || !members.known)
    return {
      ok: false,
      reason: `${objection}; ${quorum.known ? '' : quorum.reason}${members.known ? '' : members.reason}`,
    };
  const { joined, device } = members.value;
  if (quorum.value && joined === 1 && device !== undefined) return { ok: true };
  return {
    ok: false,
    reason: `${objection}; and this node alone has no quorum by a quorum device (quorum: ${quorum.value ? 'yes' : 'no'}, members: ${joined}, device: ${device ?? 'none'})`,
  };
};

/**
 * Those who say yes, as soon as they are enough, or when nobody is left to answer. Commits hang meanwhile, and each question takes
 * the time of two processes: so no more are asked than are needed, and the others where one says no, or nothing for a while. A peer
 * that was cut off a moment ago is still listed as a member but never answers.
 *
 * @param patienceMs after this time all others are asked, too
 */
export const untilEnough = (
  peers: readonly string[],
  needed: number,
  confirms: (peer: string) => Promise<boolean>,
  patienceMs = PATIENCE_MS,
): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    const unasked = [...peers];
    const confirmed: string[] = [];
    let open = 0;
    const ask = (count: number): void => {
      for (const peer of unasked.splice(0, count)) {
        open += 1;
        confirms(peer).then((yes) => {
          open -= 1;
          if (yes) confirmed.push(peer);
          else ask(1);
          settle();
        }, giveUp);
      }
    };
    const patience = setTimeout(() => ask(unasked.length), patienceMs);
    const giveUp = (error: unknown): void => {
      clearTimeout(patience);
      reject(error);
    };
    const settle = (): void => {
      if (confirmed.length < needed && open > 0) return;
      clearTimeout(patience);
      resolve([...confirmed]);
    };
    ask(needed);
    settle();
  });

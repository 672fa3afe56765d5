import type { Deadline } from '../system/clock.ts';
import { type Fact, known, unknown } from '../system/fact.ts';
import { describeFailure, run } from '../system/process.ts';

/** `silent`: corosync-qdevice runs on the node, and corosync-qnetd does not vote for it. `absent`: it does not run there, or hangs. */
export type DeviceVote = 'votes' | 'silent' | 'absent';

/** By node; nobody where Corosync has no quorum device. */
export type DeviceVotes = Readonly<Record<string, DeviceVote>>;

/** A member with its flags of the device, as corosync-quorumtool(8) prints it: `1  1  A,NV,NMW node1 (local)`. */
const MEMBER = /^ *[1-9]\d* +\d+ +(NR|NA|A),?(N?V)?\S* +(\S+)/gm;

export const deviceVotesIn = (text: string): DeviceVotes =>
  Object.fromEntries(
    [...text.matchAll(MEMBER)].map(([, state, vote, node = '']): [string, DeviceVote] => [
      node,
      state !== 'A' ? 'absent' : vote === 'V' ? 'votes' : 'silent',
    ]),
  );

/** What the members of this part tell each other. The exit code says whether this part has quorum. */
export const queryDeviceVotes = async (deadline: Deadline): Promise<Fact<DeviceVotes>> => {
  const result = await run('corosync-quorumtool', ['-s'], { deadline });
  return result.stdout.includes('Membership information')
    ? known(deviceVotesIn(result.stdout))
    : unknown(describeFailure(result));
};

export const votersOf = (
  votes: DeviceVotes,
): {
  readonly all: readonly string[];
  readonly silent: readonly string[];
  readonly absent: readonly string[];
} => {
  const all = Object.keys(votes);
  const which = (wanted: DeviceVote): readonly string[] => all.filter((node) => votes[node] === wanted);
  return { all, silent: which('silent'), absent: which('absent') };
};

import type { Deadline } from '../system/clock.ts';
import { type Fact, known, unknown } from '../system/fact.ts';
import { describeFailure, run, succeeded } from '../system/process.ts';
import { type CorosyncValues, parseCmap } from './corosync.ts';

/** What Corosync itself has, without Pacemaker in between. */
export interface CorosyncMembers {
  readonly joined: number;
  /** How often each has joined, by its number: another text whenever one has come, also if it has gone again since. */
  readonly joins: string;
  /** `net` with corosync-qnetd; undefined without a quorum device */
  readonly device: string | undefined;
  /** For how long a node that is cut off from the device still counts its vote, at most (corosync-qdevice(8), timeout). */
  readonly deviceTimeoutMs: number;
}

const DEFAULT_TIMEOUT_MS = 10_000;

export const membersIn = (values: CorosyncValues): CorosyncMembers => ({
  joined: Object.entries(values).filter(
    ([key, value]) => /^runtime\.members\.\d+\.status$/.test(key) && value === 'joined',
  ).length,
  joins: Object.entries(values)
    .flatMap(([key, count]) => {
      const id = /^runtime\.members\.(\d+)\.join_count$/.exec(key)?.[1];
      return id === undefined ? [] : [`${id}:${count}`];
    })
    .sort()
    .join(' '),
  device: values['quorum.device.model'],
  deviceTimeoutMs: Number(values['quorum.device.timeout']) || DEFAULT_TIMEOUT_MS,
});

/** A Corosync that is stopped or hangs is unknown: what Pacemaker has of it then may be old. */
export const queryMembers = async (deadline: Deadline): Promise<Fact<CorosyncMembers>> => {
  const result = await run('corosync-cmapctl', [], { deadline });
  if (!succeeded(result)) return unknown(describeFailure(result));
  const members = membersIn(parseCmap(result.stdout));
  return members.joined > 0 ? known(members) : unknown('corosync-cmapctl shows no members');
};

import { queryMembers } from '../../pacemaker/corosync-members.ts';
import { type DeviceVotes, queryDeviceVotes } from '../../pacemaker/quorum-device.ts';
import { actsAloneInMs } from '../../pgsql/decide/apart.ts';
import { memoryFileOf } from '../../pgsql/from-parameters.ts';
import { parseMemory } from '../../pgsql/memory.ts';
import { type Deadline, sinceBootMs, within } from '../../system/clock.ts';
import { type Fact, known, unknown } from '../../system/fact.ts';
import { readTextIfExists } from '../../system/files.ts';
import type { PgsqlResource } from '../cluster/pgsql-resource.ts';

/** What this node knows of the quorum device of two nodes. */
export interface DeviceSnapshot {
  readonly votes: Fact<DeviceVotes>;
  /** When this node may act without the other one, by what its agent remembers; undefined: not before it has seen it again. */
  readonly actsAloneInMs: Fact<number | undefined>;
}

const ANSWER_MS = 3_000;

/** Reads only; undefined without quorum_device. */
export const observeDevice = async (
  { id, provider, parameters }: PgsqlResource,
  deadline: Deadline,
): Promise<DeviceSnapshot | undefined> => {
  if (provider !== 'pha' || !parameters.quorum_device) return undefined;
  const limit = within(deadline, ANSWER_MS);
  const [votes, members] = await Promise.all([queryDeviceVotes(limit), queryMembers(limit)]);
  const text = memoryText(id);
  if (!members.known) return { votes, actsAloneInMs: members };
  if (!text.known) return { votes, actsAloneInMs: text };
  const { apart } = parseMemory(text.value);
  return { votes, actsAloneInMs: known(actsAloneInMs(apart, sinceBootMs(), members.value.deviceTimeoutMs)) };
};

/** There is one where the agent has looked, and root may read it. */
const memoryText = (resource: string): Fact<string> => {
  const path = memoryFileOf(resource);
  try {
    const text = readTextIfExists(path);
    return text === undefined ? unknown(`there is no ${path}`) : known(text);
  } catch (error) {
    return unknown(error instanceof Error ? error.message : String(error));
  }
};

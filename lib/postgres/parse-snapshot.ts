import { booleanOf, fieldOf, listOf, Malformed, numberOf, objectOf, required, textOf } from './json.ts';
import { type Lsn, parseLsn, parseTimeline, type Timeline } from './lsn.ts';
import { parseSettings, present } from './parse-settings.ts';
import type { Parsed } from './parsed.ts';
import type { PrimaryState, Receiver, Sender, ServerState, Slot, StandbyState } from './server-state.ts';
import { parseServerVersionNum } from './version.ts';

type JsonObject = ReturnType<typeof objectOf>;

const lsnField = (object: JsonObject, ...names: readonly string[]): Lsn | undefined => {
  for (const name of names) {
    const lsn = parseLsn(textOf(object, name) ?? '');
    if (lsn !== undefined) return lsn;
  }
  return undefined;
};

const timelineField = (object: JsonObject, name: string): Timeline | undefined =>
  parseTimeline(String(numberOf(object, name)));

/** received_lsn became flushed_lsn with 13, when written_lsn was added. */
const receiverOf = (json: unknown): Receiver | undefined => {
  if (json === null || json === undefined) return undefined;
  const row = objectOf(json, 'receiver');
  return {
    pid: required(numberOf(row, 'pid'), 'the pid of the receiver'),
    ...present({
      status: textOf(row, 'status'),
      receivedTimeline: timelineField(row, 'received_tli'),
      receivedLsn: lsnField(row, 'flushed_lsn', 'received_lsn'),
      latestEndLsn: lsnField(row, 'latest_end_lsn'),
      senderHost: textOf(row, 'sender_host') || undefined,
      slotName: textOf(row, 'slot_name') || undefined,
    }),
  };
};

/** Columns ended in _location before 10. */
const senderOf = (json: unknown): Sender => {
  const row = objectOf(json, 'a sender');
  return {
    pid: required(numberOf(row, 'pid'), 'the pid of a sender'),
    ...present({
      applicationName: textOf(row, 'application_name'),
      clientAddr: textOf(row, 'client_addr'),
      state: textOf(row, 'state'),
      syncState: textOf(row, 'sync_state'),
      sentLsn: lsnField(row, 'sent_lsn', 'sent_location'),
      writeLsn: lsnField(row, 'write_lsn', 'write_location'),
      flushLsn: lsnField(row, 'flush_lsn', 'flush_location'),
      replayLsn: lsnField(row, 'replay_lsn', 'replay_location'),
      replyTime: textOf(row, 'reply_time'),
      backendAgeSeconds: numberOf(row, 'backend_age_seconds'),
    }),
  };
};

const slotOf =
  (end: Lsn | undefined) =>
  (json: unknown): Slot => {
    const row = objectOf(json, 'a slot');
    const restartLsn = lsnField(row, 'restart_lsn');
    const retained = end !== undefined && restartLsn !== undefined ? end - restartLsn : undefined;
    return {
      name: required(textOf(row, 'slot_name'), 'the name of a slot'),
      type: textOf(row, 'slot_type') === 'logical' ? 'logical' : 'physical',
      temporary: booleanOf(row, 'temporary') ?? false,
      active: booleanOf(row, 'active') ?? false,
      ...present({
        restartLsn,
        walStatus: textOf(row, 'wal_status'),
        retainedBytes: retained !== undefined && retained < 0n ? 0n : retained,
      }),
    };
  };

const commonOf = (json: JsonObject, end: Lsn | undefined) => ({
  version: required(parseServerVersionNum(textOf(json, 'serverVersionNum') ?? ''), 'serverVersionNum'),
  systemIdentifier: required(textOf(json, 'systemIdentifier'), 'systemIdentifier'),
  checkpointTimeline: required(timelineField(json, 'checkpointTimeline'), 'checkpointTimeline'),
  senders: listOf(json, 'senders').map(senderOf),
  slots: listOf(json, 'slots').map(slotOf(end)),
  settings: parseSettings(fieldOf(json, 'settings')),
  ...present({ checkpointerWaitEvent: textOf(json, 'checkpointerWaitEvent') }),
});

const primaryOf = (json: JsonObject): PrimaryState => {
  const walInsert = required(lsnField(json, 'walInsert'), 'walInsert');
  const timeline = Number.parseInt(textOf(json, 'walFileName')?.slice(0, 8) ?? '', 16);
  return {
    inRecovery: false,
    timeline: required(parseTimeline(String(timeline)), 'walFileName'),
    walInsert,
    walFlush: required(lsnField(json, 'walFlush'), 'walFlush'),
    ...commonOf(json, walInsert),
  };
};

const standbyOf = (json: JsonObject): StandbyState => {
  const receiveLsn = lsnField(json, 'receiveLsn');
  const replayLsn = lsnField(json, 'replayLsn');
  const receiver = receiverOf(fieldOf(json, 'receiver'));
  const common = commonOf(json, replayLsn ?? receiveLsn);
  const timelines = [
    common.checkpointTimeline,
    timelineField(json, 'minRecoveryTimeline') ?? 0,
    receiver?.receivedTimeline ?? 0,
  ];
  return {
    inRecovery: true,
    timeline: Math.max(...timelines),
    replayPaused: booleanOf(json, 'replayPaused') ?? false,
    ...present({
      receiveLsn,
      replayLsn,
      receiver,
      lastReplayAgeSeconds: numberOf(json, 'lastReplayAgeSeconds'),
    }),
    ...common,
  };
};

const decoded = (json: unknown): unknown => {
  if (typeof json !== 'string') return json;
  try {
    return JSON.parse(json);
  } catch {
    throw new Malformed('the answer is not JSON');
  }
};

/** Reads what {@link snapshotSql} returns, as text or already decoded. */
export const parseSnapshot = (json: unknown): Parsed<ServerState> => {
  try {
    const object = objectOf(decoded(json), 'the answer');
    const inRecovery = required(booleanOf(object, 'inRecovery'), 'inRecovery');
    return { ok: true, value: inRecovery ? standbyOf(object) : primaryOf(object) };
  } catch (error) {
    if (error instanceof Malformed) return { ok: false, reason: error.message };
    throw error;
  }
};

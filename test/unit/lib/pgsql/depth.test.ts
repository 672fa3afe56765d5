import t from 'tap';
import { askingOf, asksCluster, looksAtAddress, patienceWithPrimaryMs } from '../../../../lib/pgsql/depth.ts';
import { EMPTY_MEMORY, type Memory } from '../../../../lib/pgsql/memory.ts';
import { aConfig, aNotification, aStandby, running } from './builders.ts';

const without = (count: number) => ({ ...EMPTY_MEMORY, withoutPrimary: { count, seen: '' } });
const CONFIG = aConfig({ checkCount: 3 });
const ALONE = running(aStandby());
const SEALED = running(aStandby({ settings: { ...aStandby().settings, primaryConninfo: '' } }));

t.test('how long the primary is waited for', async (t) => {
  const patience = (kind: 'monitor' | 'start', count: number, server = ALONE) =>
    patienceWithPrimaryMs({ kind }, without(count), server, CONFIG);
  t.equal(patience('monitor', 1), 300, 'the write VIP is started only when this monitor has ended');
  t.equal(patience('monitor', 2), 300);
  t.equal(patience('monitor', 3), Number.POSITIVE_INFINITY, 'it is long there, and may be slow');
  t.equal(patience('monitor', 1, SEALED), Number.POSITIVE_INFINITY, 'it must know who answers there');
  t.equal(patience('start', 1), Number.POSITIVE_INFINITY);
});

t.test('a probe asks the cluster only where it may find the primary of record', async (t) => {
  const asks = (isProbe: boolean, isRunning: boolean, standbySignal: boolean) =>
    asksCluster({ isProbe }, isRunning, { standbySignal });
  t.equal(asks(true, true, false), true);
  t.equal(asks(true, true, true), false, 'a standby');
  t.equal(asks(true, false, false), false, 'nothing runs');
  t.equal(asks(false, false, true), true, 'no probe');
});

t.test('a standby that is told of the promotion of another one looks who has the address', async (t) => {
  const look = { kind: 'notify', self: 'node3', round: 0, notify: undefined } as const;
  const asks = (type: 'pre' | 'post', candidate: string, parts: object = {}, standbySignal = true) =>
    looksAtAddress(
      { ...look, notify: aNotification(type, 'promote', { promote: [candidate] }), ...parts },
      { standbySignal },
    );
  t.equal(asks('pre', 'node2'), true);
  t.equal(asks('pre', 'node3'), false, 'the candidate does not lose time with it');
  t.equal(asks('post', 'node2'), false);
  t.equal(asks('pre', 'node2', { round: 1 }), false, 'once');
  t.equal(asks('pre', 'node2', {}, false), false, 'a primary');
  t.equal(asks('pre', 'node2', { kind: 'monitor', notify: undefined }), false);
});

t.test('who asks the arbiter for what', async (t) => {
  const asking = (
    kind: 'start' | 'stop' | 'monitor' | 'promote' | 'demote' | 'notify',
    standbySignal: boolean,
    { isRunning = true, isProbe = false, memory = EMPTY_MEMORY }: Partial<Circumstances> = {},
  ) => askingOf({ kind, isProbe }, memory, isRunning, { standbySignal });
  t.equal(asking('monitor', false), 'renew', 'a primary');
  t.equal(asking('monitor', true), 'look', 'a standby');
  t.equal(asking('monitor', false, { isRunning: false }), 'nothing');
  t.equal(asking('monitor', false, { isProbe: true }), 'nothing', 'a probe takes nothing');
  t.equal(asking('promote', true), 'look');
  t.equal(asking('start', true), 'look');
  t.equal(
    asking('promote', true, { memory: { ...EMPTY_MEMORY, holdsLock: true } }),
    'renew',
    'it has just taken it',
  );
  t.equal(asking('notify', false), 'nothing');
  t.equal(asking('stop', false), 'nothing', 'what is stopped gives it back');
});

interface Circumstances {
  readonly isRunning: boolean;
  readonly isProbe: boolean;
  readonly memory: Memory;
}

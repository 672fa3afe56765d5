import t from 'tap';
import { asksCluster, patienceWithPrimaryMs } from '../../../../lib/pgsql/depth.ts';
import { EMPTY_MEMORY } from '../../../../lib/pgsql/memory.ts';
import { aConfig, aStandby, running } from './builders.ts';

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

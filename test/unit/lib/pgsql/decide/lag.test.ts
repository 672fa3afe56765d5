import t from 'tap';
import { OcfExit } from '../../../../../heartbeat-ocf/exit-codes.ts';
import { parseLag } from '../../../../../lib/lvs/director/lag-attribute.ts';
import { done, reason } from '../../../../../lib/pgsql/decide/decision.ts';
import { tellLag } from '../../../../../lib/pgsql/decide/lag.ts';
import { EMPTY_MEMORY, LAG_UNTOLD, parseMemory, serializeMemory } from '../../../../../lib/pgsql/memory.ts';
import { aConfig, aPrimary, aReceiver, aSnapshot, aStandby, lsn, running, stepOf } from '../builders.ts';

const STEADY = done(OcfExit.SUCCESS, reason('standby.steady', 'standby', 'debug'), { memory: EMPTY_MEMORY });
const CONFIG = aConfig({ publishLag: true });
const behind = (replayLsn: string, lastReplayAgeSeconds: number) =>
  running(
    aStandby({
      receiver: aReceiver({ latestEndLsn: lsn('0/5000100') }),
      replayLsn: lsn(replayLsn),
      lastReplayAgeSeconds,
    }),
  );

t.test('a standby tells how far it is behind, when it has changed', async (t) => {
  const snapshot = aSnapshot({ server: behind('0/5000000', 7) });
  const decision = tellLag(STEADY, snapshot, CONFIG);
  t.same(stepOf(decision, 'tellLag'), { kind: 'tellLag', lag: '256 7' });
  t.equal(parseMemory(serializeMemory(decision.memory)).lag, '256 7');
  t.same(tellLag(STEADY, aSnapshot({ server: snapshot.server, memory: decision.memory }), CONFIG).steps, []);
  t.same(tellLag(STEADY, snapshot, aConfig()).steps, [], 'only where it is asked for');
});

t.test('an idle primary makes no lag', async (t) => {
  const decision = tellLag(STEADY, aSnapshot({ server: behind('0/5000100', 3600) }), CONFIG);
  t.same(stepOf(decision, 'tellLag'), { kind: 'tellLag', lag: '0 0' });
});

t.test(
  'a standby that receives nothing tells what it knows to lack, else that it does not know',
  async (t) => {
    const told = (parts: Parameters<typeof aStandby>[0], primaryEnd?: string): string => {
      const memory =
        primaryEnd === undefined ? EMPTY_MEMORY : { ...EMPTY_MEMORY, primaryEnd: lsn(primaryEnd) };
      const snapshot = aSnapshot({ server: running(aStandby(parts)), memory });
      return stepOf(tellLag({ ...STEADY, memory }, snapshot, CONFIG), 'tellLag').lag;
    };
    t.equal(told({}, '0/5000100'), '256 0');
    t.equal(told({}, '0/5000000'), '');
    t.equal(told({}), '');
    t.equal(told({ receiver: aReceiver({ status: 'waiting' }) }, '0/5000000'), '');
    t.equal(parseLag(''), undefined);
  },
);

t.test('switched off, it tells once that there is nothing to judge', async (t) => {
  const off = (lag?: string) => {
    const memory = lag === undefined ? EMPTY_MEMORY : { ...EMPTY_MEMORY, lag };
    return tellLag({ ...STEADY, memory }, aSnapshot({ server: behind('0/5000000', 7), memory }), aConfig());
  };
  for (const lag of ['256 7', '', LAG_UNTOLD]) {
    t.equal(stepOf(off(lag), 'tellLag').lag, '0 0');
    t.equal(off(lag).memory.lag, '0 0');
  }
  t.same(off('0 0').steps, []);
  t.same(off().steps, [], 'it never was on');
});

t.test('a primary and a probe tell nothing', async (t) => {
  t.same(tellLag(STEADY, aSnapshot({ server: running(aPrimary()) }), CONFIG).steps, []);
  t.same(tellLag(STEADY, aSnapshot({ server: behind('0/5000000', 7), isProbe: true }), CONFIG).steps, []);
});

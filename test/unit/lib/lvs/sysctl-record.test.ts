import fc from 'fast-check';
import t from 'tap';
import {
  formatRecord,
  heldBy,
  leaveSysctls,
  parseRecord,
  type SysctlRecord,
  type Sysctls,
  sysctlName,
  takeSysctls,
} from '../../../../lib/lvs/sysctl-record.ts';

const IGNORE = 'net/ipv4/conf/all/arp_ignore';
const EMPTY: SysctlRecord = { epoch: 'boot 1', held: {} };
const take = (record: SysctlRecord, holder: string, value: string, current: string) =>
  takeSysctls(record, holder, { [IGNORE]: value }, { [IGNORE]: current });
const leave = (record: SysctlRecord, holder: string, current: string) =>
  leaveSysctls(record, holder, { [IGNORE]: current });

t.test('one holder: what was found comes back', async (t) => {
  const taken = take(EMPTY, 'lvs', '1', '0');
  t.same(taken.writes, { [IGNORE]: '1' });
  t.same(heldBy(taken.record, 'lvs'), [IGNORE]);
  const left = leave(taken.record, 'lvs', '1');
  t.same(left, { record: EMPTY, writes: { [IGNORE]: '0' }, notes: [] });
});

t.test('a second start keeps what the first one found', async (t) => {
  const again = take(take(EMPTY, 'lvs', '1', '0').record, 'lvs', '1', '1');
  t.same(again.writes, {});
  t.same(leave(again.record, 'lvs', '1').writes, { [IGNORE]: '0' });
});

t.test('what is right already is held all the same, so that nobody takes it away', async (t) => {
  const both = take(take(EMPTY, 'a', '1', '0').record, 'b', '1', '1');
  const first = leave(both.record, 'a', '1');
  t.same(first.writes, {});
  t.same(leave(first.record, 'b', '1').writes, { [IGNORE]: '0' });
});

t.test('the one that remains gets what it wants', async (t) => {
  const both = take(take(EMPTY, 'a', '1', '0').record, 'b', '2', '1');
  t.same(both.writes, { [IGNORE]: '2' });
  t.same(leave(both.record, 'b', '2').writes, { [IGNORE]: '1' });
  t.same(leave(both.record, 'a', '2').writes, {});
});

t.test('what somebody else has set stays, and is told', async (t) => {
  const left = leave(take(EMPTY, 'lvs', '1', '0').record, 'lvs', '8');
  t.same(left.writes, {});
  t.same(left.notes, [
    'net.ipv4.conf.all.arp_ignore is 8: somebody has changed it since it was set to 1, so it is left alone (it was 0 before)',
  ]);
  t.same(left.record, EMPTY);
});

t.test('a setting that is gone, or back already, needs nothing', async (t) => {
  const { record } = take(EMPTY, 'lvs', '1', '0');
  t.same(leaveSysctls(record, 'lvs', {}), { record: EMPTY, writes: {}, notes: [] });
  t.same(leave(record, 'lvs', '0'), { record: EMPTY, writes: {}, notes: [] });
  t.same(leave(record, 'stranger', '1'), { record, writes: {}, notes: [] });
});

t.test('whoever comes and goes in whatever order: at the end everything is as it was found', async () => {
  const holder = fc.constantFrom('a', 'b', 'c');
  const value = fc.constantFrom('0', '1', '2');
  const act = fc.oneof(
    fc.record({ kind: fc.constant('take' as const), holder, value }),
    fc.record({ kind: fc.constant('leave' as const), holder, value }),
  );
  fc.assert(
    fc.property(fc.array(act), value, (acts, found) => {
      let record = EMPTY;
      let current: Sysctls = { [IGNORE]: found };
      const end = ['a', 'b', 'c'].map((each) => ({ kind: 'leave' as const, holder: each, value: '' }));
      for (const each of [...acts, ...end]) {
        const change =
          each.kind === 'take'
            ? takeSysctls(record, each.holder, { [IGNORE]: each.value }, current)
            : leaveSysctls(record, each.holder, current);
        record = parseRecord(formatRecord(change.record), EMPTY.epoch);
        current = { ...current, ...change.writes };
        const wants = Object.values(record.held[IGNORE]?.holders ?? {});
        if (wants.length > 0 && !wants.includes(current[IGNORE] ?? '')) return false;
      }
      return current[IGNORE] === found && Object.keys(record.held).length === 0;
    }),
  );
});

t.test('a record of another boot, and what is no record, is empty', async (t) => {
  const { record } = take(EMPTY, 'lvs', '1', '0');
  t.same(parseRecord(formatRecord(record), 'boot 1'), record);
  for (const text of [
    formatRecord(record).replace('boot 1', 'boot 0'),
    '',
    'null',
    '[]',
    '{"epoch":"boot 1"}',
    '{"epoch":"boot 1","held":{"x":{"found":1,"holders":{}}}}',
    '{"epoch":"boot 1","held":{"x":{"found":"1","holders":{"a":2}}}}',
  ])
    t.same(parseRecord(text, 'boot 1'), EMPTY, text);
});

t.test('names as sysctl(8) has them', async (t) => {
  t.equal(sysctlName(IGNORE), 'net.ipv4.conf.all.arp_ignore');
  t.equal(sysctlName('net/ipv4/conf/eth0.100/arp_ignore'), 'net.ipv4.conf.eth0/100.arp_ignore');
});

import t from 'tap';
import type { PgsqlConfig } from '../../../../../lib/pgsql/config.ts';
import { planSlots } from '../../../../../lib/pgsql/decide/slots.ts';
import type { Slot } from '../../../../../lib/postgres/server-state.ts';
import { aConfig, aPrimary, aSlot, kindsOf, lsn, rulesOf, stepOf } from '../builders.ts';

const plan = (slots: Slot[], config: Partial<PgsqlConfig> = {}, limitMb = 1024) => {
  const { settings, ...state } = aPrimary({ slots });
  return planSlots(aConfig({ slotPrefix: 'pha', ...config }), 'node1', {
    ...state,
    settings: { ...settings, maxSlotWalKeepSizeMb: limitMb },
  });
};

t.test('one for each other node', async (t) => {
  t.same(stepOf(plan([]), 'createSlots').names, ['pha_node2', 'pha_node3']);
  t.same(plan([aSlot('pha_node2'), aSlot('pha_node3')]).steps, []);
});

t.test('none without a prefix', async (t) => {
  t.same(plan([aSlot('pha_node9')], { slotPrefix: '' }), { steps: [], reasons: [] });
});

t.test('its own, of the time when it was a standby, holds WAL for nobody', async (t) => {
  const others = [aSlot('pha_node2'), aSlot('pha_node3')];
  t.same(stepOf(plan([aSlot('pha_node1'), ...others]), 'dropSlots').names, ['pha_node1']);
  t.same(plan([aSlot('pha_node1', { active: true }), ...others]).steps, [], 'one in use is never dropped');
});

t.test('one of a node that has left node_list is reported and left', async (t) => {
  const left = aSlot('pha_node4', { restartLsn: lsn('0/3000000') });
  const result = plan([aSlot('pha_node2'), aSlot('pha_node3'), left]);
  t.same(kindsOf(result), []);
  t.same(rulesOf(result), ['slots.node-left']);
  t.match(result.reasons[0]?.because, /pha_node4 .* holds WAL from 0\/3000000 on/);
  t.match(result.reasons[0]?.because, /SELECT pg_drop_replication_slot\('pha_node4'\)/);
});

t.test('slots that may fill the disk are worth a word', async (t) => {
  t.same(rulesOf(plan([aSlot('pha_node2'), aSlot('pha_node3')], {}, -1)), ['slots.no-limit']);
});

t.test('slots of others are none of its business', async (t) => {
  const others = [aSlot('pha_node2'), aSlot('pha_node3')];
  t.same(plan([...others, aSlot('backup'), aSlot('phantom'), aSlot('pha_cdc', { type: 'logical' })]), {
    steps: [],
    reasons: [],
  });
});

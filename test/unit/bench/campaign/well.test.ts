import t from 'tap';
import { castOf, lackOf, signatureOf, type Views } from '../../../../bench/campaign/well.ts';
import type { CrmMon } from '../../../../lab/index.ts';
import { completeOptions } from '../../../../lab/options.ts';

const options = completeOptions({});
const NODES = ['node1', 'node2', 'node3'];

const instance = (id: string, role: string, node: string): CrmMon['resources'][number] => ({
  ...{ id, agent: '', role, node, active: true, failed: false, managed: true, blocked: false },
});

const marks = (status: string, data: string, score: string): Record<string, string> => ({
  ...{ 'pgsql-status': status, 'pgsql-data-status': data, 'master-pgsql': score },
});

const well: CrmMon = {
  dc: 'node1',
  quorum: true,
  nodes: NODES.map((name) => ({
    ...{ name, online: true, pending: false, standby: false, maintenance: false },
  })),
  resources: [
    instance('pgsql', 'Unpromoted', 'node1'),
    instance('pgsql', 'Promoted', 'node2'),
    instance('pgsql', 'Unpromoted', 'node3'),
    instance('vip-master', 'Started', 'node2'),
    instance('vip-slave', 'Started', 'node1'),
  ],
  failures: [],
  failCounts: {},
  attributes: {
    node1: marks('HS:async', 'STREAMING|ASYNC', '-INFINITY'),
    node2: marks('PRI', 'LATEST', '1000'),
    node3: marks('HS:sync', 'STREAMING|SYNC', '100'),
  },
};

const all = (view: CrmMon | undefined): Views => new Map(NODES.map((name) => [name, view]));
const but = (node: string, view: CrmMon | undefined): Views => new Map(all(well)).set(node, view);
const marked = (node: string, each: Record<string, string>): CrmMon => ({
  ...well,
  attributes: { ...well.attributes, [node]: each },
});

t.test('well', async (t) => {
  t.equal(lackOf(all(well), options), undefined);
  t.strictSame(castOf(all(well)), { primary: 'node2', sync: 'node3', other: 'node1' });
});

t.test('not well', async (t) => {
  const lack = (views: Views): string => lackOf(views, options) ?? '';
  t.equal(lack(but('node2', undefined)), 'node2 does not say how the cluster is');
  t.match(lack(but('node3', { ...well, quorum: false })), 'no quorum, as node3 sees it');
  t.match(lack(all(marked('node2', marks('PRI', 'DISCONNECT', '1000')))), 'not marked LATEST');
  t.match(lack(all(marked('node2', marks('STOP', 'LATEST', '1000')))), 'not marked PRI');
  t.match(lack(all(marked('node3', marks('HS:sync', 'STREAMING|SYNC', '1')))), 'synchronous in every way');
  t.match(lack(all(marked('node1', marks('HS:alone', 'STREAMING|ASYNC', '1')))), 'not marked HS:async');
});

t.test('nothing moves', async (t) => {
  const before = signatureOf(all(well));
  t.equal(signatureOf(all({ ...well, dc: 'node3' })), before);
  const elsewhere = { ...marks('PRI', 'LATEST', '1000'), 'pgsql-xlog-loc': '00000000050001B0' };
  t.equal(signatureOf(all(marked('node2', elsewhere))), before, 'positions do not count');
  t.not(signatureOf(all({ ...well, failCounts: { node1: { pgsql: 1 } } })), before);
  t.not(signatureOf(but('node1', undefined)), before);
});

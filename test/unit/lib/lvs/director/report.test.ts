import t from 'tap';
import { formatReport, isNews, parseReport, type Report } from '../../../../../lib/lvs/director/report.ts';
import { plan, type Scene } from './builders.ts';

const told = (made: ReturnType<typeof plan>): Report => {
  const report = parseReport(formatReport(made));
  if (report === undefined) throw new Error('it is no report');
  return report;
};

t.test('what the director tells is what is read', async (t) => {
  const made = plan(
    { printed: { known: true, value: ['node2', 'node3', 'db9'] }, table: { node2: 1, node3: 1 } },
    { getScript: ['list'] },
  );
  const { servers, sorryRefusal } = told(made);
  t.match(servers, [
    { host: 'node2', address: '192.168.0.232', state: 'serving', weight: 1, rule: 'server.listed' },
    { host: 'node3', address: '192.168.0.233', state: 'serving', weight: 1 },
    { host: 'db9', address: '', state: 'out', weight: 0, rule: 'server.unresolved' },
  ]);
  t.equal(sorryRefusal, '');
});

t.test('a server that has just been removed is not told of', async (t) => {
  const made = plan({ nodes: { node1: 'PRI', node2: 'HS:sync', node3: undefined }, table: { node3: 1 } });
  t.same(
    told(made).servers.map(({ host }) => host),
    ['node2'],
  );
});

t.test('why the sorry server cannot help', async (t) => {
  const made = plan({ nodes: { node1: 'HS:alone' } }, { sorryServer: 'primary' });
  t.match(told(made).sorryRefusal, /0 nodes have pgsql-status PRI/);
});

t.test('pages of complaints are cut', async (t) => {
  const why = 'x'.repeat(5000);
  const made = plan({ health: { node2: { state: 'ill', why } } });
  const [ill] = told(made).servers.filter(({ state }) => state === 'out');
  t.equal(ill?.rule, 'server.ill');
  t.equal(ill?.why.length, 201);
});

for (const text of ['', '[]', '{', 'null', '{"servers":7}'])
  t.test(`no report: ${text}`, async (t) => t.equal(parseReport(text), undefined));

t.test('entries that are not understood are left out', async (t) => {
  const text = '{"servers":[null,[],["node2","",1,"new","",""]]}';
  t.same(parseReport(text), { servers: [], sorryRefusal: '' });
});

t.test('what is told at once, and what can wait', async (t) => {
  const leaving = {
    nodes: { node1: 'PRI', node2: 'HS:sync', node3: 'HS:alone' },
    table: { node2: 1, node3: 0 },
  };
  const draining = (active: number, sinceMs: number): Scene => ({
    ...leaving,
    active: { node3: active },
    memory: { draining: { '192.168.0.233': 1_000_000 - sinceMs } },
  });
  const last = { report: formatReport(plan(draining(7, 1000))), reportedAtMs: 1_000_000 };
  const isNewsAfter = (ms: number, scene: Scene): boolean =>
    isNews(formatReport(plan(scene)), 1_000_000 + ms, last);
  t.equal(isNewsAfter(60_000, draining(7, 1000)), false, 'nothing is new');
  t.equal(isNewsAfter(5_000, draining(6, 6000)), false, 'one connection less');
  t.equal(isNewsAfter(30_000, draining(6, 31_000)), true, 'figures that are half a minute old');
  t.equal(isNewsAfter(1, draining(0, 6000)), true, 'it is gone');
  t.equal(
    isNewsAfter(1, { ...leaving, nodes: { ...leaving.nodes, node3: 'HS:sync' } }),
    true,
    'another state',
  );
  t.equal(isNews(last.report, 5, { report: '', reportedAtMs: 0 }), true, 'nothing has been told yet');
});

t.test('the steps of a slow start can wait, the end of it cannot', async (t) => {
  const started = (sinceMs: number) =>
    formatReport(
      plan(
        { table: { node2: 10, node3: 1 }, memory: { newcomers: { '192.168.0.233': 1_000_000 - sinceMs } } },
        { slowStartMs: 60_000, defaultWeight: 10 },
      ),
    );
  const last = { report: started(6000), reportedAtMs: 1_000_000 };
  t.equal(isNews(started(12_000), 1_006_000, last), false);
  t.equal(isNews(started(60_000), 1_006_000, last), true);
});

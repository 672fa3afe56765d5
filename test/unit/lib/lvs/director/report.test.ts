import t from 'tap';
import { formatReport, parseReport, type Report } from '../../../../../lib/lvs/director/report.ts';
import { plan } from './builders.ts';

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

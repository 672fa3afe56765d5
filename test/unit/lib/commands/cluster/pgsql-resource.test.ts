import t from 'tap';
import { choosePgsqlResource } from '../../../../../lib/commands/cluster/pgsql-resource.ts';
import type { PrimitiveConfig } from '../../../../../lib/pacemaker/resources.ts';

const primitive = (id: string, parts: Partial<PrimitiveConfig> = {}): PrimitiveConfig => ({
  id,
  standard: 'ocf',
  provider: 'pha',
  type: 'pgsql',
  parameters: new Map(),
  meta: new Map(),
  operations: [],
  clone: { id: `ms-${id}`, promotable: true },
  ...parts,
});

const vip = primitive('vip-master', { provider: 'heartbeat', type: 'IPaddr2' });

t.test('the only one is found, with its parameters and defaults', async (t) => {
  const choice = choosePgsqlResource([
    vip,
    primitive('pgsql', { parameters: new Map([['rep_mode', 'sync']]) }),
  ]);
  t.match(choice, {
    ok: true,
    resource: { id: 'pgsql', name: 'ms-pgsql', promotable: true, objections: [] },
  });
  if (choice.ok) t.match(choice.resource.parameters, { rep_mode: 'sync', pgport: 5432, pgdba: 'postgres' });
});

t.test('pha before heartbeat, promotable before plain', async (t) => {
  const heartbeat = primitive('old', { provider: 'heartbeat' });
  const { clone: _, ...plain } = primitive('plain');
  t.match(choosePgsqlResource([heartbeat, plain, primitive('new')]), { resource: { id: 'new' } });
  t.match(choosePgsqlResource([heartbeat, plain]), { resource: { id: 'plain', name: 'plain' } });
  t.match(choosePgsqlResource([heartbeat]), { resource: { id: 'old', provider: 'heartbeat' } });
});

t.test('by name, of the primitive or of its clone', async (t) => {
  const two = [primitive('a'), primitive('b')];
  t.match(choosePgsqlResource(two, 'b'), { resource: { id: 'b' } });
  t.match(choosePgsqlResource(two, 'ms-a'), { resource: { id: 'a' } });
  t.match(choosePgsqlResource(two, 'c'), {
    ok: false,
    code: 100,
    sentence: /no pgsql resource c; the cluster has a and b/,
  });
  t.match(choosePgsqlResource([...two, vip], 'vip-master'), { ok: false, code: 100 });
});

t.test('several, and none', async (t) => {
  t.match(choosePgsqlResource([primitive('a'), primitive('b')]), {
    ok: false,
    code: 100,
    sentence: /several.*a and b/,
  });
  t.match(choosePgsqlResource([vip]), { ok: false, code: 10, sentence: 'the cluster has no pgsql resource' });
});

t.test('what cannot be used is named, and has its default', async (t) => {
  const choice = choosePgsqlResource([primitive('pgsql', { parameters: new Map([['pgport', 'x']]) })]);
  if (!choice.ok) throw new Error(choice.sentence);
  t.equal(choice.resource.parameters.pgport, 5432);
  t.match(choice.resource.objections, [/pgport/]);
});

import fc from 'fast-check';
import t from 'tap';
import { defineParameters, OcfExit, parseParameters } from '../../../heartbeat-ocf/index.ts';
import { parseValue } from '../../../heartbeat-ocf/value.ts';
import { hasControl } from './control-characters.ts';

const table = defineParameters({
  data: { type: 'path', default: '/var/data', shortdesc: 's', longdesc: 'l' },
  config: { type: 'path', default: (textOf) => `${textOf('data')}/x.conf`, shortdesc: 's', longdesc: 'l' },
  count: { type: 'integer', default: 3, min: 1, shortdesc: 's', longdesc: 'l' },
  port: { type: 'port', default: 5432, shortdesc: 's', longdesc: 'l' },
  quick: { type: 'boolean', default: true, shortdesc: 's', longdesc: 'l' },
  mode: { type: 'enum', values: ['none', 'sync'], default: 'none', shortdesc: 's', longdesc: 'l' },
  nodes: { type: 'nodes', shortdesc: 's', longdesc: 'l' },
  password: { type: 'secret', shortdesc: 's', longdesc: 'l' },
  vip: { type: 'host', required: true, aliases: ['ip'], shortdesc: 's', longdesc: 'l' },
});
const given = (values: Record<string, string>) =>
  parseParameters(
    table,
    Object.fromEntries(Object.entries(values).map(([name, value]) => [`OCF_RESKEY_${name}`, value])),
  );
const sentences = (values: Record<string, string>): string[] =>
  given(values).problems.map((problem) => problem.sentence);

t.test('defaults, typed', async (t) => {
  const { values, problems, given: names } = given({ vip: '::1' });
  t.same(problems, []);
  t.same([...names], ['vip']);
  t.same(values, {
    data: '/var/data',
    config: '/var/data/x.conf',
    count: 3,
    port: 5432,
    quick: true,
    mode: 'none',
    nodes: [],
    password: '',
    vip: '::1',
  });
  // the types are those of the table: these lines must compile
  const typed: { count: number; quick: boolean; mode: 'none' | 'sync'; nodes: readonly string[] } = values;
  t.equal(typed.count, 3);
});

t.test('a default follows another parameter', async (t) => {
  t.equal(given({ vip: '::1', data: '/d' }).values.config, '/d/x.conf');
  t.equal(given({ vip: '::1', data: '/d', config: '/e' }).values.config, '/e');
  t.equal(given({ vip: '::1', data: 'bad' }).values.config, '/var/data/x.conf');
});

t.test('empty is as good as absent', async (t) => {
  const { values, problems } = given({ vip: '::1', data: '', count: ' ', quick: '', mode: '', nodes: '' });
  t.same(problems, []);
  t.match(values, { data: '/var/data', count: 3, quick: true, mode: 'none', nodes: [] });
  t.same(sentences({ vip: '' }), ['vip is missing; set it']);
});

t.test('each problem is one sentence with the value, and fatal for the resource', async (t) => {
  const { problems, values } = given({ vip: '::1', count: 'x', data: "/a'b", quick: 'perhaps' });
  t.same(problems, [
    {
      parameter: 'data',
      code: OcfExit.CONFIGURED,
      sentence: `data is "/a'b": it must not contain quotes, backslashes, \` or $; use a path without them`,
    },
    {
      parameter: 'count',
      code: OcfExit.CONFIGURED,
      sentence: 'count is "x": it must be a whole number of at least 1',
    },
    {
      parameter: 'quick',
      code: OcfExit.CONFIGURED,
      sentence: 'quick is "perhaps": it must be true or false (also yes, no, 1, 0, on, off)',
    },
  ]);
  t.match(values, { count: 3, data: '/var/data', quick: true });
});

t.test('a secret is never repeated', async (t) => {
  t.same(sentences({ vip: '::1', password: 'geheim\n' }), [
    'password contains a line break or another control character; remove it',
  ]);
});

t.test('other spellings', async (t) => {
  t.equal(given({ ip: '10.0.0.1' }).values.vip, '10.0.0.1');
  t.same(sentences({ ip: '10.0.0.1', vip: '10.0.0.1' }), []);
  t.same(sentences({ ip: 'a b' }), [
    'ip is "a b": it is neither an IP address nor a host name; give one of these',
  ]);
  t.match(sentences({ ip: '10.0.0.1', vip: '10.0.0.2' }), [/^vip and ip are the same parameter and differ/]);
});

t.test('total: any environment gives a value of the right kind to every parameter', async () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(
      fc.record(
        Object.fromEntries(
          [...Object.keys(table), 'ip'].map((name) => [name, fc.option(text, { nil: undefined })]),
        ),
      ),
      (env) => {
        const result = parseParameters(
          table,
          Object.fromEntries(Object.entries(env).map(([name, value]) => [`OCF_RESKEY_${name}`, value])),
        );
        return (
          Object.keys(result.values).length === Object.keys(table).length &&
          Number.isSafeInteger(result.values.count) &&
          result.values.count >= 1 &&
          typeof result.values.quick === 'boolean' &&
          result.values.data.startsWith('/') &&
          Array.isArray(result.values.nodes) &&
          result.problems.every(({ sentence }) => !hasControl(sentence) && !sentence.includes('undefined'))
        );
      },
    ),
  );
});

t.test('every default is a value that the table itself accepts', async (t) => {
  for (const [name, spec] of Object.entries(table)) {
    if ('default' in spec && typeof spec.default !== 'function')
      t.ok(parseValue(spec, String(spec.default)).ok, name);
  }
});

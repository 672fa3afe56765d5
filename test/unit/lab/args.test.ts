import t from 'tap';
import { parseCommand } from '../../../lab/cli/args.ts';
import { UsageError } from '../../../lab/failure.ts';

t.test('up has the defaults of the issue', async (t) => {
  const command = parseCommand(['up']);
  t.match(command, {
    verb: 'up',
    json: false,
    request: {
      name: 'lab',
      nodeNames: ['node1', 'node2', 'node3'],
      agent: 'pha',
      repMode: 'sync',
      corosync: 'default',
      migrationThreshold: 3,
      params: {},
    },
  });
});

t.test('up takes everything it offers', async (t) => {
  const command = parseCommand([
    ...['up', '--name', 'x1', '--node-names', 'DB-1,db1,db10', '--agent', 'heartbeat', '--rep-mode=async'],
    ...['--corosync', 'fast', '--migration-threshold', '1', '--json'],
    ...['--param', 'monitor_sql=select 1=1', '--param', 'config='],
  ]);
  t.match(command, {
    json: true,
    request: {
      name: 'x1',
      nodeNames: ['DB-1', 'db1', 'db10'],
      agent: 'heartbeat',
      repMode: 'async',
      corosync: 'fast',
      migrationThreshold: 1,
      params: { monitor_sql: 'select 1=1', config: '' },
    },
  });
});

t.test('clocks', async (t) => {
  t.match(parseCommand(['up', '--clocks']), { request: { clocks: true } });
  t.match(parseCommand(['up']), { request: { clocks: false } });
  t.same(parseCommand(['clock', 'node2', 'fast']), {
    ...{ verb: 'clock', name: 'lab', node: 'node2', clock: 'fast' },
  });
});

t.test('a fresh lab has no agent', async (t) => {
  t.match(parseCommand(['up', '--fresh']), { request: { fresh: true, agent: 'none' } });
  t.match(parseCommand(['up']), { request: { fresh: false, agent: 'pha' } });
});

t.test('a name of digits stays a name', async (t) => {
  t.match(parseCommand(['cut', '--name', '007', '12']), { name: '007', node: '12' });
});

t.test('what only the arbiter does', async (t) => {
  t.same(parseCommand(['arbiter', 'slow', '--name', 'f1']), { verb: 'arbiter', name: 'f1', act: 'slow' });
  t.throws(
    () => parseCommand(['arbiter', 'lazy']),
    new UsageError('arbiter takes one of slow, prompt, empty, init, not "lazy".'),
  );
  t.throws(() => parseCommand(['arbiter']), /arbiter needs one of slow/);
});

t.test('a cut between two machines, in both directions or in one', async (t) => {
  t.same(parseCommand(['cut', 'node1', '--from', 'arbiter']), {
    verb: 'pass',
    name: 'lab',
    node: 'node1',
    other: 'arbiter',
    change: 'cut',
  });
  t.match(parseCommand(['cut', 'node1', '--to=node2']), { other: 'node2', change: 'cut-one-way' });
  t.match(parseCommand(['heal', 'node1', '--from', 'node2']), { other: 'node2', change: 'heal' });
  t.match(parseCommand(['heal', 'node1']), { verb: 'heal', node: 'node1' });
});

t.test('what follows -- belongs to the command', async (t) => {
  t.same(parseCommand(['exec', 'node1', '--', 'psql', '--name', '-x', '--json']), {
    verb: 'exec',
    name: 'lab',
    node: 'node1',
    argv: ['psql', '--name', '-x', '--json'],
  });
});

t.test('help wins over everything else', async (t) => {
  t.same(parseCommand(['up', '--help', '--bogus']), { verb: 'help' });
  t.same(parseCommand(['-h']), { verb: 'help' });
});

const wrong: readonly (readonly [argv: readonly string[], message: RegExp])[] = [
  [[], /verb is missing/],
  [['bogus'], /no verb "bogus"/],
  [['up', '--bogus'], /no option --bogus/],
  [['up', '--nodes', 'x'], /--nodes is a whole number/],
  [['up', '--nodes', '0'], /1 to 16 nodes/],
  [['up', '--nodes', '99999'], /1 to 16 nodes/],
  [['up', '--nodes', '2', '--nodes', '3'], /more than once/],
  [['up', '--nodes', '2', '--node-names', 'a,b,c'], /2 nodes were asked for, but 3/],
  [['up', '--node-names', 'a,a'], /"a" is given twice/],
  [['up', '--node-names', 'a,b c'], /"b c" is not a host name/],
  [['up', '--agent', 'x'], /--agent is one of/],
  [['up', '--rep-mode', 'x'], /--rep-mode is one of/],
  [['up', '--agent', 'paf', '--rep-mode', 'none'], /paf has no rep_mode none/],
  [['up', '--fresh', '--agent', 'pha'], /fresh lab has no agent/],
  [['down', '--fresh'], /down has no option --fresh/],
  [['up', '--param', 'x'], /name=value/],
  [['up', '--name', '../x'], /lab's name/],
  [['up', '--name'], /--name needs a value/],
  [['up', 'more'], /does not take "more"/],
  [['up', '--seconds', '3'], /up has no option --seconds/],
  [['down', '--json'], /down has no option --json/],
  [['cut'], /needs the name of a node/],
  [['cut', 'node1', '--from', 'x', '--to', 'y'], /--from.*both.*--to.*one/],
  [['heal', 'node1', '--to', 'x'], /heal has no option --to/],
  [['freeze', 'node1', '--from', 'x'], /freeze has no option --from/],
  [['cut', 'node1', 'node2'], /does not take "node2"/],
  [['clock', 'node1'], /clock needs one of right, fast, slow/],
  [['clock', 'node1', '+3600'], /clock takes one of right, fast, slow, not "\+3600"/],
  [['down', '--clocks'], /down has no option --clocks/],
  [['up', '--clocks', '--template', 'muti_with_lvs'], /leave --clocks out/],
  [['exec', 'node1'], /needs "--" and a command/],
  [['status', '--', 'x'], /does not take "--"/],
  [['client', '--seconds', '1.5'], /--seconds is a whole number/],
];

const thrownBy = (action: () => unknown): unknown => {
  try {
    return action() && undefined;
  } catch (error) {
    return error;
  }
};

for (const [argv, message] of wrong) {
  t.test(`refused: ${argv.join(' ') || '(nothing)'}`, async (t) => {
    const error = thrownBy(() => parseCommand(argv));
    t.ok(error instanceof UsageError);
    t.match(String(error), message);
  });
}

t.test('a lab that spreads reads, and a client that reads', async (t) => {
  const up = ['up', '--template', 'muti_with_lvs', '--backend', 'mixed', '--directors', '2', '--outside=1'];
  t.match(parseCommand([...up, '--lvs-param', 'drain_timeout=5']), {
    request: {
      template: 'muti_with_lvs',
      backend: 'mixed',
      directorNames: ['lvs1', 'lvs2'],
      outsideNames: ['outside1'],
      balancerParams: { drain_timeout: '5' },
    },
  });
  t.match(parseCommand(['client', '--reads', '--seconds', '3']), { reads: true, seconds: 3 });
  t.throws(() => parseCommand(['up', '--reads']), UsageError);
});

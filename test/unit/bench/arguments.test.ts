import fc from 'fast-check';
import t from 'tap';
import { parseRequest } from '../../../bench/arguments.ts';
import { UsageError } from '../../../lab/index.ts';

const refused = (...argv: string[]): string => {
  try {
    parseRequest(argv);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return '';
};

t.test('monitor, with its defaults and with all that it takes', async (t) => {
  t.same(parseRequest(['monitor']), {
    verb: 'monitor',
    json: false,
    runs: 20,
    nodes: undefined,
    name: undefined,
  });
  t.same(parseRequest(['monitor', '--json', '--runs', '5', '--nodes=4', '--name', 'mine']), {
    verb: 'monitor',
    json: true,
    runs: 5,
    nodes: 4,
    name: 'mine',
  });
});

t.test('balancer', async (t) => {
  t.same(parseRequest(['balancer']), { verb: 'balancer', json: false, runs: 20 });
  t.same(parseRequest(['balancer', '--runs=3', '--json']), { verb: 'balancer', json: true, runs: 3 });
  t.equal(refused('balancer', '--name', 'mine'), 'balancer does not take --name.');
  t.equal(refused('balancer', 'more'), 'balancer does not take "more".');
});

t.test('two-nodes', async (t) => {
  const defaults = { verb: 'two-nodes', json: false, only: undefined, list: false, write: false };
  t.same(parseRequest(['two-nodes']), { ...defaults, name: undefined });
  t.same(parseRequest(['two-nodes', '--only', '^P', '--list', '--write', '--json', '--name', 'mine']), {
    ...{ verb: 'two-nodes', json: true, only: /^P/, list: true, write: true, name: 'mine' },
  });
  t.equal(refused('two-nodes', '--only', '('), '--only is a regular expression, which "(" is not.');
  t.equal(refused('two-nodes', '--runs', '3'), 'two-nodes does not take --runs.');
  t.equal(refused('monitor', '--write'), 'monitor does not take --write.');
});

t.test('failover', async (t) => {
  const defaults = { verb: 'failover', json: false, html: undefined, name: undefined, corosync: 'default' };
  t.same(parseRequest(['failover']), {
    ...defaults,
    agents: ['pha', 'heartbeat', 'paf', 'floor'],
    faults: ['kill9', 'cut', 'poweroff', 'switch'],
    runs: 10,
  });
  const chosen = ['--agents', 'floor,pha,pha', '--faults=cut', '--runs', '3', '--corosync', 'fast'];
  t.same(parseRequest(['failover', ...chosen, '--html', 'page.html', '--name', 'mine', '--json']), {
    ...{ verb: 'failover', json: true, agents: ['floor', 'pha'], faults: ['cut'], runs: 3 },
    ...{ corosync: 'fast', html: 'page.html', name: 'mine' },
  });
  t.equal(
    refused('failover', '--agents', 'pha,none'),
    '--agents takes pha, heartbeat, paf, floor, not "none".',
  );
  t.equal(refused('failover', '--corosync', 'slow'), '--corosync takes default, fast, not "slow".');
  t.equal(refused('failover', '--list'), 'failover does not take --list.');
  t.equal(refused('monitor', '--html', 'x'), 'monitor does not take --html.');
});

t.test('campaign', async (t) => {
  const defaults = { verb: 'campaign', json: false, rounds: 10, seed: 1, only: undefined, list: false };
  t.same(parseRequest(['campaign']), { ...defaults, name: undefined });
  t.same(
    parseRequest(
      ['campaign', '--rounds=200', '--seed', '42', '--only', 'cut@', '--list', '--json'].concat(
        '--name=mine',
      ),
    ),
    { verb: 'campaign', json: true, rounds: 200, seed: 42, only: /cut@/, list: true, name: 'mine' },
  );
  t.equal(refused('campaign', '--runs', '3'), 'campaign does not take --runs.');
  t.equal(refused('campaign', '--seed', 'x'), '--seed is a whole number from 1 to 999999, not "x".');
  t.equal(refused('two-nodes', '--rounds', '3'), 'two-nodes does not take --rounds.');
});

t.test('help is help, whatever else is said', async (t) => {
  for (const argv of [['help'], ['--help'], ['-h'], ['monitor', '--help']])
    t.same(parseRequest(argv), { verb: 'help' });
});

t.test('one sentence on what is wrong', async (t) => {
  t.equal(refused(), 'A verb is missing; --help shows them.');
  t.equal(refused('everything'), 'There is no verb "everything"; --help shows them.');
  t.equal(refused('monitor', 'now'), 'monitor does not take "now".');
  t.equal(refused('monitor', '--fast'), 'There is no option --fast.');
  t.equal(refused('monitor', '--no-json'), 'There is no option --no-json.');
  t.equal(refused('monitor', '--constructor=1'), 'There is no option --constructor.');
  t.equal(refused('monitor', '-x'), 'There is no option -x.');
  t.equal(refused('monitor', '--runs'), '--runs needs a value.');
  t.equal(refused('monitor', '--runs', '0'), '--runs is a whole number from 1 to 1000, not "0".');
  t.equal(refused('monitor', '--runs', '2.5'), '--runs is a whole number from 1 to 1000, not "2.5".');
  t.equal(refused('monitor', '--nodes', '2'), '--nodes is a whole number from 3 to 8, not "2".');
  t.equal(refused('monitor', '--nodes', '9'), '--nodes is a whole number from 3 to 8, not "9".');
  t.equal(refused('monitor', '--name', 'a', '--name', 'b'), '--name is given more than once.');
});

t.test('whatever is written, it is a request or one sentence', async (t) => {
  const word = fc.oneof(
    fc.constantFrom(
      'monitor',
      '--json',
      '--runs',
      '--nodes',
      '--name',
      '--',
      '-',
      '--__proto__',
      '--toString',
      '3',
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (argv) => {
      const sentence = refused(...argv);
      return sentence === '' || (sentence.endsWith('.') && !sentence.includes('undefined'));
    }),
  );
  t.pass();
});

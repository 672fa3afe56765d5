import t from 'tap';
import { decide, fileList, type InstallStep } from '../../../../../lib/commands/install/decide.ts';
import { markedText } from '../../../../../lib/commands/install/definition-file.ts';
import { sha256 } from '../../../../../lib/commands/install/on-node/look.ts';
import type { NodeFacts } from '../../../../../lib/commands/install/on-node/request.ts';
import type { InstallSnapshot, NodeState } from '../../../../../lib/commands/install/snapshot.ts';

const nodePath = '/opt/node/bin/node';
const program = {
  source: '/p/dist/bin/cls_x',
  target: '/usr/local/bin/cls_x',
  mode: 0o755,
  content: Buffer.from('#!/usr/bin/env node\nx\n'),
};
const installedProgram = { sha256: sha256(`#!${nodePath}\nx\n`), mode: 0o755 };
const installedConfig = { sha256: sha256('text'), mode: 0o600 };
const password = {
  owner: 'postgres',
  user: 'replication',
  password: 'secret',
  line: '*:*:*:replication:secret',
  hosts: ['node1'],
  port: 5432,
};

const facts = (change: Partial<NodeFacts> = {}): NodeState['found'] => ({
  kind: 'facts',
  facts: {
    nodePath,
    uid: 0,
    hasOcfRoot: true,
    files: { [program.target]: installedProgram, '/etc/pha/config.ini': installedConfig },
    passfile: { state: 'right', path: '/home/.pgpass' },
    ...change,
  },
});

const snapshot = (...found: readonly NodeState['found'][]): InstallSnapshot => ({
  nodes: found.map((each, i) => ({ node: `node${i + 1}`, here: i === 0, found: each })),
  files: [program],
  ocfRoot: '/usr/lib/ocf',
  config: { text: 'text', target: '/etc/pha/config.ini' },
  password,
  definition: {
    path: '/p/config.pcs',
    existing: markedText('definition\n'),
    made: { ok: true, text: 'definition\n', template: '/t' },
  },
});

const stepsOf = (of: InstallSnapshot): readonly InstallStep[] => {
  const { verdict } = decide(of);
  return verdict.kind === 'plan' ? verdict.plan.steps : [];
};

t.test('nothing to do, and it says so', async (t) => {
  t.match(decide(snapshot(facts(), facts())), {
    left: [],
    verdict: {
      kind: 'nothing-to-do',
      sentence: 'node1 and node2 have everything already, and /p/config.pcs is up to date',
    },
  });
});

t.test('a new node gets everything, the others nothing', async (t) => {
  const fresh = facts({ files: {}, passfile: { state: 'to-write', path: '/home/.pgpass' } });
  t.match(stepsOf(snapshot(facts(), fresh)), [
    {
      kind: 'install',
      node: 'node2',
      files: [program],
      config: { text: 'text' },
      password: { line: password, path: '/home/.pgpass' },
    },
  ]);
});

const differences: readonly (readonly [what: string, files: NodeFacts['files']])[] = [
  ['another content', { [program.target]: { ...installedProgram, sha256: sha256('old') } }],
  ['another mode', { [program.target]: { ...installedProgram, mode: 0o700 } }],
  ['another Node.js', { [program.target]: { ...installedProgram, sha256: sha256('#!/usr/bin/node\nx\n') } }],
  ['a configuration that others can read', { '/etc/pha/config.ini': { ...installedConfig, mode: 0o644 } }],
];
for (const [what, files] of differences) {
  t.test(`put right: ${what}`, async (t) => {
    const there = { [program.target]: installedProgram, '/etc/pha/config.ini': installedConfig, ...files };
    const [step] = stepsOf(snapshot(facts({ files: there })));
    if (step?.kind !== 'install') return void t.fail('no step');
    t.equal(step.files.length + (step.config === undefined ? 0 : 1), 1);
  });
}

const objections: readonly (readonly [found: NodeState['found'], reason: RegExp])[] = [
  [{ kind: 'not-reached', reason: 'No route to host' }, /^not reached: No route to host$/],
  [{ kind: 'no-node' }, /no Node\.js.*18\.19.*apt-get install -y nodejs/],
  [{ kind: 'old-node', nodePath: '/usr/bin/node', version: '16.1.0' }, /\/usr\/bin\/node\) is 16\.1\.0/],
  [{ kind: 'failed', reason: 'x' }, /^x$/],
  [facts({ uid: 1000 }), /ssh node2 leads to user 1000/],
  [facts({ nodePath: '/opt/my node/bin/node' }), /Node\.js is "\/opt\/my node\/bin\/node".*letters/],
  [facts({ hasOcfRoot: false }), /has no \/usr\/lib\/ocf: install pacemaker/],
  [facts({ passfile: { state: 'impossible', reason: 'there is no user postgres' } }), /no user postgres/],
];
for (const [found, reason] of objections) {
  t.test(`left out, and the others are finished: ${reason.source}`, async (t) => {
    const { left, verdict } = decide(snapshot(facts({ files: {} }), found));
    t.match(left, [{ node: 'node2', reason }]);
    if (verdict.kind !== 'plan') return void t.fail('no plan');
    t.match(verdict.plan, { purpose: 'pha is installed on node1', steps: [{ node: 'node1' }] });
    t.match(verdict.plan.warnings, [/^node2: /]);
  });
}

t.test('the definition', async (t) => {
  const of = (existing: string | undefined, ok = true): InstallSnapshot => ({
    ...snapshot(facts()),
    definition: {
      path: '/p/config.pcs',
      existing,
      made: ok ? { ok, text: 'new\n', template: '/t' } : { ok: false, sentences: ['pcs is not installed'] },
    },
  });
  t.match(stepsOf(of(undefined)), [{ kind: 'write-definition', path: '/p/config.pcs' }]);
  t.match(stepsOf(of('mine\n')), [{ kind: 'write-definition', path: '/p/config.pcs.new' }]);
  t.match(decide(of('mine\n')), { verdict: { plan: { warnings: [/adjusted by hand/] } } });
  t.match(decide(of(undefined, false)), {
    verdict: { plan: { steps: [], warnings: ['/p/config.pcs is not written: pcs is not installed'] } },
  });
});

t.test('from a machine that is no node, the definition is made elsewhere', async (t) => {
  const base = snapshot(facts());
  t.match(decide({ ...base, definition: { ...base.definition, made: undefined } }), {
    verdict: { kind: 'nothing-to-do', sentence: 'node1 has everything already' },
  });
});

t.test('a dry run names every file, nodes that lack the same ones together', async (t) => {
  const fresh = facts({ files: {}, passfile: { state: 'to-write', path: '/home/.pgpass' } });
  t.equal(
    fileList(stepsOf(snapshot(fresh, facts({ files: { '/etc/pha/config.ini': installedConfig } }), fresh))),
    `Files on node1 and node3:
     /usr/local/bin/cls_x
     /etc/pha/config.ini
     /home/.pgpass
Files on node2:
     /usr/local/bin/cls_x
`,
  );
});

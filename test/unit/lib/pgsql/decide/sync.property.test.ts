import fc from 'fast-check';
import t from 'tap';
import { LOOKS_TO_BECOME_FIT } from '../../../../../lib/pgsql/decide/hand-over.ts';
import { SyncModel } from '../sync-model.ts';

const COUNT = 4;
const standby = fc.integer({ min: 2, max: COUNT + 1 }).map((number) => `node${number}`);

/** What happens next. The agent's own steps are the most frequent, so that it gets somewhere. */
const event = fc.oneof(
  { weight: 12, arbitrary: fc.constant({ kind: 'agent' } as const) },
  { weight: 2, arbitrary: fc.constant({ kind: 'kill' } as const) },
  { weight: 4, arbitrary: fc.constant({ kind: 'commit' } as const) },
  { weight: 4, arbitrary: fc.constant({ kind: 'reload' } as const) },
  { weight: 3, arbitrary: fc.constant({ kind: 'checkpointer' } as const) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('connect' as const), node: standby }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flush' as const), node: standby }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('disconnect' as const), node: standby }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('nameSuccessor' as const), node: standby }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), node: standby }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'isolate' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'notice' } as const) },
  { weight: 1, arbitrary: fc.constant({ kind: 'heal' } as const) },
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

/** @returns the nodes that a reload has released */
const happen = (model: SyncModel, what: Event): readonly string[] => {
  switch (what.kind) {
    case 'reload':
      return model.reload();
    case 'connect':
    case 'disconnect':
    case 'flush':
    case 'cut':
    case 'nameSuccessor':
      model[what.kind](what.node);
      return [];
    default:
      model[what.kind]();
      return [];
  }
};

const check = (model: SyncModel, released: readonly string[]): void => {
  const because = (sentence: string) => new Error(`${sentence}: ${model.describe()}`);
  for (const name of model.marked)
    if (!model.waitedFor.includes(name)) throw because(`${name} is marked and not waited for`);
  const successor = model.takeHandedTo();
  if (successor !== undefined && !model.marked.includes(successor))
    throw because(`${successor} is to take over and is not marked`);
  for (const [name, members] of model.electable())
    if ((model.standbys.get(name)?.flushed ?? 0) < model.lastAcknowledged)
      throw because(`${name} lacks acknowledged commits, and ${members.join(', ')} would promote it`);
  for (const name of released)
    if (model.unmarkedBy(name) <= model.nodes.length / 2)
      throw because(`${name} was released before a majority had it unmarked`);
};

const settle = (model: SyncModel): void => {
  model.heal();
  for (const name of model.standbys.keys()) model.connect(name);
  for (let look = 0; look < 40; look++) {
    model.agent();
    model.reload();
    model.checkpointer();
    for (const name of model.standbys.keys()) model.flush(name);
    check(model, []);
  }
};

const nodes = fc.constantFrom(3, COUNT + 1);
const degrade = fc.constantFrom('allow' as const, 'never' as const);
/** Now and then nothing happens for so long that the agent gives up. */
const idle = fc.constant(Array.from({ length: LOOKS_TO_BECOME_FIT + 2 }, () => ({ kind: 'agent' }) as const));
const script = fc
  .array(fc.oneof({ weight: 40, arbitrary: fc.tuple(event) }, { weight: 1, arbitrary: idle }), {
    minLength: 40,
    maxLength: 200,
    size: 'max',
  })
  .map((parts): Event[] => parts.flat());

t.test('whatever happens between two steps, who may take over has every acknowledged commit', async (t) => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(nodes, degrade, fc.boolean(), script, (count, mode, isHealthy, events) => {
      const model = new SyncModel(count, mode);
      if (isHealthy) settle(model);
      for (const what of events) {
        check(model, happen(model, what));
        seen.set(model.lastRule, (seen.get(model.lastRule) ?? 0) + 1);
      }
    }),
    { numRuns: 600, endOnFailure: false },
  );
  const reached = [
    'sync.wait-for',
    'sync.mark',
    'sync.release',
    'sync.degrade',
    'sync.hold',
    'sync.reload',
    'sync.steady',
    'switch.wait',
    'switch.hand-over',
    'switch.given-up',
  ];
  for (const rule of reached) t.ok((seen.get(rule) ?? 0) > 0, `${rule} was reached`);
});

t.test('and when all is well again, one standby is synchronous and may take over', async (t) => {
  fc.assert(
    fc.property(nodes, degrade, script, (count, mode, events) => {
      const model = new SyncModel(count, mode);
      // Each is looked at: what was handed over long ago says nothing about who is marked now.
      for (const what of events) check(model, happen(model, what));
      settle(model);
      return model.lastRule === 'sync.steady' && model.marked.length === 1 && model.waitedFor.length === 1;
    }),
    { numRuns: 200 },
  );
  t.pass();
});

import fc from 'fast-check';
import t from 'tap';
import { FailoverModel } from '../failover-model.ts';

const NAMES = ['node1', 'node2', 'node3'] as const;
const node = fc.constantFrom(...NAMES);

interface Failover {
  readonly kind: 'failover';
  readonly streams: readonly (typeof NAMES)[number][];
  readonly first: 'crash' | 'powerOff';
  readonly pick: number;
  readonly unasked: readonly (typeof NAMES)[number][];
  readonly steps: number;
  readonly advances: number;
  readonly commits: boolean;
  readonly next: 'goOn' | 'crash' | 'powerOff';
}

const failover: fc.Arbitrary<Failover> = fc.record({
  kind: fc.constant('failover'),
  streams: fc.array(node, { maxLength: 2 }),
  first: fc.constantFrom('crash', 'powerOff'),
  pick: fc.nat(8),
  unasked: fc.subarray([...NAMES]),
  steps: fc.nat(12),
  advances: fc.nat(3),
  commits: fc.boolean(),
  next: fc.constantFrom('goOn', 'crash', 'powerOff'),
});

const event = fc.oneof(
  { weight: 8, arbitrary: failover },
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('step' as const), fails: fc.nat(5).map((n) => n === 0) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('monitor' as const), node }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('stream' as const), node }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('start' as const), node }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance' as const), node }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('promote' as const),
      pick: fc.nat(8),
      unasked: fc.subarray([...NAMES]),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'commit' } as const) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('boot' as const), node }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), node }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('powerOff' as const), node }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'killPromotion' } as const) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('giveUp' as const), node: fc.option(node, { nil: undefined }) }),
  },
);
type Event = typeof event extends fc.Arbitrary<infer E> ? E : never;

/** The primary writes and is lost. Pacemaker starts, monitors and promotes, so far and no further; then the next one may be lost. */
const failOver = (model: FailoverModel, what: Failover): void => {
  model.commit();
  for (const name of what.streams) model.stream(name);
  for (const { name } of model.primaries) model[what.first](name);
  for (const name of NAMES) model.start(name);
  for (let look = 0; look < 3; look++) for (const name of NAMES) model.monitor(name);
  model.promote(what.pick, what.unasked);
  const candidate = model.candidate ?? 'node1';
  for (let step = 0; step < what.steps; step++) model.step(false);
  for (let advance = 0; advance < what.advances; advance++) model.advance(candidate);
  if (what.advances === 2) model.step(false);
  if (what.commits) model.commit();
  if (what.next !== 'goOn') model[what.next](candidate);
};

const happen = (model: FailoverModel, what: Event): void => {
  if (what.kind === 'failover') failOver(model, what);
  else if (what.kind === 'step') model.step(what.fails);
  else if (what.kind === 'promote') model.promote(what.pick, what.unasked);
  else if (what.kind === 'giveUp') model.giveUp(what.node);
  else if (what.kind === 'commit' || what.kind === 'killPromotion') model[what.kind]();
  else model[what.kind](what.node);
};

/** All is well, and Pacemaker does its work, for a while. */
const settle = (model: FailoverModel): void => {
  for (const name of NAMES) model.boot(name);
  for (let look = 0; look < 12; look++) {
    for (const name of NAMES) {
      model.start(name);
      model.monitor(name);
      model.stream(name);
    }
    model.promote(0);
    for (let step = 0; step < 12; step++) {
      model.step(false);
      for (const name of NAMES) model.advance(name);
    }
    model.commit();
  }
};

const check = (model: FailoverModel, repMode: string): void => {
  const because = (sentence: string) => new Error(`${sentence}: ${model.describe()}`);
  if (model.primaries.length > 1) throw because('two primaries');
  for (const primary of model.primaries) {
    if (model.recorded !== undefined && model.recorded.node !== primary.name)
      throw because(`${primary.name} is primary, and REPL_INFO names another`);
    if (repMode === 'sync' && !model.holdsEverything(primary))
      throw because(`${primary.name} is primary and lacks acknowledged commits`);
  }
};

const script = fc.array(event, { minLength: 40, maxLength: 200, size: 'max' });
const mode = fc.constantFrom('sync' as const, 'async' as const);

t.test(
  'whatever is killed between two steps: one history, one number for each timeline, nothing lost',
  async (t) => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(mode, fc.boolean(), script, (repMode, isHealthy, events) => {
        const model = new FailoverModel(repMode);
        if (isHealthy) settle(model);
        for (const what of events) {
          happen(model, what);
          check(model, repMode);
        }
        for (const rule of model.seen) seen.add(rule);
      }),
      { numRuns: 400 },
    );
    for (const rule of [
      'promote.open-timeline',
      'promote.same-timeline',
      'promote.restart',
      'promote.done',
      'join.diverged',
    ])
      t.ok(seen.has(rule), `${rule} was reached`);
  },
);

t.test('and when all is well again, there is a primary, and nobody who differs from it runs', async (t) => {
  fc.assert(
    fc.property(mode, script, (repMode, events) => {
      const model = new FailoverModel(repMode);
      settle(model);
      for (const what of events) happen(model, what);
      settle(model);
      const [primary] = model.primaries;
      if (primary === undefined) throw new Error(`no primary: ${model.describe()}`);
      const standbys = [...model.nodes.values()].filter(({ role }) => role === 'standby');
      if (repMode === 'sync' && standbys.length > 0 && model.marked.length === 0)
        throw new Error(`nobody is marked: ${model.describe()}`);
      for (const other of model.nodes.values())
        if (other !== primary && other.role !== 'stopped' && model.isDiverged(other, primary))
          throw new Error(`${other.name} runs and differs: ${model.describe()}`);
    }),
    { numRuns: 200 },
  );
  t.pass();
});

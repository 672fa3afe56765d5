/** Everything that can go wrong, or be asked for, in a simulated cluster: how each begins, and how it ends. */
import { OcfExit } from '../../../heartbeat-ocf/exit-codes.ts';
import { Score } from '../../../lib/pgsql/names.ts';
import { scheduleMonitor } from '../agent/executor.ts';
import { attributeOf, rewriteAll, updateAttribute } from '../cluster/attributes.ts';
import { factsOf, NAMES, writeStandbyTo, writeTransientTo } from '../cluster/cib.ts';
import { reportInstance, writeCib } from '../cluster/controller.ts';
import { instanceAfter } from '../cluster/instance.ts';
import { thawArbiter } from '../lock/arbiter.ts';
import { killGuard } from '../lock/guard.ts';
import {
  freeze,
  killStack,
  reachabilityChanged,
  startStack,
  switchOff,
  switchOn,
  thaw,
} from '../machines.ts';
import { sever } from '../network.ts';
import { endReceiver } from '../postgres/replication.ts';
import { killServer } from '../postgres/server.ts';
import { between, chance } from '../random.ts';
import { after } from '../time.ts';
import { type Machine, tell, type World } from '../world.ts';

/** What ends it again; nothing where it is over at once. */
type Undo = (() => void) | undefined;

export interface Scene {
  readonly world: World;
  readonly node: Machine;
  /** a second one, of those that take two */
  readonly other: Machine;
  /** how much, where there is a more and a less: 0 to 1 */
  readonly amount: number;
}

const cut = (world: World, pairs: readonly (readonly [Machine, Machine])[]): Undo => {
  for (const [from, to] of pairs) sever(world, from, to, 1);
  reachabilityChanged(world);
  return () => {
    for (const [from, to] of pairs) sever(world, from, to, -1);
    reachabilityChanged(world);
  };
};

const bothWays = (a: Machine, b: Machine): (readonly [Machine, Machine])[] => [
  [a, b],
  [b, a],
];

const cutFromArbiter = (world: World, node: Machine): Undo => {
  if (world.arbiter === undefined) return undefined;
  const { cutOff } = world.arbiter;
  tell(world, node, 'and the arbiter do not hear each other');
  cutOff[node.index] = (cutOff[node.index] ?? 0) + 1;
  return () => {
    cutOff[node.index] = (cutOff[node.index] ?? 0) - 1;
  };
};

/** As the watcher of fast_detection does (WATCH_SCRIPT): the status is told where PostgreSQL may not go on there in any case. */
const reportEnd = (world: World, { name, stack }: Machine): void =>
  after(world, between(world.random, 40, 200), stack, () => {
    if (stack === undefined) return;
    if (world.settings.migrationThreshold === 1 || chance(world.random, 0.3))
      updateAttribute(world, stack, name, NAMES.status, 'STOP');
    scheduleMonitor(world, stack, between(world.random, 1, 40));
  });

export const FAULTS = {
  'kill the server': ({ world, node }) => {
    tell(world, node, 'PostgreSQL is killed');
    killServer(world, node);
    if (chance(world.random, 0.5)) reportEnd(world, node);
    return undefined;
  },
  'power off': ({ world, node }) => {
    switchOff(world, node);
    return () => switchOn(world, node);
  },
  freeze: ({ world, node }) => {
    freeze(world, node);
    return () => thaw(world, node);
  },
  isolate: ({ world, node, amount }) => {
    tell(world, node, 'is cut off');
    const heal = cut(
      world,
      world.machines.flatMap((other) => bothWays(node, other)),
    );
    const healArbiter = amount > 0.5 ? cutFromArbiter(world, node) : undefined;
    return () => {
      heal?.();
      healArbiter?.();
    };
  },
  'cut between': ({ world, node, other }) => {
    tell(world, node, `and ${other.name} do not hear each other`);
    return cut(world, bothWays(node, other));
  },
  'cut one way': ({ world, node, other }) => {
    tell(world, node, `is not heard by ${other.name} any more`);
    return cut(world, [[node, other]]);
  },
  'heard by nobody': ({ world, node }) => {
    tell(world, node, 'is heard by nobody any more');
    return cut(
      world,
      world.machines.map((other) => [node, other] as const),
    );
  },
  split: ({ world, node, other, amount }) => {
    const side = world.machines.filter(
      (machine) =>
        machine === node || (machine !== other && (machine.index * 7 + Math.floor(amount * 97)) % 3 === 0),
    );
    tell(
      world,
      'network',
      `${side.map(({ name }) => name).join(', ')} and the others do not hear each other`,
    );
    return cut(
      world,
      side.flatMap((a) => world.machines.filter((b) => !side.includes(b)).flatMap((b) => bothWays(a, b))),
    );
  },
  'kill the agent': ({ world, node }) => {
    for (const [program, end] of node.programs) {
      if (program.isOver) continue;
      tell(world, node, 'the agent is killed in the middle of what it does');
      end({ code: OcfExit.GENERIC, exitReason: 'killed' });
    }
    return undefined;
  },
  'kill the cluster software': ({ world, node }) => {
    killStack(world, node);
    return () => startStack(world, node);
  },
  'hold up the agent': ({ world, node, amount }) => {
    tell(world, node, `the next step of the agent takes ${Math.round(amount * 40)} s`);
    node.slow.nextStep = amount * 40_000;
    return () => {
      node.slow.nextStep = 0;
    };
  },
  'hang the server': ({ world, node }) => {
    const { process } = node.database;
    if (process === undefined) return undefined;
    tell(world, node, 'PostgreSQL hangs');
    process.isHung = true;
    return () => {
      process.isHung = false;
    };
  },
  'refuse the agent': ({ world, node, amount }) => {
    // A configuration tool spreads it.
    const nodes = amount > 0.6 ? world.machines : [node];
    const standbys = (amount * 10) % 2 > 1 ? 1 : 0;
    for (const machine of nodes) {
      tell(
        world,
        machine,
        `pg_hba.conf keeps out the agent${standbys > 0 ? ', and the standbys, which are disconnected' : ''}`,
      );
      machine.database.mistakes.agent++;
      machine.database.mistakes.standbys += standbys;
      if (standbys > 0)
        for (const { receiver } of machine.database.process?.senders ?? []) endReceiver(world, receiver);
    }
    return () => {
      for (const machine of nodes) {
        tell(world, machine, 'pg_hba.conf is mended');
        machine.database.mistakes.agent--;
        machine.database.mistakes.standbys -= standbys;
      }
    };
  },
  'write attributes late': ({ world, node, amount }) => {
    tell(world, node, 'writes attributes late');
    node.slow.attributes = 200 + amount * 3000;
    return () => {
      node.slow.attributes = 0;
    };
  },
  'write attributes twice': ({ world, node }) => {
    tell(world, node, 'has all attributes written once more');
    if (node.stack !== undefined) rewriteAll(world, node.stack);
    return undefined;
  },
  'bring an old score back': ({ world, node, other }) => {
    if (node.stack === undefined || attributeOf(node.stack, other.name, NAMES.score) !== Score.never)
      return undefined;
    tell(world, node, `writes the score ${Score.candidate} of ${other.name}, late, into the CIB`);
    writeCib(world, node.stack, writeTransientTo(other.name, NAMES.score, String(Score.candidate)));
    return undefined;
  },
  'slow cluster software': ({ world, node, amount }) => {
    tell(world, node, 'takes in late what it is told');
    node.slow.inbox = 20 + amount * 900;
    return () => {
      node.slow.inbox = 0;
    };
  },
  'slow replication': ({ world, node, amount }) => {
    tell(world, node, 'receives WAL late');
    node.slow.replication = 50 + amount * 4000;
    return () => {
      node.slow.replication = 0;
    };
  },
  'end the receiver': ({ world, node }) => {
    if (node.database.process?.receiver === undefined) return undefined;
    tell(world, node, 'the WAL receiver is ended');
    endReceiver(world, node.database.process);
    return undefined;
  },
  'busy checkpointer': ({ world, node, amount }) => {
    const { process } = node.database;
    if (process === undefined) return undefined;
    tell(world, node, 'the checkpointer syncs files');
    process.checkpointerBusyUntilMs = world.agenda.nowMs + 200 + amount * 4000;
    return undefined;
  },
  'fail the resource': ({ world, node }) => {
    const { stack } = node;
    const role = stack?.executor.instance.role;
    if (stack === undefined || (role !== 'promoted' && role !== 'unpromoted')) return undefined;
    tell(world, node, 'somebody declares the resource failed');
    stack.executor.instance = instanceAfter(stack.executor.instance, 'monitor', OcfExit.GENERIC, 'by hand');
    reportInstance(world, stack);
    return undefined;
  },
  standby: ({ world, node }) => {
    if (node.stack === undefined) return undefined;
    tell(world, node, 'is put into standby mode');
    writeCib(world, node.stack, writeStandbyTo(node.name, true));
    return () => endStandby(world, node);
  },
  'switch off the arbiter': ({ world }) => {
    const { arbiter } = world;
    if (arbiter === undefined) return undefined;
    tell(world, 'arbiter', 'is switched off');
    arbiter.off++;
    arbiter.held = undefined;
    return () => {
      tell(world, 'arbiter', 'is switched on');
      arbiter.off--;
    };
  },
  'freeze the arbiter': ({ world }) => {
    const { arbiter } = world;
    if (arbiter === undefined || arbiter.held !== undefined) return undefined;
    tell(world, 'arbiter', 'freezes');
    const held: (() => void)[] = [];
    arbiter.held = held;
    return () => {
      // It may have been switched off meanwhile.
      if (arbiter.held !== held) return;
      tell(world, 'arbiter', 'goes on after it was frozen');
      thawArbiter(arbiter);
    };
  },
  'cut from the arbiter': ({ world, node }) => cutFromArbiter(world, node),
  'kill the guard': ({ world }) => {
    const guarded = world.machines.find(({ guard }) => guard !== undefined);
    if (guarded === undefined) return undefined;
    tell(world, guarded, 'the guard of the lease is killed');
    killGuard(guarded);
    guarded.isGuardKilled = true;
    return undefined;
  },
  switch: ({ world, node }) => {
    const { stack } = node;
    const record = factsOf(node.cib).replInfoText;
    if (stack === undefined || record === undefined) return undefined;
    tell(world, node, `is to take over from ${record} (cls_online_switch)`);
    updateAttribute(world, stack, node.name, NAMES.switchFrom, record);
    return undefined;
  },
} satisfies Readonly<Record<string, (scene: Scene) => Undo>>;

export type FaultKind = keyof typeof FAULTS;

/** An operator tries until the cluster has taken it, which may be late. */
const endStandby = (world: World, node: Machine): void => {
  const stack = world.machines.find((machine) => machine.stack?.isQuorate)?.stack;
  if (stack !== undefined && factsOf(stack.machine.cib).view.nodes.get(node.name)?.standby) {
    tell(world, node, 'standby mode is ended');
    writeCib(world, stack, writeStandbyTo(node.name, false));
  }
  after(world, 2000, undefined, () => endStandby(world, node));
};

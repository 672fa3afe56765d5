/** cls_repair_by_pg_rewind and cls_rebuild_slave on a node whose data have diverged, also when they are broken off. */
import { join } from 'node:path';
import type { Test } from 'tap';
import { dataDirectory, type ExecResult, type Lab } from '../../lab/index.ts';
import {
  type Cast,
  castOf,
  cleanUp,
  cutAndWrite,
  failedStart,
  hasServer,
  killPostmaster,
  namedCommand,
  REBUILD_COMMAND,
  REWIND_COMMAND,
  seesItselfStopped,
  waitForSuccessor,
} from './actions.ts';
import { RECOVERY_MS, underLoad, withLab } from './support.ts';

const BASE = join(dataDirectory, '..');
const AREA = `${dataDirectory}.repair`;
const MARK = `${AREA}/incomplete`;
const WAL = join(BASE, 'wal');
const TABLESPACE = join(BASE, 'tablespace');
const OWN_LINE = '# only on this node';
const OWN_FILES = ['postgresql.conf', 'pg_hba.conf'].map((name) => join(dataDirectory, name));

/** What pg_rewind and the command print in the seed, names and numbers aside. */
const SEED = [
  /^connected to server$/,
  /^servers diverged at WAL (position|location) [0-9A-F]+\/[0-9A-F]+ on timeline \d+$/,
  /^rewinding from last common checkpoint at [0-9A-F]+\/[0-9A-F]+ on timeline \d+$/,
  /^reading source file list$/,
  /^reading target file list$/,
  /^reading WAL in target$/,
  /^need to copy \d+ MB \(total source directory size is \d+ MB\)$/,
  /^\d+\/\d+ kB \(100%\) copied$/,
  /^creating backup label and updating control file$/,
  /^syncing target data directory$/,
  /^Done!$/,
  /^pg_rewind complete!$/,
  /^wait for recovery complete$/,
];

const CHECKPOINTER = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'";

const shell = async (lab: Lab, node: string, script: string): Promise<string> =>
  (await lab.exec(node, ['sh', '-ec', script])).stdout;

const command = (lab: Lab, node: string, argv: readonly string[]) =>
  lab.exec(node, argv, { allowFailure: true, timeoutMs: 120_000 });

/** Everything that a dry run could have changed. */
const traces = async (lab: Lab, node: string): Promise<string> =>
  shell(
    lab,
    node,
    `cibadmin --query --scope=configuration; find ${BASE} /run/pha -printf '%p %s %T@ %l\\n' 2>/dev/null | sort`,
  );

/** The primary's link is cut, and it writes what no standby receives; then it dies, another takes its place, and it is back. */
const diverge = async (lab: Lab, before: Cast): Promise<Cast> => {
  const { primary } = before;
  const { written } = await cutAndWrite(
    lab,
    primary,
    'SET synchronous_commit = local; CREATE TABLE diverged AS SELECT generate_series(1, 1000)',
    { database: 'app' },
  );
  await written;
  await killPostmaster(lab, primary);
  const cast = await waitForSuccessor(lab, before);
  await seesItselfStopped(lab, primary);
  await lab.heal(primary);
  await lab.waitFor(
    `the start of ${primary} to be refused`,
    (now) => failedStart(now, primary) !== undefined,
    RECOVERY_MS,
  );
  return cast;
};

const markOwnFiles = (lab: Lab, node: string): Promise<string> =>
  shell(lab, node, OWN_FILES.map((file) => `echo '${OWN_LINE}' >>${file}`).join('; '));

const expectOwnFiles = async (t: Test, lab: Lab, node: string): Promise<void> => {
  for (const file of OWN_FILES)
    t.match(await shell(lab, node, `cat ${file}`), OWN_LINE, `${file} is this node's own`);
};

const expectNothingLeft = async (t: Test, lab: Lab, node: string): Promise<void> => {
  const left = await shell(lab, node, `find ${BASE} -maxdepth 2 -name '.pha-*' -o -name '*.repair'`);
  t.equal(left, '', 'nothing is left behind');
  t.notMatch(await shell(lab, node, 'ps -eo args'), /pg_basebackup|pg_rewind/, 'not even a process');
};

const expectMarked = async (t: Test, lab: Lab, node: string, how: string): Promise<void> => {
  const refused = await lab.waitFor(
    `the start of ${node} to be refused because of the mark`,
    (now) => namedCommand(failedStart(now, node)) === REBUILD_COMMAND,
    RECOVERY_MS,
  );
  t.match(failedStart(refused, node)?.exitReason, MARK, how);
  t.notOk(await hasServer(lab, node), 'and PostgreSQL was not started');
};

/** Starts a command, and kills it when something is so. */
const killWhen = (lab: Lab, node: string, argv: readonly string[], condition: string): Promise<string> =>
  shell(
    lab,
    node,
    `${argv.join(' ')} 2>/dev/null & pid=$!; until ${condition}; do sleep 0.01; done; kill -9 $pid; wait $pid || :`,
  );

/** Who waits for a checkpoint that is asked for. */
const waitsForCheckpoint = async (lab: Lab, node: string): Promise<number> =>
  Number(
    await lab.sql(
      node,
      "SELECT count(*) FROM pg_stat_activity WHERE query = 'CHECKPOINT' AND state = 'active'",
    ),
  );

/** Sends the rewind a signal while the primary makes its checkpoint, which does not end. */
const breakOffCheckpoint = async (
  lab: Lab,
  node: string,
  primary: string,
  signal: 'INT' | 'KILL',
): Promise<ExecResult> => {
  const waiting = await waitsForCheckpoint(lab, primary);
  const script = `${REWIND_COMMAND} & echo $! >/run/rewind.pid; wait $!`;
  const ended = command(lab, node, ['sh', '-c', script]);
  await lab.waitUntil(
    `${primary} to be at work on the checkpoint`,
    async () => (await waitsForCheckpoint(lab, primary)) > waiting,
    RECOVERY_MS,
  );
  await shell(lab, node, `kill -${signal} $(cat /run/rewind.pid)`);
  return ended;
};

/** The first one stands still while the second is tried, so that it cannot be over before. */
const TWO_AT_ONCE = `
  ${REBUILD_COMMAND} --force --keep-old 2>/run/first.err & pid=$!
  until grep -q 'copy the database' /run/first.err || ! kill -0 $pid; do sleep 0.05; done
  kill -STOP $pid
  ${REBUILD_COMMAND} --force; echo "second: $?"
  kill -CONT $pid
  wait $pid; code=$?
  cat /run/first.err >&2
  exit $code`;

await withLab(import.meta.url, { corosync: 'fast' }, async (lab, scenario) => {
  await scenario('an old primary is rewound', async (t) => {
    const before = await castOf(lab);
    const { primary } = before;
    // Neither of them ends the checkpoint that a new primary begins, so that the rewind has to ask for one.
    const checkpointers = new Map<string, string>();
    for (const node of [before.sync, before.other])
      checkpointers.set(node, await lab.sql(node, CHECKPOINTER));
    const signalCheckpointers = async (signal: 'STOP' | 'CONT'): Promise<void> => {
      for (const [node, pid] of checkpointers) await lab.exec(node, ['kill', `-${signal}`, pid]);
    };
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await markOwnFiles(lab, primary);
      await signalCheckpointers('STOP');
      const { sync, other } = await diverge(lab, before);
      for (const [node, reason] of [
        [sync, `${sync} is the primary`],
        [other, `${other} is healthy`],
      ] as const) {
        for (const name of [REWIND_COMMAND, REBUILD_COMMAND]) {
          const refusal = await command(lab, node, [name]);
          t.equal(refusal.exitCode, 10, `${name} on ${node} is refused`);
          t.match(refusal.stderr, `${name}: ${reason}`);
        }
      }
      const untouched = await traces(lab, primary);
      for (const name of [REWIND_COMMAND, REBUILD_COMMAND]) {
        const dry = await command(lab, primary, [name, '--dry-run']);
        t.equal(dry.exitCode, 0);
        t.match(dry.stdout, `of ${sync}`);
      }
      t.equal(await traces(lab, primary), untouched, 'a dry run changes nothing');

      const interrupted = await breakOffCheckpoint(lab, primary, sync, 'INT');
      t.match(interrupted, {
        exitCode: 1,
        stderr: /interrupted; nothing was rewound, only crash recovery .*run cls_repair_by_pg_rewind again/,
      });
      t.equal((await breakOffCheckpoint(lab, primary, sync, 'KILL')).exitCode, 137);
      await signalCheckpointers('CONT');

      const repair = await command(lab, primary, [REWIND_COMMAND]);
      t.equal(repair.exitCode, 0, repair.stderr);
      t.equal(repair.stdout, `slave recovery of ${primary} successed`);
      t.match(
        repair.stderr,
        /past the fork: timeline \d+ was left at .*; \d+ transactions? committed there will be lost/,
      );
      const lines = repair.stderr.split('\n');
      const found = SEED.map((pattern) => lines.findIndex((line) => pattern.test(line)));
      t.same(
        found,
        [...found].filter((at) => at >= 0).sort((a, b) => a - b),
        `the seed's lines, in its order:\n${repair.stderr}`,
      );
      await expectOwnFiles(t, lab, primary);
      await expectNothingLeft(t, lab, primary);
      await lab.waitHealthy(RECOVERY_MS);
      await client.waitForWrites(20, RECOVERY_MS);
    });
  });

  await scenario('pg_rewind fails half-way, and the rebuild after it is killed twice', async (t) => {
    const { primary: origin } = await castOf(lab);
    for (const node of lab.options.nodeNames)
      await shell(lab, node, `install -d -o postgres -g postgres -m 700 ${TABLESPACE} ${WAL}`);
    await lab.sql(origin, `CREATE TABLESPACE extra LOCATION '${TABLESPACE}'`);
    await lab.sql(origin, 'CREATE TABLE elsewhere (n integer) TABLESPACE extra', { database: 'app' });
    await lab.waitHealthy(RECOVERY_MS);
    const cast = await castOf(lab);
    const { primary } = cast;
    const pgRewind = join(lab.binDirectory, 'pg_rewind');
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await markOwnFiles(lab, primary);
      await diverge(lab, cast);
      // Segments of the log are larger than it may write, and come after many smaller files.
      await shell(
        lab,
        primary,
        `cp ${pgRewind} /usr/local/bin/rewind-in-earnest
         printf '#!/bin/sh\\ncase " $* " in *" --dry-run "*) exec rewind-in-earnest "$@";; esac\\nexec prlimit --fsize=8388608 rewind-in-earnest "$@"\\n' >/usr/local/bin/limited
         chmod 755 /usr/local/bin/limited; mount --bind /usr/local/bin/limited ${pgRewind}`,
      );
      const repair = await command(lab, primary, [REWIND_COMMAND]);
      await shell(lab, primary, `umount ${pgRewind}`);
      t.equal(repair.exitCode, 1, repair.stderr);
      t.match(repair.stderr, /half rewound.*run cls_rebuild_slave here/);

      const expectRefused = (how: string): Promise<void> => expectMarked(t, lab, primary, how);
      await expectRefused('at once');
      await cleanUp(lab, primary);
      await expectRefused('after a cleanup by hand');
      t.match((await command(lab, primary, ['cls_status'])).stdout, REBUILD_COMMAND);
      t.equal((await command(lab, primary, [REWIND_COMMAND])).exitCode, 10, 'it cannot be rewound any more');
      // The log in a directory of its own, as it could have been all the time.
      await shell(
        lab,
        primary,
        `cd ${dataDirectory}; mv pg_wal/* ${WAL}; rmdir pg_wal; runuser -u postgres -- ln -s ${WAL} pg_wal`,
      );

      const killOnce = (there: string): Promise<string> =>
        killWhen(lab, primary, [REBUILD_COMMAND], `[ -e ${there} ]`);
      await killOnce(`${AREA}/copying`);
      await expectRefused('while there is a part of a copy');
      await killOnce(`${AREA}/new`);
      // Between the two renames, whether it came that far or not.
      await shell(
        lab,
        primary,
        `[ ! -e ${AREA}/new ] || [ ! -e ${dataDirectory} ] || { echo switching >${MARK}; mv -T ${dataDirectory} ${AREA}/old; }`,
      );
      await cleanUp(lab, primary);
      await expectRefused('while there are no data');
      const rebuild = await command(lab, primary, [REBUILD_COMMAND]);
      t.equal(rebuild.exitCode, 0, rebuild.stderr);
      t.match(rebuild.stdout, `slave recovery of ${primary} successed`);
      await expectOwnFiles(t, lab, primary);
      await expectNothingLeft(t, lab, primary);
      const links = `readlink ${dataDirectory}/pg_wal ${dataDirectory}/pg_tblspc/*; ls ${WAL} | grep -c 0000`;
      t.match(await shell(lab, primary, links), new RegExp(`^${WAL}\\n${TABLESPACE}\\n\\d+$`));
      await lab.waitHealthy(RECOVERY_MS);

      t.comment('a healthy standby, in place, from the other one');
      const { other: healthy, sync: source } = await castOf(lab);
      const again = await command(lab, healthy, [REBUILD_COMMAND, '--force', '--in-place', '--from', source]);
      t.equal(again.exitCode, 0, again.stderr);
      await expectNothingLeft(t, lab, healthy);
      const { failures } = await lab.waitHealthy(RECOVERY_MS);
      t.same(failures, [], 'no failure is left to be looked at');

      t.comment('and beside its data, which are kept; a second one at once has to wait');
      const two = await command(lab, healthy, ['sh', '-c', TWO_AT_ONCE]);
      t.equal(two.exitCode, 0, two.stderr);
      t.match(two.stdout, /^second: 10$/m);
      t.match(two.stderr, /cls_rebuild_slave \(process \d+\) is at work on the data of this node/);
      const kept = [`${AREA}/old/PG_VERSION`, `${WAL}/.pha-old`, `${TABLESPACE}/.pha-old`].join(' ');
      t.equal(await shell(lab, healthy, `ls -d ${kept} | wc -l`), '3', 'the old data, wherever they were');
      await shell(lab, healthy, `rm -r ${AREA} ${WAL}/.pha-old ${TABLESPACE}/.pha-old`);
      await expectNothingLeft(t, lab, healthy);
      await lab.waitHealthy(RECOVERY_MS);
      await client.waitForWrites(20, RECOVERY_MS);
    });
  });

  await scenario('kill -9 of the rewind, and then of a copy in place', async (t) => {
    const cast = await castOf(lab);
    const { primary } = cast;
    const pgRewind = join(lab.binDirectory, 'pg_rewind');
    await underLoad(t, lab, async (client) => {
      await client.waitForWrites(20, RECOVERY_MS);
      await markOwnFiles(lab, primary);
      const { other } = await diverge(lab, cast);
      await shell(
        lab,
        primary,
        `cp ${pgRewind} /usr/local/bin/rewind-in-earnest
         printf '#!/bin/sh\\ncase " $* " in *" --dry-run "*) exec rewind-in-earnest "$@";; esac\\ntouch /run/held/rewinding; exec sleep 600\\n' >/usr/local/bin/held
         chmod 755 /usr/local/bin/held; install -o postgres -d /run/held; mount --bind /usr/local/bin/held ${pgRewind}`,
      );
      await killWhen(lab, primary, [REWIND_COMMAND], '[ -e /run/held/rewinding ]');
      await shell(lab, primary, `umount ${pgRewind}`);
      await cleanUp(lab, primary);
      await expectMarked(t, lab, primary, 'half rewound');

      const inPlace = [REBUILD_COMMAND, '--in-place', '--from', other];
      await killWhen(lab, primary, inPlace, `grep -qx copying ${MARK}`);
      await cleanUp(lab, primary);
      await expectMarked(t, lab, primary, 'while there is a part of a copy in place of the data');
      const again = await command(lab, primary, inPlace);
      t.equal(again.exitCode, 0, again.stderr);
      t.match(again.stdout, `slave recovery of ${primary} successed`);
      await expectOwnFiles(t, lab, primary);
      await expectNothingLeft(t, lab, primary);
      const { failures } = await lab.waitHealthy(RECOVERY_MS);
      t.same(failures, [], 'no failure is left to be looked at');
      await client.waitForWrites(20, RECOVERY_MS);
    });
  });
});

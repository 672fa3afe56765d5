/**
 * Each node's database on a disk of its own: a file with ext4 on a loop device, which can be full, and which hangs as a whole
 * while it is frozen by fsfreeze(8): writes and fsyncs wait inside the kernel, as with a disk that does not answer, and
 * what is in memory can be read.
 */
import { dirname } from 'node:path';
import { bootHook } from '../../lab/boot-hook.ts';
import { dataDirectory, type Lab } from '../../lab/index.ts';
import { nodeSettingsPath } from '../../lab/postgres/settings.ts';

const MOUNT = dirname(dataDirectory);
const IMAGE = `${MOUNT}.img`;
const FILLER = `${MOUNT}/filler`;
const WAIT_MS = 120_000;
const SIZE_MB = 3_000;
/** Less than a segment of WAL. */
const ROOM_MB = 8;

/** So that a round soon needs another segment, and hundreds of rounds do not fill the disk by themselves. */
const SETTINGS = ["max_wal_size = '128MB'", "min_wal_size = '32MB'", "wal_keep_size = '128MB'"];

const mount = `mount -o loop,noatime ${IMAGE} ${MOUNT}`;

const move = `
  truncate -s ${SIZE_MB}M ${IMAGE}
  mkfs.ext4 -q -m 0 ${IMAGE}
  mv ${MOUNT} ${MOUNT}.old
  install -d -o postgres -g postgres -m 755 ${MOUNT}
  ${mount}
  cp --archive ${MOUNT}.old/. ${MOUNT}
  chown postgres:postgres ${MOUNT}
  rm -rf ${MOUNT}.old
  printf '%s\\n' "$@" >>${nodeSettingsPath}
  printf '#!/bin/sh\\n%s\\n' '${mount}' >${bootHook}
  chmod 755 ${bootHook}`;

/** Everything is stopped meanwhile. */
export const giveDisks = async (lab: Lab): Promise<void> => {
  const [first = ''] = lab.options.nodeNames;
  await lab.exec(first, ['cls_stop'], { timeoutMs: WAIT_MS });
  for (const node of lab.options.nodeNames)
    await lab.exec(node, ['sh', '-ec', move, 'sh', ...SETTINGS], { timeoutMs: WAIT_MS });
  await lab.exec(first, ['cls_start'], { timeoutMs: WAIT_MS });
};

/** Uses up all room but a little. */
export const fill = async (lab: Lab, node: string): Promise<void> => {
  const script = `
    room=$(df --output=avail -m ${MOUNT} | tail -n 1)
    fallocate --length "$((room - ${ROOM_MB}))M" ${FILLER}`;
  await lab.exec(node, ['sh', '-ec', script]);
};

export const makeRoom = async (lab: Lab, node: string): Promise<void> => {
  await lab.exec(node, ['rm', '-f', FILLER]);
};

const FLOOD_MB = 96;

/** WAL that no table has, and that nobody waits for, more than there is room for. It may end with its server. */
export const flood = async (lab: Lab, primary: string): Promise<void> => {
  const statement = `SELECT count(pg_logical_emit_message(false, 'flood', repeat('x', 1000000))) FROM generate_series(1, ${FLOOD_MB})`;
  await lab.sql(primary, statement, { timeoutMs: 30_000 }).catch(() => undefined);
};

const freezeFor = (seconds: number): string =>
  `fsfreeze --freeze ${MOUNT}; sleep ${seconds}; fsfreeze --unfreeze ${MOUNT}`;

const SLOW_WRITE_SECONDS = 0.2;

/** The node itself ends it, so that no disk hangs for ever if the campaign is killed. */
export const hang = async (lab: Lab, node: string, seconds: number): Promise<void> => {
  await lab.exec(node, ['sh', '-c', freezeFor(seconds)], { timeoutMs: WAIT_MS });
};

/** By turns it hangs for a fifth of a second, and works for a moment. */
export const slowDown = async (lab: Lab, node: string, seconds: number): Promise<void> => {
  const turns = Math.round(seconds / (SLOW_WRITE_SECONDS + 0.02));
  const script = `for turn in $(seq ${turns}); do ${freezeFor(SLOW_WRITE_SECONDS)}; sleep 0.02; done`;
  await lab.exec(node, ['sh', '-c', script], { timeoutMs: WAIT_MS });
};

/** A node that lost its power, or was taken down, while its disk was hanging would never end. */
export const releaseDisks = async (lab: Lab): Promise<void> => {
  for (const node of lab.options.nodeNames)
    await lab
      .exec(node, ['fsfreeze', '--unfreeze', MOUNT], { allowFailure: true, timeoutMs: 10_000 })
      .catch(() => undefined);
};

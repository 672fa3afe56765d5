import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Script } from 'node:vm';

/**
 * What an executable does first: it runs the program, which stands in the same file as a comment, with the help of a
 * code cache. Without one, Node parses the whole program and compiles what it uses in each of the runs that Pacemaker
 * makes every few seconds, for ever; that takes longer than starting Node.
 *
 * The cache is a hidden file beside the executable. The executable writes it by itself, after a run that was the
 * first of its kind; where it cannot, everything works as without. It is code, so it is trusted no further than the
 * executable: it must belong to the same owner, be writable by nobody else, be made from this very program by this
 * very Node, and be whole. V8 dies of a damaged cache, and since V8 11 it does not look for damage.
 */

/** A multiple of 8, since V8 copies code that is not aligned. */
const HEADER_BYTES = 1024;

/** Successes, as OCF has them: running, not running, running as primary. A call that fails has no time to lose. */
const ORDINARY_EXIT_CODES: readonly number[] = [0, 7, 8];

/** Nor has one for which the service waits. */
const URGENT_ACTIONS: readonly string[] = ['stop', 'demote', 'promote'];

interface Executable {
  readonly path: string;
  readonly owner: number;
  readonly program: string;
  /** the shell's, if any, and this launcher's */
  readonly linesAbove: number;
}

interface Cache {
  readonly path: string;
  readonly owner: number;
  /** what a cache must be made from and by */
  readonly stamp: string;
}

interface CacheContent {
  /** the kinds of calls that it was made from: action, exit code, and a number for the modules that were used */
  readonly calls: readonly string[];
  readonly code: Buffer;
}

const withFile = <T>(path: string, flags: number, use: (fd: number) => T): T => {
  const fd = openSync(path, flags, 0o644);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
};

const orUndefined = <T>(get: () => T): T | undefined => {
  try {
    return get();
  } catch {
    return undefined;
  }
};

const readExecutable = (path: string): Executable =>
  withFile(path, constants.O_RDONLY, (fd) => {
    const bytes = readFileSync(fd);
    const begin = bytes.indexOf('\n//') + 3;
    const program = bytes.toString('latin1', begin, bytes.indexOf('\n', begin));
    const linesAbove = bytes.toString('latin1', 0, begin).split('\n').length - 1;
    return { path, owner: fstatSync(fd).uid, program, linesAbove };
  });

/**
 * `monitor` has a cache of its own: what runs every few seconds does not pay for the code of what runs once.
 * A Node of the same version that was built anew may number its built-in functions differently, hence the stamp.
 */
const cacheOf = ({ path, owner, program }: Executable): Cache => {
  const id = program.slice(2, program.indexOf('*/'));
  const { size, mtimeMs } = statSync(process.execPath);
  return {
    path: join(dirname(path), `.${basename(path)}${process.argv[2] === 'monitor' ? '.monitor' : ''}.cache`),
    owner,
    stamp: [id, process.version, process.arch, size, mtimeMs, ''].join(' '),
  };
};

/** Everything is in the file twice: to compare is the cheapest way to find damage. */
const readCache = ({ path, owner, stamp }: Cache): CacheContent | undefined =>
  withFile(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, (fd) => {
    const stat = fstatSync(fd);
    if (!stat.isFile() || stat.uid !== owner || (stat.mode & 0o022) !== 0) return undefined;
    const bytes = readFileSync(fd);
    const half = bytes.length / 2;
    if (bytes.compare(bytes, half, bytes.length, 0, half) !== 0) return undefined;
    const header = bytes.toString('latin1', 0, HEADER_BYTES);
    if (!header.startsWith(stamp)) return undefined;
    return {
      calls: header.slice(stamp.length).trim().split(' '),
      code: bytes.subarray(HEADER_BYTES, half),
    };
  });

/**
 * By renaming, so that no other process sees half of it. It is not forced to the disk, which may take long: if a power
 * failure takes a part of it away, the halves differ.
 */
const writeCache = ({ path, stamp }: Cache, calls: readonly string[], script: Script): void => {
  const header = `${stamp}${calls.join(' ')}`.padEnd(HEADER_BYTES);
  if (header.length > HEADER_BYTES) return;
  const { O_WRONLY, O_CREAT, O_EXCL } = constants;
  const temporary = `${path}.${process.pid}`;
  withFile(temporary, O_WRONLY | O_CREAT | O_EXCL, (fd) => {
    try {
      const half = Buffer.concat([Buffer.from(header, 'latin1'), script.createCachedData()]);
      writeFileSync(fd, Buffer.concat([half, half]));
      renameSync(temporary, path);
    } catch (error) {
      unlinkSync(temporary);
      throw error;
    }
  });
};

/** The code that V8 has compiled by then is what the cache is made of, so each kind of call adds its own. */
const learnAtExit = (
  cache: Cache,
  known: readonly string[],
  script: Script,
  modulesUsed: () => number,
): void => {
  process.on('exit', (exitCode) => {
    const action = /^[a-z-]{1,16}$/.exec(process.argv[2] ?? '')?.[0] ?? '';
    const call = `${action}:${exitCode}:${modulesUsed().toString(36)}`;
    if (!ORDINARY_EXIT_CODES.includes(exitCode) || URGENT_ACTIONS.includes(action) || known.includes(call))
      return;
    // A read-only file system or a full disk: a later run tries again, and none needs the cache.
    orUndefined(() => writeCache(cache, [...known, call], script));
  });
};

/** Runs the program that stands in the file of `module` as Node would run the file itself. */
export const launch = (module: NodeJS.Module, require: NodeJS.Require): void => {
  const executable = readExecutable(module.filename);
  const { path, owner, program, linesAbove } = executable;
  const cache = orUndefined(() => cacheOf(executable));
  const content = cache && orUndefined(() => readCache(cache));
  const script = new Script(program, {
    filename: path,
    // The source map counts from the program's first character.
    lineOffset: linesAbove,
    columnOffset: -(program.indexOf('{') + 1),
    ...(content === undefined ? {} : { cachedData: content.code }),
  });
  // V8 refuses a cache that fits but was made with other options (NODE_OPTIONS): then it is left alone.
  const mayLearn = process.geteuid?.() === owner && script.cachedDataRejected !== true;
  let used = 0;
  if (cache !== undefined && mayLearn) learnAtExit(cache, content?.calls ?? [], script, () => used);
  // Called by what load-later.ts makes of a module, when the module is loaded.
  const noteUse = (index: number): void => {
    used |= 1 << index;
  };
  script
    .runInThisContext()
    .call(module.exports, module.exports, require, module, path, dirname(path), noteUse);
};

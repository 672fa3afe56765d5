import { dirname, resolve } from 'node:path';
import { type GucLine, isBlankOrComment, parseGucLine } from './guc-file.ts';

/** A setting and the line that it stands in. */
export interface ConfigLine extends GucLine {
  readonly file: string;
  readonly line: number;
}

export interface ConfigTree {
  /** In the order in which the server reads them: of a name that comes twice, the last one counts. */
  readonly lines: readonly ConfigLine[];
  /** Lines that are neither a setting nor a comment, and files that are missing, in words. */
  readonly problems: readonly string[];
}

export interface ConfigReader {
  /** Undefined when there is no such file; throws when it cannot be read. */
  readonly readText: (path: string) => string | undefined;
  /** Names of the files of a directory. */
  readonly list: (directory: string) => readonly string[];
}

/** As in the server (conffiles.h). */
const DEEPEST = 10;

const INCLUDES: readonly string[] = ['include', 'include_if_exists', 'include_dir'];

/** postgresql.conf with everything that it includes, and then postgresql.auto.conf, as a server reads them. */
export function readConfigTree(configFile: string, dataDirectory: string, reader: ConfigReader): ConfigTree {
  const lines: ConfigLine[] = [];
  const problems: string[] = [];

  const readFile = (file: string, depth: number, missing: 'bad' | 'fine'): void => {
    const text = tryTo(() => reader.readText(file));
    if (text === undefined) {
      if (missing === 'bad') problems.push(`${file} cannot be read`);
      return;
    }
    for (const [index, line] of text.split('\n').entries()) {
      const setting = parseGucLine(line.replace(/\r$/, ''));
      if (setting === undefined) {
        if (!isBlankOrComment(line)) problems.push(`${file}, line ${index + 1}, is not understood`);
      } else if (!INCLUDES.includes(setting.name)) {
        lines.push({ ...setting, file, line: index + 1 });
      } else if (depth >= DEEPEST) {
        problems.push(`${file} includes too deep`);
      } else {
        include(setting, resolve(dirname(file), setting.value), depth + 1);
      }
    }
  };
  const include = ({ name }: GucLine, path: string, depth: number): void => {
    if (name !== 'include_dir') {
      readFile(path, depth, name === 'include' ? 'bad' : 'fine');
      return;
    }
    const files = tryTo(() => reader.list(path));
    if (files === undefined) problems.push(`${path} cannot be read`);
    for (const file of [...(files ?? [])].filter((each) => /^[^.].*\.conf$/.test(each)).sort())
      readFile(resolve(path, file), depth, 'fine');
  };

  readFile(configFile, 0, 'bad');
  readFile(resolve(dataDirectory, 'postgresql.auto.conf'), 0, 'fine');
  return { lines, problems };
}

const tryTo = <T>(read: () => T | undefined): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** A frame of V8's stack text that ends in file:line:column, perhaps in brackets. */
const FRAME = /^(\s+at .*?\(?)(\/[^():]+):(\d+):(\d+)(\)?)$/;

const loadMap = (file: string): SourceMap | undefined => {
  try {
    return new SourceMap(JSON.parse(readFileSync(join(dirname(file), `.${basename(file)}.map`), 'utf8')));
  } catch {
    // not installed, or not a bundle
    return undefined;
  }
};

/** The stack of an error in terms of the sources, if the bundle's map lies beside it (`.<name>.map`). */
export const originalStack = (error: Error): string => {
  const maps = new Map<string, SourceMap | undefined>();
  const mapOf = (file: string): SourceMap | undefined => {
    if (!maps.has(file)) maps.set(file, loadMap(file));
    return maps.get(file);
  };
  const lines = (error.stack ?? String(error)).split('\n').map((line) => {
    const match = FRAME.exec(line);
    const [, before = '', file = '', lineNumber, column, after = ''] = match ?? [];
    const entry = match && mapOf(file)?.findEntry(Number(lineNumber) - 1, Number(column) - 1);
    if (!entry || !('originalSource' in entry)) return line;
    return `${before}${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}${after}`;
  });
  return lines.join('\n');
};

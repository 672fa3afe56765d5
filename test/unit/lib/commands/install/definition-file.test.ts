import t from 'tap';
import { definitionChange, markedText } from '../../../../../lib/commands/install/definition-file.ts';

const first = 'pcs property set a=1\n';
const second = 'pcs property set a=2\n';
const adjusted = `${markedText(first)}pcs property set mine=1\n`;

const cases: readonly (readonly [
  what: string,
  existing: string | undefined,
  generated: string,
  kind: string,
])[] = [
  ['nothing there', undefined, first, 'write'],
  ['the same again', markedText(first), first, 'none'],
  ['the same, written before the mark was', first, first, 'none'],
  ['config.ini has changed', markedText(first), second, 'write'],
  ['adjusted by hand', adjusted, first, 'kept'],
  ['adjusted by hand, and config.ini has changed', adjusted, second, 'write-beside'],
  ['a file of somebody else', 'pcs property set b=1\n', first, 'write-beside'],
  ['an empty file', '', first, 'write-beside'],
];

for (const [what, existing, generated, kind] of cases) {
  t.test(what, async (t) => {
    const change = definitionChange(existing, generated);
    t.equal(change.kind, kind);
    if ('text' in change) t.equal(change.text, markedText(generated));
  });
}

import t from 'tap';
import { renderTemplate } from '../../../../lib/config/template.ts';

const values = new Map<string, string | readonly string[]>([
  ['name', 'pgsql'],
  ['blank', 'a b'],
  ['quotes', `it's "x" $y`],
  ['empty', ''],
  ['no', 'false'],
  ['yes', 'true'],
  ['list', ['a=1', 'b=2 3']],
  ['none', []],
]);

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: a template's placeholders
const cases: readonly (readonly [what: string, template: string, text: string | readonly string[]])[] = [
  ['a word', 'id=${name}.', 'id=pgsql.'],
  ['quoted where needed', 'id=${blank}', "id='a b'"],
  ['any text', 'id=${quotes}', `id='it'\\''s "x" $y'`],
  ['within double quotes', 'id="x ${quotes}"', `id="x it's \\"x\\" \\$y"`],
  ['several words', 'create ${list}', "create a=1 'b=2 3'"],
  ['no words', 'create ${none}', 'create '],
  ['an empty option is left out', 'a=1 b=${empty} c=3', 'a=1 c=3'],
  ['and so is its line', 'x \\\n  b=${empty} \\\n  c=3', 'x \\\n  c=3'],
  ['comments are kept', '# ${name}', '# ${name}'],
  ['if', '%if yes\na\n%else\nb\n%end\nc', 'a\nc'],
  ['if not', '%if no\na\n%else\nb\n%end\nc', 'b\nc'],
  ['if empty', '%if empty\na\n%end\nc', 'c'],
  ['if none', '%if none\na\n%end\nc', 'c'],
  ['an unknown value', 'a\n${nam}', ['line 2: there is no value nam']],
  ['an unknown condition', '%if nam\n%end', ['line 1: there is no value nam']],
  ['no end', 'a\n%if yes\nb', ['line 2: this %if has no %end']],
  [
    'a stray directive',
    '%end',
    ['line 1: "%end" does not fit here: write %if key, then perhaps %else, then %end'],
  ],
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: a template's placeholders

for (const [what, template, expected] of cases) {
  t.test(what, async (t) => {
    const rendered = renderTemplate(template, values);
    t.same(rendered.ok ? rendered.text : rendered.problems, expected);
  });
}
